//! `kdap open`: a dump in a terminal, with the same commands as in an editor's debug console.

use clap::Args;
use commands::{CommandError, line, report};
use engine::Session;
use engine::target::OpenOptions;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor, Helper, Highlighter, Hinter, Validator};
use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

/// Lines that are remembered between sessions.
const HISTORY_LINES: usize = 1000;

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
    let mut console = Console { session: Rc::new(RefCell::new(session)), failed: false };
    let finished = match &arguments.commands {
        Some(commands) => console.run_line(commands).map(|_| ()),
        None => console.converse(),
    };
    match finished {
        // Whoever reads the output has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kdap: {error}");
            ExitCode::FAILURE
        }
        Ok(()) if console.failed => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
    }
}

struct Console {
    session: Rc<RefCell<Session>>,
    failed: bool,
}

/// Whether the console goes on after a line.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Quit,
}

impl Console {
    fn converse(&mut self) -> io::Result<()> {
        self.run_line("vertarget")?;
        if self.session.borrow().crash().is_some() {
            self.run_line("!analyze -v")?;
        }
        if io::stdin().is_terminal() && io::stdout().is_terminal() { self.ask() } else { self.read_lines() }
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

    /// Runs what a person types, with line editing, completion and history.
    fn ask(&mut self) -> io::Result<()> {
        let config = Config::builder().max_history_size(HISTORY_LINES).map_err(io::Error::other)?.build();
        let mut editor: Editor<Completion, FileHistory> = Editor::with_config(config).map_err(io::Error::other)?;
        editor.set_helper(Some(Completion { session: Rc::clone(&self.session) }));
        let history = history_file();
        if let Some(history) = &history {
            // A first session has none.
            let _ = editor.load_history(history);
        }
        loop {
            let prompt = format!("{}: kd> ", self.session.borrow().scope().processor);
            match editor.readline(&prompt) {
                Ok(line) => {
                    let _ = editor.add_history_entry(&line);
                    if self.run_line(&line)? == Next::Quit {
                        break;
                    }
                }
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => break,
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        if let Some(history) = &history {
            if let Err(error) = editor.save_history(history) {
                eprintln!("kdap: the history can't be saved in {}: {error}", history.display());
            }
        }
        // A typed command that failed was answered there and then.
        self.failed = false;
        Ok(())
    }

    fn run_line(&mut self, text: &str) -> io::Result<Next> {
        for command in line::split(text) {
            if matches!(command, "q" | "qq" | "qd") {
                return Ok(Next::Quit);
            }
            let result = commands::execute(&mut self.session.borrow_mut(), command);
            self.show(result)?;
        }
        Ok(Next::GoOn)
    }

    fn show(&mut self, result: Result<report::Report, CommandError>) -> io::Result<()> {
        match result {
            Ok(report) => {
                let mut output = io::stdout().lock();
                output.write_all(report::text(&report).as_bytes())?;
                output.flush()
            }
            Err(error) => {
                self.failed = true;
                eprintln!("{error}");
                Ok(())
            }
        }
    }
}

/// `$XDG_STATE_HOME/kdap/history` and its like on other systems.
fn history_file() -> Option<PathBuf> {
    let folder = if cfg!(windows) {
        PathBuf::from(std::env::var_os("LOCALAPPDATA")?)
    } else {
        match std::env::var_os("XDG_STATE_HOME") {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(std::env::var_os("HOME")?).join(".local/state"),
        }
    };
    let folder = folder.join("kdap");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

#[derive(Helper, Highlighter, Hinter, Validator)]
struct Completion {
    session: Rc<RefCell<Session>>,
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..position).unwrap_or(line);
        let completions = commands::complete(&self.session.borrow(), before);
        Ok((completions.start, completions.candidates))
    }
}
