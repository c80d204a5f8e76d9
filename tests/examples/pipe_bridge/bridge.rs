//! The pipe, the port, and the bytes between them.

use std::io::{self, Read};
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::TcpStream;
use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};

/// How often a machine that is switched off is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// Who doesn't take part any more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    Client,
    Machine,
}

/// Serves until standard input ends, or the pipe can't be served.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pipe, address] = arguments.as_slice() else {
        eprintln!(r"usage: pipe_bridge \\.\pipe\NAME HOST:PORT");
        return ExitCode::FAILURE;
    };
    std::thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let served = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(serve_machines(pipe, address)));
    if let Err(error) = served {
        eprintln!("pipe_bridge: {pipe} for {address}: {error}");
    }
    ExitCode::FAILURE
}

/// A pipe for each time that the machine is switched on.
async fn serve_machines(pipe: &str, address: &str) -> io::Result<()> {
    loop {
        let Ok(mut machine) = TcpStream::connect(address).await else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        machine.set_nodelay(true)?;
        let mut server = ServerOptions::new().first_pipe_instance(true).create(pipe)?;
        while wait_for_client(&server, &mut machine).await? == Gone::Client
            && join(&mut server, &mut machine).await == Gone::Client
        {
            server.disconnect()?;
        }
    }
}

/// Until there is a client, nobody hears the machine. `Gone::Client` stands for the one before.
async fn wait_for_client(server: &NamedPipeServer, machine: &mut TcpStream) -> io::Result<Gone> {
    let mut nobody = tokio::io::sink();
    tokio::select! {
        connected = server.connect() => connected.map(|()| Gone::Client),
        _ = tokio::io::copy(machine, &mut nobody) => Ok(Gone::Machine),
    }
}

/// Passes bytes on until one of the two has gone.
async fn join(client: &mut NamedPipeServer, machine: &mut TcpStream) -> Gone {
    let (mut from_client, mut to_client) = split(client);
    let (mut from_machine, mut to_machine) = machine.split();
    tokio::select! {
        gone = pass(&mut from_client, Gone::Client, &mut to_machine, Gone::Machine) => gone,
        gone = pass(&mut from_machine, Gone::Machine, &mut to_client, Gone::Client) => gone,
    }
}

async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    source: Gone,
    to: &mut (impl AsyncWrite + Unpin),
    sink: Gone,
) -> Gone {
    let mut piece = [0; 4096];
    loop {
        let bytes = match from.read(&mut piece).await {
            Ok(count @ 1..) => &piece[..count],
            _ => return source,
        };
        if to.write_all(bytes).await.is_err() {
            return sink;
        }
    }
}
