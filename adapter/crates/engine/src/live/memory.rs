//! Memory of a live target: read once after each stop, and without the debugger's own breakpoint instructions.

use super::{LinkError, Live, RunState};
use crate::write::{WriteError, WriteFailure};
use ::memory::{PAGE_SIZE, PhysicalAddress, ReadError, ReadFailure, ReadPhysical, ReadVirtual, VirtualAddress};
use arch::{AddressSpace, Machine};
use kd_protocol::manipulate::{ReadMemory, ReadPhysicalMemory, WriteMemory, WritePhysicalMemory};
use kd_protocol::{Answer, Request, sign_extend};

/// Bytes that one request writes at most.
const MAX_WRITE: usize = 2048;

impl Live {
    /// The address space that virtual addresses are translated by here, instead of by the target's current processor.
    pub(crate) fn address_space(&self) -> Option<AddressSpace> {
        self.known().space
    }

    /// Sees virtual addresses through other page tables from now on; `None` for those of the current processor.
    pub(crate) fn set_address_space(&self, space: Option<AddressSpace>) {
        self.known().space = space;
        self.virtual_cache().clear();
    }

    fn fetch(&self, request: Request, count: u32) -> (Vec<u8>, Option<ReadFailure>) {
        match self.ask(request) {
            Ok(Answer::Memory { data, .. }) => {
                let short = data.len() < count as usize;
                let failure = ReadFailure::Refused { status: kd_protocol::Status::UNSUCCESSFUL.0 };
                (data, short.then_some(failure))
            }
            Ok(_) => (Vec::new(), Some(ReadFailure::NoAnswer)),
            Err(error) => (Vec::new(), Some(error.as_read_failure())),
        }
    }

    /// As the target's current processor sees it.
    fn fetch_virtual(&self, address: u64, count: u32) -> (Vec<u8>, Option<ReadFailure>) {
        self.fetch(Request::ReadVirtualMemory(ReadMemory { address: self.on_wire(address), count }), count)
    }

    fn fetch_physical(&self, address: u64, count: u32) -> (Vec<u8>, Option<ReadFailure>) {
        self.fetch(Request::ReadPhysicalMemory(ReadPhysicalMemory { address, count, caching: 0 }), count)
    }

    /// Addresses of 32-bit targets are sign-extended on the wire.
    pub(super) fn on_wire(&self, address: u64) -> u64 {
        if self.is_32_bit() { sign_extend(address as u32) } else { address }
    }

    fn is_32_bit(&self) -> bool {
        self.machine().is_some_and(|machine| machine == Machine::X86)
    }

    /// The processors' kind, once the target has told it.
    pub fn machine(&self) -> Option<Machine> {
        Machine::from_image_file_machine(self.known().version?.machine)
    }

    /// As the current processor sees it, with the debugger's breakpoint instructions.
    pub(super) fn read_uncovered(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        let mut fetch = |address, count| self.fetch_virtual(address, count);
        self.virtual_cache().read(address.0, buffer, &mut fetch)
    }

    /// Through page tables that are not those of the current processor.
    fn read_through(&self, space: AddressSpace, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        let mut read = 0;
        while read < buffer.len() {
            let at = address.offset(read as u64);
            let fail = |read: usize, failure| ReadError { address: address.offset(read as u64).0, read, failure };
            let in_page = (PAGE_SIZE - at.page_offset()).min((buffer.len() - read) as u64) as usize;
            let physical = self.translate(space, at).map_err(|failure| fail(read, failure))?;
            let part = buffer.get_mut(read..read + in_page).unwrap_or_default();
            let result = Mapped(self).read_physical(physical, part);
            result.map_err(|error| fail(read + error.read, error.failure))?;
            read += in_page;
        }
        Ok(())
    }

    /// Physical address of a virtual one, through page tables that are not those of the current processor.
    fn translate(&self, space: AddressSpace, address: VirtualAddress) -> Result<PhysicalAddress, ReadFailure> {
        let architecture = self.machine().unwrap_or(Machine::Amd64).architecture();
        let page =
            architecture.translate(&Mapped(self), space, address.page_start()).map_err(|error| error.failure)?.physical;
        Ok(page.offset(address.page_offset()))
    }

    /// Writes what is seen through such page tables.
    fn write_through(&self, space: AddressSpace, address: VirtualAddress, bytes: &[u8]) -> Result<(), WriteError> {
        let mut written = 0;
        while written < bytes.len() {
            let at = address.offset(written as u64);
            let fail = |done: usize, failure| WriteError {
                address: at.offset(done as u64).0,
                written: written + done,
                failure,
            };
            let length = (PAGE_SIZE - at.page_offset()).min((bytes.len() - written) as u64) as usize;
            let physical = self.translate(space, at).map_err(|failure| fail(0, WriteFailure::NotMapped(failure)))?;
            let part = bytes.get(written..written + length).unwrap_or_default();
            self.write_physical(physical, part).map_err(|error| fail(error.written, error.failure))?;
            written += length;
        }
        Ok(())
    }

    /// Writes virtual memory, as it is read: as the current processor sees it, or through other page tables.
    pub(crate) fn write_virtual(&self, address: VirtualAddress, bytes: &[u8]) -> Result<(), WriteError> {
        let refused = |error| WriteError { address: address.0, written: 0, failure: WriteFailure::Target(error) };
        self.make_way(address, bytes.len()).map_err(refused)?;
        if let Some(space) = self.address_space() {
            return self.write_through(space, address, bytes);
        }
        let mut written = 0;
        while written < bytes.len() {
            let at = address.offset(written as u64);
            // A request stays in its page: the next one may not be there.
            let length = (bytes.len() - written).min(MAX_WRITE).min((PAGE_SIZE - at.page_offset()) as usize);
            let part = bytes.get(written..written + length).unwrap_or_default();
            let data = part.to_vec();
            let request = Request::WriteVirtualMemory(WriteMemory { address: self.on_wire(at.0), data });
            let done = self.written(request, at.0, written, length).inspect_err(|_| self.forget_memory())?;
            self.virtual_cache().overwrite(at.0, part.get(..done).unwrap_or_default());
            written += done;
        }
        if !bytes.is_empty() {
            self.physical_cache().clear();
            self.exact_physical().clear();
        }
        Ok(())
    }

    /// Writes physical memory.
    pub(crate) fn write_physical(&self, address: PhysicalAddress, bytes: &[u8]) -> Result<(), WriteError> {
        let mut written = 0;
        while written < bytes.len() {
            let at = address.offset(written as u64);
            let length = (bytes.len() - written).min(MAX_WRITE).min((PAGE_SIZE - at.0 % PAGE_SIZE) as usize);
            let data = bytes.get(written..written + length).unwrap_or_default().to_vec();
            let request = Request::WritePhysicalMemory(WritePhysicalMemory { address: at.0, data, caching: 0 });
            let done = self.written(request, at.0, written, length).inspect_err(|_| self.forget_memory());
            written += done?;
        }
        if !bytes.is_empty() {
            self.forget_memory();
        }
        Ok(())
    }

    /// Memory may be another one now.
    pub(super) fn forget_memory(&self) {
        self.virtual_cache().clear();
        self.physical_cache().clear();
        self.exact_physical().clear();
    }

    fn written(&self, request: Request, address: u64, written: usize, wanted: usize) -> Result<usize, WriteError> {
        let fail = |failure| WriteError { address, written, failure };
        match self.ask(request) {
            Ok(Answer::Written { count, status }) => match (count as usize).min(wanted) {
                0 => Err(fail(WriteFailure::Target(LinkError::Refused { what: "write", status }))),
                count => Ok(count),
            },
            Ok(_) => Err(fail(WriteFailure::Target(LinkError::GaveWay))),
            Err(error) => Err(fail(WriteFailure::Target(error))),
        }
    }
}

impl ReadVirtual for Live {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        if self.state() == RunState::Running {
            return Err(ReadError { address: address.0, read: 0, failure: ReadFailure::Running });
        }
        let covered = |error: LinkError| ReadError { address: address.0, read: 0, failure: error.as_read_failure() };
        self.uncover(address, buffer.len()).map_err(covered)?;
        let result = match self.address_space() {
            Some(space) => self.read_through(space, address, buffer),
            None => self.read_uncovered(address, buffer),
        };
        let read = result.as_ref().map_or_else(|error| error.read, |()| buffer.len());
        self.hide_breakpoints(address.0, buffer.get_mut(..read).unwrap_or_default());
        result
    }
}

impl ReadPhysical for Live {
    fn read_physical(&self, address: PhysicalAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        if self.state() == RunState::Running {
            return Err(ReadError { address: address.0, read: 0, failure: ReadFailure::Running });
        }
        let mut fetch = |address, count| self.fetch_physical(address, count);
        self.exact_physical().read(address.0, buffer, &mut fetch)
    }
}

/// Physical memory that page tables refer to, or that they are made of: it can be read line by line.
struct Mapped<'a>(&'a Live);

impl ReadPhysical for Mapped<'_> {
    fn read_physical(&self, address: PhysicalAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        let mut fetch = |address, count| self.0.fetch_physical(address, count);
        self.0.physical_cache().read(address.0, buffer, &mut fetch)
    }
}
