//! `!sym`: whether to tell where symbols are looked for.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use engine::Session;
use symbols::{Attempt, Outcome};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["!sym"],
    usage: "!sym [noisy | quiet]",
    summary: "Tells, or stops telling, each place where symbols and images are looked for, and why a file was refused",
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let mode = arguments.word().map(str::to_ascii_lowercase);
    let session = &mut *invocation.session;
    match mode.as_deref() {
        None => {}
        Some("noisy") => {
            // What was looked for before isn't news.
            session.take_search_news();
            session.settings.noisy_symbols = true;
        }
        Some("quiet") => session.settings.noisy_symbols = false,
        Some(other) => return Err(arguments.usage(format!("unknown mode '{other}'"))),
    }
    arguments.finish()?;
    let noisy = session.settings.noisy_symbols;
    let usage = if mode.is_none() { "!sym <noisy/quiet> - " } else { "" };
    let text = if noisy { "noisy mode" } else { "quiet mode" };
    Ok(Report::of(Record::new("symbolMode").text(usage).field("mode", text, Format::Plain)))
}

/// Puts before a report where symbols were looked for since the last one, if the user wants to know.
pub(crate) fn tell(session: &mut Session, mut report: Report) -> Report {
    if session.settings.noisy_symbols {
        let news = session.take_search_news();
        let records =
            news.iter().flat_map(|(module, attempts)| attempts.iter().map(|attempt| describe(module.name(), attempt)));
        report.records.splice(0..0, records.collect::<Vec<_>>());
    }
    report
}

/// `DBGHELP: /symbols/nt.pdb - file not found`; where another module is meant than the path tells, its name is in JSON.
fn describe(module: &str, attempt: &Attempt) -> Record {
    let used = matches!(attempt.outcome, Outcome::Used(_));
    Record::new("search")
        .text("DBGHELP: ")
        .field("module", module, Format::Hidden)
        .field("path", attempt.path.clone(), Format::Plain)
        .text(" - ")
        .field("outcome", attempt.outcome.to_string(), Format::Plain)
        .field("used", used, Format::Hidden)
}
