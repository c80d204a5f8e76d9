//! Parameters and locals of each frame of the crash: where they lie, and what they hold there.

use super::{Opened, for_each_dump, number};
use engine::evaluate::{Place, Syntax, evaluate};
use engine::stack::Frame;
use engine::variables::FrameVariable;
use engine::{ContextSource, SessionScope};
use memory::VirtualAddress;
use serde_json::Value;
use symbols::VariableRole;

/// Checks the variables of all frames of a context's stack; `expected` are the frames of the JSON.
fn check_variables(opened: &Opened, source: ContextSource, expected: &[Value]) {
    let stack = opened.session.stack_of(source).unwrap();
    for (frame, expected) in stack.frames.iter().zip(expected) {
        // The JSON has the variables of the driver's functions only.
        let Some(expected) = expected.get("variables").map(|variables| variables.as_array().unwrap()) else { continue };
        let found = opened.session.frame_variables(frame);
        let names = |variables: &[FrameVariable]| -> Vec<String> {
            variables.iter().map(|variable| variable.variable.name.clone()).collect()
        };
        let wanted: Vec<_> = expected.iter().map(|variable| variable["name"].as_str().unwrap()).collect();
        assert_eq!(names(&found), wanted, "{source:?}");
        for (found, expected) in found.iter().zip(expected) {
            check_variable(opened, frame, found, expected);
        }
    }
}

fn check_variable(opened: &Opened, frame: &Frame, found: &FrameVariable, expected: &Value) {
    let scope = SessionScope::new(&opened.session, Some(frame.clone()));
    let role = match (&expected["role"], &expected["where"]) {
        (_, place) if place == "constant" => VariableRole::Constant,
        (role, _) if role == "parameter" => VariableRole::Parameter,
        (role, _) if role == "static" => VariableRole::Static,
        _ => VariableRole::Local,
    };
    let name = expected["name"].as_str().unwrap();
    let ty = found.variable.ty.clone().unwrap();
    // The debuggers' spelling has other blanks, no `const`, and `int64`.
    let spelled = |name: &str| name.replace("const ", "").replace("__int64", "int64").replace(' ', "");
    assert_eq!((found.role, spelled(&ty.name())), (role, spelled(expected["type"].as_str().unwrap())), "{name}");

    let place = &found.variable.place;
    let value = evaluate(name, Syntax::Cpp, &scope).map(|value| value.as_u64(&scope).ok());
    let Some(bytes) = expected.get("bytes").and_then(Value::as_str) else {
        assert_missing(place, expected["where"].as_str().unwrap());
        assert!(value.is_err(), "{name} has a value");
        return;
    };
    let size = bytes.len() / 2;
    check_place(opened, place, expected["where"].as_str().unwrap());
    if let Place::Memory(address) = place {
        if !opened.holds(address.0, size as u64) {
            let error = format!("{:?}", value.unwrap_err());
            assert!(error.contains("VirtualNotInDump"), "{name}: {error}");
            return;
        }
    }
    let read: String = place.read(size, &scope).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(read, bytes, "{name}");
    match &expected["value"] {
        Value::Number(wanted) if wanted.is_f64() => {
            assert_eq!(value.unwrap().unwrap(), wanted.as_f64().unwrap() as u64)
        }
        // An array's value is its address.
        Value::String(hex) if !hex.starts_with("0x") => assert_eq!(value.unwrap().map(VirtualAddress), place.address()),
        wanted => assert_eq!(value.unwrap().unwrap(), number(wanted), "{name}"),
    }
}

/// Why a variable has no value: its live range lies elsewhere, or there is none.
fn assert_missing(place: &Place, wanted: &str) {
    let Place::Unavailable(why) = place else { panic!("{place:?} is {wanted}") };
    let words = match wanted {
        "not here" => ["not live at this instruction", "not preserved across the call"].as_slice(),
        "optimized away" => &["optimized away"],
        other => panic!("{other} is no reason"),
    };
    assert!(words.iter().any(|words| why.contains(words)), "{wanted}: {why}");
}

/// `wanted`: `rsp+0x28 = 0x…`, `0x…`, `constant`, or a register.
fn check_place(opened: &Opened, place: &Place, wanted: &str) {
    let wanted = wanted.rsplit(" = ").next().unwrap();
    if wanted.starts_with("0x") {
        assert_eq!(*place, Place::Memory(VirtualAddress(number(&wanted.into()))));
    } else if wanted == "constant" {
        assert!(matches!(place, Place::Constant(_)), "{place:?}");
    } else {
        let architecture = opened.session.target().architecture();
        let Place::Register(found) = place else { panic!("{place:?} is not {wanted}") };
        let wanted = architecture.find_register(wanted).unwrap();
        assert_eq!((found.register, found.shift), (wanted.register, wanted.shift));
    }
}

fn frames(opened: &Opened) -> &[Value] {
    opened.expected["stack"].as_array().unwrap()
}

#[test]
fn the_exceptions_registers_give_every_variable() {
    for_each_dump(|opened| {
        let behind_trap = frames(opened).iter().position(|frame| frame.get("trap_frame").is_some()).unwrap() + 1;
        check_variables(opened, ContextSource::Exception, &frames(opened)[behind_trap..]);
    });
}

#[test]
fn unwinding_through_the_trap_frame_gives_the_same_variables() {
    for_each_dump(|opened| check_variables(opened, ContextSource::Processor(0), frames(opened)));
}
