//! Lines with real sockets on both ends.

use super::*;
use crate::temporary::TemporaryFolder;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};

const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A line over Unix sockets, and the machine's side of it.
struct Setup {
    // Dropped in this order: the sockets' folder last.
    line: Line,
    machine: UnixListener,
    folder: TemporaryFolder,
}

fn setup() -> Setup {
    let folder = TemporaryFolder::new();
    let path = |name: &str| folder.path().join(name);
    let machine = UnixListener::bind(path("machine")).unwrap();
    let line = Line::new(&Address::Unix(path("line")), Address::Unix(path("machine")));
    Setup { line, machine, folder }
}

impl Setup {
    /// Both ends of a new connection.
    fn connect(&self) -> [UnixStream; 2] {
        let client = UnixStream::connect(self.folder.path().join("line")).unwrap();
        let machine = self.machine.accept().unwrap().0;
        for end in [&client, &machine] {
            end.set_read_timeout(Some(TIME_LIMIT)).unwrap();
        }
        [client, machine]
    }
}

fn receive(end: &mut impl Read, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    end.read_exact(&mut bytes).unwrap();
    bytes
}

/// Whether the other end hung up, and nothing came before that.
fn ended(end: &mut impl Read) -> bool {
    match end.read(&mut [0]) {
        Ok(len) => len == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

/// Bytes of which each place is recognised.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

#[test]
fn without_damage_bytes_arrive_as_they_were_sent() {
    let setup = setup();
    let [mut client, mut machine] = setup.connect();
    let bytes = pattern(300_000);
    for _ in 0..2 {
        std::thread::scope(|scope| {
            scope.spawn(|| client.write_all(&bytes).unwrap());
            assert!(receive(&mut machine, bytes.len()) == bytes);
        });
        std::mem::swap(&mut client, &mut machine);
    }
    assert_eq!(setup.line.faults(), 0);
}

#[test]
fn tcp_is_a_line_too() {
    let machine = TcpListener::bind("127.0.0.1:0").unwrap();
    let line = Line::new(&Address::any_port(), Address::Tcp(machine.local_addr().unwrap()));
    let Address::Tcp(address) = line.address() else { panic!("{:?}", line.address()) };
    let mut client = TcpStream::connect(address).unwrap();
    let mut machine = machine.accept().unwrap().0;
    client.write_all(b"there").unwrap();
    assert_eq!(receive(&mut machine, 5), b"there");
    machine.write_all(b"and back").unwrap();
    assert_eq!(receive(&mut client, 8), b"and back");
}

#[test]
fn damage_is_the_same_each_time_and_can_be_switched_off() {
    let bytes = pattern(20_000);
    let run = || {
        let setup = setup();
        let [mut client, mut machine] = setup.connect();
        setup.line.set_damage(Some(&Damage::new(42).with(Fault::Change, 100)));
        client.write_all(&bytes).unwrap();
        let damaged = receive(&mut machine, bytes.len());
        let faults = setup.line.faults();
        setup.line.set_damage(None);
        client.write_all(&bytes).unwrap();
        assert!(receive(&mut machine, bytes.len()) == bytes);
        assert_eq!(setup.line.faults(), faults);
        (damaged, faults)
    };
    let (damaged, faults) = run();
    let wrong = damaged.iter().zip(&bytes).filter(|(arrived, sent)| arrived != sent).count() as u64;
    assert_eq!(wrong, faults);
    // 200 are expected: 140 and 260 are four standard deviations away.
    assert!((140..260).contains(&faults), "{faults}");
    assert!(run() == (damaged, faults));
}

#[test]
fn one_direction_alone_can_be_silent() {
    let setup = setup();
    let [mut client, mut machine] = setup.connect();
    let silence = Damage::new(0).with(Fault::Drop, 1);
    setup.line.set_damage_of(Direction::ToHost, Some(&silence));
    machine.write_all(b"lost").unwrap();
    client.write_all(b"heard").unwrap();
    assert_eq!(receive(&mut machine, 5), b"heard");
    client.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_rate_is_kept_by_each_direction() {
    let setup = setup();
    let [mut client, mut machine] = setup.connect();
    setup.line.set_baud(Some(115_200));
    // 0.2 seconds' bytes.
    let bytes = pattern(2304);
    let start = Instant::now();
    client.write_all(&bytes).unwrap();
    machine.write_all(&bytes).unwrap();
    assert!(receive(&mut machine, bytes.len()) == bytes);
    assert!(receive(&mut client, bytes.len()) == bytes);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(199), "{took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_byte_that_stalls_comes_later() {
    let setup = setup();
    let [mut client, mut machine] = setup.connect();
    setup.line.set_damage(Some(&Damage::new(0).with(Fault::Stall(Duration::from_millis(30)), 1)));
    let start = Instant::now();
    client.write_all(b"abc").unwrap();
    assert_eq!(receive(&mut machine, 3), b"abc");
    assert!(start.elapsed() >= Duration::from_millis(90), "{:?}", start.elapsed());
}

#[test]
fn a_cut_hangs_up_on_both_and_the_next_client_is_served() {
    let setup = setup();
    for _ in 0..3 {
        let [mut client, mut machine] = setup.connect();
        client.write_all(b"x").unwrap();
        assert_eq!(receive(&mut machine, 1), b"x");
        setup.line.cut();
        assert!(ended(&mut client) && ended(&mut machine));
    }
}

#[test]
fn a_cut_by_chance_hangs_up_too() {
    let setup = setup();
    let [mut client, mut machine] = setup.connect();
    setup.line.set_damage(Some(&Damage::new(1).with(Fault::Cut, 1)));
    machine.write_all(b"x").unwrap();
    assert!(ended(&mut client) && ended(&mut machine));
    setup.line.set_damage(None);
    let [mut client, mut machine] = setup.connect();
    machine.write_all(b"y").unwrap();
    assert_eq!(receive(&mut client, 1), b"y");
}

#[test]
fn when_an_end_goes_the_other_hears_it_after_all_that_was_sent() {
    let setup = setup();
    let bytes = pattern(50_000);
    let [mut client, mut machine] = setup.connect();
    client.write_all(&bytes).unwrap();
    drop(client);
    assert!(receive(&mut machine, bytes.len()) == bytes);
    assert!(ended(&mut machine));
    let [mut client, mut machine] = setup.connect();
    machine.write_all(&bytes).unwrap();
    drop(machine);
    assert!(receive(&mut client, bytes.len()) == bytes);
    assert!(ended(&mut client));
}

#[test]
fn without_a_machine_a_client_is_hung_up_on() {
    let Setup { line, machine, folder } = setup();
    drop(machine);
    std::fs::remove_file(folder.path().join("machine")).unwrap();
    let mut client = UnixStream::connect(folder.path().join("line")).unwrap();
    client.set_read_timeout(Some(TIME_LIMIT)).unwrap();
    assert!(ended(&mut client));
    drop(line);
}

#[test]
fn what_was_sent_is_counted_whatever_became_of_it() {
    let setup = setup();
    let [mut client, mut machine] = setup.connect();
    client.write_all(&[0; 10]).unwrap();
    receive(&mut machine, 10);
    let mark = setup.line.mark();
    assert_eq!((mark.to_target.bytes, mark.to_host.bytes), (10, 0));
    setup.line.set_damage_of(Direction::ToTarget, Some(&Damage::new(0).with(Fault::Duplicate, 1)));
    client.write_all(&[0; 100]).unwrap();
    receive(&mut machine, 200);
    // A control packet: an acknowledgement.
    machine.write_all(b"iiii\x04\0\0\0\0\0\x80\x80\0\0\0\0").unwrap();
    receive(&mut client, 16);
    let expected =
        Traffic { to_target: Flow { bytes: 100, packets: 0 }, to_host: Flow { bytes: 16, packets: 1 }, round_trips: 0 };
    assert_eq!(setup.line.since(mark), expected);
    assert_eq!(setup.line.since(mark).bytes(), 116);
}

#[test]
fn a_line_that_is_dropped_does_not_hang() {
    // One that stalls for hours, one that nobody reads from, one that nobody has come to.
    let stalled = setup();
    let [mut client, _machine] = stalled.connect();
    stalled.line.set_damage(Some(&Damage::new(0).with(Fault::Stall(TIME_LIMIT * 1000), 1)));
    client.write_all(b"abc").unwrap();

    let full = setup();
    let [mut writer, _reader] = full.connect();
    writer.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    writer.write_all(&pattern(10_000_000)).unwrap_err();

    let start = Instant::now();
    drop((stalled, full, setup()));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
