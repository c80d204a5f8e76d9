//! `bp bu bm ba bl bc bd be`: breakpoints.
//!
//! The commands edit the session's table of breakpoints, and look for what was set. What is in the target follows from
//! the table when it goes on.

mod list;
mod select;
mod set;
#[cfg(test)]
mod tests;

use crate::arguments::Arguments;
use crate::command::{Command, CommandError};
use engine::Session;

/// `bp`, `bu`
pub static SET: Command = Command {
    names: &["bp", "bu"],
    usage: "b{p|u}[id] [/1] [/p process] [/t thread] [/w \"condition\"] [address [passes]] [\"commands\"]",
    summary: "Sets a breakpoint at an address or `module!file:line`; one by bu is looked for again whenever modules are loaded or unloaded",
    run: |invocation| {
        ensure_live(invocation.session)?;
        set::code(invocation.session, invocation.name, invocation.letters, invocation.arguments)
    },
};

/// `bm`
pub static PATTERN: Command = Command {
    names: &["bm"],
    usage: "bm [/1] [/d] [/p process] [/t thread] [/w \"condition\"] module!pattern [passes] [\"commands\"]",
    summary: "Sets a breakpoint at each function whose name matches",
    run: |invocation| {
        ensure_live(invocation.session)?;
        set::pattern(invocation.session, invocation.arguments)
    },
};

/// `ba`
pub static ACCESS: Command = Command {
    names: &["ba"],
    usage: "ba[id] {e|r|w|i}size [/1] [/p process] [/t thread] [/w \"condition\"] [address [passes]] [\"commands\"]",
    summary: "Sets a breakpoint on access: e execute, r read or write, w write, i port; size 1, 2, 4 or 8 bytes",
    run: |invocation| {
        ensure_live(invocation.session)?;
        set::access(invocation.session, invocation.letters, invocation.arguments)
    },
};

/// `bl`
pub static LIST: Command = Command {
    names: &["bl"],
    usage: "bl [/L] [ids]",
    summary: "Lists breakpoints; with /L without their source lines",
    run: |invocation| list::run(invocation.session, invocation.arguments),
};

/// `bc`
pub static CLEAR: Command = Command {
    names: &["bc"],
    usage: "bc {* | ids}",
    summary: "Clears breakpoints: numbers, ranges (2-5), [expressions], \"patterns\" for names, * for all",
    run: |invocation| {
        ensure_live(invocation.session)?;
        select::each(invocation.session, invocation.arguments, CLEAR.usage, |table, id| {
            table.remove(id);
        })
    },
};

/// `bd`
pub static DISABLE: Command = Command {
    names: &["bd"],
    usage: "bd {* | ids}",
    summary: "Disables breakpoints",
    run: |invocation| {
        ensure_live(invocation.session)?;
        select::each(invocation.session, invocation.arguments, DISABLE.usage, |table, id| {
            table.set_enabled(id, false);
        })
    },
};

/// `be`
pub static ENABLE: Command = Command {
    names: &["be"],
    usage: "be {* | ids}",
    summary: "Enables breakpoints",
    run: |invocation| {
        ensure_live(invocation.session)?;
        select::each(invocation.session, invocation.arguments, ENABLE.usage, |table, id| {
            table.set_enabled(id, true);
        })
    },
};

/// Only what runs can be stopped.
///
/// # Errors
/// The target is a dump.
pub(crate) fn ensure_live(session: &Session) -> Result<(), CommandError> {
    match session.target().dump() {
        None => Ok(()),
        Some(_) => Err(CommandError::Failed("a crash dump doesn't run: nothing can be made to stop it".to_owned())),
    }
}

/// Takes a text between quotation marks, with C's escapes; `None` where no quotation mark comes next.
///
/// # Errors
/// It isn't closed.
pub(crate) fn quoted(arguments: &mut Arguments<'_>) -> Result<Option<String>, CommandError> {
    let rest = arguments.rest();
    if !rest.starts_with('"') {
        return Ok(None);
    }
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                *arguments = arguments.with_rest(rest.get(at + 1..).unwrap_or_default());
                return Ok(Some(text));
            }
            '\\' => match characters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                // As in names of files.
                Some((_, other)) => text.extend(['\\', other]),
                None => {}
            },
            other => text.push(other),
        }
    }
    Err(arguments.usage("a \" is missing"))
}
