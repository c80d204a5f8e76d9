//! `threads`: a kernel's threads are shown by processor, one for each, under the name of the thread that runs there.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use engine::live::RunState;
use engine::processor::{Processor, Processors};
use serde::Serialize;
use serde::de::IgnoredAny;

pub(super) struct Threads;

#[derive(Serialize)]
pub(super) struct Body {
    threads: Vec<Thread>,
}

#[derive(Serialize)]
struct Thread {
    id: i64,
    name: String,
}

impl Request for Threads {
    const COMMAND: &'static str = "threads";
    const NEEDS: Needs = Needs::Target;
    const URGENT: bool = true;
    type Arguments = IgnoredAny;
    type Body = Body;

    fn run(session: &mut Session, _: IgnoredAny) -> Result<Body, RequestError> {
        let engine = &mut session.attached()?.engine;
        let state = match engine.run_state() {
            RunState::Halted => {
                let processors = engine.processors();
                let thread = |processor: &Processor| Thread {
                    id: to_dap::thread_id(processor.number),
                    name: name(processors, processor),
                };
                let threads = processors.all.iter().map(thread).collect();
                let unknown = processors.all.iter().any(|processor| processor.thread.is_err());
                if unknown && engine.target().live().is_some() {
                    // There may have been no time for all of it, and there may be the next time.
                    engine.forget_conclusions();
                }
                return Ok(Body { threads });
            }
            RunState::Running => "",
            RunState::Connecting => " (not connected yet)",
            RunState::Unknown => " (does not answer)",
            RunState::Ended => " (disconnected)",
        };
        // Which threads run there, nobody knows while they run.
        let count = engine.target().system().processors.unwrap_or(1).max(1);
        let thread = |number| Thread { id: to_dap::thread_id(number), name: format!("Processor {number}{state}") };
        Ok(Body { threads: (0..count).map(thread).collect() })
    }
}
/// `Processor 3: System (4.108)`: the process, and the numbers of process and thread as the debuggers write them.
fn name(processors: &Processors, processor: &Processor) -> String {
    let number =
        if processors.numbers_known { format!("Processor {}", processor.number) } else { "Processor".to_owned() };
    let Ok(thread) = &processor.thread else { return number };
    let process = thread.process.as_ref().map_or("", |process| process.image_file_name.as_str());
    let blank = if process.is_empty() { "" } else { " " };
    format!("{number}: {process}{blank}({:x}.{:x})", thread.process_id, thread.thread_id)
}
