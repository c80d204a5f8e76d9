//! The global symbols: public ones, global and file-static variables, typedefs, constants, and references to functions
//! whose own records are in their compilands' streams.

use super::codeview::{self, Record, Records};
use super::name_index::NameIndex;
use super::undecorate::{key_of_decorated, key_of_plain};
use crate::pdb::streams::container::Container;
use crate::pdb::streams::dbi::DbiHeader;
use crate::pdb::streams::sections::Sections;
use crate::pdb::{Stream, SymbolFileError};
use memory::{Cursor, Truncated};
use ms_pdb::syms::SymKind;
use std::sync::OnceLock;

/// The records, and where they are by name and by address. Places are offsets in the stream.
#[derive(Debug, Default)]
pub(crate) struct Globals {
    bytes: Box<[u8]>,
    /// Public symbols also by the words that their undecorated names are found by.
    names: OnceLock<NameIndex>,
    /// RVA and place, sorted.
    addresses: Vec<(u32, u32)>,
    /// All places, sorted.
    places: Vec<u32>,
}

/// A global symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Global<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) kind: GlobalKind,
}

/// What a global symbol is. Types are indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GlobalKind {
    Public {
        rva: Option<u32>,
        function: bool,
    },
    Data {
        rva: Option<u32>,
        ty: u32,
    },
    ThreadLocal {
        rva: Option<u32>,
        ty: u32,
    },
    /// A place in code; only compilands have them.
    Label {
        rva: Option<u32>,
    },
    /// A function: its compiland's index, and its place in the compiland's stream.
    Function {
        compiland: usize,
        place: u32,
    },
    Typedef {
        ty: u32,
    },
    Constant {
        ty: u32,
        value: i128,
    },
}

impl GlobalKind {
    /// Its address, if it is in the image, and said here.
    pub(crate) fn rva(self) -> Option<u32> {
        match self {
            Self::Public { rva, .. } | Self::Data { rva, .. } | Self::ThreadLocal { rva, .. } | Self::Label { rva } => {
                rva
            }
            Self::Function { .. } | Self::Typedef { .. } | Self::Constant { .. } => None,
        }
    }
}

impl<'a> Global<'a> {
    /// Reads a record; `None` for kinds that name nothing that can be looked up.
    pub(crate) fn parse(record: &Record<'a>, sections: &Sections) -> Result<Option<Self>, Truncated> {
        let mut fields = record.fields();
        let kind = match SymKind(record.kind) {
            SymKind::S_PUB32 => {
                let function = fields.u32()? & 2 != 0;
                GlobalKind::Public { function, rva: sections.read_rva(&mut fields)? }
            }
            SymKind::S_GDATA32 | SymKind::S_LDATA32 => {
                GlobalKind::Data { ty: fields.u32()?, rva: sections.read_rva(&mut fields)? }
            }
            SymKind::S_GTHREAD32 | SymKind::S_LTHREAD32 => {
                GlobalKind::ThreadLocal { ty: fields.u32()?, rva: sections.read_rva(&mut fields)? }
            }
            SymKind::S_LABEL32 => {
                let rva = sections.read_rva(&mut fields)?;
                let _flags = fields.u8()?;
                GlobalKind::Label { rva }
            }
            SymKind::S_PROCREF | SymKind::S_LPROCREF => {
                let _checksum = fields.u32()?;
                let place = fields.u32()?;
                let Some(compiland) = usize::from(fields.u16()?).checked_sub(1) else { return Ok(None) };
                GlobalKind::Function { compiland, place }
            }
            SymKind::S_UDT => GlobalKind::Typedef { ty: fields.u32()? },
            SymKind::S_CONSTANT => {
                let ty = fields.u32()?;
                let Some(value) = codeview::number(&mut fields)? else { return Ok(None) };
                GlobalKind::Constant { ty, value }
            }
            _ => return Ok(None),
        };
        Ok(Some(Self { name: codeview::name(&mut fields)?, kind }))
    }
}

impl Globals {
    /// Reads the records and builds the indexes. What is damaged is noted and left out.
    pub(crate) fn read(
        container: &Container,
        header: &DbiHeader,
        sections: &Sections,
        note: impl Fn(SymbolFileError),
    ) -> Result<Self, SymbolFileError> {
        let Some(number) = header.symbol_records else { return Ok(Self::default()) };
        let stream = Stream { role: "symbol record", number };
        let bytes = container.read(stream)?;
        let mut places = Vec::new();
        for (role, number) in [("global symbol hash", header.globals), ("public symbol hash", header.publics)] {
            let Some(number) = number else { continue };
            let hash = Stream { role, number };
            let found = container.read(hash).and_then(|bytes| {
                let start = if role == "public symbol hash" { PUBLICS_HEADER_SIZE } else { 0 };
                live_places(&bytes, start).map_err(|truncated| SymbolFileError::Truncated {
                    stream: hash,
                    what: "records",
                    truncated,
                })
            });
            match found {
                Ok(found) => places.extend(found),
                Err(error) => note(error),
            }
        }
        if places.is_empty() {
            // No usable tables: then every record counts.
            places.extend(Records::new(&bytes, 0).flatten().filter_map(|record| u32::try_from(record.offset).ok()));
        }
        places.sort_unstable();
        places.dedup();

        let mut addresses = Vec::new();
        places.retain(|&place| {
            let offset = place as usize;
            match Record::at(&bytes, offset).and_then(|record| Global::parse(&record, sections)) {
                Ok(Some(global)) => {
                    addresses.extend(global.kind.rva().map(|rva| (rva, place)));
                    true
                }
                Ok(None) => false,
                Err(truncated) => {
                    let value = truncated.wanted as u64;
                    note(SymbolFileError::Malformed { stream, what: "length of a symbol record", offset, value });
                    false
                }
            }
        });
        addresses.sort_unstable();
        Ok(Self { bytes, names: OnceLock::new(), addresses, places })
    }

    /// The symbol at a place.
    pub(crate) fn at(&self, place: u32, sections: &Sections) -> Option<Global<'_>> {
        Global::parse(&Record::at(&self.bytes, place as usize).ok()?, sections).ok()?
    }

    /// The symbols that may have this name, as it is or undecorated.
    pub(crate) fn named<'a>(
        &'a self,
        name: &str,
        sections: &'a Sections,
        machine: Option<u16>,
    ) -> impl Iterator<Item = Global<'a>> {
        let index = self.names.get_or_init(|| self.index_names(sections, machine));
        let mut places: Vec<u32> = index.candidates(name.as_bytes()).collect();
        let key = key_of_plain(name);
        if key != name {
            places.extend(index.candidates(key.as_bytes()));
        }
        places.into_iter().filter_map(|place| self.at(place, sections))
    }

    fn index_names(&self, sections: &Sections, machine: Option<u16>) -> NameIndex {
        let mut names = Vec::with_capacity(self.places.len());
        for &place in &self.places {
            let Some(global) = self.at(place, sections) else { continue };
            names.push(NameIndex::entry(global.name, place));
            if let GlobalKind::Public { .. } = global.kind {
                names.extend(key_of_decorated(global.name, machine).map(|key| NameIndex::entry(key, place)));
            }
        }
        NameIndex::new(names)
    }

    /// All symbols in the file's order.
    pub(crate) fn all<'a>(&'a self, sections: &'a Sections) -> impl Iterator<Item = Global<'a>> {
        self.places.iter().filter_map(|&place| self.at(place, sections))
    }

    /// The symbols at the highest address that isn't above `rva`, which is returned too.
    pub(crate) fn at_or_below<'a>(
        &'a self,
        rva: u32,
        sections: &'a Sections,
    ) -> Option<(u32, impl Iterator<Item = Global<'a>>)> {
        let end = self.addresses.partition_point(|&(address, _)| address <= rva);
        let below = self.addresses.get(..end)?;
        let &(nearest, _) = below.last()?;
        let start = below.partition_point(|&(address, _)| address < nearest);
        let same = below.get(start..)?.iter();
        Some((nearest, same.filter_map(|&(_, place)| self.at(place, sections))))
    }
}

/// Bytes of `PSGSIHDR` in front of the hash table of public symbols.
const PUBLICS_HEADER_SIZE: usize = 28;

/// The places that a hash table (`GSIHashHdr`) lists. Records that it doesn't list are left over from earlier links.
fn live_places(bytes: &[u8], start: usize) -> Result<Vec<u32>, Truncated> {
    let mut cursor = Cursor::at(bytes, start);
    let [_signature, _version, size, _buckets] = [cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?];
    let records = cursor.take(size as usize)?;
    // Each entry: the place plus one, then a count of references.
    Ok(records
        .chunks_exact(8)
        .filter_map(|entry| u32::from_le_bytes(entry.first_chunk().copied()?).checked_sub(1))
        .collect())
}
