//! What turned out to be damaged, collected while the rest is used.

use super::SymbolFileError;
use std::sync::{Mutex, PoisonError};

/// More than this many say nothing new.
const LIMIT: usize = 100;

/// The problems of one symbol file.
#[derive(Debug, Default)]
pub(super) struct Problems(Mutex<Vec<SymbolFileError>>);

impl Problems {
    /// Keeps a problem, unless it is known already.
    pub(super) fn note(&self, problem: SymbolFileError) {
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.len() < LIMIT && !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// The value of a result whose error is kept.
    pub(super) fn good<T>(&self, result: Result<T, SymbolFileError>) -> Option<T> {
        result.map_err(|problem| self.note(problem)).ok()
    }

    /// All that were kept.
    pub(super) fn list(&self) -> Vec<SymbolFileError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
