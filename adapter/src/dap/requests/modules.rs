//! `modules`: the loaded modules, page by page.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, ColumnDescriptor, Module};
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use serde::{Deserialize, Serialize};

pub(super) struct Modules;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    start_module: Option<usize>,
    module_count: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    modules: Vec<Module>,
    total_modules: usize,
}

impl Request for Modules {
    const COMMAND: &'static str = "modules";
    const NEEDS: Needs = Needs::Target;
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_modules_request = true;
        capabilities.additional_module_columns = &[
            ColumnDescriptor { attribute_name: "imageName", label: "Image", kind: "string" },
            ColumnDescriptor { attribute_name: "timeDateStamp", label: "TimeDateStamp", kind: "string" },
            ColumnDescriptor { attribute_name: "checkSum", label: "CheckSum", kind: "string" },
        ];
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        attached.shown_modules.show(&attached.engine);
        let modules = attached.engine.target().modules();
        let start = arguments.start_module.unwrap_or(0);
        let count = arguments.module_count.filter(|&count| count > 0).unwrap_or(usize::MAX);
        let page = modules.iter().skip(start).take(count).map(|module| to_dap::module(module));
        Ok(Body { modules: page.collect(), total_modules: modules.len() })
    }
}
