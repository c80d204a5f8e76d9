//! The base protocol, as strict as it can be read.

use serde_json::Value;
use std::io::{ErrorKind, Read};

/// A body with its header.
pub fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    frame
}

/// The next message; `None` at the end of the stream.
pub(super) fn read_message(input: &mut impl Read) -> Result<Option<Value>, String> {
    const NAME: &[u8] = b"Content-Length: ";
    let mut header = Vec::new();
    while !header.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match input.read_exact(&mut byte) {
            Ok(()) => header.push(byte[0]),
            Err(error) if header.is_empty() && ended(error.kind()) => return Ok(None),
            Err(error) => return Err(format!("{error} in header {:?}", String::from_utf8_lossy(&header))),
        }
        if header.len() > 64 {
            return Err(format!("no header: {:?}", String::from_utf8_lossy(&header)));
        }
    }
    let length = header.strip_prefix(NAME).and_then(|rest| std::str::from_utf8(rest).ok()?.trim_end().parse().ok());
    let length: usize = length.ok_or_else(|| format!("header {:?}", String::from_utf8_lossy(&header)))?;
    let mut body = vec![0; length];
    input.read_exact(&mut body).map_err(|error| format!("{error} in a body of {length} bytes"))?;
    let text = std::str::from_utf8(&body).map_err(|error| error.to_string())?;
    serde_json::from_str(text).map(Some).map_err(|error| format!("{error}: {text}"))
}

fn ended(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset)
}
