//! The parts of a symbol file, each read when it is first needed.

use super::frame_data::Frames;
use super::problems::Problems;
use super::source::{KnownFiles, SourceFiles};
use super::streams::container::Container;
use super::streams::dbi::{Contribution, Dbi, DbiHeader, DebugStream};
use super::streams::info::Info;
use super::streams::names::Names;
use super::streams::sections::Sections;
use super::symbol_records::compiland::Compiland;
use super::symbol_records::globals::Globals;
use super::symbol_records::subsections::Subsections;
use super::type_records::items::Items;
use super::type_records::type_table::PdbTypes;
use super::{Stream, SymbolFileError};
use std::sync::{Arc, Mutex, OnceLock};

/// A symbol file's parts.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) container: Container,
    pub(super) info: Info,
    pub(super) header: Option<DbiHeader>,
    pub(super) problems: Problems,
    dbi: OnceLock<Dbi>,
    sections: OnceLock<Sections>,
    contributions: OnceLock<Vec<(u32, Contribution)>>,
    names: OnceLock<Names>,
    globals: OnceLock<Option<Globals>>,
    types: OnceLock<Option<Arc<PdbTypes>>>,
    items: OnceLock<Option<Items>>,
    compilands: OnceLock<Vec<OnceLock<Option<Compiland>>>>,
    frames: OnceLock<Frames>,
    source_files: Mutex<KnownFiles>,
}

impl Parts {
    /// Reads what identifies the file.
    pub(super) fn open(container: Container) -> Result<Self, SymbolFileError> {
        let info = Info::read(&container)?;
        let header = DbiHeader::read(&container)?;
        Ok(Self {
            container,
            info,
            header,
            problems: Problems::default(),
            dbi: OnceLock::new(),
            sections: OnceLock::new(),
            contributions: OnceLock::new(),
            names: OnceLock::new(),
            globals: OnceLock::new(),
            types: OnceLock::new(),
            items: OnceLock::new(),
            compilands: OnceLock::new(),
            frames: OnceLock::new(),
            source_files: Mutex::default(),
        })
    }

    fn note(&self, problem: SymbolFileError) {
        self.problems.note(problem);
    }

    /// Compilands and contributions.
    pub(super) fn dbi(&self) -> &Dbi {
        self.dbi.get_or_init(|| {
            let header = self.header.as_ref();
            header.map(|header| Dbi::read(&self.container, header, |problem| self.note(problem))).unwrap_or_default()
        })
    }

    /// The image's sections.
    pub(super) fn sections(&self) -> &Sections {
        self.sections.get_or_init(|| self.problems.good(self.read_sections()).unwrap_or_default())
    }

    fn read_sections(&self) -> Result<Sections, SymbolFileError> {
        let stream = |role, stream| self.dbi().debug_stream(stream).map(|number| Stream { role, number });
        let truncated = |stream| move |truncated| SymbolFileError::Truncated { stream, what: "entries", truncated };
        let original = stream("original section headers", DebugStream::OriginalSectionHeaders);
        let Some(headers) = original.or_else(|| stream("section headers", DebugStream::SectionHeaders)) else {
            return Ok(Sections::default());
        };
        let sections = Sections::parse(&self.container.read(headers)?).map_err(truncated(headers))?;
        match stream("OMAP", DebugStream::OmapFromSource) {
            Some(omap) if original.is_some() => {
                sections.with_moved_blocks(&self.container.read(omap)?).map_err(truncated(omap))
            }
            _ => Ok(sections),
        }
    }

    /// The strings that lines refer to.
    pub(super) fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let Some(number) = self.info.stream("/names") else { return Names::default() };
            let stream = Stream { role: "/names", number };
            let names = self.container.read(stream).and_then(|bytes| Names::parse(stream, bytes));
            self.problems.good(names).unwrap_or_default()
        })
    }

    /// The global symbols.
    pub(super) fn globals(&self) -> Option<&Globals> {
        let globals = self.globals.get_or_init(|| {
            let header = self.header.as_ref()?;
            let note = |problem| self.note(problem);
            self.problems.good(Globals::read(&self.container, header, self.sections(), note))
        });
        globals.as_ref()
    }

    /// The types.
    pub(super) fn types(&self) -> Option<&Arc<PdbTypes>> {
        let types = self.types.get_or_init(|| {
            let types = PdbTypes::read(&self.container, |problem| self.note(problem));
            self.problems.good(types).map(Arc::new)
        });
        types.as_ref()
    }

    /// The functions that are known by item ids.
    pub(super) fn items(&self) -> Option<&Items> {
        let items = self.items.get_or_init(|| {
            let items = Items::read(&self.container, |problem| self.note(problem));
            self.problems.good(items)
        });
        items.as_ref()
    }

    /// How many compilands there are whose symbols can be used: none where blocks were moved after linking, because
    /// their records say where code was before.
    pub(super) fn compiland_count(&self) -> usize {
        if self.sections().are_moved() { 0 } else { self.dbi().compilands.len() }
    }

    /// A compiland, if it has symbols.
    pub(super) fn compiland(&self, index: usize) -> Option<&Compiland> {
        let compilands = self.compilands.get_or_init(|| {
            let mut compilands = Vec::new();
            compilands.resize_with(self.compiland_count(), OnceLock::new);
            compilands
        });
        let compiland = compilands.get(index)?.get_or_init(|| {
            let info = self.dbi().compilands.get(index)?;
            let compiland = Compiland::read(&self.container, info, self.sections(), |problem| self.note(problem));
            self.problems.good(compiland)?
        });
        compiland.as_ref()
    }

    /// All compilands with symbols, with their indices.
    pub(super) fn compilands(&self) -> impl Iterator<Item = (usize, &Compiland)> {
        (0..self.compiland_count()).filter_map(|index| Some((index, self.compiland(index)?)))
    }

    /// The layouts of x86 frames.
    pub(super) fn frames(&self) -> &Frames {
        self.frames.get_or_init(|| self.read_frames())
    }

    /// What follows a compiland's symbols.
    pub(super) fn subsections<'a>(&'a self, compiland: &'a Compiland) -> &'a Subsections {
        let sources = SourceFiles { names: self.names(), known: &self.source_files };
        compiland.subsections(&self.container, self.sections(), &sources, |problem| self.note(problem))
    }

    /// The compiland that the code or data at an RVA came from.
    pub(super) fn compiland_at(&self, rva: u32) -> Option<(usize, &Compiland)> {
        let contributions = self.contributions.get_or_init(|| {
            let located = self.dbi().contributions.iter().filter_map(|contribution| {
                Some((self.sections().rva(contribution.segment, contribution.offset)?, *contribution))
            });
            let mut contributions: Vec<_> = located.collect();
            contributions.sort_by_key(|&(start, _)| start);
            contributions
        });
        let before = contributions.partition_point(|&(start, _)| start <= rva).checked_sub(1)?;
        let &(start, contribution) = contributions.get(before)?;
        let index = usize::from(contribution.compiland);
        Some((index, self.compiland(index)?)).filter(|_| rva - start < contribution.size)
    }
}
