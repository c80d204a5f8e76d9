//! What an image and a symbol file are known by: the values that a debugger compares before it uses a file.

use std::fmt;

/// A GUID in the layout that Windows stores (`Data1`, `Data2`, `Data3` little-endian, then eight bytes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Guid {
    /// First 32 bits.
    pub data1: u32,
    /// Next 16 bits.
    pub data2: u16,
    /// Next 16 bits.
    pub data3: u16,
    /// The last eight bytes, in order.
    pub data4: [u8; 8],
}

impl Guid {
    /// From the 16 bytes of a `GUID` as it lies in memory or in a file.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let [a, b, c, d, e, f, g, h, data4 @ ..] = bytes;
        Self {
            data1: u32::from_le_bytes([a, b, c, d]),
            data2: u16::from_le_bytes([e, f]),
            data3: u16::from_le_bytes([g, h]),
            data4,
        }
    }
}

/// 8-4-4-4-12 upper-case hexadecimal digits, without braces.
impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, node @ ..] = self.data4;
        write!(f, "{:08X}-{:04X}-{:04X}-{a:02X}{b:02X}-", self.data1, self.data2, self.data3)?;
        node.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// What a symbol file is known by: an image's debug record (`RSDS`) and the PDB itself both hold it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PdbIdentity {
    /// File name of the PDB, as the side that it was read from has it (an image may hold a whole path).
    pub name: String,
    /// Made anew whenever the PDB is made from nothing.
    pub guid: Guid,
    /// Counts the links that wrote to the same PDB. In a PDB it is the DBI stream's age that counts.
    pub age: u32,
}

impl PdbIdentity {
    /// The folder name in a symbol store: GUID without dashes, then the age, in upper-case hexadecimal.
    pub fn store_key(&self) -> String {
        let Guid { data1, data2, data3, data4 } = self.guid;
        format!("{data1:08X}{data2:04X}{data3:04X}{:016X}{:X}", u64::from_be_bytes(data4), self.age)
    }

    /// Whether both name the same build. Names don't count: PDBs get renamed.
    pub fn matches(&self, other: &Self) -> bool {
        (self.guid, self.age) == (other.guid, other.age)
    }
}

/// What an image is known by: its PE header and the loader's entry for it both hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImageIdentity {
    /// `IMAGE_FILE_HEADER.TimeDateStamp` (for reproducible builds a hash, not a time).
    pub time_date_stamp: u32,
    /// `IMAGE_OPTIONAL_HEADER.SizeOfImage`, in bytes.
    pub size_of_image: u32,
    /// `IMAGE_OPTIONAL_HEADER.CheckSum`; zero where the linker didn't compute one.
    pub check_sum: u32,
}

impl ImageIdentity {
    /// The folder name in a symbol store: the time stamp as eight upper-case digits, the size in lower case without
    /// leading zeroes, as `symstore` writes it. Other tools differ in case and padding: compare without either.
    pub fn store_key(&self) -> String {
        format!("{:08X}{:x}", self.time_date_stamp, self.size_of_image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 16] =
        [0xf8, 0xaf, 0x78, 0x52, 0x6c, 0x34, 0x77, 0x16, 0xd7, 0xd7, 0x83, 0x5c, 0x85, 0xb7, 0xb8, 0x44];

    #[test]
    fn a_guid_is_shown_in_groups() {
        assert_eq!(Guid::from_bytes(BYTES).to_string(), "5278AFF8-346C-1677-D7D7-835C85B7B844");
    }

    #[test]
    fn store_keys_are_spelled_as_symstore_does() {
        let pdb = PdbIdentity { name: "a.pdb".into(), guid: Guid::from_bytes(BYTES), age: 0x1a };
        assert_eq!(pdb.store_key(), "5278AFF8346C1677D7D7835C85B7B8441A");
        let image = ImageIdentity { time_date_stamp: 0xd83_33e6, size_of_image: 0x104_6000, check_sum: 0 };
        assert_eq!(image.store_key(), "0D8333E61046000");
    }
}
