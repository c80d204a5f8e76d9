//! `s`: where memory holds a pattern.
//!
//! | file | what |
//! | --- | --- |
//! | `request.rs` | the arguments |
//! | `pieces.rs` | the memory there is in a range, piece by piece |
//! | `pattern.rs` | finding a pattern across pieces |
//! | `strings.rs` | finding text that isn't known (`-sa`, `-su`) |

mod pattern;
mod pieces;
mod request;
mod strings;

use crate::command::{Command, CommandError, Invocation};
use crate::display_memory::{Layout, Source, row};
use crate::report::{Format, Record, Report};
use engine::Session;
use memory::{ReadVirtualExt, VirtualAddress};
use pattern::Matcher;
use pieces::{Piece, Pieces};
use request::{Request, Wanted};
use strings::Strings;

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["s"],
    usage: "s [-[[flags]]b|w|d|q|a|u] range pattern | s -[[flags]]sa|su range (flags: s r n<hits> l<length> 1)",
    summary: "Searches memory for numbers of a size (-b -w -d -q), text (-a -u), or any text (-sa -su)",
    run,
};

/// Most hits that are shown.
const MAX_HITS: usize = 1 << 14;

/// What a search came to.
struct Hits<T> {
    found: Vec<T>,
    /// What it didn't look at, in words.
    incomplete: Option<String>,
}

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let request = Request::parse(invocation, COMMAND.usage)?;
    let session = &mut *invocation.session;
    let (report, addresses) = match &request.wanted {
        Wanted::Strings { unit, length } => strings(session, &request, *unit, *length)?,
        Wanted::Pattern { bytes, unit, layout } => bytes_like(session, &request, (bytes, *unit), layout)?,
    };
    if let Some(most) = request.save {
        session.recall.hits = addresses;
        if session.recall.hits.len() > most {
            session.recall.hits.truncate(most);
            let message = format!("Overflow error: only the first {most} hits are saved");
            return Ok(Report { warnings: vec![message], ..report });
        }
    }
    Ok(report)
}

fn bytes_like(
    session: &Session,
    request: &Request,
    (bytes, unit): (&[u8], usize),
    layout: &str,
) -> Result<(Report, Vec<VirtualAddress>), CommandError> {
    let hits = match request.again {
        true => saved_hits(session, bytes),
        false => {
            let mut matcher = Matcher::new(bytes, unit);
            walk(session, request, |piece| matcher.feed(piece))?
        }
    };
    let source = Source::of(session, false)?;
    let pointer_size = session.target().architecture().pointer_size();
    let format = Format::address(pointer_size);
    let layout = Layout::of(layout, pointer_size);
    let line = |at: &VirtualAddress| match request.addresses_only {
        true => address_only(*at, format),
        false => row(&source, &layout, *at, layout.columns(), format),
    };
    let records = hits.found.iter().map(line).collect();
    Ok((Report { records, warnings: hits.incomplete.into_iter().collect() }, hits.found))
}

fn strings(
    session: &Session,
    request: &Request,
    unit: usize,
    length: usize,
) -> Result<(Report, Vec<VirtualAddress>), CommandError> {
    let mut strings = Strings::new(unit, length);
    let mut hits = walk(session, request, |piece| strings.feed(piece))?;
    hits.found.extend(strings.finish());
    let format = Format::address(session.target().architecture().pointer_size());
    let line = |(at, text): &(VirtualAddress, String)| match request.addresses_only {
        true => address_only(*at, format),
        false => {
            let record = Record::new("text").field("address", *at, format).text("  \"");
            record.field("text", text.clone(), Format::Plain).text("\"")
        }
    };
    let records = hits.found.iter().map(line).collect();
    let report = Report { records, warnings: hits.incomplete.into_iter().collect() };
    Ok((report, hits.found.into_iter().map(|(at, _)| at).collect()))
}

fn address_only(at: VirtualAddress, format: Format) -> Record {
    Record::new("hit").text("0x").field("address", at, format)
}

/// The saved hits that still (or now) match.
fn saved_hits(session: &Session, bytes: &[u8]) -> Hits<VirtualAddress> {
    let matches = |at: &VirtualAddress| session.target().bytes(*at, bytes.len()).is_ok_and(|found| found == bytes);
    Hits { found: session.recall.hits.iter().copied().filter(matches).collect(), incomplete: None }
}

/// Gives every piece of memory in the range to `feed`, until it has found enough.
fn walk<T>(
    session: &Session,
    request: &Request,
    mut feed: impl FnMut(Piece<'_>) -> Vec<T>,
) -> Result<Hits<T>, CommandError> {
    let mut pieces = Pieces::new(session.target(), request.start, request.end);
    let mut hits = Hits { found: Vec::new(), incomplete: None };
    while let Some(piece) = pieces.next() {
        if session.cancel_flag().is_cancelled() {
            return Err(CommandError::Cancelled);
        }
        hits.found.extend(feed(piece));
        if hits.found.len() >= MAX_HITS {
            hits.found.truncate(MAX_HITS);
            hits.incomplete = Some(format!("there may be more than these {MAX_HITS} hits"));
            return Ok(hits);
        }
    }
    hits.incomplete = pieces.gave_up_at().map(|at| format!("the search ended at {at}: there is too much behind it"));
    Ok(hits)
}
