//! `completions`: what the word before the console's cursor can become.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::session::Session;
use serde::{Deserialize, Serialize};

pub(super) struct Completions;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    text: String,
    column: i64,
    line: Option<i64>,
    frame_id: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Body {
    targets: Vec<CompletionItem>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct CompletionItem {
    label: String,
    start: i64,
    length: i64,
}

impl Request for Completions {
    const COMMAND: &'static str = "completions";
    const NEEDS: Needs = Needs::Target;
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_completions_request = true;
        capabilities.completion_trigger_characters = &["!", ".", "@"];
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        if let Some(frame) = arguments.frame_id {
            attached.frame(frame)?;
        }
        let client = &attached.client;
        let first_line = i64::from(client.lines_start_at1);
        let first_column = i64::from(client.columns_start_at1);
        let line = arguments.line.map_or(0, |line| line.saturating_sub(first_line));
        let line = usize::try_from(line).ok().and_then(|line| arguments.text.lines().nth(line)).unwrap_or_default();
        let before = before_cursor(line, arguments.column.saturating_sub(first_column));
        let completions = commands::complete(&attached.engine, before);
        let word = before.get(completions.start..).unwrap_or_default();
        let start = utf16_length(before).saturating_sub(utf16_length(word)).saturating_add(first_column);
        let item = |label| CompletionItem { label, start, length: utf16_length(word) };
        Ok(Body { targets: completions.candidates.into_iter().map(item).collect() })
    }
}

/// What of `line` stands before `column`, which counts UTF-16 code units from 0.
fn before_cursor(line: &str, column: i64) -> &str {
    let mut units = 0;
    let end = line.char_indices().find(|(_, character)| {
        units += character.len_utf16() as i64;
        units > column
    });
    end.and_then(|(end, _)| line.get(..end)).unwrap_or(line)
}

fn utf16_length(text: &str) -> i64 {
    i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16_code_units() {
        assert_eq!(before_cursor("a😀b", 0), "");
        assert_eq!(before_cursor("a😀b", 1), "a");
        assert_eq!(before_cursor("a😀b", 3), "a😀");
        assert_eq!(before_cursor("a😀b", 99), "a😀b");
        assert_eq!(before_cursor("a", -1), "");
        assert_eq!(utf16_length("a😀"), 3);
    }
}
