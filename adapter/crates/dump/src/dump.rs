//! An opened dump.

use crate::error::{Defect, DumpError};
use crate::exception::ExceptionRecord;
use crate::file::{FileBytes, FileRange, PointerWidth};
use crate::format::Format;
use crate::header::{Header, is_filler, layout_of};
use crate::layout::Layout;
use crate::physical::PhysicalMemory;
use crate::triage::{DataBlocks, Triage};
use std::path::Path;
use std::sync::Arc;

/// A Windows kernel crash dump. Immutable, and usable from several threads.
#[derive(Debug)]
pub struct Dump {
    file: Arc<FileBytes>,
    header: Header,
    format: Format,
    context: Option<FileRange>,
    exception: Option<ExceptionRecord>,
    contents: Contents,
    defects: Vec<Defect>,
}

#[derive(Debug)]
enum Contents {
    Nothing,
    Physical(PhysicalMemory),
    Triage(Box<Triage>),
}

impl Dump {
    /// Opens the dump at `path`: maps it and checks its headers. No structure of the crashed machine is looked at, and
    /// the time doesn't depend on the size of the dump.
    ///
    /// A file that ends too early is opened all the same, as far as its headers are there: [`Dump::defects`] says what
    /// is missing, and reads of it fail with [`ReadFailure::EndOfFile`](memory::ReadFailure::EndOfFile).
    ///
    /// # Errors
    /// [`DumpError::Io`] when the file can't be opened or mapped, [`DumpError::Refused`] when its headers aren't those
    /// of a dump or don't say where its memory lies.
    pub fn open(path: &Path) -> Result<Self, DumpError> {
        let file = FileBytes::map(path).map_err(|source| DumpError::Io { path: path.to_owned(), source })?;
        Ok(Self::read(file)?)
    }

    /// Opens a dump that is in memory.
    ///
    /// # Errors
    /// The [`Defect`] for which the bytes are refused.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Defect> {
        Self::read(FileBytes::Owned(bytes))
    }

    fn read(file: FileBytes) -> Result<Self, Defect> {
        let file = Arc::new(file);
        let layout = layout_of(&file)?;
        let header = Header::read(&file, layout)?;
        let format = format_of(&file, layout)?;
        let mut defects = Vec::new();
        let mut context = context_range(&file, layout)?;
        let mut exception = ExceptionRecord::read(&file, layout.exception, layout.width)?;
        let contents = if format == Format::Triage {
            let triage = Triage::read(&file, layout, &header, &mut defects)?;
            context = triage.context.or(context);
            exception = triage.exception.clone().or(exception);
            Contents::Triage(Box::new(triage))
        } else {
            PhysicalMemory::open(&file, layout, format)?.map_or(Contents::Nothing, Contents::Physical)
        };
        Ok(Self { file, header, format, context, exception, contents, defects })
    }

    /// What the dump's header says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What kind of dump it is.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The session's title, as `||` prints it before the file's name: `64-bit Kernel bitmap dump`.
    pub fn session_name(&self) -> String {
        format!("{}-bit {}", 8 * self.header.width.bytes(), self.format.session_name())
    }

    /// The physical memory. `None` for a small dump.
    pub fn physical(&self) -> Option<&PhysicalMemory> {
        match &self.contents {
            Contents::Physical(physical) => Some(physical),
            Contents::Nothing | Contents::Triage(_) => None,
        }
    }

    /// The virtual memory of a small dump. `None` for all others: theirs is found through page tables.
    pub fn data_blocks(&self) -> Option<&DataBlocks> {
        self.triage().map(|triage| &triage.memory)
    }

    /// The lists and structures of a small dump. `None` for all others.
    pub fn triage(&self) -> Option<&Triage> {
        match &self.contents {
            Contents::Triage(triage) => Some(triage),
            Contents::Nothing | Contents::Physical(_) => None,
        }
    }

    /// The raw `CONTEXT` that the dump carries: as many bytes as the header keeps for one (1200 or 3000), the record
    /// first. `None` when none was written.
    ///
    /// Where the bugcheck is about an exception (7E and the like), Windows puts the exception's context here. What the
    /// processor did last, `KeBugCheckEx`, is in its `_KPRCB.Context`.
    pub fn context(&self) -> Option<&[u8]> {
        self.context.map(|context| self.file.available(context))
    }

    /// The exception record that the dump carries. `None` when none was written. Of a bugcheck it says no more than
    /// that `KeBugCheckEx` was called (80000003), even where [`Dump::context`] is an exception's.
    pub fn exception(&self) -> Option<&ExceptionRecord> {
        self.exception.as_ref()
    }

    /// The bytes of a part of the file, or what there is of them.
    pub fn bytes(&self, range: FileRange) -> &[u8] {
        self.file.available(range)
    }

    /// Bytes in the file.
    pub fn size(&self) -> u64 {
        self.file.size()
    }

    /// What is wrong with the file, though it could be opened: what was left out, and why. Counts the pages.
    pub fn defects(&self) -> Vec<Defect> {
        let physical = self.physical().map(PhysicalMemory::defects).unwrap_or_default();
        self.defects.iter().copied().chain(physical).collect()
    }
}

fn format_of(file: &FileBytes, layout: &Layout) -> Result<Format, Defect> {
    let offset = layout.dump_type;
    let found = file.u32("DumpType", offset)?;
    if is_filler(found) {
        return Err(Defect::NeverWritten { what: "DumpType", offset });
    }
    Format::from_dump_type(found).ok_or(Defect::UnknownDumpType { offset, found })
}

/// Where the header's CONTEXT lies, unless it was never written: its flags are still the filler then.
fn context_range(file: &FileBytes, layout: &Layout) -> Result<Option<FileRange>, Defect> {
    // `ContextFlags`: the first field, but for x64, where the homes of six parameters lie before it.
    let flags = match layout.width {
        PointerWidth::Bits32 => 0,
        PointerWidth::Bits64 => 0x30,
    };
    let range = FileRange { offset: layout.context_record, length: layout.context_record_size };
    let written = !is_filler(file.u32("ContextRecord", range.offset + flags)?);
    Ok(written.then_some(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_can_be_shared_between_threads() {
        fn check<T: Send + Sync>() {}
        check::<Dump>();
        check::<DataBlocks>();
    }
}
