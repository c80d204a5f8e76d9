//! Threads (`_ETHREAD`) and the processes that they run in (`_EPROCESS`).

use super::kernel::Kernel;
use super::structure::{NtError, Structure};
use arch::Context;
use memory::VirtualAddress;
use std::ops::Range;

/// What identifies a thread to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadIdentity {
    /// `_ETHREAD`.
    pub thread: VirtualAddress,
    /// `Cid.UniqueProcess`.
    pub process_id: u64,
    /// `Cid.UniqueThread`.
    pub thread_id: u64,
    /// The process that the thread belongs to, or is attached to.
    pub process: Option<ProcessIdentity>,
}

/// What identifies a process to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessIdentity {
    /// `_EPROCESS`.
    pub process: VirtualAddress,
    /// `UniqueProcessId`.
    pub process_id: u64,
    /// `ImageFileName`: at most 15 characters.
    pub image_file_name: String,
}

/// The `_ETHREAD` at `address`.
///
/// # Errors
/// When the type isn't known.
pub fn thread<'a>(kernel: &Kernel<'a>, address: VirtualAddress) -> Result<Structure<'a>, NtError> {
    kernel.structure("_ETHREAD", address)
}

/// Who the thread is.
///
/// # Errors
/// When the thread's own identity can't be read; a process that can't be read is just left out.
pub fn identify(kernel: &Kernel<'_>, thread: &Structure<'_>) -> Result<ThreadIdentity, NtError> {
    thread.touch(&["Tcb.StackLimit", "Tcb.StackBase", "Tcb.ApcState.Process", "Cid"]);
    let process = current_process(thread).and_then(|process| identify_process(kernel, process));
    Ok(ThreadIdentity {
        thread: thread.address(),
        process_id: thread.field("Cid.UniqueProcess")?.integer()?,
        thread_id: thread.field("Cid.UniqueThread")?.integer()?,
        process: process.ok(),
    })
}

/// The process whose address space the thread uses: `Tcb.ApcState.Process`.
///
/// # Errors
/// When it can't be read.
pub fn current_process(thread: &Structure<'_>) -> Result<VirtualAddress, NtError> {
    thread.field("Tcb.ApcState.Process")?.pointer()
}

/// Who the process is.
///
/// # Errors
/// When it can't be read.
pub fn identify_process(kernel: &Kernel<'_>, address: VirtualAddress) -> Result<ProcessIdentity, NtError> {
    let process = kernel.structure("_EPROCESS", address)?;
    process.touch(&["UniqueProcessId", "ImageFileName"]);
    Ok(ProcessIdentity {
        process: address,
        process_id: process.field("UniqueProcessId")?.integer()?,
        image_file_name: process.field("ImageFileName")?.character_array()?,
    })
}

/// The thread's kernel stack, from its lowest to behind its highest address.
///
/// # Errors
/// When it can't be read, or its limits make no sense.
pub fn kernel_stack(thread: &Structure<'_>) -> Result<Range<VirtualAddress>, NtError> {
    thread.touch(&["Tcb.StackLimit", "Tcb.StackBase", "Tcb.ApcState.Process", "Cid"]);
    let limit = thread.field("Tcb.StackLimit")?.pointer()?;
    let base = thread.field("Tcb.StackBase")?.pointer()?;
    if limit >= base {
        let why = "StackLimit does not lie below StackBase";
        return Err(NtError::Damaged { what: "the thread", address: thread.address(), why });
    }
    Ok(limit..base)
}

/// The registers of a thread that isn't running: what the context switch left on its kernel stack
/// (`_KSWITCH_FRAME`). Only x64 is known.
///
/// # Errors
/// When the thread's stack can't be read, or the type isn't known (other processors have none of this shape).
pub fn switched_out_context(kernel: &Kernel<'_>, thread: &Structure<'_>) -> Result<Context, NtError> {
    let frame = kernel.structure("_KSWITCH_FRAME", thread.field("Tcb.KernelStack")?.pointer()?)?;
    let mut context = Context::new(kernel.architecture);
    let size = frame.ty().size()?;
    context.set(kernel.architecture.stack_pointer(), u128::from(frame.address().offset(size).0));
    context.set(kernel.architecture.frame_pointer(), u128::from(frame.field("Rbp")?.integer()?));
    context.set_return_address(frame.field("Return")?.pointer()?);
    Ok(context)
}
