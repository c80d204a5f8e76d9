//! A console line: commands between semicolons, each a name and its arguments.

use crate::command::Command;
use crate::table::COMMANDS;

/// Commands of which everything to the end of the line is the argument, semicolons included.
const WHOLE_LINE: &[&str] = &[".echo", ".sympath", ".exepath", "*"];
/// The letters that may stand behind the name of a command for stacks, in any order: `kbn`, `kvL`.
const STACK_LETTERS: &[char] = &['b', 'c', 'f', 'L', 'n', 'p', 'P', 'v'];
/// Commands that a breakpoint's number may stand behind: `bp3`.
const NUMBERED: &[&str] = &["bp", "bu", "ba"];

/// A command as it was called.
#[derive(Clone, Copy)]
pub struct Call<'t> {
    /// The command.
    pub command: &'static Command,
    /// The name that it was called by.
    pub name: &'static str,
    /// Option letters right behind the name, of commands that have such.
    pub letters: &'t str,
    /// What follows, without blanks around it.
    pub arguments: &'t str,
}

/// Splits a line at the semicolons that stand outside quotes.
pub fn split(line: &str) -> Vec<&str> {
    let mut commands = Vec::new();
    let mut rest = line;
    loop {
        let start = rest.trim_start();
        let begins_with = |name: &str| start.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let takes_all = WHOLE_LINE.iter().any(|name| begins_with(name));
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

/// The command that `text` calls.
///
/// Names need no blank behind them where what follows can't belong to a name: `kn5`, `~0s`, `r@rip`, `?1+2`; and
/// options may stand right behind some: `kvn`, `lmvm nt`. Capitals and small letters are told apart only where both
/// are names.
pub fn find(text: &str) -> Option<Call<'_>> {
    let text = text.trim();
    let called = |same: fn(&str, &str) -> bool| {
        let names = COMMANDS.iter().flat_map(|command| command.names.iter().map(move |name| (*command, *name)));
        let calls = names.filter_map(|(command, name)| {
            let (start, rest) = text.split_at_checked(name.len())?;
            let (letters, rest) = split_letters(name, rest);
            let called = same(start, name) && ends_name(name, rest);
            called.then_some(Call { command, name, letters, arguments: rest.trim() })
        });
        calls.max_by_key(|call| call.name.len())
    };
    // Case tells `dd` from `dD` and `kp` from `kP`; it doesn't matter where one name alone is meant.
    called(|start, name| start == name).or_else(|| called(str::eq_ignore_ascii_case))
}

fn split_letters<'t>(name: &str, rest: &'t str) -> (&'t str, &'t str) {
    let takes_letters =
        name.strip_prefix('k').is_some_and(|letters| letters.chars().all(|letter| STACK_LETTERS.contains(&letter)));
    let behind = match name {
        _ if takes_letters => rest.trim_start_matches(STACK_LETTERS),
        name if NUMBERED.contains(&name) => rest.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        _ => rest,
    };
    let letters = rest.len() - behind.len();
    rest.split_at_checked(letters).unwrap_or(("", rest))
}

/// Whether a name ends before `rest`.
fn ends_name(name: &str, rest: &str) -> bool {
    let Some(next) = rest.chars().next() else { return true };
    match name.chars().next_back() {
        // Its options take patterns, which may follow at once, too: `lmmnt*`.
        _ if name == "lm" => true,
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
        assert_eq!(split("k; .SYMPATH+ a;b"), ["k", ".SYMPATH+ a;b"]);
        assert_eq!(split("  "), Vec::<&str>::new());
    }

    #[test]
    fn the_longest_name_wins_and_arguments_may_touch_it() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            assert_eq!(find(text).map(|call| (call.name, call.arguments)), expected, "{text}");
        };
        check("kn5", Some(("kn", "5")));
        check("kvnL 5", Some(("kv", "5")));
        check("lmvm nt", Some(("lm", "vm nt")));
        check("??  a+b", Some(("??", "a+b")));
        check("?1", Some(("?", "1")));
        check("~0s", Some(("~", "0s")));
        check(".ECXR", Some((".ecxr", "")));
        check("!lmi nt", Some(("!lmi", "nt")));
        check("r@rip", Some(("r", "@rip")));
        check("dD", Some(("dD", "")));
        check("dd", Some(("dd", "")));
        check("LM m nt", Some(("lm", "m nt")));
        check("K 2", Some(("k", "2")));
        check("R rip", Some(("r", "rip")));
        check("bp3 nt!Foo", Some(("bp", "nt!Foo")));
        check("bp 3", Some(("bp", "3")));
        check("ba r4 3", Some(("ba", "r4 3")));
        check("sxe ld", Some(("sxe", "ld")));
        check("sx- -c \"k\" av", Some(("sx-", "-c \"k\" av")));
        check("kzz", None);
        check(".ecxrx", None);
    }
}
