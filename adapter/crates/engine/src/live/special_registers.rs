//! `_KSPECIAL_REGISTERS` of a live target's processors: the debug registers that the kernel loads when it goes on.

use super::{LinkError, Live};
use arch::Machine;
use arch::debug_registers::{SLOTS, Watched, encode_dr7};
use kd_protocol::manipulate::{ReadMemory, WriteMemory};
use kd_protocol::{Answer, Request, Status};

/// The structure in x64 control space (KD's own number).
pub(crate) const AMD64_SPECIAL_REGISTERS: u64 = 2;

/// The structure in x86 control space, which is `_KPROCESSOR_STATE`: behind its `CONTEXT`.
const X86_SPECIAL_REGISTERS: u64 = 0x2cc;

/// The part of control space that holds the debug registers.
#[derive(Debug, PartialEq, Eq)]
struct DebugRegisters {
    /// Where it begins.
    address: u64,
    /// Bytes of it.
    count: usize,
    /// Offsets of `KernelDr0` and `KernelDr7` in it. `KernelDr1` to `KernelDr3` follow the first.
    dr0: usize,
    dr7: usize,
    /// Bytes of a register.
    width: usize,
}

impl DebugRegisters {
    /// `None`: these processors have none that are known.
    fn of(machine: Machine) -> Option<Self> {
        match machine {
            // Only the whole structure has an address.
            Machine::Amd64 => {
                Some(Self { address: AMD64_SPECIAL_REGISTERS, count: 0x50, dr0: 0x20, dr7: 0x48, width: 8 })
            }
            Machine::X86 => {
                Some(Self { address: X86_SPECIAL_REGISTERS + 0x10, count: 0x18, dr0: 0, dr7: 0x14, width: 4 })
            }
            Machine::Arm64 => None,
        }
    }

    /// Puts what is to be watched into `data`, which was read of this part. False when it is too short.
    fn put(&self, data: &mut [u8], watched: &[Option<Watched>; SLOTS]) -> bool {
        let addresses = watched.iter().map(|slot| slot.map_or(0, |watched| watched.address.0));
        let offsets = (self.dr0..).step_by(self.width);
        for (offset, value) in offsets.zip(addresses).chain([(self.dr7, encode_dr7(watched))]) {
            let bytes = value.to_le_bytes();
            let Some((place, value)) = data.get_mut(offset..offset + self.width).zip(bytes.get(..self.width)) else {
                return false;
            };
            place.copy_from_slice(value);
        }
        true
    }
}

impl Live {
    /// Makes a processor's debug registers watch this. What else is in their part of control space is written as it was just
    /// read.
    ///
    /// # Errors
    /// [`LinkError`]; what they watch is then as it was, or unknown when the target didn't answer.
    pub(crate) fn set_debug_registers(
        &self,
        processor: u16,
        watched: &[Option<Watched>; SLOTS],
    ) -> Result<(), LinkError> {
        let refused = || LinkError::Refused { what: "ReadControlSpace", status: Status::UNSUCCESSFUL };
        let place = self.machine().and_then(DebugRegisters::of).ok_or_else(refused)?;
        let read = ReadMemory { address: place.address, count: place.count as u32 };
        let Answer::Memory { mut data, .. } = self.ask_processor(Some(processor), Request::ReadControlSpace(read))?
        else {
            return Err(LinkError::GaveWay);
        };
        data.truncate(place.count);
        if !place.put(&mut data, watched) {
            return Err(refused());
        }
        let write = WriteMemory { address: place.address, data };
        self.ask_processor(Some(processor), Request::WriteControlSpace(write)).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arch::debug_registers::Access;
    use memory::VirtualAddress;

    /// What is written over a part in which every byte is `ff`, and where.
    fn written(machine: Machine, address: u64) -> (u64, Vec<u8>) {
        let place = DebugRegisters::of(machine).unwrap();
        let mut data = vec![0xff; place.count];
        let watched = Watched { address: VirtualAddress(address), size: 4, access: Access::Write };
        assert!(place.put(&mut data, &[None, Some(watched), None, None]));
        assert!(!place.put(&mut data[1..].to_vec(), &[None; SLOTS]));
        (place.address, data)
    }

    #[test]
    fn only_debug_registers_are_changed_in_the_layout_of_the_machine() {
        let (address, data) = written(Machine::Amd64, 0xffff_8000_0000_1000);
        assert_eq!(address, 2);
        assert_eq!(data[..0x20], [0xff; 0x20]);
        assert_eq!(data[0x20..0x28], [0; 8]);
        assert_eq!(data[0x28..0x30], 0xffff_8000_0000_1000_u64.to_le_bytes());
        assert_eq!(data[0x30..0x40], [0; 16]);
        assert_eq!(data[0x40..0x48], [0xff; 8]);
        assert_eq!(data[0x48..], 0x00d0_0504_u64.to_le_bytes());

        let (address, data) = written(Machine::X86, 0x8040_1000);
        assert_eq!(address, 0x2cc + 0x10);
        assert_eq!(data[..4], [0; 4]);
        assert_eq!(data[4..8], 0x8040_1000_u32.to_le_bytes());
        assert_eq!(data[8..0x10], [0; 8]);
        assert_eq!(data[0x10..0x14], [0xff; 4]);
        assert_eq!(data[0x14..], 0x00d0_0504_u32.to_le_bytes());
    }
}
