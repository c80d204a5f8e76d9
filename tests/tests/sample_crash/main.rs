//! The sample crashes in every dump format: what a session shows of them is what gdb stub, LLVM and source code say.
//!
//! The truth is in `samples/crash/*.expected.json`, which `samples/expected.py` wrote without this debugger.

mod crash;
mod globals;
mod missing;
mod paging;
mod small_dumps;
mod stacks;
mod variables;

use engine::Session;
use engine::target::OpenOptions;
use serde_json::Value;
use std::path::Path;
use tests::dump_writer::{Format, Machine};
use tests::sample::Build;
use tests::temporary::TemporaryFolder;

/// One of the crashes, opened from a dump of one of the formats.
struct Opened {
    session: Session,
    expected: Value,
    machine: Machine,
    format: Format,
    build: Build,
    _folder: Option<TemporaryFolder>,
}

/// Opens both crashes from dumps of every format, and from the bundled dumps, and checks each.
fn for_each_dump(check: impl Fn(&Opened)) {
    for build in Build::ALL {
        let (machine, expected) = (build.machine(), build.expected());
        let open = |format, dump: &Path, folder| {
            println!("{build:?} {format:?} {}", dump.display()); // shown where the check fails
            let options = OpenOptions { symbol_path: build.symbol_path(), ..OpenOptions::default() };
            let session = Session::open(dump, &options).unwrap();
            let (machine, expected) = (machine.clone(), expected.clone());
            check(&Opened { session, expected, machine, format, build, _folder: folder });
        };
        for format in Format::ALL {
            let folder = TemporaryFolder::new();
            open(format, &folder.file("sample.dmp", &machine.write(format)), Some(folder));
        }
        open(Format::BitmapKernel, &build.bundled_dump(), None);
    }
}

impl Opened {
    /// Whether the dump was given these bytes of the crashed machine's memory. What it wasn't given has to be said to be
    /// missing.
    fn holds(&self, address: u64, size: u64) -> bool {
        let small = &self.machine.small;
        let blocks = small.blocks.iter().chain([&small.stack]);
        let within =
            |(start, bytes): &(u64, Vec<u8>)| *start <= address && address + size <= start + bytes.len() as u64;
        self.format != Format::Small || blocks.into_iter().any(within)
    }
}

/// The number that the JSON has as `"0x…"` or as a number.
fn number(value: &Value) -> u64 {
    match value {
        Value::String(text) => u64::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap(),
        _ => value.as_u64().unwrap_or_else(|| panic!("{value} is no number")),
    }
}

/// The same of each element of an array.
fn numbers(values: &Value) -> Vec<u64> {
    values.as_array().unwrap().iter().map(number).collect()
}
