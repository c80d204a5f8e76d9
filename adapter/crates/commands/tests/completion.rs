//! Completion: what a word may become, and where it starts.

mod support;

use engine::Session;
use support::{output, sample};

/// Checks that `word`, the end of `line`, may become `expected`.
#[track_caller]
fn offers(session: &Session, line: &str, word: &str, expected: &str) {
    let completions = commands::complete(session, line);
    assert_eq!(&line[completions.start..], word, "{line}");
    assert!(completions.candidates.iter().any(|candidate| candidate == expected), "{line}: {completions:?}");
}

#[test]
fn the_first_word_of_each_command_is_a_command() {
    let session = &sample();
    offers(session, ".ec", ".ec", ".ecxr");
    offers(session, "k;.ec", ".ec", ".ecxr");
    offers(session, "k; ", "", ".ecxr");
    offers(session, "!an", "!an", "!analyze");
}

#[test]
fn other_words_are_modules_and_symbols() {
    let session = &mut sample();
    offers(session, "u sam", "sam", "sampledrv!");
    offers(session, "? poi(n", "n", "nt!");
    output(session, "ln nt!KeBugCheckEx"); // loads the symbols
    offers(session, "u nt!KeBugC", "nt!KeBugC", "nt!KeBugCheckEx");
    assert_eq!(commands::complete(session, "u ").candidates, [""; 0], "nothing to go by");
}
