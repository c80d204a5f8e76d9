//! The export directory (MS-documented `IMAGE_EXPORT_DIRECTORY`): names, ordinals, forwarders.

use super::read_image::{array, bytes, c_string};
use super::{Directory, PeError, PeHeaders, ReadImage};
use memory::{Cursor, Truncated};
use std::collections::BTreeSet;
use std::ops::Range;

/// Ordinals have 16 bits, so there are no more functions, nor (aliases aside) names.
const MOST_EXPORTS: u32 = 0x1_0000;
/// Decorated C++ names reach a few thousand characters.
const LONGEST_NAME: u32 = 0x1000;
/// All names together. They may overlap in a file that was made to hurt, so the file's size doesn't bound their sum.
const LONGEST_NAMES: u32 = 0x100_0000;

/// What an image exports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    /// The exported functions and data, by ordinal; one that has several names is there with each.
    pub exports: Vec<Export>,
    /// Why some are missing: for instance a name on a page that isn't there.
    pub incomplete: Option<PeError>,
}

/// One export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its ordinal, the directory's `Base` included.
    pub ordinal: u32,
    /// Where it leads.
    pub target: ExportTarget,
}

/// Where an export leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportTarget {
    /// To code or data of the image.
    Rva(u32),
    /// To another image's export: `NTOSKRNL.KeBugCheckEx`, or `NAME.#12`.
    Forwarder(String),
}

impl Exports {
    /// Reads the exports of `image`; none when it has no export directory.
    ///
    /// # Errors
    /// [`PeError`] where the directory itself or one of its tables can't be read or is impossible. What is wrong with
    /// single exports is in [`Exports::incomplete`].
    pub fn read(image: &dyn ReadImage, headers: &PeHeaders) -> Result<Self, PeError> {
        let Some(directory) = headers.directory(Directory::Export) else { return Ok(Self::default()) };
        let what = "export directory";
        let table = array::<40>(image, directory.rva, what)?;
        let tables = Tables::decode(&table);
        let tables = tables.map_err(|_| PeError::OutOfRange { what, rva: directory.rva, size: directory.size })?;
        for (what, count) in [("export address table", tables.functions), ("export name table", tables.names)] {
            if count > MOST_EXPORTS {
                return Err(PeError::TooMany { what, rva: directory.rva, count, limit: MOST_EXPORTS });
            }
        }
        let addresses = bytes(image, tables.addresses_rva, tables.functions * 4, "export address table")?;
        let addresses = addresses.chunks_exact(4).filter_map(|entry| Cursor::new(entry).u32().ok()).collect();
        let names = bytes(image, tables.names_rva, tables.names * 4, "export name table")?;
        let ordinals = bytes(image, tables.ordinals_rva, tables.names * 2, "export ordinal table")?;

        let mut reader = Reader { image, directory: directory.range(), addresses, left: LONGEST_NAMES, failure: None };
        let mut exports = Vec::new();
        let mut named: BTreeSet<u32> = BTreeSet::new();
        for (name, index) in names.chunks_exact(4).zip(ordinals.chunks_exact(2)) {
            let (Ok(name), Ok(index)) = (Cursor::new(name).u32(), Cursor::new(index).u16()) else { break };
            if let Some(name) = reader.text(name, "export name") {
                named.insert(index.into());
                exports.extend(reader.export(Some(name), index.into(), tables.base));
            }
        }
        for index in (0..tables.functions).filter(|index| !named.contains(index)) {
            exports.extend(reader.export(None, index, tables.base));
        }
        exports.sort_by(|a, b| (a.ordinal, &a.name).cmp(&(b.ordinal, &b.name)));
        Ok(Self { exports, incomplete: reader.failure })
    }
}

/// Reads single exports, within a bound for all of them.
struct Reader<'a> {
    image: &'a dyn ReadImage,
    directory: Range<u32>,
    addresses: Vec<u32>,
    left: u32,
    failure: Option<PeError>,
}

impl Reader<'_> {
    /// `None` where there is nothing at that index, or its forwarder can't be read.
    fn export(&mut self, name: Option<String>, index: u32, base: u32) -> Option<Export> {
        let address = *self.addresses.get(index as usize).filter(|address| **address != 0)?;
        // An address within the directory itself is that of a forwarder's text.
        let target = if self.directory.contains(&address) {
            ExportTarget::Forwarder(self.text(address, "export forwarder")?)
        } else {
            ExportTarget::Rva(address)
        };
        Some(Export { name, ordinal: base.wrapping_add(index), target })
    }

    fn text(&mut self, rva: u32, what: &'static str) -> Option<String> {
        let limit = LONGEST_NAME.min(self.left);
        let result = c_string(self.image, rva, limit, what);
        let cost = result.as_ref().map_or(limit, |text| u32::try_from(text.len()).unwrap_or(limit));
        self.left = self.left.saturating_sub(cost.saturating_add(1));
        result.map_err(|error| self.failure.get_or_insert(error).clone()).ok()
    }
}

/// `IMAGE_EXPORT_DIRECTORY`.
struct Tables {
    base: u32,
    functions: u32,
    names: u32,
    addresses_rva: u32,
    names_rva: u32,
    ordinals_rva: u32,
}

impl Tables {
    fn decode(directory: &[u8]) -> Result<Self, Truncated> {
        let mut fields = Cursor::at(directory, 16);
        Ok(Self {
            base: fields.u32()?,
            functions: fields.u32()?,
            names: fields.u32()?,
            addresses_rva: fields.u32()?,
            names_rva: fields.u32()?,
            ordinals_rva: fields.u32()?,
        })
    }
}
