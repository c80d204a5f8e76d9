//! Frames of a stack: what each one is, and how sure that is.

use arch::Context;
use memory::{ReadError, VirtualAddress};
use std::fmt;
use symbols::InlineFrame;

/// One frame: a function that was entered and not yet left, or one that the compiler inlined there.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The registers in this frame, as far as they are known. Inlined frames have those of the frame they lie in.
    pub context: Context,
    /// Where the frame executes, or will go on when the callee returns.
    pub instruction_pointer: VirtualAddress,
    /// `Child-SP`: the stack pointer at that instruction.
    pub stack_pointer: VirtualAddress,
    /// Where the frame's function returns to, once the frame above it was found.
    pub return_address: Option<VirtualAddress>,
    /// How the frame was found.
    pub found_by: FoundBy,
    /// Whether the frame, and all on the way to it, is certain.
    pub certainty: Certainty,
    /// The function is an interrupt or exception entry: where it saved the registers of what it interrupted.
    pub trap_frame: Option<VirtualAddress>,
    /// The inlined function that this frame stands for; the physical frame follows behind all of its inlined ones.
    pub inline: Option<Inlined>,
}

/// A function that was inlined at a frame's address.
#[derive(Clone, Debug)]
pub struct Inlined {
    /// Its index among those at the address, innermost first.
    pub depth: usize,
    /// What symbols say of it.
    pub function: InlineFrame,
}

/// How a frame was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// The registers that the walk began with.
    Context,
    /// Unwind data of the callee, or the shape of its epilogue.
    UnwindData,
    /// The callee is a leaf function: it has no unwind data though its image does.
    Leaf,
    /// The callee stands at its first instruction, so that the return address is on top of the stack.
    FunctionEntry,
    /// A trap frame or machine frame that the callee's unwind data describes.
    TrapFrame,
    /// A value on the stack that looks like a return address.
    Scan,
}

/// How sure a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Followed from known registers by unwind data.
    Exact,
    /// Found by scanning the stack, or by following such a frame: it may not be a caller at all.
    Guessed,
}

impl Frame {
    /// An address within the instruction that the frame executes or executed last: what functions, lines and
    /// variables are looked up by. Behind a call that doesn't return, the next function may begin.
    pub fn code_address(&self) -> VirtualAddress {
        if self.context.is_after_call() { self.instruction_pointer.back(1) } else { self.instruction_pointer }
    }
}

/// A stack, innermost frame first.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The frames that were found.
    pub frames: Vec<Frame>,
    /// Why there are no more.
    pub end: StackEnd,
}

/// Why a stack ends where it does.
#[derive(Clone, Debug, PartialEq)]
pub enum StackEnd {
    /// The outermost frame was reached.
    Complete,
    /// As many frames as were asked for.
    Limit,
    /// The instruction or stack pointer isn't known.
    NoRegisters,
    /// The stack's memory couldn't be read.
    Unreadable(ReadError),
    /// Stacks of this architecture can't be walked yet.
    NotSupported(arch::Machine),
    /// No return address was found on the rest of the stack.
    NothingFound {
        /// Where the search for one began.
        from: VirtualAddress,
        /// Why it was necessary.
        because: String,
    },
    /// The next frame would lie below this one: the stack is damaged, or was switched.
    NoProgress {
        /// The stack pointer that didn't grow.
        stack_pointer: VirtualAddress,
    },
    /// The user gave up.
    Cancelled,
}

impl fmt::Display for StackEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("the outermost frame was reached"),
            Self::Limit => f.write_str("there may be more frames"),
            Self::NoRegisters => f.write_str("the instruction or stack pointer is not known"),
            Self::Unreadable(error) => write!(f, "the stack can't be read: {error}"),
            Self::NotSupported(machine) => write!(f, "stacks of {machine} targets can't be walked yet"),
            Self::NothingFound { from, because } => {
                write!(f, "no return address was found on the stack from {from} on ({because})")
            }
            Self::NoProgress { stack_pointer } => {
                write!(f, "the next frame would not lie above {stack_pointer}: the stack is damaged or was switched")
            }
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}
