//! The DBI stream (3): the image's machine, the compilands, and which of them each piece of the image came from.

use super::container::Container;
use crate::pdb::symbol_records::codeview;
use crate::pdb::{Stream, SymbolFileError};
use memory::{Cursor, Truncated};
use std::collections::BTreeSet;

const STREAM: Stream = Stream { role: "DBI", number: 3 };
const HEADER_SIZE: usize = 64;
/// "No such stream" in 16 bits.
const NO_STREAM: u16 = 0xffff;
/// `DBIImpvV60`: from here on the header is what it is now.
const VERSION_60: u32 = 19970606;

/// The DBI stream's header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DbiHeader {
    /// The age that the image's debug record names.
    pub(crate) age: u32,
    /// Hash table of the global symbols.
    pub(crate) globals: Option<u32>,
    /// Hash table of the public symbols.
    pub(crate) publics: Option<u32>,
    /// The records of both.
    pub(crate) symbol_records: Option<u32>,
    /// `IMAGE_FILE_MACHINE_*`, 0 if not said.
    pub(crate) machine: u16,
    /// Private information was removed (`fStripped`).
    pub(crate) stripped: bool,
    sizes: Sizes,
}

/// Sizes in bytes of the parts behind the header, in their order.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    compilands: u32,
    contributions: u32,
    section_map: u32,
    source_files: u32,
    type_servers: u32,
    edit_and_continue: u32,
    debug_streams: u32,
}

/// Streams whose numbers the optional debug header lists, by their places in it (`DBGTYPE`).
#[derive(Clone, Copy, Debug)]
pub(crate) enum DebugStream {
    /// `dbgtypeFPO`: frames of x86 functions, old form.
    Fpo = 0,
    /// `dbgtypeOmapFromSrc`
    OmapFromSource = 4,
    /// `dbgtypeSectionHdr`
    SectionHeaders = 5,
    /// `dbgtypeNewFPO`: frames of x86 functions.
    FrameData = 9,
    /// `dbgtypeSectionHdrOrig`: from before a tool moved the image's blocks.
    OriginalSectionHeaders = 10,
}

/// A compiland: what came from one object file.
#[derive(Clone, Debug)]
pub(crate) struct CompilandInfo {
    /// Name of the object file; of an import library's member that of the image.
    pub(crate) name: String,
    /// The stream with its symbols and lines.
    pub(crate) stream: Option<u32>,
    /// Bytes of its symbols in that stream; they come first.
    pub(crate) symbols_size: u32,
    /// Bytes of line numbers in the old form, behind the symbols.
    pub(crate) old_lines_size: u32,
    /// Bytes of line numbers and more (`C13`), behind them.
    pub(crate) lines_size: u32,
}

/// A piece of the image that came from one compiland.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contribution {
    /// Section number, from 1.
    pub(crate) segment: u16,
    /// Bytes from the section's start.
    pub(crate) offset: u32,
    /// Bytes.
    pub(crate) size: u32,
    /// Index of the compiland.
    pub(crate) compiland: u16,
}

/// What follows the header.
#[derive(Debug, Default)]
pub(crate) struct Dbi {
    /// The compilands; others name them by their index.
    pub(crate) compilands: Vec<CompilandInfo>,
    /// In the file's order.
    pub(crate) contributions: Vec<Contribution>,
    /// The source files of each compiland, by the offsets of their names.
    source_files: Vec<Vec<u32>>,
    source_names: Vec<u8>,
    debug_streams: Vec<u16>,
}

impl DbiHeader {
    /// Reads the header. A PDB that only holds types has an empty DBI stream: `None`.
    pub(crate) fn read(container: &Container) -> Result<Option<Self>, SymbolFileError> {
        if container.stream_length(STREAM.number) == 0 {
            return Ok(None);
        }
        let bytes = container.read_part(STREAM, 0, HEADER_SIZE)?;
        let (version, header) = parse_header(&bytes).map_err(|truncated| SymbolFileError::Truncated {
            stream: STREAM,
            what: "header",
            truncated,
        })?;
        if version < VERSION_60 {
            let value = version.into();
            return Err(SymbolFileError::Malformed { stream: STREAM, what: "version", offset: 4, value });
        }
        Ok(Some(header))
    }
}

fn parse_header(bytes: &[u8]) -> Result<(u32, DbiHeader), Truncated> {
    let stream = |number: u16| (number != NO_STREAM).then_some(u32::from(number));
    let mut cursor = Cursor::new(bytes);
    let _signature = cursor.u32()?;
    let version = cursor.u32()?;
    let age = cursor.u32()?;
    let globals = stream(cursor.u16()?);
    let _build_number = cursor.u16()?;
    let publics = stream(cursor.u16()?);
    let _dll_version = cursor.u16()?;
    let symbol_records = stream(cursor.u16()?);
    let _dll_build = cursor.u16()?;
    let [compilands, contributions, section_map, source_files] =
        [cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?];
    let type_servers = cursor.u32()?;
    let _mfc_type_server = cursor.u32()?;
    let [debug_streams, edit_and_continue] = [cursor.u32()?, cursor.u32()?];
    let stripped = cursor.u16()? & 2 != 0;
    let machine = cursor.u16()?;
    let _reserved = cursor.u32()?;
    let sizes =
        Sizes { compilands, contributions, section_map, source_files, type_servers, edit_and_continue, debug_streams };
    Ok((version, DbiHeader { age, globals, publics, symbol_records, machine, stripped, sizes }))
}

impl Dbi {
    /// Reads what follows the header. Of a damaged part what comes before the damage is kept, and the error noted.
    pub(crate) fn read(container: &Container, header: &DbiHeader, note: impl Fn(SymbolFileError)) -> Self {
        let bytes = match container.read(STREAM) {
            Ok(bytes) => bytes,
            Err(error) => {
                note(error);
                return Self::default();
            }
        };
        let damaged = |what| {
            let note = &note;
            move |truncated| note(SymbolFileError::Truncated { stream: STREAM, what, truncated })
        };
        let mut dbi = Self::default();
        let mut cursor = Cursor::at(&bytes, HEADER_SIZE);
        let Sizes { compilands, contributions, section_map, source_files, .. } = header.sizes;
        // Each part is read to its own end, so that damage within it stays there.
        let mut part = |size: u32| {
            let start = cursor.offset();
            cursor.skip(size as usize).map(|()| Cursor::at(bytes.get(..cursor.offset()).unwrap_or_default(), start))
        };
        let parts: Result<(), Truncated> = (|| {
            let result = dbi.read_compilands(part(compilands)?);
            result.unwrap_or_else(damaged("list of compilands"));
            dbi.forget_shared_streams(&note);
            let result = dbi.read_contributions(part(contributions)?);
            result.unwrap_or_else(damaged("list of contributions"));
            part(section_map)?;
            let result = dbi.read_source_files(part(source_files)?);
            result.unwrap_or_else(damaged("list of source files"));
            part(header.sizes.type_servers)?;
            part(header.sizes.edit_and_continue)?;
            let mut streams = part(header.sizes.debug_streams)?;
            while streams.remaining() >= 2 {
                dbi.debug_streams.push(streams.u16()?);
            }
            Ok(())
        })();
        parts.unwrap_or_else(damaged("parts"));
        dbi
    }

    /// The number of an optional stream.
    pub(crate) fn debug_stream(&self, stream: DebugStream) -> Option<u32> {
        self.debug_streams.get(stream as usize).filter(|&&number| number != NO_STREAM).map(|&number| u32::from(number))
    }

    /// Whether code of a compiland may come from a source file. One that the list of source files leaves out may have
    /// any.
    pub(crate) fn may_come_from(&self, compiland: usize, file: &str) -> bool {
        let is_named = |&offset: &u32| {
            let name = codeview::name(&mut Cursor::at(&self.source_names, offset as usize));
            name.is_ok_and(|name| name == file.as_bytes())
        };
        self.source_files.get(compiland).is_none_or(|files| files.iter().any(is_named))
    }

    /// `MODI`: 64 bytes, then two names, padded to a multiple of four.
    fn read_compilands(&mut self, mut cursor: Cursor<'_>) -> Result<(), Truncated> {
        while cursor.remaining() > 0 {
            cursor.skip(34)?;
            let stream = cursor.u16()?;
            let [symbols_size, old_lines_size, lines_size] = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
            cursor.skip(16)?;
            let name = codeview::text(codeview::name(&mut cursor)?);
            let _library = codeview::name(&mut cursor)?;
            codeview::align(&mut cursor)?;
            let stream = (stream != NO_STREAM).then_some(u32::from(stream));
            self.compilands.push(CompilandInfo { name, stream, symbols_size, old_lines_size, lines_size });
        }
        Ok(())
    }

    /// Each compiland has a stream of its own. Of those that share one the first keeps it.
    fn forget_shared_streams(&mut self, note: impl Fn(SymbolFileError)) {
        let mut taken = BTreeSet::new();
        for (index, compiland) in self.compilands.iter_mut().enumerate() {
            let Some(number) = compiland.stream else { continue };
            if !taken.insert(number) {
                compiland.stream = None;
                let what = "stream of a compiland, which is another's,";
                note(SymbolFileError::Malformed { stream: STREAM, what, offset: index, value: number.into() });
            }
        }
    }

    /// A version, then entries of 28 bytes (`SC`), or of 32 (`SC2`).
    fn read_contributions(&mut self, mut cursor: Cursor<'_>) -> Result<(), Truncated> {
        const VERSION_2: u32 = 0xeffe_0000 + 20140516;
        if cursor.remaining() == 0 {
            return Ok(());
        }
        let extra = if cursor.u32()? == VERSION_2 { 4 } else { 0 };
        while cursor.remaining() > 0 {
            let segment = cursor.u16()?;
            cursor.skip(2)?;
            let [offset, size, _characteristics] = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
            let compiland = cursor.u16()?;
            cursor.skip(10 + extra)?;
            self.contributions.push(Contribution { segment, offset, size, compiland });
        }
        Ok(())
    }

    /// Number of compilands and of names (16 bits, too few for the latter), for each compiland an index that isn't
    /// needed and the number of its files, the offsets of all their names, then the names.
    fn read_source_files(&mut self, mut cursor: Cursor<'_>) -> Result<(), Truncated> {
        if cursor.remaining() == 0 {
            return Ok(());
        }
        let compilands = usize::from(cursor.u16()?);
        cursor.skip(2 + compilands * 2)?;
        let mut counts = Vec::with_capacity(compilands);
        for _ in 0..compilands {
            counts.push(cursor.u16()?);
        }
        let names_at: usize = counts.iter().map(|&count| usize::from(count) * 4).sum();
        let mut names = cursor.clone();
        names.skip(names_at)?;
        self.source_names = names.clone().take(names.remaining())?.to_vec();
        for count in counts {
            let mut files = Vec::with_capacity(usize::from(count));
            for _ in 0..count {
                files.push(cursor.u32()?);
            }
            self.source_files.push(files);
        }
        Ok(())
    }
}
