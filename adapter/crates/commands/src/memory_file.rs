//! `.writemem .readmem`: memory to a file and back.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use engine::Session;
use memory::{ReadVirtualExt, VirtualAddress};
use std::fs::File;
use std::io::{self, Read, Write};

/// `.writemem`
pub static WRITE: Command = Command {
    names: &[".writemem"],
    usage: ".writemem file range",
    summary: "Writes memory to a file, which is replaced",
    run: to_file,
};

/// `.readmem`
pub static READ: Command = Command {
    names: &[".readmem"],
    usage: ".readmem file range",
    summary: "Fills a range of memory with the first bytes of a file",
    run: from_file,
};

/// Bytes that are copied at once.
const CHUNK: u64 = 1 << 16;

fn to_file(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &*invocation.session;
    let mut arguments = Arguments::new(invocation.arguments, WRITE.usage);
    let name = arguments.file_name()?;
    let range = arguments.whole_range(session, 1)?;
    arguments.finish()?;
    let failed = |error: io::Error| CommandError::Failed(format!("the file '{name}' can't be written: {error}"));
    // Memory that can't be read at all leaves the file as it was.
    session.target().u8(range.start)?;
    let mut file = File::create(name).map_err(failed)?;
    let mut done = 0;
    while done < range.count {
        let at = range.start.offset(done);
        let (bytes, error) = session.target().prefix(at, CHUNK.min(range.count - done) as usize);
        file.write_all(&bytes).map_err(failed)?;
        done += bytes.len() as u64;
        let why = match error {
            Some(error) => error.to_string(),
            None if done < range.count && session.cancel_flag().is_cancelled() => CommandError::Cancelled.to_string(),
            None => continue,
        };
        let message = format!("{why}: the file '{name}' is incomplete, it has the first {done:#x} bytes");
        return Err(CommandError::Failed(message));
    }
    Ok(Report::of(progress("Writing ", done)))
}

fn from_file(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &mut *invocation.session;
    let mut arguments = Arguments::new(invocation.arguments, READ.usage);
    let name = arguments.file_name()?;
    let range = arguments.whole_range(session, 1)?;
    arguments.finish()?;
    let failed = |error: io::Error| CommandError::Failed(format!("the file '{name}' can't be read: {error}"));
    let mut file = File::open(name).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if length < range.count {
        let wanted = range.count;
        return Err(CommandError::Failed(format!("the file '{name}' has {length:#x} bytes only, and not {wanted:#x}")));
    }
    let mut done = 0;
    while done < range.count {
        let mut bytes = vec![0; CHUNK.min(range.count - done) as usize];
        let result =
            file.read_exact(&mut bytes).map_err(failed).and_then(|()| put(session, range.start.offset(done), &bytes));
        if let Err(error) = result {
            return Err(if done == 0 { error } else { partly(&error, done) });
        }
        done += bytes.len() as u64;
    }
    Ok(Report::of(progress("Reading ", done)))
}

fn put(session: &mut Session, address: VirtualAddress, bytes: &[u8]) -> Result<(), CommandError> {
    if session.cancel_flag().is_cancelled() {
        return Err(CommandError::Cancelled);
    }
    Ok(session.write_virtual(address, bytes)?)
}

fn partly(error: &CommandError, done: u64) -> CommandError {
    CommandError::Failed(format!("{error}; {done:#x} bytes were written to memory before"))
}

fn progress(what: &str, bytes: u64) -> Record {
    Record::new("copied").text(what).field("bytes", bytes, Format::Hex(1)).text(" bytes.")
}
