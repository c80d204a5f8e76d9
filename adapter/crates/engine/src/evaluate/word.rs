//! Where words end in either syntax: numbers, symbol names, register names.

use super::Syntax;

/// Whether this character belongs to a word of MASM syntax that has begun. `?` and `@` are part of decorated names.
pub(super) fn continues_masm(character: char) -> bool {
    continues_cpp(character) || matches!(character, '?' | '@')
}

/// Whether this character belongs to a word of C++ syntax that has begun.
pub(super) fn continues_cpp(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// Bytes of the word that `text` begins with; 0 if it begins with none.
///
/// `!` separates module and symbol, `::` class and member. Behind a module name stand decorated names (`nt!?x@@3HA`) and
/// names with a grave accent (``nt!`vftable'``, up to the apostrophe) too. In MASM syntax decorated names need no
/// module, `.` is part of names (not at their end), and a grave accent part of hexadecimal numbers.
pub(super) fn length(text: &str, syntax: Syntax) -> usize {
    let mut end = 0;
    loop {
        let word = text.get(..end).unwrap_or_default();
        let rest = text.get(end..).unwrap_or_default();
        match next(word, rest, syntax) {
            0 => return end,
            taken => end += taken,
        }
    }
}

/// Bytes of `rest` that belong to `word` before it; 0 where the word ends.
fn next(word: &str, rest: &str, syntax: Syntax) -> usize {
    let mut characters = rest.chars();
    let Some(first) = characters.next() else { return 0 };
    let second = characters.next();
    let masm = syntax == Syntax::Masm;
    let symbol = word.split_once('!').map(|(_, symbol)| symbol);
    let decorated = masm || symbol.is_some_and(|symbol| symbol.starts_with('?'));
    match first {
        '!' if symbol.is_none() => second.is_some_and(|c| continues_masm(c) || c == '`').into(),
        ':' if second == Some(':') && (masm || !word.is_empty()) => 2,
        '~' if word.ends_with("::") => 1,
        '.' if masm && !word.is_empty() && second.is_some_and(continues_masm) => 1,
        '`' if symbol.is_some() => rest.find('\'').map_or(0, |apostrophe| apostrophe + 1),
        '`' if masm && is_hexadecimal(word) => 1,
        '?' if symbol == Some("") => 1,
        other if continues_cpp(other) || decorated && continues_masm(other) => other.len_utf8(),
        _ => 0,
    }
}

fn is_hexadecimal(word: &str) -> bool {
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
    !word.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit() || c == '`')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(syntax: Syntax, text: &str, word: &str) {
        assert_eq!(&text[..length(text, syntax)], word, "{text}");
    }

    #[test]
    fn words_end_where_an_operator_begins() {
        for syntax in [Syntax::Masm, Syntax::Cpp] {
            check(syntax, "nt!KeBugCheckEx+0x10", "nt!KeBugCheckEx");
            check(syntax, "a!=b", "a");
            check(syntax, "!fade*2", "!fade");
            check(syntax, "$!lime", "$!lime");
            check(syntax, "foo!CFoo::~CFoo-1", "foo!CFoo::~CFoo");
            check(syntax, "foo!`anonymous namespace'::bar+1", "foo!`anonymous namespace'::bar");
            check(syntax, "nt!?x@@YAXXZ.", "nt!?x@@YAXXZ");
        }
    }

    #[test]
    fn numbers_and_dots_belong_to_masm_words() {
        check(Syntax::Masm, "fffff804`7bdf5a80)", "fffff804`7bdf5a80");
        check(Syntax::Masm, "0x0`80000000&1", "0x0`80000000");
        check(Syntax::Masm, "nt!Foo.cold ", "nt!Foo.cold");
        check(Syntax::Masm, "foo`1`", "foo");
        check(Syntax::Masm, "_Foo@4+1", "_Foo@4");
        check(Syntax::Masm, ".", "");
        check(Syntax::Cpp, "p.member", "p");
        check(Syntax::Cpp, "p?1:2", "p");
    }
}
