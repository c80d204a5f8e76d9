//! `threads`: one for each processor.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use crate::dap::view::to_dap;
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
    type Arguments = IgnoredAny;
    type Body = Body;

    fn run(session: &mut Session, _: IgnoredAny) -> Result<Body, RequestError> {
        let processors = session.attached()?.engine.processors();
        let thread = |processor: &Processor| Thread {
            id: to_dap::thread_id(processor.number),
            name: name(processors, processor),
        };
        Ok(Body { threads: processors.all.iter().map(thread).collect() })
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
