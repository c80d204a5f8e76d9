//! The breakpoint instructions that are in a target, in a small file: a debugger that is killed can't take them out, but the
//! next one that attaches can.
//!
//! ```text
//! kdap breakpoints 1
//! kernel fffff80310000000 19041
//! fffff80320001730 3 48
//! ```
//!
//! A line for each: address, the target's handle (`?` before it has answered), the bytes underneath, and `image` where the
//! image's file has told those. The file is named after the
//! connection, and is there only while the target has breakpoints.

use super::Inserted;
use kd_protocol::Version;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const HEADING: &str = "kdap breakpoints 1";
/// A journal is never longer: NT has 32 breakpoints.
const MAX_LENGTH: u64 = 64 << 10;
/// Characters of the connection string that the file's name has.
const MAX_NAME: usize = 40;

/// A target's journal.
#[derive(Debug)]
pub(crate) struct Journal {
    path: Option<PathBuf>,
}

/// What a journal says, of which kernel.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Leftovers {
    kernel: String,
    /// By address.
    pub(crate) breakpoints: BTreeMap<u64, Leftover>,
}

/// A breakpoint instruction that a debugger left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leftover {
    /// What the target knows it by, if it had told.
    pub(crate) handle: Option<u32>,
    /// The bytes underneath.
    pub(crate) original: Vec<u8>,
    /// The image's file has told them: the target may have had others.
    pub(crate) from_image: bool,
}

impl Journal {
    /// No journal: of a recording that is played, nothing is left anywhere.
    pub(crate) fn none() -> Self {
        Self { path: None }
    }

    /// The journal of a connection; none where this system has no place for such files.
    pub(crate) fn of(connection: &str) -> Self {
        Self { path: folder().map(|folder| folder.join(file_name(connection))) }
    }

    /// Writes down what is in the target now, in place of what was written before.
    pub(crate) fn write(&self, version: Option<Version>, inserted: &BTreeMap<u64, Inserted>) {
        let (Some(path), Some(version)) = (&self.path, version) else { return };
        let written = if inserted.is_empty() { remove(path) } else { replace(path, &text(&version, inserted)) };
        if let Err(error) = written {
            tracing::warn!(path = %path.display(), %error, "the journal of breakpoints can't be written");
        }
    }

    /// What an earlier debugger left in this kernel. Another boot's, whose kernel lies elsewhere, is forgotten.
    pub(crate) fn leftovers(&self, version: &Version) -> Option<Leftovers> {
        let path = self.path.as_deref()?;
        let small = fs::metadata(path).is_ok_and(|file| file.len() <= MAX_LENGTH);
        let found = small.then(|| fs::read_to_string(path).ok()).flatten().and_then(|text| parse(&text));
        found.filter(|found| found.kernel == kernel(version))
    }
}

fn kernel(version: &Version) -> String {
    format!("kernel {:016x} {}", version.kernel_base, version.minor)
}

fn text(version: &Version, inserted: &BTreeMap<u64, Inserted>) -> String {
    let mut text = format!("{HEADING}\n{}\n", kernel(version));
    for (address, Inserted { handle, original, from_image }) in inserted {
        let handle = handle.map_or_else(|| "?".to_owned(), |handle| handle.to_string());
        let original: String = original.iter().map(|byte| format!("{byte:02x}")).collect();
        let source = if *from_image { " image" } else { "" };
        text.push_str(&format!("{address:016x} {handle} {original}{source}\n"));
    }
    text
}

/// A file that isn't a journal, or a damaged one, says nothing.
fn parse(text: &str) -> Option<Leftovers> {
    let mut lines = text.lines();
    lines.next().filter(|heading| *heading == HEADING)?;
    let kernel = lines.next()?.to_owned();
    let mut breakpoints = BTreeMap::new();
    for line in lines {
        let mut words = line.split(' ');
        let address = u64::from_str_radix(words.next()?, 16).ok()?;
        let handle = match words.next()? {
            "?" => None,
            handle => Some(handle.parse().ok()?),
        };
        let original = words.next()?;
        let digits = |at: usize| u8::from_str_radix(original.get(at..at + 2)?, 16).ok();
        let original: Option<Vec<u8>> = (0..original.len()).step_by(2).map(digits).collect();
        let from_image = words.next() == Some("image");
        breakpoints.insert(address, Leftover { handle, original: original?, from_image });
    }
    Some(Leftovers { kernel, breakpoints })
}

/// A killed debugger must leave the old file or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(new, path)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Where programs keep their state on this system.
fn folder() -> Option<PathBuf> {
    let from = |variable| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = if cfg!(windows) {
        from("LOCALAPPDATA")?
    } else if cfg!(target_os = "macos") {
        from("HOME")?.join("Library/Application Support")
    } else {
        from("XDG_STATE_HOME").or_else(|| Some(from("HOME")?.join(".local/state")))?
    };
    Some(state.join("kdap"))
}

/// Readable, and one for each connection: its characters as far as file names can have them, and a number of all of it (FNV-1a).
fn file_name(connection: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let start: String = connection.chars().map(plain).take(MAX_NAME).collect();
    let number = connection
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |number, byte| (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{start}-{number:016x}.breakpoints")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(kernel_base: u64) -> Version {
        Version { kernel_base, minor: 19041, ..Version::default() }
    }

    fn some() -> BTreeMap<u64, Inserted> {
        let first = Inserted { handle: Some(3), original: vec![0x48], from_image: false };
        let second = Inserted { handle: None, original: vec![0xf3, 0x0f], from_image: true };
        BTreeMap::from([(0x1000, first), (u64::MAX, second)])
    }

    #[test]
    fn what_was_written_is_read_again_by_the_same_kernel_only() {
        let folder = env::temp_dir().join(format!("kdap-journal-{}", std::process::id()));
        let journal = Journal { path: Some(folder.join(file_name("unix:/tmp/kd"))) };
        journal.write(Some(version(7)), &some());
        let found = journal.leftovers(&version(7)).unwrap().breakpoints;
        let told: Vec<_> =
            found.into_iter().map(|(at, left)| (at, left.handle, left.original, left.from_image)).collect();
        assert_eq!(told, [(0x1000, Some(3), vec![0x48], false), (u64::MAX, None, vec![0xf3, 0x0f], true)]);
        assert_eq!(journal.leftovers(&version(8)), None);
        journal.write(Some(version(7)), &BTreeMap::new());
        assert_eq!(journal.leftovers(&version(7)), None);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_damaged_journal_says_nothing() {
        let good = text(&version(7), &some());
        assert!(parse(&good).is_some());
        for bad in
            [good.replacen('1', "2", 1), good.replace("48", "4x"), good.replace("48", "4"), good.replace('?', "")]
        {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }

    #[test]
    fn connections_have_journals_of_their_own() {
        assert_ne!(file_name("unix:/tmp/kd"), file_name("unix:/tmp-kd"));
        assert!(file_name(r"com:pipe,port=\\.\pipe\kd").starts_with("com-pipe-port-----pipe-kd-"));
    }
}
