//! A console line: commands between semicolons, each a name and its arguments.

use crate::command::Command;
use crate::table::COMMANDS;

/// Commands of which everything to the end of the line is the argument, semicolons included.
const WHOLE_LINE: &[&str] = &[".echo", "*"];

/// Splits a line at the semicolons that stand outside quotes.
pub fn split(line: &str) -> Vec<&str> {
    let mut commands = Vec::new();
    let mut rest = line;
    loop {
        let takes_all = WHOLE_LINE.iter().any(|name| rest.trim_start().starts_with(name));
        let end = if takes_all { None } else { unquoted_semicolon(rest) };
        let (command, after) = match end.and_then(|end| Some((rest.get(..end)?, rest.get(end + 1..)?))) {
            Some((command, after)) => (command, Some(after)),
            None => (rest, None),
        };
        let command = command.trim();
        if !command.is_empty() {
            commands.push(command);
        }
        match after {
            Some(after) => rest = after,
            None => return commands,
        }
    }
}

fn unquoted_semicolon(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, character)| {
        quoted ^= character == '"';
        (character == ';' && !quoted).then_some(at)
    })
}

/// The command that `text` calls, the name that it calls it by, and the arguments behind it.
///
/// Names need no blank behind them where what follows can't belong to a name: `kn5`, `~0s`, `r@rip`, `?1+2`.
pub fn find(text: &str) -> Option<(&'static Command, &'static str, &str)> {
    let text = text.trim();
    let candidates = COMMANDS.iter().flat_map(|command| command.names.iter().map(move |name| (*command, *name)));
    let called = candidates.filter_map(|(command, name)| {
        let start = text.get(..name.len())?;
        let rest = text.get(name.len()..)?;
        let same = if name.starts_with(['.', '!']) { start.eq_ignore_ascii_case(name) } else { start == name };
        (same && ends_name(name, rest)).then_some((command, name, rest.trim()))
    });
    called.max_by_key(|(_, name, _)| name.len())
}

/// Whether a name ends before `rest`.
fn ends_name(name: &str, rest: &str) -> bool {
    let Some(next) = rest.chars().next() else { return true };
    match name.chars().next_back() {
        Some('?' | '~' | '*' | '|') => true,
        _ if name.starts_with(['.', '!']) => !next.is_ascii_alphanumeric() && next != '_',
        _ => !next.is_ascii_alphabetic() && next != '_' && next != '!',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_at_semicolons_outside_quotes() {
        assert_eq!(split("k; r rip ;; x \"a;b\"; .echo a;b"), ["k", "r rip", "x \"a;b\"", ".echo a;b"]);
        assert_eq!(split("  "), Vec::<&str>::new());
    }

    #[test]
    fn the_longest_name_wins_and_arguments_may_touch_it() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            assert_eq!(find(text).map(|(_, name, arguments)| (name, arguments)), expected, "{text}");
        };
        check("kn5", Some(("kn", "5")));
        check("??  a+b", Some(("??", "a+b")));
        check("?1", Some(("?", "1")));
        check("~0s", Some(("~", "0s")));
        check(".ECXR", Some((".ecxr", "")));
        check("!lmi nt", Some(("!lmi", "nt")));
        check("r@rip", Some(("r", "@rip")));
        check("kzz", None);
        check(".ecxrx", None);
    }
}
