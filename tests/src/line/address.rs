//! Unix sockets and TCP as one.

use std::io::{Error, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

/// Where one end of a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket.
    Unix(PathBuf),
    /// A TCP port.
    Tcp(SocketAddr),
}

impl Address {
    /// A free TCP port of the loopback interface.
    pub fn any_port() -> Self {
        Self::Tcp(SocketAddr::from(([127, 0, 0, 1], 0)))
    }
}

pub(super) enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Listens, and says where.
    pub(super) fn bind(address: &Address) -> Result<(Self, Address), Error> {
        match address {
            Address::Unix(path) => {
                let listener = UnixListener::bind(path)?;
                listener.set_nonblocking(true)?;
                Ok((Self::Unix(listener), address.clone()))
            }
            Address::Tcp(address) => {
                let listener = TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                let address = listener.local_addr()?;
                Ok((Self::Tcp(listener), Address::Tcp(address)))
            }
        }
    }

    /// A client, if one is waiting.
    pub(super) fn accept(&self) -> Option<Stream> {
        let stream = match self {
            Self::Unix(listener) => Stream::Unix(listener.accept().ok()?.0),
            Self::Tcp(listener) => Stream::Tcp(listener.accept().ok()?.0),
        };
        stream.prepare().ok()?;
        Some(stream)
    }
}

pub(super) enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    pub(super) fn connect(address: &Address) -> Result<Self, Error> {
        let stream = match address {
            Address::Unix(path) => Self::Unix(UnixStream::connect(path)?),
            Address::Tcp(address) => Self::Tcp(TcpStream::connect(address)?),
        };
        stream.prepare()?;
        Ok(stream)
    }

    /// Bytes are waited for, and sent at once.
    fn prepare(&self) -> Result<(), Error> {
        match self {
            Self::Unix(stream) => stream.set_nonblocking(false),
            Self::Tcp(stream) => stream.set_nonblocking(false).and_then(|()| stream.set_nodelay(true)),
        }
    }

    pub(super) fn try_clone(&self) -> Result<Self, Error> {
        match self {
            Self::Unix(stream) => stream.try_clone().map(Self::Unix),
            Self::Tcp(stream) => stream.try_clone().map(Self::Tcp),
        }
    }

    pub(super) fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        match self {
            Self::Unix(stream) => stream.shutdown(how),
            Self::Tcp(stream) => stream.shutdown(how),
        }
    }

    pub(super) fn read(&self, bytes: &mut [u8]) -> Result<usize, Error> {
        match self {
            Self::Unix(stream) => (&*stream).read(bytes),
            Self::Tcp(stream) => (&*stream).read(bytes),
        }
    }

    pub(super) fn write_all(&self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Unix(stream) => (&*stream).write_all(bytes),
            Self::Tcp(stream) => (&*stream).write_all(bytes),
        }
    }
}
