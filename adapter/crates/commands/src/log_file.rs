//! `.logopen .logappend .logclose .logfile`: a file that keeps what the console shows.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::date::Date;
use crate::report::{self, Format, Record, Report};
use engine::{OutputLog, Session};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// `.logopen`, `.logappend`
pub static OPEN: Command = Command {
    names: &[".logopen", ".logappend"],
    usage: ".logopen [/t] [/a] [file]",
    summary: "Keeps all output in a file from now on; /t adds process and time to its name, /a (.logappend) keeps what it has",
    run: open,
};

/// `.logclose`
pub static CLOSE: Command = Command {
    names: &[".logclose"],
    usage: ".logclose",
    summary: "Closes the log file",
    run: |invocation| {
        Arguments::new(invocation.arguments, CLOSE.usage).finish()?;
        Ok(Report { records: close(invocation.session).into_iter().collect(), warnings: Vec::new() })
    },
};

/// `.logfile`
pub static SHOW: Command = Command {
    names: &[".logfile"],
    usage: ".logfile",
    summary: "Tells which log file is open",
    run: |invocation| {
        Arguments::new(invocation.arguments, SHOW.usage).finish()?;
        Ok(Report::of(match &invocation.session.output_log {
            Some(log) => about("Log '", log.path(), "' open"),
            None => Record::line("No log file open"),
        }))
    },
};

/// The log's name where none is given.
const DEFAULT_NAME: &str = "kdap.log";

fn open(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, OPEN.usage);
    let mut append = invocation.name == ".logappend";
    let mut stamped = false;
    // A path may begin with a slash, too.
    while let Some(option) = ["/t", "/a", "-t", "-a"].iter().find(|option| is_option(arguments.rest(), option)) {
        append |= option.ends_with('a');
        stamped |= option.ends_with('t');
        arguments.word();
    }
    let name = arguments.take_rest().trim_matches('"');
    let path = PathBuf::from(if name.is_empty() { DEFAULT_NAME } else { name });
    let path = if stamped { with_stamp(&path) } else { path };
    let failed = |error| CommandError::Failed(format!("the log file '{}' can't be opened: {error}", path.display()));
    let mut report = Report::default();
    report.records.extend(close(invocation.session));
    invocation.session.output_log = Some(OutputLog::open(&path, append).map_err(failed)?);
    report.push(about("Opened log file '", &path, "'"));
    Ok(report)
}

fn is_option(rest: &str, option: &str) -> bool {
    rest.strip_prefix(option).is_some_and(|behind| behind.is_empty() || behind.starts_with(char::is_whitespace))
}

/// `crash.log` as `crash_1a2b_2021-02-21_10-20-30.log`: the debugger's process, and the time in UTC.
fn with_stamp(path: &Path) -> PathBuf {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let time = Date::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX)).file_text();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}_{:04x}_{time}{extension}", std::process::id()))
}

/// Closes the log, if one is open; the last line in it says so.
fn close(session: &mut Session) -> Option<Record> {
    let mut log = session.output_log.take()?;
    let record = about("Closing open log file ", log.path(), "");
    // What was closed can't be told otherwise: a write that fails now loses this line only.
    let _ = log.write(&report::text(&Report::of(record.clone())));
    Some(record)
}

fn about(before: &str, path: &Path, behind: &str) -> Record {
    Record::new("logFile").text(before).field("path", path.display().to_string(), Format::Plain).text(behind)
}

/// Adds a command and what came of it to the log, if one is open. A log that can't be written is closed, and the report
/// says so.
pub(crate) fn keep(
    session: &mut Session,
    processor: u32,
    command: &str,
    result: Result<Report, CommandError>,
) -> Result<Report, CommandError> {
    let Some(log) = &mut session.output_log else { return result };
    let output = match &result {
        Ok(report) => report::text(report),
        Err(error) => format!("{error}\n"),
    };
    let Err(error) = log.write(&format!("{processor}: kd> {command}\n{output}")) else { return result };
    session.output_log = None;
    result.map(|mut report| {
        report.warn(format!("the log file was closed: it can't be written: {error}"));
        report
    })
}
