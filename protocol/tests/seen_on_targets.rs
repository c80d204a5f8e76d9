//! Each thing that real kernels and stubs were seen to do, and a debugger has to live with.

mod support;

use core::time::Duration;
use kd_protocol::manipulate::ReadMemory;
use kd_protocol::{Answer, Event, Request, Status};
use support::pair::Pair;
use support::target::{Habits, MEMORY, memory};

fn read(address: u64, count: u32) -> Request {
    Request::ReadVirtualMemory(ReadMemory { address, count })
}

fn pair() -> Pair {
    Pair::new(1, Habits::default())
}

#[track_caller]
fn check_reads(pair: &mut Pair) {
    for offset in 0..4 {
        let address = MEMORY.start + offset * 0x100;
        let Answer::Memory { status, data } = pair.answer(read(address, 64)) else { panic!("memory is answered") };
        assert_eq!((status, data), (Status::SUCCESS, memory(pair.target.boots, address, 64)));
    }
}

#[test]
fn a_running_target_is_attached_to() {
    let mut pair = pair();
    let stop = pair.attach();
    assert_eq!(stop.thread, 1);
    check_reads(&mut pair);
    assert_eq!(pair.host.statistics().resends, 0);
    assert_eq!(pair.host.statistics().retransmissions, 0);
    let others: Vec<_> = pair.events.iter().filter(|event| !matches!(event, Event::Noise(_))).collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(pair.now < Duration::from_secs(1001));
}
