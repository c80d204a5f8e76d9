//! A target as the client sees it: the engine, and the numbers that the client knows its things by.

use super::handles::Handles;
use super::shown_modules::ShownModules;
use super::sources::Sources;
use super::thread_stack::{Row, ThreadStack};
use super::variable_numbers::VariableNumbers;
use crate::dap::error::RequestError;
use crate::dap::protocol::{Breakpoint, Breakpoints};
use crate::dap::requests::initialize::Client;
use commands::CommandError;
use commands::report::Report;
use engine::run_control::StepTarget;
use engine::{ContextSource, Session as Engine};
use memory::VirtualAddress;
use std::collections::HashMap;
use std::path::PathBuf;
use symbols::SourceFile;

/// An attached target.
pub struct Attached {
    /// The debugger itself.
    pub engine: Engine,
    /// What the client takes, and how it writes lines and paths.
    pub client: Client,
    /// Sources that aren't files of the host, and where those are that are.
    pub sources: Sources,
    /// The modules as the client knows them.
    pub shown_modules: ShownModules,
    /// The processor that `stopped` names.
    pub shown_processor: u32,
    frames: Handles<FrameId, FrameId>,
    /// Numbers of what has rows in the variables view.
    pub variables: VariableNumbers,
    /// Numbers of breakpoints that were given.
    breakpoints: i64,
    /// Breakpoints as the client knows them, by the engine's numbers.
    pub told_breakpoints: HashMap<u32, Breakpoint>,
    /// Places that were offered for the next instruction.
    goto_targets: Handles<VirtualAddress, VirtualAddress>,
    /// Calls that were offered to step into.
    step_targets: Handles<StepTarget, StepTarget>,
    /// The frame that the console follows: the one that the client named last with a command.
    followed: Option<i64>,
}

/// A row of a thread's stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct FrameId {
    processor: u32,
    row: usize,
}

/// A frame in the engine: where its stack starts, and its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameReference {
    /// The registers that the stack starts from.
    pub source: ContextSource,
    /// Index in that stack.
    pub index: usize,
}

impl Attached {
    /// A target that no client has seen anything of.
    pub fn new(engine: Engine, client: Client, sources: Sources) -> Self {
        let shown_processor = engine.scope().processor;
        let shown_modules = ShownModules::new(&engine);
        Self {
            engine,
            shown_modules,
            client,
            sources,
            shown_processor,
            frames: Handles::default(),
            variables: VariableNumbers::default(),
            breakpoints: 0,
            told_breakpoints: HashMap::new(),
            goto_targets: Handles::default(),
            step_targets: Handles::default(),
            followed: None,
        }
    }

    /// A stop: what the client knows of earlier ones is stale.
    pub fn begin_stop(&mut self) {
        self.frames.begin_stop();
        self.variables.begin_stop();
        self.goto_targets.begin_stop();
        self.step_targets.begin_stop();
        self.followed = None;
    }

    /// The processor that a thread stands for.
    ///
    /// # Errors
    /// When there is no such thread.
    pub fn processor(&self, thread: i64) -> Result<u32, RequestError> {
        let number = thread.checked_sub(1).and_then(|number| u32::try_from(number).ok());
        let is_there = |number: u32| match self.engine.target().live() {
            // Nothing has to be asked for that.
            Some(_) => self.engine.target().system().processors.is_some_and(|count| number < count),
            None => self.engine.processors().get(number).is_some(),
        };
        let known = number.filter(|&number| is_there(number));
        known.ok_or(RequestError::NoSuchThread(thread))
    }

    /// The number of a frame: `row` of the stack of `processor`.
    ///
    /// # Errors
    /// When there are no more numbers.
    pub fn frame_number(&mut self, processor: u32, row: usize) -> Result<i64, RequestError> {
        let id = FrameId { processor, row };
        self.frames.number(id, id).ok_or(RequestError::TooManyReferences)
    }

    /// The frame that a number stands for; `None` for a row that is no frame.
    ///
    /// # Errors
    /// A number that isn't good, or not any more.
    pub fn frame(&self, number: i64) -> Result<Option<FrameReference>, RequestError> {
        let id = *self.frames.get(number).map_err(|bad| RequestError::Reference("frameId", number, bad))?;
        let stack = ThreadStack::of(&self.engine, id.processor).map_err(RequestError::Scope)?;
        Ok(match stack.row(id.row) {
            Some(Row::Frame(source, index, _)) => Some(FrameReference { source, index }),
            _ => None,
        })
    }

    /// The console follows the client: a frame that it names for the first time becomes the current one. A command that
    /// selects something else afterwards stays in force until the client goes to another frame.
    ///
    /// # Errors
    /// A number that isn't good.
    pub fn follow(&mut self, number: i64) -> Result<(), RequestError> {
        let frame = self.frame(number)?;
        if self.followed == Some(number) {
            return Ok(());
        }
        if let Some(FrameReference { source, index }) = frame {
            self.engine.select_context(source).map_err(RequestError::Scope)?;
            self.engine.select_frame(index).map_err(RequestError::Scope)?;
        }
        self.followed = Some(number);
        Ok(())
    }

    /// Runs a command of the console.
    ///
    /// # Errors
    /// What the command says.
    pub fn execute(&mut self, command: &str) -> Result<Report, RequestError> {
        commands::execute(&mut self.engine, command).map_err(|error| match error {
            CommandError::Cancelled => RequestError::Cancelled,
            error => RequestError::Command(error),
        })
    }

    /// Runs a line of the console, and gives its output.
    ///
    /// # Errors
    /// What the first command that fails says; those behind it don't run.
    pub fn console(&mut self, line: &str) -> Result<String, RequestError> {
        let mut output = String::new();
        for command in commands::line::split(line) {
            output.push_str(&commands::report::text(&self.execute(command)?));
        }
        Ok(output)
    }

    /// The file on this host that a symbol file means; `None` when it isn't here.
    pub fn find_source(&mut self, file: &SourceFile) -> Option<PathBuf> {
        self.find_file(&file.name)
    }

    /// The same by its path on the machine that compiled it.
    pub fn find_file(&mut self, path: &str) -> Option<PathBuf> {
        self.sources.find(path, &self.engine.settings.source_map)
    }

    /// The number of a place for the next instruction.
    ///
    /// # Errors
    /// When there are no more numbers.
    pub fn goto_number(&mut self, address: VirtualAddress) -> Result<i64, RequestError> {
        self.goto_targets.number(address, address).ok_or(RequestError::TooManyReferences)
    }

    /// The place that a number was given for.
    ///
    /// # Errors
    /// A number that isn't good, or not any more.
    pub fn goto_target(&self, number: i64) -> Result<VirtualAddress, RequestError> {
        self.goto_targets.get(number).copied().map_err(|_| RequestError::NoSuchGotoTarget(number))
    }

    /// The number of a call to step into.
    ///
    /// # Errors
    /// When there are no more numbers.
    pub fn step_target_number(&mut self, target: StepTarget) -> Result<i64, RequestError> {
        self.step_targets.number(target, target).ok_or(RequestError::TooManyReferences)
    }

    /// The call that a number was given for.
    ///
    /// # Errors
    /// A number that isn't good, or not any more.
    pub fn step_target(&self, number: i64) -> Result<StepTarget, RequestError> {
        self.step_targets.get(number).copied().map_err(|_| RequestError::NoSuchStepTarget(number))
    }

    /// What is answered to breakpoints in a target that doesn't run.
    pub fn breakpoints_never_reached(&mut self, count: usize) -> Breakpoints {
        let breakpoint = |_| {
            self.breakpoints += 1;
            let failed = Breakpoint::failed("a crash dump doesn't run: no breakpoint is ever reached");
            Breakpoint { id: Some(self.breakpoints), ..failed }
        };
        Breakpoints { breakpoints: (0..count).map(breakpoint).collect() }
    }
}
