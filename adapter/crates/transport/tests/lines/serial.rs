//! Serial ports, against pseudo-terminals of this machine.

use crate::support::{Folder, connector_of, in_time, refusal};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{ControlModes, InputModes, tcgetattr};
use std::fs::File;
use std::io::{Read, Write};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use transport::{ConnectError, Endpoint, Waiting};

/// The far end of a line, and the name of the near one.
fn pseudo_terminal() -> (File, String) {
    let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    grantpt(&far).expect("a pseudo-terminal");
    unlockpt(&far).expect("a pseudo-terminal");
    let name = ptsname(&far, Vec::new()).expect("its name").into_string().expect("a name in ASCII");
    (File::from(far), name)
}

#[tokio::test]
async fn every_byte_goes_through_a_serial_line_unchanged() {
    let (mut far, name) = pseudo_terminal();
    let mut near = crate::support::connect(Endpoint::serial(&name, 57_600).expect("a good port")).await;
    // Among them what terminals act on or change: Ctrl+C, Ctrl+D, XON, XOFF, line ends, 0xff.
    let all: Vec<u8> = (0..=255).collect();
    in_time(near.write_all(&all)).await.expect("the bytes go out");
    let mut got = vec![0; all.len()];
    far.read_exact(&mut got).expect("the bytes come");
    assert_eq!(got, all);
    far.write_all(&all).expect("the bytes go out");
    in_time(near.read_exact(&mut got)).await.expect("the bytes come");
    assert_eq!(got, all);
    near.shutdown().await.expect("shutting a line down does nothing");
    drop(far);
    let read = in_time(near.read(&mut got)).await;
    assert!(matches!(read, Ok(0) | Err(_)), "read {read:?}");
}

#[tokio::test]
async fn a_line_has_the_speed_that_was_asked_for_and_no_parity_or_flow_control() {
    let (_far, name) = pseudo_terminal();
    for baud in [9600, 115_200, 921_600, 1_500_001] {
        let near = crate::support::connect(Endpoint::serial(&name, baud).expect("a good port")).await;
        let settings = tcgetattr(File::open(&name).expect("the same line")).expect("its settings");
        assert_eq!((settings.input_speed(), settings.output_speed()), (baud, baud));
        assert!(settings.control_modes.contains(ControlModes::CS8 | ControlModes::CREAD));
        assert!(
            !settings.control_modes.intersects(ControlModes::PARENB | ControlModes::CSTOPB | ControlModes::CRTSCTS)
        );
        assert!(!settings.input_modes.intersects(InputModes::IXON | InputModes::IXOFF));
        drop(near);
    }
}

#[tokio::test]
async fn a_port_that_is_plugged_in_later_is_found() {
    let folder = Folder::new();
    let port = folder.file("ttyUSB0");
    let (mut connector, told) = connector_of(&format!("com:port={},baud=115200", port.display()));
    let plug = async {
        told.waited_for(1).await;
        let (far, name) = pseudo_terminal();
        std::os::unix::fs::symlink(name, &port).expect("a link");
        far
    };
    let (near, mut far) = in_time(async { tokio::join!(connector.connect(), plug) }).await;
    in_time(near.expect("a connection").write_all(b"b")).await.expect("the byte goes out");
    let mut got = [0];
    far.read_exact(&mut got).expect("the byte comes");
    assert!(matches!(told.waits().as_slice(), [Waiting::NoSuchSerialPort { .. }]), "{}", told.text());
}

#[tokio::test]
async fn what_is_no_serial_port_fails_at_once() {
    let folder = Folder::new();
    let file = folder.with("file", "");
    for other in [file.display().to_string(), "/dev/null".to_owned()] {
        let error = refusal(&format!("com:port={other}")).await;
        assert!(matches!(error, ConnectError::WrongKind { what: "serial port", .. }), "{error}");
    }
}
