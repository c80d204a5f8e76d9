//! What a small dump of the machine holds: the same kinds of things as those that Windows writes.
//!
//! Copies of the crashing processor, thread and process; that thread's stack; the other processors' blocks, contexts and
//! stacks; the kernel's debugger data; the code around the crash; and 256 bytes around each address in the registers.
//! Everything else is missing: other threads and their processes, most of the drivers' data.

use super::memory::Memory;
use crate::dump_writer::{Driver, Machine, SmallDump};

// Offsets and sizes of the public symbols of Windows 10.0.19041, which the sample kernel has as well.
const KPRCB_SIZE: u64 = 0xaf00;
const KPRCB_CURRENT_THREAD: u64 = 0x8;
const KPRCB_CONTEXT: u64 = 0x85c0;
const ETHREAD_SIZE: u64 = 0x898;
const KTHREAD_STACK_BASE: u64 = 0x38;
const KTHREAD_APC_STATE_PROCESS: u64 = 0xb8;
const EPROCESS_SIZE: u64 = 0xa40;
const LDR_DLL_BASE: u64 = 0x30;
const LDR_SIZE_OF_IMAGE: u64 = 0x40;
const LDR_FULL_DLL_NAME: u64 = 0x48;
const LDR_CHECK_SUM: u64 = 0x78;
const LDR_TIME_DATE_STAMP: u64 = 0x9c;

// Published structures: DBGKD_DEBUG_DATA_HEADER64, KDDEBUGGER_DATA64, CONTEXT.
const KD_DATA_SIZE: u64 = 0x14;
const KD_DATA_KI_PROCESSOR_BLOCK: u64 = 0x218;
const CONTEXT_SIZE: u64 = 0x4d0;
const CONTEXT_RSP: u64 = 0x98;
const CONTEXT_RIP: u64 = 0xf8;
/// `Rax` to `R15`, 8 bytes each.
const CONTEXT_GENERAL_REGISTERS: std::ops::Range<usize> = 0x78..0xf8;

const PAGE: u64 = 0x1000;
/// How much memory is kept on each side of an address in a register.
const AROUND_POINTER: u64 = 0x80;

/// Fills in what small dumps hold.
pub(super) fn fill_in(machine: &mut Machine) {
    let memory = Memory(machine);
    let (drivers, small) = (drivers(&memory), small_dump(&memory));
    (machine.drivers, machine.small) = (drivers, small);
}

/// The list of loaded modules.
fn drivers(memory: &Memory<'_>) -> Vec<Driver> {
    let head = memory.0.header.ps_loaded_module_list;
    let entries = std::iter::successors(Some(memory.pointer(head)), |entry| Some(memory.pointer(*entry)));
    let driver = |entry: u64| Driver {
        name: memory.unicode_string(entry + LDR_FULL_DLL_NAME),
        base: memory.pointer(entry + LDR_DLL_BASE),
        size: memory.u32(entry + LDR_SIZE_OF_IMAGE),
        time_date_stamp: memory.u32(entry + LDR_TIME_DATE_STAMP),
        check_sum: memory.u32(entry + LDR_CHECK_SUM),
    };
    entries.take_while(|entry| *entry != head).map(driver).collect()
}

fn small_dump(memory: &Memory<'_>) -> SmallDump {
    let bytes = |address, size| memory.bytes(address, size).expect("what every crash has is mapped");
    let debugger_data = memory.0.header.kd_debugger_data_block;
    let processor_block = memory.pointer(debugger_data + KD_DATA_KI_PROCESSOR_BLOCK);
    let processors = u64::from(memory.0.header.processors);
    let prcbs: Vec<u64> = (0..processors).map(|number| memory.pointer(processor_block + 8 * number)).collect();

    let mut blocks = vec![(processor_block, bytes(processor_block, 8 * processors))];
    let mut stacks = Vec::new();
    for &prcb in &prcbs {
        let context = memory.pointer(prcb + KPRCB_CONTEXT);
        let stack = memory.pointer(context + CONTEXT_RSP);
        let end = memory.pointer(memory.pointer(prcb + KPRCB_CURRENT_THREAD) + KTHREAD_STACK_BASE);
        blocks.extend([(prcb, bytes(prcb, KPRCB_SIZE)), (context, bytes(context, CONTEXT_SIZE))]);
        stacks.push((stack, bytes(stack, end - stack)));
    }
    // Processor 0 runs the thread that crashes.
    let thread = memory.pointer(prcbs[0] + KPRCB_CURRENT_THREAD);
    let process = memory.pointer(thread + KTHREAD_APC_STATE_PROCESS);
    let stack = stacks.remove(0);
    blocks.extend(stacks);
    blocks.extend(around_crash(memory));
    SmallDump {
        prcb: bytes(prcbs[0], KPRCB_SIZE),
        thread: bytes(thread, ETHREAD_SIZE),
        process: bytes(process, EPROCESS_SIZE),
        stack,
        debugger_data: bytes(debugger_data, memory.u32(debugger_data + KD_DATA_SIZE).into()),
        blocks,
        ..SmallDump::default()
    }
}

/// The page of the instruction that crashed, and what the registers point to.
fn around_crash(memory: &Memory<'_>) -> Vec<(u64, Vec<u8>)> {
    let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    let context = &memory.0.crash.context;
    let rip = word(&context[CONTEXT_RIP as usize..][..8]);
    let pointers = context[CONTEXT_GENERAL_REGISTERS].chunks_exact(8).map(word);
    let around = pointers.map(|pointer| (pointer.saturating_sub(AROUND_POINTER), 2 * AROUND_POINTER));
    let wanted = std::iter::once((rip & !(PAGE - 1), PAGE)).chain(around);
    wanted.filter_map(|(address, size)| Some((address, memory.bytes(address, size)?))).collect()
}
