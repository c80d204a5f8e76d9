//! The stack of a processor's thread as the editor shows it.
//!
//! Of the processor that crashed, the client sees one stack from `KeBugCheckEx` to the code that failed and its callers.
//! The code that failed and what is above it come from the registers that were saved with the exception, which are all
//! of them. What comes before are the frames from the processor's registers up to there; where code or unwind data is
//! missing on that way, those that are certain.

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
    exception: Option<Exception>,
    /// Index of the row with the frame that raised the exception, or otherwise the first.
    pub fault: usize,
}

#[derive(Debug)]
struct Exception {
    stack: Rc<Stack>,
    /// Rows before its frames: one that says that frames are left out, or none.
    gap: usize,
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
        // Which one crashed, only a dump has to be asked; in a live target it costs much to find out about all of them.
        if engine.target().live().is_some() || engine.processors().crashed != Some(number) {
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
        if let Some(shown) = frames.iter().position(is_fault) {
            return Self { shown, fault: shown, exception: Some(Exception { stack: exception, gap: 0 }), ..self };
        }
        let starts_below = frames.first().is_some_and(|frame| frame.stack_pointer < fault.stack_pointer);
        let is_below = |frame: &Frame| !starts_below || frame.stack_pointer < fault.stack_pointer;
        let shown = frames.iter().take_while(|frame| frame.certainty == Certainty::Exact && is_below(frame)).count();
        Self { shown, fault: shown + 1, exception: Some(Exception { stack: exception, gap: 1 }), ..self }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        let exception = self.exception.as_ref().map_or(0, |exception| exception.gap + exception.stack.frames.len());
        self.shown + exception + usize::from(*self.end() != StackEnd::Complete)
    }

    fn end(&self) -> &StackEnd {
        self.exception.as_ref().map_or(&self.processor.1.end, |exception| &exception.stack.end)
    }

    /// The row at `index`.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        let (source, stack) = &self.processor;
        let last = || (index + 1 == self.len()).then(|| Row::End(self.end()));
        if index < self.shown {
            return stack.frames.get(index).map(|frame| Row::Frame(*source, index, frame));
        }
        let Some(exception) = &self.exception else { return last() };
        match (index - self.shown).checked_sub(exception.gap) {
            None => Some(Row::Exception),
            Some(index) => match exception.stack.frames.get(index) {
                Some(frame) => Some(Row::Frame(ContextSource::Exception, index, frame)),
                None => last(),
            },
        }
    }
}
