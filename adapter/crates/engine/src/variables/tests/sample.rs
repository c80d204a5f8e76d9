//! The sample driver's crash: parameters, locals and structures, unoptimized and optimized.

use super::super::{Elements, FrameVariable, Node, NodeKind, Style, View};
use crate::evaluate::{Scalar, Syntax, evaluate};
use crate::session::Session;
use crate::stack::{Frame, FrameDescription};
use crate::target::OpenOptions;
use crate::{ContextSource, SessionScope};
use std::path::{Path, PathBuf};
use symbols::Shape;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples")
}

/// The crash with the driver at this level of optimization, the exception's context current.
fn session(level: &str) -> Session {
    let dump = if level == "O0" { "crash/O0.dmp" } else { "crash/sample.dmp" };
    let folders = ["minint/bin".to_owned(), format!("driver/{level}")];
    let symbol_path = folders.map(|folder| samples().join(folder).display().to_string()).join(";");
    let options = OpenOptions { symbol_path, image_path: String::new() };
    let mut session = Session::open(&samples().join(dump), &options).unwrap();
    session.select_context(ContextSource::Exception).unwrap();
    session
}

/// A row of the table of variables in `crash/expected.md`, which was made by LLVM's tools and QEMU.
struct Row {
    function: String,
    role: String,
    name: String,
    ty: String,
    value: String,
}

/// The rows for one level of optimization.
fn rows(level: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(samples().join("crash/expected.md")).unwrap();
    let of_variables = text.split("## Variables").nth(1).unwrap().split("\n## ").next().unwrap();
    let row = |line: &str| {
        let cells: Vec<String> = line.split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect();
        let [_, function, variable, ty, o0, o2, _] = cells.as_slice() else { return None };
        let (role, name) = variable.split_once(' ')?;
        let value = if level == "O0" { o0 } else { o2 };
        let (function, role, name, value) = (function.clone(), role.to_owned(), name.to_owned(), value.clone());
        Some(Row { function, role, name, ty: ty.clone(), value })
    };
    of_variables.lines().filter_map(row).collect()
}

/// The value as the table has it, without the place: `0x1`, `22.5`, an array's bytes, `not here`.
fn plain(session: &Session, frame: &Frame, variable: &FrameVariable) -> String {
    let scope = SessionScope::new(session, Some(frame.clone()));
    let node = variable.node();
    let text = View::new(&scope, session.target().modules()).summary(&node, Style::Editor { hex: false });
    match text.as_str() {
        "<not live at this instruction>" => return "not here".to_owned(),
        "<optimized away>" => return "optimized away".to_owned(),
        _ => {}
    }
    if matches!(node.value.ty.shape(), Ok(Shape::Array { .. })) {
        let bytes = node.value.place.read(node.value.ty.size().unwrap() as usize, &scope).unwrap();
        return bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    }
    match node.value.scalar(&scope).unwrap() {
        Scalar::Integer(value) => format!("{value:#x}"),
        Scalar::Float(value) => format!("{value}"),
    }
}

/// Compares the variables of all of the driver's frames.
#[track_caller]
fn check_variables(level: &str) {
    let session = session(level);
    let stack = session.stack().unwrap();
    let frames = stack.frames.iter().map(|frame| (FrameDescription::of(frame, session.target().modules()), frame));
    let frames: Vec<_> = frames
        .map(|(description, frame)| {
            (format!("{}!{}", description.module.unwrap_or_default(), description.function.unwrap_or_default()), frame)
        })
        .collect();
    let rows = rows(level);
    assert!(rows.len() > 20);
    for Row { function, role, name, ty, value } in rows {
        let (_, frame) = frames.iter().find(|(called, _)| *called == function).expect(&function);
        let variables = session.frame_variables(frame);
        let variable = variables.iter().find(|variable| variable.variable.name == name).expect(&name);
        let expected = value.rsplit_once(": ").map_or(value.as_str(), |(_, value)| value);
        assert_eq!(plain(&session, frame, variable), expected, "{name} of {function} at {level}");
        assert_eq!(variable.is_parameter(), role == "parameter", "{name} of {function} at {level}");
        let ty = ty.replace("const ", "").replace("__int64", "int64");
        assert_eq!(variable.node().type_name().replace(" *", "*").replace(" [", "["), ty, "{name}");
    }
}

#[test]
fn the_variables_of_unoptimized_frames_have_their_values() {
    check_variables("O0");
}

#[test]
fn the_variables_of_optimized_frames_have_their_values_or_say_why_not() {
    check_variables("O2");
}

/// The children of a C++ expression in a style, as `name = text`.
fn children(session: &Session, expression: &str, style: Style) -> Vec<String> {
    let scope = session.expression_scope();
    let view = View::new(&scope, session.target().modules());
    let value = evaluate(expression, Syntax::Cpp, &scope).unwrap();
    let children = view.named_children(&Node::of_expression(expression, value));
    children.iter().map(|child| format!("{} = {}", child.name, view.summary(child, style))).collect()
}

/// The values are those that `driver.c` and `crash.c` give them.
#[test]
fn a_structure_has_the_values_that_the_source_gives_it() {
    let mut found = children(&session("O2"), "sampledrv!SampleDevice", Style::Editor { hex: false });
    // Addresses that the source doesn't tell.
    found.retain(|line| !line.starts_with("Entries = ") && !line.starts_with("DriverObject = "));
    let operation =
        |line: &String| line.strip_prefix("Operation = ").and_then(|value| value.split(' ').nth(1)).map(str::to_owned);
    let found: Vec<String> = found.into_iter().map(|line| operation(&line).unwrap_or(line)).collect();
    assert_eq!(
        found,
        [
            "Signature = 1346456915",
            "State = SampleRunning (2)",
            "Color = ColorRed (-1)",
            "LastStatus = 0xc00000a3 (as NTSTATUS: STATUS_DEVICE_NOT_READY)",
            "Flags = {Ready=1, Level=5, Retries=9, Reserved=11259375, Delta=-3, Trend=1000, Serial=78187493530, \
             Wanted=SampleFailed (16)}",
            "Name = \"\\Device\\Sample0\"",
            "Vendor = \"kdap project\"",
            "Created = 132574714030719018",
            "InterfaceId = {4B444150-0001-4002-8003-6B6461700405}",
            "Corners = {{X=-100, Y=200}, {X=300, Y=-400}}",
            "Matrix = {{1, 2, 3}, {-4, -5, -6}}",
            "Enabled = 1",
            "Grade = 66 'B'",
            "Unit = {109, 47, 115, 178}",
            "Scale = 0.5",
            "Ratio = 2.25",
            "Value = {AsUlong=3405691582, AsBytes={190, 186, 254, 202}, Low=47806, High=51966}",
            "EntryCount = 3",
            "Slots = {0xfffff803`20003020 sampledrv!FirstSlot, 0x00000000`00000000, 0xfffff803`20003028 sampledrv!LastSlot}",
            "sampledrv!SampleStore",
            "Self = 0xfffff803`20003038 sampledrv!SampleDevice",
        ]
    );
}

#[test]
fn dt_shows_the_same_in_its_own_words() {
    let lines = children(&session("O0"), "sampledrv!SampleDevice", Style::Dt);
    let expected = [
        "Signature = 0x50414d53",
        "State = 2 ( SampleRunning )",
        "Color = 0n-1 ( ColorRed )",
        "LastStatus = 0n-1073741661",
        "Flags = _SAMPLE_FLAGS",
        "Name = _UNICODE_STRING \"\\Device\\Sample0\"",
        "Vendor = _STRING \"kdap project\"",
        "Created = _LARGE_INTEGER 0x01d70000`0000002a",
        "InterfaceId = _GUID {4b444150-0001-4002-8003-6b6461700405}",
        "Corners = [2] _SAMPLE_POINT",
        "Matrix = [2] [3] 0n1",
        "Enabled = 0x1 ''",
        "Grade = 66 'B'",
        "Unit = [4] 0x6d",
    ];
    assert_eq!(lines[..expected.len()], expected);
    let flags = children(&session("O0"), "sampledrv!SampleDevice.Flags", Style::Dt);
    assert_eq!(flags[2..4], ["Retries = 0y1001", "Reserved = 0y101010111100110111101111 (0xabcdef)"]);
    assert_eq!(flags[7], "Wanted = 10 ( SampleFailed )");
}

#[test]
fn a_list_whose_elements_are_given_can_be_expanded() {
    let session = session("O2");
    let scope = session.expression_scope();
    let view = View::new(&scope, session.target().modules());
    let entries = evaluate("sampledrv!SampleDevice.Entries", Syntax::Cpp, &scope).unwrap();
    let module = session.target().modules().by_name("sampledrv").unwrap();
    let entry = module.symbols().unwrap().find_type("_SAMPLE_ENTRY").unwrap();
    let node = Node::of_expression("sampledrv!SampleDevice.Entries", entries);
    let node = node.in_module("sampledrv").linking(Elements::new(entry, "Link"));
    let list = view.named_children(&node).into_iter().find(|child| child.kind == NodeKind::List).unwrap();
    let elements = view.indexed_children(&list, 0, 10);
    let found = elements.iter().map(|element| {
        let label = format!("{}.Label", element.evaluate_name().unwrap());
        let label = evaluate(&label, Syntax::Cpp, &scope).unwrap();
        view.summary(&Node::of_expression("label", label), Style::Editor { hex: false })
    });
    assert_eq!(found.collect::<Vec<_>>(), ["\"alpha\"", "\"beta\"", "\"gamma\""]);
}
