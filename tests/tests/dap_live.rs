//! Whole sessions with a live kernel under QEMU, as an editor has them.

#![cfg(unix)]

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::dap_client::Client;
use tests::dap_client::live::{LiveSession, arguments, line_of, machine, runs_without_breakpoints};

/// Requests that must not wait for the target are answered within this time, on a busy machine.
const AT_ONCE: Duration = Duration::from_millis(100);

#[test]
fn a_running_kernel_is_attached_to_looked_at_continued_paused_and_left_running() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    let threads = session.client.ask("threads", json!({}))["threads"].as_array().unwrap().clone();
    assert_eq!(threads.len(), 2);
    // The processor that was broken in on is in the kernel; the other one may be anywhere, in user mode too.
    let mut in_kernel = 0;
    for thread in &threads {
        let frames = session.stack(&thread["id"]);
        assert!(!frames.is_empty(), "{thread}");
        in_kernel += usize::from(frames.len() > 2 && frames[0]["name"].as_str().unwrap().contains("nt!"));
    }
    assert!(in_kernel > 0, "{threads:?}");
    session.go();
    assert_eq!(session.client.refused("stackTrace", json!({"threadId": 1})), "notStopped");
    assert_eq!(session.client.refused("next", json!({"threadId": 1})), "notStopped");
    for (command, arguments) in [("threads", Value::Null), ("cancel", json!({})), ("modules", json!({}))] {
        let begin = Instant::now();
        session.client.ask(command, arguments);
        assert!(begin.elapsed() < AT_ONCE, "{command} took {:?}", begin.elapsed());
    }
    session.client.ask("pause", json!({"threadId": 1}));
    session.stopped("pause");
    session.go();
    session.leave();
}

#[test]
fn a_kernel_that_has_not_booted_stops_at_its_first_word_and_at_a_breakpoint_in_a_driver_that_is_loaded_later() {
    let Some(minint) = machine("O0", "", true) else { return };
    let arguments = arguments(&minint, "O0");
    let mut session = LiveSession::new(minint, Client::start());
    session.begin(arguments);
    let line = line_of("live.c", "LiveDriverObject = DriverObject;");
    let set = session.set_breakpoints("live.c", json!([{"line": line}]));
    assert_eq!((&set[0]["verified"], &set[0]["reason"]), (&json!(false), &json!("pending")), "{set:?}");
    session.configure();
    let threads = session.client.ask("threads", json!({}));
    assert_eq!(threads["threads"][0]["id"], 1);
    session.minint.resume();
    session.stopped("entry");
    session.go();
    let stop = session.stopped("breakpoint");
    assert_eq!(stop["hitBreakpointIds"], json!([set[0]["id"]]));
    let verified = session.client.event("breakpoint", 0);
    assert_eq!((&verified["reason"], &verified["breakpoint"]["verified"]), (&json!("changed"), &json!(true)));
    assert_eq!(verified["breakpoint"]["id"], set[0]["id"]);
    let (function, file, at) = session.place(&stop["threadId"]);
    assert_eq!((function.as_str(), file.as_str(), at), ("livedrv!DriverEntry", "live.c", line));
    let modules: Vec<&Value> = session.client.events().iter().filter(|event| event["event"] == "module").collect();
    assert!(
        modules.iter().any(|event| event["body"]["reason"] == "new" && event["body"]["module"]["name"] == "livedrv")
    );
    session.go();
    session.leave();
}

#[test]
fn conditions_hit_counts_and_log_points_decide_about_a_hit() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    let line = line_of("work.c", "checksum = LiveChecksum(Request->Buffer, Request->Length);");
    session.set_breakpoints("work.c", json!([{"line": line, "condition": "Round % 16 == 8 && Request->Flags.Urgent"}]));
    session.go();
    let stop = session.stopped("breakpoint");
    let thread = &stop["threadId"];
    let round: u64 = session.value(thread, "Round").parse().unwrap();
    assert_eq!(round % 16, 8);

    // Counting starts anew where the condition changes.
    session
        .set_breakpoints("work.c", json!([{"line": line, "condition": "Request->Flags.Urgent", "hitCondition": "3"}]));
    session.go();
    let stop = session.stopped("breakpoint");
    let third: u64 = session.value(&stop["threadId"], "Round").parse().unwrap();
    assert!(third > round && third % 8 == 0, "{round} {third}");

    session.set_breakpoints("work.c", json!([{"line": line, "logMessage": "round {Round} of {Request->Name}"}]));
    session.go();
    session.wait_for_output("of 0x");
    assert!(session.output().contains("round "), "{}", session.output());
    assert!(session.client.events().iter().filter(|event| event["event"] == "stopped").count() == 3);
    let wrong = session.set_breakpoints("work.c", json!([{"line": line, "hitCondition": "often"}]));
    assert_eq!((&wrong[0]["verified"], &wrong[0]["reason"]), (&json!(false), &json!("failed")));
    session.leave();
}

#[test]
fn steps_go_into_over_and_out_by_line_and_by_instruction() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    let call = "result = (ULONG)LiveFactorial(LIVE_DEPTH);";
    let thread = session.run_to(call);
    let mut step = |command: &str, more: Value| {
        let mut arguments = json!({"threadId": thread});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        session.client.ask(command, arguments);
        let stop = session.stopped("step");
        assert_eq!(stop["threadId"], thread);
        session.place(&thread)
    };
    let function = |name: &str| format!("livedrv!{name}");
    let into = step("stepIn", json!({}));
    assert_eq!((into.0, into.2), (function("LiveFactorial"), line_of("work.c", "if (Number <= 1) {")));
    let over = step("next", json!({}));
    assert_eq!((over.0, over.2), (function("LiveFactorial"), line_of("work.c", "result = LiveFactorial(Number - 1);")));
    let over = step("next", json!({}));
    assert_eq!((over.0, over.2), (function("LiveFactorial"), line_of("work.c", "result *= Number;")));
    let instruction = step("next", json!({"granularity": "instruction"}));
    assert_eq!(instruction.0, function("LiveFactorial"));
    let out = step("stepOut", json!({}));
    assert_eq!((out.0, out.2), (function("LiveDispatch"), line_of("work.c", call)));
    let on = step("next", json!({}));
    assert_eq!(on.0, function("LiveDispatch"));
    session.go();
    session.leave();
}

#[test]
fn data_function_and_instruction_breakpoints_stop_where_they_say() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    let info = session.client.ask("dataBreakpointInfo", json!({"name": "livedrv!LiveCounter"}));
    let data = json!({"breakpoints": [{"dataId": info["dataId"], "accessType": "write"}]});
    let set = session.client.ask("setDataBreakpoints", data);
    assert_eq!(set["breakpoints"][0]["verified"], true, "{set}");
    // As the variables view asks: a member by its name in the structure that is open there.
    let statistics = json!({"expression": "livedrv!LiveStatistics", "context": "watch"});
    let open = session.client.ask("evaluate", statistics)["variablesReference"].clone();
    let member = session.client.ask("dataBreakpointInfo", json!({"variablesReference": open, "name": "Rounds"}));
    assert!(member["description"].as_str().unwrap().starts_with("Rounds ("), "{member}");
    assert!(member["dataId"].is_string() && member["dataId"] != info["dataId"], "{member}");
    session.go();
    let stop = session.stopped("data breakpoint");
    assert_eq!(stop["hitBreakpointIds"], json!([set["breakpoints"][0]["id"]]));
    assert_eq!(session.place(&stop["threadId"]).0, "livedrv!LiveCountRound");
    session.client.ask("setDataBreakpoints", json!({"breakpoints": []}));

    let set = session.client.ask("setFunctionBreakpoints", json!({"breakpoints": [{"name": "livedrv!LiveMultiLine"}]}));
    assert_eq!(set["breakpoints"][0]["verified"], true, "{set}");
    session.go();
    let stop = session.stopped("function breakpoint");
    assert_eq!(session.place(&stop["threadId"]).0, "livedrv!LiveMultiLine");
    let caller = session.stack(&stop["threadId"])[1]["instructionPointerReference"].clone();
    session.client.ask("setFunctionBreakpoints", json!({"breakpoints": []}));

    let at = json!({"breakpoints": [{"instructionReference": caller}]});
    session.client.ask("setInstructionBreakpoints", at);
    session.go();
    let stop = session.stopped("instruction breakpoint");
    assert_eq!(session.stack(&stop["threadId"])[0]["instructionPointerReference"], caller);
    session.client.ask("setInstructionBreakpoints", json!({"breakpoints": []}));
    session.go();
    session.leave();
}

#[test]
fn what_the_user_changes_the_target_acts_on_and_its_words_are_shown() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    let changed = session.client.ask("setExpression", json!({"expression": "livedrv!LiveArgument", "value": "4711"}));
    assert_eq!(changed["value"], "4711");
    let mode = session.client.ask("evaluate", json!({"expression": "&livedrv!LiveMode", "context": "watch"}));
    let mode = mode["memoryReference"].clone();
    let before = session.client.events().len();
    session.client.ask("writeMemory", json!({"memoryReference": mode, "data": "AQAAAA=="}));
    assert_eq!(session.client.event("memory", before)["count"], 4);
    session.go();
    session.wait_for_output("livedrv: argument 4711\n");
    let shown = session
        .client
        .events()
        .iter()
        .find(|event| event["body"]["output"].as_str().is_some_and(|text| text.contains("4711")));
    assert_eq!(shown.unwrap()["body"]["category"], "stdout");

    // A local variable decides about the rest of its function.
    let line = line_of("work.c", "Worker->Results[Request->Kind] = result;");
    session.set_breakpoints("work.c", json!([{"line": line}]));
    let stop = session.stopped("breakpoint");
    session.set_breakpoints("work.c", json!([]));
    let thread = &stop["threadId"];
    let frame = session.stack(thread).swap_remove(0);
    let scopes = session.client.ask("scopes", json!({"frameId": frame["id"]}));
    let locals = scopes["scopes"][0]["variablesReference"].clone();
    let set = json!({"variablesReference": locals, "name": "result", "value": "0x1234"});
    assert_eq!(session.client.ask("setVariable", set)["value"], "4660");
    session.client.ask("next", json!({"threadId": thread}));
    let step = session.stopped("step");
    assert_eq!(session.value(thread, "Worker->Results[Request->Kind]"), "4660", "{stop} {step}");
    let frame = session.stack(thread).swap_remove(0);
    let hover = json!({"expression": "result = 1", "frameId": frame["id"], "context": "hover"});
    assert!(session.client.refused("evaluate", hover).contains("nothing is changed"));
    assert_eq!(session.value(thread, "result"), "4660");
    let registers = session.registers(thread);
    let set = json!({"variablesReference": registers, "name": "rax", "value": "0x77"});
    assert!(session.client.ask("setVariable", set)["value"].as_str().unwrap().contains("77"));
    assert_eq!(session.value(thread, "@rax"), "119");
    session.go();
    session.leave();
}

/// Modes of the live driver, as `samples/livedrv/live.h` numbers them.
const MODE_ACCESS_VIOLATION: u32 = 4;
const MODE_PROMPT: u32 = 5;
const MODE_BUG_CHECK: u32 = 6;
const MODE_BURST: u32 = 8;

#[test]
fn a_prompt_is_answered_by_the_consoles_next_line() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    session.set_mode(MODE_PROMPT, 0);
    session.go();
    session.wait_for_output("which way?");
    session.client.ask("evaluate", json!({"expression": "left", "context": "repl"}));
    session.wait_for_output("livedrv: answered 'left'");
    session.set_mode_while_running(MODE_BURST);
    session.wait_for_output("livedrv: line 200 of 200\n");
    let output = session.output();
    let lines: Vec<usize> =
        (1..=200).map(|line| output.matches(&format!("livedrv: line {line} of 200\n")).count()).collect();
    assert!(lines.iter().all(|count| *count == 1), "{lines:?}");
    session.leave();
}

#[test]
fn a_first_chance_exception_stops_where_that_was_chosen_and_is_passed_on() {
    let Some(minint) = LiveSession::booted("O0", " /GLOBALFLAG=1") else { return };
    let mut session = LiveSession::attached(minint, "O0");
    let chosen = json!({"filters": ["bugcheck"], "filterOptions": [{"filterId": "av"}]});
    let answer = session.client.ask("setExceptionBreakpoints", chosen);
    assert!(answer["breakpoints"].as_array().unwrap().iter().all(|one| one["verified"] == true), "{answer}");
    session.set_mode(MODE_ACCESS_VIOLATION, 0x10);
    session.go();
    let stop = session.stopped("exception");
    let info = session.client.ask("exceptionInfo", json!({"threadId": stop["threadId"]}));
    assert_eq!(
        (&info["exceptionId"], &info["breakMode"]),
        (&json!("STATUS_ACCESS_VIOLATION (c0000005)"), &json!("always"))
    );
    assert_eq!(session.place(&stop["threadId"]).0, "livedrv!LiveStore");
    session.go();
    session.wait_for_output("can't be written: handled");
    session.leave();
}

#[test]
fn a_bug_check_stops_and_is_explained_and_a_reboot_keeps_the_breakpoints() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    session.set_mode(MODE_BUG_CHECK, 0x77);
    session.go();
    let stop = session.stopped("exception");
    let info = session.client.ask("exceptionInfo", json!({"threadId": stop["threadId"]}));
    assert_eq!(info["exceptionId"], "MANUALLY_INITIATED_CRASH (e2)");
    assert!(info["details"]["message"].as_str().unwrap().contains("00000000`00000077"), "{info}");
    let line = line_of("live.c", "LiveDriverObject = DriverObject;");
    assert_eq!(session.set_breakpoints("live.c", json!([{"line": line}]))[0]["verified"], true);
    assert!(session.client.refused("restart", json!({})).contains("reboots the target"));
    session.client.ask("restart", json!({}));
    let stop = session.stopped("breakpoint");
    assert_eq!(session.place(&stop["threadId"]).2, line);
    session.go();
    session.leave();
}

#[test]
fn a_silent_target_keeps_no_one_waiting_and_nothing_is_made_up_about_it() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    session.minint.pause();
    // Memory that nobody has read yet: the question stays open.
    let waiting = session.client.post("readMemory", json!({"memoryReference": "0xfffff78000000000", "count": 64}));
    session.client.idle(Duration::from_millis(50));
    for command in ["threads", "pause"] {
        let begin = Instant::now();
        let _ = session.client.request(command, json!({"threadId": 1}));
        assert!(begin.elapsed() < 2 * AT_ONCE, "{command} took {:?}", begin.elapsed());
    }
    let line = line_of("live.c", "LiveDriverObject = DriverObject;");
    let begin = Instant::now();
    session.set_breakpoints("live.c", json!([{"line": line}]));
    assert!(begin.elapsed() < 2 * AT_ONCE, "setBreakpoints took {:?}", begin.elapsed());
    let read = session.client.response(waiting).result;
    assert!(read.is_err() || read.unwrap()["unreadableBytes"] == 64);
    session.minint.resume();
}

#[test]
fn an_editor_that_dies_leaves_the_kernel_running_without_breakpoints() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    session.break_at("result = (ULONG)LiveFactorial(LIVE_DEPTH);");
    let images = session.images();
    let LiveSession { mut client, minint, .. } = session;
    client.close_input();
    assert!(client.end().unwrap().success());
    runs_without_breakpoints(&minint, &images);
}

#[test]
fn the_next_instruction_can_be_set() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    let thread = session.run_to("result = LiveMultiLine(Request, Worker->Round);");
    let to = line_of("work.c", "result = (ULONG)LiveFactorial(LIVE_DEPTH);");
    let source = json!({"path": tests::dap_client::live::source("work.c")});
    let targets = session.client.ask("gotoTargets", json!({"source": source, "line": to}));
    session.client.ask("goto", json!({"threadId": thread, "targetId": targets["targets"][0]["id"]}));
    let stop = session.stopped("goto");
    assert_eq!(session.place(&stop["threadId"]).2, to);
    session.client.ask("stepIn", json!({"threadId": thread}));
    let stop = session.stopped("step");
    assert_eq!(session.place(&stop["threadId"]).0, "livedrv!LiveFactorial");
    session.go();
    session.leave();
}

#[test]
fn a_target_that_is_not_to_stop_runs_on_with_its_breakpoints() {
    let Some(minint) = LiveSession::booted("O2", "") else { return };
    let mut arguments = arguments(&minint, "O2");
    arguments["stopOnEntry"] = json!(false);
    let mut session = LiveSession::new(minint, Client::start());
    session.begin(arguments);
    session.client.ask("setFunctionBreakpoints", json!({"breakpoints": [{"name": "livedrv!LiveFactorial"}]}));
    session.configure();
    let stop = session.stopped("function breakpoint");
    assert_eq!(session.place(&stop["threadId"]).0, "livedrv!LiveFactorial");
    session.client.ask("disconnect", json!({"suspendDebuggee": true}));
    let LiveSession { client, minint, .. } = session;
    assert!(client.end().unwrap().success());
    // It waits for the next debugger.
    let session = LiveSession::attached(minint, "O2");
    session.leave();
}

#[test]
fn an_inlined_function_is_stepped_into_and_out_of() {
    let Some(mut session) = LiveSession::running("O2") else { return };
    let thread = session.run_to("checksum = LiveChecksum(Request->Buffer, Request->Length);");
    let mut functions = Vec::new();
    for _ in 0..8 {
        session.client.ask("stepIn", json!({"threadId": thread}));
        session.stopped("step");
        functions.push(session.place(&thread).0);
        if functions.last().unwrap().contains("LiveRotate") {
            break;
        }
    }
    assert!(functions.last().unwrap().contains("LiveRotate"), "{functions:?}");
    let names: Vec<String> =
        session.stack(&thread).iter().map(|frame| frame["name"].as_str().unwrap().to_owned()).collect();
    assert!(names[1].contains("LiveChecksum") && names[2].contains("LiveHandleRequest"), "{names:?}");
    session.client.ask("stepOut", json!({"threadId": thread}));
    session.stopped("step");
    assert!(session.place(&thread).0.contains("LiveChecksum"), "{:?}", session.place(&thread));
    session.client.ask("stepOut", json!({"threadId": thread}));
    session.stopped("step");
    assert!(session.place(&thread).0.contains("LiveHandleRequest"), "{:?}", session.place(&thread));
    session.go();
    session.leave();
}

#[test]
fn a_terminated_adapter_leaves_the_kernel_running_without_breakpoints() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    session.break_at("result = (ULONG)LiveFactorial(LIVE_DEPTH);");
    let images = session.images();
    let LiveSession { client, minint, .. } = session;
    client.terminate_adapter();
    assert!(client.end().is_some());
    runs_without_breakpoints(&minint, &images);
}

#[test]
fn what_a_killed_adapter_leaves_behind_the_next_one_takes_out() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    // Nobody comes there unasked: the instruction is in a kernel that runs.
    let line = line_of("mode.c", "IoQueueDriverReload(LiveDriverObject);");
    session.set_breakpoints("mode.c", json!([{"line": line}]));
    session.go();
    session.client.idle(Duration::from_millis(300));
    let LiveSession { client, minint, .. } = session;
    client.kill_adapter();
    drop(client);
    let mut session = LiveSession::attached(minint, "O0");
    session.wait_for_output("left behind");
    session.go();
    session.client.idle(Duration::from_millis(300));
    session.leave();
}

#[test]
fn a_line_that_is_cut_ends_the_session_and_no_request_hangs() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    session.go();
    let before = session.client.events().len();
    let begin = Instant::now();
    session.minint.quit();
    session.client.event("terminated", before);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    let refusal = session.client.refused("pause", json!({"threadId": 1}));
    assert!(refusal.contains("nothing is being debugged"), "{refusal}");
    assert_eq!(session.client.refused("stackTrace", json!({"threadId": 1})), "notStopped");
    assert!(session.client.disconnect().unwrap().success());
}
