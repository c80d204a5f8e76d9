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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            radix: 16,
            user_pseudo_registers: [0; USER_PSEUDO_REGISTERS],
            noisy_symbols: false,
            source_map: Vec::new(),
        }
    }
}
