//! README's list of commands is the table of commands.

use commands::table::COMMANDS;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- commands: from adapter/crates/commands/src/table.rs; a test compares them -->\n";
const END: &str = "<!-- end of commands -->";

/// Set to write the list into README instead of comparing it.
const UPDATE: &str = "UPDATE_README";

fn list() -> String {
    let row = |command: &&commands::Command| {
        let usage = command.usage.replace('|', "\\|");
        format!("| `{usage}` | {} |\n", command.summary)
    };
    format!("| command | |\n| --- | --- |\n{}", COMMANDS.iter().map(row).collect::<String>())
}

#[test]
fn readme_lists_every_command() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("where the list begins");
    let (found, after) = rest.split_once(END).expect("where the list ends");
    let expected = list();
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).expect("README.md can be written");
    } else {
        assert_eq!(found, expected, "run the test again with {UPDATE}=1 to write the list");
    }
}
