//! Serial ports: 8 data bits, no parity, 1 stop bit, no flow control, DTR and RTS on.

use crate::ConnectError;
use crate::connector::BoxedStream;
use crate::error::Obstacle;
use crate::similar;
use crate::step::Waiting;
use serial2_tokio::{CharSize, FlowControl, Parity, SerialPort, Settings, StopBits};
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(crate) fn open(port: &str, baud: u32) -> Result<BoxedStream, Obstacle> {
    let opened =
        SerialPort::open(port, |settings| line(settings, baud)).map_err(|error| obstacle(port, baud, error))?;
    // Lines that a port doesn't have (pseudo-terminals, some adapters) can't be set, and need not be.
    let _ = opened.set_dtr(true);
    let _ = opened.set_rts(true);
    Ok(Box::new(Line(opened)))
}

fn line(mut settings: Settings, baud: u32) -> io::Result<Settings> {
    settings.set_raw();
    settings.set_baud_rate(baud)?;
    settings.set_char_size(CharSize::Bits8);
    settings.set_parity(Parity::None);
    settings.set_stop_bits(StopBits::One);
    settings.set_flow_control(FlowControl::None);
    Ok(settings)
}

/// A serial port that can be shut down like other streams: there is nothing to do for it.
struct Line(SerialPort);

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn obstacle(port: &str, baud: u32, source: io::Error) -> Obstacle {
    let endpoint = port.to_owned();
    match source.kind() {
        ErrorKind::NotFound => Obstacle::Wait(Waiting::NoSuchSerialPort { port: endpoint, similar: Vec::new() }),
        ErrorKind::ResourceBusy => Obstacle::Wait(Waiting::SerialPortBusy { port: endpoint }),
        // What Windows says of a port that is open elsewhere.
        ErrorKind::PermissionDenied if cfg!(windows) => Obstacle::Wait(Waiting::SerialPortBusy { port: endpoint }),
        ErrorKind::PermissionDenied => Obstacle::Fail(ConnectError::PermissionDenied {
            endpoint,
            advice: "this user needs the right to use serial ports: on most systems, membership of the group dialout or uucp",
            source,
        }),
        ErrorKind::InvalidInput => {
            Obstacle::Fail(ConnectError::Failed { endpoint: format!("{port} at {baud} baud"), source })
        }
        _ if not_a_terminal(&source) => Obstacle::Fail(ConnectError::WrongKind { endpoint, what: "serial port" }),
        _ => Obstacle::Fail(ConnectError::Failed { endpoint, source }),
    }
}

/// What the settings of something else than a serial port can't be set with.
fn not_a_terminal(error: &io::Error) -> bool {
    // ENOTTY has this number on Linux, the BSDs and macOS; on Windows, ERROR_INVALID_FUNCTION is 1.
    error.raw_os_error() == Some(if cfg!(windows) { 1 } else { 25 }) || error.kind() == ErrorKind::IsADirectory
}

/// This machine's serial ports, the likeliest first.
pub(crate) fn similar(port: &str) -> Vec<String> {
    let ports = SerialPort::available_ports().unwrap_or_default();
    similar::most_alike(ports.iter().map(|port| port.display().to_string()).collect(), port, 0.0)
}
