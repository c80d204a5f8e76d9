//! Sessions over damaged machines: memory, and symbol files, that say what can't be. Whatever they say, each command answers
//! or says why it can't: none panics, takes long, or takes memory that the files don't warrant.
//!
//! The seeds are the same each time. `SESSION_SEEDS=7..8` runs others: one again, or a million.

use engine::Session;
use engine::evaluate::{Syntax, evaluate};
use engine::target::OpenOptions;
use memory::{ReadPhysicalExt, ReadVirtualExt, VirtualAddress};
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use tests::dump_writer::Format;
use tests::random::Random;
use tests::sample::Build;
use tests::temporary::TemporaryFolder;

const DUMPS: Range<u64> = 0..SEEDS_OF_DUMPS;
const SYMBOLS: Range<u64> = 0..SEEDS_OF_SYMBOLS;
const SEEDS_OF_DUMPS: u64 = 600;
const SEEDS_OF_SYMBOLS: u64 = 300;

/// The longest that a command may take: thousands of times what it takes over a sound dump.
const DEADLINE: Duration = Duration::from_secs(10);
/// The most text that a command may answer with, in bytes.
const LONGEST_ANSWER: usize = 8 << 20;
/// The most memory that one session may take, in bytes.
const MOST_MEMORY: u64 = 128 << 20;
/// After so many failures there is enough to look at.
const MAX_FAILURES: usize = 10;

/// What is asked of each session. What was current when it was opened is current for the first ones, then the exception's
/// context, then what `.reload` left.
const COMMANDS: &[&str] = &[
    "!analyze -v",
    ".bugcheck",
    "vertarget",
    "k",
    "~*k",
    "~1s",
    "k",
    "~0s",
    "dt nt!_KPRCB @$prcb",
    "dt nt!_KTHREAD @$thread",
    "dt nt!_EPROCESS @$proc",
    "dt nt!_LDR_DATA_TABLE_ENTRY poi(nt!PsLoadedModuleList) -l InLoadOrderLinks.Flink",
    "dt nt!_EPROCESS poi(nt!PsActiveProcessHead)-448 -l ActiveProcessLinks.Flink ImageFileName",
    ".ecxr",
    "r",
    "kv",
    "kP",
    "dv /t /v",
    ".f+",
    "dv",
    ".f+",
    "dv /t",
    "u",
    "ub",
    "uf",
    "uf /c nt!KeBugCheckEx",
    "lm",
    "lmv",
    "x sampledrv!*",
    "x /t /v nt!Ki*",
    "!lmi nt",
    "!lmi sampledrv",
    "ln @rip",
    "?? sampledrv!SampleDevice",
    "?? *sampledrv!SampleDevices[0]",
    "dt -r3 sampledrv!SampleDevice",
    "dt sampledrv!_SAMPLE*",
    "s -d nt L1000 ff",
    "s -su nt L4000",
    "s -b nt L?1000000 90 90 90 90",
    "db @rsp",
    "dps @rsp L40",
    "dpu @rsp L10",
    "dS nt!PsLoadedModuleList",
    "!pte @rsp",
    "!vtop 0 nt",
    "!ptov",
    "!dc 400000 L8",
    ".process",
    ".thread",
    ".trap",
    ".trap @rsp",
    "k",
    ".cxr",
    ".reload",
    "lm",
    "k",
];

/// Where a dump's header has DirectoryTableBase, PsLoadedModuleList and so on.
const HEADER_FIELDS: Range<usize> = 0x10..0x88;

/// What of a machine's memory is damaged, besides its page tables: an expression for the address, and the bytes from there.
const PLACES: &[(&str, u64)] = &[
    ("nt!PsLoadedModuleList", 0x10),
    ("poi(nt!PsLoadedModuleList)", 0xa0),
    ("poi(poi(nt!PsLoadedModuleList))", 0xa0),
    ("poi(poi(nt!PsLoadedModuleList)+50)", 0x40),
    ("poi(poi(poi(nt!PsLoadedModuleList))+50)", 0x40),
    ("nt!PsActiveProcessHead", 0x10),
    ("nt!KdDebuggerDataBlock", 0x380),
    ("nt!KiProcessorBlock", 0x20),
    ("nt!KiBugCheckData", 0x28),
    // _KPRCB: its beginning, ProcessorState, Context.
    ("poi(nt!KiProcessorBlock)", 0x40),
    ("poi(nt!KiProcessorBlock)+40", 0x600),
    ("poi(nt!KiProcessorBlock)+85c0", 0x8),
    ("poi(poi(nt!KiProcessorBlock)+85c0)", 0x4d0),
    ("poi(nt!KiProcessorBlock+8)", 0x40),
    ("poi(nt!KiProcessorBlock+8)+40", 0x600),
    ("poi(nt!KiProcessorBlock+8)+85c0", 0x8),
    ("poi(poi(nt!KiProcessorBlock+8)+85c0)", 0x4d0),
    // _KTHREAD, _EPROCESS.
    ("poi(poi(nt!KiProcessorBlock)+8)", 0x898),
    ("poi(poi(nt!KiProcessorBlock+8)+8)", 0x898),
    ("poi(poi(poi(nt!KiProcessorBlock)+8)+b8)", 0xa40),
    // The exception's record and context, the trap frame, the stack.
    ("poi(nt!KiBugCheckData+18)", 0x98),
    ("poi(nt!KiBugCheckData+20)", 0x4d0),
    ("poi(nt!KiBugCheckData+18)+a0", 0x190),
    ("@rsp", 0x1200),
    // Images: headers, exception and debug directories, unwind information, code.
    ("nt", 0x400),
    ("nt+dwo(nt+dwo(nt+3c)+a0)", 0x400),
    ("nt+dwo(nt+dwo(nt+dwo(nt+3c)+a0)+8)", 0x800),
    ("nt+dwo(nt+dwo(nt+3c)+b8)", 0x80),
    ("nt!KeBugCheckEx", 0x100),
    ("sampledrv", 0x400),
    ("sampledrv+dwo(sampledrv+dwo(sampledrv+3c)+a0)", 0x80),
    ("sampledrv+dwo(sampledrv+dwo(sampledrv+dwo(sampledrv+3c)+a0)+8)", 0x100),
    ("sampledrv+dwo(sampledrv+dwo(sampledrv+3c)+b8)", 0x80),
    ("sampledrv!DriverEntry", 0x100),
    ("sampledrv!SampleDevice", 0x200),
];

/// A sound dump, and where in it things lie that matter.
struct Original {
    dump: Vec<u8>,
    symbol_path: String,
    places: Vec<Range<usize>>,
    /// Those of page table entries.
    page_tables: Vec<Range<usize>>,
    /// Addresses of things that matter, to point to.
    addresses: Vec<u64>,
    /// What is answered as long as nothing is damaged.
    answers: String,
}

impl Original {
    fn new(build: Build, dump: Vec<u8>) -> Self {
        let folder = TemporaryFolder::new();
        let symbol_path = build.symbol_path();
        let file = folder.file("sound.dmp", &dump);
        let session = open(&file, &symbol_path).expect("a sound dump opens");
        let answers = run(&folder, &file, &symbol_path).expect("a sound dump");
        let (places, page_tables, addresses) = (Vec::new(), Vec::new(), Vec::new());
        let mut original = Self { dump, symbol_path, places, page_tables, addresses, answers };
        original.places.push(HEADER_FIELDS);
        for (expression, size) in PLACES {
            let scope = session.expression_scope();
            let Ok(value) = evaluate(expression, Syntax::Masm, &scope) else { continue };
            let Ok(address) = value.as_u64(&scope) else { continue };
            original.addresses.push(address);
            original.add_virtual(&session, VirtualAddress(address), *size);
        }
        original.add_page_tables(&session);
        original
    }

    fn add_virtual(&mut self, session: &Session, address: VirtualAddress, size: u64) {
        let (mut at, end) = (address, address.offset(size));
        while at < end {
            let count = (0x1000 - at.page_offset()).min(end.0 - at.0);
            self.places.extend(self.find(&session.target().own_memory().prefix(at, count as usize).0));
            at = at.offset(count);
        }
    }

    fn add_page_tables(&mut self, session: &Session) {
        let target = session.target();
        let Some((physical, space)) = target.physical_memory().zip(target.address_space()) else { return };
        for address in self.addresses.clone() {
            let Ok(found) = target.architecture().translate(physical, space, VirtualAddress(address)) else { continue };
            for entry in found.path.iter() {
                // The entries around it lead to what lies around it.
                let at = memory::PhysicalAddress(entry.at.0 & !0x3f);
                self.page_tables.extend(self.find(&physical.prefix(at, 0x40).0));
            }
        }
    }

    /// The place in the file that holds these bytes; those that are all zeros are nowhere in particular.
    fn find(&self, bytes: &[u8]) -> Option<Range<usize>> {
        if bytes.iter().all(|byte| *byte == 0) {
            return None;
        }
        let found = (0..self.dump.len()).step_by(4).find(|at| self.dump[*at..].starts_with(bytes));
        found.map(|at| at..at + bytes.len())
    }

    fn damaged(&self, random: &mut Random) -> Vec<u8> {
        let mut file = self.dump.clone();
        for _ in 0..1 + random.below(6) {
            let places =
                if random.below(4) == 0 && !self.page_tables.is_empty() { &self.page_tables } else { &self.places };
            let place = places[random.below(places.len())].clone();
            damage(random, &mut file, place, &self.addresses);
        }
        file
    }
}

/// Changes one number within `place`, or copies other bytes over it.
fn damage(random: &mut Random, file: &mut [u8], place: Range<usize>, addresses: &[u64]) {
    let width = random.one_of(&[1, 2, 2, 4, 4, 8, 8, 8]);
    let at = place.start + random.below(place.len()) / width * width;
    let end = (at + width).min(place.end);
    let mut old = [0; 8];
    old[..end - at].copy_from_slice(&file[at..end]);
    let old = u64::from_le_bytes(old);
    let value = match random.below(9) {
        0 => random.number(),
        1 => random.one_of(&[
            0,
            1,
            u64::MAX,
            u64::MAX >> 1,
            1 << 63,
            1 << 47,
            0xfffe_fffe_fffe_fffe,
            0xffff_8000_0000_0000,
        ]),
        2 if !addresses.is_empty() => random.one_of(addresses).wrapping_add(random.below(0x40) as u64),
        3 => old.wrapping_add(random.below(0x20) as u64).wrapping_sub(0x10),
        4 => random.number() >> random.below(64),
        5 => random.below(0x100) as u64,
        6 => old ^ 1 << random.below(64),
        7 => {
            let count = random.below(0x80).min(place.end - at);
            let from = random.below(file.len() - count);
            return file.copy_within(from..from + count, at);
        }
        _ => old.rotate_left(8 * random.below(8) as u32),
    };
    file[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
}

fn open(dump: &Path, symbol_path: &str) -> Result<Session, engine::target::OpenError> {
    Session::open(dump, &OpenOptions { symbol_path: symbol_path.to_owned(), image_path: String::new() })
}

/// Opens a dump in `folder` and runs all commands: their answers, or what went wrong.
fn run(folder: &TemporaryFolder, dump: &Path, symbol_path: &str) -> Result<String, String> {
    let (sender, progress) = mpsc::channel();
    let before = peak_memory();
    let (path, symbol_path) = (dump.to_owned(), symbol_path.to_owned());
    let worker = std::thread::spawn(move || {
        let mut session = match open(&path, &symbol_path) {
            Ok(session) => session,
            Err(error) => return error.to_string(),
        };
        let mut answers = String::new();
        for command in COMMANDS {
            // Whoever listens has gone when an earlier command took too long.
            let _ = sender.send(*command);
            let text = match commands::execute(&mut session, command) {
                Ok(report) => commands::report::text(&report),
                Err(error) => error.to_string(),
            };
            assert!(text.len() <= LONGEST_ANSWER, "{} bytes of answer", text.len());
            answers.push_str(&text);
        }
        answers
    });
    let mut running = "opening";
    loop {
        match progress.recv_timeout(DEADLINE) {
            Ok(command) => running = command,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => return Err(format!("`{running}` takes more than {DEADLINE:?}")),
        }
    }
    let answers = worker.join().map_err(|_| format!("`{running}` panicked"))?;
    match before.zip(peak_memory()) {
        Some((before, after)) if after.saturating_sub(before) > MOST_MEMORY => {
            Err(format!("{} MiB", (after - before) >> 20))
        }
        _ => Ok(answers.replace(&folder.path().display().to_string(), "")),
    }
}

/// The most memory that this process has had, in bytes; `None` where the system doesn't say.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Runs `one` for each seed, which answers whether the damage showed; fails naming the seeds that it failed for.
fn run_seeds(default: Range<u64>, mut one: impl FnMut(&mut Random) -> Result<bool, String>) {
    let chosen = std::env::var("SESSION_SEEDS").ok().map(|text| {
        let (first, end) = text.split_once("..").expect("first..end");
        first.parse().expect("a number")..end.parse().expect("a number")
    });
    let (mut shown, mut failures) = (0, Vec::new());
    let seeds = chosen.unwrap_or(default);
    let count = seeds.end - seeds.start;
    for seed in seeds {
        match one(&mut Random::new(seed)) {
            Ok(showed) => shown += u64::from(showed),
            Err(failure) => {
                eprintln!("seed {seed}: {failure}");
                failures.push(format!("seed {seed}: {failure}"));
            }
        }
        if failures.len() >= MAX_FAILURES {
            break;
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(count < 10 || shown > count / 2, "the damage showed in {shown} of {count} sessions only");
}

#[test]
fn commands_answer_whatever_memory_says() {
    let originals: Vec<_> = Build::ALL
        .into_iter()
        .flat_map(|build| {
            let bundled = std::fs::read(build.bundled_dump()).expect("the bundled dump");
            [Original::new(build, bundled), Original::new(build, build.machine().write(Format::Small))]
        })
        .collect();
    for original in &originals {
        assert!(original.places.len() > 10, "{} places", original.places.len());
    }
    run_seeds(DUMPS, |random| {
        let folder = TemporaryFolder::new();
        // Small dumps hold less that can be damaged.
        let original = &originals[random.one_of(&[0, 0, 1, 2, 2, 3])];
        let file = folder.file("damaged.dmp", &original.damaged(random));
        Ok(run(&folder, &file, &original.symbol_path)? != original.answers)
    });
}

#[test]
fn commands_answer_whatever_symbol_files_say() {
    let folders = Build::ALL.map(|build| {
        let files =
            build.folders().into_iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder of samples"));
        let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        paths.sort();
        paths.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("a file"))).collect::<Vec<_>>()
    });
    let sound = [0, 1].map(|build| {
        let folder = TemporaryFolder::new();
        for (path, bytes) in &folders[build] {
            folder.file(&path.file_name().expect("a name").to_string_lossy(), bytes);
        }
        run(&folder, &Build::ALL[build].bundled_dump(), &folder.path().display().to_string()).expect("sound files")
    });
    run_seeds(SYMBOLS, |random| {
        let folder = TemporaryFolder::new();
        let build = random.below(2);
        for (path, bytes) in &folders[build] {
            let mut bytes = bytes.clone();
            if random.below(4) != 0 {
                for _ in 0..random.one_of(&[1, 8, 64]) {
                    // The first pages hold directories and headers.
                    let size = if random.below(4) == 0 { bytes.len().min(0x3000) } else { bytes.len() };
                    damage(random, &mut bytes, 0..size, &[]);
                }
            }
            folder.file(&path.file_name().expect("a name").to_string_lossy(), &bytes);
        }
        let answers = run(&folder, &Build::ALL[build].bundled_dump(), &folder.path().display().to_string())?;
        Ok(answers != sound[build])
    });
}

#[test]
fn a_search_through_page_tables_that_lead_in_circles_gives_up_when_asked() {
    let original = std::fs::read(Build::O0.bundled_dump()).expect("the bundled dump");
    let folder = TemporaryFolder::new();
    let sound = open(&Build::O0.bundled_dump(), "").expect("the bundled dump opens");
    let space = sound.target().address_space().expect("a full dump has page tables");
    let table = sound.target().physical_memory().expect("a full dump").prefix(space.root, 0x1000).0;
    let at = original.windows(0x1000).position(|bytes| bytes == table).expect("the table is in the file");
    let mut damaged = original;
    // Every free entry of the top table leads to the top table: 128 TB of memory, and more.
    for entry in damaged[at..at + 0x1000].chunks_exact_mut(8).filter(|entry| entry.iter().all(|byte| *byte == 0)) {
        entry.copy_from_slice(&(space.root.0 & !0xfff | 3).to_le_bytes());
    }
    let file = folder.file("circles.dmp", &damaged);
    let flag = engine::cancel::CancelFlag::default();
    let (searching, search) = mpsc::channel();
    let cancel = flag.clone();
    let worker = std::thread::spawn(move || {
        let mut session = open(&file, "").expect("the root is as it was");
        session.set_cancel_flag(cancel);
        let answer = commands::execute(&mut session, "s -b 0 L?ffffffffffffffff 90 91 92 93 94 95 96 97");
        searching
            .send(answer.map(|report| report.warnings).map_err(|error| error.to_string()))
            .expect("the test waits");
    });
    std::thread::sleep(Duration::from_millis(200));
    flag.cancel();
    let answer = search.recv_timeout(DEADLINE).expect("an answer in time");
    worker.join().expect("the search ends");
    assert_eq!(
        answer.expect_err("the search is too long to be through"),
        commands::CommandError::Cancelled.to_string()
    );
}
