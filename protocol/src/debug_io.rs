//! Text that the target prints, and its prompts (`DBGKD_DEBUG_IO`, packet type 3).

use crate::DecodeError;
use crate::fields::{Fields, count, put};

const STRUCTURE: &str = "debug I/O";
const PRINT_STRING: u32 = 0x3230;
const GET_STRING: u32 = 0x3231;
/// Bytes before the text.
const SIZE: usize = 16;

/// What the target wants printed, or known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugIo {
    /// Level of the processor.
    pub processor_level: u16,
    /// The processor that prints.
    pub processor: u16,
    /// Print or prompt.
    pub kind: DebugIoKind,
}

/// Print or prompt. Texts are in the target's code page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DebugIoKind {
    /// `DbgKdPrintStringApi`.
    Print {
        /// The text.
        text: Vec<u8>,
    },
    /// `DbgKdGetStringApi`: the target waits, with everything stopped, for [`PromptAnswer`].
    Prompt {
        /// The question.
        text: Vec<u8>,
        /// Bytes that the answer may have.
        max_answer: u32,
    },
}

impl DebugIo {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is truncated, announces more text than it has, or is of an unknown kind.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields::new(STRUCTURE, payload);
        let length = fields.u32(8)?;
        let kind = match fields.u32(0)? {
            PRINT_STRING => DebugIoKind::Print { text: fields.following(SIZE, length)?.to_vec() },
            GET_STRING => {
                DebugIoKind::Prompt { text: fields.following(SIZE, length)?.to_vec(), max_answer: fields.u32(12)? }
            }
            api => return Err(DecodeError::UnknownApi { structure: STRUCTURE, api }),
        };
        Ok(Self { processor_level: fields.u16(4)?, processor: fields.u16(6)?, kind })
    }

    /// The body: what a target sends.
    pub fn encode(&self) -> Vec<u8> {
        let (api, text, max_answer) = match &self.kind {
            DebugIoKind::Print { text } => (PRINT_STRING, text, 0),
            DebugIoKind::Prompt { text, max_answer } => (GET_STRING, text, *max_answer),
        };
        encode(api, self.processor_level, self.processor, text, max_answer)
    }
}

/// The answer to a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptAnswer {
    /// Level of the processor that asked.
    pub processor_level: u16,
    /// The processor that asked.
    pub processor: u16,
    /// What was typed, without a line end.
    pub text: Vec<u8>,
}

impl PromptAnswer {
    /// Reads a body: what a target does with it.
    ///
    /// # Errors
    /// When it is truncated, announces more text than it has, or answers no prompt.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields::new("prompt's answer", payload);
        match fields.u32(0)? {
            GET_STRING => Ok(Self {
                processor_level: fields.u16(4)?,
                processor: fields.u16(6)?,
                // LengthOfStringRead stands behind LengthOfPromptString.
                text: fields.following(SIZE, fields.u32(12)?)?.to_vec(),
            }),
            api => Err(DecodeError::UnknownApi { structure: "prompt's answer", api }),
        }
    }

    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = encode(GET_STRING, self.processor_level, self.processor, &self.text, count(&self.text));
        put(&mut bytes, 8, &[0; 4]);
        bytes
    }
}

fn encode(api: u32, level: u16, processor: u16, text: &[u8], second: u32) -> Vec<u8> {
    let mut bytes = vec![0; SIZE];
    put(&mut bytes, 0, &api.to_le_bytes());
    put(&mut bytes, 4, &level.to_le_bytes());
    put(&mut bytes, 6, &processor.to_le_bytes());
    put(&mut bytes, 8, &count(text).to_le_bytes());
    put(&mut bytes, 12, &second.to_le_bytes());
    bytes.extend_from_slice(text);
    bytes
}
