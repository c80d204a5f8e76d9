//! What the client knows of the modules, and what has changed since.

use super::attached::Attached;
use super::to_dap;
use crate::dap::protocol::{Event, ModuleChange};
use engine::Session as Engine;
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
        Self { used: engine.target().modules().iter().map(Arc::clone).collect(), deferred: None }
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
        let mut events = Vec::new();
        let modules = self.engine.target().modules();
        let same = modules.len() == self.shown_modules.used.len()
            && modules.iter().zip(&self.shown_modules.used).all(|(now, before)| Arc::ptr_eq(now, before));
        if let Some(shown) = &mut self.shown_modules.deferred {
            let changed = |module: &&Arc<Module>| shown.contains(&module.base()) != is_deferred(module);
            for module in modules.iter().filter(changed) {
                let module = Box::new(to_dap::module(module));
                events.push(Event::Module { reason: ModuleChange::Changed, module });
            }
            *shown = deferred(&self.engine);
        }
        if !same {
            self.sources.forget_functions();
            self.shown_modules.used = self.engine.target().modules().iter().map(Arc::clone).collect();
            if self.client.supports_invalidated_event {
                self.begin_stop();
                events.push(Event::Invalidated { areas: &["all"] });
            }
        }
        events
    }
}
