//! Addresses in what a 32-bit target says by itself: sign-extended on the wire, zero-extended everywhere else.

use arch::Machine;
use kd_protocol::{StateChange, StateChangeKind, truncate};

/// The state change with its addresses as all but the wire has them.
pub(super) fn zero_extended(machine: Option<Machine>, mut change: StateChange) -> StateChange {
    if machine != Some(Machine::X86) {
        return change;
    }
    shorten(&mut change.program_counter);
    shorten(&mut change.thread);
    match &mut change.kind {
        StateChangeKind::Exception { record, .. } => {
            shorten(&mut record.address);
            shorten(&mut record.record);
            record.information.iter_mut().for_each(shorten);
        }
        // All ones are no address: every module goes.
        StateChangeKind::LoadSymbols(load) if load.base != u64::MAX => shorten(&mut load.base),
        StateChangeKind::LoadSymbols(_) | StateChangeKind::CommandString { .. } | StateChangeKind::Unknown { .. } => {}
    }
    change
}

/// What is no 32-bit address stays as it is.
fn shorten(address: &mut u64) {
    *address = truncate(*address).map_or(*address, u64::from);
}

#[cfg(test)]
mod tests {
    use super::*;
    use kd_protocol::{ExceptionRecord, LoadSymbols};

    const WIRE: u64 = 0xffff_ffff_8040_1000;

    fn stop(kind: StateChangeKind) -> StateChange {
        StateChange {
            alternate: false,
            processor_level: 0,
            processor: 0,
            number_processors: 1,
            thread: WIRE + 8,
            program_counter: WIRE,
            kind,
            control_report: Vec::new(),
        }
    }

    #[test]
    fn addresses_of_32_bit_targets_are_the_same_as_those_of_symbols() {
        let record = ExceptionRecord { address: WIRE, information: [WIRE; 15], ..ExceptionRecord::default() };
        let exception = stop(StateChangeKind::Exception { record, first_chance: true });
        let short = zero_extended(Some(Machine::X86), exception.clone());
        assert_eq!((short.program_counter, short.thread), (0x8040_1000, 0x8040_1008));
        let StateChangeKind::Exception { record, .. } = &short.kind else { panic!("{short:?}") };
        assert_eq!((record.address, record.information), (0x8040_1000, [0x8040_1000; 15]));
        assert_eq!(zero_extended(Some(Machine::X86), short.clone()), short);
        for machine in [Some(Machine::Amd64), Some(Machine::Arm64), None] {
            assert_eq!(zero_extended(machine, exception.clone()), exception);
        }
    }

    #[test]
    fn the_base_of_all_modules_is_no_address() {
        for (base, expected) in [(WIRE, 0x8040_1000), (u64::MAX, u64::MAX)] {
            let load = LoadSymbols { base, ..LoadSymbols::default() };
            let short = zero_extended(Some(Machine::X86), stop(StateChangeKind::LoadSymbols(load)));
            let StateChangeKind::LoadSymbols(load) = &short.kind else { panic!("{short:?}") };
            assert_eq!(load.base, expected);
        }
    }
}
