//! Opening a dump: from the file to a target whose modules are known.

use super::memory::DumpMemory;
use super::{Memory, System, Target, address_space};
use arch::{AddressSpace, Machine};
use dump::{Dump, DumpError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use symbols::{Modules, SymbolPath, SymbolSearch};

/// Where to look for symbols and images.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Symbol path, in the debuggers' syntax; empty for none.
    pub symbol_path: String,
    /// Image path, in the same syntax; images are looked for along the symbol path, too.
    pub image_path: String,
}

impl OpenOptions {
    pub(super) fn search(&self) -> Arc<SymbolSearch> {
        Arc::new(SymbolSearch::new(SymbolPath::parse(&self.symbol_path), SymbolPath::parse(&self.image_path)))
    }
}

/// Why a dump can't be debugged.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file isn't a dump, or a damaged one.
    #[error("{}", refusal(path, error))]
    Dump {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: DumpError,
    },
    /// A dump of a processor that isn't supported.
    #[error("{path} is a dump of a processor that is not supported (IMAGE_FILE_MACHINE {machine:#06x})")]
    Machine {
        /// The file.
        path: PathBuf,
        /// `MachineImageType` of its header.
        machine: u16,
    },
}

/// An error of the operating system names the file already.
fn refusal(path: &Path, error: &DumpError) -> String {
    match error {
        DumpError::Io { .. } => error.to_string(),
        DumpError::Refused(_) => format!("{} can't be opened: {error}", path.display()),
    }
}

impl Target {
    /// Opens the dump at `path` and lists its modules. Symbols are loaded when they are needed first.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, OpenError> {
        let dump = Dump::open(path).map_err(|error| OpenError::Dump { path: path.to_owned(), error })?;
        let machine = dump.header().machine;
        let unsupported = || OpenError::Machine { path: path.to_owned(), machine };
        let architecture = Machine::from_image_file_machine(machine).ok_or_else(unsupported)?.architecture();
        let space = address_space::of_dump(&dump, architecture);
        let memory = Arc::new(DumpMemory::new(dump, architecture, space));
        let modules = Modules::new(memory.clone(), options.search());
        let system = System::of_dump(memory.dump());
        let memory = Memory::Dump(memory);
        let mut target = Self { architecture, memory, system, modules, kernel_base: None, problems: Vec::new() };
        target.list_modules();
        target.learn_invalid_pte_mask();
        Ok(target)
    }

    /// Systems without the variable have no such bits, so that nothing is lost when it can't be read there.
    fn learn_invalid_pte_mask(&self) {
        if let Some(space) = self.address_space() {
            if let Ok(invalid_pte_mask) = address_space::invalid_pte_mask(&self.kernel()) {
                self.set_address_space(AddressSpace { invalid_pte_mask, ..space });
            }
        }
    }
}
