//! What a session looks at: a dump's memory, the modules in it, and the kernel among them.

mod address_space;
mod code;
mod connect;
mod memory;
mod modules;
mod next_memory;
mod open;
mod system;
mod triage_blocks;

pub use code::Code;
pub use connect::GreetError;
pub use open::{OpenError, OpenOptions};
pub use system::System;

use self::memory::DumpMemory;
use crate::live::Live;
use ::memory::{PAGE_SIZE, ReadError, ReadPhysical, ReadVirtual, VirtualAddress};
use analysis::nt::kernel::Kernel;
use arch::{AddressSpace, Architecture, Context};
use dump::Dump;
use std::sync::Arc;
use symbols::Modules;

/// Where the system is.
enum Memory {
    /// In a dump.
    Dump(Arc<DumpMemory>),
    /// At the other end of a line.
    Live(Arc<Live>),
}

/// A system: the one that a dump holds, or a live one.
///
/// As [`ReadVirtual`] it gives the target's memory and, where a dump lacks them, the bytes of matching images that
/// can't change: headers and sections that aren't writable.
pub struct Target {
    architecture: &'static dyn Architecture,
    memory: Memory,
    system: System,
    modules: Modules,
    kernel_base: Option<VirtualAddress>,
    problems: Vec<String>,
}

impl Target {
    /// The dump, if the system is in one.
    pub fn dump(&self) -> Option<&Dump> {
        self.dump_memory().map(|memory| memory.dump())
    }

    fn dump_memory(&self) -> Option<&Arc<DumpMemory>> {
        match &self.memory {
            Memory::Dump(memory) => Some(memory),
            Memory::Live(_) => None,
        }
    }

    /// The live target, if it is one.
    pub fn live(&self) -> Option<&Arc<Live>> {
        match &self.memory {
            Memory::Dump(_) => None,
            Memory::Live(live) => Some(live),
        }
    }

    /// What is known of the system as a whole.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// What is debugged, in a few words.
    pub fn session_name(&self) -> String {
        match &self.memory {
            Memory::Dump(memory) => memory.dump().session_name(),
            Memory::Live(live) => format!("Live kernel on {}", live.connection()),
        }
    }

    /// The processors' architecture.
    pub fn architecture(&self) -> &'static dyn Architecture {
        self.architecture
    }

    /// Loaded and unloaded modules.
    pub fn modules(&self) -> &Modules {
        &self.modules
    }

    /// The same, to change symbol paths and to load symbols again.
    pub fn modules_mut(&mut self) -> &mut Modules {
        &mut self.modules
    }

    /// The target's own memory, without the bytes of images.
    pub fn own_memory(&self) -> &dyn ReadVirtual {
        match &self.memory {
            Memory::Dump(memory) => &**memory,
            Memory::Live(live) => &**live,
        }
    }

    /// Physical memory; `None` when the target has none to read, as small dumps.
    pub fn physical_memory(&self) -> Option<&dyn ReadPhysical> {
        match &self.memory {
            Memory::Dump(memory) => memory.dump().physical().map(|physical| physical as &dyn ReadPhysical),
            Memory::Live(live) => Some(&**live),
        }
    }

    /// Code of modules, taken from their images' files where it can't differ.
    pub fn code(&self) -> Code<'_> {
        Code(self)
    }

    /// The kernel's globals and structures. Loads the kernel's symbols on first use.
    pub fn kernel(&self) -> Kernel<'_> {
        let module = self.kernel_base.and_then(|base| self.modules.at(base));
        let symbols = module.and_then(|module| module.symbols()).cloned();
        Kernel::new(self, self.architecture, self.kernel_base.unwrap_or_default(), symbols)
    }

    /// Where `nt` is loaded, if it was found.
    pub fn kernel_base(&self) -> Option<VirtualAddress> {
        self.kernel_base
    }

    /// What couldn't be read while the modules were listed, in words.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The registers in a dump's header.
    pub fn header_context(&self) -> Option<Context> {
        Context::from_bytes(self.architecture, self.dump()?.context()?).ok()
    }

    /// The address space that virtual addresses are translated by; `None` when the dump holds virtual memory only.
    pub fn address_space(&self) -> Option<AddressSpace> {
        match &self.memory {
            Memory::Dump(memory) => memory.address_space(),
            Memory::Live(live) => live.address_space().or_else(|| self.current_address_space(live)),
        }
    }

    /// Sees virtual addresses as the current processor does again; of a dump, as before.
    pub(crate) fn forget_address_space(&self) {
        if let Memory::Live(live) = &self.memory {
            live.set_address_space(None);
        }
    }

    /// Sees virtual addresses as another process does (`.process /p`).
    pub fn set_address_space(&self, space: AddressSpace) {
        match &self.memory {
            Memory::Dump(memory) => memory.set_address_space(space),
            Memory::Live(live) => live.set_address_space(Some(space)),
        }
    }

    /// Unchanging bytes of the image that `address` lies in, up to the end of its page; returns how many.
    fn read_image(&self, address: VirtualAddress, buffer: &mut [u8]) -> usize {
        let length = (PAGE_SIZE - address.page_offset()).min(buffer.len() as u64) as usize;
        let Some(part) = buffer.get_mut(..length) else { return 0 };
        let Some((module, rva)) = self.modules.at(address).and_then(|module| Some((module, module.rva(address)?)))
        else {
            return 0;
        };
        match module.read_code(rva, part) {
            Ok(_) => length,
            Err(error) => error.read,
        }
    }
}

impl ReadVirtual for Target {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        let mut read = 0;
        while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
            let Err(error) = self.own_memory().read_virtual(address.offset(read as u64), rest) else { return Ok(()) };
            read += error.read;
            // What a live target doesn't tell isn't known: its code may have been changed.
            if self.live().is_some() {
                return Err(ReadError { read, ..error });
            }
            let rest = buffer.get_mut(read..).unwrap_or_default();
            let from_image = self.read_image(address.offset(read as u64), rest);
            if from_image == 0 {
                return Err(ReadError { read, ..error });
            }
            read += from_image;
        }
        Ok(())
    }
}
