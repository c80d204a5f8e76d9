//! Address newtypes: the space that an address belongs to is part of its type.

use std::fmt;

/// Bytes in the smallest page of every architecture that NT runs on (x86, x64, ARM64).
pub const PAGE_SIZE: u64 = 1 << PAGE_SHIFT;
/// Base-2 logarithm of [`PAGE_SIZE`].
pub const PAGE_SHIFT: u32 = 12;

/// An address in the target's virtual address space. 32-bit targets use the low half (never sign-extended).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualAddress(pub u64);

/// An address in the target's physical address space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhysicalAddress(pub u64);

/// A page frame number: a physical address divided by [`PAGE_SIZE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pfn(pub u64);

impl Pfn {
    /// Physical address of the page's first byte.
    pub fn address(self) -> PhysicalAddress {
        PhysicalAddress(self.0.wrapping_mul(PAGE_SIZE))
    }
}

macro_rules! address_arithmetic {
    ($address:ident) => {
        impl $address {
            /// The address `bytes` further on, wrapping at 2^64 as the processor does.
            #[must_use]
            pub fn offset(self, bytes: u64) -> Self {
                Self(self.0.wrapping_add(bytes))
            }

            /// The address `bytes` before, wrapping at zero.
            #[must_use]
            pub fn back(self, bytes: u64) -> Self {
                Self(self.0.wrapping_sub(bytes))
            }

            /// First byte of the page that the address lies in.
            #[must_use]
            pub fn page_start(self) -> Self {
                Self(self.0 & !(PAGE_SIZE - 1))
            }

            /// Offset within its page, in bytes.
            pub fn page_offset(self) -> u64 {
                self.0 & (PAGE_SIZE - 1)
            }

            /// Bytes from `base` to this address, if it doesn't lie before it.
            pub fn distance_from(self, base: Self) -> Option<u64> {
                self.0.checked_sub(base.0)
            }
        }
    };
}

address_arithmetic!(VirtualAddress);
address_arithmetic!(PhysicalAddress);

impl PhysicalAddress {
    /// The page that the address lies in.
    pub fn pfn(self) -> Pfn {
        Pfn(self.0 >> PAGE_SHIFT)
    }
}

/// The debuggers' way of writing an address: ``fffff804`7bdf5a80``.
impl fmt::Display for VirtualAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}`{:08x}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

impl fmt::Display for PhysicalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for Pfn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_addresses_are_written_with_a_backtick() {
        assert_eq!(VirtualAddress(0xffff_f804_7bdf_5a80).to_string(), "fffff804`7bdf5a80");
        assert_eq!(VirtualAddress(0x1000).to_string(), "00000000`00001000");
    }

    #[test]
    fn page_parts_add_up_to_the_address() {
        let address = VirtualAddress(0xffff_f804_7bdf_5a80);
        assert_eq!(address.page_start().offset(address.page_offset()), address);
        assert_eq!(PhysicalAddress(0x1234_5678).pfn().address(), PhysicalAddress(0x1234_5000));
    }
}
