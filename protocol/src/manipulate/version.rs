//! What the target is: the answer to `GetVersion` (`DBGKD_GET_VERSION64`).
//!
//! ```text
//! 16 u16 MajorVersion · 18 u16 MinorVersion · 20 u8 ProtocolVersion · 21 u8 KdSecondaryVersion · 22 u16 Flags · 24 u16 MachineType ·
//! 26 u8 MaxPacketType · 27 u8 MaxStateChange · 28 u8 MaxManipulate · 29 u8 Simulation · 30 u16 Unused · 32 u64 KernBase ·
//! 40 u64 PsLoadedModuleList · 48 u64 DebuggerDataList
//! ```

use super::Manipulate;

/// The target's version. Addresses of 32-bit targets are sign-extended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// `MajorVersion`: 0xf free build, 0xc checked build.
    pub major: u16,
    /// `MinorVersion`: the build number.
    pub minor: u16,
    /// `ProtocolVersion`: 5 or 6; before that, the 32-bit protocol.
    pub protocol: u8,
    /// `KdSecondaryVersion`.
    pub secondary: u8,
    /// `Flags`.
    pub flags: VersionFlags,
    /// `MachineType`: 0x14c X86, 0x8664 AMD64, 0xaa64 ARM64.
    pub machine: u16,
    /// `MaxPacketType`: one more than the highest packet type known.
    pub max_packet_type: u8,
    /// `MaxStateChange`: as many are known.
    pub max_state_change: u8,
    /// `MaxManipulate`: as many apis are known.
    pub max_manipulate: u8,
    /// `Simulation`.
    pub simulation: u8,
    /// `Unused`.
    pub unused: u16,
    /// Base of the kernel image.
    pub kernel_base: u64,
    /// Address of `PsLoadedModuleList`; 0 at the very start of a boot.
    pub loaded_module_list: u64,
    /// Address of the pointer to `KDDEBUGGER_DATA64`'s list; 0 at the very start of a boot.
    pub debugger_data_list: u64,
}

/// `DBGKD_VERS_FLAG_...`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersionFlags(pub u16);

impl VersionFlags {
    /// A kernel for more than one processor.
    pub fn multiprocessor(self) -> bool {
        self.0 & 1 != 0
    }

    /// `DebuggerDataList` is there.
    pub fn data(self) -> bool {
        self.0 & 2 != 0
    }

    /// Pointers have 64 bits.
    pub fn pointers_are_64_bit(self) -> bool {
        self.0 & 4 != 0
    }

    /// No memory manager yet.
    pub fn no_memory_manager(self) -> bool {
        self.0 & 8 != 0
    }

    /// Stepping is done by hardware.
    pub fn hardware_stepping(self) -> bool {
        self.0 & 0x10 != 0
    }

    /// There is more than one partition.
    pub fn partitions(self) -> bool {
        self.0 & 0x20 != 0
    }
}

impl Version {
    pub(super) fn read(from: &Manipulate) -> Self {
        let [protocol, secondary] = from.u16(20).to_le_bytes();
        let [max_packet_type, max_state_change] = from.u16(26).to_le_bytes();
        let [max_manipulate, simulation] = from.u16(28).to_le_bytes();
        Self {
            major: from.u16(16),
            minor: from.u16(18),
            protocol,
            secondary,
            flags: VersionFlags(from.u16(22)),
            machine: from.u16(24),
            max_packet_type,
            max_state_change,
            max_manipulate,
            simulation,
            unused: from.u16(30),
            kernel_base: from.u64(32),
            loaded_module_list: from.u64(40),
            debugger_data_list: from.u64(48),
        }
    }

    pub(super) fn write(&self, to: &mut Manipulate) {
        to.put_u16(16, self.major);
        to.put_u16(18, self.minor);
        to.put_u16(20, u16::from_le_bytes([self.protocol, self.secondary]));
        to.put_u16(22, self.flags.0);
        to.put_u16(24, self.machine);
        to.put_u16(26, u16::from_le_bytes([self.max_packet_type, self.max_state_change]));
        to.put_u16(28, u16::from_le_bytes([self.max_manipulate, self.simulation]));
        to.put_u16(30, self.unused);
        to.put_u64(32, self.kernel_base);
        to.put_u64(40, self.loaded_module_list);
        to.put_u64(48, self.debugger_data_list);
    }
}
