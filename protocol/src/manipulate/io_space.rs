//! I/O ports: `ReadIoSpace`, `WriteIoSpace`, and their extended forms.
//!
//! ```text
//! 16 u64 IoAddress · 24 u32 DataSize · 28 u32 DataValue
//! extended: 16 u32 DataSize · 20 u32 InterfaceType · 24 u32 BusNumber · 28 u32 AddressSpace · 32 u64 IoAddress · 40 u32 DataValue
//! ```

use super::{Answer, Body, Manipulate};
use crate::DecodeError;

/// Reads a port. Reading may change what the device does: never asked twice by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadIoSpace {
    /// The port.
    pub port: u64,
    /// 1, 2 or 4 bytes.
    pub size: u32,
}

/// Writes a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteIoSpace {
    /// The port.
    pub port: u64,
    /// 1, 2 or 4 bytes.
    pub size: u32,
    /// What to write, zero-extended.
    pub value: u32,
}

/// A port of a bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IoSpace {
    /// `INTERFACE_TYPE`.
    pub interface_type: u32,
    /// The bus.
    pub bus_number: u32,
    /// 0 memory, 1 ports.
    pub address_space: u32,
    /// The port.
    pub port: u64,
    /// 1, 2 or 4 bytes.
    pub size: u32,
}

/// Reads a port of a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadIoSpaceExtended {
    /// Which.
    pub place: IoSpace,
}

/// Writes a port of a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteIoSpaceExtended {
    /// Which.
    pub place: IoSpace,
    /// What to write, zero-extended.
    pub value: u32,
}

/// Offset of `DataValue` in an api's answer.
pub(super) fn value_offset(api: u32) -> usize {
    if matches!(api, 0x3144 | 0x3145) { 40 } else { 28 }
}

fn value(answer: &Manipulate) -> Answer {
    Answer::IoSpace { status: answer.status(), value: answer.u32(value_offset(answer.api())) }
}

impl IoSpace {
    fn write(&self, value: u32, to: &mut Manipulate) {
        to.put_u32(16, self.size);
        to.put_u32(20, self.interface_type);
        to.put_u32(24, self.bus_number);
        to.put_u32(28, self.address_space);
        to.put_u64(32, self.port);
        to.put_u32(40, value);
    }

    fn read(from: &Manipulate) -> Self {
        Self {
            size: from.u32(16),
            interface_type: from.u32(20),
            bus_number: from.u32(24),
            address_space: from.u32(28),
            port: from.u64(32),
        }
    }
}

impl Body for ReadIoSpace {
    fn write(&self, to: &mut Manipulate) {
        to.put_u64(16, self.port);
        to.put_u32(24, self.size);
        to.put_u32(28, 0);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { port: from.u64(16), size: from.u32(24) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u64(16) == self.port && answer.u32(24) == self.size
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(value(answer))
    }
}

impl Body for WriteIoSpace {
    fn write(&self, to: &mut Manipulate) {
        to.put_u64(16, self.port);
        to.put_u32(24, self.size);
        to.put_u32(28, self.value);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { port: from.u64(16), size: from.u32(24), value: from.u32(28) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u64(16) == self.port && answer.u32(24) == self.size
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Status(answer.status()))
    }
}

impl Body for ReadIoSpaceExtended {
    fn write(&self, to: &mut Manipulate) {
        self.place.write(0, to);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { place: IoSpace::read(from) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        IoSpace::read(answer) == self.place
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(value(answer))
    }
}

impl Body for WriteIoSpaceExtended {
    fn write(&self, to: &mut Manipulate) {
        self.place.write(self.value, to);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { place: IoSpace::read(from), value: from.u32(40) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        IoSpace::read(answer) == self.place
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Status(answer.status()))
    }
}
