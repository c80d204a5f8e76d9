//! A debugging session: a target, what is current in it, and what was found out so far.

use crate::breakpoints::Table;
use crate::cancel::CancelFlag;
use crate::crash::Crash;
use crate::event_filters::EventFilters;
use crate::live::{Live, Wake};
use crate::output_log::OutputLog;
use crate::processor::Processors;
use crate::recall::Recall;
use crate::run_control::RunControl;
use crate::scope::{ContextSource, Scope};
use crate::search_news::SearchNews;
use crate::session_scope::SessionScope;
use crate::settings::Settings;
use crate::stack::{self, Frame, KnownStacks, Stack, Surroundings};
use crate::target::{OpenError, OpenOptions, Target};
use crate::variables::{self, FrameVariable};
use analysis::nt::structure::NtError;
use analysis::nt::{processors, thread, trap_frame};
use arch::Context;
use memory::{PAGE_SIZE, ReadFailure, ReadVirtualExt, VirtualAddress};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use symbols::{Attempt, Module};
use transport::Connection;

/// Most frames of one stack that are walked: more than a kernel stack has room for.
const MAX_FRAMES: usize = 2000;

/// Bytes of a live target's stack that a walk begins with.
const STACK_BYTES: usize = 512;

/// Why something can't be made current.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// There is no such processor.
    #[error("processor {number} does not exist: there are {count}")]
    NoSuchProcessor {
        /// The number asked for.
        number: u32,
        /// How many there are.
        count: usize,
    },
    /// The stack has no such frame.
    #[error("frame {index:#x} does not exist: the stack has {count:#x} frames, and {end}")]
    NoSuchFrame {
        /// The index asked for.
        index: usize,
        /// How many there are.
        count: usize,
        /// Why there are no more.
        end: stack::StackEnd,
    },
    /// The bug check keeps no exception.
    #[error("no exception context was saved with this bug check")]
    NoException,
    /// The registers can't be had.
    #[error("the registers can't be read: {0}")]
    NoContext(NtError),
}

/// A session over one target.
pub struct Session {
    target: Target,
    processors: OnceCell<Processors>,
    crash: OnceCell<Option<Crash>>,
    scope: Scope,
    stacks: RefCell<HashMap<ContextSource, Rc<Stack>>>,
    cancel: CancelFlag,
    /// What the user can set.
    pub settings: Settings,
    /// The breakpoints.
    pub breakpoints: Table,
    /// Which exceptions and events stop the target.
    pub event_filters: EventFilters,
    /// What commands leave behind for the next one.
    pub recall: Recall,
    search_news: SearchNews,
    /// Where the console's output is kept, if that was asked for.
    pub output_log: Option<OutputLog>,
    pub(crate) run_control: RunControl,
    /// An expression has written to the target.
    written: Cell<bool>,
}

/// KD's number of a live target's processor, if there is one.
fn live_processor(live: &Live, number: u32) -> Result<u16, ScopeError> {
    let count = live.stop().map_or(0, |stop| stop.number_processors);
    let processor = u16::try_from(number).ok().filter(|_| number < count || count == 0);
    processor.ok_or(ScopeError::NoSuchProcessor { number, count: count as usize })
}

/// The registers of a live target's processor.
fn live_context(live: &Live, number: u32) -> Result<Context, ScopeError> {
    let processor = live_processor(live, number)?;
    let what = || format!("the registers of processor {number}");
    live.context(processor)
        .map_err(|error| ScopeError::NoContext(NtError::NotTold { what: what(), failure: error.as_read_failure() }))
}

impl Session {
    /// Opens a dump. The crashed processor is current, with the registers of the dump's header.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, OpenError> {
        let mut session = Self::new(Target::open(path, options)?);
        let processor = session.processors().crashed.unwrap_or(0);
        session.scope = Scope { processor, source: ContextSource::Processor(processor), frame: 0 };
        Ok(session)
    }

    /// Starts to connect to a live target. `wake` is called, from another thread, when [`Session::attend`] has something
    /// to do.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub fn connect(connection: Connection, options: &OpenOptions, wake: Wake) -> io::Result<Self> {
        Target::connect(connection, options, wake).map(Self::new)
    }

    fn new(target: Target) -> Self {
        Self {
            target,
            processors: OnceCell::new(),
            crash: OnceCell::new(),
            scope: Scope { processor: 0, source: ContextSource::Processor(0), frame: 0 },
            stacks: RefCell::default(),
            cancel: CancelFlag::default(),
            settings: Settings::default(),
            breakpoints: Table::default(),
            event_filters: EventFilters::default(),
            recall: Recall::default(),
            search_news: SearchNews::default(),
            output_log: None,
            run_control: RunControl::default(),
            written: Cell::new(false),
        }
    }

    /// What is debugged.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The same, to change symbol paths and the like: everything that was concluded from symbols is forgotten.
    pub fn target_mut(&mut self) -> &mut Target {
        self.forget_conclusions();
        &mut self.target
    }

    /// An expression writes to the target: stacks may change by it.
    pub(crate) fn note_written(&self) {
        self.written.set(true);
        self.stacks.borrow_mut().clear();
    }

    /// Whether expressions have written to the target since this was asked last. What was concluded before is forgotten
    /// then.
    pub fn take_written(&mut self) -> bool {
        let written = self.written.take();
        if written {
            self.forget_conclusions();
        }
        written
    }

    /// What was concluded from memory, registers and symbols is forgotten: one of them has changed.
    pub fn forget_conclusions(&mut self) {
        self.processors.take();
        self.crash.take();
        self.stacks.get_mut().clear();
    }

    /// All processors, as they were stopped.
    pub fn processors(&self) -> &Processors {
        self.processors.get_or_init(|| Processors::read(&self.target))
    }

    /// Why the system stopped; `None` when the dump's header doesn't say.
    pub fn crash(&self) -> Option<&Crash> {
        self.crash.get_or_init(|| Crash::read(&self.target)).as_ref()
    }

    /// The places that were looked at for symbols and images since this was asked last, by module (`!sym noisy`).
    pub fn take_search_news(&mut self) -> Vec<(Arc<Module>, Vec<Attempt>)> {
        self.search_news.take(self.target.modules())
    }

    /// The flag that long work looks at.
    pub fn cancel_flag(&self) -> &CancelFlag {
        &self.cancel
    }

    /// Work from now on looks at this flag.
    pub fn set_cancel_flag(&mut self, cancel: CancelFlag) {
        if let Some(live) = self.target.live() {
            live.set_cancel_flag(cancel.clone());
        }
        self.cancel = cancel;
    }

    /// What is current.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Another place is current: a live target has stopped there.
    pub(crate) fn set_scope(&mut self, scope: Scope) {
        self.scope = scope;
        self.recall.code = None;
    }

    /// Makes a context current, and its innermost frame.
    ///
    /// # Errors
    /// [`ScopeError`]; what was current stays.
    pub fn select_context(&mut self, source: ContextSource) -> Result<(), ScopeError> {
        self.can_be_current(source)?;
        let processor = match source {
            ContextSource::Processor(number) => number,
            ContextSource::Exception => self.processors().crashed.unwrap_or(self.scope.processor),
            _ => self.scope.processor,
        };
        self.scope = Scope { processor, source, frame: 0 };
        self.recall.code = None;
        Ok(())
    }

    /// Makes current what was current before.
    ///
    /// # Errors
    /// [`ScopeError`]; what was current stays.
    pub fn restore_scope(&mut self, scope: Scope) -> Result<(), ScopeError> {
        self.can_be_current(scope.source)?;
        self.scope = scope;
        self.recall.code = None;
        Ok(())
    }

    /// Makes a frame of the current stack current.
    ///
    /// # Errors
    /// [`ScopeError`]; what was current stays.
    pub fn select_frame(&mut self, index: usize) -> Result<(), ScopeError> {
        let stack = self.stack()?;
        if index >= stack.frames.len() {
            let end = stack.end.clone();
            return Err(ScopeError::NoSuchFrame { index, count: stack.frames.len(), end });
        }
        self.scope.frame = index;
        Ok(())
    }

    /// Registers of a live target's processor are asked for only when they are needed.
    fn can_be_current(&self, source: ContextSource) -> Result<(), ScopeError> {
        match (self.target.live(), source) {
            (Some(live), ContextSource::Processor(number)) => live_processor(live, number).map(|_| ()),
            _ => self.context_of(source).map(|_| ()),
        }
    }

    /// The registers of a context.
    ///
    /// # Errors
    /// [`ScopeError`].
    pub fn context_of(&self, source: ContextSource) -> Result<Context, ScopeError> {
        let kernel = self.target.kernel();
        let saved = match source {
            ContextSource::Processor(number) => {
                if let Some(live) = self.target.live() {
                    return live_context(live, number);
                }
                let processors = self.processors();
                let missing = ScopeError::NoSuchProcessor { number, count: processors.all.len() };
                let context = processors.get(number).ok_or(missing)?.context(&self.target);
                return context.cloned().map_err(ScopeError::NoContext);
            }
            ContextSource::Exception => {
                let exception = self.crash().and_then(|crash| crash.exception.as_ref());
                exception.ok_or(ScopeError::NoException)?.context.clone()
            }
            ContextSource::Record(address) => processors::read_context(&kernel, address),
            ContextSource::TrapFrame(address) => trap_frame::read(&kernel, address),
            ContextSource::Thread(address) => return self.thread_context(address),
        };
        saved.map_err(ScopeError::NoContext)
    }

    /// A thread's registers: those of the processor that runs it, else those that were saved when it was switched out.
    fn thread_context(&self, address: VirtualAddress) -> Result<Context, ScopeError> {
        let running =
            |thread: &Result<thread::ThreadIdentity, NtError>| thread.as_ref().is_ok_and(|t| t.thread == address);
        if let Some(processor) = self.processors().all.iter().find(|processor| running(&processor.thread)) {
            return self.context_of(ContextSource::Processor(processor.number));
        }
        let kernel = self.target.kernel();
        let thread = thread::thread(&kernel, address).map_err(ScopeError::NoContext)?;
        thread::switched_out_context(&kernel, &thread).map_err(ScopeError::NoContext)
    }

    /// The stack of a context: walked once, then remembered until symbols change.
    ///
    /// # Errors
    /// [`ScopeError`] when there are no registers to start from. What stops the walk is in the stack.
    pub fn stack_of(&self, source: ContextSource) -> Result<Rc<Stack>, ScopeError> {
        if let Some(known) = self.stacks.borrow().get(&source) {
            return Ok(Rc::clone(known));
        }
        let context = self.context_of(source)?;
        let stack = Rc::new(self.walk(&context, &|| self.known_stacks(source), MAX_FRAMES));
        // What wasn't answered now may be answered the next time.
        let unfinished = match &stack.end {
            stack::StackEnd::Cancelled => true,
            stack::StackEnd::Unreadable(error) => error.failure == ReadFailure::NoAnswer,
            _ => false,
        };
        if !unfinished {
            self.stacks.borrow_mut().insert(source, Rc::clone(&stack));
        }
        Ok(stack)
    }

    /// The innermost function of these registers, and its caller.
    pub(crate) fn short_stack(&self, context: &Context) -> Stack {
        let inlined = context.instruction_pointer().map_or(0, |at| {
            let module = self.target.modules().at(at);
            module.and_then(|module| Some(module.symbols()?.inline_frames(module.rva(at)?).len())).unwrap_or(0)
        });
        self.walk(context, &Vec::new, inlined + 3)
    }

    fn walk(&self, context: &Context, stacks: &KnownStacks<'_>, most: usize) -> Stack {
        let kernel = self.target.kernel();
        self.fetch_stack(context);
        let surroundings = Surroundings {
            architecture: self.target.architecture(),
            memory: &self.target,
            modules: self.target.modules(),
            kernel: &kernel,
            stacks,
            cancel: &self.cancel,
        };
        stack::walk(&surroundings, context, most)
    }

    /// The part of a live target's stack that any walk reads, and the innermost frame's variables lie in: at once, since each
    /// read takes its time.
    fn fetch_stack(&self, context: &Context) {
        let (Some(_), Some(at)) = (self.target.live(), context.stack_pointer()) else { return };
        // What isn't there is found out by whoever needs it.
        let _ = self.target.prefix(at, STACK_BYTES.min((PAGE_SIZE - at.page_offset()) as usize));
    }

    fn known_stacks(&self, source: ContextSource) -> Vec<Range<VirtualAddress>> {
        if let ContextSource::Thread(address) = source {
            let kernel = self.target.kernel();
            let stack = thread::thread(&kernel, address).and_then(|thread| thread::kernel_stack(&thread));
            return stack.into_iter().collect();
        }
        if let (Some(live), ContextSource::Processor(number)) = (self.target.live(), source) {
            return self.live_stack(live, number).into_iter().collect();
        }
        self.processors().all.iter().flat_map(|processor| processor.stacks.iter().cloned()).collect()
    }

    /// The kernel stack of the thread that a live target's processor runs. Only this processor is asked about.
    fn live_stack(&self, live: &Live, number: u32) -> Option<Range<VirtualAddress>> {
        let stop = live.stop()?;
        let kernel = self.target.kernel();
        let thread = match stop.thread {
            thread if thread != 0 && u32::from(stop.processor) == number => VirtualAddress(thread),
            _ => self.processors().get(number)?.current_thread.clone().ok()?,
        };
        thread::thread(&kernel, thread).and_then(|thread| thread::kernel_stack(&thread)).ok()
    }

    /// The current context's stack.
    ///
    /// # Errors
    /// As [`Session::stack_of`].
    pub fn stack(&self) -> Result<Rc<Stack>, ScopeError> {
        self.stack_of(self.scope.source)
    }

    /// The parameters and local variables of a frame, as [`variables::frame_variables`] lists them.
    pub fn frame_variables(&self, frame: &Frame) -> Vec<FrameVariable> {
        let inline = frame.inline.as_ref().map(|inline| inline.depth);
        let modules = self.target.modules();
        variables::frame_variables(modules, &self.target, &frame.context, frame.code_address(), inline)
    }

    /// What expressions refer to: the current frame, if there is one.
    pub fn expression_scope(&self) -> SessionScope<'_> {
        SessionScope::current(self)
    }

    /// The current frame.
    ///
    /// # Errors
    /// As [`Session::stack_of`], and when the stack has become shorter.
    pub fn frame(&self) -> Result<Frame, ScopeError> {
        let stack = self.stack()?;
        let (index, count) = (self.scope.frame, stack.frames.len());
        let missing = || ScopeError::NoSuchFrame { index, count, end: stack.end.clone() };
        stack.frames.get(index).cloned().ok_or_else(missing)
    }
}
