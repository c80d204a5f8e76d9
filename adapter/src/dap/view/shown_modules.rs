//! What the client knows of the modules, and what has changed since.

use super::attached::Attached;
use super::to_dap;
use crate::dap::protocol::{Event, ModuleChange};
use engine::Session as Engine;
use engine::live::RunState;
use memory::VirtualAddress;
use std::collections::HashSet;
use std::sync::Arc;
use symbols::{Module, SymbolStatus};

/// The modules as the client knows them.
#[derive(Default)]
pub struct ShownModules {
    /// Those that stacks, variables and the like were made with. Modules that are loaded anew are new ones.
    used: Vec<Arc<Module>>,
    /// Whose symbols had not been looked for when the client asked for the modules; `None` while it never did.
    deferred: Option<HashSet<VirtualAddress>>,
}

impl ShownModules {
    /// Nothing is known to the client, and everything that it will see is made with these modules.
    pub fn new(engine: &Engine) -> Self {
        // Of a live target's modules the client is told as they come.
        let deferred = engine.target().live().map(|_| HashSet::new());
        Self { used: engine.target().modules().iter().map(Arc::clone).collect(), deferred }
    }

    /// The client gets to know the modules as they are now.
    pub fn show(&mut self, engine: &Engine) {
        self.deferred = Some(deferred(engine));
    }
}

fn deferred(engine: &Engine) -> HashSet<VirtualAddress> {
    let modules = engine.target().modules().iter().filter(|module| is_deferred(module));
    modules.map(|module| module.base()).collect()
}

fn is_deferred(module: &Module) -> bool {
    matches!(module.symbol_status(), SymbolStatus::Deferred)
}

impl Attached {
    /// What has changed since this was called before: symbols were looked for, or modules are loaded anew.
    pub fn changes(&mut self) -> Vec<Event> {
        let (mut events, same) = self.module_changes();
        // A target that runs shows nothing that was made with them.
        let shows = self.engine.run_state() == RunState::Halted;
        if !same && shows && self.client.supports_invalidated_event {
            self.begin_stop();
            events.push(Event::Invalidated { areas: &["all"] });
        }
        events
    }

    /// What has changed of the modules themselves, and whether they are still the same.
    pub fn module_changes(&mut self) -> (Vec<Event>, bool) {
        let mut events = Vec::new();
        let modules = self.engine.target().modules();
        let used = &self.shown_modules.used;
        let same =
            modules.len() == used.len() && modules.iter().zip(used).all(|(now, before)| Arc::ptr_eq(now, before));
        let event = |reason, module: &Module| Event::Module { reason, module: Box::new(to_dap::module(module)) };
        let mut new = HashSet::new();
        if !same && self.engine.target().live().is_some() {
            let bases = |modules: &mut dyn Iterator<Item = &Arc<Module>>| -> HashSet<VirtualAddress> {
                modules.map(|module| module.base()).collect()
            };
            let (now, before) = (bases(&mut modules.iter()), bases(&mut used.iter()));
            let gone = used.iter().filter(|module| !now.contains(&module.base()));
            events.extend(gone.map(|module| event(ModuleChange::Removed, module)));
            let came = modules.iter().filter(|module| !before.contains(&module.base()));
            events.extend(came.map(|module| event(ModuleChange::New, module)));
            new = now.difference(&before).copied().collect();
        }
        if let Some(shown) = &mut self.shown_modules.deferred {
            let changed = |module: &&Arc<Module>| {
                !new.contains(&module.base()) && shown.contains(&module.base()) != is_deferred(module)
            };
            events.extend(modules.iter().filter(changed).map(|module| event(ModuleChange::Changed, module)));
            *shown = deferred(&self.engine);
        }
        if !same {
            self.sources.forget_functions();
            self.shown_modules.used = self.engine.target().modules().iter().map(Arc::clone).collect();
        }
        (events, same)
    }
}
