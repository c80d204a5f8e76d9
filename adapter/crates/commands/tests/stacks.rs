//! `k` and its letters, `.frame .f+ .f-`, `~`. Frames, lines, variables and processors are those of
//! `samples/crash/expected.md` and `O2.expected.json`, which QEMU's gdb stub and LLVM's tools gave; the columns are those
//! of Microsoft's documentation ("k, kb, kc, kd, kp, kP, kv (Display Stack Backtrace)"), with frame numbers always, as
//! current versions show them.

mod support;

use support::{check, check_lines, output, sample, sample_o0, survive_nonsense, triage};

#[test]
fn a_stack_has_the_columns_that_are_asked_for() {
    let session = &mut sample();
    check(
        session,
        "k 2",
        "
         # Child-SP          RetAddr           Call Site
        00 ffffb100`00029d78 fffff803`1000adb0 nt!KeBugCheckEx
        01 ffffb100`00029d80 fffff803`1000ad83 nt!PspUnhandledExceptionInSystemThread+0x20 [C:\\kdap\\samples\\minint\\ps\\systhread.c @ 30]",
    );
    check(
        session,
        "knL2",
        concat!(
            " # Child-SP          RetAddr           Call Site\n",
            "00 ffffb100`00029d78 fffff803`1000adb0 nt!KeBugCheckEx\n",
            "01 ffffb100`00029d80 fffff803`1000ad83 nt!PspUnhandledExceptionInSystemThread+0x20",
        ),
    );
    check(
        session,
        "kfL 3",
        concat!(
            " #   Memory  Child-SP          RetAddr           Call Site\n",
            "00           ffffb100`00029d78 fffff803`1000adb0 nt!KeBugCheckEx\n",
            "01         8 ffffb100`00029d80 fffff803`1000ad83 nt!PspUnhandledExceptionInSystemThread+0x20\n",
            "02        30 ffffb100`00029db0 fffff803`100031e0 nt!?filt$0@0@PspSystemThreadStartup@@+0x13",
        ),
    );
    check(session, "kc 2", " # Call Site\n00 nt!KeBugCheckEx\n01 nt!PspUnhandledExceptionInSystemThread");
    // The words behind KeBugCheckEx' return address: it stores its parameters there first, which are the bug check's.
    check(
        session,
        "kbL 1",
        "
         # RetAddr           : Args to Child                                                           : Call Site
        00 fffff803`1000adb0 : 00000000`0000007e ffffffff`c0000005 fffff803`2000135d ffffb100`0002aac0 : nt!KeBugCheckEx",
    );
}

#[test]
fn inlined_functions_and_traps_are_rows_of_their_own() {
    let session = &mut sample();
    check_lines(
        session,
        "knL",
        &[
            "08 ffffb100`0002ab60 fffff803`2000135d nt!KiPageFault+0xc7",
            "09 (Inline Function) --------`-------- sampledrv!SlotStore+0xa",
            "0a (Inline Function) --------`-------- sampledrv!SlotWrite+0x15",
            "0b ffffb100`0002acf0 fffff803`2000143d sampledrv!SampleStore+0x4d",
            "13 ffffb100`0002af80 00000000`00000000 nt!KiStartSystemThread+0x1e",
        ],
    );
    check_lines(
        session,
        "kvL",
        &[
            " # Child-SP          RetAddr           : Args to Child                                                           : Call Site",
            "08 ffffb100`0002ab60 fffff803`2000135d : fffff803`20003038 fffff803`2000143d ffffb100`0002ae80 ffffa980`000023a8 : nt!KiPageFault+0xc7 (TrapFrame @ ffffb100`0002ab60)",
            "09 (Inline Function) --------`-------- : --------`-------- --------`-------- --------`-------- --------`-------- : sampledrv!SlotStore+0xa",
        ],
    );
}

#[test]
fn parameters_have_types_names_and_values() {
    let session = &mut sample();
    check_lines(
        session,
        "kpL",
        &[
            "00 ffffb100`00029d78 fffff803`1000adb0 nt!KeBugCheckEx",
            "09 (Inline Function) --------`-------- sampledrv!SlotStore(struct _SAMPLE_SLOT * Slot = 0x00000000`00000000, unsigned long Value = 0x201fd52)+0xa",
        ],
    );
    check_lines(
        session,
        "kPnL",
        &[
            "0a (Inline Function) --------`-------- sampledrv!SlotWrite(",
            "\t\t\tstruct _SAMPLE_DEVICE * Device = 0xfffff803`20003038 sampledrv!SampleDevice,",
            "\t\t\tunsigned long Index = <not live at this instruction>,",
            "\t\t\tunsigned long Value = 0x201fd52)+0x15",
        ],
    );
}

#[test]
fn a_frame_is_current_until_another_one_is() {
    let session = &mut sample();
    check(session, ".frame", "00 ffffb100`00029d78 fffff803`1000adb0 nt!KeBugCheckEx");
    let store =
        "0b ffffb100`0002acf0 fffff803`2000143d sampledrv!SampleStore+0x4d [C:\\kdap\\samples\\driver\\crash.c @ 17]";
    let start =
        "0c ffffb100`0002ad00 fffff803`2000127c sampledrv!SampleStart+0xad [C:\\kdap\\samples\\driver\\crash.c @ 41]";
    check(session, ".frame b", store);
    check(session, ".f+", start);
    check(session, ".f-", store);
    check(session, ".frame", store);
    // expected.md: r10d holds `value` in SampleStore.
    let registers = output(session, ".frame /r b");
    assert!(registers.starts_with(store) && registers.contains("r10=000000000201fd52"), "{registers}");
    assert!(output(session, ".frame 14").starts_with("frame 0x14 does not exist: the stack has 0x14 frames"));
    output(session, ".frame 0");
    check(session, ".f-", "the current frame is the innermost one");
}

#[test]
fn processors_are_listed_made_current_and_visited() {
    let session = &mut sample();
    check(
        session,
        "~",
        concat!(
            ".#  0  Thread ffffa980`000023f0 Cid 0004.000c Process ffffa980`00000150 System  nt!KeBugCheckEx\n",
            "    1  Thread ffffa980`00001450 Cid 0000.0000 Process fffff803`100282f8 Idle  nt!HalProcessorIdle+0x2",
        ),
    );
    check(session, "~1s", "");
    assert!(output(session, "~.").starts_with(".   1"));
    check_lines(
        session,
        "k 1",
        &[
            "00 ffffb100`0001af38 fffff803`1000b591 nt!HalProcessorIdle+0x2 [C:\\kdap\\samples\\minint\\ke\\thread.c @ 162]",
        ],
    );
    check(session, "~0 kc 1", " # Call Site\n00 nt!KeBugCheckEx");
    check(session, "~*kc 1", "0:\n # Call Site\n00 nt!KeBugCheckEx\n1:\n # Call Site\n00 nt!HalProcessorIdle");
    assert!(output(session, "~.").starts_with(".   1"), "what was current is current again");
    check(session, "~#s", "");
    assert!(output(session, "~.").starts_with(".#  0"));
    check(session, "~2s", "processor 2 does not exist: there are 2");
    assert!(output(session, "~*~*k").starts_with("~ can't run ~"));
}

#[test]
fn every_processor_of_a_small_dump_has_its_registers() {
    let Some(mut session) = triage() else { return };
    let session = &mut session;
    assert_eq!(output(session, "~").lines().count(), 16);
    check_lines(
        session,
        "~0",
        &[".#  0  Thread ffffc08b`de9e1640 Cid 0004.0108 Process ffffc08b`dce94180 System  nt!KeBugCheckEx"],
    );
    let stacks = output(session, "~*kc 1");
    assert_eq!(stacks.lines().filter(|line| line.starts_with("00 nt!")).count(), 16, "{stacks}");
}

#[test]
fn nonsense_is_answered() {
    let words = &["/r", "/c", "0", "5", "s", "k", "*", "#", ".", "~", "r", "n", "L", "P"];
    let session = &mut sample();
    for name in ["k", "kb", "kP", "kvnf", ".frame", ".f+", ".f-", "~", "~*", "~0"] {
        survive_nonsense(session, name, words);
    }
}

#[test]
fn the_thread_is_the_one_whose_registers_are_current() {
    // The threads of processors 0 and 1, as `~` lists them.
    let session = &mut sample_o0();
    check(session, "r $thread", "$thread=ffffa980000023f0");
    check(session, "r $thread $proc", "$thread=ffffa980000023f0 $proc=ffffa98000000150");
    check(
        session,
        "r $ptrsize, $pagesize,$ntnumber",
        "$ptrsize=0000000000000008 $pagesize=0000000000001000 $ntnumber=0000000000004a61",
    );
    output(session, ".thread ffffa980`00001450");
    check(session, "r $thread", "$thread=ffffa98000001450");
    check(session, "r $proc", "$proc=ffffa98000000150");
    output(session, ".thread");
    check(session, "r $thread", "$thread=ffffa980000023f0");
}

#[test]
fn registers_say_why_there_is_no_frame() {
    let session = &mut sample_o0();
    output(session, "~1s");
    output(session, ".sympath ");
    session.target_mut().modules_mut().set_loaded(Vec::new());
    let refused = output(session, "? @rax");
    assert!(refused.contains("processor 1 does not exist"), "{refused}");
}

#[test]
fn a_processor_without_a_number_is_not_passed_off_as_the_first() {
    let session = &mut sample();
    assert!(!output(session, "~").contains("not known"));
    session.target_mut().modules_mut().set_loaded(Vec::new());
    let listed = output(session, "~");
    assert!(listed.contains("which processor crashed is not known"), "{listed}");
}
