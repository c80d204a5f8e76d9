//! `.echo` and `*`: text for whoever reads the output, and for whoever reads the commands.

use crate::command::Command;
use crate::report::{Record, Report};

/// `.echo`
pub static COMMAND: Command = Command {
    names: &[".echo"],
    usage: ".echo text",
    summary: "Displays the rest of the line, semicolons included",
    run: |invocation| {
        let text = invocation.arguments;
        let unquoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        Ok(Report::of(Record::line(unquoted.unwrap_or(text))))
    },
};

/// `*`
pub static COMMENT: Command = Command {
    names: &["*"],
    usage: "* comment",
    summary: "Does nothing: the rest of the line is a comment",
    run: |_| Ok(Report::default()),
};
