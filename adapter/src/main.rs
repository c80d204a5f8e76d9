//! The `kdap` binary: arguments, logging, threads; nothing else.

mod connection_config;
mod console;
mod dap;
#[cfg(test)]
mod editor_schema;
mod launch_config;

use clap::{Args, Parser, Subcommand};
use std::process::ExitCode;
use tracing_subscriber::filter::LevelFilter;

/// A Windows kernel debugger that speaks the Debug Adapter Protocol.
#[derive(Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    dap: DapArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Speaks the Debug Adapter Protocol on standard input and output (what happens without a command, too)
    Dap(DapArguments),
    /// Opens a crash dump in the terminal
    Open(console::OpenArguments),
    /// Connects to a live kernel in the terminal
    Connect(console::ConnectArguments),
}

#[derive(Args)]
struct DapArguments {
    /// Listens on this port of the loopback interface, with a session for each connection; 0 takes a free port
    #[arg(long)]
    port: Option<u16>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Standard output belongs to the protocol: what is logged goes elsewhere.
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(LevelFilter::WARN).init();
    match cli.command {
        Some(Command::Dap(arguments)) => serve(&arguments),
        Some(Command::Open(arguments)) => console::open(&arguments),
        Some(Command::Connect(arguments)) => console::connect(arguments),
        None => serve(&cli.dap),
    }
}

fn serve(arguments: &DapArguments) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("no runtime can be started: {error}")),
    };
    let served = match arguments.port {
        Some(port) => runtime.block_on(dap::serve_connections(port)).map_err(|error| format!("port {port}: {error}")),
        None => {
            runtime.block_on(dap::serve_stdio());
            Ok(())
        }
    };
    // The thread that waits for standard input can't be waited for.
    runtime.shutdown_background();
    served.map_or_else(|message| fail(&message), |()| ExitCode::SUCCESS)
}

fn fail(message: &str) -> ExitCode {
    eprintln!("kdap: {message}");
    ExitCode::FAILURE
}
