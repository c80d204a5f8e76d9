//! `file.ptr`: a store's member that only says where the file is (MS-documented under "Using SymStore", `/p`).
//!
//! ```text
//! PATH:c:\builds\1234\driver.pdb      or the bare path
//! MSG: the build was deleted          there is no file, and why
//! ```

use crate::path::is_share;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Pointers that lead to pointers are followed this often.
const MOST_STEPS: usize = 4;
/// Bytes of the longest pointer: a path of the greatest length, in UTF-8.
const LONGEST: u64 = 3 * 0x8000;

/// The file that the pointer at `path` leads to.
///
/// # Errors
/// In words: unreadable, a message instead of a path, on the network, or in a circle.
pub(super) fn follow(path: &Path) -> Result<PathBuf, String> {
    let mut at = path.to_owned();
    for _ in 0..MOST_STEPS {
        let mut bytes = Vec::new();
        let read = File::open(&at).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
        read.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_matches(|character: char| character.is_whitespace() || character == '\0');
        if let Some(message) = strip_word(text, "MSG:") {
            return Err(message.to_owned());
        }
        let target = strip_word(text, "PATH:").unwrap_or(text);
        if target.is_empty() {
            return Err("the pointer is empty".to_owned());
        }
        if is_share(target) {
            return Err(format!("points to {target}, which isn't on this machine"));
        }
        at = at.parent().unwrap_or(Path::new("")).join(target);
        if !at.file_name().is_some_and(|name| name.eq_ignore_ascii_case("file.ptr")) {
            return Ok(at);
        }
    }
    Err(format!("the pointer leads to a pointer more than {MOST_STEPS} times"))
}

fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then(|| rest.trim())
}
