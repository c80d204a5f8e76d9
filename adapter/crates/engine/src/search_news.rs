//! What `!sym noisy` tells: the places that were looked at for symbols and images since it told last.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use symbols::{Attempt, Module, Modules};

/// How much of each module's search log has been told.
#[derive(Debug, Default)]
pub(crate) struct SearchNews {
    /// Attempts that were told, by module; the module itself, since a reloaded one begins a new log.
    told: HashMap<u64, (Weak<Module>, usize)>,
}

impl SearchNews {
    /// What the modules' logs have that wasn't told yet, by module; from now on it counts as told.
    pub(crate) fn take(&mut self, modules: &Modules) -> Vec<(Arc<Module>, Vec<Attempt>)> {
        let mut news = Vec::new();
        for module in modules.iter() {
            let told = self.told.get(&module.base().0).filter(|(known, _)| known.as_ptr() == Arc::as_ptr(module));
            let told = told.map_or(0, |(_, told)| *told);
            let attempts = module.log().attempts;
            self.told.insert(module.base().0, (Arc::downgrade(module), attempts.len()));
            let new: Vec<Attempt> = attempts.into_iter().skip(told).collect();
            if !new.is_empty() {
                news.push((Arc::clone(module), new));
            }
        }
        news
    }
}
