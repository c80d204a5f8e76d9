//! Processors of a stopped target: what each one was doing.

use crate::target::Target;
use analysis::nt::structure::NtError;
use analysis::nt::{processors, thread};
use arch::Context;
use memory::VirtualAddress;
use std::ops::Range;

/// One processor, as it was stopped. What couldn't be found out says why.
#[derive(Debug)]
pub struct Processor {
    /// KD's index of it.
    pub number: u32,
    /// `_KPRCB`.
    pub prcb: Result<VirtualAddress, NtError>,
    /// Its registers.
    pub context: Result<Context, NtError>,
    /// The thread that it ran.
    pub thread: Result<thread::ThreadIdentity, NtError>,
    /// Stacks whose limits are known: the thread's.
    pub stacks: Vec<Range<VirtualAddress>>,
}

/// All processors, and which of them crashed.
#[derive(Debug)]
pub struct Processors {
    /// By number.
    pub all: Vec<Processor>,
    /// The one that the dump's header context belongs to, where that can be told.
    pub crashed: Option<u32>,
}

impl Processors {
    /// Reads every processor's state; a dump that tells nothing of them still has the one that crashed.
    pub fn read(target: &Target) -> Self {
        let count = target.dump().header().processors.unwrap_or(1).clamp(1, processors::MAX_PROCESSORS);
        let kernel = target.kernel();
        let mut all: Vec<Processor> = match processors::prcbs(&kernel, count) {
            Ok(prcbs) => (0..).zip(prcbs).map(|(number, prcb)| read_processor(target, number, prcb)).collect(),
            Err(error) => (0..count).map(|number| unknown_processor(number, &error)).collect(),
        };
        let crashed = assign_header_context(target, &mut all);
        Self { all, crashed }
    }

    /// The processor with this number.
    pub fn get(&self, number: u32) -> Option<&Processor> {
        self.all.get(number as usize)
    }
}

fn unknown_processor(number: u32, error: &NtError) -> Processor {
    let error = || error.clone();
    Processor { number, prcb: Err(error()), context: Err(error()), thread: Err(error()), stacks: Vec::new() }
}

fn read_processor(target: &Target, number: u32, prcb: Result<VirtualAddress, NtError>) -> Processor {
    let address = match prcb {
        Ok(address) => address,
        Err(error) => return unknown_processor(number, &error),
    };
    let kernel = target.kernel();
    let prcb = match processors::prcb(&kernel, address) {
        Ok(prcb) => prcb,
        Err(error) => return Processor { prcb: Ok(address), ..unknown_processor(number, &error) },
    };
    let thread = prcb.field("CurrentThread").and_then(|field| thread::thread(&kernel, field.pointer()?));
    let stack = thread.as_ref().ok().and_then(|thread| thread::kernel_stack(thread).ok());
    Processor {
        number,
        prcb: Ok(address),
        context: processors::saved_context(&kernel, &prcb),
        thread: thread.and_then(|thread| thread::identify(&kernel, &thread)),
        stacks: stack.into_iter().collect(),
    }
}

/// Gives the header's context to the processor whose saved registers agree with it, or, in a dump with one processor
/// or no saved registers at all, to the only one that it can belong to.
fn assign_header_context(target: &Target, all: &mut [Processor]) -> Option<u32> {
    let header = target.header_context()?;
    let place = |context: &Context| Some((context.instruction_pointer()?, context.stack_pointer()?));
    let agrees = |processor: &&mut Processor| {
        processor.context.as_ref().is_ok_and(|context| place(context).is_some() && place(context) == place(&header))
    };
    let only_one = all.len() == 1;
    let none_saved = all.iter().all(|processor| processor.context.is_err());
    let owner = match all.iter_mut().find(agrees) {
        Some(owner) => Some(owner),
        None if only_one || none_saved => all.first_mut(),
        None => None,
    }?;
    owner.context = Ok(header);
    Some(owner.number)
}
