//! The three kinds of messages, and how one is read from a body and written into one.

use crate::dap::error::RequestError;
use crate::dap::protocol::Event;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A request as it came, its arguments not yet looked at.
#[derive(Debug)]
pub struct Request {
    /// Its number, which the answer repeats as `request_seq`.
    pub seq: i64,
    /// Which request it is.
    pub command: String,
    /// Its `arguments`: JSON text, `{}` where there were none.
    pub arguments: Box<RawValue>,
}

/// What a client may send.
#[derive(Debug)]
pub enum Incoming {
    /// A request: to be answered.
    Request(Request),
    /// A response or an event. None is waited for, so there is nothing to do.
    Other,
}

/// A body that is no message. With a number it can be answered, otherwise only logged.
#[derive(Debug)]
pub struct Undecodable {
    /// `seq`, when that much could be read.
    pub seq: Option<i64>,
    /// `command`, when that much could be read; otherwise empty.
    pub command: String,
    /// What is wrong.
    pub reason: String,
}

/// A message, each of its properties still JSON text.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    seq: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    command: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

impl Incoming {
    /// Reads a body in two stages, so that a request with one wrong property can still be answered by its number.
    ///
    /// # Errors
    /// [`Undecodable`] for what is no JSON object, or a request without number or command.
    pub fn decode(body: &[u8]) -> Result<Self, Undecodable> {
        let unreadable = |reason| Undecodable { seq: None, command: String::new(), reason };
        let text = std::str::from_utf8(body).map_err(|error| unreadable(format!("not UTF-8: {error}")))?;
        let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        let string = |value: Option<&RawValue>| value.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        let seq = envelope.seq.and_then(|raw| serde_json::from_str(raw.get()).ok());
        let command = string(envelope.command);
        let kind = string(envelope.kind).unwrap_or_default();
        match (kind.as_str(), seq, command) {
            ("request", Some(seq), Some(command)) => {
                // An empty table of Lua's becomes an empty list.
                let given = envelope.arguments.filter(|raw| !matches!(raw.get(), "null" | "[]"));
                let arguments = given.map(ToOwned::to_owned);
                Ok(Self::Request(Request { seq, command, arguments: arguments.unwrap_or_else(no_arguments) }))
            }
            ("response" | "event", ..) => Ok(Self::Other),
            (_, seq, command) => {
                let reason = match (kind.as_str(), seq) {
                    ("request", None) => "a request needs `seq`, an integer".to_owned(),
                    ("request", _) => "a request needs `command`, a string".to_owned(),
                    _ => "`type` must be \"request\", \"response\" or \"event\"".to_owned(),
                };
                Err(Undecodable { seq, command: command.unwrap_or_default(), reason })
            }
        }
    }
}

fn no_arguments() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).unwrap_or_default()
}

/// What is sent.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Outgoing<'a> {
    /// The answer to a request.
    Response {
        /// Number of this message.
        seq: i64,
        /// Number of the request.
        request_seq: i64,
        /// Whether it was done.
        success: bool,
        /// The request's command.
        command: &'a str,
        /// Why it wasn't done, in short.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a str>,
        /// The result, or the error in full.
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<&'a RawValue>,
    },
    /// Something that happened.
    Event {
        /// Number of this message.
        seq: i64,
        /// What happened.
        #[serde(flatten)]
        event: &'a Event,
    },
}

/// What a handler hands back: a body as JSON text, or why there is none.
pub type Answer = Result<Box<RawValue>, RequestError>;

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &str) -> Result<(i64, String, String), (Option<i64>, String)> {
        match Incoming::decode(body.as_bytes()) {
            Ok(Incoming::Request(request)) => Ok((request.seq, request.command, request.arguments.get().to_owned())),
            Ok(Incoming::Other) => Ok((0, "other".to_owned(), String::new())),
            Err(undecodable) => Err((undecodable.seq, undecodable.command)),
        }
    }

    #[test]
    fn a_request_keeps_its_arguments_as_text() {
        let request = r#"{"seq":3,"type":"request","command":"next","arguments":{"threadId":1},"unknown":[]}"#;
        assert_eq!(decode(request), Ok((3, "next".into(), r#"{"threadId":1}"#.into())));
    }

    #[test]
    fn no_arguments_may_be_left_out_or_be_null_or_an_empty_list() {
        for arguments in ["", r#","arguments":null"#, r#","arguments":[]"#, r#","arguments":{}"#] {
            let request = format!(r#"{{"seq":3,"type":"request","command":"disconnect"{arguments}}}"#);
            assert_eq!(decode(&request), Ok((3, "disconnect".into(), "{}".into())), "{arguments}");
        }
    }

    #[test]
    fn what_is_no_request_is_told_with_its_number_where_there_is_one() {
        assert_eq!(decode(r#"{"seq":3,"type":"request","command":4}"#), Err((Some(3), String::new())));
        assert_eq!(decode(r#"{"seq":3,"type":7,"command":"next"}"#), Err((Some(3), "next".into())));
        assert_eq!(decode(r#"{"seq":"3","type":"request","command":"next"}"#), Err((None, "next".into())));
        for body in ["{bad}", "[]", "", "7", "{\"seq\":1,\"seq\":1}", "\u{feff}{}"] {
            assert_eq!(decode(body), Err((None, String::new())), "{body}");
        }
        assert!(Incoming::decode(b"{\"seq\":1,\"\xff\":2}").is_err());
        assert_eq!(decode(r#"{"seq":3,"type":"response","command":"x"}"#).unwrap().1, "other");
    }
}
