//! Where a live target is, as `launch.json` says it: a connection string, or the same as an object.

use serde::Deserialize;
use std::path::PathBuf;
use transport::{Connection, Endpoint};

/// `transport`: what the connection string says, property by property.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum TransportConfig {
    /// A Windows named pipe, usually a virtual machine's serial port.
    Pipe {
        /// `\\.\pipe\name` or `\\server\pipe\name`.
        path: String,
    },
    /// A Unix socket.
    UnixSocket {
        /// The socket's file.
        path: String,
    },
    /// A TCP port.
    Tcp {
        /// Host name or address; this machine if there is none.
        host: Option<String>,
        /// Port number.
        port: u16,
    },
    /// A serial port.
    Serial {
        /// `COM1`, `/dev/ttyUSB0`.
        port: String,
        /// Bits per second; 115200 if there is none.
        baud: Option<u32>,
    },
    /// A recording that plays the target.
    Replay {
        /// The file that `record` wrote.
        path: String,
        /// With the pauses that the target made, instead of at once.
        #[serde(default)]
        timed: bool,
    },
}

/// What can be said of a connection.
#[derive(Debug, Default)]
pub struct ConnectionConfig {
    /// The connection string.
    pub text: Option<String>,
    /// The same as an object.
    pub transport: Option<TransportConfig>,
    /// File that gets both directions' bytes.
    pub record: Option<PathBuf>,
    /// Whether to connect again when the line is lost.
    pub reconnect: Option<bool>,
}

impl ConnectionConfig {
    /// The connection; `None` where none is named.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn connection(self) -> Result<Option<Connection>, String> {
        let mut connection = match (self.text, self.transport) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err("`connection` and `transport` say the same: leave one out".to_owned()),
            (Some(text), None) => text.parse::<Connection>().map_err(|error| format!("`connection`: {error}"))?,
            (None, Some(transport)) => Connection::new(transport.endpoint()?),
        };
        if let Some(reconnect) = self.reconnect {
            connection.reconnect = reconnect;
        }
        connection.record = self.record.or(connection.record);
        Ok(Some(connection))
    }
}

impl TransportConfig {
    fn endpoint(self) -> Result<Endpoint, String> {
        let endpoint = match self {
            Self::Pipe { path } => Endpoint::pipe(&path),
            Self::UnixSocket { path } => Endpoint::unix_socket(&path),
            Self::Tcp { host, port } => Endpoint::tcp(host.as_deref().unwrap_or("localhost"), port),
            Self::Serial { port, baud } => Endpoint::serial(&port, baud.unwrap_or(transport::DEFAULT_BAUD)),
            Self::Replay { path, timed } => Endpoint::replay(&path, timed),
        };
        endpoint.map_err(|problem| format!("`transport`: {problem}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn structured(json: &str) -> Result<Option<Connection>, String> {
        let transport = serde_json::from_str(json).unwrap();
        ConnectionConfig { transport: Some(transport), ..ConnectionConfig::default() }.connection()
    }

    #[test]
    fn an_object_means_what_the_string_means() {
        for (json, text) in [
            (r#"{"kind":"pipe","path":"\\\\.\\pipe\\kd"}"#, r"com:pipe,port=\\.\pipe\kd"),
            (r#"{"kind":"unixSocket","path":"/tmp/kd"}"#, "unix:/tmp/kd"),
            (r#"{"kind":"tcp","host":"vm","port":5000}"#, "tcp:vm:5000"),
            (r#"{"kind":"serial","port":"COM1","baud":57600}"#, "com:port=COM1,baud=57600"),
            (r#"{"kind":"replay","path":"a.kdrec"}"#, "replay:a.kdrec"),
        ] {
            let expected: Connection = text.parse().unwrap();
            assert_eq!(structured(json), Ok(Some(expected)), "{json}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_property() {
        assert!(structured(r#"{"kind":"tcp","host":"vm","port":0}"#).unwrap_err().starts_with("`transport`: "));
        let config = ConnectionConfig { text: Some("nonsense".into()), ..ConnectionConfig::default() };
        assert!(config.connection().unwrap_err().starts_with("`connection`: "));
    }

    #[test]
    fn properties_beside_the_string_add_to_it() {
        let config = ConnectionConfig {
            text: Some("unix:/tmp/kd".into()),
            record: Some("a.kdrec".into()),
            reconnect: Some(true),
            ..ConnectionConfig::default()
        };
        let connection = config.connection().unwrap().unwrap();
        assert!(connection.reconnect && connection.record.is_some());
    }
}
