//! `kdap connect`: a live kernel in a terminal.
//!
//! Commands run while the target is halted: behind one that lets it run, the next one waits for the next stop. While it runs,
//! Ctrl+C and a line `.breakin` stop it, and a line answers what it asks.

use super::input::{self, Event, Running};
use super::terminal::Terminal;
use super::{Console, Next, print, stop};
use clap::Args;
use commands::{line, report};
use engine::Session;
use engine::cancel::CancelFlag;
use engine::live::RunState;
use engine::run_control::{Happening, Leave, Stop, Told};
use engine::target::OpenOptions;
use std::collections::VecDeque;
use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use transport::Connection;

/// Ctrl+C so often, while the target doesn't stop, ends the session.
const MAX_INTERRUPTS: u32 = 3;

/// Arguments of `kdap connect`.
#[derive(Args)]
pub struct ConnectArguments {
    /// Where the kernel is: `com:pipe,port=\\.\pipe\kd`, `unix:/tmp/kd`, `tcp:host:port`, `com:port=COM1,baud=115200`, `replay:file`
    connection: Connection,
    /// Symbol path: folders and symbol stores, separated by `;`
    #[arg(short = 'y', value_name = "SYMBOL PATH", default_value = "")]
    symbol_path: String,
    /// Image path: folders and symbol stores, separated by `;`
    #[arg(short = 'i', value_name = "IMAGE PATH", default_value = "")]
    image_path: String,
    /// Commands to run, separated by `;`, instead of asking for some
    #[arg(short = 'c', value_name = "COMMANDS")]
    commands: Option<String>,
    /// Gives up if the target doesn't stop within so many seconds while a command waits for it
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

/// Connects, then runs commands: those of `-c`, those on standard input, or those that a person types. At their end the target
/// runs on, without breakpoints.
///
/// The exit code says whether every command succeeded.
pub fn connect(arguments: ConnectArguments) -> ExitCode {
    let options = OpenOptions { symbol_path: arguments.symbol_path, image_path: arguments.image_path };
    let (sender, events) = mpsc::channel();
    let wake = sender.clone();
    let wake = Box::new(move || {
        let _ = wake.send(Event::Wake);
    });
    let running = Running::default();
    let typed = arguments.commands.is_none() && Terminal::is_there();
    let session = input::watch_signals(sender.clone(), running.clone(), typed)
        .and_then(|()| Session::connect(arguments.connection, &options, wake));
    let session = match session {
        Ok(session) => session,
        Err(error) => {
            eprintln!("kdap: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut connected = Connected {
        console: Console::new(session),
        events,
        running,
        terminal: None,
        lines: VecDeque::new(),
        commands: VecDeque::new(),
        input_ended: false,
        question: None,
        interrupts: 0,
        timeout: arguments.timeout.map(Duration::from_secs),
        waiting_since: Instant::now(),
        line_ended: true,
    };
    let ready = match arguments.commands {
        Some(commands) => {
            connected.lines.push_back(commands);
            connected.input_ended = true;
            Ok(())
        }
        None if typed => Terminal::new(&connected.console.session).map(|terminal| connected.terminal = Some(terminal)),
        None => input::read_lines(sender),
    };
    let finished = ready.and_then(|()| connected.converse());
    if let Some(terminal) = &mut connected.terminal {
        terminal.save_history();
    }
    connected.leave();
    connected.console.exit_code(finished)
}

struct Connected {
    console: Console,
    events: Receiver<Event>,
    running: Running,
    /// A person, if there is one; otherwise lines come as events.
    terminal: Option<Terminal>,
    lines: VecDeque<String>,
    /// What is left of the line under way, behind what breakpoints have to run.
    commands: VecDeque<String>,
    input_ended: bool,
    /// What the target asks and waits for.
    question: Option<String>,
    /// Ctrl+C since the target ran.
    interrupts: u32,
    timeout: Option<Duration>,
    waiting_since: Instant,
    /// The last text, which may be the target's, has ended its line.
    line_ended: bool,
}

impl Connected {
    fn converse(&mut self) -> io::Result<()> {
        while self.goes_on()? {}
        Ok(())
    }

    /// Does the next thing that can be done, or waits for one. False at the end.
    fn goes_on(&mut self) -> io::Result<bool> {
        self.attend()?;
        match self.state() {
            RunState::Ended => {
                self.console.failed = true;
                return Ok(false);
            }
            _ if self.question.is_some() => return self.answer(),
            RunState::Halted => {
                self.interrupts = 0;
                self.waiting_since = Instant::now();
                if let Some(command) = self.commands.pop_front() {
                    return Ok(self.run(&command)? == Next::GoOn);
                }
                if let Some(line) = self.lines.pop_front() {
                    self.commands.extend(line::split(&line).into_iter().map(str::to_owned));
                    return Ok(true);
                }
                let prompt = format!("{}: kd> ", self.console.session.borrow().scope().processor);
                if self.ask(&prompt)? {
                    return Ok(true);
                }
            }
            RunState::Connecting | RunState::Running | RunState::Unknown => {
                if self.lines.front().is_some_and(|line| line.trim().eq_ignore_ascii_case(".breakin")) {
                    self.lines.pop_front();
                    self.break_in();
                    return Ok(true);
                }
            }
        }
        if self.input_ended && self.is_idle() {
            return Ok(false);
        }
        self.wait()
    }

    fn state(&self) -> RunState {
        self.console.session.borrow().run_state()
    }

    fn is_idle(&self) -> bool {
        self.lines.is_empty() && self.commands.is_empty()
    }

    /// Asks the person at the terminal for a line. False if there is none.
    fn ask(&mut self, prompt: &str) -> io::Result<bool> {
        let Some(terminal) = &mut self.terminal else { return Ok(false) };
        match terminal.ask(prompt)? {
            Some(line) => self.lines.push_back(line),
            None => self.input_ended = true,
        }
        // A typed command that failed was answered there and then.
        self.console.failed = false;
        Ok(true)
    }

    /// Answers what the target asks with the next line, or with nothing when there will be none: it must not wait for ever.
    fn answer(&mut self) -> io::Result<bool> {
        if self.lines.is_empty() && !self.input_ended {
            let prompt = self.question.clone().unwrap_or_default();
            return if self.ask(&prompt)? { Ok(true) } else { self.wait() };
        }
        let line = self.lines.pop_front().unwrap_or_default();
        self.question = None;
        // Its prompt's line ends with the answer.
        if !self.line_ended {
            self.tell("\n")?;
        }
        self.console.session.borrow_mut().answer_prompt(&line);
        Ok(true)
    }

    fn run(&mut self, command: &str) -> io::Result<Next> {
        let flag = CancelFlag::default();
        self.console.session.borrow_mut().set_cancel_flag(flag.clone());
        self.running.set(Some(flag));
        let next = self.console.run(command);
        self.running.set(None);
        // What follows isn't cancelled with it.
        self.console.session.borrow_mut().set_cancel_flag(CancelFlag::default());
        next
    }

    /// Waits for something to happen. False when the session is to end.
    fn wait(&mut self) -> io::Result<bool> {
        let limit = self.timeout.filter(|_| self.terminal.is_none() && self.state() != RunState::Halted);
        let event = match limit {
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(limit) => self.events.recv_timeout(limit.saturating_sub(self.waiting_since.elapsed())),
        };
        match event {
            Ok(Event::Wake) => {}
            Ok(Event::Line(line)) => self.lines.push_back(line),
            Ok(Event::EndOfInput) => self.input_ended = true,
            Ok(Event::End) => return Ok(false),
            Ok(Event::Interrupt) if self.state() == RunState::Connecting || self.interrupts + 1 >= MAX_INTERRUPTS => {
                return Ok(false);
            }
            Ok(Event::Interrupt) => {
                self.interrupts += 1;
                self.break_in();
            }
            Err(RecvTimeoutError::Timeout) => {
                let seconds = self.timeout.unwrap_or_default().as_secs();
                eprintln!("kdap: the target does not stop within {seconds} s");
                self.console.failed = true;
                return Ok(false);
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(false),
        }
        Ok(true)
    }

    fn break_in(&mut self) {
        // The bound borrow ends before the error is told.
        let result = self.console.session.borrow_mut().break_in();
        if let Err(error) = result {
            eprintln!("{error}");
        }
    }

    /// Shows what has happened.
    fn attend(&mut self) -> io::Result<()> {
        let happenings = {
            let mut session = self.console.session.borrow_mut();
            session.attend();
            session.take_happenings()
        };
        for happening in happenings {
            match happening {
                Happening::Text(Told::Target, text) => self.tell(&text)?,
                Happening::Text(Told::LogPoint | Told::Debugger, text) => self.tell_line(&(text + "\n"))?,
                Happening::Text(Told::Important, text) => eprintln!("{text}"),
                Happening::Stopped(stop) => self.show_stop(&stop)?,
                Happening::Prompt(text) => {
                    // A person sees it as the line's prompt.
                    if self.terminal.is_none() {
                        self.tell(&text)?;
                    }
                    self.question = Some(text);
                }
                Happening::Continued => self.waiting_since = Instant::now(),
                Happening::Connected | Happening::Modules => {}
                Happening::Lost(why) => eprintln!("{why}"),
                Happening::Ended(why) => eprintln!("kdap: the session has ended: {why}"),
            }
        }
        let trace = commands::new_link_trace(&mut self.console.session.borrow_mut());
        trace.map_or(Ok(()), |trace| self.tell_line(&report::text(&trace)))
    }

    /// Shows a text, and keeps it in the log file if one is open.
    fn tell(&mut self, text: &str) -> io::Result<()> {
        let mut session = self.console.session.borrow_mut();
        let failed = session.output_log.as_mut().and_then(|log| log.write(text).err());
        if let Some(error) = failed {
            session.output_log = None;
            eprintln!("the log file was closed: it can't be written: {error}");
        }
        drop(session);
        self.line_ended = text.ends_with('\n');
        print(text)
    }

    /// The same on a line of its own: what the target prints needn't end one.
    fn tell_line(&mut self, text: &str) -> io::Result<()> {
        if !self.line_ended {
            self.tell("\n")?;
        }
        self.tell(text)
    }

    fn show_stop(&mut self, stop: &Stop) -> io::Result<()> {
        let text = stop::text(&self.console.session.borrow(), stop);
        self.tell_line(&text)?;
        for commands in stop.commands.iter().rev() {
            for command in line::split(commands).into_iter().rev() {
                self.commands.push_front(command.to_owned());
            }
        }
        Ok(())
    }

    /// Ends the session; the target runs on.
    fn leave(&mut self) {
        let problem = self.console.session.borrow_mut().detach(Leave::Running);
        if let Some(problem) = problem {
            eprintln!("kdap: {problem}");
            self.console.failed = true;
        }
    }
}
