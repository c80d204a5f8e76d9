//! The validators of `../shared/tools/dapcheck` over real sessions: one that listens in, and one that provokes.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
#[cfg(unix)]
use tests::dap_client::live;
use tests::dap_client::{Client, kdap, targets};
use tests::temporary::TemporaryFolder;

/// A tool beside this project, if it and a Python are here; otherwise one line says what is missing.
fn tool(name: &str) -> Option<PathBuf> {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/tools/dapcheck").join(name);
    if !tool.is_file() {
        println!("skipped: ../shared/tools/dapcheck/{name} is not here");
        return None;
    }
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no python3");
        return None;
    }
    Some(tool)
}

fn read_json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_whole_session_passes_dapcheck() {
    let Some(dapcheck) = tool("dapcheck.py") else { return };
    for target in targets() {
        let folder = TemporaryFolder::new();
        let report = folder.path().join("report.json");
        let mut command = Command::new("python3");
        command.arg(&dapcheck).args(["proxy", "--report"]).arg(&report).arg("--").arg(kdap());
        let mut client = Client::start_with(command);
        walk(&mut client, target.arguments.clone());
        assert!(client.disconnect().unwrap().success());
        let report = read_json(&report);
        assert_eq!(report["verdict"], "pass", "{}: {:#}", target.name, report["findings"]);
    }
}

#[cfg(unix)]
#[test]
fn a_whole_live_session_passes_dapcheck() {
    let Some(dapcheck) = tool("dapcheck.py") else { return };
    let Some(minint) = live::LiveSession::booted("O0", "") else { return };
    let folder = TemporaryFolder::new();
    let report = folder.path().join("report.json");
    let mut command = Command::new("python3");
    command.arg(&dapcheck).args(["proxy", "--report"]).arg(&report).arg("--").arg(kdap());
    let arguments = live::arguments(&minint, "O0");
    let mut session = live::LiveSession::new(minint, Client::start_with(command));
    session.begin(arguments);
    let line = live::line_of("work.c", "result = (ULONG)LiveFactorial(LIVE_DEPTH);");
    session.set_breakpoints("work.c", json!([{"line": line}, {"line": line + 1, "logMessage": "at {Worker->Round}"}]));
    session.client.ask("setFunctionBreakpoints", json!({"breakpoints": [{"name": "livedrv!LiveMultiLine"}]}));
    session.client.ask("setExceptionBreakpoints", json!({"filters": ["bugcheck", "av"]}));
    session.configure();
    session.stopped("entry");
    let info = session.client.ask("dataBreakpointInfo", json!({"name": "livedrv!LiveTicks"}));
    let data = json!({"breakpoints": [{"dataId": info["dataId"], "accessType": "write"}]});
    session.client.ask("setDataBreakpoints", data);
    session.go();
    for _ in 0..4 {
        let body = session.client.event("stopped", session.seen());
        session.stopped(body["reason"].as_str().unwrap());
        let thread = &body["threadId"];
        session.client.ask("threads", Value::Null);
        for frame in session.stack(thread).iter().take(3) {
            look_into(&mut session.client, frame);
            session.client.ask("stepInTargets", json!({"frameId": frame["id"]}));
        }
        session.go();
    }
    session.client.ask("setDataBreakpoints", json!({"breakpoints": []}));
    session.client.ask("setFunctionBreakpoints", json!({"breakpoints": []}));
    session.set_breakpoints("work.c", json!([]));
    session.client.ask("pause", json!({"threadId": 1}));
    let body = session.client.event("stopped", session.seen());
    session.stopped(body["reason"].as_str().unwrap());
    let thread = body["threadId"].clone();
    for command in ["next", "stepIn", "stepOut"] {
        session.client.ask(command, json!({"threadId": thread, "granularity": "instruction"}));
        let body = session.client.event("stopped", session.seen());
        session.stopped(body["reason"].as_str().unwrap());
    }
    session.client.ask("modules", json!({"startModule": 0, "moduleCount": 10}));
    session.client.ask("kd/trace", json!({}));
    session.client.ask("evaluate", json!({"expression": "lm", "context": "repl"}));
    assert!(session.client.disconnect().unwrap().success());
    let report = read_json(&report);
    assert_eq!(report["verdict"], "pass", "{:#}", report["findings"]);
}

#[test]
fn dapprobe_fails_in_nothing() {
    let Some(dapprobe) = tool("dapprobe.py") else { return };
    for target in targets() {
        let folder = TemporaryFolder::new();
        let config = json!({"request": "attach", "arguments": target.arguments});
        let config = folder.file("config.json", config.to_string().as_bytes());
        let report = folder.path().join("report.json");
        let mut command = Command::new("python3");
        command.arg(&dapprobe).arg("--config").arg(&config).arg("--report").arg(&report).arg("--").arg(kdap());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}: {}", target.name, String::from_utf8_lossy(&output.stdout));
        assert_eq!(read_json(&report)["failed"], 0);
    }
}

/// Everything that an editor asks for, in the order in which one does.
fn walk(client: &mut Client, arguments: Value) {
    let stopped = client.attach(arguments);
    let thread = stopped["threadId"].clone();
    client.ask("threads", Value::Null);
    client.ask("stackTrace", json!({"threadId": thread, "startFrame": 0, "levels": 1}));
    let stack = client.ask("stackTrace", json!({"threadId": thread, "startFrame": 0, "levels": 20}));
    client.ask("exceptionInfo", json!({"threadId": thread}));
    for frame in stack["stackFrames"].as_array().unwrap() {
        if frame["presentationHint"] != "label" {
            look_into(client, frame);
        }
    }
    client.ask("modules", json!({"startModule": 0, "moduleCount": 10}));
    client.ask("loadedSources", json!({}));
    client.ask("completions", json!({"text": "db nt!Ke", "column": 9}));
    client.refused("next", json!({"threadId": thread}));
    client.ask("stackTrace", json!({"threadId": thread, "startFrame": 0, "levels": 20}));
}

fn look_into(client: &mut Client, frame: &Value) {
    let scopes = client.ask("scopes", json!({"frameId": frame["id"]}));
    for scope in scopes["scopes"].as_array().unwrap() {
        let children = client.ask("variables", json!({"variablesReference": scope["variablesReference"]}));
        for variable in children["variables"].as_array().unwrap().iter().take(20) {
            if variable["variablesReference"] != 0 {
                let reference = &variable["variablesReference"];
                client.ask("variables", json!({"variablesReference": reference, "start": 0, "count": 10}));
            }
            if let Some(name) = variable["evaluateName"].as_str() {
                let expression = json!({"expression": name, "frameId": frame["id"], "context": "watch"});
                // What has no value is an error, and that is all that matters here.
                let _ = client.request("evaluate", expression);
            }
        }
    }
    if let Some(reference) = frame["source"]["sourceReference"].as_i64() {
        client.ask("source", json!({"sourceReference": reference, "source": frame["source"]}));
    }
    let pc = &frame["instructionPointerReference"];
    let window =
        json!({"memoryReference": pc, "instructionOffset": -200, "instructionCount": 400, "resolveSymbols": true});
    client.ask("disassemble", window);
    client.ask("readMemory", json!({"memoryReference": pc, "offset": -64, "count": 256}));
}
