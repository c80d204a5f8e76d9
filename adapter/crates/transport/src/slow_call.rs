//! Calls that block for as long as the system likes: names that are looked up, pipes of servers that aren't there, files
//! on other machines.

use std::io;
use tokio::sync::oneshot;

/// Runs `call` on a thread of its own. When nobody waits any more the thread goes on alone, and what it opened is
/// closed; unlike a blocking task of the runtime, it doesn't hold up the end of the process.
pub(crate) async fn slow_call<T: Send + 'static>(
    name: &str,
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (send, receive) = oneshot::channel();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Refused when nobody waits any more.
        let _ = send.send(call());
    })?;
    receive.await.unwrap_or_else(|_| Err(io::Error::other("the call ended without a result")))
}
