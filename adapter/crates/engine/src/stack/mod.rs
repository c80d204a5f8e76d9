//! Stacks: by unwind data, through trap frames, and by scanning where neither leads on.

mod describe;
mod frame;
mod image;
mod scan;
mod walk;

pub use describe::{FrameDescription, inline_frames, line_at};
pub use frame::{Certainty, FoundBy, Frame, Inlined, Stack, StackEnd};
pub(crate) use image::ModuleImage;
pub use walk::walk;

use crate::cancel::CancelFlag;
use analysis::nt::kernel::Kernel;
use arch::{Architecture, CallBefore};
use memory::{ReadVirtual, VirtualAddress};
use std::ops::Range;
use symbols::Modules;

/// Finds out the limits of stacks, when a walk has to search.
pub type KnownStacks<'a> = dyn Fn() -> Vec<Range<VirtualAddress>> + 'a;

/// What a walk may look at.
pub struct Surroundings<'a> {
    /// The target's processor architecture.
    pub architecture: &'static dyn Architecture,
    /// Virtual memory, with the unchanging parts of images where the target's own memory lacks them.
    pub memory: &'a dyn ReadVirtual,
    /// Loaded modules.
    pub modules: &'a Modules,
    /// The kernel's structures, for the registers in trap frames.
    pub kernel: &'a Kernel<'a>,
    /// Stacks whose limits are known: the walk doesn't search beyond them.
    pub stacks: &'a KnownStacks<'a>,
    /// Raised when the user gives up.
    pub cancel: &'a CancelFlag,
}

impl Surroundings<'_> {
    /// Address behind the known stack that `address` lies in.
    fn stack_end_above(&self, address: VirtualAddress) -> Option<VirtualAddress> {
        (self.stacks)().iter().find(|stack| stack.contains(&address)).map(|stack| stack.end)
    }

    /// Whether a call instruction ends right before `address`; `None` where the code can't be read.
    fn call_before(&self, address: VirtualAddress) -> Option<CallBefore> {
        let length = self.architecture.max_instruction_length() as u64;
        let start = address.back(length);
        let mut code = vec![0; length as usize];
        match self.modules.at(start).and_then(|module| Some((module, module.rva(start)?))) {
            Some((module, rva)) => module.read_code(rva, &mut code).map(|_| ()).ok()?,
            None => self.memory.read_virtual(start, &mut code).ok()?,
        }
        Some(self.architecture.call_before(&code))
    }
}
