//! What a search tried, and what came of it: the matter of `!sym noisy` and of `!lmi`.

use std::fmt;

/// Everything that a search tried, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchLog {
    /// The attempts.
    pub attempts: Vec<Attempt>,
}

/// One place that a search looked at, or passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// A file, or an element of the path that wasn't searched.
    pub path: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is no such file.
    NotFound,
    /// There is one, but it belongs to another build; it was refused.
    Mismatch(Mismatch),
    /// There is one, but it can't be used; the reason.
    Unreadable(String),
    /// It wasn't looked at; the reason.
    Skipped(String),
    /// It was used, by this right.
    Used(Match),
}

/// By what right a file is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// All that can be compared agrees.
    Exact,
    /// An image of the same content with another check sum: it was signed anew.
    SignedAnew(Mismatch),
    /// It belongs to another build, or there is nothing to tell by: the user insisted (`.reload /i`).
    Forced(Mismatch),
}

/// Two files that should be of one build, and aren't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What was asked for.
    pub expected: String,
    /// What the file has.
    pub found: String,
}

impl SearchLog {
    /// Adds an attempt.
    pub fn note(&mut self, path: impl Into<String>, outcome: Outcome) {
        self.attempts.push(Attempt { path: path.into(), outcome });
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} - {}", self.path, self.outcome)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("file not found"),
            Self::Mismatch(mismatch) => write!(f, "mismatched: {mismatch}"),
            Self::Unreadable(reason) => f.write_str(reason),
            Self::Skipped(reason) => f.write_str(reason),
            Self::Used(Match::Exact) => f.write_str("OK"),
            Self::Used(Match::SignedAnew(mismatch)) => write!(f, "OK, signed anew: {mismatch}"),
            Self::Used(Match::Forced(mismatch)) => write!(f, "used although mismatched: {mismatch}"),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}
