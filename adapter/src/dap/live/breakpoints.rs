//! Breakpoints between the client's lists and the engine's table.

use crate::dap::error::RequestError;
use crate::dap::protocol::{Breakpoint, Breakpoints, Event};
use crate::dap::session::Session;
use crate::dap::view::attached::Attached;
use crate::dap::view::breakpoints::number;
use engine::breakpoints::{ClientList, Condition, HitCondition, LogMessage, Options, Spec, What};

/// A breakpoint that the client wants, or why it can't have it.
pub type Wanted = Result<(Spec, Options), String>;

/// When a hit counts, and what is done then, in the client's words.
///
/// # Errors
/// What is wrong with them.
pub fn options(
    condition: Option<&str>,
    hit_condition: Option<&str>,
    log_message: Option<&str>,
) -> Result<Options, String> {
    let said = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let hit_condition = said(hit_condition).map(|text| text.parse::<HitCondition>()).transpose();
    let log_message = said(log_message).map(|text| LogMessage::new(&text)).transpose();
    Ok(Options {
        condition: said(condition).map(|text| Condition::new(&text)),
        hit_condition: hit_condition.map_err(|error| error.to_string())?,
        log_message: log_message.map_err(|error| error.to_string())?,
        ..Options::default()
    })
}

impl Session {
    /// Makes one of the client's lists hold just these breakpoints; in a dump none is ever reached, and each says so.
    ///
    /// # Errors
    /// When there is no target.
    pub fn set_breakpoints(&mut self, list: ClientList, wanted: Vec<Wanted>) -> Result<Breakpoints, RequestError> {
        let attached = self.attached()?;
        if attached.engine.target().live().is_none() {
            return Ok(attached.breakpoints_never_reached(wanted.len()));
        }
        Ok(attached.set_breakpoints(list, wanted))
    }

    /// Tells the client what has become of breakpoints that it didn't ask about.
    pub fn tell_breakpoints(&mut self) {
        let Ok(attached) = self.attached() else { return };
        for event in attached.breakpoint_events() {
            self.tell(event);
        }
    }
}

impl Attached {
    fn set_breakpoints(&mut self, list: ClientList, wanted: Vec<Wanted>) -> Breakpoints {
        let good = wanted.iter().filter_map(|wanted| wanted.as_ref().ok().cloned()).collect();
        let mut ids = self.engine.breakpoints.set_list(list, good).into_iter();
        let Self { engine, told_breakpoints, .. } = self;
        told_breakpoints.retain(|id, _| engine.breakpoints.get(*id).is_some());
        engine.apply_breakpoints();
        let mut answer = |wanted: Wanted| match wanted {
            Err(why) => Breakpoint::failed(why),
            Ok(_) => {
                let set = ids.next().and_then(|id| Some((id, self.breakpoint(id)?)));
                let Some((id, breakpoint)) = set else { return Breakpoint::failed("it was removed at once") };
                self.told_breakpoints.insert(id, breakpoint.clone());
                breakpoint
            }
        };
        Breakpoints { breakpoints: wanted.into_iter().map(&mut answer).collect() }
    }

    /// What the client doesn't know of breakpoints yet.
    fn breakpoint_events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for change in self.engine.breakpoints.take_changes() {
            match self.breakpoint(change.id) {
                Some(breakpoint) => {
                    let before = self.told_breakpoints.insert(change.id, breakpoint.clone());
                    let reason = if before.is_some() { "changed" } else { "new" };
                    if before.as_ref() != Some(&breakpoint) {
                        events.push(Event::Breakpoint { reason, breakpoint: Box::new(breakpoint) });
                    }
                }
                None if change.what == What::Removed => {
                    let known = self.told_breakpoints.remove(&change.id).is_some();
                    let gone = Breakpoint { id: Some(number(change.id)), ..Breakpoint::default() };
                    if known {
                        events.push(Event::Breakpoint { reason: "removed", breakpoint: Box::new(gone) });
                    }
                }
                None => {}
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_leaves_empty_is_no_condition() {
        assert_eq!(options(Some(" "), None, Some("")), Ok(Options::default()));
        assert!(options(Some("a == 1"), Some(">= 2"), Some("{a}")).is_ok());
    }

    #[test]
    fn what_is_wrong_with_a_condition_is_told() {
        assert!(options(None, Some("often"), None).unwrap_err().contains("often"));
        assert!(options(None, None, Some("{")).is_err());
    }
}
