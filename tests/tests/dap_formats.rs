//! Sessions on dumps of every format and architecture: what there is can be looked at, what isn't there says so.

use serde_json::{Value, json};
use tests::dap_client::Client;
use tests::dump_writer::{Arch, Format, example};
use tests::temporary::TemporaryFolder;

const ARCHITECTURES: [Arch; 4] = [Arch::X64, Arch::X86, Arch::X86Pae, Arch::Arm64];

/// Opens a dump of each kind that such machines write.
fn for_each_dump(check: impl Fn(Arch, Format, &mut Client, &Value)) {
    for arch in ARCHITECTURES {
        let machine = example::machine(arch);
        for format in Format::ALL.into_iter().filter(|format| format.is_known_for(arch)) {
            println!("{arch:?} {format:?}"); // shown where the check fails
            let folder = TemporaryFolder::new();
            let mut client = Client::start();
            let stopped = client.attach(json!({"dumpFile": folder.file("example.dmp", &machine.write(format))}));
            check(arch, format, &mut client, &stopped);
            assert!(client.disconnect().unwrap().success());
        }
    }
}

#[test]
fn every_dump_stops_at_its_bug_check_and_can_be_looked_at() {
    for_each_dump(|arch, _, client, stopped| {
        assert_eq!(stopped["text"], "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M (1000007e)");
        let thread = &stopped["threadId"];
        let pc = format!("{:#x}", arch.kernel_address() + 0x5a80);
        let stack = client.ask("stackTrace", json!({"threadId": thread}))["stackFrames"].as_array().unwrap().clone();
        assert_eq!(stack[0]["instructionPointerReference"], pc.as_str());
        let last = &stack[stack.len() - 1];
        assert_eq!(last["presentationHint"], "label", "why there are no more frames");
        if arch != Arch::X64 {
            assert!(last["name"].as_str().unwrap().ends_with("can't be walked yet"), "{last}");
        }
        let scopes = client.ask("scopes", json!({"frameId": stack[0]["id"]}));
        let registers =
            client.ask("variables", json!({"variablesReference": scopes["scopes"][2]["variablesReference"]}));
        let general = json!({"variablesReference": registers["variables"][0]["variablesReference"]});
        let general = client.ask("variables", general)["variables"].as_array().unwrap().clone();
        assert!(general.iter().any(|row| row["value"].as_str().unwrap().starts_with(&pc)), "{general:?}");
        let window = json!({"memoryReference": pc, "instructionOffset": -10, "instructionCount": 20});
        let rows = client.ask("disassemble", window)["instructions"].as_array().unwrap().clone();
        assert_eq!((rows.len(), &rows[10]["address"]), (20, &json!(pc)));
        client.ask("exceptionInfo", json!({"threadId": thread}));
        client.ask("threads", Value::Null);
    });
}

#[test]
fn memory_that_is_there_is_read_and_other_memory_is_not_made_up() {
    /// `printf "the kernel's text crosses a page" | base64`
    const KERNEL_TEXT: &str = "dGhlIGtlcm5lbCdzIHRleHQgY3Jvc3NlcyBhIHBhZ2U=";
    for_each_dump(|arch, _, client, _| {
        let mut read = |address: u64| {
            let count = example::KERNEL_TEXT.len();
            client.ask("readMemory", json!({"memoryReference": format!("{address:#x}"), "count": count}))
        };
        assert_eq!(read(example::places(arch).kernel)["data"], KERNEL_TEXT);
        let unmapped = read(example::places(arch).unmapped);
        assert_eq!((&unmapped["data"], &unmapped["unreadableBytes"]), (&json!(""), &json!(example::KERNEL_TEXT.len())));
    });
}

#[test]
fn modules_are_those_of_the_loader_where_it_can_be_read() {
    for_each_dump(|_, format, client, _| {
        let modules = client.ask("modules", json!({}))["modules"].as_array().unwrap().clone();
        // Only a small dump has a list of its own; the others' lists are in memory that the example doesn't have.
        let names: Vec<_> = modules.iter().map(|module| module["name"].clone()).collect();
        if format == Format::Small {
            assert_eq!(names, ["nt", "größe"]);
        }
        client.ask("loadedSources", json!({}));
    });
}
