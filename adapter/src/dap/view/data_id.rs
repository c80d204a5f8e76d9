//! The name of some data between `dataBreakpointInfo` and `setDataBreakpoints`: where it is, and how much of it.

use memory::VirtualAddress;
use std::fmt;
use std::str::FromStr;

/// `0xfffff80310012340/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataId {
    /// Its first byte.
    pub address: VirtualAddress,
    /// Bytes.
    pub size: u8,
}

impl fmt::Display for DataId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}/{}", self.address.0, self.size)
    }
}

impl FromStr for DataId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, size) = text.split_once('/').ok_or(())?;
        let digits = address.strip_prefix("0x").ok_or(())?;
        let address = VirtualAddress(u64::from_str_radix(digits, 16).map_err(|_| ())?);
        Ok(Self { address, size: size.parse().map_err(|_| ())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written() {
        let id = DataId { address: VirtualAddress(0xffff_f803_1001_2340), size: 8 };
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "0x10", "10/4", "0x10/", "0x10/999"] {
            assert_eq!(text.parse::<DataId>(), Err(()), "{text}");
        }
    }
}
