//! Configuration space of buses: `GetBusData`, `SetBusData`. They can hang a target: not to be sent unasked.
//!
//! ```text
//! 16 u32 BusDataType · 20 u32 BusNumber · 24 u32 SlotNumber · 28 u32 Offset · 32 u32 Length; the data follows
//! ```

use super::{Answer, Body, Manipulate};
use crate::DecodeError;
use crate::fields::count;

/// A device's configuration space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusDataPlace {
    /// `BUS_DATA_TYPE`: 4 for PCI.
    pub bus_data_type: u32,
    /// The bus.
    pub bus_number: u32,
    /// The slot: of PCI, device and function (`PCI_SLOT_NUMBER`).
    pub slot_number: u32,
    /// Bytes from the space's start.
    pub offset: u32,
}

/// Reads configuration space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBusData {
    /// Where.
    pub place: BusDataPlace,
    /// Bytes wanted.
    pub length: u32,
}

/// Writes configuration space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetBusData {
    /// Where.
    pub place: BusDataPlace,
    /// The bytes.
    pub data: Vec<u8>,
}

impl BusDataPlace {
    fn write(&self, length: u32, to: &mut Manipulate) {
        to.put_u32(16, self.bus_data_type);
        to.put_u32(20, self.bus_number);
        to.put_u32(24, self.slot_number);
        to.put_u32(28, self.offset);
        to.put_u32(32, length);
    }

    fn read(from: &Manipulate) -> Self {
        Self { bus_data_type: from.u32(16), bus_number: from.u32(20), slot_number: from.u32(24), offset: from.u32(28) }
    }
}

impl Body for GetBusData {
    fn write(&self, to: &mut Manipulate) {
        self.place.write(self.length, to);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { place: BusDataPlace::read(from), length: from.u32(32) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        // Length becomes what was read.
        BusDataPlace::read(answer) == self.place
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        let status = answer.status();
        let taken = if status.is_success() { answer.u32(32).min(self.length) } else { 0 };
        Ok(Answer::BusData { status, data: answer.announced(taken)?.to_vec() })
    }
}

impl Body for SetBusData {
    fn write(&self, to: &mut Manipulate) {
        self.place.write(count(&self.data), to);
        to.data.clone_from(&self.data);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { place: BusDataPlace::read(from), data: from.announced(from.u32(32))?.to_vec() })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        BusDataPlace::read(answer) == self.place
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        let status = answer.status();
        let written = if status.is_success() { answer.u32(32).min(count(&self.data)) } else { 0 };
        Ok(Answer::Written { status, count: written })
    }
}
