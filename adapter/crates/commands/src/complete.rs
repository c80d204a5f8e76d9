//! Completion: names of commands, modules and symbols.

use crate::line;
use crate::table::COMMANDS;
use engine::Session;
use symbols::Scope;

/// Most symbols that are offered.
const MAX_SYMBOLS: usize = 200;

/// What a word can be completed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completions {
    /// Where the word starts, in bytes from the start of the line.
    pub start: usize,
    /// Whole words to put in its place.
    pub candidates: Vec<String>,
}

/// Completes the word that `text`, the line up to the cursor, ends with: the first word of a command by command names,
/// others by modules and symbols.
pub fn complete(session: &Session, text: &str) -> Completions {
    let command = line::split(text).last().copied().filter(|_| !text.trim_end().ends_with(';')).unwrap_or_default();
    let word_start = text.rfind(|character: char| " ;()+-*/=,@".contains(character)).map_or(0, |at| at + 1);
    let word = text.get(word_start..).unwrap_or_default();
    let is_first = command.len() <= word.len();
    let mut candidates = if is_first { command_names(word) } else { names(session, word) };
    candidates.sort();
    candidates.dedup();
    Completions { start: word_start, candidates }
}

fn command_names(word: &str) -> Vec<String> {
    let names = COMMANDS.iter().flat_map(|command| command.names);
    names.filter(|name| name.starts_with(word)).map(|name| (*name).to_owned()).collect()
}

fn names(session: &Session, word: &str) -> Vec<String> {
    let modules = session.target().modules();
    if word.is_empty() {
        return Vec::new();
    }
    if word.contains('!') {
        let found = modules.search(&format!("{word}*"), MAX_SYMBOLS, Scope::Loaded);
        return found.symbols.iter().map(ToString::to_string).collect();
    }
    let lower = word.to_lowercase();
    let matching = modules.iter().filter(|module| module.name().to_lowercase().starts_with(&lower));
    matching.map(|module| format!("{}!", module.name())).collect()
}
