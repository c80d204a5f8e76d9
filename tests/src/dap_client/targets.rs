//! Crash dumps that sessions are tried on.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A dump, and how to attach to it.
pub struct Target {
    /// What it is called in messages.
    pub name: &'static str,
    /// Arguments of `attach`.
    pub arguments: Value,
}

/// This workspace's folder.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The sample driver's crash, its driver compiled without optimization.
pub fn sample_o0() -> Target {
    Target { name: "samples/crash/O0.dmp", arguments: sample("O0.dmp", "O0") }
}

/// The sample driver's crash, its driver optimized.
pub fn sample_o2() -> Target {
    Target { name: "samples/crash/sample.dmp", arguments: sample("sample.dmp", "O2") }
}

fn sample(dump: &str, driver: &str) -> Value {
    let samples = workspace().join("samples");
    json!({
        "dumpFile": samples.join("crash").join(dump),
        "symbolPath": [samples.join("driver").join(driver), samples.join("minint/bin")],
        "sourceMap": {"C:\\kdap": workspace()},
    })
}

/// A real small dump of Windows 10; without it, one line says so.
pub fn triage() -> Option<Target> {
    let corpus = workspace().join("../shared/corpus");
    let dump = corpus.join("dumps/triage_x64.dmp");
    if !dump.is_file() {
        println!("skipped: ../shared/corpus is not here");
        return None;
    }
    let arguments = json!({"dumpFile": dump, "symbolPath": corpus.join("symbols")});
    Some(Target { name: "triage_x64.dmp", arguments })
}

/// All of them.
pub fn targets() -> Vec<Target> {
    [sample_o0(), sample_o2()].into_iter().chain(triage()).collect()
}
