//! `loadedSources`: the source files of all modules whose symbols are loaded.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, Source};
use crate::dap::session::Session;
use crate::dap::view::attached::Attached;
use crate::dap::view::to_dap;
use serde::Serialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::sync::Arc;
use symbols::SourceFile;

pub(super) struct LoadedSources;

#[derive(Serialize)]
pub(super) struct Body {
    sources: Vec<Source>,
}

impl Request for LoadedSources {
    const COMMAND: &'static str = "loadedSources";
    const NEEDS: Needs = Needs::Target;
    type Arguments = IgnoredAny;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_loaded_sources_request = true;
    }

    fn run(session: &mut Session, _: IgnoredAny) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        let modules = attached.engine.target().modules().iter().filter(|module| module.is_loaded());
        let symbols = modules.filter_map(|module| module.symbols());
        let files: BTreeMap<String, Arc<SourceFile>> =
            symbols.flat_map(|symbols| symbols.source_files()).map(|file| (file.name.clone(), file)).collect();
        Ok(Body { sources: files.into_values().map(|file| source(attached, &file)).collect() })
    }
}

/// The file here, or else where the symbol file says that it was.
fn source(attached: &mut Attached, file: &SourceFile) -> Source {
    let here = attached.find_source(file);
    let name = file.name.rsplit(['\\', '/']).next().map(str::to_owned);
    let path = here.map_or_else(|| file.name.clone(), |path| to_dap::path(attached, &path));
    Source { name, path: Some(path), ..Source::default() }
}
