//! A name with a place in the image.

use crate::TypeRef;

/// A symbol with an address.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// The name to show: of a decorated one (`?f@@YAXXZ`, `_f@8`) what a programmer would write (`f`).
    pub name: String,
    /// The name as the linker knows it, where it is another one.
    pub decorated: Option<String>,
    /// Address within the image, in bytes from its base. For [`SymbolKind::ThreadLocal`] that of the initial value.
    pub rva: u32,
    /// Bytes that it covers, where the file says so: public symbols don't.
    pub size: Option<u32>,
    /// What it is.
    pub kind: SymbolKind,
    /// Its type; public symbols have none.
    pub ty: Option<TypeRef>,
}

/// What a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    /// A function with private information (`S_GPROC32`, `S_LPROC32`).
    Function,
    /// A variable with private information (`S_GDATA32`, `S_LDATA32`).
    Data,
    /// A variable of which each thread has its own (`S_GTHREAD32`, `S_LTHREAD32`).
    ThreadLocal,
    /// A few instructions that the linker or compiler made (`S_THUNK32`).
    Thunk,
    /// A place in code outside any function (`S_LABEL32`): assembler sources have them.
    Label,
    /// A public symbol (`S_PUB32`): a name and an address, and nothing else.
    Public {
        /// The linker marked it as code. Some files have no marks at all: false says nothing.
        function: bool,
    },
    /// A name from an image's export table.
    Export,
}

impl SymbolKind {
    /// Whether the file knows more of it than name and address.
    pub fn is_private(self) -> bool {
        matches!(self, Self::Function | Self::Data | Self::ThreadLocal | Self::Thunk | Self::Label)
    }
}

/// A name for a value (`S_CONSTANT`): `static const`, and enum values that the compiler listed.
#[derive(Clone, Debug)]
pub struct Constant {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: i128,
    /// Its type.
    pub ty: TypeRef,
}
