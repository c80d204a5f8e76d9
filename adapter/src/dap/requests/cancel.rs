//! `cancel`: the client gives up on a request or on a progress. What it gave up on is still answered, once.

use super::{AtOnce, RequestAtOnce};
use crate::dap::live;
use crate::dap::protocol::Capabilities;
use serde::Deserialize;

pub(super) struct Cancel;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    request_id: Option<i64>,
    progress_id: Option<String>,
}

impl RequestAtOnce for Cancel {
    const COMMAND: &'static str = "cancel";
    type Arguments = Arguments;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_cancel_request = true;
    }

    /// Cancelling what is done already is no error: the two messages crossed on the way.
    fn run(around: &AtOnce<'_>, arguments: Arguments) {
        if let Some(seq) = arguments.request_id {
            around.in_flight.cancel(seq);
        }
        match arguments.progress_id {
            Some(id) if id == live::PROGRESS_ID => around.give_up_connecting(),
            Some(id) => around.progress.cancel(&id, around.in_flight),
            None => {}
        }
    }
}
