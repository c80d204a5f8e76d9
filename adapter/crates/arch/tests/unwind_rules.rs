//! Each rule of x64 unwinding, on images built by code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's failure")]

mod support;

use arch::{Context, Machine, UnwindError, UnwindImage, UnwindMethod, Unwound};
use memory::{ReadError, ReadFailure, ReadVirtual, VirtualAddress};
use std::ops::Range;
use support::Image;
use support::build::*;

/// Where the stack pointer is in all tests.
const RSP: u64 = 0xffff_8504_2989_0000;

/// A stack whose words are known: word n holds 0x1000 + n, and some bytes of it can't be read.
struct Stack {
    unreadable: Range<u64>,
}

impl ReadVirtual for Stack {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        for (read, byte) in buffer.iter_mut().enumerate() {
            let at = address.0 + read as u64;
            if !(RSP..RSP + 0x10_0000).contains(&at) || self.unreadable.contains(&at) {
                return Err(ReadError { address: at, read, failure: ReadFailure::VirtualNotInDump });
            }
            *byte = word((at - RSP) / 8 * 8).to_le_bytes()[(at % 8) as usize];
        }
        Ok(())
    }
}

/// What the stack holds `offset` bytes above rsp.
fn word(offset: u64) -> u64 {
    0x1000 + offset / 8
}

/// The registers before unwinding: each register's value is its name's number times 0x11, but for those given.
fn context(image: &Image, rva: u32, given: &[(&str, u64)]) -> Context {
    let mut context = Context::new(Machine::Amd64.architecture());
    let registers = context.architecture().registers();
    for (id, _) in (0u16..).map(arch::RegisterId).zip(registers) {
        context.set(id, u128::from(id.0) * 0x11);
    }
    let rip = image.base.offset(u64::from(rva)).0;
    for &(name, value) in [("rip", rip), ("rsp", RSP)].iter().chain(given) {
        context.set(context.by_name(name).unwrap().part.register, u128::from(value));
    }
    context
}

fn unwind(image: &Image, rva: u32, given: &[(&str, u64)]) -> Result<Unwound, UnwindError> {
    let context = context(image, rva, given);
    context.architecture().unwind(&context, Some(image), &Stack { unreadable: 0..0 })
}

/// Unwinds at `rva`: by `how`, to a caller with the return address `frame` bytes above rsp, and with these registers,
/// given as the stack offsets that they were saved at.
#[track_caller]
fn check(image: &Image, rva: u32, given: &[(&str, u64)], how: UnwindMethod, frame: u64, saved: &[(&str, u64)]) {
    let unwound = unwind(image, rva, given).unwrap_or_else(|error| panic!("{rva:#x}: {error}"));
    let caller = &unwound.context;
    assert_eq!(unwound.how, how, "{rva:#x}");
    assert_eq!(caller.instruction_pointer(), Some(VirtualAddress(word(frame))), "{rva:#x}");
    assert_eq!(caller.stack_pointer(), Some(VirtualAddress(RSP + frame + 8)), "{rva:#x}");
    assert_eq!(unwound.return_address_at, VirtualAddress(RSP + frame));
    let before = context(image, rva, given);
    for name in ["rbx", "rbp", "rsi", "rdi", "r12", "r13", "r14", "r15"] {
        let at = saved.iter().find(|(saved, _)| *saved == name).map(|(_, at)| u128::from(word(*at)));
        let expected = at.or(before.by_name(name).unwrap().value);
        assert_eq!(caller.by_name(name).unwrap().value, expected, "{rva:#x}: {name}");
    }
    for name in ["rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "efl", "xmm0", "xmm5"] {
        assert_eq!(caller.by_name(name).unwrap().value, None, "{rva:#x}: {name} is volatile");
    }
}

use UnwindMethod::{Epilogue, Leaf, UnwindData};

/// `push rbx; push r12; sub rsp,28h; nop; add rsp,28h; pop r12; pop rbx; ret`, with the instructions' offsets:
/// 0, 1, 3, 7, 8, c, e, f.
const PUSHES: &[u8] = &[0x53, 0x41, 0x54, 0x48, 0x83, 0xec, 0x28, 0x90, 0x48, 0x83, 0xc4, 0x28, 0x41, 0x5c, 0x5b, 0xc3];

fn pushes_info(version: u8) -> Info {
    let epilogue = [code(4, EPILOG, 1), code(0, EPILOG, 0)];
    let prologue = [code(7, ALLOC_SMALL, 4), code(3, PUSH, R12), code(1, PUSH, RBX)];
    let slots = epilogue.into_iter().filter(|_| version == 2).chain(prologue).collect();
    Info { version, prologue_size: 7, slots, ..Info::default() }
}

#[test]
fn a_prologue_is_undone_as_far_as_it_ran_and_an_epilogue_as_far_as_it_has_still_to_run() {
    for version in [1, 2] {
        let image = Builder::new().bytes(0x1000, PUSHES).info(0x2000, &pushes_info(version));
        let image = image.function(0x1000, 0x1010, 0x2000).build();
        check(&image, 0x1000, &[], UnwindData, 0, &[]);
        check(&image, 0x1001, &[], UnwindData, 0x08, &[("rbx", 0)]);
        check(&image, 0x1003, &[], UnwindData, 0x10, &[("r12", 0), ("rbx", 0x08)]);
        check(&image, 0x1007, &[], UnwindData, 0x38, &[("r12", 0x28), ("rbx", 0x30)]);
        // Version 2 counts the stack adjustment to the body.
        let at_add = if version == 1 { Epilogue } else { UnwindData };
        check(&image, 0x1008, &[], at_add, 0x38, &[("r12", 0x28), ("rbx", 0x30)]);
        check(&image, 0x100c, &[], Epilogue, 0x10, &[("r12", 0), ("rbx", 0x08)]);
        check(&image, 0x100e, &[], Epilogue, 0x08, &[("rbx", 0)]);
        check(&image, 0x100f, &[], Epilogue, 0, &[]);
    }
}

#[test]
fn behind_a_call_nothing_of_an_epilogue_has_run_and_no_code_is_needed() {
    let image = Builder::new().info(0x2000, &pushes_info(1)).function(0x1000, 0x1010, 0x2000).build();
    let mut context = context(&image, 0, &[]);
    context.set_return_address(image.base.offset(0x100c));
    let x64 = context.architecture();
    let unwound = x64.unwind(&context, Some(&image), &Stack { unreadable: 0..0 }).unwrap();
    assert_eq!((unwound.how, unwound.return_address_at), (UnwindData, VirtualAddress(RSP + 0x38)));
}

#[test]
fn version_2_tells_epilogues_by_their_distance_from_the_end() {
    let slots = vec![
        code(1, EPILOG, 0),
        code(0x10, EPILOG, 0),
        code(0x00, EPILOG, 1),
        code(0, EPILOG, 0),
        code(4, ALLOC_SMALL, 4),
    ];
    let info = Info { version: 2, prologue_size: 4, slots, ..Info::default() };
    let image = Builder::new().info(0x2000, &info).function(0x1000, 0x1200, 0x2000).build();
    for (rva, frame, how) in [
        (0x10ff, 0x28, UnwindData),
        (0x1100, 0, Epilogue),
        (0x1101, 0x28, UnwindData),
        (0x11f0, 0, Epilogue),
        (0x11f1, 0x28, UnwindData),
        (0x11ff, 0x28, UnwindData),
    ] {
        check(&image, rva, &[], how, frame, &[]);
    }
}

#[test]
fn version_2_cant_describe_epilogues_that_release_between_pops() {
    let slots = vec![code(2, EPILOG, 1), code(5, PUSH, RBX), code(4, ALLOC_SMALL, 0)];
    let info = Info { version: 2, prologue_size: 5, slots, ..Info::default() };
    let image = Builder::new().info(0x2000, &info).function(0x1000, 0x1100, 0x2000).build();
    check(&image, 0x1080, &[], UnwindData, 0x10, &[("rbx", 0)]);
    let what = "an epilogue has no place for an allocation";
    assert_eq!(unwind(&image, 0x10fe, &[]).unwrap_err(), UnwindError::Malformed { rva: 0x2000, what });
}

#[test]
fn every_kind_of_save_and_allocation_is_undone() {
    let slots = vec![
        code(0x40, SAVE, RSI),
        0x10,
        code(0x40, SAVE_FAR, RDI),
        0x00a0,
        0x0000,
        code(0x40, SAVE_XMM, 6),
        0x03,
        code(0x40, SAVE_XMM_FAR, 15),
        0x0040,
        0x0000,
        code(0x20, ALLOC_LARGE, 1),
        0x0010,
        0x0001,
        code(0x10, ALLOC_LARGE, 0),
        0x100,
        code(0x02, PUSH, R15),
    ];
    let info = Info { version: 1, prologue_size: 0x40, slots, ..Info::default() };
    let image = Builder::new().info(0x2000, &info).function(0x1000, 0x1100, 0x2000).build();
    let frame = 0x1_0010 + 0x800;
    check(&image, 0x1040, &[], UnwindData, frame + 8, &[("rsi", 0x80), ("rdi", 0xa0), ("r15", frame)]);
    let caller = unwind(&image, 0x1040, &[]).unwrap().context;
    let xmm = |offset| Some(u128::from(word(offset)) | u128::from(word(offset + 8)) << 64);
    assert_eq!(caller.by_name("xmm6").unwrap().value, xmm(0x30));
    assert_eq!(caller.by_name("xmm15").unwrap().value, xmm(0x40));
    // Only the first allocation has run.
    check(&image, 0x1010, &[], UnwindData, 0x808, &[("r15", 0x800)]);
}

/// `push rbp; sub rsp,20h; lea rbp,[rsp+20h]`, then rsp moves as it likes.
#[test]
fn a_frame_register_is_used_once_it_is_set() {
    let slots = vec![code(10, SAVE, RBX), 1, code(10, SET_FPREG, 0), code(5, ALLOC_SMALL, 3), code(1, PUSH, RBP)];
    let info = Info { version: 1, prologue_size: 10, frame: (RBP, 2), slots, ..Info::default() };
    // `lea rsp,[rbp]; pop rbp; ret`.
    let image = Builder::new().bytes(0x1050, &[0x48, 0x8d, 0x65, 0x00, 0x5d, 0xc3]).info(0x2000, &info);
    let image = image.function(0x1000, 0x1100, 0x2000).build();
    let rbp = ("rbp", RSP + 0x120);
    check(&image, 0x1001, &[], UnwindData, 8, &[("rbp", 0)]);
    check(&image, 0x1005, &[], UnwindData, 0x28, &[("rbp", 0x20)]);
    check(&image, 0x100a, &[rbp], UnwindData, 0x128, &[("rbp", 0x120), ("rbx", 0x108)]);
    check(&image, 0x1040, &[rbp], UnwindData, 0x128, &[("rbp", 0x120), ("rbx", 0x108)]);
    check(&image, 0x1050, &[rbp], Epilogue, 0x128, &[("rbp", 0x120)]);
    check(&image, 0x1054, &[], Epilogue, 8, &[("rbp", 0)]);
    assert_eq!(unwind(&image, 0x1040, &[rbp]).unwrap().frame_base, VirtualAddress(RSP + 0x100));
}

#[test]
fn a_frame_register_that_leads_nowhere_is_refused() {
    let slots = vec![code(4, SET_FPREG, 0)];
    let info = Info { version: 1, prologue_size: 4, frame: (RBP, 0), slots, ..Info::default() };
    let image = Builder::new().info(0x2000, &info).function(0x1000, 0x1100, 0x2000).build();
    let refused = unwind(&image, 0x1010, &[("rbp", RSP - 0x100)]).unwrap_err();
    assert!(matches!(refused, UnwindError::StackUnreadable { .. }), "{refused}");
    let below = unwind(&image, 0x1010, &[("rsp", RSP + 0x100), ("rbp", RSP + 0x20)]).unwrap_err();
    let (callee, caller) = (VirtualAddress(RSP + 0x100), VirtualAddress(RSP + 0x28));
    assert_eq!(below, UnwindError::StackDoesNotGrow { callee, caller });
    let mut unknown = context(&image, 0x1010, &[]);
    unknown.forget(unknown.by_name("rbp").unwrap().part.register);
    let refused = unknown.architecture().unwind(&unknown, Some(&image), &Stack { unreadable: 0..0 });
    assert_eq!(refused.unwrap_err(), UnwindError::UnknownRegister { name: "rbp" });
}

#[test]
fn machine_frames_are_crossed_with_and_without_an_error_code() {
    for (has_error_code, at) in [(false, 0x10), (true, 0x18)] {
        let slots = vec![code(4, ALLOC_SMALL, 1), code(0, PUSH_MACHFRAME, u8::from(has_error_code))];
        let info = Info { version: 1, prologue_size: 4, slots, ..Info::default() };
        let image = Builder::new().info(0x2000, &info).function(0x1000, 0x1100, 0x2000).build();
        let unwound = unwind(&image, 0x1010, &[]).unwrap();
        let frame = unwound.machine_frame.unwrap();
        assert_eq!((frame.has_error_code, frame.at), (has_error_code, VirtualAddress(RSP + at)));
        assert!(!unwound.context.is_after_call());
        for (name, offset) in [("rip", 0), ("cs", 8), ("efl", 16), ("rsp", 24), ("ss", 32)] {
            let value = unwound.context.by_name(name).unwrap().value;
            assert_eq!(value, Some(u128::from(word(at + offset))), "{name}");
        }
    }
}

/// A function in three regions: the second saves more and is chained to the first, the third was moved in front and
/// has an indirect entry.
#[test]
fn chained_and_indirect_regions_lead_to_the_primary_function() {
    let chained = Info {
        version: 1,
        flags: 4,
        prologue_size: 5,
        slots: vec![code(5, SAVE, RSI), 6],
        tail: vec![0x1000, 0x1010, 0x2000],
        ..Info::default()
    };
    let handled = Info { flags: 3, tail: vec![0x1234, 0xaaaa], ..pushes_info(1) };
    let image = Builder::new()
        .bytes(0x1000, PUSHES)
        .info(0x2000, &handled)
        .info(0x2100, &chained)
        .function(0x0800, 0x0900, PDATA + 12 + 1)
        .function(0x1000, 0x1010, 0x2000)
        .function(0x1100, 0x1200, 0x2100)
        .build();
    check(&image, 0x1104, &[], UnwindData, 0x38, &[("r12", 0x28), ("rbx", 0x30)]);
    check(&image, 0x1105, &[], UnwindData, 0x38, &[("r12", 0x28), ("rbx", 0x30), ("rsi", 0x30)]);
    check(&image, 0x0800, &[], UnwindData, 0x38, &[("r12", 0x28), ("rbx", 0x30)]);
    for rva in [0x0800, 0x1007, 0x1105] {
        let unwound = unwind(&image, rva, &[]).unwrap();
        assert_eq!(unwound.function, Some(0x1000..0x1010));
        let handler = unwound.handler.unwrap();
        assert_eq!((handler.rva, handler.data), (0x1234, 0x2010), "{rva:#x}");
        assert!(handler.for_exceptions && handler.for_unwinding);
    }
}

#[test]
fn tail_calls_are_epilogues_and_jumps_within_a_function_are_not() {
    let info = Info { version: 1, prologue_size: 4, slots: vec![code(4, ALLOC_SMALL, 4)], ..Info::default() };
    let chained = Info { version: 1, flags: 4, tail: vec![0x1000, 0x1100, 0x2000], ..Info::default() };
    let build = |jump: &[u8]| {
        let image = Builder::new().bytes(0x1080, jump).info(0x2000, &info).info(0x2100, &chained);
        image.function(0x1000, 0x1100, 0x2000).function(0x1200, 0x1300, 0x2100).function(0x1300, 0x1400, 0x2000).build()
    };
    let jump_to = |target: u32| [&[0xe9][..], &(target.wrapping_sub(0x1085)).to_le_bytes()].concat();
    for (jump, is_tail_call) in [
        (jump_to(0x1090), false),
        (jump_to(0x1210), false),
        (jump_to(0x1300), true),
        (jump_to(0x1000), true),
        (jump_to(0x1500), true),
        (jump_to(0x9000_0000), true),
        (vec![0xeb, 0x10], false),
        // jmp [rip], rex.w jmp rax, jmp rax, rex.w jmp [rax]
        (vec![0xff, 0x25, 0, 0, 0, 0], true),
        (vec![0x48, 0xff, 0xe0], true),
        (vec![0xff, 0xe0], false),
        (vec![0x48, 0xff, 0x20], true),
        // ret 0, rep ret, ret 8
        (vec![0xc2, 0, 0], true),
        (vec![0xf3, 0xc3], true),
        (vec![0xc2, 8, 0], false),
        // add rsp,rax and add rsp behind a pop are none of an epilogue's instructions
        (vec![0x48, 0x03, 0xe0, 0xc3], false),
        (vec![0x58, 0x48, 0x83, 0xc4, 0x20, 0xc3], false),
        // neither is pop rsp
        (vec![0x5c, 0xc3], false),
    ] {
        let (how, frame) = if is_tail_call { (Epilogue, 0) } else { (UnwindData, 0x28) };
        check(&build(&jump), 0x1080, &[], how, frame, &[]);
    }
}

/// Compilers save registers late, behind an early return, and count all that to the prologue.
#[test]
fn an_early_return_within_the_prologue_is_an_epilogue() {
    let info = Info {
        version: 1,
        prologue_size: 0x40,
        slots: vec![code(0x40, SAVE, RDI), 8, code(4, ALLOC_SMALL, 4)],
        ..Info::default()
    };
    let early = [0x48, 0x83, 0xc4, 0x28, 0xc3];
    let image = Builder::new().bytes(0x1010, &early).info(0x2000, &info).function(0x1000, 0x1100, 0x2000).build();
    check(&image, 0x1010, &[], Epilogue, 0x28, &[]);
    check(&image, 0x1014, &[], Epilogue, 0, &[]);
}

#[test]
fn code_without_an_entry_is_a_leaf() {
    let image = Builder::new().info(0x2000, &pushes_info(1)).function(0x1000, 0x1010, 0x2000).build();
    check(&image, 0x0fff, &[], Leaf, 0, &[]);
    check(&image, 0x1010, &[], Leaf, 0, &[]);
    assert_eq!(unwind(&image, 0x1010, &[]).unwrap().function, None);
}

#[test]
fn a_saved_register_that_cant_be_read_is_unknown_and_a_return_address_an_error() {
    let image = Builder::new().bytes(0x1000, PUSHES).info(0x2000, &pushes_info(1));
    let image = image.function(0x1000, 0x1010, 0x2000).build();
    let context = context(&image, 0x1007, &[]);
    let unwind = |unreadable| context.architecture().unwind(&context, Some(&image), &Stack { unreadable });
    let unwound = unwind(RSP + 0x30..RSP + 0x38).unwrap();
    assert_eq!(unwound.context.by_name("rbx").unwrap().value, None);
    assert_eq!(unwound.context.by_name("r12").unwrap().value, Some(u128::from(word(0x28))));
    let refused = unwind(RSP + 0x38..RSP + 0x40).unwrap_err();
    let error = ReadError { address: RSP + 0x38, read: 0, failure: ReadFailure::VirtualNotInDump };
    assert_eq!(refused, UnwindError::StackUnreadable { what: "the return address", error });
}

#[test]
fn what_cant_be_unwound_says_why() {
    let image = Builder::new().function(0x1000, 0x1010, 0x2000).build();
    let good = context(&image, 0x1000, &[]);
    let x64 = good.architecture();
    let stack = Stack { unreadable: 0..0 };
    let refused = |context: &Context, image: Option<&dyn UnwindImage>| x64.unwind(context, image, &stack).unwrap_err();

    assert_eq!(refused(&Context::new(x64), Some(&image)), UnwindError::UnknownRegister { name: "rip" });
    let address = image.base.offset(0x1000);
    assert_eq!(refused(&good, None), UnwindError::NoImage { address });
    let elsewhere = Image { base: VirtualAddress(0x1000), ..image.clone() };
    assert_eq!(refused(&good, Some(&elsewhere)), UnwindError::OutsideImage { address, base: elsewhere.base });
    let without = Image { exception_directory: 0..0, ..image.clone() };
    assert_eq!(refused(&good, Some(&without)), UnwindError::NoUnwindData { base: image.base });
    let beyond = Image { exception_directory: 0x9000..0x9100, ..image.clone() };
    let text = refused(&good, Some(&beyond)).to_string();
    assert!(text.starts_with("RUNTIME_FUNCTION at RVA 0x907"), "{text}");
}

#[test]
fn unwind_data_that_breaks_its_format_is_refused_with_its_place() {
    let refused = |info: Info, unwind_data| {
        let image = Builder::new().info(0x2000, &info).function(0x1000, 0x1010, unwind_data).build();
        unwind(&image, 0x1008, &[]).unwrap_err().to_string()
    };
    let plain = pushes_info(1);
    let version_3 = Info { version: 3, ..plain.clone() };
    assert_eq!(refused(version_3, 0x2000), "unwind data at RVA 0x2000 has version 3");
    let unknown = Info { slots: vec![code(1, PUSH, RBX), code(1, 11, 0)], ..plain.clone() };
    assert_eq!(
        refused(unknown, 0x2000),
        "malformed unwind data at RVA 0x2006: an unwind code with an unknown operation"
    );
    let cut = Info { slots: vec![code(1, PUSH, RBX), code(1, SAVE_FAR, RBX), 0], ..plain.clone() };
    assert_eq!(refused(cut, 0x2000), "malformed unwind data at RVA 0x2006: the unwind codes end within an operand");
    let itself = Info { flags: 4, tail: vec![0x1000, 0x1010, 0x2000], ..plain.clone() };
    assert_eq!(refused(itself, 0x2000), "malformed unwind data at RVA 0x2000: chained unwind data without an end");
    assert_eq!(
        refused(plain.clone(), PDATA + 1),
        "malformed unwind data at RVA 0x6000: indirect entries without an end"
    );
    let no_register = Info { slots: vec![code(1, SET_FPREG, 0)], ..plain };
    assert_eq!(
        refused(no_register, 0x2000),
        "malformed unwind data at RVA 0x2000: UWOP_SET_FPREG without a frame register"
    );
}

#[test]
fn other_processors_say_that_they_arent_there_yet() {
    for machine in [Machine::X86, Machine::Arm64] {
        let x = machine.architecture();
        let refused = x.unwind(&Context::new(x), None, &Stack { unreadable: 0..0 }).unwrap_err();
        assert_eq!(refused, UnwindError::NotSupported { machine });
    }
    assert_eq!(UnwindError::NotSupported { machine: Machine::Arm64 }.to_string(), "ARM64 stacks can't be unwound yet");
}
