//! `vertarget`, `version`: what system the dump is of, and what debugger this is.

use crate::arguments::Arguments;
use crate::command::{Command, Invocation};
pub(crate) use crate::date::date;
use crate::report::{Format, Record, Report, Value};
use engine::Session;
use memory::ReadVirtualExt;

/// `vertarget`
pub static TARGET: Command = Command {
    names: &["vertarget"],
    usage: "vertarget",
    summary: "Displays the version of the target's system",
    run: |invocation| {
        Arguments::new(invocation.arguments, TARGET.usage).finish()?;
        Ok(target(invocation.session))
    },
};

/// `version`
pub static VERSION: Command = Command {
    names: &["version"],
    usage: "version",
    summary: "Displays the versions of the target's system and of the debugger",
    run: |invocation| {
        Arguments::new(invocation.arguments, VERSION.usage).finish()?;
        Ok(version(invocation))
    },
};

const UNITS_PER_SECOND: u64 = 10_000_000;
/// `VER_NT_WORKSTATION`, `VER_NT_DOMAIN_CONTROLLER`, `VER_NT_SERVER`.
const PRODUCTS: &[(u32, &str)] = &[(1, "WinNt"), (2, "LanManNt"), (3, "Server")];
/// `MajorVersion` of free and checked builds.
const BUILD_KINDS: &[(u32, &str)] = &[(0xf, "Free"), (0xc, "Checked")];
/// Longest text of `nt!NtBuildLab` and the like.
const MAX_BUILD_LAB: usize = 128;

fn version(invocation: &Invocation<'_>) -> Report {
    let mut report = target(invocation.session);
    report.push(
        Record::new("debugger")
            .text("kdap ")
            .field("version", env!("CARGO_PKG_VERSION"), Format::Plain)
            .text(" on ")
            .field("host", std::env::consts::OS, Format::Plain)
            .text(" ")
            .field("hostArchitecture", std::env::consts::ARCH, Format::Plain),
    );
    report
}

/// What the dump's header and the kernel's variables tell of the system.
pub(crate) fn target(session: &Session) -> Report {
    let target = session.target();
    let system = target.system();
    let machine = target.architecture().machine();
    let pointer = Format::address(target.architecture().pointer_size());
    let count = system.processors.unwrap_or(1);
    let named = |table: &[(u32, &'static str)], key: u32| {
        table.iter().find(|(value, _)| *value == key).map_or("", |(_, name)| *name)
    };
    let mut report = Report::of(
        Record::new("system")
            .text("Windows Kernel Version ")
            .field("build", system.minor_version, Format::Plain)
            .text(if count > 1 { " MP (" } else { " UP (" })
            .field("processors", count, Format::Plain)
            .text(if count == 1 { " proc) " } else { " procs) " })
            .field("kind", named(BUILD_KINDS, system.major_version), Format::Plain)
            .text(" ")
            .field("machine", machine.to_string(), Format::Plain),
    );
    for problem in target.problems() {
        report.warn(problem.clone());
    }
    for defect in target.dump().into_iter().flat_map(|dump| dump.defects()) {
        report.warn(defect.to_string());
    }
    if let Some(product) = system.product_type {
        report.push(Record::new("product").text("Product: ").field("product", named(PRODUCTS, product), Format::Plain));
    }
    if let Some(lab) = build_lab(session) {
        report.push(Record::new("buildLab").text("Built by: ").field("buildLab", lab, Format::Plain));
    }
    let known = |address: Option<memory::VirtualAddress>| {
        address.map_or_else(|| Value::Unknown("the target does not tell it".to_owned()), Value::Address)
    };
    report.push(
        Record::new("kernel")
            .text("Kernel base = 0x")
            .field("kernelBase", known(target.kernel_base()), pointer)
            .text(" PsLoadedModuleList = 0x")
            .field("psLoadedModuleList", known(system.ps_loaded_module_list), pointer),
    );
    if let Some(time) = system.system_time {
        let text = Record::new("time").text("Debug session time: ").field("sessionTime", date(time), Format::Plain);
        report.push(text);
    }
    if let Some(up) = system.system_up_time {
        report.push(Record::new("upTime").text("System Uptime: ").field("upTime", duration(up), Format::Plain));
    }
    report
}

/// `nt!NtBuildLabEx` or `nt!NtBuildLab`, where its memory is there.
fn build_lab(session: &Session) -> Option<String> {
    let kernel = session.target().kernel();
    let at = kernel.global("NtBuildLabEx").or_else(|_| kernel.global("NtBuildLab")).ok()?;
    let (bytes, _) = session.target().own_memory().prefix(at, MAX_BUILD_LAB);
    let end = bytes.iter().position(|&byte| byte == 0)?;
    let text = String::from_utf8(bytes.get(..end)?.to_vec()).ok()?;
    (!text.is_empty() && text.chars().all(|character| character.is_ascii_graphic())).then_some(text)
}

/// A time span in units of 100 ns, as `0 days 1:02:03.456`.
fn duration(time: u64) -> String {
    let (seconds, milliseconds) = (time / UNITS_PER_SECOND, time % UNITS_PER_SECOND / (UNITS_PER_SECOND / 1000));
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("{days} days {hours}:{minutes:02}:{:02}.{milliseconds:03}", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_in_utc() {
        // Unix time 0 and the leap day of 2024, in units of 100 ns since 1601.
        assert_eq!(date(116_444_736_000_000_000), "Thu Jan  1 00:00:00.000 1970 (UTC)");
        assert_eq!(date(133_536_816_001_230_000), "Thu Feb 29 12:00:00.123 2024 (UTC)");
        assert_eq!(duration(937_232_340_000), "1 days 2:02:03.234");
        assert_eq!(date(u64::MAX), "Sun May 28 05:36:10.955 60056 (UTC)", "any time has a date");
    }
}
