//! README's list of commands is the table of commands, and the configurations that it shows are those in the samples.

use commands::table::COMMANDS;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

const BEGIN: &str = "<!-- commands: from adapter/crates/commands/src/table.rs; a test compares them -->\n";
const END: &str = "<!-- end of commands -->";

/// Behind this stands a file's path, `-->`, and the file as a block of code.
const FILE: &str = "<!-- file: ";

/// Set to write into README what belongs there, instead of comparing it.
const UPDATE: &str = "UPDATE_README";

fn list() -> String {
    let row = |command: &&commands::Command| {
        let usage = command.usage.replace('|', "\\|");
        format!("| `{usage}` | {} |\n", command.summary)
    };
    format!("| command | |\n| --- | --- |\n{}", COMMANDS.iter().map(row).collect::<String>())
}

/// Compares README with what it should be, or writes that.
fn compare(path: &Path, found: &str, expected: &str) {
    if std::env::var_os(UPDATE).is_some() {
        fs::write(path, expected).expect("README.md can be written");
    } else {
        assert_eq!(found, expected, "run the test again with {UPDATE}=1 to write it");
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn readme_lists_every_command_and_shows_the_editors_files() {
    let path = repository().join("README.md");
    let readme = fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("where the list begins");
    let (_, after) = rest.split_once(END).expect("where the list ends");
    let expected = format!("{before}{BEGIN}{}{END}{after}", list());
    compare(&path, &readme, &with_files(&expected));
}

/// README with each file that it shows as it is now; all files of `samples/editors` have to be among them.
fn with_files(readme: &str) -> String {
    let mut parts = readme.split(FILE);
    let mut result = parts.next().unwrap_or_default().to_owned();
    let mut shown = BTreeSet::new();
    for part in parts {
        let (name, rest) = part.split_once(" -->\n```").expect("a path and a block of code");
        let (language, rest) = rest.split_once('\n').expect("a language");
        let after = rest.split_once("```\n").expect("the block's end").1;
        let text = fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        result += &format!("{FILE}{name} -->\n```{language}\n{text}```\n{after}");
        shown.insert(name.to_owned());
    }
    let editors = fs::read_dir(repository().join("samples/editors")).expect("samples/editors");
    let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name().into_string().expect("a name");
    let present = editors.map(|entry| format!("samples/editors/{}", name(entry))).collect();
    assert_eq!(shown, present, "the files that README shows, and those that there are");
    result
}
