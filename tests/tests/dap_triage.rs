//! A session on a real small dump of Windows 10. What it has to show was found out with other debuggers.

use serde_json::{Value, json};
use tests::dap_client::{Client, triage};

/// Frames above the fault with their stack pointers' low halves: unwound, not guessed.
const FRAMES: [(&str, u32); 16] = [
    ("amdppm!WriteIoMemRawEx+0x70", 0x2989_2120),
    ("amdppm!WriteGenAddrEx", 0x2989_2150),
    ("amdppm!WriteGenAddrMaybeHiddenEx", 0x2989_2180),
    ("amdppm!InitAcpiCpc", 0x2989_21b0),
    ("amdppm!ProcLibDeviceStart", 0x2989_2210),
    ("amdppm!EvtDevicePrepareHardware", 0x2989_2340),
    ("Wdf01000", 0x2989_2380),
    ("Wdf01000", 0x2989_23d0),
    ("Wdf01000", 0x2989_2410),
    ("Wdf01000", 0x2989_2460),
    ("Wdf01000", 0x2989_24a0),
    ("Wdf01000", 0x2989_2530),
    ("Wdf01000", 0x2989_25a0),
    ("Wdf01000", 0x2989_2630),
    ("Wdf01000", 0x2989_2660),
    ("Wdf01000", 0x2989_26d0),
];

fn open() -> Option<(Client, Value)> {
    let target = triage()?;
    let mut client = Client::start();
    let stopped = client.attach(target.arguments);
    Some((client, stopped))
}

#[test]
fn the_crash_is_shown_from_the_bug_check_to_the_guessed_callers() {
    let Some((mut client, stopped)) = open() else { return };
    assert_eq!(stopped["reason"], "exception");
    assert_eq!(stopped["text"], "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M (1000007e)");
    assert_eq!(client.ask("threads", Value::Null)["threads"].as_array().unwrap().len(), 16);
    let stack = client.ask("stackTrace", json!({"threadId": stopped["threadId"]}))["stackFrames"].clone();
    let frames = stack.as_array().unwrap();
    assert_eq!(frames[0]["name"], "nt!KeBugCheckEx");
    assert_eq!(frames[0]["instructionPointerReference"], "0xfffff8047bdf5a80");
    let fault = frames.iter().position(|frame| frame["name"] == FRAMES[0].0).expect("the frame that failed");
    assert_eq!(frames[fault - 1]["name"], "exception STATUS_ACCESS_VIOLATION (c0000005)");
    assert_eq!(frames[fault]["instructionPointerReference"], "0xfffff8048b58334c");
    let guessed = |frame: &Value| frame["name"].as_str().unwrap().ends_with("(guessed)");
    for (frame, (name, stack_pointer)) in frames[fault..].iter().zip(FRAMES) {
        assert!(frame["name"].as_str().unwrap().starts_with(name) && !guessed(frame), "{frame}");
        let rsp = json!({"expression": "@rsp", "frameId": frame["id"], "context": "hover", "format": {"hex": true}});
        let rsp = client.ask("evaluate", rsp)["result"].as_str().unwrap().replace('`', "");
        assert_eq!(rsp, format!("{:#x}", 0xffff_8504_0000_0000_u64 + u64::from(stack_pointer)), "{frame}");
    }
    // The last return address is certain; without nt's image, what is above it can only be searched for.
    let above = &frames[fault + FRAMES.len()..];
    assert!(above[0]["name"].as_str().unwrap().starts_with("nt!IofCallDriver+") && !guessed(&above[0]));
    let searched: Vec<_> = above[1..].iter().filter(|frame| frame["presentationHint"] != "label").collect();
    assert!(searched.len() > 5);
    for frame in searched {
        assert!(guessed(frame) && frame["presentationHint"] == "subtle", "{frame}");
    }
}

#[test]
fn modules_and_kernel_structures_are_there() {
    let Some((mut client, stopped)) = open() else { return };
    let modules = client.ask("modules", json!({}));
    assert_eq!(modules["totalModules"], 151);
    let nt = modules["modules"].as_array().unwrap().iter().find(|module| module["name"] == "nt").unwrap();
    assert_eq!(nt["id"], "0xfffff8047ba00000");
    assert_eq!(nt["timeDateStamp"], "0d8333e6");
    assert_eq!(nt["symbolStatus"], "pdb symbols");
    // Whoever asked for the modules hears of symbols that are loaded afterwards.
    let before = client.events().len();
    client.ask("stackTrace", json!({"threadId": stopped["threadId"]}));
    assert_eq!(client.event("module", before)["reason"], "changed");
    let frame = client.ask("stackTrace", json!({"threadId": stopped["threadId"], "levels": 1}));
    let scopes = client.ask("scopes", json!({"frameId": frame["stackFrames"][0]["id"]}));
    let processor = scopes["scopes"].as_array().unwrap().iter().find(|scope| scope["name"] == "Processor").unwrap();
    let rows = client.ask("variables", json!({"variablesReference": processor["variablesReference"]}));
    let names: Vec<_> = rows["variables"].as_array().unwrap().iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["_KPCR", "_KPRCB", "_ETHREAD", "_EPROCESS"]);
    for (row, member, value) in
        [(1, "MHz", "3593"), (1, "CpuModel", "113 'q'"), (3, "UniqueProcessId", "0x00000000`00000004")]
    {
        let reference = &rows["variables"][row]["variablesReference"];
        let members = client.ask("variables", json!({"variablesReference": reference}));
        let found = members["variables"].as_array().unwrap().iter().find(|found| found["name"] == member);
        assert_eq!(found.unwrap()["value"], value, "{member}");
    }
}
