//! Numbers that stand for things in the editor: `frameId`, `variablesReference`, `locationReference`.
//!
//! A number is good for one stop. The next stop gets numbers of its own, so that a stale one is recognised and refused
//! instead of naming something else. Within a stop the same thing keeps its number, so that a tree that is fetched
//! again doesn't collapse.

use std::collections::HashMap;
use std::hash::Hash;

/// The largest number that the protocol takes.
const LAST: i64 = i32::MAX as i64;

/// Numbers for values of one kind.
#[derive(Debug)]
pub struct Handles<K, V> {
    /// Number of the first value of this stop.
    first: i64,
    values: Vec<V>,
    numbers: HashMap<K, i64>,
}

/// Why a number stands for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHandle {
    /// It was good in an earlier stop.
    #[error("was good in an earlier stop, and isn't any more")]
    Stale,
    /// It was never given.
    #[error("was never given")]
    Unknown,
}

impl<K: Eq + Hash, V> Default for Handles<K, V> {
    fn default() -> Self {
        Self { first: 1, values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<K: Eq + Hash, V> Handles<K, V> {
    /// The number for what `key` names in this stop, which from now on stands for `value`. `None` when all 2³¹ numbers
    /// were used up.
    pub fn number(&mut self, key: K, value: V) -> Option<i64> {
        if let Some(&number) = self.numbers.get(&key) {
            if let Some(slot) = self.index(number).and_then(|index| self.values.get_mut(index)) {
                *slot = value;
            }
            return Some(number);
        }
        let number = self.next();
        if number > LAST {
            return None;
        }
        self.values.push(value);
        self.numbers.insert(key, number);
        Some(number)
    }

    /// What `number` stands for.
    ///
    /// # Errors
    /// [`BadHandle`] for a number of an earlier stop, or that was never given.
    pub fn get(&self, number: i64) -> Result<&V, BadHandle> {
        let value = self.index(number).and_then(|index| self.values.get(index));
        value.ok_or(if (1..self.first).contains(&number) { BadHandle::Stale } else { BadHandle::Unknown })
    }

    /// A new stop: all numbers given so far become stale.
    pub fn begin_stop(&mut self) {
        self.first = self.next();
        self.values.clear();
        self.numbers.clear();
    }

    fn next(&self) -> i64 {
        self.first.saturating_add(i64::try_from(self.values.len()).unwrap_or(i64::MAX))
    }

    fn index(&self, number: i64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_keeps_its_number_within_a_stop_and_shows_its_latest_value() {
        let mut handles = Handles::default();
        assert_eq!(handles.number(("scope", 0), 'a'), Some(1));
        assert_eq!(handles.number(("scope", 1), 'b'), Some(2));
        assert_eq!(handles.number(("scope", 0), 'c'), Some(1));
        assert_eq!((handles.get(1), handles.get(2)), (Ok(&'c'), Ok(&'b')));
    }

    #[test]
    fn numbers_of_an_earlier_stop_are_stale_and_not_given_again() {
        let mut handles = Handles::default();
        handles.number("a", 1);
        handles.begin_stop();
        assert_eq!(handles.get(1), Err(BadHandle::Stale));
        assert_eq!(handles.number("a", 2), Some(2));
        assert_eq!((handles.get(1), handles.get(2)), (Err(BadHandle::Stale), Ok(&2)));
    }

    #[test]
    fn numbers_that_were_never_given_are_unknown() {
        let handles = Handles::<&str, ()>::default();
        for number in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert_eq!(handles.get(number), Err(BadHandle::Unknown));
        }
    }
}
