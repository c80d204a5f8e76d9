//! Files of the debugger's machine that the target asks for (`DBGKD_FILE_IO`, packet type 11): replaced drivers, `.kdfiles`.

use crate::fields::{Fields, count, put};
use crate::{DecodeError, Status};

const STRUCTURE: &str = "file I/O";
const CREATE_FILE: u32 = 0x3430;
const READ_FILE: u32 = 0x3431;
const WRITE_FILE: u32 = 0x3432;
const CLOSE_FILE: u32 = 0x3433;
/// Bytes before the path or the data.
const SIZE: usize = 64;

/// What the target asks for. It waits for a [`FileAnswer`] with everything stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRequest {
    /// `DbgKdCreateFileApi`: opens a file.
    Create {
        /// `DesiredAccess`.
        access: u32,
        /// `FileAttributes`.
        attributes: u32,
        /// `ShareAccess`.
        share: u32,
        /// `CreateDisposition`.
        disposition: u32,
        /// `CreateOptions`.
        options: u32,
        /// The path in UTF-16, little-endian, without the terminating zero.
        path: Vec<u16>,
    },
    /// `DbgKdReadFileApi`.
    Read {
        /// What [`FileAnswer::Created`] gave.
        handle: u64,
        /// Bytes from the file's start.
        offset: u64,
        /// Bytes wanted.
        length: u32,
    },
    /// `DbgKdWriteFileApi`.
    Write {
        /// What [`FileAnswer::Created`] gave.
        handle: u64,
        /// Bytes from the file's start.
        offset: u64,
        /// What to write.
        data: Vec<u8>,
    },
    /// `DbgKdCloseFileApi`.
    Close {
        /// What [`FileAnswer::Created`] gave.
        handle: u64,
    },
}

/// What the debugger answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAnswer {
    /// The file is open.
    Created {
        /// Whatever the debugger likes.
        handle: u64,
        /// Bytes of the file.
        length: u64,
    },
    /// Bytes of the file: fewer than asked for at its end.
    Read {
        /// The bytes.
        data: Vec<u8>,
    },
    /// Written.
    Written {
        /// Bytes.
        length: u32,
    },
    /// Closed.
    Closed,
    /// Not possible: [`Status::NO_SUCH_FILE`] at least.
    Refused(Status),
}

impl FileRequest {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is truncated, announces more data than it has, or is of an unknown kind.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields::new(STRUCTURE, payload);
        fields.slice(0, SIZE)?;
        match fields.u32(0)? {
            CREATE_FILE => Ok(Self::Create {
                access: fields.u32(8)?,
                attributes: fields.u32(12)?,
                share: fields.u32(16)?,
                disposition: fields.u32(20)?,
                options: fields.u32(24)?,
                path: characters(fields.rest(SIZE)),
            }),
            READ_FILE => Ok(Self::Read { handle: fields.u64(8)?, offset: fields.u64(16)?, length: fields.u32(24)? }),
            WRITE_FILE => Ok(Self::Write {
                handle: fields.u64(8)?,
                offset: fields.u64(16)?,
                data: fields.following(SIZE, fields.u32(24)?)?.to_vec(),
            }),
            CLOSE_FILE => Ok(Self::Close { handle: fields.u64(8)? }),
            api => Err(DecodeError::UnknownApi { structure: STRUCTURE, api }),
        }
    }

    /// The body: what a target sends.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; SIZE];
        let api = match self {
            Self::Create { access, attributes, share, disposition, options, path } => {
                for (value, offset) in [access, attributes, share, disposition, options].iter().zip((8..).step_by(4)) {
                    put(&mut bytes, offset, &value.to_le_bytes());
                }
                bytes.extend(path.iter().chain(&[0]).flat_map(|unit| unit.to_le_bytes()));
                CREATE_FILE
            }
            Self::Read { handle, offset, length } => {
                put_place(&mut bytes, *handle, *offset, *length);
                READ_FILE
            }
            Self::Write { handle, offset, data } => {
                put_place(&mut bytes, *handle, *offset, count(data));
                bytes.extend_from_slice(data);
                WRITE_FILE
            }
            Self::Close { handle } => {
                put(&mut bytes, 8, &handle.to_le_bytes());
                CLOSE_FILE
            }
        };
        put(&mut bytes, 0, &api.to_le_bytes());
        bytes
    }
}

impl FileAnswer {
    /// The body of the answer to `request`, whose fields it echoes. A refused or unfitting answer is one with a status and nothing else.
    pub fn encode(&self, request: &[u8]) -> Vec<u8> {
        let mut bytes = request.get(..SIZE.min(request.len())).unwrap_or_default().to_vec();
        bytes.resize(SIZE, 0);
        let mut status = Status::SUCCESS;
        match self {
            Self::Created { handle, length } => {
                put(&mut bytes, 32, &handle.to_le_bytes());
                put(&mut bytes, 40, &length.to_le_bytes());
            }
            Self::Read { data } => {
                put(&mut bytes, 24, &count(data).to_le_bytes());
                bytes.extend_from_slice(data);
            }
            Self::Written { length } => put(&mut bytes, 24, &length.to_le_bytes()),
            Self::Closed => {}
            Self::Refused(refusal) => status = *refusal,
        }
        put(&mut bytes, 4, &status.0.to_le_bytes());
        bytes
    }

    /// Reads a body: what a target does with it.
    ///
    /// # Errors
    /// When it is truncated, announces more data than it has, or is of an unknown kind.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields::new("file I/O's answer", payload);
        fields.slice(0, SIZE)?;
        let status = Status(fields.u32(4)?);
        if !status.is_success() {
            return Ok(Self::Refused(status));
        }
        match fields.u32(0)? {
            CREATE_FILE => Ok(Self::Created { handle: fields.u64(32)?, length: fields.u64(40)? }),
            READ_FILE => Ok(Self::Read { data: fields.following(SIZE, fields.u32(24)?)?.to_vec() }),
            WRITE_FILE => Ok(Self::Written { length: fields.u32(24)? }),
            CLOSE_FILE => Ok(Self::Closed),
            api => Err(DecodeError::UnknownApi { structure: "file I/O's answer", api }),
        }
    }
}

fn put_place(bytes: &mut Vec<u8>, handle: u64, offset: u64, length: u32) {
    put(bytes, 8, &handle.to_le_bytes());
    put(bytes, 16, &offset.to_le_bytes());
    put(bytes, 24, &length.to_le_bytes());
}

/// UTF-16 up to a zero or the end.
fn characters(bytes: &[u8]) -> Vec<u16> {
    let units = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok()).map(u16::from_le_bytes);
    units.take_while(|&unit| unit != 0).collect()
}
