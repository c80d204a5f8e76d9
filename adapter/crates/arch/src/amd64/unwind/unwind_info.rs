//! `UNWIND_INFO` and its `UNWIND_CODE`s (`.xdata`).
//!
//! Version 1 is documented by Microsoft under "x64 exception handling". Version 2, which Windows' own images have had
//! since Windows 10, adds codes that say where epilogues are, before all others: the first has the size of an epilogue
//! in the place of the prologue offset, and 1 as its operand when one ends where the function ends. Each of the others
//! holds (offset, and operand as bits 11:8) how many bytes before the function's end an epilogue starts; zero pads. An
//! epilogue here is only the pops and the return or jump behind them: the `add rsp` before belongs to the body.

use super::RuntimeFunction;
use crate::amd64::context::{general, xmm};
use crate::{ExceptionHandler, RegisterId, UnwindError, UnwindImage};
use memory::{Cursor, Truncated};

/// `UNW_FLAG_EHANDLER`.
const EHANDLER: u8 = 1;
/// `UNW_FLAG_UHANDLER`.
const UHANDLER: u8 = 2;
/// `UNW_FLAG_CHAININFO`.
const CHAININFO: u8 = 4;
/// Bytes of the most codes that there can be, padded to an even number.
const MAX_CODE_BYTES: usize = 2 * 256;

/// `UNWIND_INFO`: how to undo a function's prologue.
#[derive(Clone, Debug)]
pub struct UnwindInfo {
    /// Where it was read.
    pub rva: u32,
    /// 1 or 2.
    pub version: u8,
    /// `UNW_FLAG_*`: 1 handles exceptions, 2 handles unwinding, 4 is chained.
    pub flags: u8,
    /// Bytes in the prologue.
    pub prologue_size: u8,
    /// The register that holds the frame pointer once the prologue has set it.
    pub frame_register: Option<RegisterId>,
    /// Bytes that the frame pointer lies above the stack pointer that it was made from.
    pub frame_offset: u32,
    /// What stands behind the codes.
    pub tail: UnwindTail,
    code_bytes: [u8; MAX_CODE_BYTES],
    code_count: u8,
}

/// What stands behind the unwind codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnwindTail {
    /// Nothing.
    None,
    /// A language-specific handler.
    Handler(ExceptionHandler),
    /// The function whose prologue ran before this region was entered.
    Chained(RuntimeFunction),
}

/// An unwind code with its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnwindCode {
    /// Offset of the byte behind the instruction that this undoes, from the start of the prologue.
    pub prologue_offset: u8,
    /// `UnwindOp`: the number of the operation.
    pub op: u8,
    /// `OpInfo`: the four bits beside it.
    pub info: u8,
    /// What that means.
    pub operation: UnwindOperation,
}

/// What a prologue's instruction did. Sizes and offsets are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnwindOperation {
    /// `UWOP_PUSH_NONVOL`.
    PushNonvolatile(RegisterId),
    /// `UWOP_ALLOC_SMALL`, `UWOP_ALLOC_LARGE`.
    Allocate(u32),
    /// `UWOP_SET_FPREG`: the frame register was set.
    SetFrameRegister,
    /// `UWOP_SAVE_NONVOL`, `UWOP_SAVE_NONVOL_FAR`: stored at this offset from the frame base.
    SaveNonvolatile(RegisterId, u32),
    /// `UWOP_SAVE_XMM128`, `UWOP_SAVE_XMM128_FAR`: stored at this offset from the frame base.
    SaveXmm128(RegisterId, u32),
    /// `UWOP_PUSH_MACHFRAME`: entered by an interrupt or exception.
    PushMachineFrame {
        /// An error code was pushed behind the frame.
        has_error_code: bool,
    },
    /// `UWOP_EPILOG` (version 2): see [`UnwindInfo::epilogues`].
    Epilogue,
}

impl UnwindInfo {
    /// The unwind info at `rva`, which [`RuntimeFunction::unwind_data`] of a resolved entry says.
    ///
    /// # Errors
    /// [`UnwindError::Unreadable`], [`UnwindError::UnknownVersion`].
    pub fn read(image: &dyn UnwindImage, rva: u32) -> Result<Self, UnwindError> {
        let unreadable = |error| UnwindError::Unreadable { what: "UNWIND_INFO", rva, error };
        let mut header = [0; 4];
        image.read_rva(rva, &mut header).map_err(unreadable)?;
        let [version_and_flags, prologue_size, code_count, frame] = header;
        let (version, flags) = (version_and_flags & 7, version_and_flags >> 3);
        if !matches!(version, 1 | 2) {
            return Err(UnwindError::UnknownVersion { rva, version });
        }

        let padded = 2 * usize::from(code_count).next_multiple_of(2);
        let tail_size = match flags {
            _ if flags & CHAININFO != 0 => RuntimeFunction::SIZE as usize,
            _ if flags & (EHANDLER | UHANDLER) != 0 => 4,
            _ => 0,
        };
        let mut rest = [0; MAX_CODE_BYTES + RuntimeFunction::SIZE as usize];
        let cut_off = UnwindError::Malformed { rva, what: "UNWIND_INFO is cut off" };
        let rest = rest.get_mut(..padded + tail_size).ok_or(cut_off)?;
        image.read_rva(rva.wrapping_add(4), rest).map_err(unreadable)?;
        let (codes, tail) = rest.split_at_checked(padded).ok_or(cut_off)?;
        let data = rva.wrapping_add(4 + padded as u32 + 4);
        let tail = decode_tail(flags, tail, data).map_err(|_| cut_off)?;

        let mut code_bytes = [0; MAX_CODE_BYTES];
        code_bytes.iter_mut().zip(codes).for_each(|(to, from)| *to = *from);
        let frame_register = (frame & 0xf != 0).then(|| general(frame));
        let frame_offset = u32::from(frame >> 4) * 16;
        Ok(Self { rva, version, flags, prologue_size, frame_register, frame_offset, tail, code_bytes, code_count })
    }

    /// The codes in their order: the last thing that the prologue did comes first.
    pub fn codes(&self) -> impl Iterator<Item = Result<UnwindCode, UnwindError>> + '_ {
        let bytes = self.code_bytes.get(..2 * usize::from(self.code_count)).unwrap_or(&self.code_bytes);
        let mut cursor = Cursor::new(bytes);
        std::iter::from_fn(move || {
            if cursor.remaining() == 0 {
                return None;
            }
            let at = self.rva.wrapping_add(4 + cursor.offset() as u32);
            let code = decode_code(&mut cursor, self.version, at);
            if code.is_err() {
                cursor = Cursor::new(&[]);
            }
            Some(code)
        })
    }

    /// Version 2: the size of an epilogue, and RVAs of where epilogues start, for a function that ends at `end`.
    pub fn epilogues(&self, end: u32) -> (u32, impl Iterator<Item = u32> + '_) {
        let mut codes =
            self.codes().map_while(Result::ok).take_while(|code| code.operation == UnwindOperation::Epilogue);
        let first = codes.next();
        let size = first.map_or(0, |code| u32::from(code.prologue_offset));
        let at_end = first.filter(|code| code.info & 1 != 0).map(|_| size);
        let before_end = codes.map(|code| u32::from(code.prologue_offset) | u32::from(code.info) << 8);
        let starts = at_end.into_iter().chain(before_end.filter(|&distance| distance != 0));
        (size, starts.map(move |distance| end.wrapping_sub(distance)))
    }

    /// Whether it describes part of another function.
    pub fn is_chained(&self) -> bool {
        matches!(self.tail, UnwindTail::Chained(_))
    }
}

fn decode_tail(flags: u8, bytes: &[u8], data: u32) -> Result<UnwindTail, Truncated> {
    let mut cursor = Cursor::new(bytes);
    Ok(if flags & CHAININFO != 0 {
        UnwindTail::Chained(RuntimeFunction::decode(&mut cursor)?)
    } else if flags & (EHANDLER | UHANDLER) != 0 {
        let (for_exceptions, for_unwinding) = (flags & EHANDLER != 0, flags & UHANDLER != 0);
        UnwindTail::Handler(ExceptionHandler { rva: cursor.u32()?, data, for_exceptions, for_unwinding })
    } else {
        UnwindTail::None
    })
}

/// One code; `at` is where it is, for the error.
fn decode_code(cursor: &mut Cursor, version: u8, at: u32) -> Result<UnwindCode, UnwindError> {
    let cut_off = |_| UnwindError::Malformed { rva: at, what: "the unwind codes end within an operand" };
    let prologue_offset = cursor.u8().map_err(cut_off)?;
    let [op, info] = cursor.u8().map(|byte| [byte & 0xf, byte >> 4]).map_err(cut_off)?;
    let mut near = |scale: u32| cursor.u16().map(|operand| u32::from(operand) * scale).map_err(cut_off);
    let operation = match (op, info, version) {
        (0, register, _) => UnwindOperation::PushNonvolatile(general(register)),
        (1, 0, _) => UnwindOperation::Allocate(near(8)?),
        (1, 1, _) => UnwindOperation::Allocate(cursor.u32().map_err(cut_off)?),
        (2, eights, _) => UnwindOperation::Allocate(u32::from(eights) * 8 + 8),
        (3, _, _) => UnwindOperation::SetFrameRegister,
        (4, register, _) => UnwindOperation::SaveNonvolatile(general(register), near(8)?),
        (5, register, _) => UnwindOperation::SaveNonvolatile(general(register), cursor.u32().map_err(cut_off)?),
        (6, _, 2) => UnwindOperation::Epilogue,
        (8, register, _) => UnwindOperation::SaveXmm128(xmm(register), near(16)?),
        (9, register, _) => UnwindOperation::SaveXmm128(xmm(register), cursor.u32().map_err(cut_off)?),
        (10, 0 | 1, _) => UnwindOperation::PushMachineFrame { has_error_code: info == 1 },
        _ => return Err(UnwindError::Malformed { rva: at, what: "an unwind code with an unknown operation" }),
    };
    Ok(UnwindCode { prologue_offset, op, info, operation })
}
