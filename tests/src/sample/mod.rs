//! The sample crashes: machines that really crashed, to be written as a dump of any kind, and what has to be shown of
//! them.
//!
//! `samples/README.md` says what happened in them. What has to be shown was found out by other tools, see there.

mod memory;
mod small_dump;
mod snapshot;

use crate::dump_writer::Machine;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// How the driver that crashed was compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// -O0.
    O0,
    /// -O2.
    O2,
}

impl Build {
    /// Both.
    pub const ALL: [Self; 2] = [Self::O0, Self::O2];

    fn name(self) -> &'static str {
        match self {
            Self::O0 => "O0",
            Self::O2 => "O2",
        }
    }

    /// The machine as it crashed, with all that a dump of it says.
    pub fn machine(self) -> Machine {
        let path = samples().join(format!("crash/{}.snap", self.name()));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        snapshot::machine(&bytes)
    }

    /// The dump of it that is bundled: `samples/crash.py` wrote it, not the dump writer.
    pub fn bundled_dump(self) -> PathBuf {
        samples().join(match self {
            Self::O0 => "crash/O0.dmp",
            Self::O2 => "crash/sample.dmp",
        })
    }

    /// What has to be shown of it: `crash/*.expected.json`.
    pub fn expected(self) -> Value {
        let path = samples().join(format!("crash/{}.expected.json", self.name()));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).expect("JSON")
    }

    /// The folders of its symbols and images.
    pub fn folders(self) -> [PathBuf; 2] {
        [samples().join("minint/bin"), samples().join("driver").join(self.name())]
    }

    /// The same as a symbol path.
    pub fn symbol_path(self) -> String {
        self.folders().map(|folder| folder.display().to_string()).join(";")
    }
}

/// The folder of the samples.
fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}
