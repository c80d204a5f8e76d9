//! Lines that a person types: editing, completion, history.

use engine::Session;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor, Helper, Highlighter, Hinter, Validator};
use std::cell::RefCell;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::rc::Rc;

/// Lines that are remembered between sessions.
const HISTORY_LINES: usize = 1000;

/// A person at a terminal.
pub(super) struct Terminal {
    editor: Editor<Completion, FileHistory>,
    history: Option<PathBuf>,
}

impl Terminal {
    /// Whether there is one.
    pub(super) fn is_there() -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    pub(super) fn new(session: &Rc<RefCell<Session>>) -> io::Result<Self> {
        let config = Config::builder().max_history_size(HISTORY_LINES).map_err(io::Error::other)?.build();
        let mut editor: Editor<Completion, FileHistory> = Editor::with_config(config).map_err(io::Error::other)?;
        editor.set_helper(Some(Completion { session: Rc::clone(session) }));
        let history = history_file();
        if let Some(history) = &history {
            // A first session has none.
            let _ = editor.load_history(history);
        }
        Ok(Self { editor, history })
    }

    /// The next line, empty if it was given up with Ctrl+C; `None` at the end.
    pub(super) fn ask(&mut self, prompt: &str) -> io::Result<Option<String>> {
        match self.editor.readline(prompt) {
            Ok(line) => {
                let _ = self.editor.add_history_entry(&line);
                Ok(Some(line))
            }
            Err(ReadlineError::Interrupted) => Ok(Some(String::new())),
            Err(ReadlineError::Eof) => Ok(None),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    pub(super) fn save_history(&mut self) {
        let Some(history) = &self.history else { return };
        if let Err(error) = self.editor.save_history(history) {
            eprintln!("kdap: the history can't be saved in {}: {error}", history.display());
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
