//! A live kernel whose sources aren't here: frames show listings of their code, which can be worked with like files.

#![cfg(unix)]

use serde_json::{Value, json};
use tests::dap_client::Client;
use tests::dap_client::live::{LiveSession, arguments};

/// A kernel without sources, stopped in a function that each round calls; the thread, and its innermost frame.
fn stopped() -> Option<(LiveSession, Value, Value)> {
    let minint = LiveSession::booted("O0", "")?;
    let mut arguments = arguments(&minint, "O0");
    arguments.as_object_mut().unwrap().remove("sourceMap");
    let mut session = LiveSession::new(minint, Client::start());
    session.begin(arguments);
    session.configure();
    session.stopped("entry");
    let function = json!({"breakpoints": [{"name": "livedrv!LiveMakeRequest"}]});
    session.client.ask("setFunctionBreakpoints", function);
    session.go();
    let thread = session.stopped("function breakpoint")["threadId"].clone();
    session.client.ask("setFunctionBreakpoints", json!({"breakpoints": []}));
    let frame = session.stack(&thread).swap_remove(0);
    Some((session, thread, frame))
}

/// A listing's lines.
fn content(session: &mut LiveSession, source: &Value) -> Vec<String> {
    let body = session.client.ask("source", json!({"source": source, "sourceReference": source["sourceReference"]}));
    body["content"].as_str().unwrap().lines().map(str::to_owned).collect()
}

/// The address of the instruction on a line, from 1.
fn address(lines: &[String], line: i64) -> String {
    let text = lines[usize::try_from(line - 1).unwrap()].split(' ').next().unwrap().replace('`', "");
    format!("0x{text}")
}

#[test]
fn instructions_are_stepped_through_in_one_listing() {
    let Some((mut session, thread, frame)) = stopped() else { return };
    let lines = content(&mut session, &frame["source"]);
    assert_eq!(lines[0], "livedrv!LiveMakeRequest:");
    let mut line = frame["line"].as_i64().unwrap();
    for _ in 0..4 {
        session.client.ask("next", json!({"threadId": thread, "granularity": "instruction"}));
        session.stopped("step");
        let frame = &session.stack(&thread)[0];
        let now = frame["line"].as_i64().unwrap();
        assert!(now > line, "{frame}");
        assert_eq!(address(&lines, now), frame["instructionPointerReference"].as_str().unwrap());
        line = now;
    }
    let again = session.stack(&thread).swap_remove(0);
    assert_eq!(again["source"], frame["source"]);
    session.go();
    session.leave();
}

#[test]
fn breakpoints_and_the_next_instruction_are_set_on_lines_of_a_listing() {
    let Some((mut session, _, frame)) = stopped() else { return };
    let source = &frame["source"];
    let lines = content(&mut session, source);
    let last = i64::try_from(lines.len()).unwrap();
    let asked = json!({"source": source, "line": 1, "endLine": last});
    let places = session.client.ask("breakpointLocations", asked)["breakpoints"].as_array().unwrap().clone();
    let with_code = lines.iter().skip(1).filter(|line| !line.starts_with(';')).count();
    assert_eq!(places.len(), with_code);

    // A line that says where code comes from stands for the instruction behind it.
    let comment = (2..).zip(&lines[1..]).filter(|(_, line)| line.starts_with(';')).map(|(number, _)| number).last();
    let wanted = json!([{"line": comment}, {"line": last + 1}]);
    let set = session.client.ask("setBreakpoints", json!({"source": source, "breakpoints": wanted}));
    let (good, bad) = (&set["breakpoints"][0], &set["breakpoints"][1]);
    let line: i64 = comment.unwrap() + 1;
    assert_eq!((&good["verified"], &good["line"]), (&json!(true), &json!(line)), "{set}");
    assert_eq!(good["source"]["sourceReference"], source["sourceReference"], "{set}");
    assert_eq!(good["instructionReference"], address(&lines, line));
    assert_eq!(bad["verified"], false, "{set}");
    assert!(bad["message"].as_str().unwrap().contains("no instruction"), "{set}");
    session.go();
    let stop = session.stopped("breakpoint");
    assert_eq!(stop["hitBreakpointIds"], json!([good["id"]]));
    let thread = stop["threadId"].clone();
    let hit = session.stack(&thread).swap_remove(0);
    assert_eq!((&hit["line"], &hit["source"]["sourceReference"]), (&json!(line), &source["sourceReference"]));
    let other = json!({"sourceReference": source["sourceReference"], "name": "livedrv!LiveRound"});
    let stale = session.client.ask("setBreakpoints", json!({"source": other, "breakpoints": [{"line": 3}]}));
    assert!(stale["breakpoints"][0]["message"].as_str().unwrap().contains("none of kdap's"), "{stale}");
    session.client.ask("setBreakpoints", json!({"source": source, "breakpoints": []}));

    let targets = session.client.ask("gotoTargets", json!({"source": source, "line": line}));
    assert_eq!(targets["targets"][0]["instructionPointerReference"], hit["instructionPointerReference"]);
    session.client.ask("goto", json!({"threadId": thread, "targetId": targets["targets"][0]["id"]}));
    session.stopped("goto");
    session.go();
    session.leave();
}
