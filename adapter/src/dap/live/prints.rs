//! The target's own words on their way to the client: what comes within some milliseconds is one event, and what is too
//! much for an editor is left to the log.

use std::time::{Duration, Instant};

/// Prints that come within this time are shown together.
const TOGETHER: Duration = Duration::from_millis(30);
/// Bytes that an editor is shown within a second.
const MOST_PER_SECOND: usize = 1 << 20;
const SECOND: Duration = Duration::from_secs(1);

/// Text that waits to be shown.
#[derive(Debug, Default)]
pub struct Prints {
    text: String,
    /// When the first of it came.
    since: Option<Instant>,
    /// The second that is counted, and what was shown of it.
    second: Option<Instant>,
    shown: usize,
    /// Lines of this second that aren't shown.
    withheld: u64,
    /// Whether they are in a log.
    kept: bool,
}

impl Prints {
    /// The target has printed something; `kept` says whether a log has it.
    pub fn push(&mut self, text: &str, kept: bool, now: Instant) {
        if self.second.is_none_or(|second| now >= second + SECOND) {
            self.say_withheld();
            self.second = Some(now);
            self.shown = 0;
        }
        if self.shown.saturating_add(text.len()) > MOST_PER_SECOND {
            self.withheld += text.matches('\n').count().max(1) as u64;
        } else {
            self.shown += text.len();
            self.text.push_str(text);
        }
        self.kept = kept;
        self.since.get_or_insert(now);
    }

    /// When what waits is to be shown.
    pub fn due(&self) -> Option<Instant> {
        match self.withheld {
            0 => self.since.map(|since| since + TOGETHER),
            _ if !self.text.is_empty() => self.since.map(|since| since + TOGETHER),
            _ => self.second.map(|second| second + SECOND),
        }
    }

    /// What waits, to be shown now.
    pub fn take(&mut self, now: Instant) -> Option<String> {
        if self.second.is_none_or(|second| now >= second + SECOND) {
            self.say_withheld();
        }
        self.since = None;
        Some(std::mem::take(&mut self.text)).filter(|text| !text.is_empty())
    }

    fn say_withheld(&mut self) {
        let count = std::mem::take(&mut self.withheld);
        if count > 0 {
            if !self.text.is_empty() && !self.text.ends_with('\n') {
                self.text.push('\n');
            }
            let where_to = if self.kept { "in the log, but not here" } else { "not shown: `logFile` would keep them" };
            self.text.push_str(&format!("({count} more lines of the target are {where_to})\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_together_is_shown_together() {
        let mut prints = Prints::default();
        let now = Instant::now();
        assert_eq!(prints.due(), None);
        prints.push("a", true, now);
        prints.push("b\n", true, now + Duration::from_millis(20));
        assert_eq!(prints.due(), Some(now + TOGETHER));
        assert_eq!(prints.take(now + TOGETHER).as_deref(), Some("ab\n"));
        assert_eq!((prints.due(), prints.take(now + TOGETHER)), (None, None));
    }

    #[test]
    fn what_is_too_much_is_counted_and_told() {
        let mut prints = Prints::default();
        let now = Instant::now();
        let line = format!("{}\n", "x".repeat(1023));
        for _ in 0..1030 {
            prints.push(&line, true, now);
        }
        assert_eq!(prints.take(now + TOGETHER).map(|text| text.len()), Some(MOST_PER_SECOND));
        let later = prints.due().unwrap();
        assert_eq!(later, now + SECOND);
        let told = prints.take(later).unwrap();
        assert!(told.starts_with("(6 more lines of the target are in the log"), "{told}");
        assert_eq!(prints.due(), None);
        prints.push(&line, true, later);
        assert_eq!(prints.take(later + TOGETHER), Some(line));
    }
}
