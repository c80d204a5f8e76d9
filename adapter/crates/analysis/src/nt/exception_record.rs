//! `EXCEPTION_RECORD`: which exception, where, with which parameters. A documented format (winnt.h).

use super::names;
use memory::{Cursor, ReadError, ReadVirtual, ReadVirtualExt, Truncated, VirtualAddress};

/// `EXCEPTION_MAXIMUM_PARAMETERS`.
const MAXIMUM_PARAMETERS: usize = 15;
const STATUS_ACCESS_VIOLATION: u32 = 0xc000_0005;
const STATUS_IN_PAGE_ERROR: u32 = 0xc000_0006;

/// An exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionRecord {
    /// `ExceptionCode`: an NTSTATUS value.
    pub code: u32,
    /// `ExceptionFlags`.
    pub flags: u32,
    /// `ExceptionRecord`: the exception that this one is nested in, or zero.
    pub nested: VirtualAddress,
    /// `ExceptionAddress`.
    pub address: VirtualAddress,
    /// `NumberParameters` and `ExceptionInformation`.
    pub parameters: Vec<u64>,
}

impl ExceptionRecord {
    /// Reads the record at `address`; `pointer_size` in bytes.
    ///
    /// # Errors
    /// When its memory can't be read.
    pub fn read(memory: &dyn ReadVirtual, pointer_size: usize, address: VirtualAddress) -> Result<Self, ReadError> {
        let size = if pointer_size == 4 { 20 + 4 * MAXIMUM_PARAMETERS } else { 32 + 8 * MAXIMUM_PARAMETERS };
        let bytes = memory.bytes(address, size)?;
        let truncated = |truncated: Truncated| ReadError {
            address: address.offset(truncated.offset as u64).0,
            read: truncated.offset,
            failure: memory::ReadFailure::EndOfFile(truncated.offset as u64),
        };
        Self::decode(&bytes, pointer_size).map_err(truncated)
    }

    /// Decodes `EXCEPTION_RECORD32` or `EXCEPTION_RECORD64`.
    ///
    /// # Errors
    /// When there are too few bytes.
    pub fn decode(bytes: &[u8], pointer_size: usize) -> Result<Self, Truncated> {
        let mut cursor = Cursor::new(bytes);
        let pointer = |cursor: &mut Cursor<'_>| match pointer_size {
            4 => cursor.u32().map(u64::from),
            _ => cursor.u64(),
        };
        let code = cursor.u32()?;
        let flags = cursor.u32()?;
        let nested = VirtualAddress(pointer(&mut cursor)?);
        let address = VirtualAddress(pointer(&mut cursor)?);
        let count = cursor.u32()?;
        if pointer_size == 8 {
            cursor.skip(4)?;
        }
        let count = (count as usize).min(MAXIMUM_PARAMETERS);
        let parameters = (0..count).map(|_| pointer(&mut cursor)).collect::<Result<_, _>>()?;
        Ok(Self { code, flags, nested, address, parameters })
    }

    /// Name of the code, such as `STATUS_ACCESS_VIOLATION`.
    pub fn name(&self) -> Option<&'static str> {
        names::ntstatus(self.code)
    }

    /// For access violations and in-page errors: what was attempted, and at which address.
    pub fn attempted_access(&self) -> Option<(&'static str, VirtualAddress)> {
        let (STATUS_ACCESS_VIOLATION | STATUS_IN_PAGE_ERROR, [kind, address, ..]) = (self.code, &*self.parameters)
        else {
            return None;
        };
        let attempt = match kind {
            0 => "read from",
            1 => "write to",
            8 => "execute",
            _ => return None,
        };
        Some((attempt, VirtualAddress(*address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_violation_says_what_was_attempted() {
        let words: [u64; 6] = [0xc000_0005, 0, 0xffff_f804_8b58_334c, 2, 1, 0x18];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let record = ExceptionRecord::decode(&bytes, 8).unwrap();
        assert_eq!(record.name(), Some("STATUS_ACCESS_VIOLATION"));
        assert_eq!(record.address, VirtualAddress(0xffff_f804_8b58_334c));
        assert_eq!(record.attempted_access(), Some(("write to", VirtualAddress(0x18))));
    }

    #[test]
    fn a_wild_parameter_count_is_bounded() {
        let mut bytes = vec![0xff; 32 + 8 * MAXIMUM_PARAMETERS];
        assert_eq!(ExceptionRecord::decode(&bytes, 8).unwrap().parameters.len(), MAXIMUM_PARAMETERS);
        bytes.truncate(40);
        assert!(ExceptionRecord::decode(&bytes, 8).is_err());
    }
}
