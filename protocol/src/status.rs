//! NTSTATUS values, as answers carry them.

use std::fmt;

/// What the target says of a request (`ReturnStatus`): its severity stands in the top two bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Status(pub u32);

impl Status {
    /// Done.
    pub const SUCCESS: Self = Self(0);
    /// Not known to the target, or not possible.
    pub const UNSUCCESSFUL: Self = Self(0xc000_0001);
    /// The api isn't there.
    pub const NOT_IMPLEMENTED: Self = Self(0xc000_0002);
    /// Memory that isn't there.
    pub const ACCESS_VIOLATION: Self = Self(0xc000_0005);
    /// The answer to a file request for a file that the debugger doesn't give.
    pub const NO_SUCH_FILE: Self = Self(0xc000_000f);

    /// `NT_SUCCESS`: success or information, not warning or error.
    pub fn is_success(self) -> bool {
        self.0 < 0x8000_0000
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}
