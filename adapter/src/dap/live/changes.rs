//! What becomes stale when the user changes memory or registers.

use crate::dap::protocol::Event;
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use engine::live::RunState;
use memory::VirtualAddress;

impl Session {
    /// The user has changed `count` bytes of memory: views of them are fetched again.
    pub fn memory_changed(&mut self, address: VirtualAddress, count: u64) {
        let Ok(attached) = self.attached() else { return };
        if attached.client.supports_memory_event {
            let memory_reference = to_dap::address(address);
            self.tell(Event::Memory { memory_reference, offset: 0, count });
        }
        self.variables_changed();
    }

    /// The user's commands have changed something of the target.
    pub fn tell_written(&mut self) {
        let Ok(attached) = self.attached() else { return };
        if attached.engine.run_state() == RunState::Halted {
            attached.sources.forget_changed(&attached.engine);
        }
        self.variables_changed();
    }

    /// The user has changed something: what is shown of variables and stacks is fetched again.
    pub fn variables_changed(&mut self) {
        let Ok(attached) = self.attached() else { return };
        if attached.client.supports_invalidated_event {
            self.tell(Event::Invalidated { areas: &["stacks", "variables"] });
        }
    }
}
