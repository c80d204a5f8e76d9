//! State changes: the target has stopped, or tells of a module (`DBGKD_ANY_WAIT_STATE_CHANGE`, packet types 7 and 1).

use crate::fields::{Fields, put};
use crate::packet::PacketType;
use crate::{DecodeError, sign_extend};

const STRUCTURE: &str = "state change";
/// `NewState` of an exception (`DbgKdExceptionStateChange`).
pub const EXCEPTION_STATE_CHANGE: u32 = 0x3030;
/// `NewState` of a module that comes or goes (`DbgKdLoadSymbolsStateChange`).
pub const LOAD_SYMBOLS_STATE_CHANGE: u32 = 0x3031;
/// `NewState` of a command for the debugger (`DbgKdCommandStringStateChange`).
pub const COMMAND_STRING_STATE_CHANGE: u32 = 0x3032;
/// Set in `NewState` by the alternate partition (`DbgKdAlternateStateChange`).
const ALTERNATE: u32 = 0x1_0000;
/// Offset of the control report in the 64-bit structure.
const CONTROL_REPORT: usize = 192;
/// Bytes of the 64-bit structure with the control report of AMD64, the longest.
pub const STRUCTURE_SIZE: usize = 240;

/// Why the target stands still, and where. Addresses of 32-bit targets are sign-extended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// What happened.
    pub kind: StateChangeKind,
    /// Reported by the alternate partition.
    pub alternate: bool,
    /// Level (family) of the processor; requests echo it.
    pub processor_level: u16,
    /// The processor that reports, KD's index.
    pub processor: u16,
    /// Processors of the target.
    pub number_processors: u32,
    /// Address of the `KTHREAD` that ran.
    pub thread: u64,
    /// Where it stands. At a breakpoint instruction: at the instruction.
    pub program_counter: u64,
    /// `DBGKD_CONTROL_REPORT` of the processor's architecture and what follows it: opaque here, and shorter than the structure, or empty, on
    /// some targets.
    pub control_report: Vec<u8>,
}

/// What happened, with its details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateChangeKind {
    /// An exception or a break-in (`DbgKdExceptionStateChange`).
    Exception {
        /// The exception.
        record: ExceptionRecord,
        /// Nobody has handled it yet.
        first_chance: bool,
    },
    /// A module comes or goes (`DbgKdLoadSymbolsStateChange`).
    LoadSymbols(LoadSymbols),
    /// A command for the debugger (`DbgKdCommandStringStateChange`): flags and the strings, as they came.
    CommandString {
        /// Everything from the union on.
        body: Vec<u8>,
    },
    /// A state that this debugger doesn't know.
    Unknown {
        /// `NewState` without the bit of the alternate partition.
        new_state: u32,
    },
}

/// `EXCEPTION_RECORD64`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceptionRecord {
    /// `ExceptionCode`.
    pub code: u32,
    /// `ExceptionFlags`: 1 means that it can't be continued.
    pub flags: u32,
    /// Address of the record that this one came from.
    pub record: u64,
    /// Where it happened. Some targets give the byte behind a breakpoint instruction: use the program counter.
    pub address: u64,
    /// `NumberParameters`, as it came: at most the first 15 mean something.
    pub number_parameters: u32,
    /// `ExceptionInformation`.
    pub information: [u64; 15],
}

/// `DBGKD_LOAD_SYMBOLS64`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadSymbols {
    /// The image's path, in the target's code page, without the terminating zero.
    pub path: Vec<u8>,
    /// `BaseOfDll`. With `process_id` and `unload`, both all ones: every module goes (the target restarts).
    pub base: u64,
    /// `ProcessId`; of drivers, all ones.
    pub process_id: u64,
    /// The image's check sum.
    pub checksum: u32,
    /// Bytes of the image in memory.
    pub size_of_image: u32,
    /// It goes.
    pub unload: bool,
}

impl StateChange {
    /// Reads the body of a packet of type [`PacketType::StateChange64`] or [`PacketType::StateChange32`].
    ///
    /// # Errors
    /// When the fields before the control report aren't all there, or the type is another one.
    pub fn decode(packet_type: PacketType, payload: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields::new(STRUCTURE, payload);
        match packet_type {
            PacketType::StateChange64 => Self::decode64(fields),
            PacketType::StateChange32 => Self::decode32(fields),
            other => Err(DecodeError::PacketType { expected: STRUCTURE, found: other.number() }),
        }
    }

    fn decode64(fields: Fields<'_>) -> Result<Self, DecodeError> {
        let new_state = fields.u32(0)?;
        let mut after = fields.rest(CONTROL_REPORT);
        let kind = match new_state & !ALTERNATE {
            EXCEPTION_STATE_CHANGE => {
                StateChangeKind::Exception { record: exception_record(fields)?, first_chance: fields.u32(184)? != 0 }
            }
            LOAD_SYMBOLS_STATE_CHANGE => {
                let path = path(fields.rest(65), fields.u32(32)?)?;
                after = after.get(..after.len().saturating_sub(path.len())).unwrap_or_default();
                StateChangeKind::LoadSymbols(LoadSymbols {
                    path: without_zero(path),
                    base: fields.u64(40)?,
                    process_id: fields.u64(48)?,
                    checksum: fields.u32(56)?,
                    size_of_image: fields.u32(60)?,
                    unload: fields.u8(64)? != 0,
                })
            }
            COMMAND_STRING_STATE_CHANGE => {
                after = &[];
                StateChangeKind::CommandString { body: fields.rest(32).to_vec() }
            }
            other => StateChangeKind::Unknown { new_state: other },
        };
        Ok(Self {
            kind,
            alternate: new_state & ALTERNATE != 0,
            processor_level: fields.u16(4)?,
            processor: fields.u16(6)?,
            number_processors: fields.u32(8)?,
            thread: fields.u64(16)?,
            program_counter: fields.u64(24)?,
            control_report: after.to_vec(),
        })
    }

    /// `DBGKD_WAIT_STATE_CHANGE32`: the same fields with 32-bit addresses, and an `EXCEPTION_RECORD32`.
    fn decode32(fields: Fields<'_>) -> Result<Self, DecodeError> {
        let address = |offset| fields.u32(offset).map(sign_extend);
        let new_state = fields.u32(0)?;
        let mut after = fields.rest(104);
        let kind = match new_state & !ALTERNATE {
            EXCEPTION_STATE_CHANGE => {
                let mut information = [0; 15];
                for (place, offset) in information.iter_mut().zip((40..).step_by(4)) {
                    *place = address(offset)?;
                }
                let record = ExceptionRecord {
                    code: fields.u32(20)?,
                    flags: fields.u32(24)?,
                    record: address(28)?,
                    address: address(32)?,
                    number_parameters: fields.u32(36)?,
                    information,
                };
                StateChangeKind::Exception { record, first_chance: fields.u32(100)? != 0 }
            }
            LOAD_SYMBOLS_STATE_CHANGE => {
                let path = path(fields.rest(41), fields.u32(20)?)?;
                after = after.get(..after.len().saturating_sub(path.len())).unwrap_or_default();
                StateChangeKind::LoadSymbols(LoadSymbols {
                    path: without_zero(path),
                    base: address(24)?,
                    process_id: address(28)?,
                    checksum: fields.u32(32)?,
                    size_of_image: fields.u32(36)?,
                    unload: fields.u8(40)? != 0,
                })
            }
            other => StateChangeKind::Unknown { new_state: other },
        };
        Ok(Self {
            kind,
            alternate: new_state & ALTERNATE != 0,
            processor_level: fields.u16(4)?,
            processor: fields.u16(6)?,
            number_processors: fields.u32(8)?,
            thread: address(12)?,
            program_counter: address(16)?,
            control_report: after.to_vec(),
        })
    }

    /// The body of a packet of type [`PacketType::StateChange64`]: what a target sends.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; CONTROL_REPORT];
        let mut new_state = if self.alternate { ALTERNATE } else { 0 };
        let mut path = Vec::new();
        match &self.kind {
            StateChangeKind::Exception { record, first_chance } => {
                new_state |= EXCEPTION_STATE_CHANGE;
                put(&mut bytes, 32, &record.code.to_le_bytes());
                put(&mut bytes, 36, &record.flags.to_le_bytes());
                put(&mut bytes, 40, &record.record.to_le_bytes());
                put(&mut bytes, 48, &record.address.to_le_bytes());
                put(&mut bytes, 56, &record.number_parameters.to_le_bytes());
                for (value, offset) in record.information.iter().zip((64..).step_by(8)) {
                    put(&mut bytes, offset, &value.to_le_bytes());
                }
                put(&mut bytes, 184, &u32::from(*first_chance).to_le_bytes());
            }
            StateChangeKind::LoadSymbols(load) => {
                new_state |= LOAD_SYMBOLS_STATE_CHANGE;
                if !load.path.is_empty() {
                    path.extend_from_slice(&load.path);
                    path.push(0);
                }
                put(&mut bytes, 32, &crate::fields::count(&path).to_le_bytes());
                put(&mut bytes, 40, &load.base.to_le_bytes());
                put(&mut bytes, 48, &load.process_id.to_le_bytes());
                put(&mut bytes, 56, &load.checksum.to_le_bytes());
                put(&mut bytes, 60, &load.size_of_image.to_le_bytes());
                put(&mut bytes, 64, &[u8::from(load.unload)]);
            }
            StateChangeKind::CommandString { body } => {
                new_state |= COMMAND_STRING_STATE_CHANGE;
                bytes.truncate(32);
                bytes.extend_from_slice(body);
            }
            StateChangeKind::Unknown { new_state: number } => new_state |= number,
        }
        put(&mut bytes, 0, &new_state.to_le_bytes());
        put(&mut bytes, 4, &self.processor_level.to_le_bytes());
        put(&mut bytes, 6, &self.processor.to_le_bytes());
        put(&mut bytes, 8, &self.number_processors.to_le_bytes());
        put(&mut bytes, 16, &self.thread.to_le_bytes());
        put(&mut bytes, 24, &self.program_counter.to_le_bytes());
        bytes.extend_from_slice(&self.control_report);
        bytes.extend_from_slice(&path);
        bytes
    }

    /// Whether two reports are of one and the same stop. A target that is asked for its report again may have built it anew.
    pub fn is_same_stop(&self, other: &Self) -> bool {
        let what = |change: &Self| match &change.kind {
            StateChangeKind::Exception { record, .. } => (record.code, record.address),
            StateChangeKind::LoadSymbols(load) => (load.size_of_image, load.base),
            StateChangeKind::CommandString { .. } => (COMMAND_STRING_STATE_CHANGE, 0),
            StateChangeKind::Unknown { new_state } => (*new_state, 0),
        };
        core::mem::discriminant(&self.kind) == core::mem::discriminant(&other.kind)
            && what(self) == what(other)
            && (self.processor, self.thread, self.alternate) == (other.processor, other.thread, other.alternate)
    }
}

fn exception_record(fields: Fields<'_>) -> Result<ExceptionRecord, DecodeError> {
    let mut information = [0; 15];
    for (place, offset) in information.iter_mut().zip((64..).step_by(8)) {
        *place = fields.u64(offset)?;
    }
    Ok(ExceptionRecord {
        code: fields.u32(32)?,
        flags: fields.u32(36)?,
        record: fields.u64(40)?,
        address: fields.u64(48)?,
        number_parameters: fields.u32(56)?,
        information,
    })
}

/// The path is what the body ends with: the structure before it hasn't the same size on all targets.
fn path(after_fields: &[u8], length: u32) -> Result<&[u8], DecodeError> {
    let announced = usize::try_from(length).unwrap_or(usize::MAX);
    let start = after_fields.len().checked_sub(announced);
    start.and_then(|start| after_fields.get(start..)).ok_or(DecodeError::Announced {
        structure: "load-symbols state change",
        announced,
        available: after_fields.len(),
    })
}

fn without_zero(path: &[u8]) -> Vec<u8> {
    path.split(|&byte| byte == 0).next().unwrap_or_default().to_vec()
}
