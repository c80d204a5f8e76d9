//! A live target: from the line to a target whose modules are known.

use super::{Memory, OpenOptions, System, Target, address_space};
use crate::live::{AMD64_SPECIAL_REGISTERS, LinkError, Live, Wake};
use analysis::nt::processors::MAX_PROCESSORS;
use arch::{AddressSpace, Machine, PagingMode};
use kd_protocol::{Answer, LoadSymbols, Request, Version, truncate};
use memory::{PhysicalAddress, ReadVirtualExt, VirtualAddress};
use std::io;
use std::sync::Arc;
use symbols::{ModuleEntry, Modules};
use transport::Connection;

/// `Cr3` and `Cr4` in x64's `_KSPECIAL_REGISTERS`.
const CR3: usize = 0x10;
const CR4: usize = 0x18;
/// `CR4.LA57`.
const FIVE_LEVELS: u64 = 1 << 12;

/// Why a live target can't be debugged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GreetError {
    /// It doesn't say what it is.
    #[error("the target does not tell its version: {0}")]
    NoVersion(LinkError),
    /// A processor that isn't supported.
    #[error("the target's processor is not supported (IMAGE_FILE_MACHINE {0:#06x})")]
    Machine(u16),
}

impl Target {
    /// Starts to connect; nothing is known of the target until [`Target::greet`]. `wake` is called when there are notices.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub(crate) fn connect(connection: Connection, options: &OpenOptions, wake: Wake) -> io::Result<Self> {
        let live = Live::start(connection, wake)?;
        let mut modules = Modules::new(live.clone(), options.search());
        modules.prefer_images();
        Ok(Self {
            // Shown nowhere before the target has told its own.
            architecture: Machine::Amd64.architecture(),
            memory: Memory::Live(live),
            system: System::default(),
            modules,
            kernel_base: None,
            problems: Vec::new(),
        })
    }

    /// Asks the target, which has just stopped for the first time (or since it restarted), what it is.
    ///
    /// # Errors
    /// [`GreetError`].
    pub(crate) fn greet(&mut self) -> Result<Version, GreetError> {
        let Some(live) = self.live().cloned() else { return Err(GreetError::NoVersion(LinkError::NoLine)) };
        let version = match live.ask(Request::GetVersion) {
            Ok(Answer::Version { version, .. }) => version,
            Ok(_) => return Err(GreetError::NoVersion(LinkError::GaveWay)),
            Err(error) => return Err(GreetError::NoVersion(error)),
        };
        let machine = Machine::from_image_file_machine(version.machine).ok_or(GreetError::Machine(version.machine))?;
        live.set_version(version);
        self.architecture = machine.architecture();
        let address = |value: u64| {
            let value = if machine == Machine::X86 { truncate(value).map_or(value, u64::from) } else { value };
            Some(VirtualAddress(value)).filter(|address| address.0 != 0)
        };
        self.kernel_base = address(version.kernel_base);
        self.system = System {
            major_version: version.major.into(),
            minor_version: version.minor.into(),
            processors: live.stop().map(|stop| stop.number_processors.clamp(1, MAX_PROCESSORS)),
            ps_loaded_module_list: address(version.loaded_module_list),
            ..System::default()
        };
        Ok(version)
    }

    /// How many processors there are now: a kernel that boots starts them one after the other.
    pub(crate) fn set_processor_count(&mut self, count: u32) {
        self.system.processors = Some(count.clamp(1, MAX_PROCESSORS));
    }

    /// A module came or went. False when nothing has changed by it: the list that was read had it already.
    pub(crate) fn note_module(&mut self, name: &str, load: &LoadSymbols) -> bool {
        let base = VirtualAddress(load.base);
        if load.unload {
            return self.modules_mut().remove(base).is_some();
        }
        let known = |module: &Arc<symbols::Module>| module.base() == base && module.size() == load.size_of_image;
        if self.modules().at(base).is_some_and(known) {
            return false;
        }
        let image = symbols::pe::MemoryImage::new(self.own_memory(), base);
        let identity = symbols::pe::PeHeaders::read_identity(&image).ok();
        self.modules_mut().add(ModuleEntry {
            image_name: name.to_owned(),
            base,
            size: load.size_of_image,
            time_date_stamp: identity.map(|identity| identity.time_date_stamp),
            check_sum: Some(load.checksum).filter(|sum| *sum != 0),
            proofs: Vec::new(),
        });
        true
    }

    /// The page tables that the current processor uses.
    pub(super) fn current_address_space(&self, live: &Live) -> Option<AddressSpace> {
        if self.architecture.machine() != Machine::Amd64 {
            return None;
        }
        let processor = live.stop()?.processor;
        let registers = live.control_space(processor, AMD64_SPECIAL_REGISTERS, CR4 as u32 + 8).ok()?;
        let register = |offset: usize| Some(u64::from_le_bytes(*registers.get(offset..)?.first_chunk()?));
        let mode = match register(CR4)? & FIVE_LEVELS {
            0 => PagingMode::Amd64FourLevel,
            _ => PagingMode::Amd64FiveLevel,
        };
        let space = AddressSpace::new(PhysicalAddress(register(CR3)?), mode);
        let invalid_pte_mask = address_space::invalid_pte_mask(&self.kernel()).unwrap_or_default();
        Some(AddressSpace { invalid_pte_mask, ..space })
    }

    /// The bug check that the system is in (`nt!KiBugCheckData`): code and parameters, all zero while there is none.
    pub(crate) fn bug_check_data(&self) -> Option<(u32, [u64; 4])> {
        let kernel = self.kernel();
        let at = kernel.global("KiBugCheckData").ok()?;
        let size = self.architecture.pointer_size();
        let bytes = self.bytes(at, 5 * size).ok()?;
        let mut words = bytes
            .chunks_exact(size)
            .map(|word| word.iter().rev().fold(0u64, |value, byte| (value << 8) | u64::from(*byte)));
        let code = words.next()? as u32;
        let mut parameters = [0; 4];
        for (place, word) in parameters.iter_mut().zip(words) {
            *place = word;
        }
        (code != 0).then_some((code, parameters))
    }
}
