//! `kdap open`: a dump in a terminal.

use super::terminal::Terminal;
use super::{Console, Next};
use clap::Args;
use commands::line;
use engine::Session;
use engine::target::OpenOptions;
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kdap open`.
#[derive(Args)]
pub struct OpenArguments {
    /// The crash dump
    dump: PathBuf,
    /// Symbol path: folders and symbol stores, separated by `;`
    #[arg(short = 'y', value_name = "SYMBOL PATH", default_value = "")]
    symbol_path: String,
    /// Image path: folders and symbol stores, separated by `;`
    #[arg(short = 'i', value_name = "IMAGE PATH", default_value = "")]
    image_path: String,
    /// Commands to run, separated by `;`, instead of asking for some
    #[arg(short = 'c', value_name = "COMMANDS")]
    commands: Option<String>,
}

/// Opens the dump, then runs commands: those of `-c`, those on standard input, or those that a person types.
///
/// Without `-c`, the analysis of the crash comes first. The exit code says whether every command succeeded.
pub fn open(arguments: &OpenArguments) -> ExitCode {
    let options = OpenOptions { symbol_path: arguments.symbol_path.clone(), image_path: arguments.image_path.clone() };
    let session = match Session::open(&arguments.dump, &options) {
        Ok(session) => session,
        Err(error) => {
            eprintln!("kdap: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut console = Console::new(session);
    let finished = match &arguments.commands {
        Some(commands) => console.run_line(commands).map(|_| ()),
        None => console.converse(),
    };
    console.exit_code(finished)
}

impl Console {
    fn converse(&mut self) -> io::Result<()> {
        self.run_line("vertarget")?;
        if self.session.borrow().crash().is_some() {
            self.run_line("!analyze -v")?;
        }
        if Terminal::is_there() { self.ask() } else { self.read_lines() }
    }

    /// Runs the commands that standard input holds.
    fn read_lines(&mut self) -> io::Result<()> {
        for line in io::stdin().lock().split(b'\n') {
            // A line that isn't UTF-8 is answered as a command that doesn't exist, and the next one is run.
            if self.run_line(&String::from_utf8_lossy(&line?))? == Next::Quit {
                break;
            }
        }
        Ok(())
    }

    /// Runs what a person types.
    fn ask(&mut self) -> io::Result<()> {
        let mut terminal = Terminal::new(&self.session)?;
        loop {
            let prompt = format!("{}: kd> ", self.session.borrow().scope().processor);
            match terminal.ask(&prompt)? {
                Some(line) if self.run_line(&line)? == Next::Quit => break,
                Some(_) => {}
                None => break,
            }
        }
        terminal.save_history();
        // A typed command that failed was answered there and then.
        self.failed = false;
        Ok(())
    }

    fn run_line(&mut self, text: &str) -> io::Result<Next> {
        for command in line::split(text) {
            if self.run(command)? == Next::Quit {
                return Ok(Next::Quit);
            }
        }
        Ok(Next::GoOn)
    }
}
