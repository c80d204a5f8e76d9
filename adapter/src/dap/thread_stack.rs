//! The stack of a processor's thread as the editor shows it.
//!
//! Of the processor that crashed, the client sees one stack from `KeBugCheckEx` to the code that failed and its callers.
//! Where the walk from the processor's registers doesn't come by the exception that the bug check carries, because code
//! or unwind data between them is missing, the frames that are certain are followed by those of the exception's own
//! stack, which is unwound from the registers that were saved with it.

use engine::stack::{Certainty, Frame, Stack, StackEnd};
use engine::{ContextSource, ScopeError, Session as Engine};
use std::rc::Rc;

/// A stack, perhaps of two parts.
#[derive(Debug)]
pub struct ThreadStack {
    /// From the processor's registers.
    processor: (ContextSource, Rc<Stack>),
    /// How many of its frames are shown.
    shown: usize,
    /// From the registers at the exception.
    exception: Option<Rc<Stack>>,
    /// Index of the frame that raised the exception, or otherwise the first.
    pub fault: usize,
}

/// One row of it.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// A frame: where its stack starts, and its index there.
    Frame(ContextSource, usize, &'a Frame),
    /// What follows was interrupted by the exception.
    Exception,
    /// There may be more frames, but why they aren't known.
    End(&'a StackEnd),
}

impl ThreadStack {
    /// The stack of processor `number`.
    ///
    /// # Errors
    /// When its registers can't be had.
    pub fn of(engine: &Engine, number: u32) -> Result<Self, ScopeError> {
        let source = ContextSource::Processor(number);
        let stack = engine.stack_of(source)?;
        let shown = stack.frames.len();
        let whole = Self { processor: (source, stack), shown, exception: None, fault: 0 };
        if engine.processors().crashed != Some(number) {
            return Ok(whole);
        }
        match engine.stack_of(ContextSource::Exception) {
            Ok(exception) => Ok(whole.joined_with(exception)),
            // Not every bug check carries an exception, and not every dump holds it.
            Err(error) => {
                tracing::debug!(%error, "no stack of the exception");
                Ok(whole)
            }
        }
    }

    fn joined_with(self, exception: Rc<Stack>) -> Self {
        let Some(fault) = exception.frames.iter().find(|frame| frame.inline.is_none()) else { return self };
        let frames = &self.processor.1.frames;
        let is_fault = |frame: &Frame| {
            frame.certainty == Certainty::Exact
                && frame.stack_pointer == fault.stack_pointer
                && frame.instruction_pointer == fault.instruction_pointer
        };
        if let Some(index) = frames.iter().position(is_fault) {
            return Self { fault: index, ..self };
        }
        let starts_below = frames.first().is_some_and(|frame| frame.stack_pointer < fault.stack_pointer);
        let is_below = |frame: &Frame| !starts_below || frame.stack_pointer < fault.stack_pointer;
        let shown = frames.iter().take_while(|frame| frame.certainty == Certainty::Exact && is_below(frame)).count();
        Self { shown, fault: shown + 1, exception: Some(exception), ..self }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        let exception = self.exception.as_ref().map_or(0, |exception| exception.frames.len() + 1);
        self.shown + exception + usize::from(*self.end() != StackEnd::Complete)
    }

    fn end(&self) -> &StackEnd {
        self.exception.as_ref().map_or(&self.processor.1.end, |exception| &exception.end)
    }

    /// The row at `index`.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        let (source, stack) = &self.processor;
        let last = || (index + 1 == self.len()).then(|| Row::End(self.end()));
        if index < self.shown {
            return stack.frames.get(index).map(|frame| Row::Frame(*source, index, frame));
        }
        let Some(exception) = &self.exception else { return last() };
        match (index - self.shown).checked_sub(1) {
            None => Some(Row::Exception),
            Some(index) => match exception.frames.get(index) {
                Some(frame) => Some(Row::Frame(ContextSource::Exception, index, frame)),
                None => last(),
            },
        }
    }
}
