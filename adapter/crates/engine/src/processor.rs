//! Processors of a stopped target: what each one was doing.

use crate::target::Target;
use analysis::nt::structure::NtError;
use analysis::nt::{processors, thread};
use arch::Context;
use memory::{ReadFailure, VirtualAddress};
use std::cell::OnceCell;
use std::ops::Range;

/// One processor, as it was stopped. What couldn't be found out says why.
#[derive(Debug)]
pub struct Processor {
    /// KD's index of it.
    pub number: u32,
    /// `_KPRCB`.
    pub prcb: Result<VirtualAddress, NtError>,
    /// Its registers; those of a live target's processor are asked for when they are needed.
    context: OnceCell<Result<Context, NtError>>,
    /// The thread that it ran: `_KPRCB.CurrentThread`.
    pub current_thread: Result<VirtualAddress, NtError>,
    /// Who that thread is.
    pub thread: Result<thread::ThreadIdentity, NtError>,
    /// Stacks whose limits are known: the thread's.
    pub stacks: Vec<Range<VirtualAddress>>,
}

/// All processors, and which of them crashed.
#[derive(Debug)]
pub struct Processors {
    /// By number.
    pub all: Vec<Processor>,
    /// The one that crashed, where that can be told.
    pub crashed: Option<u32>,
    /// False when only the crashed processor's registers are there, and not which of the processors it was: it is listed
    /// as 0.
    pub numbers_known: bool,
}

impl Processor {
    /// Its registers.
    ///
    /// # Errors
    /// Why they can't be had.
    pub fn context(&self, target: &Target) -> Result<&Context, NtError> {
        self.context.get_or_init(|| live_context(target, self.number)).as_ref().map_err(Clone::clone)
    }

    /// What a dump saved of its registers.
    fn saved(&self) -> Result<&Context, Option<&NtError>> {
        self.context.get().map_or(Err(None), |context| context.as_ref().map_err(Some))
    }
}

/// A live target's answer.
fn live_context(target: &Target, number: u32) -> Result<Context, NtError> {
    let what = || format!("the registers of processor {number}");
    let failure = match (target.live(), u16::try_from(number)) {
        (Some(live), Ok(processor)) => match live.context(processor) {
            Ok(context) => return Ok(context),
            Err(error) => error.as_read_failure(),
        },
        _ => ReadFailure::NoSuchMemory,
    };
    Err(NtError::NotTold { what: what(), failure })
}

impl Processors {
    /// Reads every processor's state; a dump that tells nothing of them still has the one that crashed.
    pub fn read(target: &Target) -> Self {
        target.place_triage_copies();
        let count = target.system().processors.unwrap_or(1).clamp(1, processors::MAX_PROCESSORS);
        let kernel = target.kernel();
        let mut all: Vec<Processor> = match processors::prcbs(&kernel, count) {
            Ok(prcbs) => (0..).zip(prcbs).map(|(number, prcb)| read_processor(target, number, prcb)).collect(),
            Err(error) => (0..count).map(|number| unknown_processor(number, &error)).collect(),
        };
        let count = all.len();
        let crashed = find_crashed(target, &mut all);
        let numbers_known = all.len() == count;
        Self { all, crashed, numbers_known }
    }

    /// The processor with this number.
    pub fn get(&self, number: u32) -> Option<&Processor> {
        self.all.get(number as usize)
    }
}

fn unknown_processor(number: u32, error: &NtError) -> Processor {
    let error = || error.clone();
    Processor {
        number,
        prcb: Err(error()),
        context: OnceCell::from(Err(error())),
        current_thread: Err(error()),
        thread: Err(error()),
        stacks: Vec::new(),
    }
}

fn read_processor(target: &Target, number: u32, prcb: Result<VirtualAddress, NtError>) -> Processor {
    let address = match prcb {
        Ok(address) => address,
        Err(error) => return unknown_processor(number, &error),
    };
    let kernel = target.kernel();
    let prcb = match processors::prcb(&kernel, address) {
        Ok(prcb) => prcb,
        Err(error) => return Processor { prcb: Ok(address), ..unknown_processor(number, &error) },
    };
    let reported = target.live().and_then(|live| live.stop()).filter(|stop| u32::from(stop.processor) == number);
    let current_thread = match reported {
        Some(stop) if stop.thread != 0 => Ok(VirtualAddress(stop.thread)),
        _ => prcb.field("CurrentThread").and_then(|field| field.pointer()),
    };
    let thread = current_thread.clone().and_then(|address| thread::thread(&kernel, address));
    let stack = thread.as_ref().ok().and_then(|thread| thread::kernel_stack(thread).ok());
    Processor {
        number,
        prcb: Ok(address),
        context: match target.live() {
            Some(_) => OnceCell::new(),
            None => OnceCell::from(processors::saved_context(&kernel, &prcb)),
        },
        current_thread,
        thread: thread.and_then(|thread| thread::identify(&kernel, &thread)),
        stacks: stack.into_iter().collect(),
    }
}

/// Which processor crashed: the one whose saved registers are those of the header, or whose thread's stack the header's
/// stack pointer lies in (in a small dump, the header may hold the exception's registers and not those at the end).
///
/// Where no processor's registers could be read, the header's are all there is: they are those of the only processor
/// that is then listed, whose number isn't known.
fn find_crashed(target: &Target, all: &mut Vec<Processor>) -> Option<u32> {
    let header = target.header_context()?;
    let place = |context: &Context| Some((context.instruction_pointer()?, context.stack_pointer()?));
    let same = |processor: &&Processor| {
        processor.saved().is_ok_and(|context| place(context).is_some() && place(context) == place(&header))
    };
    let on_its_stack = |processor: &&Processor| {
        header.stack_pointer().is_some_and(|at| processor.stacks.iter().any(|stack| stack.contains(&at)))
    };
    if let Some(crashed) = all.iter().find(same).or_else(|| all.iter().find(on_its_stack)) {
        return Some(crashed.number);
    }
    if all.iter().all(|processor| processor.saved().is_err()) {
        all.truncate(1);
        let only = all.first_mut()?;
        only.context = OnceCell::from(Ok(header));
        return Some(only.number);
    }
    None
}
