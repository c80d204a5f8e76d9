//! Requests that must be answered soon, whatever the target does: while one of them waits or runs, a question that the
//! target leaves unanswered gives way.

use engine::live::Urgency;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many such requests there are, and whom that concerns.
#[derive(Default)]
pub struct Hurry(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: usize,
    link: Option<Urgency>,
}

/// One such request. When it is dropped, it isn't in a hurry any more.
pub struct InHurry(Arc<Hurry>);

impl Hurry {
    /// Another request is in a hurry.
    pub fn one_more(self: &Arc<Self>) -> InHurry {
        self.change(|state| state.waiting += 1);
        InHurry(Arc::clone(self))
    }

    /// From now on this link's questions give way.
    pub fn concern(&self, link: Urgency) {
        self.change(|state| state.link = Some(link));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state: MutexGuard<'_, State> = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        match &state.link {
            Some(link) if state.waiting > 0 => link.raise(),
            Some(link) => link.lower(),
            None => {}
        }
    }
}

impl Drop for InHurry {
    fn drop(&mut self) {
        self.0.change(|state| state.waiting = state.waiting.saturating_sub(1));
    }
}
