//! A machine with everything in it that a dump can show.

use super::contexts::context;
use super::{Arch, Crash, Driver, Exception, Gone, Machine, UnloadedDriver};

/// Text at [`Places::kernel`]; it crosses from one page into the next.
pub const KERNEL_TEXT: &[u8] = b"the kernel's text crosses a page";
/// Text at [`Places::user`].
pub const USER_TEXT: &[u8] = b"a process' text";
/// Text at [`Places::large`].
pub const LARGE_TEXT: &[u8] = b"text in a large page";
/// Text at [`Places::transition`].
pub const TRANSITION_TEXT: &[u8] = b"text on its way out";

/// Addresses in the example.
pub struct Places {
    /// In pages of the kernel.
    pub kernel: u64,
    /// In a page of a process.
    pub user: u64,
    /// In a large page.
    pub large: u64,
    /// In a page in transition.
    pub transition: u64,
    /// In paging file 3, page 1234 (hexadecimal).
    pub paged_out: u64,
    /// Never touched.
    pub demand_zero: u64,
    /// Described by a prototype entry.
    pub prototype: u64,
    /// Not mapped at all.
    pub unmapped: u64,
}

/// Where the example has what.
pub fn places(arch: Arch) -> Places {
    let kernel = arch.kernel_address();
    Places {
        kernel: kernel + 0x1ff0,
        user: arch.user_address() + 0x123,
        large: kernel + 0x0180_3ff8,
        transition: kernel + 0x10_0ff8,
        paged_out: kernel + 0x20_0000,
        demand_zero: kernel + 0x20_1000,
        prototype: kernel + 0x20_2000,
        unmapped: kernel + 0x20_3000,
    }
}

/// The example.
pub fn machine(arch: Arch) -> Machine {
    let mut machine = Machine::new(arch);
    let at = places(arch);
    let base = arch.kernel_address();
    machine.map(at.kernel, KERNEL_TEXT);
    machine.map(at.user, USER_TEXT);
    machine.map_large(at.large, LARGE_TEXT);
    machine.map_in_transition(at.transition, TRANSITION_TEXT);
    machine.map_gone(at.paged_out, Gone::PagedOut { file: 3, offset: 0x1234 });
    machine.map_gone(at.demand_zero, Gone::DemandZero);
    machine.map_gone(at.prototype, Gone::Prototype);
    machine.header.comment = Some("written by a test".to_owned());
    let parameter = |value: u64| if arch.is_64_bit() { value } else { value & 0xffff_ffff };
    machine.crash = Crash {
        code: 0x1000_007e,
        parameters: [parameter(0xffff_ffff_c000_0005), base + 0x34c, base + 0x1ee8, base + 0x1720],
        context: context(arch, base + 0x5a80, base + 0x0009_0ee8),
        exception: Some(Exception {
            code: 0xc000_0005,
            flags: 1,
            address: base + 0x34c,
            parameters: vec![1, parameter(0xffff_ffff_ffff_fff0)],
        }),
    };
    let driver = |name: &str, base, size| Driver {
        name: name.to_owned(),
        base,
        size,
        time_date_stamp: 0x0d83_33e6 ^ size,
        check_sum: 0x00a5_938c ^ size,
    };
    machine.drivers = vec![
        driver(r"\SystemRoot\system32\ntoskrnl.exe", base, 0x0104_6000),
        driver(r"\SystemRoot\System32\drivers\größe.sys", base + 0x0200_0000, 0x5000),
    ];
    machine.unloaded_drivers = vec![
        UnloadedDriver { name: "dam.sys".to_owned(), start: base + 0x0300_0000, end: base + 0x0301_c000 },
        UnloadedDriver { name: "a_long_name.sys".to_owned(), start: base + 0x0400_0000, end: base + 0x0400_1000 },
    ];
    machine.small.prcb = (0..0x180).map(|byte| byte as u8).collect();
    machine.small.process = vec![0x70; 0xa0];
    machine.small.thread = vec![0x74; 0x98];
    machine.small.stack = (base + 0x0009_0ee8, (0..64).collect());
    machine.small.debugger_data = b"KDBG and so on".to_vec();
    machine.small.blocks = vec![(base + 0x0500_0180, machine.small.prcb.clone()), (base + 0x0090_0000, vec![9; 3])];
    machine.small.broken_driver = Some("größe.sys".to_owned());
    machine.small.memory_management = Some(([1, 2, 3, 4], [5, 6, 7, 8, 9, 10, 11]));
    machine
}
