//! `sx sxe sxd sxn sxi sx- sxr`: which exceptions and events stop the target.
//!
//! MS-documented "sx, sxd, sxe, sxi, sxn, sxr, sx- (Set Exceptions)".

use crate::arguments::Arguments;
use crate::breakpoints::{ensure_live, quoted};
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use engine::Session;
use engine::event_filters::{BreakStatus, EventFilter, EventFilters, ExceptionFilter, HandlingStatus, Part, Selected};

/// `sx`
pub static SHOW: Command = Command {
    names: &["sx"],
    usage: "sx",
    summary: "Lists exceptions and events, and whether they stop the target and are handled",
    run: |invocation| {
        Arguments::new(invocation.arguments, SHOW.usage).finish()?;
        Ok(show(&invocation.session.event_filters))
    },
};

/// `sxe` and its relatives
pub static SET: Command = Command {
    names: &["sxe", "sxd", "sxn", "sxi", "sx-"],
    usage: "sx{e|d|n|i|-} [-c \"commands\"] [-c2 \"commands\"] [-h] {code[:argument] | number | *}",
    summary: "Sets what an exception or event does: e stop, d stop if unhandled, n tell, i ignore, - only commands; -h whether it is handled",
    run: |invocation| {
        ensure_live(invocation.session)?;
        set(invocation)
    },
};

/// `sxr`
pub static RESET: Command = Command {
    names: &["sxr"],
    usage: "sxr",
    summary: "Resets all exceptions and events",
    run: |invocation| {
        ensure_live(invocation.session)?;
        Arguments::new(invocation.arguments, RESET.usage).finish()?;
        invocation.session.event_filters = EventFilters::default();
        Ok(Report::default())
    },
};

/// What to set.
struct Request {
    /// `None` of `sx-`.
    status: Option<BreakStatus>,
    /// `-h`
    handling: bool,
    first_command: Option<String>,
    second_command: Option<String>,
}

fn set(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &mut *invocation.session;
    let mut arguments = Arguments::new(invocation.arguments, SET.usage);
    let status = match invocation.name {
        "sxe" => Some(BreakStatus::Break),
        "sxd" => Some(BreakStatus::SecondChance),
        "sxn" => Some(BreakStatus::Output),
        "sxi" => Some(BreakStatus::Ignore),
        _ => None,
    };
    let mut request = Request { status, handling: false, first_command: None, second_command: None };
    while let Some(behind) = arguments.rest().strip_prefix(['-', '/']) {
        let (option, behind) = match behind {
            behind if behind.starts_with("c2") => behind.split_at(2),
            behind => behind.split_at_checked(1).unwrap_or((behind, "")),
        };
        arguments = arguments.with_rest(behind);
        match option {
            "h" => request.handling = true,
            "c" => request.first_command = Some(commands(&mut arguments)?),
            "c2" => request.second_command = Some(commands(&mut arguments)?),
            other => return Err(arguments.usage(format!("unknown option '-{other}'"))),
        }
    }
    let rest = arguments.rest();
    let (code, argument) = rest.split_at(rest.find([':', ' ', '\t']).unwrap_or(rest.len()));
    let argument = argument.trim_start_matches([':', ' ', '\t']);
    if code.is_empty() {
        return Err(arguments.usage("the code of an exception or event is missing"));
    }
    let selected = match EventFilters::select(code) {
        Some(selected) => selected,
        None => Selected::Exceptions(vec![number(session, &mut arguments)?], Part::Break),
    };
    if !argument.is_empty() && !matches!(&selected, Selected::Event(event) if event.takes_argument()) {
        return Err(arguments.usage(format!("extra characters: '{argument}'")));
    }
    apply(&mut session.event_filters, selected, argument, request).map_err(|why| arguments.usage(why))?;
    Ok(Report::default())
}

fn commands(arguments: &mut Arguments<'_>) -> Result<String, CommandError> {
    quoted(arguments)?.ok_or_else(|| arguments.usage("commands in quotation marks are missing"))
}

/// An exception's number, in the current radix.
fn number(session: &Session, arguments: &mut Arguments<'_>) -> Result<u32, CommandError> {
    let text = arguments.rest();
    let unknown = || arguments.usage(format!("'{text}' is no exception or event"));
    let mut rest = arguments.with_rest(text);
    let number = rest.number(session).ok().flatten().filter(|_| rest.rest().is_empty());
    let number = number.ok_or_else(unknown)?;
    // Numbers of 32 bits may have been sign-extended.
    match number {
        0..=0xffff_ffff | 0xffff_ffff_8000_0000.. => Ok(number as u32),
        _ => Err(unknown()),
    }
}

/// The error says in words what doesn't go together.
fn apply(filters: &mut EventFilters, selected: Selected, argument: &str, request: Request) -> Result<(), &'static str> {
    match selected {
        Selected::Event(_) if request.handling => return Err("-h is for exceptions, not for events"),
        Selected::Event(_) if request.second_command.is_some() => return Err("events have no second chance"),
        Selected::Event(event) => {
            let Some(filter) = filters.event_mut(event) else { return Ok(()) };
            filter.status = request.status.unwrap_or(filter.status);
            if request.status.is_some() || !argument.is_empty() {
                filter.argument = Some(argument.to_owned()).filter(|argument| !argument.is_empty());
            }
            filter.command = request.first_command.or(filter.command.take());
        }
        Selected::Exceptions(numbers, part) => {
            numbers.into_iter().for_each(|number| change(filters.exception_mut(number), &request, part));
        }
        Selected::Others => change(filters.others_mut(), &request, Part::Break),
    }
    Ok(())
}

fn change(filter: &mut ExceptionFilter, request: &Request, part: Part) {
    if let Some(status) = request.status {
        match (part, status) {
            (Part::Break, _) if !request.handling => filter.status = status,
            (_, BreakStatus::Break) => filter.handling = HandlingStatus::Handled,
            (_, _) => filter.handling = HandlingStatus::NotHandled,
        }
    }
    filter.first_command = request.first_command.clone().or(filter.first_command.take());
    filter.second_command = request.second_command.clone().or(filter.second_command.take());
}

fn show(filters: &EventFilters) -> Report {
    let mut report = Report::default();
    filters.events().iter().for_each(|filter| show_event(filter, &mut report));
    report.push(Record::new("blank"));
    filters.exceptions().iter().chain(filters.numbered()).for_each(|filter| show_exception(filter, &mut report));
    report.push(Record::new("blank"));
    show_exception(filters.others(), &mut report);
    report
}

fn row(code: String, name: String) -> Record {
    Record::new("filter")
        .field("code", code, Format::Right(4))
        .text(" - ")
        .field("name", name, Format::Plain)
        .text(" - ")
}

fn show_event(filter: &EventFilter, report: &mut Report) {
    let event = filter.event;
    let record = row(event.code().to_owned(), event.name().to_owned());
    report.push(record.field("break", filter.status.to_string(), Format::Plain));
    if let Some(argument) = &filter.argument {
        let record = Record::new("detail").text("       (only break for ");
        report.push(record.field("argument", argument.clone(), Format::Plain).text(")"));
    }
    show_command("Command", filter.command.as_ref(), report);
}

fn show_exception(filter: &ExceptionFilter, report: &mut Report) {
    let kind = &filter.kind;
    let number = kind.number.map(|number| format!("{number:08x}"));
    let code = kind.code.map(str::to_owned).or(number).unwrap_or_default();
    let record = row(code, kind.name.to_owned()).field("break", filter.status.to_string(), Format::Plain);
    let handling = filter.handling.to_string();
    match kind.handling_code {
        Some(code) => {
            report.push(record);
            let record = row(code.to_owned(), format!("{} continue", kind.name));
            report.push(record.field("handling", handling, Format::Plain));
        }
        None => report.push(record.text(" - ").field("handling", handling, Format::Plain)),
    }
    show_command("Command", filter.first_command.as_ref(), report);
    show_command("Second-chance command", filter.second_command.as_ref(), report);
}

fn show_command(label: &str, command: Option<&String>, report: &mut Report) {
    if let Some(command) = command {
        let record = Record::new("detail").text(format!("       {label}: \""));
        report.push(record.field("command", command.clone(), Format::Plain).text("\""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report;
    use engine::target::OpenOptions;
    use std::path::Path;

    fn session() -> Session {
        let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples/crash/sample.dmp");
        Session::open(&dump, &OpenOptions::default()).unwrap()
    }

    fn run(session: &mut Session, line: &str) -> Result<Report, CommandError> {
        let crate::line::Call { name, letters, arguments, .. } = crate::line::find(line).unwrap();
        set(&mut Invocation { session, name, letters, arguments })
    }

    /// Runs a command, and checks which lines of `sx` are other ones than by default.
    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let session = &mut session();
        let default = report::text(&show(&session.event_filters));
        run(session, line).unwrap();
        let text = report::text(&show(&session.event_filters));
        let changed: Vec<&str> = text.lines().filter(|line| default.lines().all(|known| known != *line)).collect();
        assert_eq!(changed, expected, "{line}");
    }

    #[track_caller]
    fn refuse(line: &str, why: &str) {
        let session = &mut session();
        let error = run(session, line).unwrap_err().to_string();
        assert!(error.contains(why), "{line}: {error}");
        assert_eq!(session.event_filters, EventFilters::default(), "{line}");
    }

    /// The form is that of the example in MS-documented "sx (Set Exceptions)" (` av - Access violation - break - not
    /// handled`), the defaults those of "Controlling Exceptions and Events".
    #[test]
    fn the_list_has_the_documented_form_and_defaults() {
        let text = report::text(&show(&EventFilters::default()));
        for line in [
            "  ct - Create thread - ignore",
            "  ld - Load module - output",
            " ser - System error - ignore",
            " ibp - Initial breakpoint - ignore",
            "  av - Access violation - break - not handled",
            " bpe - Break instruction exception - break",
            "bpec - Break instruction exception continue - handled",
            "  eh - C++ EH exception - second-chance break - not handled",
            "dbce - Debugger command exception - ignore - handled",
            "  hc - Invalid handle continue - not handled",
            " wob - WOW64 breakpoint - break - handled",
            "   * - Other exception - second-chance break - not handled",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn break_status_handling_status_and_commands_are_set() {
        check("sxd av", &["  av - Access violation - second-chance break - not handled"]);
        check("sxn AV", &["  av - Access violation - output - not handled"]);
        check("sxi c0000005", &["  av - Access violation - ignore - not handled"]);
        check("sxe -h av", &["  av - Access violation - break - handled"]);
        check("sxi bpec", &["bpec - Break instruction exception continue - not handled"]);
        check("sxd -h sse", &["ssec - Single step exception continue - not handled"]);
        check("sx- -c \"r ebx\" av", &["       Command: \"r ebx\""]);
        check("sxe -c\"k\" -c2 \"r;k\" av", &["       Command: \"k\"", "       Second-chance command: \"r;k\""]);
        check("sxe *", &["   * - Other exception - break - not handled"]);
        check("sxi 0x3c", &["0000003c - Unknown exception - ignore - not handled"]);
        check("sxi cce", &[" cce - Control-Break exception - ignore", " cce - Control-C exception - ignore"]);
    }

    #[test]
    fn events_take_what_they_are_for() {
        let load = ["  ld - Load module - break", "       (only break for sampledrv*)"];
        check("sxe ld:sampledrv*", &load);
        check("sxe ld sampledrv*", &load);
        check("sxe ld", &load[..1]);
        check("sxe -c \"k\" ser", &[" ser - System error - break", "       Command: \"k\""]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        refuse("sxe", "is missing");
        refuse("sxe nonsense", "'nonsense' is no exception or event");
        refuse("sxe -h ld", "-h is for exceptions");
        refuse("sxe -c k av", "commands in quotation marks are missing");
        refuse("sxe av:1", "extra characters");
        refuse("sxe -x av", "unknown option '-x'");
        refuse("sxe 123456789", "is no exception or event");
    }
}
