//! The table: numbers, owners, what changed.

use super::location::{Location, Unresolved};
use super::options::Options;
use super::resolve::{Memos, Surroundings};
use super::spec::{ClientList, Owner, Spec};
use arch::debug_registers::Access;
use std::collections::BTreeMap;

/// A breakpoint.
#[derive(Clone, Debug)]
pub struct Breakpoint {
    /// Its number: the lowest that was free.
    pub id: u32,
    /// What was asked for.
    pub spec: Spec,
    /// When a hit counts, and what is done then.
    pub options: Options,
    /// Whose it is.
    pub owner: Owner,
    /// Whether it is in force (`be`, `bd`).
    pub enabled: bool,
    /// How many hits there were: by whom it is for, with its condition met.
    pub hits: u64,
    /// Where it is.
    pub locations: Vec<Location>,
    /// Why it is nowhere, if that is so.
    pub unresolved: Option<Unresolved>,
    pub(super) memos: Memos,
}

/// Something that happened to a breakpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The breakpoint's number.
    pub id: u32,
    /// What happened.
    pub what: What,
}

/// What happened to a breakpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It was set on the console.
    New,
    /// It had no location and has some now.
    Verified,
    /// It has other locations than before.
    Moved,
    /// It has lost its locations: the module was unloaded.
    Lost,
    /// It has no location, now for another reason than before.
    StillUnresolved,
    /// It was taken out of the table.
    Removed,
}

/// All breakpoints.
#[derive(Debug, Default)]
pub struct Table {
    breakpoints: BTreeMap<u32, Breakpoint>,
    changes: Vec<Change>,
}

impl Table {
    /// Sets a breakpoint on the console; with `id` one of that number, in place of one that has it already. Returns its
    /// number. It is resolved with the others.
    pub fn set(&mut self, id: Option<u32>, spec: Spec, options: Options) -> u32 {
        let id = id.unwrap_or_else(|| self.free_id());
        self.remove(id);
        self.insert(id, spec, options, Owner::User);
        self.changes.push(Change { id, what: What::New });
        id
    }

    /// Makes the client's list hold just these breakpoints. Those that it held before stay as they are, with their
    /// numbers. Returns the numbers, in the order of `wanted`.
    pub fn set_list(&mut self, list: ClientList, wanted: Vec<(Spec, Options)>) -> Vec<u32> {
        let owner = Owner::Client(list);
        let mut before: Vec<u32> = self.of(&owner).map(|breakpoint| breakpoint.id).collect();
        let mut ids = Vec::new();
        let mut new = Vec::new();
        for (spec, options) in wanted {
            let same = |id: &u32| self.get(*id).is_some_and(|known| known.spec == spec);
            match before.iter().position(same) {
                Some(index) => {
                    let id = before.remove(index);
                    self.change_options(id, options);
                    ids.push(Some(id));
                }
                None => {
                    new.push((spec, options));
                    ids.push(None);
                }
            }
        }
        for id in before {
            self.breakpoints.remove(&id);
        }
        let mut new = new.into_iter();
        let mut id_of = |known: Option<u32>| {
            known.or_else(|| {
                let (spec, options) = new.next()?;
                let id = self.free_id();
                self.insert(id, spec, options, owner.clone());
                Some(id)
            })
        };
        ids.into_iter().filter_map(&mut id_of).collect()
    }

    /// Takes a breakpoint out.
    pub fn remove(&mut self, id: u32) -> Option<Breakpoint> {
        let removed = self.breakpoints.remove(&id)?;
        let was_told = !self.changes.contains(&Change { id, what: What::New });
        self.changes.retain(|change| change.id != id);
        if was_told {
            self.changes.push(Change { id, what: What::Removed });
        }
        Some(removed)
    }

    /// Puts a breakpoint in force, or out of it. False if there is none of that number.
    pub fn set_enabled(&mut self, id: u32, enabled: bool) -> bool {
        self.breakpoints.get_mut(&id).map(|breakpoint| breakpoint.enabled = enabled).is_some()
    }

    /// The breakpoint of that number.
    pub fn get(&self, id: u32) -> Option<&Breakpoint> {
        self.breakpoints.get(&id)
    }

    /// All, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Breakpoint> {
        self.breakpoints.values()
    }

    /// Those of one owner, by number.
    pub fn of(&self, owner: &Owner) -> impl Iterator<Item = &Breakpoint> {
        self.iter().filter(move |breakpoint| breakpoint.owner == *owner)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.breakpoints.is_empty()
    }

    /// What happened since this was asked last, in order. What the client did to its own lists isn't told, nor what
    /// happened to a breakpoint that is no longer there but that it was removed.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// The target starts anew: no address means anything any more. Breakpoints that were set by name will be looked for
    /// again, also those that are otherwise looked for only once.
    pub fn target_restarted(&mut self) {
        for breakpoint in self.breakpoints.values_mut() {
            let address = breakpoint.locations.first().map(|location| location.address);
            let is_kept = match &mut breakpoint.spec {
                Spec::Data { access: Access::Io, .. } | Spec::Pattern(_) | Spec::SourceLine(_) => true,
                Spec::Address(_) => false,
                Spec::Expression(expression) | Spec::Data { at: expression, .. } => {
                    let by_name = expression.is_by_name();
                    expression.follows |= by_name;
                    by_name
                }
            };
            let gone = address.filter(|_| !is_kept).map(Unresolved::Restarted);
            breakpoint.unresolved = Some(gone.unwrap_or(Unresolved::Untried));
            breakpoint.locations.clear();
            if address.is_some() {
                self.changes.push(Change { id: breakpoint.id, what: What::Lost });
            }
        }
    }

    /// Looks for all breakpoints again. As documented for `bp`, one that can't be found when it is set becomes one that
    /// is looked for whenever modules change, and one that was found is removed with the module that it was in; the
    /// client's stay, without a location.
    pub(super) fn resolve(&mut self, around: &Surroundings<'_>) {
        let mut removed = Vec::new();
        for breakpoint in self.breakpoints.values_mut() {
            let id = breakpoint.id;
            self.changes.extend(breakpoint.resolve(around).map(|what| Change { id, what }));
            match (&breakpoint.unresolved, &mut breakpoint.spec) {
                (Some(why), _) if why.is_gone() && breakpoint.owner == Owner::User => removed.push(id),
                (Some(why), Spec::Expression(expression) | Spec::Data { at: expression, .. }) => {
                    expression.follows |= why.is_deferred();
                }
                _ => {}
            }
        }
        for id in removed {
            self.remove(id);
        }
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut Breakpoint> {
        self.breakpoints.get_mut(&id)
    }

    fn insert(&mut self, id: u32, spec: Spec, options: Options, owner: Owner) {
        let breakpoint = Breakpoint {
            id,
            spec,
            options,
            owner,
            enabled: true,
            hits: 0,
            locations: Vec::new(),
            unresolved: Some(Unresolved::Untried),
            memos: Memos::default(),
        };
        self.breakpoints.insert(id, breakpoint);
    }

    /// Counting starts again where what is counted changes.
    fn change_options(&mut self, id: u32, options: Options) {
        if let Some(known) = self.breakpoints.get_mut(&id).filter(|known| known.options != options) {
            known.options = options;
            known.hits = 0;
        }
    }

    fn free_id(&self) -> u32 {
        (0..).find(|id| !self.breakpoints.contains_key(id)).unwrap_or(u32::MAX)
    }
}
