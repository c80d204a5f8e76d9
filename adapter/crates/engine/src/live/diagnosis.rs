//! What is wrong with a connection over which no target is reached: which cause fits to what was seen, and what to check.

use kd_protocol::Statistics;
use std::time::Duration;

/// What was seen, in words, after `waited` without a target.
pub fn diagnose(seen: &Statistics, waited: Duration) -> String {
    let seconds = waited.as_secs();
    let (cause, check) = if seen.bytes_received == 0 {
        (
            "nothing was heard".to_owned(),
            "Is the target running, and booted with debugging on (bcdedit /debug on, /dbgsettings serial debugport:N)? \
             Is the virtual machine's serial port this pipe or socket, and the same port as debugport? A target that is \
             not booted yet will be heard when it boots.",
        )
    } else if seen.damaged > seen.packets_received {
        (
            format!("{} packets came damaged, and {} whole", seen.damaged, seen.packets_received),
            "Is the baud rate the one that the target was booted with (bcdedit /dbgsettings, baudrate)? Is another \
             program reading from the same line?",
        )
    } else if seen.packets_received == 0 {
        (
            format!("{} bytes came, but no packet", seen.bytes_received),
            "This is text: a boot loader, firmware or a console has this port. Is the target booted with debugging on, \
             and is this the port that debugport names? At a wrong baud rate text looks like this, too.",
        )
    } else if seen.acknowledged == 0 && seen.resets_received == 0 {
        (
            format!("{} packets came, but none that answers ours", seen.packets_received),
            "Does the line work in both directions? Is another debugger connected to the same target?",
        )
    } else {
        (
            format!("{} packets came, but the target does not stop", seen.packets_received),
            "It looks for a break-in on its clock tick only: is the virtual machine paused, or the target hung with \
             interrupts off?",
        )
    };
    format!("No target after {seconds} s: {cause}. {check}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_told_by_what_was_seen() {
        let says = |seen: Statistics, words: &str| {
            let text = diagnose(&seen, Duration::from_secs(5));
            assert!(text.starts_with("No target after 5 s: ") && text.contains(words), "{text}");
        };
        let none = Statistics::default();
        says(none.clone(), "nothing was heard");
        says(Statistics { bytes_received: 900, noise_bytes: 900, ..none.clone() }, "no packet. This is text");
        says(Statistics { bytes_received: 900, damaged: 5, packets_received: 1, ..none.clone() }, "baud rate");
        says(Statistics { bytes_received: 900, packets_received: 9, ..none.clone() }, "another debugger");
        says(Statistics { bytes_received: 900, packets_received: 9, acknowledged: 1, ..none }, "clock tick");
    }
}
