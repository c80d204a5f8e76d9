//! Readers of memory, and the typed reads that stand on them.

use crate::{PhysicalAddress, ReadError, VirtualAddress};

/// Something that virtual memory can be read from.
pub trait ReadVirtual {
    /// Fills `buffer` with the bytes from `address` on.
    ///
    /// # Errors
    /// The first byte that couldn't be read, and why; the buffer's first [`ReadError::read`] bytes are good.
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError>;
}

/// Something that physical memory can be read from.
pub trait ReadPhysical {
    /// Fills `buffer` with the bytes from `address` on.
    ///
    /// # Errors
    /// The first byte that couldn't be read, and why; the buffer's first [`ReadError::read`] bytes are good.
    fn read_physical(&self, address: PhysicalAddress, buffer: &mut [u8]) -> Result<(), ReadError>;
}

macro_rules! typed_reads {
    ($trait:ident, $extension:ident, $address:ty, $read:ident) => {
        /// Little-endian integers and arrays, read through the one method of the trait that this extends.
        pub trait $extension: $trait {
            /// `N` bytes.
            ///
            /// # Errors
            /// As the underlying read.
            fn array<const N: usize>(&self, address: $address) -> Result<[u8; N], ReadError> {
                let mut bytes = [0; N];
                self.$read(address, &mut bytes)?;
                Ok(bytes)
            }

            /// One byte.
            ///
            /// # Errors
            /// As the underlying read.
            fn u8(&self, address: $address) -> Result<u8, ReadError> {
                self.array::<1>(address).map(u8::from_le_bytes)
            }

            /// Two bytes.
            ///
            /// # Errors
            /// As the underlying read.
            fn u16(&self, address: $address) -> Result<u16, ReadError> {
                self.array(address).map(u16::from_le_bytes)
            }

            /// Four bytes.
            ///
            /// # Errors
            /// As the underlying read.
            fn u32(&self, address: $address) -> Result<u32, ReadError> {
                self.array(address).map(u32::from_le_bytes)
            }

            /// Eight bytes.
            ///
            /// # Errors
            /// As the underlying read.
            fn u64(&self, address: $address) -> Result<u64, ReadError> {
                self.array(address).map(u64::from_le_bytes)
            }

            /// A pointer of `size` bytes (4 or 8), zero-extended.
            ///
            /// # Errors
            /// As the underlying read.
            fn pointer(&self, address: $address, size: usize) -> Result<u64, ReadError> {
                if size == 4 { self.u32(address).map(u64::from) } else { self.u64(address) }
            }

            /// `count` bytes; the caller bounds `count`.
            ///
            /// # Errors
            /// As the underlying read.
            fn bytes(&self, address: $address, count: usize) -> Result<Vec<u8>, ReadError> {
                let mut bytes = vec![0; count];
                self.$read(address, &mut bytes)?;
                Ok(bytes)
            }

            /// What can be read of `count` bytes from `address` on, and why it isn't all of them.
            fn prefix(&self, address: $address, count: usize) -> (Vec<u8>, Option<ReadError>) {
                let mut bytes = vec![0; count];
                match self.$read(address, &mut bytes) {
                    Ok(()) => (bytes, None),
                    Err(error) => {
                        bytes.truncate(error.read);
                        (bytes, Some(error))
                    }
                }
            }
        }

        impl<T: $trait + ?Sized> $extension for T {}

        impl<T: $trait + ?Sized> $trait for &T {
            fn $read(&self, address: $address, buffer: &mut [u8]) -> Result<(), ReadError> {
                (**self).$read(address, buffer)
            }
        }
    };
}

typed_reads!(ReadVirtual, ReadVirtualExt, VirtualAddress, read_virtual);
typed_reads!(ReadPhysical, ReadPhysicalExt, PhysicalAddress, read_physical);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReadFailure;

    struct Ascending(u64);

    impl ReadVirtual for Ascending {
        fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
            for (read, byte) in buffer.iter_mut().enumerate() {
                let at = address.offset(read as u64);
                if at.0 >= self.0 {
                    return Err(ReadError { address: at.0, read, failure: ReadFailure::VirtualNotInDump });
                }
                *byte = at.0 as u8;
            }
            Ok(())
        }
    }

    #[test]
    fn integers_are_little_endian() {
        assert_eq!(Ascending(64).u32(VirtualAddress(1)).unwrap(), 0x0403_0201);
        assert_eq!(Ascending(64).pointer(VirtualAddress(0), 4).unwrap(), 0x0302_0100);
    }

    #[test]
    fn a_short_read_says_where_it_stopped_and_keeps_what_it_got() {
        let (bytes, error) = Ascending(3).prefix(VirtualAddress(1), 8);
        assert_eq!(bytes, [1, 2]);
        assert_eq!(error.unwrap().address, 3);
    }
}
