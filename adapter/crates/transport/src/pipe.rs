//! Windows named pipes, as a client: a virtual machine serves its serial port as one.

use crate::connector::BoxedStream;
use crate::error::Obstacle;
use crate::similar;
use std::path::Path;

/// Where this machine's pipes are.
const LOCAL: &str = r"\\.\pipe\";
/// Least likeness of the pipes that are told: a system has hundreds.
const ALIKE: f64 = 0.75;

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
    let path = path.to_owned();
    let file_path = path.clone();
    let opened = crate::slow_call::slow_call("pipe", move || open_file(&file_path)).await;
    match opened.and_then(into_client) {
        Ok(client) => Ok(Box::new(client)),
        Err(error) => Err(obstacle(path, error)),
    }
}

/// Opens the pipe as `ClientOptions::open` would, without what must happen on the runtime's own thread.
#[cfg(windows)]
fn open_file(path: &str) -> std::io::Result<std::fs::File> {
    use std::os::windows::fs::OpenOptionsExt;
    use windows_sys::Win32::Storage::FileSystem::{FILE_FLAG_OVERLAPPED, SECURITY_IDENTIFICATION};

    let mut options = std::fs::OpenOptions::new();
    // A pipe's server may know who its client is, and not act in its name.
    options.read(true).write(true).custom_flags(FILE_FLAG_OVERLAPPED).security_qos_flags(SECURITY_IDENTIFICATION);
    options.open(path)
}

/// The first read is started here, and would end with the thread that started it.
#[cfg(windows)]
fn into_client(file: std::fs::File) -> std::io::Result<tokio::net::windows::named_pipe::NamedPipeClient> {
    use std::os::windows::io::IntoRawHandle;

    #[allow(unsafe_code, reason = "tokio has no safe way to take a pipe that was opened elsewhere")]
    // SAFETY: the handle is open, owned by nobody else, a pipe's, and overlapped.
    unsafe {
        tokio::net::windows::named_pipe::NamedPipeClient::from_raw_handle(file.into_raw_handle())
    }
}

#[cfg(windows)]
fn obstacle(path: String, source: std::io::Error) -> Obstacle {
    use crate::ConnectError;
    use crate::step::Waiting;
    use windows_sys::Win32::Foundation::{
        ERROR_ACCESS_DENIED, ERROR_BAD_NET_NAME, ERROR_BAD_NETPATH, ERROR_DEV_NOT_EXIST, ERROR_FILE_NOT_FOUND,
        ERROR_HOST_UNREACHABLE, ERROR_LOGON_FAILURE, ERROR_NETNAME_DELETED, ERROR_NETWORK_UNREACHABLE,
        ERROR_PATH_NOT_FOUND, ERROR_PIPE_BUSY, ERROR_REM_NOT_LIST, ERROR_SEM_TIMEOUT, ERROR_UNEXP_NET_ERR,
    };

    match source.raw_os_error().and_then(|code| u32::try_from(code).ok()) {
        Some(ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND) => {
            Obstacle::Wait(Waiting::NoSuchPipe { path, similar: Vec::new() })
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
            advice: "Hyper-V's pipes are for administrators, so start the editor as one; on another machine, log on to it first",
            source,
        }),
        _ => Obstacle::Fail(ConnectError::Failed { endpoint: path, source }),
    }
}

/// Pipes of this machine with names like this one's; of other machines, none can be listed.
pub(crate) fn similar(path: &str) -> Vec<String> {
    let Some(name) = path.get(LOCAL.len()..).filter(|_| path.starts_with(r"\\.\")) else { return Vec::new() };
    let names = similar::names_in(Path::new(LOCAL), name, ALIKE, |_| true);
    names.into_iter().map(|name| format!("{LOCAL}{name}")).collect()
}
