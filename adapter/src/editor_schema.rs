//! What the VS Code extension's `package.json` says of configurations: the schema of their arguments, made from
//! [`LaunchConfig`], and those that are offered for a new `launch.json`. Only the test below uses it.

use crate::launch_config::LaunchConfig;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

/// Set to write `package.json` instead of comparing it.
const UPDATE: &str = "UPDATE_PACKAGE_JSON";

/// The arguments as properties of a JSON schema, with VS Code's words.
fn properties() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<LaunchConfig>().to_value();
    let mut properties = schema["properties"].take();
    for property in properties.as_object_mut().expect("a struct has properties").values_mut() {
        in_editors_words(property);
    }
    properties
}

/// Descriptions become Markdown, lists of constants become `enum`, and what no user needs to know is left out: that
/// `null` means the same as nothing, and how many bits a number has.
fn in_editors_words(schema: &mut Value) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(in_editors_words),
        Value::Object(object) => {
            object.retain(|key, value| key != "format" && !(key == "default" && value.is_null()));
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            without_null(object);
            if let Some(alternatives) = object.get("oneOf").and_then(constants) {
                object.shift_remove("oneOf");
                object.insert("type".to_owned(), json!("string"));
                object.insert("enum".to_owned(), alternatives.iter().map(|(name, _)| name.clone()).collect());
                let descriptions = alternatives.iter().map(|(_, description)| description.clone()).collect();
                object.insert("markdownEnumDescriptions".to_owned(), descriptions);
            }
            object.values_mut().for_each(in_editors_words);
            if let Some(Value::String(description)) = object.shift_remove("description") {
                object.insert("markdownDescription".to_owned(), json!(description.replace('\n', " ")));
            }
        }
        _ => {}
    }
}

/// Takes `null` out of the alternatives; a single one that is left takes their place.
fn without_null(object: &mut Map<String, Value>) {
    let Some(Value::Array(mut alternatives)) = object.shift_remove("anyOf") else { return };
    alternatives.retain(|alternative| alternative["type"] != "null");
    match alternatives.as_mut_slice() {
        [Value::Object(only)] => {
            // What is said of the property says more than what is said of its type.
            only.extend(std::mem::take(object));
            *object = std::mem::take(only);
        }
        _ => _ = object.insert("anyOf".to_owned(), Value::Array(alternatives)),
    }
}

/// The constants and their descriptions, if these are nothing but constants.
fn constants(alternatives: &Value) -> Option<Vec<(Value, Value)>> {
    let constant = |alternative: &Value| Some((alternative.get("const")?.clone(), alternative["description"].clone()));
    alternatives.as_array()?.iter().map(constant).collect()
}

/// A configuration that users start from.
struct Offer {
    label: &'static str,
    description: &'static str,
    /// What names the target.
    target: Value,
}

/// Those that an editor offers, which ask for what they need when they are started.
fn offers() -> [Offer; 5] {
    [
        Offer {
            label: "Open crash dump…",
            description: "Opens a crash dump of the folder, or another one.",
            target: json!({ "dumpFile": "${command:kd.pickDump}" }),
        },
        Offer {
            label: "Hyper-V pipe…",
            description: "Connects to a virtual machine whose serial port is a named pipe: Hyper-V, VirtualBox, VMware.",
            target: json!({ "connection": "com:pipe,port=${command:kd.pickPipe},reconnect" }),
        },
        Offer {
            label: "QEMU / VirtualBox socket…",
            description: "Connects to a virtual machine whose serial port is a socket: QEMU, libvirt, VirtualBox, VMware.",
            target: json!({ "connection": "${command:kd.pickConnection},reconnect" }),
        },
        Offer {
            label: "Serial port…",
            description: "Connects to a machine on a null-modem cable.",
            target: json!({ "connection": "com:port=${command:kd.pickSerialPort},baud=115200" }),
        },
        Offer {
            label: "Replay a recording…",
            description: "Plays a session again that was recorded with `record`.",
            target: json!({ "connection": "replay:${command:kd.pickRecording}" }),
        },
    ]
}

impl Offer {
    fn configuration(&self) -> Value {
        let mut configuration = json!({ "type": "kd", "request": "attach", "name": self.label });
        let target = self.target.as_object().expect("properties").clone();
        configuration.as_object_mut().expect("an object").extend(target);
        configuration
    }

    /// The same for the list in `launch.json`: in a snippet, `${` has another meaning.
    fn snippet(&self) -> Value {
        let label = format!("kdap: {}", self.label.trim_end_matches('…'));
        let text = self.configuration().to_string().replace("${", "\\\\${");
        let body: Value = serde_json::from_str(&text).expect("still JSON");
        json!({ "label": label, "description": self.description, "body": body })
    }
}

#[test]
fn the_extension_takes_the_arguments_that_the_adapter_takes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vscode-ext/package.json");
    let found = fs::read_to_string(&path).expect("package.json");
    let mut package: Value = serde_json::from_str(&found).expect("JSON");
    let debugger = &mut package["contributes"]["debuggers"][0];
    for request in ["attach", "launch"] {
        debugger["configurationAttributes"][request]["properties"] = properties();
    }
    debugger["initialConfigurations"] = offers().iter().map(Offer::configuration).collect();
    debugger["configurationSnippets"] = offers().iter().map(Offer::snippet).collect();
    let expected = format!("{package:#}\n");
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, expected).expect("package.json can be written");
    } else {
        assert!(found == expected, "{}: run the test again with {UPDATE}=1 to write it", path.display());
    }
}

#[test]
fn every_offer_names_one_target() {
    for offer in offers() {
        let text = offer.configuration().to_string();
        let text = text.replace("${command:kd.pickConnection}", "unix:/tmp/kd").replace("${command:kd.pick", "/{");
        let mut config: LaunchConfig = serde_json::from_str(&text).expect(offer.label);
        let connection = config.take_connection().connection().expect(offer.label);
        assert!(config.dump_file.is_some() != connection.is_some(), "{}", offer.label);
    }
}
