//! The arguments of `dt`.

use super::pattern::FieldPattern;
use crate::arguments::Arguments;
use crate::command::CommandError;

/// How deep `-r` goes where no number follows it; also the largest number that may.
const MAX_RECURSION: usize = 9;

/// How records are displayed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// `-r`: so many levels of records and pointers inside are expanded.
    pub(crate) recursion: usize,
    /// `-b`: records and arrays inside are expanded, pointers aren't.
    pub(crate) blocks: bool,
    /// `-v`: types in full.
    pub(crate) verbose: bool,
    /// `-a`: array elements on lines of their own, at most so many.
    pub(crate) elements: Option<u64>,
    /// `-o`: no offsets.
    pub(crate) no_offsets: bool,
    /// `-i`: no indentation.
    pub(crate) no_indentation: bool,
}

/// What `dt` is asked for.
#[derive(Debug, Default)]
pub(super) struct Request<'t> {
    pub(super) options: Options,
    /// Type, variable or pattern; None where only an address is given.
    pub(super) name: Option<&'t str>,
    /// The name is the beginning of one (`-y`).
    pub(super) name_is_prefix: bool,
    /// The fields to display; all, if there are none.
    pub(super) fields: Vec<FieldPattern>,
    /// What isn't known yet to be a field or an address: that depends on the type.
    pub(super) words: Vec<Word<'t>>,
    /// An expression.
    pub(super) address: Option<&'t str>,
    /// `-l`: the field that links a list.
    pub(super) list: Option<&'t str>,
    /// `-e`, `-t`, `-s`: matching names are listed, even of a name without wildcards.
    pub(super) enumerate: bool,
    /// `-t`: types only.
    pub(super) types_only: bool,
    /// `-s`: only what has this size, in bytes.
    pub(super) size: Option<u64>,
    /// `-d`: each listed type in full.
    pub(super) details: bool,
    /// `-h`: what the arguments are.
    pub(super) help: bool,
}

/// A word behind the name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    /// Elements to display, if it is an array (`-a` before it).
    pub(super) elements: Option<u64>,
}

/// What the options right before a word say of it.
#[derive(Default)]
struct NextWord {
    is_name: bool,
    is_prefix: bool,
    elements: Option<u64>,
}

impl<'t> Request<'t> {
    /// Reads the arguments; `usage` is what messages show.
    pub(super) fn parse(text: &'t str, usage: &'static str) -> Result<Self, CommandError> {
        let error = |message: String| Arguments::new("", usage).usage(message);
        let mut request = Self::default();
        let mut next = NextWord::default();
        let mut words = words(text).into_iter();
        while let Some(word) = words.next() {
            match word.strip_prefix('-').filter(|option| !option.is_empty()) {
                Some(option) => request.option(option, &mut next, &mut words, &error)?,
                None => request.word(word, std::mem::take(&mut next)),
            }
        }
        Ok(request)
    }

    fn option(
        &mut self,
        letters: &'t str,
        next: &mut NextWord,
        words: &mut impl Iterator<Item = &'t str>,
        error: &dyn Fn(String) -> CommandError,
    ) -> Result<(), CommandError> {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            match letter {
                'r' => {
                    let depth = take_number(&mut letters).unwrap_or(MAX_RECURSION as u64);
                    self.options.recursion = usize::try_from(depth).unwrap_or(MAX_RECURSION).min(MAX_RECURSION);
                }
                'a' => next.elements = Some(take_number(&mut letters).unwrap_or(u64::MAX)),
                's' => {
                    let size =
                        words.next().and_then(|size| u64::from_str_radix(size.trim_start_matches("0x"), 16).ok());
                    self.size = Some(size.ok_or_else(|| error("a size is missing behind -s".to_owned()))?);
                    self.enumerate = true;
                }
                'l' => {
                    let field = words.next().ok_or_else(|| error("a field is missing behind -l".to_owned()))?;
                    self.list = Some(field);
                }
                'b' => self.options.blocks = true,
                'v' => self.options.verbose = true,
                'o' => self.options.no_offsets = true,
                'i' => self.options.no_indentation = true,
                'd' => self.details = true,
                'e' => self.enumerate = true,
                't' => (self.enumerate, self.types_only) = (true, true),
                'n' => next.is_name = true,
                'y' => (next.is_name, next.is_prefix) = (true, true),
                // Compact output: each value has one line anyway.
                'c' => {}
                'h' => self.help = true,
                'p' => {
                    return Err(error(
                        "-p: records in physical memory can't be displayed; read it with d* /p".to_owned(),
                    ));
                }
                other => return Err(error(format!("unknown option '-{other}'"))),
            }
        }
        Ok(())
    }

    fn word(&mut self, text: &'t str, said: NextWord) {
        let elements = said.elements;
        match self.name {
            None if said.is_name || !is_address(text) => {
                (self.name, self.name_is_prefix) = (Some(text), said.is_prefix);
                self.options.elements = elements;
            }
            None if self.address.is_none() => (self.address, self.options.elements) = (Some(text), elements),
            Some(_) if said.is_name => self.fields.push(FieldPattern::new(text, said.is_prefix, elements)),
            Some(_) if is_address(text) && self.address.is_none() => {
                self.address = Some(text);
                self.options.elements = self.options.elements.or(elements);
            }
            _ => self.words.push(Word { text, elements }),
        }
    }
}

/// The decimal number that comes next, whose digits are taken.
fn take_number(letters: &mut std::str::Chars<'_>) -> Option<u64> {
    let rest = letters.as_str();
    let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let number = rest.get(..digits)?.parse().ok()?;
    *letters = rest.get(digits..)?.chars();
    Some(number)
}

/// Whether a word can be nothing but an expression: only of hexadecimal digits, or with what no name of a type or field
/// has.
pub(super) fn is_address(word: &str) -> bool {
    let hexadecimal = word.chars().all(|character| character.is_ascii_hexdigit() || character == '`');
    let starts = word.starts_with(|character: char| character.is_ascii_digit() || matches!(character, '@' | '('));
    let is_type = word.starts_with('(') && word.ends_with(')') && !word.contains(['+', '-', '@', '`']);
    hexadecimal || (starts && !is_type) || word.contains(['+', '(']) && !is_type
}

/// Words between blanks; what stands in parentheses or quotes is one.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut depth, mut quoted) = (None, 0usize, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        let separates = character.is_whitespace() && depth == 0 && !quoted;
        match (separates, start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                words.extend(text.get(from..at));
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.and_then(|from| text.get(from..)));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Request<'_> {
        Request::parse(text, "").unwrap()
    }

    #[test]
    fn the_documented_forms_are_understood() {
        let request = parse("nt!_EPROCESS -l ActiveProcessLinks.Flink -y Ima -yoi Uni 814856f0");
        assert_eq!((request.name, request.address), (Some("nt!_EPROCESS"), Some("814856f0")));
        assert_eq!(request.list, Some("ActiveProcessLinks.Flink"));
        assert_eq!(request.fields.len(), 2);
        assert!(request.options.no_offsets && request.options.no_indentation);

        let request = parse("-ca10 ULONG 01002be0");
        assert_eq!((request.name, request.address), (Some("ULONG"), Some("01002be0")));
        assert_eq!(request.options.elements, Some(10));

        let request = parse("0x0100297c MYTYPE1");
        assert_eq!((request.name, request.address), (Some("MYTYPE1"), Some("0x0100297c")));

        let request = parse("nt!_PEB Ldr Ldr. 7ffdf000");
        assert_eq!(request.words.iter().map(|word| word.text).collect::<Vec<_>>(), ["Ldr", "Ldr."]);

        let request = parse("-v -r1 _KTHREAD @$thread");
        assert!(request.options.verbose && request.options.recursion == 1 && request.address == Some("@$thread"));

        let request = parse("-s 2 -v thismodule!*");
        assert!(request.size == Some(2) && request.enumerate && request.options.verbose);
        assert_eq!(parse("(unsigned long) @rsp + 8").name, Some("(unsigned long)"));
        assert!(Request::parse("-z x", "").is_err());
    }

    #[test]
    fn hexadecimal_digits_are_an_address_unless_they_are_called_a_name() {
        assert_eq!(parse("-y ALLEN").name, Some("ALLEN"));
        assert_eq!(parse("A").address, Some("A"));
        assert_eq!(parse("-ny A").name, Some("A"));
        assert_eq!(parse("nt!_FOO (fffffa8062583cb8-0x188)").address, Some("(fffffa8062583cb8-0x188)"));
    }
}
