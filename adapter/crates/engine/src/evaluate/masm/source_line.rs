//! Source lines in MASM expressions: `` `module!file.c:123` `` ("Source Line Syntax").

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::scope::SourceLine;

impl Evaluator<'_> {
    /// The address of the source line between grave accents that comes next.
    pub(super) fn masm_source_line(&mut self) -> Evaluated<u64> {
        let start = self.cursor.next_token();
        self.cursor.take("`");
        let Some(length) = self.cursor.rest().find('`') else {
            return Err(self.cursor.error(start, Problem::Syntax("a source line ends with `")));
        };
        let text = self.cursor.take_bytes(length);
        self.cursor.take("`");
        let Some(line) = parse(text) else {
            return Err(self.cursor.error(start, Problem::Syntax("a source line is `module!file:line`")));
        };
        match self.scope.source_line(&line) {
            Ok(address) => Ok(self.sign_extended(address.0, false)),
            Err(why) => Err(self.cursor.error(start, Problem::Unavailable(why))),
        }
    }
}

/// `[[module!]file][:line]`; the line is decimal unless it begins with `0x`. A file's path may hold a `:` of its own.
fn parse(text: &str) -> Option<SourceLine> {
    let (place, line) = match text.rsplit_once(':') {
        Some((place, digits)) => match number(digits.trim()) {
            Some(line) => (place, Some(line)),
            None => (text, None),
        },
        None => (text, None),
    };
    let (module, file) = match place.split_once('!') {
        Some((module, file)) => (Some(module), file),
        None => (None, place),
    };
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let parsed = SourceLine { module: module.and_then(given), file: given(file), line };
    (parsed.file.is_some() || parsed.line.is_some()).then_some(parsed)
}

fn number(digits: &str) -> Option<u32> {
    match digits.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => digits.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, module: Option<&str>, file: Option<&str>, line: Option<u32>) {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        assert_eq!(parse(text), Some(SourceLine { module: owned(module), file: owned(file), line }));
    }

    #[test]
    fn every_part_is_optional() {
        check("drv!main.c:43", Some("drv"), Some("main.c"), Some(43));
        check(r"c:\src\main.c:0x10", None, Some(r"c:\src\main.c"), Some(16));
        check(r"c:\src\main.c", None, Some(r"c:\src\main.c"), None);
        check(":43", None, None, Some(43));
        assert_eq!(parse(""), None);
        assert_eq!(parse("nt!"), None);
    }
}
