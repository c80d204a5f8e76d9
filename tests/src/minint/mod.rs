//! The sample kernel under QEMU, alive: what a debugger connects to, and what QEMU's monitor says is true of it.
//!
//! `samples/minint/README.md` says what kernel it is. Its first serial port writes its text to a file, its second one
//! is a Unix socket for the debugger, or a TCP port. Without `qemu-system-x86_64` there is none, and one line says so.

mod guard;
mod monitor;
mod registers;

pub use registers::Registers;

use crate::temporary::TemporaryFolder;
use guard::Guard;
use monitor::Monitor;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long anything of QEMU may take before a test calls it a hang.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Where `ntkrnlmp.exe` lies in the machine: `MM_KERNEL_BASE` of `samples/minint/inc/boot.h`.
pub const KERNEL_BASE: u64 = 0xffff_f803_1000_0000;

/// How the machine is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kernel's command line; with `/DEBUG` it looks for a debugger on the second serial port.
    pub command_line: String,
    /// The drivers to load, each a path in the folder of the samples, or an absolute one. They have no commas.
    pub drivers: Vec<PathBuf>,
    /// How many processors the machine has.
    pub processors: u32,
    /// Leaves it switched on with no instruction run yet, until `resume`.
    pub paused: bool,
    /// A port of the loopback interface for the debugger, in place of the Unix socket.
    pub kd_port: Option<u16>,
}

impl Default for Options {
    /// The kernel alone, on 2 processors, not debugged.
    fn default() -> Self {
        Self { command_line: String::new(), drivers: Vec::new(), processors: 2, paused: false, kd_port: None }
    }
}

/// A machine that is switched on as long as this is there.
pub struct Minint {
    child: Child,
    /// Ended before QEMU is, so that it can't end another process with QEMU's number.
    guard: Guard,
    monitor: Mutex<Monitor>,
    options: Options,
    folder: TemporaryFolder,
}

impl Minint {
    /// Starts a machine; `None` where there is no QEMU, after one printed line that says so.
    ///
    /// # Panics
    /// If QEMU is there and doesn't start: with what it said.
    pub fn start(options: &Options) -> Option<Self> {
        if !Command::new(QEMU).arg("--version").output().is_ok_and(|output| output.status.success()) {
            println!("skipped: there is no {QEMU}");
            return None;
        }
        let folder = TemporaryFolder::new();
        let (child, guard, monitor) = switch_on(options, folder.path());
        Some(Self { child, guard, monitor: Mutex::new(monitor), options: options.clone(), folder })
    }

    /// The number of QEMU's process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The Unix socket of the second serial port: the debugger's.
    pub fn kd_socket(&self) -> PathBuf {
        self.folder.path().join(KD)
    }

    /// What the first serial port has written so far.
    pub fn console(&self) -> String {
        let path = self.folder.path().join(CONSOLE);
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until the first serial port has written `text`, and returns all that it has written.
    ///
    /// # Panics
    /// If it hasn't at `deadline`, or QEMU ended.
    pub fn wait_for_console(&mut self, text: &str, deadline: Instant) -> String {
        loop {
            // Asked for first: a machine that wrote it and ended has written it.
            let ended = self.child.try_wait().expect("a child can be waited for");
            let console = self.console();
            if console.contains(text) {
                return console;
            }
            assert!(ended.is_none(), "QEMU ended before {text:?}: {}\n{console}", said(self.folder.path()));
            assert!(Instant::now() < deadline, "no {text:?} on the console:\n{console}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops all processors at once, as a hypervisor does: nothing in the machine notices.
    pub fn pause(&self) {
        self.ask("stop", json!({}));
    }

    /// Lets the processors run, after `pause` or `Options::paused`.
    pub fn resume(&self) {
        self.ask("cont", json!({}));
    }

    /// Presses the reset button.
    pub fn reset(&self) {
        self.ask("system_reset", json!({}));
    }

    /// Pulls the plug: QEMU ends, its sockets with it.
    pub fn quit(&mut self) {
        self.guard.end();
        if self.child.try_wait().expect("a child can be waited for").is_none() {
            self.ask("quit", json!({}));
        }
        let deadline = Instant::now() + TIME_LIMIT;
        while self.child.try_wait().expect("a child can be waited for").is_none() {
            assert!(Instant::now() < deadline, "QEMU doesn't quit");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Switches it on again after `quit`: the same machine, the same socket, a new console.
    pub fn start_again(&mut self) {
        self.quit();
        // QEMU left its sockets' names behind: nobody is to connect to the monitor of before.
        let _ = std::fs::remove_file(self.folder.path().join(QMP));
        let (child, guard, monitor) = switch_on(&self.options, self.folder.path());
        (self.child, self.guard, self.monitor) = (child, guard, Mutex::new(monitor));
    }

    /// Whether the processors run, be it the kernel or its debugger stub: not after `pause` or `quit`.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
            && self.ask("query-status", json!({}))["running"] == true
    }

    /// Virtual memory as the first processor sees it; `None` if a part of it isn't mapped. In bytes.
    pub fn memory(&self, address: u64, len: usize) -> Option<Vec<u8>> {
        self.save("memsave", address, len)
    }

    /// Physical memory; `None` outside of what the machine can address. In bytes.
    pub fn physical_memory(&self, address: u64, len: usize) -> Option<Vec<u8>> {
        self.save("pmemsave", address, len)
    }

    /// The registers of a processor, as QEMU names them.
    pub fn registers(&self, processor: u32) -> Registers {
        Registers::parse(&self.monitor().command("info registers", processor))
    }

    fn save(&self, command: &str, address: u64, len: usize) -> Option<Vec<u8>> {
        let path = self.folder.path().join("memory");
        // Held until the file is read: the next one has the same name.
        let mut monitor = self.monitor();
        let saved = monitor.request(command, &json!({"val": address as i64, "size": len, "filename": path}));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        saved.ok().map(|_| bytes)
    }

    fn monitor(&self) -> std::sync::MutexGuard<'_, Monitor> {
        // A test that failed with the monitor in its hands has said why.
        self.monitor.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn ask(&self, command: &str, arguments: Value) -> Value {
        self.monitor().request(command, &arguments).unwrap_or_else(|error| panic!("{command} {arguments}: {error}"))
    }
}

impl Drop for Minint {
    fn drop(&mut self) {
        self.guard.end();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const QEMU: &str = "qemu-system-x86_64";
const CONSOLE: &str = "console";
const ERRORS: &str = "errors";
const KD: &str = "kd";
const QMP: &str = "qmp";

/// Starts QEMU, and what ends it if this process dies; returns when its monitor answers.
fn switch_on(options: &Options, folder: &Path) -> (Child, Guard, Monitor) {
    let errors = std::fs::File::create(folder.join(ERRORS)).expect("the folder can be written to");
    let mut command = command(options, folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let guard = Guard::of(child.id());
    let deadline = Instant::now() + TIME_LIMIT;
    let monitor = loop {
        match Monitor::connect(&folder.join(QMP), TIME_LIMIT) {
            Ok(monitor) => break monitor,
            Err(error) => {
                let ended = child.try_wait().expect("a child can be waited for");
                if ended.is_some() || Instant::now() > deadline {
                    let _ = child.kill();
                    let _ = child.wait();
                    panic!("{command:?}: {error}: {}", said(folder));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    };
    (child, guard, monitor)
}

/// QEMU's command line. It runs in the folder of the samples: the kernel gets to see the paths.
fn command(options: &Options, folder: &Path) -> Command {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let mut modules = "minint/bin/ntkrnlmp.exe".to_owned();
    for driver in &options.drivers {
        let driver = driver.to_str().filter(|path| !path.contains(','));
        modules.push(',');
        modules.push_str(driver.expect("QEMU's list of modules has commas between them"));
    }
    let socket = |name: &str| format!("unix:{},server=on,wait=off", folder.join(name).display());
    let mut command = Command::new(QEMU);
    command.current_dir(samples);
    command.args(["-machine", "pc", "-cpu", "qemu64", "-accel", "tcg", "-m", "16", "-display", "none", "-nodefaults"]);
    command.args(["-smp", &options.processors.to_string()]);
    command.args(["-serial", &format!("file:{}", folder.join(CONSOLE).display())]);
    let kd = match options.kd_port {
        Some(port) => format!("tcp:127.0.0.1:{port},server=on,wait=off,nodelay=on"),
        None => socket(KD),
    };
    command.args(["-serial", &kd, "-qmp", &socket(QMP)]);
    command.args(["-kernel", "minint/bin/boot.exe", "-initrd", &modules]);
    if !options.command_line.is_empty() {
        command.args(["-append", &options.command_line]);
    }
    if options.paused {
        command.arg("-S");
    }
    command
}

/// What QEMU wrote to its standard error.
fn said(folder: &Path) -> String {
    std::fs::read_to_string(folder.join(ERRORS)).unwrap_or_default()
}
