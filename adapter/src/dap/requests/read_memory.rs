//! `readMemory`: bytes of the target's virtual memory.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use engine::target::Target;
use memory::{PAGE_SIZE, ReadVirtualExt, VirtualAddress};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Bytes that are read at once.
const MOST: u64 = 1 << 20;

pub(super) struct ReadMemory;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    memory_reference: String,
    #[serde(default)]
    offset: i64,
    count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable_bytes: Option<u64>,
    data: String,
}

impl Request for ReadMemory {
    const COMMAND: &'static str = "readMemory";
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_read_memory_request = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let Arguments { memory_reference, offset, count } = arguments;
        let address = to_dap::memory_reference(&memory_reference, offset)?;
        if count > MOST {
            return Err(RequestError::TooMuchMemory { asked: count, most: MOST });
        }
        let target = session.attached()?.engine.target();
        // The address space ends behind its last address: what would lie beyond is unreadable like other gaps.
        let there = count.min((u64::MAX - address.0).saturating_add(1));
        let (bytes, _) = target.prefix(address, usize::try_from(there).unwrap_or_default());
        let read = bytes.len() as u64;
        let unreadable = match next_readable(target, address, read..there) {
            Some(readable) => readable - read,
            None => count - read,
        };
        Ok(Body {
            address: to_dap::address(address),
            unreadable_bytes: (unreadable > 0).then_some(unreadable),
            data: BASE64_STANDARD.encode(bytes),
        })
    }
}

/// The first byte behind a gap, both counted from `address`.
fn next_readable(target: &Target, address: VirtualAddress, gap: Range<u64>) -> Option<u64> {
    // Pages are there as a whole or not at all; the memory of a small dump begins and ends anywhere.
    let in_pages = target.address_space().is_some();
    let mut at = gap.start;
    while at < gap.end {
        let byte = address.offset(at);
        if target.u8(byte).is_ok() {
            return Some(at);
        }
        at += if in_pages { PAGE_SIZE - byte.page_offset() } else { 1 };
    }
    None
}
