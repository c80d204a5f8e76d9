//! What a command leaves behind for the next one: where to go on, and what was named last.

use memory::{PhysicalAddress, VirtualAddress};

/// What commands without arguments go by.
#[derive(Clone, Debug, Default)]
pub struct Recall {
    /// Where the commands that display memory (`db`, `dd`, `da`, ...) go on when they are given no address.
    pub memory: Option<VirtualAddress>,
    /// Where the commands that display physical memory (`!db`, `!dd`, ...) go on.
    pub physical: Option<PhysicalAddress>,
    /// The last command that began with `e` and named a format: what `e` enters.
    pub enter: Option<&'static str>,
    /// Where the commands that disassemble (`u`, `ub`) go on; without it they begin where the current frame executes.
    pub code: Option<VirtualAddress>,
    /// The process that was made the implicit one (`.process`).
    pub process: Option<VirtualAddress>,
    /// The last command that began with `d`: what `d` repeats.
    pub display: Option<&'static str>,
    /// The name that `dt` was given last: what `dt .` stands for.
    pub type_name: Option<String>,
    /// What `s -[s]` found: what `s -[r]` searches again.
    pub hits: Vec<VirtualAddress>,
}
