//! Stacks: of the crashed processor, of the exception, of the processor that was idle, of a thread that waits.

use super::{for_each_dump, number};
use engine::stack::{Certainty, FoundBy, Frame, FrameDescription, Stack, StackEnd};
use engine::{ContextSource, Session};
use memory::VirtualAddress;
use serde_json::Value;
use tests::dump_writer::Format;

/// What has to be shown of a frame.
#[derive(Debug, PartialEq)]
struct Shown {
    function: String,
    inlined: bool,
    instruction_pointer: u64,
    stack_pointer: u64,
    line: Option<(String, u64)>,
    trap_frame: Option<u64>,
    /// Of inlined functions there are no such: bytes from the function's start, and where it returns to.
    displacement: Option<u64>,
    return_address: Option<u64>,
}

impl Shown {
    /// What the JSON says of a frame. `caller` is the next frame that isn't inlined.
    fn expected(frame: &Value, caller: Option<&Value>) -> Self {
        let optional = |name: &str| frame.get(name).map(number);
        let trap_frame = optional("trap_frame");
        Self {
            function: frame["function"].as_str().unwrap().to_owned(),
            inlined: frame["inline"].as_bool().unwrap(),
            instruction_pointer: number(&frame["rip"]),
            stack_pointer: number(&frame["rsp"]),
            line: frame.get("line").map(|line| (frame["file"].as_str().unwrap().to_owned(), number(line))),
            trap_frame,
            displacement: optional("displacement"),
            // A trap returns to what it interrupted. The outermost function returns to address 0: nowhere.
            return_address: match trap_frame {
                Some(_) => caller.map(|caller| number(&caller["rip"])),
                None => optional("return_address").filter(|address| *address != 0),
            },
        }
    }

    fn of(session: &Session, frame: &Frame) -> Self {
        let description = FrameDescription::of(frame, session.target().modules());
        let physical = frame.inline.is_none();
        assert_eq!(description.inlined, !physical);
        Self {
            function: format!("{}!{}", description.module.unwrap(), description.function.unwrap()),
            inlined: description.inlined,
            instruction_pointer: frame.instruction_pointer.0,
            stack_pointer: frame.stack_pointer.0,
            line: description.line.map(|line| (line.file.name.clone(), line.line.into())),
            trap_frame: frame.trap_frame.map(|address| address.0),
            displacement: physical.then_some(description.displacement),
            return_address: frame.return_address.filter(|_| physical).map(|address| address.0),
        }
    }
}

/// Checks that a context's stack is `expected`: frames of the JSON, innermost first.
pub(super) fn check_stack(session: &Session, source: ContextSource, expected: &[Value]) {
    let stack = session.stack_of(source).unwrap();
    let shown: Vec<Shown> = stack.frames.iter().map(|frame| Shown::of(session, frame)).collect();
    let wanted = expected.iter().enumerate().map(|(index, frame)| {
        let caller = expected.iter().skip(index + 1).find(|frame| frame["inline"] == false);
        Shown::expected(frame, caller)
    });
    for (index, (shown, wanted)) in shown.iter().zip(wanted).enumerate() {
        assert_eq!(*shown, wanted, "frame {index} of {source:?}");
    }
    assert_eq!((shown.len(), &stack.end), (expected.len(), &StackEnd::Complete), "{source:?}");
    check_certainty(&stack);
}

/// Every frame was followed from known registers, and says how.
fn check_certainty(stack: &Stack) {
    let mut wanted = [FoundBy::Context].as_slice();
    for frame in &stack.frames {
        assert_eq!(frame.certainty, Certainty::Exact);
        assert!(wanted.contains(&frame.found_by), "{:?} is none of {wanted:?}", frame.found_by);
        wanted = match frame {
            // The function behind an inlined one was found with it.
            Frame { inline: Some(_), .. } => wanted,
            Frame { trap_frame: Some(_), .. } => &[FoundBy::TrapFrame],
            _ => &[FoundBy::UnwindData, FoundBy::Leaf],
        };
    }
}

pub(super) fn frames(frames: &Value) -> &[Value] {
    frames.as_array().unwrap()
}

#[test]
fn the_crashed_processors_stack_is_exact_up_to_its_thread_start() {
    for_each_dump(|opened| {
        check_stack(&opened.session, ContextSource::Processor(0), frames(&opened.expected["stack"]));
    });
}

#[test]
fn the_exceptions_stack_is_the_part_behind_the_trap_frame() {
    for_each_dump(|opened| {
        let all = frames(&opened.expected["stack"]);
        let trap = all.iter().position(|frame| frame.get("trap_frame").is_some()).unwrap();
        assert_eq!(all[trap]["function"], "nt!KiPageFault");
        check_stack(&opened.session, ContextSource::Exception, &all[trap + 1..]);
    });
}

#[test]
fn the_idle_processors_stack_is_exact() {
    for_each_dump(|opened| {
        check_stack(&opened.session, ContextSource::Processor(1), frames(&opened.expected["stack_of_processor_1"]));
    });
}

#[test]
fn a_waiting_threads_stack_starts_where_it_was_switched_out_or_is_said_to_be_missing() {
    for_each_dump(|opened| {
        let waiting = &opened.expected["waiting_thread"];
        let source = ContextSource::Thread(VirtualAddress(number(&waiting["thread"])));
        if opened.format == Format::Small {
            let error = opened.session.stack_of(source).unwrap_err().to_string();
            assert!(error.ends_with("not in the dump"), "{error}");
        } else {
            check_stack(&opened.session, source, frames(&waiting["stack"]));
        }
    });
}
