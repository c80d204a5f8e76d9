//! `l+ l-`: source mode.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use engine::settings::Settings;

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["l+", "l-", "l+t", "l-t", "l+l", "l-l", "l+*", "l-*", "l+s", "l-s", "l+o", "l-o"],
    usage: "l+|l-[t|l|*]",
    summary: "Shows or sets source options: t steps by source line, l names the source line at stops",
    run,
};

/// An option: its letter, its bit in what the originals show, what it does.
struct SourceOption {
    letter: &'static str,
    bit: u64,
    text: &'static str,
    setting: fn(&mut Settings) -> &mut bool,
}

const OPTIONS: &[SourceOption] = &[
    SourceOption {
        letter: "t",
        bit: 1,
        text: "Step/trace by source line",
        setting: |settings| &mut settings.step_by_line,
    },
    SourceOption {
        letter: "l",
        bit: 2,
        text: "List source line for LN and prompt",
        setting: |settings| &mut settings.show_source_line,
    },
];

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    Arguments::new(invocation.arguments, COMMAND.usage).finish()?;
    let settings = &mut invocation.session.settings;
    let on = invocation.name.starts_with("l+");
    match invocation.name.get(2..).unwrap_or_default() {
        "" => {}
        "*" => OPTIONS.iter().for_each(|option| *(option.setting)(settings) = on),
        letter => match OPTIONS.iter().find(|option| option.letter == letter) {
            Some(option) => *(option.setting)(settings) = on,
            // Off is what they are.
            None if !on => {}
            None => {
                return Err(CommandError::Failed(format!(
                    "{} isn't supported: the editor shows sources",
                    invocation.name
                )));
            }
        },
    }
    Ok(show(settings))
}

fn show(settings: &mut Settings) -> Report {
    let set: Vec<_> = OPTIONS.iter().filter(|option| *(option.setting)(settings)).collect();
    let bits = set.iter().fold(0, |bits, option| bits | option.bit);
    let head =
        Record::new("sourceOptions").text("Source options are ").field("options", bits, Format::Hex(1)).text(":");
    let mut report = Report::of(head);
    for option in &set {
        report.push(Record::line(format!("     {}/{} - {}", option.bit, option.letter, option.text)));
    }
    if set.is_empty() {
        report.push(Record::line("    None"));
    }
    report
}
