//! Windows named pipes, as a client: a virtual machine serves its serial port as one.

use crate::connector::BoxedStream;
use crate::error::Obstacle;

#[cfg(not(windows))]
pub(crate) async fn open(path: &str) -> Result<BoxedStream, Obstacle> {
    Err(Obstacle::Fail(crate::ConnectError::NotOnThisSystem {
        endpoint: path.to_owned(),
        what: "named pipes",
        instead: "a virtual machine's serial port is a Unix socket (unix:PATH) or a TCP port (tcp:HOST:PORT) here",
    }))
}

#[cfg(windows)]
pub(crate) async fn open(path: &str) -> Result<BoxedStream, Obstacle> {
    let is_local = path.starts_with(r"\\.\") || path.starts_with(r"\\?\");
    let opened = if is_local { windows::client(path) } else { windows::client_elsewhere(path).await };
    match opened {
        Ok(client) => Ok(Box::new(client)),
        Err(error) => Err(windows::obstacle(path, error)),
    }
}

#[cfg(windows)]
mod windows {
    use crate::error::{ConnectError, Obstacle};
    use crate::similar;
    use crate::step::Waiting;
    use std::io;
    use std::path::Path;
    use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient};

    /// Least likeness of the pipes that are told: a system has hundreds.
    const ALIKE: f64 = 0.75;

    // System error codes (MS-ERREF 2.2).
    const ERROR_FILE_NOT_FOUND: i32 = 2;
    const ERROR_PATH_NOT_FOUND: i32 = 3;
    const ERROR_ACCESS_DENIED: i32 = 5;
    const ERROR_REM_NOT_LIST: i32 = 51;
    const ERROR_BAD_NETPATH: i32 = 53;
    const ERROR_DEV_NOT_EXIST: i32 = 55;
    const ERROR_UNEXP_NET_ERR: i32 = 59;
    const ERROR_NETNAME_DELETED: i32 = 64;
    const ERROR_BAD_NET_NAME: i32 = 67;
    const ERROR_SEM_TIMEOUT: i32 = 121;
    const ERROR_PIPE_BUSY: i32 = 231;
    const ERROR_NETWORK_UNREACHABLE: i32 = 1231;
    const ERROR_HOST_UNREACHABLE: i32 = 1232;
    const ERROR_LOGON_FAILURE: i32 = 1326;

    pub(super) fn client(path: &str) -> io::Result<NamedPipeClient> {
        ClientOptions::new().open(path)
    }

    /// On a thread of its own: the system takes its time (20 s and more) for a server that isn't there, and neither
    /// the other tasks nor the end of the process should wait for that.
    pub(super) async fn client_elsewhere(path: &str) -> io::Result<NamedPipeClient> {
        let (send, receive) = tokio::sync::oneshot::channel();
        let (path, runtime) = (path.to_owned(), tokio::runtime::Handle::current());
        std::thread::Builder::new().name("pipe".to_owned()).spawn(move || {
            let _runtime = runtime.enter();
            // Nobody receives it when the attempt was given up: the pipe closes then.
            let _ = send.send(client(&path));
        })?;
        receive.await.unwrap_or_else(|_| Err(io::Error::other("the attempt to open it ended without a result")))
    }

    pub(super) fn obstacle(path: &str, source: io::Error) -> Obstacle {
        let path = path.to_owned();
        match source.raw_os_error() {
            Some(ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND) => {
                let similar = similar(&path);
                Obstacle::Wait(Waiting::NoSuchPipe { path, similar })
            }
            Some(ERROR_PIPE_BUSY) => Obstacle::Wait(Waiting::PipeBusy { path }),
            Some(
                ERROR_REM_NOT_LIST
                | ERROR_BAD_NETPATH
                | ERROR_DEV_NOT_EXIST
                | ERROR_UNEXP_NET_ERR
                | ERROR_NETNAME_DELETED
                | ERROR_BAD_NET_NAME
                | ERROR_SEM_TIMEOUT
                | ERROR_NETWORK_UNREACHABLE
                | ERROR_HOST_UNREACHABLE,
            ) => Obstacle::Wait(Waiting::ServerUnreachable { path, reason: source.to_string() }),
            Some(ERROR_ACCESS_DENIED | ERROR_LOGON_FAILURE) => Obstacle::Fail(ConnectError::PermissionDenied {
                endpoint: path,
                advice: "Hyper-V's pipes are for administrators: start the editor as one; on another machine, log on to it first",
                source,
            }),
            _ => Obstacle::Fail(ConnectError::Failed { endpoint: path, source }),
        }
    }

    /// Local pipes with names like this one's, as paths.
    fn similar(path: &str) -> Vec<String> {
        const LOCAL: &str = r"\\.\pipe\";
        let Some(name) = path.get(LOCAL.len()..).filter(|_| path.starts_with(r"\\.\")) else { return Vec::new() };
        let names = similar::names_in(Path::new(LOCAL), name, ALIKE, |_| true);
        names.into_iter().map(|name| format!("{LOCAL}{name}")).collect()
    }
}
