//! Epilogues: recognising that a function is already on its way out.
//!
//! Version 2 of the unwind data says where epilogues are. Before, one had to be recognised by its instructions, for
//! which Microsoft's "x64 exception handling" allows few: `add rsp,n` or `lea rsp,[frame register+n]` first, then pops,
//! then `ret` or a jump out of the function: through memory, or through a register with a REX.W prefix that would be
//! superfluous and marks it, or to a fixed address.

use super::{RuntimeFunction, UnwindInfo, find_function, primary_function};
use crate::amd64::context::{self, general};
use crate::{RegisterId, UnwindError, UnwindImage, intel};
use iced_x86::{Code, OpKind, Register};

/// An epilogue has no more pops than there are registers.
const MAX_POPS: usize = 16;
/// The longest epilogue: `add rsp`, the pops with their prefixes, a jump.
const MAX_BYTES: usize = 7 + 2 * MAX_POPS + 7;

/// What an epilogue will still do before it returns.
#[derive(Debug, Default)]
pub(super) struct Epilogue {
    /// Bytes that the stack pointer moves up, from its own value or, if there is one, the frame register's.
    pub stack: Option<(Option<RegisterId>, i64)>,
    /// Registers that are popped, in order.
    pub pops: Vec<RegisterId>,
}

/// Version 2: how many bytes of an epilogue lie before `rva`, if one is there.
pub(super) fn bytes_into_epilogue(info: &UnwindInfo, function: &RuntimeFunction, rva: u32) -> Option<u32> {
    let (size, mut starts) = info.epilogues(function.end);
    starts.find_map(|start| rva.checked_sub(start).filter(|&into| into < size))
}

/// Version 1: what remains of the epilogue at `rva`, if it is one. `function` is the entry that describes `rva`.
///
/// # Errors
/// [`UnwindError::Unreadable`]: without the code it can't be said whether it is an epilogue.
pub(super) fn rest_of_epilogue(
    image: &dyn UnwindImage,
    function: &RuntimeFunction,
    info: &UnwindInfo,
    rva: u32,
) -> Result<Option<Epilogue>, UnwindError> {
    let mut buffer = [0; MAX_BYTES];
    let mut code = read_code(image, rva, &mut buffer)?;
    let mut at = rva;
    let mut epilogue = Epilogue::default();
    for _ in 0..MAX_POPS + 2 {
        let address = image.base().offset(u64::from(at));
        let Some(instruction) = intel::parse(64, address, code) else { return Ok(None) };
        match instruction.code() {
            Code::Add_rm64_imm8 | Code::Add_rm64_imm32 if instruction.op0_register() == Register::RSP && at == rva => {
                epilogue.stack = Some((None, instruction.immediate(1) as i64));
            }
            Code::Lea_r64_m if instruction.op0_register() == Register::RSP && at == rva => {
                let base = general_register(instruction.memory_base());
                if base.is_none() || base != info.frame_register || instruction.memory_index() != Register::None {
                    return Ok(None);
                }
                epilogue.stack = Some((base, instruction.memory_displacement64() as i64));
            }
            Code::Pop_r64 => match general_register(instruction.op0_register()) {
                Some(register) if register != context::RSP && epilogue.pops.len() < MAX_POPS => {
                    epilogue.pops.push(register);
                }
                _ => return Ok(None),
            },
            Code::Retnq => return Ok(Some(epilogue)),
            Code::Retnq_imm16 if instruction.immediate(0) == 0 => return Ok(Some(epilogue)),
            _ => return Ok(leaves_function(image, function, &instruction, code)?.then_some(epilogue)),
        }
        code = code.get(instruction.len()..).unwrap_or_default();
        at = at.wrapping_add(instruction.len() as u32);
    }
    Ok(None)
}

/// Whether an instruction is a jump that ends an epilogue.
fn leaves_function(
    image: &dyn UnwindImage,
    function: &RuntimeFunction,
    instruction: &iced_x86::Instruction,
    code: &[u8],
) -> Result<bool, UnwindError> {
    match instruction.code() {
        Code::Jmp_rel8_64 | Code::Jmp_rel32_64 => {
            let target = instruction.near_branch_target().wrapping_sub(image.base().0);
            let Some(target) = u32::try_from(target).ok().filter(|&target| target < image.size()) else {
                return Ok(true);
            };
            let primary = primary_function(image, *function)?;
            // A function that jumps to its own start calls itself.
            if target == primary.begin {
                return Ok(true);
            }
            match find_function(image, target)? {
                Some(there) => Ok(primary_function(image, there)?.begin != primary.begin),
                None => Ok(true),
            }
        }
        Code::Jmp_rm64 if instruction.op0_kind() == OpKind::Memory && instruction.is_ip_rel_memory_operand() => {
            Ok(true)
        }
        // REX.W: the byte before the opcode, 48 to 4f.
        Code::Jmp_rm64 => Ok(code.first().is_some_and(|prefix| prefix & 0xf8 == 0x48)),
        _ => Ok(false),
    }
}

/// The code at `rva`, as far as it can be read.
fn read_code<'b>(image: &dyn UnwindImage, rva: u32, buffer: &'b mut [u8]) -> Result<&'b [u8], UnwindError> {
    let there = image.size().saturating_sub(rva) as usize;
    let wanted = there.min(buffer.len());
    let code = buffer.get_mut(..wanted).unwrap_or_default();
    let read = match image.read_rva(rva, code) {
        Ok(()) => wanted,
        Err(error) if error.read == 0 => return Err(UnwindError::Unreadable { what: "code", rva, error }),
        Err(error) => error.read,
    };
    Ok(code.get(..read).unwrap_or_default())
}

fn general_register(register: Register) -> Option<RegisterId> {
    register.is_gpr64().then(|| general(register.number() as u8))
}
