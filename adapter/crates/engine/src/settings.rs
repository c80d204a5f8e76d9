//! What the user can set in a session.

/// Number of user-defined pseudo-registers, `$t0` to `$t19`.
pub const USER_PSEUDO_REGISTERS: usize = 20;

/// Settings with the debuggers' defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Radix of MASM numbers without a prefix (`n`): 8, 10 or 16.
    pub radix: u32,
    /// `$t0` to `$t19`.
    pub user_pseudo_registers: [u64; USER_PSEUDO_REGISTERS],
    /// `!sym noisy`: each place where symbols are looked for is told.
    pub noisy_symbols: bool,
    /// `(prefix in symbol files, prefix here)`: where sources are on this machine.
    pub source_map: Vec<(String, String)>,
    /// `l+t`: the console's steps go by source line, not by instruction.
    pub step_by_line: bool,
    /// `l+l`: the console names the source line where the target stops.
    pub show_source_line: bool,
    /// Registers are shown where the target stops (`pr` and `tr` change it).
    pub show_registers: bool,
    /// `.kdtrace on`: position of the first entry of the link's trace that wasn't shown yet.
    pub link_trace: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            radix: 16,
            user_pseudo_registers: [0; USER_PSEUDO_REGISTERS],
            noisy_symbols: false,
            source_map: Vec::new(),
            step_by_line: false,
            show_source_line: false,
            show_registers: true,
            link_trace: None,
        }
    }
}
