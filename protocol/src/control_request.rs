//! The target asks for a hardware breakpoint, or gives it back (`DBGKD_CONTROL_REQUEST`, packet type 10).

use crate::DecodeError;
use crate::fields::{Fields, put};

const REQUEST_HARDWARE_BREAKPOINT: u32 = 0x4300;
const RELEASE_HARDWARE_BREAKPOINT: u32 = 0x4301;

/// What the target asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlRequest {
    /// It asks, or gives back.
    pub kind: ControlRequestKind,
    /// `HardwareBreakPointNumber`.
    pub number: u32,
    /// `Available` or `Released`: what the answer says.
    pub granted: bool,
}

/// Asked for or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRequestKind {
    /// `DbgKdRequestHardwareBp`.
    RequestHardwareBreakpoint,
    /// `DbgKdReleaseHardwareBp`.
    ReleaseHardwareBreakpoint,
}

impl ControlRequest {
    /// Reads a body, a request's or an answer's.
    ///
    /// # Errors
    /// When it is truncated or of an unknown kind.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields::new("control request", payload);
        let kind = match fields.u32(0)? {
            REQUEST_HARDWARE_BREAKPOINT => ControlRequestKind::RequestHardwareBreakpoint,
            RELEASE_HARDWARE_BREAKPOINT => ControlRequestKind::ReleaseHardwareBreakpoint,
            api => return Err(DecodeError::UnknownApi { structure: "control request", api }),
        };
        Ok(Self { kind, number: fields.u32(4)?, granted: fields.u32(8)? != 0 })
    }

    /// The body, a request's or an answer's.
    pub fn encode(&self) -> Vec<u8> {
        let api = match self.kind {
            ControlRequestKind::RequestHardwareBreakpoint => REQUEST_HARDWARE_BREAKPOINT,
            ControlRequestKind::ReleaseHardwareBreakpoint => RELEASE_HARDWARE_BREAKPOINT,
        };
        let mut bytes = api.to_le_bytes().to_vec();
        put(&mut bytes, 4, &self.number.to_le_bytes());
        put(&mut bytes, 8, &u32::from(self.granted).to_le_bytes());
        bytes
    }
}
