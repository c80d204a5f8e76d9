//! The debug registers of x86 and x64: `DR7` says what `DR0` to `DR3` watch, `DR6` says which of them it was.
//!
//! Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3, "Debug Registers":
//!
//! ```text
//! DR7   bits 0, 2, 4, 6   L0-L3: the slot is on         bit 8   LE, recommended for compatibility
//!       bits 16 + 4n      R/Wn: what access             bit 10  always one
//!       bits 18 + 4n      LENn: of how many bytes
//! DR6   bits 0-3          B0-B3: the slot's condition was met (even of a slot that is off)
//!       bit 13            BD: a debug register was used         bit 14   BS: a single step
//! ```

use memory::VirtualAddress;

/// Number of debug registers that hold an address.
pub const SLOTS: usize = 4;

const ALWAYS_ONE: u64 = 1 << 10;
const LOCAL_EXACT: u64 = 1 << 8;
const DEBUG_ACCESS: u64 = 1 << 13;
const SINGLE_STEP: u64 = 1 << 14;

/// The access that a slot waits for (`R/W`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// An instruction is about to be executed.
    Execute,
    /// Data is written.
    Write,
    /// An I/O port is read or written (needs `CR4.DE`).
    Io,
    /// Data is read or written.
    ReadWrite,
}

/// What one slot watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Watched {
    /// First byte, or the number of an I/O port. A multiple of `size`.
    pub address: VirtualAddress,
    /// Bytes: 1, 2, 4 or 8.
    pub size: u8,
    /// The access.
    pub access: Access,
}

/// Why the processor can't watch something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// Not a size that debug registers know.
    #[error("{size} bytes can't be watched: the size must be 1, 2, 4{eight}", eight = if *.most == 8 { " or 8" } else { "" })]
    Size {
        /// The size asked for.
        size: u8,
        /// The largest one.
        most: u8,
    },
    /// Execution is watched by the first byte of an instruction.
    #[error("the size must be 1 where execution is watched, not {0}")]
    ExecuteSize(u8),
    /// Eight ports can't be watched.
    #[error("the size must be 1, 2 or 4 where ports are watched, not {0}")]
    PortSize(u8),
    /// The address isn't a multiple of the size.
    #[error("{address} can't be watched: it must be a multiple of the size, {size}")]
    Misaligned {
        /// The address.
        address: VirtualAddress,
        /// The size.
        size: u8,
    },
    /// There are 65536 ports.
    #[error("there is no port {0:#x}")]
    NoSuchPort(u64),
}

impl Watched {
    /// Checks what the processor demands; `pointer_size` is that of the processor in bytes: 8 of x64, 4 of x86.
    ///
    /// # Errors
    /// [`WatchError`].
    pub fn check(self, pointer_size: usize) -> Result<Self, WatchError> {
        let Self { address, size, access } = self;
        let most = if pointer_size == 8 { 8 } else { 4 };
        match access {
            _ if !size.is_power_of_two() || size > most => Err(WatchError::Size { size, most }),
            Access::Execute if size != 1 => Err(WatchError::ExecuteSize(size)),
            Access::Io if size == 8 => Err(WatchError::PortSize(size)),
            Access::Io if address.0 > 0xffff => Err(WatchError::NoSuchPort(address.0)),
            _ if address.0 % u64::from(size) != 0 => Err(WatchError::Misaligned { address, size }),
            _ => Ok(self),
        }
    }
}

/// The value of `DR7` that switches these slots on, and no others.
pub fn encode_dr7(slots: &[Option<Watched>; SLOTS]) -> u64 {
    let mut dr7 = ALWAYS_ONE;
    for (slot, watched) in slots.iter().enumerate() {
        let Some(watched) = watched else { continue };
        let access = match watched.access {
            Access::Execute => 0b00,
            Access::Write => 0b01,
            Access::Io => 0b10,
            Access::ReadWrite => 0b11,
        };
        let length = match watched.size {
            2 => 0b01,
            4 => 0b11,
            8 => 0b10,
            _ => 0b00,
        };
        dr7 |= LOCAL_EXACT | 1 << (slot * 2) | access << (16 + slot * 4) | length << (18 + slot * 4);
    }
    dr7
}

/// What `DR6` tells of a debug exception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DebugStatus {
    /// The slots whose condition was met, of those that `DR7` has switched on.
    pub slots: [bool; SLOTS],
    /// The trap flag was set: an instruction was executed.
    pub single_step: bool,
    /// An instruction was about to use a debug register that is guarded.
    pub debug_register_access: bool,
}

/// Reads `DR6`. The processor marks slots that are off, too: `dr7` tells which are on.
pub fn decode_dr6(dr6: u64, dr7: u64) -> DebugStatus {
    let met = |slot: usize| dr6 >> slot & 1 != 0 && dr7 >> (slot * 2) & 0b11 != 0;
    DebugStatus {
        slots: std::array::from_fn(met),
        single_step: dr6 & SINGLE_STEP != 0,
        debug_register_access: dr6 & DEBUG_ACCESS != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(address: u64, size: u8, access: Access) -> Watched {
        Watched { address: VirtualAddress(address), size, access }
    }

    #[test]
    fn dr7_has_a_field_for_each_slot_that_is_on() {
        assert_eq!(encode_dr7(&[None; 4]), 0x400);
        let write = Some(watched(0x1000, 4, Access::Write));
        assert_eq!(encode_dr7(&[write, None, None, None]), 0x000d_0501);
        let read = Some(watched(0x1000, 8, Access::ReadWrite));
        let execute = Some(watched(0x1001, 1, Access::Execute));
        let port = Some(watched(0x3f8, 2, Access::Io));
        assert_eq!(encode_dr7(&[write, read, execute, port]), 0x60bd_0555);
    }

    #[test]
    fn dr6_counts_only_slots_that_are_on() {
        let status = decode_dr6(0xffff_4ff3, 0x000d_0501);
        assert_eq!(status.slots, [true, false, false, false]);
        assert!(status.single_step && !status.debug_register_access);
        assert_eq!(decode_dr6(0xffff_0ff0, 0x0000_0555), DebugStatus::default());
    }

    #[test]
    fn what_the_processor_can_not_watch_is_refused() {
        let check = |address, size, access| watched(address, size, access).check(8);
        assert!(check(0x1008, 8, Access::Write).is_ok());
        assert_eq!(check(0x1000, 3, Access::Write), Err(WatchError::Size { size: 3, most: 8 }));
        assert_eq!(check(0x1000, 0, Access::Write), Err(WatchError::Size { size: 0, most: 8 }));
        assert_eq!(check(0x1000, 4, Access::Execute), Err(WatchError::ExecuteSize(4)));
        let at = VirtualAddress(0x1004);
        assert_eq!(check(0x1004, 8, Access::ReadWrite), Err(WatchError::Misaligned { address: at, size: 8 }));
        assert_eq!(check(0x10000, 1, Access::Io), Err(WatchError::NoSuchPort(0x10000)));
        assert_eq!(check(0x3f8, 8, Access::Io), Err(WatchError::PortSize(8)));
        assert_eq!(watched(0x1000, 8, Access::Write).check(4), Err(WatchError::Size { size: 8, most: 4 }));
    }
}
