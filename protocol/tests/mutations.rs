//! A hundred thousand mutations of packets' fields: into the framing, into every decoder, and into a session in the middle of a request.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a test's failure")]

mod support;

use core::time::Duration;
use kd_protocol::manipulate::ReadMemory;
use kd_protocol::packet::{HEADER_SIZE, Packet};
use kd_protocol::{
    Answer, ControlRequest, DebugIo, FileAnswer, FileRequest, Frame, Framing, Manipulate, PacketType, Phase,
    PromptAnswer, Request, StateChange, Status, TraceIo,
};
use support::pair::Pair;
use support::random::Random;
use support::samples;
use support::target::{Habits, MEMORY, memory};

const MUTATIONS: u64 = 100_000;

/// Changes a field of one, two, four or eight bytes, or the length.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let width = random.one_of(&[1, 1, 2, 4, 4, 8]);
    // Fields are aligned to their size, and most of them stand near the start.
    let reach = if random.once_in(3) { bytes.len() } else { bytes.len().min(72) };
    let at = random.below(reach / width + 1) * width;
    let (any, near) = (random.number(), random.below(5) as u64);
    let value = random.one_of(&[0, 1, u64::MAX, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, any, near, bytes.len() as u64]);
    match random.below(12) {
        0 => bytes.truncate(at),
        1 => bytes.extend(value.to_le_bytes()),
        _ => bytes.iter_mut().skip(at).take(width).zip(value.to_le_bytes()).for_each(|(place, byte)| *place = byte),
    }
}

/// Whatever is read from it can be written and read again.
fn decode_as_everything(bytes: &[u8], known: &[(Request, Answer)], random: &mut Random) {
    if let Ok(change) = StateChange::decode(PacketType::StateChange64, bytes) {
        assert_eq!(StateChange::decode(PacketType::StateChange64, &change.encode()), Ok(change));
    }
    if let Ok(change) = StateChange::decode(PacketType::StateChange32, bytes) {
        assert!(change.control_report.len() < bytes.len());
    }
    if let Ok(io) = DebugIo::decode(bytes) {
        assert_eq!(DebugIo::decode(&io.encode()), Ok(io));
    }
    if let Ok(request) = FileRequest::decode(bytes) {
        assert_eq!(FileRequest::decode(&request.encode()), Ok(request));
    }
    if let Ok(answer) = FileAnswer::decode(bytes) {
        assert_eq!(FileAnswer::decode(&answer.encode(bytes)), Ok(answer));
    }
    if let Ok(answer) = PromptAnswer::decode(bytes) {
        assert_eq!(PromptAnswer::decode(&answer.encode()), Ok(answer));
    }
    if let Ok(trace) = TraceIo::decode(bytes) {
        assert_eq!(TraceIo::decode(&trace.encode()), Ok(trace));
    }
    if let Ok(request) = ControlRequest::decode(bytes) {
        assert_eq!(ControlRequest::decode(&request.encode()), Ok(request));
    }
    let Ok(manipulate) = Manipulate::decode(bytes) else { return };
    assert_eq!(manipulate.encode(), bytes);
    if let Ok(request) = Request::read(&manipulate) {
        let again = Manipulate::decode(&request.encode(6, 1)).unwrap();
        assert_eq!(Request::read(&again), Ok(request));
    }
    let (request, _) = &known[random.below(known.len())];
    let same = known.iter().find(|(request, _)| request.api() == manipulate.api()).map(|(request, _)| request);
    for request in same.into_iter().chain([request]) {
        if let Ok(Answer::Memory { data, .. }) = request.answer(manipulate.processor(), &manipulate) {
            assert!(data.len() <= 5, "{} bytes for 5 asked", data.len());
        }
    }
}

#[test]
fn decoders_take_anything() {
    let (payloads, known) = (samples::payloads(), samples::requests());
    let mut random = Random::new(1);
    for _ in 0..MUTATIONS {
        let (_, mut payload) = payloads[random.below(payloads.len())].clone();
        for _ in 0..1 + random.below(3) {
            mutate(&mut payload, &mut random);
        }
        decode_as_everything(&payload, &known, &mut random);
    }
}

/// Three packets, the second one damaged: the others come through.
#[test]
fn framing_finds_what_is_whole_around_what_is_damaged() {
    let payloads = samples::payloads();
    let mut random = Random::new(2);
    let gap = Duration::from_secs(1);
    let mut swallowed = 0;
    for mutation in 0..MUTATIONS {
        let packets = [0, 1, 2].map(|id| {
            let (packet_type, payload) = payloads[random.below(payloads.len())].clone();
            Packet { packet_type, id, payload }
        });
        let mut damaged = packets[1].encode();
        mutate(&mut damaged, &mut random);
        let line = [packets[0].encode(), damaged, packets[2].encode()].concat();
        let mut framing = Framing::new(gap);
        let mut found = Vec::new();
        let mut take = |framing: &mut Framing, now| {
            while let Some(frame) = framing.poll(now) {
                if let Frame::Packet(packet) = frame {
                    found.push(packet);
                }
            }
        };
        let cut = random.below(line.len());
        framing.receive(Duration::ZERO, &line[..cut]);
        take(&mut framing, Duration::ZERO);
        framing.receive(Duration::ZERO, &line[cut..]);
        take(&mut framing, Duration::ZERO);
        // A length that was damaged upwards holds until no more comes.
        take(&mut framing, gap);
        assert_eq!(framing.deadline(), None);
        assert!(found.contains(&packets[0]), "mutation {mutation}");
        swallowed += u64::from(!found.contains(&packets[2]));
    }
    // A length that was damaged upwards may end at a byte that looks right: what stands before it is passed over, and asked for again.
    assert!(swallowed < MUTATIONS / 500, "{swallowed} of {MUTATIONS} packets behind damaged ones were lost");
}

/// Fields of an answer's body that tell whether it is the one that was asked for.
const ECHOED: [core::ops::Range<usize>; 4] = [0..4, 6..8, 16..24, 24..28];

/// Whether what a line carries isn't the answer that was sent, and can be seen not to be. The check sum is a plain sum: some damage it hides
/// as well as a new one would.
fn is_another_answer(sent: &[u8], damaged: &[u8]) -> bool {
    let mut framing = Framing::new(Duration::ZERO);
    framing.receive(Duration::ZERO, damaged);
    let found = core::iter::from_fn(|| framing.poll(Duration::ZERO)).find_map(|frame| match frame {
        Frame::Packet(packet) => Some(packet.payload),
        _ => None,
    });
    let sent = sent.get(HEADER_SIZE..).unwrap_or_default();
    found.is_none_or(|found| ECHOED.iter().any(|field| found.get(field.clone()) != sent.get(field.clone())))
}

/// A session whose answers are damaged on their way: with the check sum that they had, or with one that hides it.
fn damaged_session(seed: u64, mutations: u64) {
    let habits = Habits { clears_answers: seed % 2 == 0, ..Habits::default() };
    let mut pair = Pair::new(seed, habits);
    pair.attach();
    pair.run(Duration::from_millis(10));
    for _ in 0..mutations {
        let address = MEMORY.start + pair.random.below(4096) as u64;
        let id = pair.ask(Request::ReadVirtualMemory(ReadMemory { address, count: 16 }));
        while let Some(bytes) = pair.host.poll_output() {
            pair.target.receive(pair.now, &bytes);
        }
        let hidden = pair.random.once_in(2);
        let mut must_not_be_taken = false;
        while let Some(bytes) = pair.target.link.poll_output() {
            let mut damaged = bytes.clone();
            if hidden && bytes.len() > HEADER_SIZE {
                let mut payload = bytes[HEADER_SIZE..bytes.len() - 1].to_vec();
                mutate(&mut payload, &mut pair.random);
                let id = u32::from_le_bytes(bytes[8..12].try_into().unwrap());
                damaged = Packet { packet_type: PacketType::StateManipulate, id, payload }.encode();
            } else {
                mutate(&mut damaged, &mut pair.random);
            }
            must_not_be_taken |= bytes.len() > HEADER_SIZE && is_another_answer(&bytes, &damaged);
            pair.host.receive(pair.now, &damaged);
        }
        pair.flush();
        let right = Ok(Answer::Memory { status: Status::SUCCESS, data: memory(0, address, 16) });
        if let Some(taken) = pair.answers.get(&id) {
            assert!(!must_not_be_taken || *taken == right, "seed {seed}: {taken:?} was taken\n{}", pair.trace());
        }
        let ended = pair
            .run_until(Duration::from_secs(60), |pair| pair.answers.contains_key(&id) && pair.phase() == Phase::Halted);
        assert!(ended, "seed {seed}: {:?}, {:?}\n{}", pair.phase(), pair.answers.get(&id), pair.trace());
        let result = pair.answers.remove(&id).unwrap();
        assert!(!must_not_be_taken || result == right, "seed {seed}: {result:?}\n{}", pair.trace());
        // What is still on its way ends before the next one begins.
        pair.run(Duration::from_secs(2));
        pair.events.clear();
    }
}

#[test]
fn a_session_takes_no_wrong_answer_and_goes_on() {
    const SESSIONS: u64 = 400;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|part| {
                scope.spawn(move || {
                    let seeds = part * SESSIONS / 4..(part + 1) * SESSIONS / 4;
                    seeds.for_each(|seed| damaged_session(seed, MUTATIONS / SESSIONS));
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}
