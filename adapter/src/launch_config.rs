//! The arguments of `attach` and `launch`, as they stand in `launch.json`.
//!
//! The one source of them: names, types and descriptions of the editor's schema come from here (`editor_schema.rs`).
//! Properties that aren't listed are the client's own (`name`, `type`, `preLaunchTask`, …) and are ignored.

use crate::connection_config::{ConnectionConfig, TransportConfig};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `attach` and `launch`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct LaunchConfig {
    /// The crash dump to open: complete, kernel, automatic, active, bitmap or small, of x64, ARM64 or x86 Windows.
    pub dump_file: Option<PathBuf>,
    /// The live target to connect to: `com:pipe,port=\\.\pipe\kd`, `unix:/tmp/kd`, `tcp:host:port`,
    /// `com:port=COM1,baud=115200`, `replay:file`.
    pub connection: Option<String>,
    /// The same as an object: `kind` (`pipe`, `unixSocket`, `tcp`, `serial` or `replay`) and what belongs to it.
    pub transport: Option<TransportConfig>,
    /// File that gets every byte of the connection, to be played back with `replay:`.
    pub record: Option<PathBuf>,
    /// Whether to connect again when the line to the live target is lost.
    pub reconnect: Option<bool>,
    /// Whether the live target stays halted once it is connected to: yes, unless this is `false`.
    #[cfg_attr(test, schemars(extend("default" = true)))]
    pub stop_on_entry: Option<bool>,
    /// What is answered when the live target asks (`DbgPrompt`). Without it, the console's next line is the answer.
    pub prompt_answer: Option<String>,
    /// Whether the client's restart button reboots the live target without asking back.
    #[cfg_attr(test, schemars(extend("default" = false)))]
    pub allow_reboot: Option<bool>,
    /// Where symbol files (PDB) are: folders and symbol stores, as in `.sympath`, separated by `;` or as a list.
    pub symbol_path: Option<SearchPath>,
    /// Where images (SYS, EXE, DLL) are: folders and symbol stores, as in `.exepath`, separated by `;` or as a list.
    pub image_path: Option<SearchPath>,
    /// Where source files are on this machine: from folders as they stand in the symbol files to folders here.
    pub source_map: Option<BTreeMap<String, String>>,
    /// Number of the processor to show first. Without it, the one that crashed.
    pub processor: Option<u32>,
    /// Commands to run once the target is open; their output goes to the debug console.
    pub init_commands: Option<Vec<String>>,
    /// File that the adapter's log is written to. Without it, the log goes to the debug console.
    pub log_file: Option<PathBuf>,
    /// How much is logged: `error`, `warn`, `info`, `debug` or `trace`; `true` stands for `debug`.
    pub trace: Option<Trace>,
    /// What other debuggers start. kdap refuses it, rather than opening something else than what was asked for.
    #[cfg_attr(test, schemars(skip))]
    pub program: Option<IgnoredAny>,
}

impl LaunchConfig {
    /// The properties that name a live target.
    pub fn take_connection(&mut self) -> ConnectionConfig {
        ConnectionConfig {
            text: self.connection.take(),
            transport: self.transport.take(),
            record: self.record.take(),
            reconnect: self.reconnect.take(),
        }
    }
}

/// A symbol or image path.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "a string or a list of strings")]
pub enum SearchPath {
    /// In the debuggers' syntax.
    Text(String),
    /// One element for each place.
    List(Vec<String>),
}

impl SearchPath {
    /// The path in the debuggers' syntax: places separated by `;`.
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::List(places) => places.join(";"),
        }
    }
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "a boolean, or one of `error`, `warn`, `info`, `debug`, `trace`")]
pub enum Trace {
    /// What a bug report needs, or nothing.
    Switch(bool),
    /// This and what is more severe.
    Level(TraceLevel),
}

/// From little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum TraceLevel {
    /// What went wrong.
    Error,
    /// What may be wrong.
    Warn,
    /// What was done.
    Info,
    /// Each request, and how long it took.
    Debug,
    /// Each request with its arguments.
    Trace,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::Visitor;
    use std::collections::HashSet;
    use std::mem::discriminant;

    #[test]
    fn the_documented_forms_are_taken_and_what_is_the_clients_own_is_ignored() {
        let config: LaunchConfig = serde_json::from_str(
            r#"{"type":"kd","name":"dump","dumpFile":"a.dmp","symbolPath":["b","c"],"sourceMap":{"D:\\x":"/y"},
                "imagePath":null,"trace":"info","initCommands":["k"],"__sessionId":7}"#,
        )
        .unwrap();
        assert_eq!(config.dump_file.unwrap().to_str(), Some("a.dmp"));
        assert_eq!(config.symbol_path.unwrap().into_text(), "b;c");
        assert!(config.image_path.is_none());
        assert_eq!(config.trace, Some(Trace::Level(TraceLevel::Info)));
        assert!(config.program.is_none());
    }

    /// Takes nothing but the names of the properties.
    struct Properties<'a>(&'a mut Vec<&'static str>);

    impl<'de> serde::Deserializer<'de> for Properties<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom("no struct"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            self.0.extend(fields);
            self.deserialize_any(visitor)
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    #[test]
    fn each_sample_names_one_target_with_properties_that_exist() {
        let mut properties = vec!["type", "request", "name"];
        let _ = LaunchConfig::deserialize(Properties(&mut properties));
        assert!(properties.contains(&"dumpFile") && properties.contains(&"connection"), "{properties:?}");

        let file: serde_json::Value = serde_json::from_str(include_str!("../../samples/launch.json")).unwrap();
        let configurations = file["configurations"].as_array().unwrap();
        let mut kinds = HashSet::new();
        for configuration in configurations {
            let name = &configuration["name"];
            assert_eq!((&configuration["type"], &configuration["request"]), (&"kd".into(), &"attach".into()), "{name}");
            for property in configuration.as_object().unwrap().keys() {
                assert!(properties.contains(&property.as_str()), "{name}: {property}");
            }
            let mut config: LaunchConfig =
                serde_json::from_value(configuration.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
            let connection = config.take_connection().connection().unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(config.dump_file.is_some() != connection.is_some(), "{name}");
            kinds.extend(connection.map(|connection| discriminant(&connection.endpoint)));
        }
        assert_eq!(kinds.len(), 5, "every transport has its sample");
    }

    #[test]
    fn a_wrong_type_is_told_with_what_is_expected() {
        let error = serde_json::from_str::<LaunchConfig>(r#"{"trace":"loud"}"#).unwrap_err().to_string();
        assert!(error.starts_with("a boolean, or one of"), "{error}");
        let error = serde_json::from_str::<LaunchConfig>(r#"{"symbolPath":3}"#).unwrap_err().to_string();
        assert!(error.starts_with("a string or a list"), "{error}");
    }
}
