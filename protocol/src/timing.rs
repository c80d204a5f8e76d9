//! How long is waited for what.

use core::time::Duration;

/// Intervals and bounds. The defaults fit 115200 baud and anything faster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Bytes of a packet may be that far apart; then it counts as truncated.
    pub gap: Duration,
    /// An unacknowledged packet is sent again after that …
    pub retransmit: Duration,
    /// … and as much for each of its bytes, for slow lines.
    pub per_byte: Duration,
    /// Times that a packet is sent in all.
    pub transmissions: u32,
    /// RESET is sent again after that without an answer or a state change.
    pub reset: Duration,
    /// Times that RESET is sent in all before the target counts as silent.
    pub resets: u32,
    /// A silent target is sent RESET that often, for when it hears again.
    pub probe: Duration,
    /// The break-in byte is repeated after that.
    pub break_in: Duration,
    /// The answer has to come that long after the acknowledgement.
    pub answer: Duration,
    /// The same for requests that the target works on for long (`SearchMemory`).
    pub slow_answer: Duration,
    /// Times that a read is asked in all.
    pub attempts: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            gap: Duration::from_millis(300),
            retransmit: Duration::from_millis(400),
            per_byte: Duration::from_micros(200),
            transmissions: 5,
            reset: Duration::from_millis(400),
            resets: 5,
            probe: Duration::from_secs(3),
            break_in: Duration::from_secs(1),
            answer: Duration::from_millis(1500),
            slow_answer: Duration::from_secs(60),
            attempts: 3,
        }
    }
}
