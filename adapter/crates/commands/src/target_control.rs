//! `.breakin .reboot .crash .restart .pagein`: what is done to the target as a whole.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::Report;
use engine::Session;
use engine::run_control::RunError;

/// `.breakin`
pub static BREAK_IN: Command = Command {
    names: &[".breakin"],
    usage: ".breakin",
    summary: "Stops a running target",
    run: |invocation| act(invocation, Session::break_in),
};

/// `.reboot`
pub static REBOOT: Command = Command {
    names: &[".reboot"],
    usage: ".reboot",
    summary: "Restarts the target's machine; breakpoints are set again when it comes back",
    run: |invocation| act(invocation, Session::reboot),
};

/// `.crash`
pub static CRASH: Command = Command {
    names: &[".crash"],
    usage: ".crash",
    summary: "Makes the target's system crash, which writes a dump if it is set up for that",
    run: |invocation| act(invocation, Session::cause_bug_check),
};

/// `.restart`
pub static RESTART: Command = Command {
    names: &[".restart"],
    usage: ".restart",
    summary: "Begins the connection with the target anew",
    run: |invocation| act(invocation, Session::resynchronise),
};

/// `.pagein`
pub static PAGE_IN: Command = Command {
    names: &[".pagein"],
    usage: ".pagein [/p process] [/f] address",
    summary: "Isn't supported, and says so: how a target is asked to bring a page into memory isn't documented",
    run: |_| {
        let why = ".pagein isn't supported: how a target is asked to bring a page into memory isn't documented. \
                   A page that isn't there is read again once the target itself has used it.";
        Err(CommandError::Failed(why.to_owned()))
    },
};

/// Each is called by its name alone.
fn act(invocation: &mut Invocation<'_>, act: fn(&mut Session) -> Result<(), RunError>) -> Result<Report, CommandError> {
    Arguments::new(invocation.arguments, invocation.name).finish()?;
    act(invocation.session)?;
    Ok(Report::default())
}
