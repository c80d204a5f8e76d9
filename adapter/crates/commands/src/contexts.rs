//! `.ecxr .cxr .trap .thread`: which registers stacks and expressions start from.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::registers;
use crate::report::{Format, Record, Report};
use engine::ContextSource;
use memory::VirtualAddress;

/// `.ecxr`
pub static EXCEPTION: Command = Command {
    names: &[".ecxr"],
    usage: ".ecxr",
    summary: "Makes the registers of the exception behind the bug check current",
    run: |invocation| {
        Arguments::new(invocation.arguments, EXCEPTION.usage).finish()?;
        select(invocation, ContextSource::Exception)
    },
};

/// `.cxr`
pub static RECORD: Command = Command {
    names: &[".cxr"],
    usage: ".cxr [address]",
    summary: "Makes the registers in a CONTEXT record current; without an address those of the processor",
    run: |invocation| {
        let source = match address(invocation, RECORD.usage)? {
            Some(at) => ContextSource::Record(at),
            None => ContextSource::Processor(invocation.session.scope().processor),
        };
        select(invocation, source)
    },
};

/// `.trap`
pub static TRAP: Command = Command {
    names: &[".trap"],
    usage: ".trap [address]",
    summary: "Makes the registers in a trap frame current; without an address those of the processor",
    run: |invocation| {
        let source = match address(invocation, TRAP.usage)? {
            Some(at) => ContextSource::TrapFrame(at),
            None => ContextSource::Processor(invocation.session.scope().processor),
        };
        select(invocation, source)
    },
};

/// `.thread`
pub static THREAD: Command = Command {
    names: &[".thread"],
    usage: ".thread [_ETHREAD address]",
    summary: "Makes the registers of a thread current; without an address shows which thread is",
    run: |invocation| match address(invocation, THREAD.usage)? {
        Some(at) => {
            select(invocation, ContextSource::Thread(at))?;
            Ok(Report::of(implicit(invocation, "thread", at)))
        }
        None => {
            select(invocation, ContextSource::Processor(invocation.session.scope().processor))?;
            let processors = invocation.session.processors();
            let processor = processors.get(invocation.session.scope().processor);
            match processor.map(|processor| &processor.thread) {
                Some(Ok(thread)) => Ok(Report::of(implicit(invocation, "thread", thread.thread))),
                Some(Err(error)) => Err(CommandError::Nt(error.clone())),
                None => Err(CommandError::Failed("there is no current processor".to_owned())),
            }
        }
    },
};

fn implicit(invocation: &Invocation<'_>, what: &'static str, address: VirtualAddress) -> Record {
    let format = Format::address(invocation.session.target().architecture().pointer_size());
    Record::new(what).text(format!("Implicit {what} is now ")).field("address", address, format)
}

fn address(invocation: &Invocation<'_>, usage: &'static str) -> Result<Option<VirtualAddress>, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, usage);
    let address = arguments.address(invocation.session)?;
    arguments.finish()?;
    // An address of zero asks for the processor's own registers, as in the originals.
    Ok(address.filter(|address| address.0 != 0))
}

/// Makes the registers current and shows them.
fn select(invocation: &mut Invocation<'_>, source: ContextSource) -> Result<Report, CommandError> {
    invocation.session.select_context(source)?;
    registers::show_all(invocation.session)
}
