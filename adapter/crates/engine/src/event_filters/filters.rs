//! The table of filters, and its decisions.

use super::catalog::{self, Event, ExceptionKind};
use super::filter::{BreakStatus, EventFilter, ExceptionFilter, HandlingStatus};
use memory::VirtualAddress;
use std::collections::BTreeMap;

/// What is set for all exceptions and events.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFilters {
    events: Vec<EventFilter>,
    exceptions: Vec<ExceptionFilter>,
    numbered: BTreeMap<u32, ExceptionFilter>,
    others: ExceptionFilter,
    /// Whether bug checks stop the target. Those aren't among `sx`'s events.
    pub break_on_bug_check: bool,
}

/// What is to be done about an exception or event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The target is to stay stopped.
    pub stop: bool,
    /// The user is to be told.
    pub tell: bool,
    /// What the target is told when it goes on.
    pub handling: HandlingStatus,
    /// Console commands to run, whether it stops or not.
    pub command: Option<String>,
}

/// Which status of a filter a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Whether the target stops.
    Break,
    /// What the target is told: `bpec`, `ssec`, `hc`, `cc`.
    Handling,
}

/// The filters that a code or number stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selected {
    /// An event.
    Event(Event),
    /// Exceptions: `cce` stands for two of them.
    Exceptions(Vec<u32>, Part),
    /// All exceptions without a filter of their own.
    Others,
}

impl Default for EventFilters {
    fn default() -> Self {
        Self {
            events: catalog::EVENTS.iter().map(|event| EventFilter::new(*event)).collect(),
            exceptions: catalog::EXCEPTIONS.iter().map(|kind| ExceptionFilter::new(*kind)).collect(),
            numbered: BTreeMap::new(),
            others: ExceptionFilter::new(catalog::OTHERS),
            break_on_bug_check: true,
        }
    }
}

impl EventFilters {
    /// The events, in the order of `sx`.
    pub fn events(&self) -> &[EventFilter] {
        &self.events
    }

    /// The exceptions with codes, in the order of `sx`.
    pub fn exceptions(&self) -> &[ExceptionFilter] {
        &self.exceptions
    }

    /// The exceptions for which something was set by number.
    pub fn numbered(&self) -> impl Iterator<Item = &ExceptionFilter> {
        self.numbered.values()
    }

    /// All exceptions without a filter of their own.
    pub fn others(&self) -> &ExceptionFilter {
        &self.others
    }

    /// What a code stands for; `None` if it is none.
    pub fn select(code: &str) -> Option<Selected> {
        if code == "*" {
            return Some(Selected::Others);
        }
        let same = |other: &str| other.eq_ignore_ascii_case(code);
        if let Some(event) = catalog::EVENTS.iter().find(|event| same(event.code())) {
            return Some(Selected::Event(*event));
        }
        let numbers = |named: &dyn Fn(&ExceptionKind) -> bool| -> Vec<u32> {
            catalog::EXCEPTIONS.iter().filter(|kind| named(kind)).filter_map(|kind| kind.number).collect()
        };
        let by_break = numbers(&|kind| kind.code.is_some_and(same));
        let by_handling = numbers(&|kind| kind.handling_code.is_some_and(same));
        match (by_break.is_empty(), by_handling.is_empty()) {
            (false, _) => Some(Selected::Exceptions(by_break, Part::Break)),
            (true, false) => Some(Selected::Exceptions(by_handling, Part::Handling)),
            (true, true) => None,
        }
    }

    /// The event's filter, to change it.
    pub fn event_mut(&mut self, event: Event) -> Option<&mut EventFilter> {
        self.events.iter_mut().find(|filter| filter.event == event)
    }

    /// The exception's filter, to change it: one of its own is made if it has none.
    pub fn exception_mut(&mut self, number: u32) -> &mut ExceptionFilter {
        match self.exceptions.iter_mut().find(|filter| filter.kind.number == Some(number)) {
            Some(known) => known,
            None => {
                let new = || ExceptionFilter { kind: catalog::numbered(number), ..self.others.clone() };
                self.numbered.entry(number).or_insert_with(new)
            }
        }
    }

    /// The filter of all other exceptions, to change it.
    pub fn others_mut(&mut self) -> &mut ExceptionFilter {
        &mut self.others
    }

    /// What is to be done about an exception.
    pub fn on_exception(&self, number: u32, first_chance: bool) -> Decision {
        let filter = self.filter_of(number);
        let (stop, tell) = match (filter.status, first_chance) {
            (BreakStatus::Break, _) | (BreakStatus::SecondChance, false) => (true, true),
            (BreakStatus::SecondChance, true) | (BreakStatus::Output, _) => (false, true),
            (BreakStatus::Ignore, _) => (false, false),
        };
        let command = if first_chance { &filter.first_command } else { &filter.second_command };
        Decision { stop, tell, handling: filter.handling, command: command.clone() }
    }

    /// What is to be done when a module was loaded, by its image's name (with a path or without) and address.
    pub fn on_load(&self, image_name: &str, base: VirtualAddress) -> Decision {
        self.on_event(Event::LoadModule, |filter| filter.covers_module(image_name, base.0))
    }

    /// The same when one is unloaded.
    pub fn on_unload(&self, image_name: &str, base: VirtualAddress) -> Decision {
        self.on_event(Event::UnloadModule, |filter| filter.covers_module(image_name, base.0))
    }

    /// What is to be done about a text that the target prints.
    pub fn on_output(&self, text: &str) -> Decision {
        self.on_event(Event::Output, |filter| filter.covers_output(text))
    }

    /// What is to be done about another event.
    pub fn on(&self, event: Event) -> Decision {
        self.on_event(event, |_| true)
    }

    /// What an exception is called, as the debuggers tell of it: `Access violation - code c0000005 (first chance)`.
    pub fn describe(&self, number: u32, first_chance: bool) -> String {
        let chance = if first_chance { "first chance" } else { "!!! second chance !!!" };
        let known = self.exceptions.iter().find(|filter| filter.kind.number == Some(number));
        let name = known.map_or(catalog::numbered(number).name, |filter| filter.kind.name);
        format!("{name} - code {number:08x} ({chance})")
    }

    fn filter_of(&self, number: u32) -> &ExceptionFilter {
        let named = self.exceptions.iter().find(|filter| filter.kind.number == Some(number));
        named.or_else(|| self.numbered.get(&number)).unwrap_or(&self.others)
    }

    fn on_event(&self, event: Event, covers: impl Fn(&EventFilter) -> bool) -> Decision {
        let filter = self.events.iter().find(|filter| filter.event == event && covers(filter));
        let status = filter.map_or(event.default_status(), |filter| filter.status);
        Decision {
            stop: status == BreakStatus::Break,
            tell: status != BreakStatus::Ignore,
            handling: HandlingStatus::Handled,
            command: filter.and_then(|filter| filter.command.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCESS_VIOLATION: u32 = 0xc000_0005;

    /// Whether it stops and is told, at the first and second chance.
    fn chances(filters: &EventFilters, number: u32) -> [(bool, bool); 2] {
        [true, false].map(|first| {
            let decision = filters.on_exception(number, first);
            (decision.stop, decision.tell)
        })
    }

    #[test]
    fn each_status_stops_when_it_says() {
        let mut filters = EventFilters::default();
        let mut check = |status: BreakStatus, expected: [(bool, bool); 2]| {
            filters.exception_mut(ACCESS_VIOLATION).status = status;
            assert_eq!(chances(&filters, ACCESS_VIOLATION), expected, "{status}");
        };
        check(BreakStatus::Break, [(true, true), (true, true)]);
        check(BreakStatus::SecondChance, [(false, true), (true, true)]);
        check(BreakStatus::Output, [(false, true), (false, true)]);
        check(BreakStatus::Ignore, [(false, false), (false, false)]);
    }

    #[test]
    fn a_number_has_the_status_of_all_others_until_one_is_set() {
        let mut filters = EventFilters::default();
        let unknown = 0xc000_0123;
        assert_eq!(chances(&filters, unknown), [(false, true), (true, true)]);
        filters.others_mut().status = BreakStatus::Ignore;
        assert_eq!(chances(&filters, unknown), [(false, false); 2]);
        filters.exception_mut(unknown).status = BreakStatus::Break;
        assert_eq!(chances(&filters, unknown), [(true, true); 2]);
        assert_eq!(chances(&filters, unknown + 1), [(false, false); 2]);
        assert_eq!(filters.exceptions(), EventFilters::default().exceptions());
    }

    #[test]
    fn a_status_with_a_module_leaves_other_modules_alone() {
        let mut filters = EventFilters::default();
        let base = VirtualAddress(0xffff_f803_2000_0000);
        let on_load = |filters: &EventFilters, name: &str| {
            let decision = filters.on_load(name, base);
            (decision.stop, decision.tell)
        };
        assert_eq!(on_load(&filters, "sampledrv.sys"), (false, true));
        for argument in ["sampledrv", "SAMPLE*.sys", "sampledrv.sys", "fffff803`20000000"] {
            let filter = filters.event_mut(Event::LoadModule).unwrap();
            (filter.status, filter.argument) = (BreakStatus::Break, Some(argument.to_owned()));
            assert_eq!(on_load(&filters, r"\SystemRoot\drivers\sampledrv.sys"), (true, true), "{argument}");
        }
        filters.event_mut(Event::LoadModule).unwrap().argument = Some("samp".to_owned());
        assert_eq!(on_load(&filters, "sampledrv.sys"), (false, true));
        assert!(!filters.on_unload("sampledrv.sys", base).stop);
    }

    #[test]
    fn codes_stand_for_break_or_handling_status() {
        let exceptions = |numbers: &[u32], part| Some(Selected::Exceptions(numbers.to_vec(), part));
        assert_eq!(EventFilters::select("AV"), exceptions(&[ACCESS_VIOLATION], Part::Break));
        assert_eq!(EventFilters::select("bpec"), exceptions(&[0x8000_0003], Part::Handling));
        assert_eq!(EventFilters::select("cc"), exceptions(&[0x4001_0008, 0x4001_0005], Part::Handling));
        assert_eq!(EventFilters::select("ld"), Some(Selected::Event(Event::LoadModule)));
        assert_eq!(EventFilters::select("*"), Some(Selected::Others));
        assert_eq!(EventFilters::select("c0000005"), None);
    }

    #[test]
    fn exceptions_are_told_in_the_debuggers_words() {
        let filters = EventFilters::default();
        let break_in = "Break instruction exception - code 80000003 (first chance)";
        assert_eq!(filters.describe(0x8000_0003, true), break_in);
        assert_eq!(filters.describe(0xc000_0005, false), "Access violation - code c0000005 (!!! second chance !!!)");
        assert_eq!(filters.describe(0xdead_0001, true), "Unknown exception - code dead0001 (first chance)");
    }
}
