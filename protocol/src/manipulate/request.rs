//! Every api that the debugger can ask for: one table of names, numbers, and how they are answered.

use super::{
    Answer, Body, Continue, Continue2, FillMemory, GetBusData, GetContext, GetContextEx, GetInternalBreakPoint,
    Manipulate, QueryMemory, ReadIoSpace, ReadIoSpaceExtended, ReadMemory, ReadMsr, ReadPhysicalMemory,
    RestoreBreakPoint, RestoreBreakPointEx, SearchMemory, SetBusData, SetContext, SetContextEx, SetInternalBreakPoint,
    SetSpecialCall, SwitchPartition, Unfitting, Version, WriteBreakPoint, WriteBreakPointEx, WriteCustomBreakpoint,
    WriteIoSpace, WriteIoSpaceExtended, WriteMemory, WriteMsr, WritePhysicalMemory, special_call,
};
use crate::DecodeError;

/// How a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// With an answer.
    Answer,
    /// With its acknowledgement: the target sends no answer.
    Acknowledgement,
    /// With a new state change.
    StateChange,
}

macro_rules! pattern {
    ($name:ident, $body:ty) => {
        $name
    };
}

macro_rules! apis {
    ($($(#[$doc:meta])* $name:ident $(($body:ty))? = $number:literal, $kind:ident, $repeatable:literal;)*) => {
        /// What the debugger asks of a halted target. The variants have Microsoft's names, without `DbgKd` and `Api`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Request { $($(#[$doc])* $name $(($body))?,)* }

        impl Request {
            /// `ApiNumber`.
            pub fn api(&self) -> u32 {
                match self { $(Self::$name { .. } => $number,)* }
            }

            /// The variant's name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name),)* }
            }

            /// How it ends.
            pub fn answer_kind(&self) -> AnswerKind {
                match self { $(Self::$name { .. } => AnswerKind::$kind,)* }
            }

            /// Asking twice does the same as asking once, and does nothing to the target.
            pub fn is_repeatable(&self) -> bool {
                match self { $(Self::$name { .. } => $repeatable,)* }
            }

            /// Writes the api's fields and data into a packet; the other bytes of its union stay.
            pub fn write(&self, to: &mut Manipulate) {
                to.put_u32(0, self.api());
                match self {
                    $(Self::$name $((pattern!(body, $body)))? => { $(<$body as Body>::write(body, to);)? })*
                }
            }

            /// Reads a request: what a target does with it.
            ///
            /// # Errors
            /// For an unknown api, and when it announces more data than it has.
            pub fn read(from: &Manipulate) -> Result<Self, DecodeError> {
                match from.api() {
                    $($number => Ok(Self::$name $((<$body as Body>::read(from)?))?),)*
                    api => Err(DecodeError::UnknownApi { structure: "request", api }),
                }
            }

            /// Whether an answer to this api carries what it has to carry again of the request.
            fn is_echoed(&self, answer: &Manipulate) -> bool {
                match self {
                    $(Self::$name $((pattern!(body, $body)))? => {
                        true $(&& <$body as Body>::is_echoed(body, answer))?
                    })*
                }
            }

            /// What an answer says, where the api has a body of its own.
            fn body_answer(&self, answer: &Manipulate) -> Option<Result<Answer, DecodeError>> {
                match self {
                    $(Self::$name $((pattern!(body, $body)))? => {
                        None $(.or_else(|| Some(<$body as Body>::answer(body, answer))))?
                    })*
                }
            }
        }

        /// Microsoft's name of an api, without `DbgKd` and `Api`.
        pub fn api_name(api: u32) -> Option<&'static str> {
            match api { $($number => Some(stringify!($name)),)* _ => None }
        }
    };
}

apis! {
    /// Reads virtual memory.
    ReadVirtualMemory(ReadMemory) = 0x3130, Answer, true;
    /// Writes virtual memory.
    WriteVirtualMemory(WriteMemory) = 0x3131, Answer, false;
    /// Reads registers.
    GetContext(GetContext) = 0x3132, Answer, true;
    /// Writes registers.
    SetContext(SetContext) = 0x3133, Answer, false;
    /// Writes a breakpoint instruction.
    WriteBreakPoint(WriteBreakPoint) = 0x3134, Answer, false;
    /// Puts the bytes under a breakpoint instruction back.
    RestoreBreakPoint(RestoreBreakPoint) = 0x3135, Answer, false;
    /// Goes on.
    Continue(Continue) = 0x3136, Acknowledgement, false;
    /// Reads what the processor's architecture calls control space.
    ReadControlSpace(ReadMemory) = 0x3137, Answer, true;
    /// Writes control space.
    WriteControlSpace(WriteMemory) = 0x3138, Answer, false;
    /// Reads a port.
    ReadIoSpace(ReadIoSpace) = 0x3139, Answer, false;
    /// Writes a port.
    WriteIoSpace(WriteIoSpace) = 0x313a, Answer, false;
    /// Restarts the machine.
    Reboot = 0x313b, Acknowledgement, false;
    /// Goes on, with debug registers and the trace flag.
    Continue2(Continue2) = 0x313c, Acknowledgement, false;
    /// Reads physical memory.
    ReadPhysicalMemory(ReadPhysicalMemory) = 0x313d, Answer, true;
    /// Writes physical memory.
    WritePhysicalMemory(WritePhysicalMemory) = 0x313e, Answer, false;
    /// Lists special calls.
    QuerySpecialCalls = 0x313f, Answer, true;
    /// Adds a special call.
    SetSpecialCall(SetSpecialCall) = 0x3140, Acknowledgement, false;
    /// Forgets the special calls.
    ClearSpecialCalls = 0x3141, Acknowledgement, false;
    /// Sets a breakpoint that the target counts by itself.
    SetInternalBreakPoint(SetInternalBreakPoint) = 0x3142, Acknowledgement, false;
    /// Asks for its counts.
    GetInternalBreakPoint(GetInternalBreakPoint) = 0x3143, Answer, true;
    /// Reads a port of a bus.
    ReadIoSpaceExtended(ReadIoSpaceExtended) = 0x3144, Answer, false;
    /// Writes a port of a bus.
    WriteIoSpaceExtended(WriteIoSpaceExtended) = 0x3145, Answer, false;
    /// What the target is.
    GetVersion = 0x3146, Answer, true;
    /// Writes many breakpoint instructions.
    WriteBreakPointEx(WriteBreakPointEx) = 0x3147, Answer, false;
    /// Puts the bytes under many back.
    RestoreBreakPointEx(RestoreBreakPointEx) = 0x3148, Answer, false;
    /// Stops the machine with a bug check.
    CauseBugCheck = 0x3149, Acknowledgement, false;
    /// Lets another processor report: the one of the request.
    SwitchProcessor = 0x3150, StateChange, false;
    /// Reads a model-specific register.
    ReadMsr(ReadMsr) = 0x3152, Answer, true;
    /// Writes a model-specific register.
    WriteMsr(WriteMsr) = 0x3153, Answer, false;
    /// Looks for a pattern.
    SearchMemory(SearchMemory) = 0x3156, Answer, true;
    /// Reads configuration space.
    GetBusData(GetBusData) = 0x3157, Answer, false;
    /// Writes configuration space.
    SetBusData(SetBusData) = 0x3158, Answer, false;
    /// Checks the memory below 4 GB. Can break into the debugger while it has control.
    CheckLowMemory = 0x3159, Answer, false;
    /// Forgets the internal breakpoints.
    ClearAllInternalBreakpoints = 0x315a, Acknowledgement, false;
    /// Fills memory.
    FillMemory(FillMemory) = 0x315b, Answer, false;
    /// Asks what an address belongs to.
    QueryMemory(QueryMemory) = 0x315c, Answer, true;
    /// Lets another partition report.
    SwitchPartition(SwitchPartition) = 0x315d, StateChange, false;
    /// Writes a breakpoint instruction of the debugger's choice.
    WriteCustomBreakpoint(WriteCustomBreakpoint) = 0x315e, Answer, false;
    /// Reads a part of the registers' long form.
    GetContextEx(GetContextEx) = 0x315f, Answer, true;
    /// Writes a part of the registers' long form.
    SetContextEx(SetContextEx) = 0x3160, Answer, false;
}

impl Request {
    /// After its acknowledgement the target runs.
    pub fn resumes(&self) -> bool {
        matches!(self, Self::Continue(_) | Self::Continue2(_) | Self::Reboot | Self::CauseBugCheck)
    }

    /// The target may need long for its answer.
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::SearchMemory(_) | Self::FillMemory(_) | Self::CheckLowMemory)
    }

    /// The packet's body.
    pub fn encode(&self, processor_level: u16, processor: u16) -> Vec<u8> {
        let mut manipulate = Manipulate::new(self.api(), processor_level, processor);
        self.write(&mut manipulate);
        manipulate.encode()
    }

    /// What an answer says, if it is one to this request.
    ///
    /// # Errors
    /// When the api, the processor, or what the answer echoes (address, count, handle …) isn't what was asked; when its body isn't whole.
    pub fn answer(&self, processor: u16, answer: &Manipulate) -> Result<Answer, Unfitting> {
        if answer.api() != self.api() {
            return Err(Unfitting::Api { asked: self.api(), answered: answer.api() });
        }
        if answer.processor() != processor {
            return Err(Unfitting::Processor { asked: processor, answered: answer.processor() });
        }
        if !self.is_echoed(answer) {
            return Err(Unfitting::Echo { api: self.api() });
        }
        if let Some(answer) = self.body_answer(answer) {
            return Ok(answer?);
        }
        let status = answer.status();
        Ok(match self {
            Self::GetVersion if status.is_success() => Answer::Version { status, version: Version::read(answer) },
            Self::QuerySpecialCalls => special_call::answer(answer)?,
            _ => Answer::Status(status),
        })
    }
}
