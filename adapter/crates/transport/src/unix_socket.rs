//! Unix sockets: QEMU, VirtualBox and VMware serve a machine's serial port as one.

use crate::connector::BoxedStream;
use crate::error::Obstacle;
use std::path::Path;

#[cfg(not(unix))]
pub(crate) async fn open(path: &Path) -> Result<BoxedStream, Obstacle> {
    Err(Obstacle::Fail(crate::ConnectError::NotOnThisSystem {
        endpoint: path.display().to_string(),
        what: "Unix sockets for this",
        instead: r"a virtual machine's serial port is a named pipe here: com:pipe,port=\\.\pipe\NAME",
    }))
}

#[cfg(unix)]
pub(crate) async fn open(path: &Path) -> Result<BoxedStream, Obstacle> {
    match tokio::net::UnixStream::connect(path).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(obstacle(path, error)),
    }
}

#[cfg(unix)]
fn obstacle(path: &Path, source: std::io::Error) -> Obstacle {
    use crate::ConnectError;
    use crate::step::Waiting;
    use std::io::ErrorKind;
    use std::os::unix::fs::FileTypeExt;

    let endpoint = path.display().to_string();
    match source.kind() {
        ErrorKind::NotFound => Obstacle::Wait(Waiting::NoSuchSocket { path: path.to_owned(), similar: Vec::new() }),
        // Linux refuses connections to plain files and folders as well.
        ErrorKind::ConnectionRefused if std::fs::metadata(path).is_ok_and(|file| !file.file_type().is_socket()) => {
            Obstacle::Fail(ConnectError::WrongKind { endpoint, what: "socket" })
        }
        ErrorKind::ConnectionRefused | ErrorKind::WouldBlock => {
            Obstacle::Wait(Waiting::SocketRefuses { path: path.to_owned() })
        }
        ErrorKind::PermissionDenied => Obstacle::Fail(ConnectError::PermissionDenied {
            endpoint,
            advice: "start the virtual machine as the same user, or give this user the right to write to the socket",
            source,
        }),
        _ => Obstacle::Fail(ConnectError::Failed { endpoint, source }),
    }
}

/// Names of the sockets in the same folder.
#[cfg(unix)]
pub(crate) fn similar(path: &Path) -> Vec<String> {
    use std::fs::DirEntry;
    use std::os::unix::fs::FileTypeExt;

    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let wanted = path.file_name().unwrap_or_default().to_string_lossy();
    let is_socket = |entry: &DirEntry| entry.file_type().is_ok_and(|file_type| file_type.is_socket());
    crate::similar::names_in(folder, &wanted, 0.0, is_socket)
}

#[cfg(not(unix))]
pub(crate) fn similar(_: &Path) -> Vec<String> {
    Vec::new()
}
