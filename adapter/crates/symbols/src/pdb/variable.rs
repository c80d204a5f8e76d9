//! Locals and parameters, and where they are at an address.

use crate::TypeRef;

/// A local variable or parameter.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeRef,
    /// What it is in the function.
    pub role: VariableRole,
    /// Where its value is, at the address that was asked about.
    pub location: Location,
}

/// What a variable is in its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VariableRole {
    /// A parameter; `this` too.
    Parameter,
    /// A local variable.
    Local,
    /// A local variable that keeps its value (`static`).
    Static,
    /// A name for a value.
    Constant,
}

/// Where a value is. Registers have CodeView's numbers (`CV_AMD64_*`, `CV_REG_*`, `CV_ARM64_*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In a register.
    Register(u16),
    /// In memory, `offset` bytes from what the register holds. On x86 the register may be `CV_ALLREG_VFRAME` (30006):
    /// the frame's base as frame data or unwinding know it.
    RegisterRelative {
        /// The register.
        register: u16,
        /// Bytes from its value, wrapping at the address size.
        offset: i32,
    },
    /// In memory, behind a pointer that itself lies `offset` bytes from what the register holds.
    RegisterIndirect {
        /// The register.
        register: u16,
        /// Bytes from its value to the pointer.
        offset: i32,
        /// Bytes from the pointer's value to the variable.
        then: i32,
    },
    /// `offset` bytes from the register that the function's frame counts from, which isn't recorded (`S_FRAMEPROC` is
    /// missing, or names none).
    FrameRelative {
        /// Bytes from the unknown base.
        offset: i32,
    },
    /// At a fixed place in the image.
    Static {
        /// Address within the image.
        rva: u32,
    },
    /// A variable of which each thread has its own.
    ThreadLocal {
        /// Address of the initial value within the image.
        rva: u32,
    },
    /// Nowhere: the value is known.
    Constant(i128),
    /// In parts.
    Split(Vec<Piece>),
    /// It has a place, but not at this address.
    NotLiveHere,
    /// It has no place anywhere in the function.
    OptimizedAway,
    /// The file describes the place by a record that this reader doesn't understand.
    Unknown {
        /// The record's kind (`S_DEFRANGE*`).
        record: u16,
    },
}

/// A part of a variable whose parts are in different places. Parts that aren't listed are nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Bytes from the start of the variable.
    pub offset: u32,
    /// Where the part is.
    pub location: Location,
}
