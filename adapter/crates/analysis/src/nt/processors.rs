//! Processors: `KiProcessorBlock` -> `_KPRCB` -> the context that was saved when the system stopped.

use super::kernel::Kernel;
use super::structure::{NtError, Structure};
use arch::Context;
use memory::{ReadVirtualExt, VirtualAddress};

/// Most processors that NT supports in one system.
pub const MAX_PROCESSORS: u32 = 2048;

/// `_KPRCB`s by processor number: how many there are, `count` says.
///
/// A processor whose block can't be read is `Err`, without hiding the others.
///
/// # Errors
/// When `nt!KiProcessorBlock` isn't known.
pub fn prcbs(kernel: &Kernel<'_>, count: u32) -> Result<Vec<Result<VirtualAddress, NtError>>, NtError> {
    let block = kernel.global("KiProcessorBlock")?;
    let size = kernel.pointer_size();
    let prcb = |number: u32| {
        let at = block.offset(u64::from(number) * size as u64);
        let what = || format!("nt!KiProcessorBlock[{number}]");
        let address = kernel.memory.pointer(at, size).map_err(|error| NtError::Unreadable { what: what(), error })?;
        if address == 0 {
            return Err(NtError::Damaged { what: "nt!KiProcessorBlock", address: at, why: "the entry is zero" });
        }
        Ok(VirtualAddress(address))
    };
    Ok((0..count.min(MAX_PROCESSORS)).map(prcb).collect())
}

/// The `_KPRCB` at `address`.
///
/// # Errors
/// When the type isn't known.
pub fn prcb<'a>(kernel: &Kernel<'a>, address: VirtualAddress) -> Result<Structure<'a>, NtError> {
    kernel.structure("_KPRCB", address)
}

/// Address of the processor control region (`_KPCR`) that holds the `_KPRCB` at `prcb`.
///
/// # Errors
/// When the types aren't known, or the one isn't part of the other.
pub fn control_region(kernel: &Kernel<'_>, prcb: VirtualAddress) -> Result<VirtualAddress, NtError> {
    let members = kernel.find_type("_KPCR")?.members()?;
    let part = members.iter().find(|member| member.ty.name() == "_KPRCB");
    let missing = || NtError::NoMember { ty: "_KPCR".to_owned(), member: "_KPRCB".to_owned() };
    part.map(|part| prcb.back(part.offset)).ok_or_else(missing)
}

/// The registers that the processor saved when it was stopped: `_KPRCB.Context` where it is set and filled in, else
/// `_KPRCB.ProcessorState.ContextFrame`.
///
/// # Errors
/// What stands in the way of the second, when neither is there.
pub fn saved_context(kernel: &Kernel<'_>, prcb: &Structure<'_>) -> Result<Context, NtError> {
    let pointed = prcb.field("Context").and_then(|pointer| pointer.pointer());
    if let Ok(address @ VirtualAddress(1..)) = pointed {
        if let Ok(context) = read_context(kernel, address) {
            return Ok(context);
        }
    }
    read_context(kernel, prcb.field("ProcessorState.ContextFrame")?.address())
}

/// The `CONTEXT` at `address`; one that was never filled in is refused.
///
/// # Errors
/// [`NtError::Unreadable`], [`NtError::NoContext`], [`NtError::Damaged`].
pub fn read_context(kernel: &Kernel<'_>, address: VirtualAddress) -> Result<Context, NtError> {
    let unreadable = |error| NtError::Unreadable { what: "the CONTEXT".to_owned(), error };
    let bytes = kernel.memory.bytes(address, kernel.architecture.context_size()).map_err(unreadable)?;
    let no_context = |error| NtError::NoContext { address, error };
    let context = Context::from_bytes(kernel.architecture, &bytes).map_err(no_context)?;
    match context.instruction_pointer() {
        Some(VirtualAddress(1..)) => Ok(context),
        _ => Err(NtError::Damaged { what: "the CONTEXT", address, why: "it was not filled in" }),
    }
}
