//! The selection of filters that a client offers its user.

use super::catalog::{self, Event};
use super::filter::BreakStatus;
use super::filters::EventFilters;

/// A filter that the user can choose (DAP's `ExceptionBreakpointsFilter`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// What names it: the code of `sx`, or `bugcheck`.
    pub id: &'static str,
    /// What the user reads.
    pub label: String,
    /// The same at length.
    pub description: String,
    /// Whether it is chosen if the user doesn't say.
    pub default: bool,
    /// What can stand beside it to narrow it down, in words.
    pub condition: Option<&'static str>,
}

/// A filter that was not offered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no exception filter '{0}'")]
pub struct UnknownFilter(pub String);

const BUG_CHECK: &str = "bugcheck";
/// Exceptions that happen in a kernel. The others can be set on the console.
const OFFERED: &[&str] =
    &["av", "asrt", "bpe", "dm", "gp", "ii", "ip", "dz", "iov", "ch", "isc", "sbo", "sov", "vs", "wkd"];
const EVENTS: &[Event] = &[Event::LoadModule, Event::UnloadModule];

impl EventFilters {
    /// The filters to offer, by default as `sx` has them.
    pub fn offer() -> Vec<Offered> {
        let bug_check = Offered {
            id: BUG_CHECK,
            label: "Bug checks".to_owned(),
            description: "Stop when the system crashes".to_owned(),
            default: true,
            condition: None,
        };
        let exceptions = catalog::EXCEPTIONS.iter().filter_map(|kind| {
            let id = kind.code.filter(|code| OFFERED.contains(code))?;
            let number = kind.number.unwrap_or_default();
            let description = format!("Stop at {number:08x} before the target handles it ({id})");
            let default = kind.status == BreakStatus::Break;
            Some(Offered { id, label: kind.name.to_owned(), description, default, condition: None })
        });
        let others = Offered {
            id: "*",
            label: catalog::OTHERS.name.to_owned(),
            description: "Stop at all other exceptions before the target handles them (*)".to_owned(),
            default: false,
            condition: None,
        };
        let events = EVENTS.iter().map(|event| Offered {
            id: event.code(),
            label: event.name().to_owned(),
            description: format!("Stop at this event ({})", event.code()),
            default: event.default_status() == BreakStatus::Break,
            condition: Some("Name of the module, with wildcards"),
        });
        std::iter::once(bug_check).chain(exceptions).chain([others]).chain(events).collect()
    }

    /// Makes the offered filters what the user has chosen, each with its condition. One that isn't chosen has its
    /// status by default, but stops no earlier than at the second chance.
    ///
    /// # Errors
    /// [`UnknownFilter`]; nothing has changed then.
    pub fn choose(&mut self, chosen: &[(&str, Option<&str>)]) -> Result<(), UnknownFilter> {
        let offered = Self::offer();
        if let Some((unknown, _)) = chosen.iter().find(|(id, _)| offered.iter().all(|offered| offered.id != *id)) {
            return Err(UnknownFilter((*unknown).to_owned()));
        }
        let choice = |id: &str| chosen.iter().find(|(chosen, _)| *chosen == id).map(|(_, condition)| *condition);
        let status = |id: &str, default: BreakStatus| match (choice(id), default) {
            (Some(_), _) => BreakStatus::Break,
            (None, BreakStatus::Break) => BreakStatus::SecondChance,
            (None, default) => default,
        };
        self.break_on_bug_check = choice(BUG_CHECK).is_some();
        for kind in catalog::EXCEPTIONS {
            let Some((code, number)) = kind.code.filter(|code| OFFERED.contains(code)).zip(kind.number) else {
                continue;
            };
            self.exception_mut(number).status = status(code, kind.status);
        }
        self.others_mut().status = status("*", catalog::OTHERS.status);
        for event in EVENTS {
            let argument = choice(event.code()).flatten().map(str::trim).filter(|text| !text.is_empty());
            if let Some(filter) = self.event_mut(*event) {
                filter.status = status(event.code(), event.default_status());
                filter.argument = argument.map(str::to_owned);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_choice_changes_nothing() {
        let mut filters = EventFilters::default();
        let offered = EventFilters::offer();
        let chosen: Vec<_> = offered.iter().filter(|filter| filter.default).map(|filter| (filter.id, None)).collect();
        filters.choose(&chosen).unwrap();
        assert_eq!(filters, EventFilters::default());
        assert_eq!(offered.iter().filter(|filter| filter.id == "av" && filter.default).count(), 1);
    }

    #[test]
    fn what_is_not_chosen_stops_at_the_second_chance() {
        let mut filters = EventFilters::default();
        filters.choose(&[("ld", Some("sampledrv"))]).unwrap();
        assert!(!filters.on_exception(0xc000_0005, true).stop);
        assert!(filters.on_exception(0xc000_0005, false).stop);
        assert!(!filters.break_on_bug_check);
        assert!(filters.on_load("sampledrv.sys", memory::VirtualAddress(0)).stop);
        assert!(!filters.on_load("other.sys", memory::VirtualAddress(0)).stop);
    }

    #[test]
    fn a_filter_that_was_not_offered_is_refused() {
        let mut filters = EventFilters::default();
        assert_eq!(filters.choose(&[("av", None), ("nonsense", None)]), Err(UnknownFilter("nonsense".to_owned())));
        assert_eq!(filters, EventFilters::default());
    }
}
