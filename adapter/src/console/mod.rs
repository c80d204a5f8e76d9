//! The debugger in a terminal, with the same commands as in an editor's debug console.
//!
//! | file | what |
//! | --- | --- |
//! | `open.rs` | `kdap open`: a dump |
//! | `connect.rs` | `kdap connect`: a live kernel |
//! | `terminal.rs` | lines that a person types: editing, completion, history |
//! | `input.rs` | lines that aren't typed, and Ctrl+C, while the target runs |
//! | `stop.rs` | what is shown where a live target stops |

mod connect;
mod input;
mod open;
mod stop;
mod terminal;

pub use connect::{ConnectArguments, connect};
pub use open::{OpenArguments, open};

use commands::{CommandError, report};
use engine::Session;
use std::cell::RefCell;
use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;

/// A session, and whether its commands succeeded.
struct Console {
    session: Rc<RefCell<Session>>,
    failed: bool,
}

/// Whether the console goes on after a command.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Quit,
}

impl Console {
    fn new(session: Session) -> Self {
        Self { session: Rc::new(RefCell::new(session)), failed: false }
    }

    fn run(&mut self, command: &str) -> io::Result<Next> {
        if matches!(command, "q" | "qq" | "qd") {
            return Ok(Next::Quit);
        }
        let result = commands::execute(&mut self.session.borrow_mut(), command);
        self.show(result)?;
        Ok(Next::GoOn)
    }

    fn show(&mut self, result: Result<report::Report, CommandError>) -> io::Result<()> {
        match result {
            Ok(report) => print(&report::text(&report)),
            Err(error) => {
                self.failed = true;
                eprintln!("{error}");
                Ok(())
            }
        }
    }

    /// What the process says of it: whether every command succeeded.
    fn exit_code(&self, finished: io::Result<()>) -> ExitCode {
        match finished {
            // Whoever reads the output has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("kdap: {error}");
                ExitCode::FAILURE
            }
            Ok(()) if self.failed => ExitCode::FAILURE,
            Ok(()) => ExitCode::SUCCESS,
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}
