//! House rules that a compiler doesn't know.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file may have: beyond, it holds two things.
const MAX_LINES: usize = 500;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}

/// Every Rust file of the workspace's own folders, with its text.
fn rust_files() -> Vec<(PathBuf, String)> {
    let mut folders = ["adapter", "protocol", "tests"].map(|folder| workspace().join(folder)).to_vec();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the workspace") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("Rust files are UTF-8");
                files.push((path, text));
            }
        }
    }
    assert!(files.len() > 50, "the walk found only {} files", files.len());
    files
}

fn check(rule: &str, breaks: impl Fn(&Path, &str) -> bool) {
    let broken: Vec<_> =
        rust_files().into_iter().filter(|(path, text)| breaks(path, text)).map(|(path, _)| path).collect();
    assert!(broken.is_empty(), "{rule}: {broken:#?}");
}

#[test]
fn every_file_says_what_it_is() {
    check("a file starts with `//!`", |_, text| !text.starts_with("//!"));
}

#[test]
fn files_hold_one_thing() {
    check("a file has at most 500 lines", |_, text| text.lines().count() > MAX_LINES);
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    let words = ["todo!", "unimplemented!", "#[ignore", "FIXME", "XXX"];
    check("no leftovers", |path, text| {
        path.file_name().is_some_and(|name| name != "tidy.rs") && words.iter().any(|word| text.contains(word))
    });
}

#[test]
fn names_say_what_is_inside() {
    let vague = ["util", "utils", "common", "helpers", "misc", "manager"];
    check("no vague file names", |path, _| {
        path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| vague.contains(&stem))
    });
}

#[test]
fn knowledge_does_not_know_its_presentation() {
    let nt = workspace().join("adapter/crates/analysis");
    check("nt/ knows neither commands nor JSON", |path, text| {
        path.starts_with(&nt) && (text.contains("commands::") || text.contains("serde_json"))
    });
}
