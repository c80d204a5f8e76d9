//! Disassembly, as WinDbg writes it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's failure")]

mod support;

use arch::{CallBefore, Flow, Machine};
use memory::VirtualAddress;
use support::corpus;

/// Two functions that there are names for, one in each half of the address space.
fn name(address: VirtualAddress) -> Option<String> {
    let function = |base: u64| address.0.checked_sub(base).filter(|offset| *offset < 0x1000);
    match function(0xffff_f804_7bdf_5000).or_else(|| function(0x8052_b000))? {
        0 => Some("nt!Foo".into()),
        offset => Some(format!("nt!Foo+{offset:#x}")),
    }
}

/// Each line has an instruction's bytes and its text.
#[track_caller]
fn check(machine: Machine, address: u64, lines: &str) {
    for line in lines.trim().lines() {
        let (hex, text) = line.trim().split_once(' ').unwrap();
        let bytes: Vec<_> =
            (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
        let address = VirtualAddress(address);
        let instruction = machine.architecture().disassemble(address, &bytes, &name);
        assert_eq!(instruction.text, text.trim(), "{hex}");
        assert_eq!((instruction.bytes(), instruction.length), (&bytes[..], bytes.len()), "{hex}");
        assert_eq!(instruction.end(), address.offset(bytes.len() as u64));
        let padded = format!("{} {}", instruction.mnemonic(), instruction.operands());
        assert_eq!(padded.split_whitespace().collect::<String>(), text.split_whitespace().collect::<String>());
        let decoded = machine.architecture().decode(address, &bytes).unwrap();
        assert_eq!((decoded.length, decoded.flow), (instruction.length, instruction.flow), "{hex}");
    }
}

#[test]
fn x64_instructions() {
    let lines = "
        48895c2408           mov     qword ptr [rsp+8],rbx
        4883ec20             sub     rsp,20h
        488b8424a8000000     mov     rax,qword ptr [rsp+0A8h]
        488b45f0             mov     rax,qword ptr [rbp-10h]
        4d8b6d00             mov     r13,qword ptr [r13]
        41c74490fceefeeefe   mov     dword ptr [r8+rdx*4-4],0FEEEFEEEh
        48b8eefeeefeeefeeefe mov     rax,0FEEEFEEEFEEEFEEEh
        4883c8ff             or      rax,0FFFFFFFFFFFFFFFFh
        65488b042588010000   mov     rax,qword ptr gs:[188h]
        f0480fc101           lock xadd qword ptr [rcx],rax
        f348ab               rep stos qword ptr [rdi]
        f348a5               rep movs qword ptr [rdi],qword ptr [rsi]
        65a4                 movs    byte ptr [rdi],byte ptr gs:[rsi]
        f3a6                 repe cmps byte ptr [rsi],byte ptr [rdi]
        66f2af               repne scas word ptr [rdi]
        ac                   lods    byte ptr [rsi]
        6d                   ins     dword ptr [rdi],dx
        6e                   outs    dx,byte ptr [rsi]
        0f0d09               prefetchw [rcx]
        0f284d00             movaps  xmm1,xmmword ptr [rbp]
        0fae55ac             ldmxcsr dword ptr [rbp-54h]
        660f1f440000         nop     word ptr [rax+rax]
        cd29                 int     29h
        cc                   int     3
        0f01f8               swapgs
        48cf                 iretq
        0f0b                 ud2
        c3                   ret
        c20800               ret     8
        f3c3                 rep ret
        4889c8               mov     rax,rcx
        0fb6c1               movzx   eax,cl
        4863d0               movsxd  rdx,eax
        488d4c2428           lea     rcx,[rsp+28h]
        6a2b                 push    2Bh
        65ff342510000000     push    qword ptr gs:[10h]
        f2ff6410f8           bnd jmp qword ptr [rax+rdx-8]
    ";
    check(Machine::Amd64, 0xffff_f804_7bdf_5a80, lines);
}

#[test]
fn x64_addresses_have_names_where_there_are_any() {
    let lines = "
        e87bf5ffff       call    nt!Foo (fffff804`7bdf5000)
        e88bf5ffff       call    nt!Foo+0x10 (fffff804`7bdf5010)
        e87b050000       call    fffff804`7bdf6000
        7410             je      nt!Foo+0xa92 (fffff804`7bdf5a92)
        ebfe             jmp     nt!Foo+0xa80 (fffff804`7bdf5a80)
        488d0d79f5ffff   lea     rcx,[nt!Foo (fffff804`7bdf5000)]
        48ff2579f5ffff   jmp     qword ptr [nt!Foo (fffff804`7bdf5000)]
        ff157a050000     call    qword ptr [fffff804`7bdf6000]
        c60579f5ffff01   mov     byte ptr [nt!Foo (fffff804`7bdf5000)],1
        48b80050df7b04f8ffff mov     rax,offset nt!Foo (fffff804`7bdf5000)
        813900b05280     cmp     dword ptr [rcx],8052B000h
    ";
    check(Machine::Amd64, 0xffff_f804_7bdf_5a80, lines);
}

#[test]
fn x86_instructions() {
    let lines = "
        64a124010000     mov     eax,dword ptr fs:[00000124h]
        3ea120f0dfff     mov     eax,dword ptr ds:[FFDFF020h]
        a10000dfff       mov     eax,dword ptr ds:[FFDF0000h]
        8a8040010000     mov     al,byte ptr [eax+140h]
        ff3510b05280     push    dword ptr [nt!Foo+0x10 (8052b010)]
        6810b05280       push    offset nt!Foo+0x10 (8052b010)
        68bc6123a0       push    0A02361BCh
        e8c7fcffff       call    nt!Foo (8052b000)
        e8c7fc0000       call    8053b000
        0f84c7fcffff     je      nt!Foo+0x1 (8052b001)
        ff8ed4000000     dec     dword ptr [esi+0D4h]
        8365fc00         and     dword ptr [ebp-4],0
        f3ab             rep stos dword ptr es:[edi]
        f3a5             rep movs dword ptr es:[edi],dword ptr [esi]
        8bff             mov     edi,edi
        c20800           ret     8
        f705a8b2528000010000 test    dword ptr [nt!Foo+0x2a8 (8052b2a8)],100h
    ";
    check(Machine::X86, 0x8052_b334, lines);
}

/// Texts as Microsoft's disassembler writes them (its public listings); the words of the first lines are those of the
/// beginning of an MSVC-built image, which LLVM's disassembler reads alike.
#[test]
fn arm64_instructions() {
    let lines = "
        30020090 adrp        xip0,fffff804`7be39000
        10020191 add         xip0,xip0,#0x40
        100240f9 ldr         xip0,[xip0]
        1f0010eb cmp         x0,xip0
        41000054 bne         nt!Foo+0xa88 (fffff804`7bdf5a88)
        c0035fd6 ret
        fd7bbea9 stp         fp,lr,[sp,#-0x20]!
        fd030091 mov         fp,sp
        e18b00a9 stp         x1,x2,[sp,#8]
        fd7bc3a8 ldp         fp,lr,[sp],#0x30
        0000e1b8 ldaddal     w1,w0,[x0]
        00003ed4 brk         #0xF000
        08018052 mov         w8,#8
        e8039f1a csel        w8,wzr,wzr,eq
        60fdff97 bl          nt!Foo (fffff804`7bdf5000)
        e0013fd6 blr         x15
        7f2303d5 pacibsp
        90000036 tbz         w16,#0,nt!Foo+0xa90 (fffff804`7bdf5a90)
        83010058 ldr         x3,nt!Foo+0xab0 (fffff804`7bdf5ab0)
    ";
    check(Machine::Arm64, 0xffff_f804_7bdf_5a80, lines);
}

#[test]
fn flow_says_where_the_processor_goes() {
    let at = VirtualAddress(0x1000);
    let target = |offset: u64| Some(at.offset(offset));
    for (machine, bytes, flow) in [
        (Machine::Amd64, &[0xe8, 0xfb, 0, 0, 0][..], Flow::Call(target(0x100))),
        (Machine::Amd64, &[0xff, 0xd0], Flow::Call(None)),
        (Machine::Amd64, &[0xff, 0x15, 0, 0, 0, 0], Flow::Call(None)),
        (Machine::Amd64, &[0xeb, 0x0e], Flow::Jump(target(0x10))),
        (Machine::Amd64, &[0xff, 0xe0], Flow::Jump(None)),
        (Machine::Amd64, &[0x75, 0x0e], Flow::ConditionalJump(at.offset(0x10))),
        (Machine::Amd64, &[0xe2, 0x0e], Flow::ConditionalJump(at.offset(0x10))),
        (Machine::Amd64, &[0x48, 0xcf], Flow::Return),
        (Machine::Amd64, &[0x0f, 0x05], Flow::Trap),
        (Machine::Amd64, &[0xcd, 0x2d], Flow::Trap),
        (Machine::Amd64, &[0x0f, 0x0b], Flow::Trap),
        (Machine::Amd64, &[0x90], Flow::Next),
        (Machine::X86, &[0xea, 0, 0x10, 0, 0, 0x33, 0], Flow::Jump(None)),
        (Machine::X86, &[0x9a, 0, 0x10, 0, 0, 0x33, 0], Flow::Call(None)),
        (Machine::Arm64, &[0x40, 0, 0, 0x94], Flow::Call(target(0x100))),
        (Machine::Arm64, &[0x00, 0x09, 0x3f, 0xd7], Flow::Call(None)),
        (Machine::Arm64, &[0x40, 0, 0, 0x14], Flow::Jump(target(0x100))),
        (Machine::Arm64, &[0x00, 0x02, 0x1f, 0xd6], Flow::Jump(None)),
        (Machine::Arm64, &[0x80, 0, 0, 0xb4], Flow::ConditionalJump(at.offset(0x10))),
        (Machine::Arm64, &[0xff, 0x0b, 0x5f, 0xd6], Flow::Return),
        (Machine::Arm64, &[0x01, 0, 0, 0xd4], Flow::Trap),
    ] {
        assert_eq!(machine.architecture().decode(at, bytes).unwrap().flow, flow, "{machine} {bytes:x?}");
    }
}

#[test]
fn memory_targets_are_those_that_the_instruction_itself_says() {
    let at = VirtualAddress(0x1000);
    for (machine, bytes, target) in [
        (Machine::Amd64, &[0x48, 0x8b, 0x0d, 0xf9, 0, 0, 0][..], Some(0x1100)),
        (Machine::Amd64, &[0xff, 0x15, 0xfa, 0, 0, 0], Some(0x1100)),
        (Machine::Amd64, &[0x48, 0x8b, 0x09], None),
        (Machine::Amd64, &[0x65, 0x48, 0x8b, 0x04, 0x25, 0x88, 1, 0, 0], None),
        (Machine::X86, &[0xa1, 0x00, 0x11, 0, 0], Some(0x1100)),
        (Machine::Arm64, &[0x03, 0x08, 0, 0x58], Some(0x1100)),
        (Machine::Arm64, &[0x40, 0, 0, 0x94], None),
    ] {
        let instruction = machine.architecture().disassemble(at, bytes, &|_| None);
        assert_eq!(instruction.memory_target, target.map(VirtualAddress), "{}", instruction.text);
    }
}

#[test]
fn what_is_no_instruction_is_shown_as_question_marks() {
    for (machine, bytes, length) in [
        (Machine::Amd64, &[0x06][..], 1),
        (Machine::Amd64, &[0x48, 0x8b], 1),
        (Machine::Amd64, &[], 1),
        (Machine::X86, &[0x0f, 0xff], 1),
        (Machine::Arm64, &[0xff, 0xff, 0xff, 0xff], 4),
        (Machine::Arm64, &[0xc0, 0x03], 4),
    ] {
        let instruction = machine.architecture().disassemble(VirtualAddress(0x1000), bytes, &|_| None);
        assert_eq!((instruction.text.as_str(), instruction.flow, instruction.length), ("???", Flow::Invalid, length));
        assert_eq!(instruction.bytes(), &bytes[..length.min(bytes.len())]);
        assert_eq!(machine.architecture().decode(VirtualAddress(0x1000), bytes), None);
    }
}

#[test]
fn calls_are_seen_before_return_addresses() {
    let x64 = |bytes: &[u8]| Machine::Amd64.architecture().call_before(bytes);
    assert_eq!(x64(&[0x90, 0xe8, 0x00, 0x10, 0, 0]), CallBefore::Direct { displacement: 0x1000 });
    assert_eq!(x64(&[0xe8, 0xf0, 0xff, 0xff, 0xff]), CallBefore::Direct { displacement: -0x10 });
    assert_eq!(x64(&[0x90, 0x90, 0xff, 0xd0]), CallBefore::Indirect);
    assert_eq!(x64(&[0xff, 0x15, 1, 2, 3, 4]), CallBefore::Indirect);
    assert_eq!(x64(&[0x41, 0xff, 0x94, 0xc4, 1, 2, 3, 4]), CallBefore::Indirect);
    assert_eq!(x64(&[0x48, 0x83, 0xec, 0x28, 0x90]), CallBefore::No);
    assert_eq!(x64(&[0xff, 0x15, 1, 2, 3]), CallBefore::No);
    assert_eq!(x64(&[]), CallBefore::No);
    let x86 = |bytes: &[u8]| Machine::X86.architecture().call_before(bytes);
    assert_eq!(x86(&[0xe8, 0xf0, 0xff, 0xff, 0xff]), CallBefore::Direct { displacement: -0x10 });
    assert_eq!(x86(&[0xff, 0x56, 0x08]), CallBefore::Indirect);
    let arm64 = |bytes: &[u8]| Machine::Arm64.architecture().call_before(bytes);
    assert_eq!(arm64(&[0, 0, 0, 0, 0xff, 0xff, 0xff, 0x97]), CallBefore::Direct { displacement: -8 });
    assert_eq!(arm64(&[0xe0, 0x01, 0x3f, 0xd6]), CallBefore::Indirect);
    assert_eq!(arm64(&[0xc0, 0x03, 0x5f, 0xd6]), CallBefore::No);
    assert!(!arm64(&[0x3f, 0xd6]).is_call());
}

/// Whatever the bytes are, an instruction comes of them that is as long as it says.
#[test]
fn any_bytes_disassemble() {
    let mut random = 0x6b64_6170_u64;
    for _ in 0..20_000 {
        let bytes: [u8; 16] = std::array::from_fn(|_| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random >> 32) as u8
        });
        for x in [Machine::X86, Machine::Amd64, Machine::Arm64].map(Machine::architecture) {
            let instruction = x.disassemble(VirtualAddress(random), &bytes, &|address| Some(address.to_string()));
            assert!((1..=x.max_instruction_length()).contains(&instruction.length));
            assert_eq!(instruction.bytes(), &bytes[..instruction.length]);
            assert!(!instruction.mnemonic().is_empty() && !instruction.mnemonic().ends_with(' '));
        }
    }
}

/// All code of an ARM64 image: calls lead into the code. (Between functions there is data, some of which looks like
/// calls.)
#[test]
fn a_real_arm64_image_disassembles() {
    let Some(file) = corpus("pe_pdb/node-pty-1.1.0/win32-arm64/winpty-agent.exe") else { return };
    // `.text`: 301ac bytes at RVA 1000, file offset 400.
    let code = &file[0x400..0x400 + 0x301ac];
    let (base, arm64) = (VirtualAddress(0x1_4000_1000), Machine::Arm64.architecture());
    let words = code.chunks_exact(4).zip((0..).step_by(4));
    let flows: Vec<_> = words.map(|(word, at)| arm64.disassemble(base.offset(at), word, &|_| None).flow).collect();
    let invalid = flows.iter().filter(|flow| **flow == Flow::Invalid).count();
    let targets: Vec<_> =
        flows.iter().filter_map(|flow| if let Flow::Call(target) = flow { *target } else { None }).collect();
    let inside = |target: &&VirtualAddress| target.distance_from(base).is_some_and(|at| at < code.len() as u64);
    let good = targets.iter().filter(inside).count();
    println!("{} words, {invalid} invalid, {} calls, {good} into the code", flows.len(), targets.len());
    assert!(good > 3000 && good * 1000 >= targets.len() * 995 && invalid * 100 < flows.len());
}
