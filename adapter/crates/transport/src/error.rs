//! What stands in the way of a connection for good.

use crate::replay::ReplayError;
use crate::step::Waiting;
use std::io;
use std::path::PathBuf;

/// Why there is no connection, where waiting doesn't help.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A kind of endpoint that this system doesn't have.
    #[error("{endpoint}: this system has no {what}; {instead}")]
    NotOnThisSystem {
        /// The endpoint.
        endpoint: String,
        /// What it would be.
        what: &'static str,
        /// What there is.
        instead: &'static str,
    },
    /// The system forbids it.
    #[error("{endpoint} may not be opened ({source}): {advice}")]
    PermissionDenied {
        /// The endpoint.
        endpoint: String,
        /// What to do.
        advice: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// Something else has this name.
    #[error("{endpoint} is no {what}")]
    WrongKind {
        /// The endpoint.
        endpoint: String,
        /// What it should be.
        what: &'static str,
    },
    /// Anything else that the system says.
    #[error("{endpoint} can't be opened: {source}")]
    Failed {
        /// The endpoint.
        endpoint: String,
        /// The system's error.
        source: io::Error,
    },
    /// The recording to play isn't one, or is at its end.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The file to record into can't be had.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Why nothing can be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file can't be created or written.
    #[error("record={}: {source}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file that is no recording would be lost.
    #[error("record={}: there is a file of that name that is no recording; it is left alone, choose another name", path.display())]
    NotARecording {
        /// The file.
        path: PathBuf,
    },
    /// The recording that is being played would be lost.
    #[error("record={} is the recording that is played; choose another name", path.display())]
    SameAsReplay {
        /// The file.
        path: PathBuf,
    },
}

/// How one attempt to open an endpoint ended, if not well.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// Trying again helps, some time.
    Wait(Waiting),
    /// It doesn't.
    Fail(ConnectError),
}

impl From<ConnectError> for Obstacle {
    fn from(error: ConnectError) -> Self {
        Self::Fail(error)
    }
}
