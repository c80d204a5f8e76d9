//! The file that the console's output is kept in, besides being shown (`.logopen`).

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An open log file. Every write reaches the file at once: what is worth a log may end in a crash.
#[derive(Debug)]
pub struct OutputLog {
    path: PathBuf,
    file: File,
}

impl OutputLog {
    /// Opens the log at `path`: behind what is there already, or in its place.
    ///
    /// # Errors
    /// When the file can't be opened for writing.
    pub fn open(path: &Path, append: bool) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = if append { options.append(true) } else { options.write(true).truncate(true) };
        Ok(Self { path: path.to_owned(), file: options.create(true).open(path)? })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds text.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())
    }
}
