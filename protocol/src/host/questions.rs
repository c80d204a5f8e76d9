//! Prompts and file requests: the target stands still until they are answered, and asks again when the link was reset.

use super::{Event, Host, Phase, RequestFailure, UnderWay};
use crate::control_request::ControlRequestKind;
use crate::packet::{MAX_PAYLOAD, Packet, PacketType};
use crate::{ControlRequest, DebugIo, DebugIoKind, FileAnswer, FileRequest, PromptAnswer, Status};

use core::time::Duration;

/// Bytes of a file I/O packet before its data.
const FILE_IO_SIZE: usize = 64;

/// What the target has asked, and the answer.
pub(super) struct Question {
    packet_type: PacketType,
    payload: Vec<u8>,
    answer: Option<Vec<u8>>,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    ToAnswer,
    UnderWay,
    Acknowledged,
}

impl Question {
    pub(super) fn prompt_answer(&self, text: &[u8]) -> Option<Vec<u8>> {
        let prompt = DebugIo::decode(&self.payload).ok().filter(|_| self.packet_type == PacketType::DebugIo)?;
        let DebugIoKind::Prompt { max_answer, .. } = prompt.kind else { return None };
        let length = text.len().min(usize::try_from(max_answer).unwrap_or(usize::MAX)).min(MAX_PAYLOAD - 16);
        let text = text.get(..length).unwrap_or_default().to_vec();
        let DebugIo { processor_level, processor, .. } = prompt;
        Some(PromptAnswer { processor_level, processor, text }.encode())
    }

    pub(super) fn file_answer(&self, mut answer: FileAnswer) -> Option<Vec<u8>> {
        if let FileAnswer::Read { data } = &mut answer {
            data.truncate(MAX_PAYLOAD - FILE_IO_SIZE);
        }
        (self.packet_type == PacketType::FileIo).then(|| answer.encode(&self.payload))
    }
}

impl Host {
    /// The target asks. A question that was asked before, and whose answer it hasn't got, is the same one.
    pub(super) fn question(&mut self, now: Duration, packet: Packet) {
        self.phase = Phase::AwaitingAnswer;
        self.attached = true;
        self.stop = None;
        self.fail_requests(RequestFailure::NotHalted);
        if let Some(question) = &mut self.question {
            let is_same = question.packet_type == packet.packet_type && question.payload == packet.payload;
            if is_same && question.progress != Progress::Acknowledged {
                question.progress = Progress::ToAnswer;
                return self.pump(now);
            }
        }
        let Packet { packet_type, payload, .. } = packet;
        let (event, answer) = understand(packet_type, &payload);
        self.events.extend(event);
        self.question = Some(Question { packet_type, payload, answer, progress: Progress::ToAnswer });
        self.pump(now);
    }

    /// Gives the question that waits its answer.
    pub(super) fn answer_question(&mut self, answer: impl FnOnce(&Question) -> Option<Vec<u8>>) {
        let Some(question) = &mut self.question else { return };
        if question.answer.is_none() {
            question.answer = answer(question);
        }
    }

    pub(super) fn send_question_answer(&mut self, now: Duration) {
        if self.phase != Phase::AwaitingAnswer {
            return;
        }
        let Some(question) = self.question.as_mut().filter(|question| question.progress == Progress::ToAnswer) else {
            return;
        };
        let Some(answer) = question.answer.clone() else { return };
        if self.link.send(now, question.packet_type, answer) {
            question.progress = Progress::UnderWay;
            self.under_way = UnderWay::Answer;
        }
    }

    pub(super) fn answer_acknowledged(&mut self) {
        if let Some(question) = &mut self.question {
            question.progress = Progress::Acknowledged;
        }
        if self.phase == Phase::AwaitingAnswer {
            self.phase = Phase::Running;
        }
    }

    /// The ids were forgotten: whether the target has the answer shows when it asks again.
    pub(super) fn question_is_open_again(&mut self) {
        if let Some(question) = &mut self.question {
            question.progress = Progress::ToAnswer;
        }
    }
}

/// What to tell of a question, and its answer where the caller isn't asked for one.
fn understand(packet_type: PacketType, payload: &[u8]) -> (Option<Event>, Option<Vec<u8>>) {
    match packet_type {
        PacketType::DebugIo => match DebugIo::decode(payload) {
            Ok(DebugIo { processor, kind: DebugIoKind::Prompt { text, max_answer }, .. }) => {
                (Some(Event::Prompt { processor, text, max_answer }), None)
            }
            _ => (None, None),
        },
        PacketType::ControlRequest => (None, ControlRequest::decode(payload).ok().map(control_answer)),
        _ => match FileRequest::decode(payload) {
            Ok(request) => (Some(Event::FileRequest(request)), None),
            // It waits all the same.
            Err(_) => (None, Some(FileAnswer::Refused(Status::NO_SUCH_FILE).encode(payload))),
        },
    }
}

/// Hardware breakpoints are the debugger's: none is given away, and any is taken back.
fn control_answer(request: ControlRequest) -> Vec<u8> {
    let granted = request.kind == ControlRequestKind::ReleaseHardwareBreakpoint;
    ControlRequest { granted, ..request }.encode()
}
