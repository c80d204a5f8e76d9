//! The driver's globals, as expressions name them and as trees show them.

use super::{Opened, for_each_dump, number};
use engine::SessionScope;
use engine::evaluate::{Place, Scalar, Syntax, evaluate};
use engine::variables::{Node, Style, View};
use memory::VirtualAddress;
use serde_json::Value;
use tests::sample::Build;

/// A member of `SampleDevice`, or another global, and the element of the JSON's list for it.
const MEMBERS: &[(&str, &str, usize)] = &[
    ("StartCount", "StartCount", 0),
    ("FirstSlot.Value", "FirstSlot", 0),
    ("FirstSlot.Writes", "FirstSlot", 1),
    ("sampledrv!LastSlot.Value", "LastSlot", 0),
    ("LastSlot.Writes", "LastSlot", 1),
    ("SampleDevice.Signature", "SampleDevice.Signature", 0),
    ("SampleDevice.State", "SampleDevice.State", 0),
    ("SampleDevice.Color", "SampleDevice.Color", 0),
    ("(unsigned long)SampleDevice.LastStatus", "SampleDevice.LastStatus", 0),
    ("SampleDevice.Created.QuadPart", "SampleDevice.Created", 0),
    ("SampleDevice.InterfaceId.Data1", "SampleDevice.InterfaceId", 0),
    ("SampleDevice.InterfaceId.Data2", "SampleDevice.InterfaceId", 1),
    ("SampleDevice.InterfaceId.Data3", "SampleDevice.InterfaceId", 2),
    ("SampleDevice.Corners[0].X", "SampleDevice.Corners", 0),
    ("SampleDevice.Corners[0].Y", "SampleDevice.Corners", 1),
    ("SampleDevice.Corners[1].X", "SampleDevice.Corners", 2),
    ("SampleDevice.Corners[1].Y", "SampleDevice.Corners", 3),
    ("SampleDevice.Matrix[0][0]", "SampleDevice.Matrix", 0),
    ("SampleDevice.Matrix[0][2]", "SampleDevice.Matrix", 2),
    ("SampleDevice.Matrix[1][0]", "SampleDevice.Matrix", 3),
    ("SampleDevice.Matrix[1][2]", "SampleDevice.Matrix", 5),
    ("SampleDevice.Enabled", "SampleDevice.Enabled", 0),
    ("SampleDevice.Grade", "SampleDevice.Grade", 0),
    ("SampleDevice.Unit[0]", "SampleDevice.Unit", 0),
    ("SampleDevice.Unit[3]", "SampleDevice.Unit", 3),
    ("SampleDevice.Scale", "SampleDevice.Scale", 0),
    ("SampleDevice.Ratio", "SampleDevice.Ratio", 0),
    ("SampleDevice.Value.AsUlong", "SampleDevice.Value", 0),
    ("SampleDevice.EntryCount", "SampleDevice.EntryCount", 0),
    ("SampleDevice.Slots[0]", "SampleDevice.Slots", 0),
    ("SampleDevice.Slots[1]", "SampleDevice.Slots", 1),
    ("SampleDevice.Self->Slots[2]", "SampleDevice.Slots", 2),
];

/// Bit fields, whose values `samples/driver/driver.c` sets; the JSON has the whole words.
const BIT_FIELDS: &[(&str, i128)] = &[
    ("SampleDevice.Flags.Ready", 1),
    ("SampleDevice.Flags.Level", 5),
    ("SampleDevice.Flags.Retries", 9),
    ("SampleDevice.Flags.Reserved", 0xab_cdef),
    ("SampleDevice.Flags.Delta", -3),
    ("SampleDevice.Flags.Trend", 1000),
    ("SampleDevice.Flags.Serial", 0x12_3456_789a),
    ("SampleDevice.Flags.Wanted", 0x10),
];

/// The scalar that an expression is worth; `None` when memory for it isn't in the dump, and that is said.
fn scalar(opened: &Opened, scope: &SessionScope<'_>, expression: &str) -> Option<Scalar> {
    match evaluate(expression, Syntax::Cpp, scope) {
        Ok(value) => {
            if let Place::Memory(address) = value.place {
                assert!(opened.holds(address.0, 1), "{expression} is not in the dump");
            }
            Some(value.scalar(scope).unwrap())
        }
        Err(error) => {
            let error = format!("{error:?}");
            assert!(error.contains("VirtualNotInDump"), "{expression}: {error}");
            assert!(!opened.holds_driver_data(), "{expression} is in the dump");
            None
        }
    }
}

impl Opened {
    /// Whether the dump has all of the driver's data.
    fn holds_driver_data(&self) -> bool {
        self.holds(number(&self.expected["modules"][1]["base"]) + 0x3000, 0x1000)
    }
}

#[test]
fn expressions_give_every_member_or_say_that_it_is_not_in_the_dump() {
    for_each_dump(|opened| {
        let scope = opened.session.expression_scope();
        let mut known = 0;
        for (expression, name, index) in MEMBERS {
            let wanted = match &opened.expected["globals"][name][index] {
                Value::Number(number) if number.is_f64() => Scalar::Float(number.as_f64().unwrap()),
                Value::Number(number) => Scalar::Integer(number.as_i64().unwrap().into()),
                address => Scalar::Integer(number(address).into()),
            };
            if let Some(found) = scalar(opened, &scope, expression) {
                assert_eq!(found, wanted, "{expression}");
                known += 1;
            }
        }
        for (expression, wanted) in BIT_FIELDS {
            if let Some(found) = scalar(opened, &scope, expression) {
                assert_eq!(found, Scalar::Integer(*wanted), "{expression}");
                known += 1;
            }
        }
        let all = MEMBERS.len() + BIT_FIELDS.len();
        assert!(known == all || !opened.holds_driver_data(), "{known} of {all}");
        // rcx points to the device in the -O2 driver, so that even the small dump has its first 128 bytes.
        assert!(known >= 20 || opened.build == Build::O0, "{known} of {all}");
    });
}

#[test]
fn the_list_of_entries_is_linked_as_the_source_links_it() {
    for_each_dump(|opened| {
        let scope = opened.session.expression_scope();
        let mut link = "SampleDevice.Entries.Flink".to_owned();
        for entry in opened.expected["globals"]["SampleDevice.Entries"].as_array().unwrap() {
            let record = format!("#CONTAINING_RECORD({link}, _SAMPLE_ENTRY, Link)");
            for (member, wanted) in [("Id", &entry[0]), ("Value.AsUlong", &entry[1])] {
                if let Some(found) = scalar(opened, &scope, &format!("{record}->{member}")) {
                    assert_eq!(found, Scalar::Integer(wanted.as_i64().unwrap().into()), "{record}->{member}");
                }
            }
            link = format!("{record}->Link.Flink");
        }
        if let Some(back) = scalar(opened, &scope, &link) {
            assert_eq!(Some(back), scalar(opened, &scope, "(unsigned __int64)&SampleDevice.Entries"));
        }
    });
}

#[test]
fn strings_show_as_text() {
    for_each_dump(|opened| {
        let scope = opened.session.expression_scope();
        let view = View::new(&scope, opened.session.target().modules());
        for name in ["SampleDevice.Name", "SampleDevice.Vendor"] {
            let wanted = opened.expected["globals"][name].as_str().unwrap();
            let value = evaluate(name, Syntax::Cpp, &scope).unwrap();
            let shown = view.summary(&Node::of_expression(name, value), Style::Editor { hex: false });
            let missing = shown.contains("not in the dump");
            assert!(shown.contains(wanted) || missing && !opened.holds_driver_data(), "{name}: {shown}");
        }
    });
}

#[test]
fn a_global_lies_where_the_map_says() {
    for_each_dump(|opened| {
        let scope = opened.session.expression_scope();
        let wanted = VirtualAddress(number(&opened.expected["globals"]["SampleDevice"]));
        let device = evaluate("sampledrv!SampleDevice", Syntax::Cpp, &scope).unwrap();
        assert_eq!(device.place, Place::Memory(wanted));
        let address = evaluate("sampledrv!SampleDevice", Syntax::Masm, &scope).unwrap();
        assert_eq!(address.as_u64(&scope).unwrap(), wanted.0);
        let name = opened.session.target().modules().name_of(wanted).unwrap();
        assert_eq!(name.to_string(), "sampledrv!SampleDevice");
    });
}
