//! DAP's base protocol, sans I/O: `Content-Length: N`, an empty line, and N bytes of JSON.
//!
//! ```text
//! Content-Length: 119\r\n
//! \r\n
//! {"seq":153,"type":"request", ...
//! ```
//! Strict in what is written. In what is read, unknown header fields are passed over; anything else that is wrong is
//! told once, and reading goes on at the next `Content-Length:`, so that a damaged message costs itself and no other.

use std::ops::Range;

/// Bytes that a header may have: some fields of some ten bytes, with room.
const MAX_HEADER: usize = 4096;

/// Bytes that a body may have. The largest that clients send are `writeMemory` and pasted expressions.
pub const MAX_BODY: usize = 64 << 20;

const FIELD: &[u8] = b"content-length";

/// What is wrong with the bytes between two messages.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// No header ends where one should.
    #[error("no message header ends within {MAX_HEADER} bytes")]
    HeaderTooLong,
    /// A header line ends with a bare line feed.
    #[error("header line {0:?} doesn't end with CR LF")]
    LineEnding(String),
    /// A header line that is no `Name: value`.
    #[error("{0:?} is no header field")]
    Field(String),
    /// A header without the one field that counts.
    #[error("the message header has no Content-Length")]
    NoContentLength,
    /// More than one `Content-Length`.
    #[error("the message header has more than one Content-Length")]
    TwoContentLengths,
    /// A length that isn't written in digits.
    #[error("Content-Length is {0:?}")]
    ContentLength(String),
    /// A length beyond what is taken; nothing is allocated for it.
    #[error("Content-Length is {0}: at most {MAX_BODY} bytes are taken")]
    TooLong(String),
    /// The stream ended within a message.
    #[error("the input ends within a message, {missing} bytes short")]
    Truncated {
        /// Bytes of the body that didn't come.
        missing: usize,
    },
    /// The stream ended with bytes that are no message.
    #[error("the input ends with {0} bytes that are no message")]
    Trailing(usize),
}

/// Cuts a stream of bytes into message bodies.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Length of the body that comes next, once its header was read.
    body: Option<usize>,
    /// A damaged header was told, and no `Content-Length` was seen since.
    lost: bool,
}

impl Decoder {
    /// Takes bytes as they come, in pieces of any size.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next body, or what is wrong with the bytes before it; `None` when more bytes are needed.
    pub fn next_body(&mut self) -> Option<Result<Vec<u8>, FramingError>> {
        loop {
            if let Some(length) = self.body {
                if self.buffer.len() < length {
                    return None;
                }
                self.body = None;
                let rest = self.buffer.split_off(length);
                return Some(Ok(std::mem::replace(&mut self.buffer, rest)));
            }
            if self.lost && !self.find_content_length(0) {
                return None;
            }
            match parse_header(&self.buffer) {
                Ok(None) => return None,
                Ok(Some(header)) => {
                    self.buffer.drain(..header.size);
                    self.body = Some(header.content_length);
                }
                Err(error) => {
                    self.find_content_length(1);
                    return Some(Err(error));
                }
            }
        }
    }

    /// What is left when the stream has ended.
    pub fn end(&self) -> Option<FramingError> {
        match self.body {
            Some(length) => Some(FramingError::Truncated { missing: length.saturating_sub(self.buffer.len()) }),
            None if self.buffer.is_empty() || self.lost => None,
            None => Some(FramingError::Trailing(self.buffer.len())),
        }
    }

    /// Drops what precedes the next `Content-Length:` at or behind `from`; without one, all but a possible start of it.
    fn find_content_length(&mut self, from: usize) -> bool {
        let field = FIELD.len() + 1;
        let is_field = |window: &[u8]| {
            window.split_last().is_some_and(|(colon, name)| *colon == b':' && name.eq_ignore_ascii_case(FIELD))
        };
        let found = self.buffer.windows(field).skip(from).position(is_field).map(|at| at.saturating_add(from));
        let keep_from = found.unwrap_or(self.buffer.len().saturating_sub(field - 1).max(from));
        self.buffer.drain(..keep_from.min(self.buffer.len()));
        self.lost = found.is_none();
        found.is_some()
    }
}

/// A message's header and its body, ready to be written.
pub fn encode(body: &[u8]) -> Vec<u8> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    frame
}

struct Header {
    /// Bytes from its start to the body's.
    size: usize,
    content_length: usize,
}

/// The header at the start of `buffer`; `None` while its end isn't there yet.
fn parse_header(buffer: &[u8]) -> Result<Option<Header>, FramingError> {
    let mut content_length = None;
    let mut at = 0;
    loop {
        let Some(line) = next_line(buffer, at) else {
            return if buffer.len() >= MAX_HEADER { Err(FramingError::HeaderTooLong) } else { Ok(None) };
        };
        let (bytes, size) = (buffer.get(line.clone()).unwrap_or_default(), line.end.saturating_add(1));
        if size > MAX_HEADER {
            return Err(FramingError::HeaderTooLong);
        }
        let Some(text) = bytes.strip_suffix(b"\r") else {
            return Err(FramingError::LineEnding(lossy(bytes)));
        };
        if text.is_empty() {
            let content_length = content_length.ok_or(FramingError::NoContentLength)?;
            return Ok(Some(Header { size, content_length }));
        }
        if let Some(length) = parse_field(text)? {
            if content_length.replace(length).is_some() {
                return Err(FramingError::TwoContentLengths);
            }
        }
        at = size;
    }
}

/// The bytes from `at` to before the next line feed.
fn next_line(buffer: &[u8], at: usize) -> Option<Range<usize>> {
    let length = buffer.get(at..)?.iter().take(MAX_HEADER).position(|byte| *byte == b'\n')?;
    Some(at..at.saturating_add(length))
}

/// The length, if the field is the one that tells it.
fn parse_field(line: &[u8]) -> Result<Option<usize>, FramingError> {
    let field = || FramingError::Field(lossy(line));
    let colon = line.iter().position(|byte| *byte == b':').ok_or_else(field)?;
    let (name, value) = line.split_at(colon);
    if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_graphic()) {
        return Err(field());
    }
    if !name.eq_ignore_ascii_case(FIELD) {
        return Ok(None);
    }
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(FramingError::ContentLength(lossy(value)));
    }
    let length = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
    match length.filter(|length| *length <= MAX_BODY) {
        Some(length) => Ok(Some(length)),
        None => Err(FramingError::TooLong(lossy(value))),
    }
}

/// The start of some bytes as text, for a message.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..80).unwrap_or(bytes)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes `input` whole, byte by byte and in threes: the same comes of it.
    fn check(input: &[u8], expected: &[Result<&str, FramingError>]) {
        for step in [input.len().max(1), 1, 3] {
            let mut decoder = Decoder::default();
            let mut decoded = Vec::new();
            for piece in input.chunks(step) {
                decoder.push(piece);
                while let Some(body) = decoder.next_body() {
                    decoded.push(body.map(|body| String::from_utf8(body).unwrap()));
                }
            }
            decoded.extend(decoder.end().map(Err));
            let decoded: Vec<_> = decoded.iter().map(|body| body.as_deref()).collect();
            let expected: Vec<_> = expected.iter().map(|body| body.as_ref().copied()).collect();
            assert_eq!(decoded, expected, "in pieces of {step}");
        }
    }

    #[test]
    fn bodies_follow_each_other() {
        check(b"Content-Length: 2\r\n\r\n{}Content-Length: 3\r\n\r\n[1]", &[Ok("{}"), Ok("[1]")]);
        check("Content-Length: 4\r\n\r\n中a".as_bytes(), &[Ok("中a")]);
    }

    #[test]
    fn other_header_fields_are_passed_over() {
        check(b"Content-Type: a/b; c=d\r\ncontent-length:2 \r\nX: \r\n\r\n{}", &[Ok("{}")]);
    }

    #[test]
    fn what_is_wrong_is_told_once_and_the_next_message_is_read() {
        let next = |error| [Err(error), Ok("{}")];
        let with = |start: &str| format!("{start}Content-Length: 2\r\n\r\n{{}}").into_bytes();
        check(&with("hello\n"), &next(FramingError::LineEnding("hello".into())));
        check(&with("no field\r\n"), &next(FramingError::Field("no field".into())));
        check(&with("A: b\r\n\r\n"), &next(FramingError::NoContentLength));
        check(&with("Content-Length: +2\r\n\r\n{}"), &next(FramingError::ContentLength("+2".into())));
        check(&with("Content-Length: 2\n\n{}"), &next(FramingError::LineEnding("Content-Length: 2".into())));
        let huge = "99999999999999999999999";
        check(&with(&format!("Content-Length: {huge}\r\n\r\n{{}}")), &next(FramingError::TooLong(huge.into())));
        check(
            &with(&format!("Content-Length: {}\r\n\r\n{{}}", MAX_BODY + 1)),
            &next(FramingError::TooLong("67108865".into())),
        );
        check(&with("garbage"), &[Err(FramingError::NoContentLength), Ok("{}")]);
    }

    #[test]
    fn two_lengths_are_refused() {
        let input = b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}]";
        check(input, &[Err(FramingError::TwoContentLengths), Ok("{}]")]);
    }

    #[test]
    fn a_header_without_end_is_given_up() {
        let mut decoder = Decoder::default();
        for _ in 0..100 {
            decoder.push(&[b'x'; 1000]);
            assert_ne!(decoder.next_body(), Some(Ok(Vec::new())));
            assert!(decoder.buffer.len() <= MAX_HEADER + 1000);
        }
        assert!(decoder.lost);
    }

    #[test]
    fn an_announced_length_allocates_nothing() {
        let mut decoder = Decoder::default();
        decoder.push(format!("Content-Length: {MAX_BODY}\r\n\r\n").as_bytes());
        assert_eq!(decoder.next_body(), None);
        assert!(decoder.buffer.capacity() < MAX_HEADER);
        assert_eq!(decoder.end(), Some(FramingError::Truncated { missing: MAX_BODY }));
    }
}
