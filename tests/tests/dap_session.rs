//! Whole sessions on the sample crashes. What they have to show is in `samples/crash/*.expected.json`, which comes from
//! QEMU's gdb stub and LLVM's tools, not from kdap.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use tests::dap_client::{Client, Target, capabilities, sample_o0, sample_o2};
use tests::temporary::TemporaryFolder;

/// A session on a sample crash that has come to its `stopped`.
struct Sample {
    client: Client,
    stopped: Value,
    expected: Value,
}

impl Sample {
    fn open(target: &Target, expected: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/crash").join(expected);
        let expected = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut client = Client::start();
        let stopped = client.attach(target.arguments.clone());
        Self { client, stopped, expected }
    }

    fn o0() -> Self {
        Self::open(&sample_o0(), "O0.expected.json")
    }

    fn o2() -> Self {
        Self::open(&sample_o2(), "O2.expected.json")
    }

    fn frames(&mut self) -> Vec<Value> {
        let body = self.client.ask("stackTrace", json!({"threadId": self.stopped["threadId"]}));
        assert_eq!(body["totalFrames"], body["stackFrames"].as_array().unwrap().len());
        body["stackFrames"].as_array().unwrap().clone()
    }

    /// The frame of this function.
    fn frame(&mut self, function: &str) -> Value {
        let frames = self.frames();
        let found = frames.iter().find(|frame| function_of(frame) == function);
        found.unwrap_or_else(|| panic!("no frame of {function}")).clone()
    }

    /// The rows of a scope of a frame, in hexadecimal.
    fn scope(&mut self, frame: &Value, name: &str) -> Vec<Value> {
        let scopes = self.client.ask("scopes", json!({"frameId": frame["id"]}));
        let scopes = scopes["scopes"].as_array().unwrap();
        let scope = scopes.iter().find(|scope| scope["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        self.rows(&scope["variablesReference"])
    }

    fn rows(&mut self, reference: &Value) -> Vec<Value> {
        let body = self.client.ask("variables", json!({"variablesReference": reference, "format": {"hex": true}}));
        body["variables"].as_array().unwrap().clone()
    }

    fn evaluate(&mut self, frame: &Value, expression: &str) -> Value {
        let arguments = json!({"expression": expression, "frameId": frame["id"], "context": "watch"});
        self.client.ask("evaluate", arguments)
    }

    fn console(&mut self, line: &str) -> Result<String, String> {
        let body = self.client.request("evaluate", json!({"expression": line, "context": "repl"}))?;
        Ok(body["result"].as_str().unwrap().to_owned())
    }
}

/// The frame's function, without displacement and remarks.
fn function_of(frame: &Value) -> &str {
    let name = frame["name"].as_str().unwrap();
    let name = name.split(" (").next().unwrap();
    name.split_once('+').map_or(name, |(function, _)| function)
}

fn number(text: &Value) -> u64 {
    let text = text.as_str().unwrap();
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or_else(|| panic!("{text}")), 16).unwrap()
}

fn check_stack(mut sample: Sample) {
    let frames = sample.frames();
    let expected = sample.expected["stack"].as_array().unwrap();
    assert_eq!(
        frames.iter().map(function_of).collect::<Vec<_>>(),
        expected.iter().map(|frame| frame["function"].as_str().unwrap()).collect::<Vec<_>>()
    );
    for (frame, expected) in frames.iter().zip(expected) {
        assert_eq!(number(&frame["instructionPointerReference"]), number(&expected["rip"]), "{frame}");
        assert_eq!(frame["name"].as_str().unwrap().contains("(inlined)"), expected["inline"] == true, "{frame}");
        if let Some(line) = expected.get("line") {
            assert_eq!(frame["line"], *line, "{frame}");
            let file = expected["file"].as_str().unwrap().replace('\\', "/").replace("C:/kdap", "");
            assert!(frame["source"]["path"].as_str().unwrap().ends_with(&file), "{frame}");
        } else {
            assert!(frame["source"]["sourceReference"].as_i64().unwrap() > 0, "{frame}");
        }
    }
    // The frames that deal with the crash step back behind the one that failed.
    let focused = frames.iter().position(|frame| frame["source"]["presentationHint"] != "deemphasize");
    assert_eq!(function_of(&frames[focused.unwrap()]), "sampledrv!SlotStore");
    let mut hints = HashMap::new();
    for source in frames.iter().map(|frame| &frame["source"]) {
        let (key, hint) = ([&source["path"], &source["sourceReference"]], &source["presentationHint"]);
        assert_eq!(*hints.entry(key).or_insert(hint), hint, "VS Code keeps one for each source: {source}");
    }
}

#[test]
fn the_stack_is_the_one_that_the_machine_had() {
    check_stack(Sample::o0());
    check_stack(Sample::o2());
}

fn check_variables(mut sample: Sample) {
    for expected in sample.expected["stack"].as_array().unwrap().clone() {
        let Some(variables) = expected["variables"].as_array() else { continue };
        let frame = sample.frame(expected["function"].as_str().unwrap());
        let mut rows = sample.scope(&frame, "Arguments");
        rows.extend(sample.scope(&frame, "Locals"));
        for variable in variables {
            let row = rows.iter().find(|row| row["name"] == variable["name"]);
            check_variable(row.unwrap_or_else(|| panic!("no {variable}")), variable);
        }
        assert_eq!(rows.len(), variables.len(), "{}", expected["function"]);
    }
}

fn check_variable(row: &Value, expected: &Value) {
    let value = row["value"].as_str().unwrap().replace('`', "");
    let shown = value.split(' ').next().unwrap();
    match &expected["value"] {
        Value::Null => assert!(value.starts_with('<'), "{row} has no value"),
        Value::String(hex) if !hex.starts_with("0x") => {}
        Value::Number(number) if number.is_f64() => assert_eq!(shown, number.to_string(), "{row}"),
        Value::Number(number) => {
            let size = expected["bytes"].as_str().unwrap().len() * 4;
            let mask = if size >= 64 { u64::MAX } else { (1 << size) - 1 };
            let number = number.as_u64().unwrap_or_else(|| number.as_i64().unwrap() as u64);
            assert_eq!(self::number(&json!(shown)), number & mask, "{row}");
        }
        pointer => assert_eq!(self::number(&json!(shown)), self::number(pointer), "{row}"),
    }
}

#[test]
fn variables_have_the_values_that_the_machine_had() {
    check_variables(Sample::o0());
    check_variables(Sample::o2());
}

#[test]
fn the_stop_is_the_bug_check_of_the_crashed_processor() {
    let mut sample = Sample::o0();
    assert_eq!(sample.stopped["reason"], "exception");
    assert_eq!(sample.stopped["text"], "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED (7e)");
    assert_eq!(sample.stopped["description"], "Bug check 7e", "short: it stands beside the processor's name");
    assert_eq!(sample.stopped["allThreadsStopped"], true);
    let threads = sample.client.ask("threads", Value::Null);
    let names: Vec<_> = threads["threads"].as_array().unwrap().iter().map(|thread| thread["name"].clone()).collect();
    assert_eq!(names, ["Processor 0: System (4.c)", "Processor 1: Idle (0.0)"]);
    let stops = sample.client.events().iter().filter(|event| event["event"] == "stopped").count();
    assert_eq!(stops, 1);
    let info = sample.client.ask("exceptionInfo", json!({"threadId": sample.stopped["threadId"]}));
    let inner = &info["details"]["innerException"][0];
    assert_eq!(inner["typeName"], "STATUS_ACCESS_VIOLATION (c0000005)");
    assert!(
        inner["message"].as_str().unwrap().contains("sampledrv!SlotWrite+0x4e: attempt to write to 00000000`00000000")
    );
    assert!(inner["stackTrace"].as_str().unwrap().starts_with("sampledrv!SlotStore"));
    assert!(info["details"]["message"].as_str().unwrap().contains("Arg2: fffff803`2000170e sampledrv!SlotWrite+0x4e"));
}

#[test]
fn clients_are_told_to_ask_for_a_dumps_whole_stack_at_once() {
    let sample = Sample::o0();
    let events: Vec<&Value> = sample.client.events().iter().map(|event| &event["event"]).collect();
    let at = events.iter().position(|event| *event == "capabilities").expect("a changed capability");
    assert!(events.iter().position(|event| *event == "initialized").is_some_and(|initialized| at < initialized));
    let changed = &sample.client.events()[at]["body"]["capabilities"];
    assert_eq!(*changed, json!({"supportsDelayedStackTraceLoading": false}));
}

#[test]
fn another_processor_can_be_shown_first() {
    let mut target = sample_o0();
    target.arguments["processor"] = json!(1);
    let mut sample = Sample::open(&target, "O0.expected.json");
    assert_eq!(sample.stopped["threadId"], 2);
    let frames = sample.frames();
    let expected = sample.expected["stack_of_processor_1"].as_array().unwrap();
    for (frame, expected) in frames.iter().zip(expected) {
        assert_eq!(function_of(frame), expected["function"]);
    }
    target.arguments["processor"] = json!(2);
    let mut client = Client::start();
    client.ask("initialize", capabilities());
    assert!(client.refused("attach", target.arguments).contains("processor 2 does not exist"));
}

#[test]
fn structures_open_into_their_members() {
    let mut sample = Sample::o0();
    let frame = sample.frame("sampledrv!SampleStore");
    let device = sample.evaluate(&frame, "Device");
    assert_eq!(device["type"], "_SAMPLE_DEVICE *");
    let members = sample.rows(&device["variablesReference"]);
    let value = |name: &str| {
        let member = members.iter().find(|member| member["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        member["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(value("Name"), r#""\Device\Sample0""#);
    assert_eq!(value("State"), "SampleRunning (0x2)");
    assert!(value("Operation").ends_with("sampledrv!SampleStore"));
    // The same expression in the same stop keeps its number, so that a tree that is open stays open.
    assert_eq!(sample.evaluate(&frame, "Device")["variablesReference"], device["variablesReference"]);
    let matrix = members.iter().find(|member| member["name"] == "Matrix").unwrap();
    assert_eq!(matrix["indexedVariables"], 2);
    let reference = &matrix["variablesReference"];
    let page = json!({"variablesReference": reference, "filter": "indexed", "start": 1, "count": 5});
    let page = sample.client.ask("variables", page);
    assert_eq!(page["variables"][0]["name"], "[1]");
    assert_eq!(page["variables"][0]["value"], "{-4, -5, -6}");
    assert_eq!(page["variables"].as_array().unwrap().len(), 1);
    let operation = members.iter().find(|member| member["name"] == "Operation").unwrap();
    let place = sample.client.ask("locations", json!({"locationReference": operation["valueLocationReference"]}));
    assert!(place["source"]["path"].as_str().unwrap().ends_with("samples/driver/crash.c"));
}

#[test]
fn registers_are_those_of_the_frame_and_flags_are_decoded() {
    let mut sample = Sample::o0();
    let frame = sample.frame("sampledrv!SlotWrite");
    let groups = sample.scope(&frame, "Registers");
    let group = |name: &str| groups.iter().find(|group| group["name"] == name).unwrap()["variablesReference"].clone();
    let general = sample.rows(&group("General"));
    let value = |name: &str| general.iter().find(|row| row["name"] == name).unwrap()["value"].as_str().unwrap();
    assert_eq!(value("rsp"), "0xffffb1000002aca8");
    assert_eq!(value("rip"), "0xfffff8032000170e  sampledrv!SlotWrite+0x4e");
    let flags = sample.rows(&group("Flags"));
    assert!(flags[0]["value"].as_str().unwrap().ends_with("nv up ei pl nz na po nc"));
    let caller = sample.frame("sampledrv!SampleStore");
    let groups = sample.scope(&caller, "Registers");
    let general = sample.rows(&groups[0]["variablesReference"]);
    let rax = general.iter().find(|row| row["name"] == "rax").unwrap();
    assert_eq!(rax["value"], "not known in this frame", "a callee may have changed it");
}

#[test]
fn a_window_of_code_has_the_rows_that_were_asked_for() {
    let mut sample = Sample::o0();
    let frame = sample.frame("sampledrv!SlotWrite");
    let pc = frame["instructionPointerReference"].clone();
    let window =
        json!({"memoryReference": pc, "instructionOffset": -200, "instructionCount": 400, "resolveSymbols": true});
    let rows = sample.client.ask("disassemble", window)["instructions"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 400);
    assert_eq!(rows[200]["address"], pc);
    assert!(rows[200]["instruction"].as_str().unwrap().starts_with("mov     dword ptr [rax"), "{}", rows[200]);
    let start = rows.iter().position(|row| row["symbol"] == "sampledrv!SlotWrite").unwrap();
    let valid = |row: &Value| row["presentationHint"] != "invalid";
    assert!(rows[start..=200].iter().all(valid), "from the function's start on, every row is an instruction");
    let addresses: Vec<u64> = rows.iter().map(|row| number(&row["address"])).collect();
    assert!(addresses.is_sorted_by(|a, b| a < b));
    // The same window in two parts.
    for (offset, part) in [(-200, &rows[..200]), (0, &rows[200..])] {
        let window = json!({"memoryReference": pc, "instructionOffset": offset, "instructionCount": 200, "resolveSymbols": true});
        let again = sample.client.ask("disassemble", window)["instructions"].as_array().unwrap().clone();
        let addresses = |rows: &[Value]| rows.iter().map(|row| row["address"].clone()).collect::<Vec<_>>();
        assert_eq!(addresses(&again), addresses(part));
    }
}

#[test]
fn a_frame_without_source_shows_its_code() {
    let mut sample = Sample::o0();
    let frame = sample.frame("nt!KiPageFault");
    let source = sample.client.ask("source", json!({"sourceReference": frame["source"]["sourceReference"]}));
    assert_eq!(source["mimeType"], "text/x-asm");
    let lines: Vec<&str> = source["content"].as_str().unwrap().lines().collect();
    assert_eq!(lines[0], "nt!KiPageFault:");
    let row = frame["line"].as_u64().unwrap() as usize - 1;
    assert_waits_for_call(&lines, row, number(&frame["instructionPointerReference"]));
    assert!(sample.client.refused("source", json!({"sourceReference": 99})).contains("source 99"));
    // An editor that kept another session's listing open asks with that one's name.
    let stale = json!({"sourceReference": frame["source"]["sourceReference"], "name": "nt!KeBugCheckEx"});
    let arguments = json!({"sourceReference": stale["sourceReference"], "source": stale});
    assert!(sample.client.refused("source", arguments).contains("none of kdap's"));
}

#[test]
fn a_frame_whose_source_is_not_here_shows_its_code_with_the_lines_that_it_comes_from() {
    let mut target = sample_o0();
    target.arguments.as_object_mut().unwrap().remove("sourceMap");
    let mut sample = Sample::open(&target, "O0.expected.json");
    let expected_frames = sample.expected["stack"].as_array().unwrap().clone();
    let frames = sample.frames();
    for (index, (frame, expected)) in frames.iter().zip(&expected_frames).enumerate() {
        let source = &frame["source"];
        assert_eq!(source["path"], Value::Null, "{frame}");
        let arguments = json!({"sourceReference": source["sourceReference"], "source": source});
        let body = sample.client.ask("source", arguments);
        let lines: Vec<&str> = body["content"].as_str().unwrap().lines().collect();
        let row = frame["line"].as_u64().unwrap() as usize - 1;
        let pc = number(&frame["instructionPointerReference"]);
        match index == 0 || function_of(frame).starts_with("sampledrv!Slot") {
            // Where the processor stopped, and what was interrupted.
            true => assert_eq!(listed_address(lines[row]), pc, "{frame}"),
            false => assert_waits_for_call(&lines, row, pc),
        }
        let is_inlined_into = index > 0 && expected_frames[index - 1]["inline"] == true;
        if let Some(line) = expected.get("line").filter(|_| !is_inlined_into) {
            let file = expected["file"].as_str().unwrap();
            assert!(source["origin"].as_str().unwrap().contains(file), "{frame}");
            let last = lines[..row].iter().rfind(|line| line.starts_with("; ")).unwrap();
            assert_eq!(**last, format!("; {file}:{line}"), "{frame}");
        }
    }
}

#[test]
fn a_relative_folder_of_sources_is_in_the_folder_that_kdap_was_started_in() {
    let mut target = sample_o0();
    target.arguments["sourceMap"] = json!({"C:\\kdap": ".."});
    let mut sample = Sample::open(&target, "O0.expected.json");
    let frame = sample.frame("sampledrv!SampleStart");
    let path = Path::new(frame["source"]["path"].as_str().expect("a path"));
    assert!(path.is_absolute() && path.ends_with("samples/driver/crash.c") && path.is_file(), "{frame}");
}

/// The address that a line of a listing begins with.
fn listed_address(line: &str) -> u64 {
    let address = line.split(' ').next().unwrap().replace('`', "");
    u64::from_str_radix(&address, 16).unwrap_or_else(|_| panic!("{line} is no instruction"))
}

/// The line of a frame that waits for a call is the call's, and the next instruction is where it goes on.
fn assert_waits_for_call(lines: &[&str], row: usize, pc: u64) {
    assert!(lines[row].contains(" call "), "{}", lines[row]);
    let next = lines[row + 1..].iter().find(|line| !line.starts_with(';'));
    assert!(next.is_none_or(|line| listed_address(line) == pc), "{next:?}");
}

#[test]
fn memory_is_read_up_to_where_it_ends() {
    let mut sample = Sample::o0();
    let frame = sample.frame("sampledrv!SampleStore");
    let device = sample.evaluate(&frame, "&Device->Signature")["memoryReference"].clone();
    let body = sample.client.ask("readMemory", json!({"memoryReference": device, "count": 4}));
    assert_eq!(body["data"], "U01BUA==", "`SMAP`, as 0x50414d53 lies in memory");
    let null = sample.client.ask("readMemory", json!({"memoryReference": "0x0", "offset": -8, "count": 24}));
    assert_eq!((null["data"].as_str(), null["unreadableBytes"].as_u64()), (Some(""), Some(24)));
    assert!(
        sample
            .client
            .refused("readMemory", json!({"memoryReference": "0x0", "count": 1_u64 << 40}))
            .contains("at most")
    );
}

#[test]
fn the_console_runs_commands_and_follows_the_frame_that_is_selected() {
    let mut sample = Sample::o0();
    assert!(sample.console("k").unwrap().contains("sampledrv!SampleStore+0x94"));
    assert_eq!(sample.console("1 + 1").unwrap(), "2");
    assert!(sample.console("!nosuch").unwrap_err().contains("'!nosuch'"));
    let frame = sample.frame("sampledrv!SampleStart");
    let here = json!({"expression": "r rip", "frameId": frame["id"], "context": "repl"});
    assert!(sample.client.ask("evaluate", here.clone())["result"].as_str().unwrap().contains("fffff8032000182c"));
    // What a command selects stays in force until the editor goes to another frame.
    sample.console(".ecxr").unwrap();
    assert!(sample.client.ask("evaluate", here)["result"].as_str().unwrap().contains("fffff8032000170e"));
}

#[test]
fn reloaded_symbols_invalidate_what_is_shown() {
    let mut sample = Sample::o0();
    let before = sample.frame("sampledrv!SampleStore");
    sample.console(".reload").unwrap();
    assert_eq!(sample.client.event("invalidated", 0)["areas"], json!(["all"]));
    assert!(sample.client.refused("scopes", json!({"frameId": before["id"]})).contains("earlier stop"));
    assert_eq!(sample.frame("sampledrv!SampleStore")["name"], before["name"]);
}

#[test]
fn a_commands_report_is_json_and_text_at_once() {
    let mut sample = Sample::o0();
    let body = sample.client.ask("kd/command", json!({"command": "k 3"}));
    let report = &body["reports"][0];
    let frames: Vec<_> =
        report["report"]["records"].as_array().unwrap().iter().filter(|record| record["kind"] == "frame").collect();
    assert_eq!(frames[0]["callSite"], "nt!KeBugCheckEx");
    assert_eq!(frames[0]["childSp"], "0xffffb10000029d28");
    assert!(report["text"].as_str().unwrap().contains("ffffb100`00029d28"));
    assert!(sample.client.refused("kd/command", json!({"command": "!nosuch"})).contains("!nosuch"));
}

#[test]
fn a_dump_does_not_run_or_change_and_numbers_of_earlier_stops_are_refused() {
    let mut sample = Sample::o0();
    let frame = sample.frame("sampledrv!SampleStore");
    let scopes = sample.client.ask("scopes", json!({"frameId": frame["id"]}));
    let locals = scopes["scopes"][0]["variablesReference"].clone();
    for command in ["continue", "next", "stepIn", "stepOut"] {
        let before = sample.client.events().len();
        let refusal = sample.client.refused(command, json!({"threadId": 1}));
        assert!(refusal.contains("a crash dump can't run"), "{command}: {refusal}");
        assert_eq!(sample.client.event("stopped", before), sample.stopped, "it stands where it stood");
    }
    assert!(sample.client.refused("pause", json!({"threadId": 1})).contains("can't run"));
    let changes = [
        ("setVariable", json!({"variablesReference": 1, "name": "x", "value": "1"})),
        ("setExpression", json!({"expression": "x", "value": "1"})),
        ("writeMemory", json!({"memoryReference": "0", "data": ""})),
    ];
    for (command, arguments) in changes {
        assert!(sample.client.refused(command, arguments).contains("can't be changed"), "{command}");
    }
    assert!(sample.client.refused("variables", json!({"variablesReference": locals})).contains("earlier stop"));
    assert!(sample.client.refused("scopes", json!({"frameId": frame["id"]})).contains("earlier stop"));
    let breakpoints = json!({"source": {"path": "vscode-remote://x/a.c"}, "breakpoints": [{"line": 1}, {"line": 2}]});
    let answer = sample.client.ask("setBreakpoints", breakpoints);
    let answer = answer["breakpoints"].as_array().unwrap();
    assert!(answer.len() == 2 && answer.iter().all(|one| one["verified"] == false && one["message"].is_string()));
    let data = sample.client.ask("dataBreakpointInfo", json!({"name": "x"}));
    assert_eq!(data["dataId"], Value::Null);
}

#[test]
fn clients_get_lines_columns_paths_and_properties_as_they_take_them() {
    let mut client = Client::start();
    client.ask(
        "initialize",
        json!({"adapterID": "kd", "linesStartAt1": false, "columnsStartAt1": false, "pathFormat": "uri"}),
    );
    client.ask("launch", sample_o0().arguments);
    client.ask("configurationDone", Value::Null);
    let thread = client.event("stopped", 0)["threadId"].clone();
    let frames = client.ask("stackTrace", json!({"threadId": thread}))["stackFrames"].as_array().unwrap().clone();
    let frame = frames.iter().find(|frame| function_of(frame) == "sampledrv!SampleStore").unwrap();
    assert_eq!((frame["line"].as_i64(), frame["column"].as_i64()), (Some(16), Some(0)));
    let path = frame["source"]["path"].as_str().unwrap();
    assert!(path.starts_with("file:///") && path.ends_with("/samples/driver/crash.c"), "{path}");
    let scopes = client.ask("scopes", json!({"frameId": frame["id"]}));
    let arguments = &scopes["scopes"][1]["variablesReference"];
    let variables = client.ask("variables", json!({"variablesReference": arguments}));
    for property in ["type", "memoryReference", "indexedVariables"] {
        assert_eq!(variables["variables"][0][property], Value::Null, "{property} was not announced");
    }
}

#[test]
fn hovers_over_code_show_variables_and_registers_and_nothing_else() {
    let mut sample = Sample::o0();
    let frame = sample.frame("sampledrv!SlotWrite");
    let mut hover = |expression: &str| {
        let arguments = json!({"expression": expression, "frameId": frame["id"], "context": "hover"});
        sample.client.request("evaluate", arguments).map(|body| body["result"].as_str().unwrap().to_owned())
    };
    assert!(hover("Device->Name").unwrap().contains("Device"));
    assert!(hover("rip").unwrap().contains("sampledrv!SlotWrite+0x4e"));
    assert_eq!(hover("edx"), Ok("0x1".to_owned()));
    for junk in ["", "\"\"", "17", "L\"device\"", "if", "\"abc", "(", "dev->", "a b", "#", "->", "return", "face"] {
        assert!(hover(junk).is_err(), "{junk}");
    }
    // Nor does a file that isn't here disturb anybody.
    let source = json!({"path": "vscode-remote://ssh-remote%2Bhost/src/crash.c"});
    let places = json!({"source": source, "line": 1, "endLine": 99});
    assert_eq!(sample.client.ask("breakpointLocations", places)["breakpoints"], json!([]));
    let set = sample.client.ask("setBreakpoints", json!({"source": source, "breakpoints": [{"line": 17}]}));
    assert_eq!(set["breakpoints"][0]["verified"], false);
}

#[test]
fn completions_replace_the_word_before_the_cursor() {
    let mut sample = Sample::o0();
    let body = sample.client.ask("completions", json!({"text": "u sampledrv!SampleSto", "column": 22}));
    assert_eq!(body["targets"], json!([{"label": "sampledrv!SampleStore", "start": 3, "length": 19}]));
}

#[test]
fn the_log_goes_where_the_client_wants_it() {
    let folder = TemporaryFolder::new();
    let file = folder.path().join("session.log");
    let mut target = sample_o0();
    target.arguments["logFile"] = json!(file);
    target.arguments["trace"] = json!("debug");
    let mut client = Client::start();
    client.attach(target.arguments);
    assert!(client.disconnect().unwrap().success());
    let log = std::fs::read_to_string(&file).unwrap();
    assert!(log.contains("command=\"configurationDone\""), "{log}");
    let mut target = sample_o0();
    target.arguments["trace"] = json!(true);
    let mut client = Client::start();
    client.attach(target.arguments);
    assert!(client.event("output", 0)["output"].as_str().unwrap().contains("attach"));
}
