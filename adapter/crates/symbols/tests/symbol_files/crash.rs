//! What the sample driver's PDBs say of the addresses on the stack of its crash, against `samples/crash/expected.md`:
//! that was made with other tools (it says which).

use crate::sample::{one, open, path};
use std::fs;
use symbols::{Location, SymbolFile, VariableRole};

/// Where the driver is loaded in the crash.
const BASE: u64 = 0xffff_f803_2000_0000;

/// A frame of the driver.
struct Frame {
    function: String,
    inlined: bool,
    /// Behind a frame that isn't inlined: bytes from its function's start.
    displacement: u32,
    line: u32,
}

/// The cells of a table's row, without marks of code.
fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split(" | ").map(|cell| cell.replace('`', "").trim().to_owned()).collect()
}

/// The frames of the driver in the stack with a build, innermost first.
fn frames(expected: &str, build: &str) -> Vec<Frame> {
    let heading = format!("## The stack with the {build} driver");
    let table = expected.lines().skip_while(|line| !line.starts_with(&heading)).skip(1);
    let rows = table.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| ")).map(cells);
    rows.filter_map(|row| {
        let place = row.get(3)?.strip_prefix("sampledrv!")?;
        let (function, displacement) = place.split_once("+0x").unwrap_or((place, "0"));
        let line = row[4].split_once(':').unwrap().1.parse().unwrap();
        let displacement = u32::from_str_radix(displacement, 16).unwrap();
        Some(Frame { function: function.to_owned(), inlined: row[2] == "inlined", displacement, line })
    })
    .collect()
}

/// A place in the words of the table, without the value.
fn place(location: &Location) -> String {
    let register = |number: u16| match number {
        20 => "ebx",
        24 => "edi",
        154 => "xmm0",
        330 => "rcx",
        331 => "rdx",
        332 => "rsi",
        333 => "rdi",
        334 => "rbp",
        335 => "rsp",
        337 => "r9",
        362 => "r10d",
        363 => "r11d",
        other => panic!("register {other}"),
    };
    match location {
        Location::Register(number) => register(*number).to_owned(),
        Location::RegisterRelative { register: number, offset } => format!("{}+{offset:#x}", register(*number)),
        Location::Static { rva } => format!("{:#x}", BASE + u64::from(*rva)),
        Location::Constant(_) => "constant".to_owned(),
        Location::NotLiveHere => "not here".to_owned(),
        Location::OptimizedAway => "optimized away".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Role, name and place of the variables of a function, from the table's column for a build.
fn expected_variables(expected: &str, build: &str, function: &str) -> Vec<(String, String)> {
    let column = if build == "O0" { 3 } else { 4 };
    let table = expected.lines().skip_while(|line| !line.starts_with("## Variables")).skip(1);
    let rows = table.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| ")).map(cells);
    let of_function = rows.filter(|row| row[0] == format!("sampledrv!{function}"));
    of_function.map(|row| (row[1].clone(), row[column].split([' ', ':']).next().unwrap().to_owned())).collect()
}

fn variables(file: &SymbolFile, rva: u32, inline: Option<usize>) -> Vec<(String, String)> {
    let variables = inline.map_or_else(|| file.variables(rva), |inline| file.variables_of(rva, inline));
    let role = |role| match role {
        VariableRole::Parameter => "parameter",
        // A local that never changes has become a constant.
        VariableRole::Local | VariableRole::Constant => "local",
        VariableRole::Static => "static",
    };
    let line = |variable: &symbols::Variable| {
        let place = place(&variable.location);
        // The table has words where there is no place: only the first is compared.
        let place = place.split(' ').next().unwrap().to_owned();
        (format!("{} {}", role(variable.role), variable.name), place)
    };
    variables.iter().map(line).collect()
}

#[track_caller]
fn check(build: &str) {
    let expected = fs::read_to_string(path("crash/expected.md")).unwrap();
    let file = open(build);
    let frames = frames(&expected, build);
    assert_eq!(frames.iter().filter(|frame| !frame.inlined).count(), if build == "O0" { 4 } else { 3 });
    let mut inlined: Vec<&Frame> = Vec::new();
    let mut is_innermost = true;
    for frame in &frames {
        if frame.inlined {
            inlined.push(frame);
            continue;
        }
        // All but the innermost are return addresses: the call is what is before.
        let rva = one(&file, &frame.function).rva + frame.displacement - u32::from(!is_innermost);
        is_innermost = false;
        let found = file.inline_frames(rva);
        let names: Vec<_> = found.iter().map(|inline| inline.name.as_str()).collect();
        assert_eq!(names, inlined.iter().map(|frame| frame.function.as_str()).collect::<Vec<_>>(), "{build} {rva:#x}");
        for (at, (inline, frame)) in found.iter().zip(&inlined).enumerate() {
            assert_eq!(inline.line.as_ref().unwrap().line, frame.line, "{build} {}", frame.function);
            assert!(inline.ranges.iter().any(|code| code.contains(&rva)));
            check_variables(&expected, build, &frame.function, variables(&file, rva, Some(at)));
        }
        let outermost = found.last().map_or_else(|| file.line_at(rva), |inline| inline.call_site.clone());
        assert_eq!(outermost.unwrap().line, frame.line, "{build} {}", frame.function);
        check_variables(&expected, build, &frame.function, variables(&file, rva, None));
        inlined.clear();
    }
}

#[track_caller]
fn check_variables(expected: &str, build: &str, function: &str, mut found: Vec<(String, String)>) {
    let mut expected = expected_variables(expected, build, function);
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{build} {function}");
}

#[test]
fn the_crash_s_frames_have_their_lines_and_variables_without_optimization() {
    check("O0");
}

#[test]
fn the_crash_s_frames_have_their_lines_and_variables_with_optimization() {
    check("O2");
}
