//! `attach`: opens the dump that the configuration names.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::{Event, OutputCategory};
use crate::dap::session::Session;
use crate::dap::view::attached::Attached;
use crate::dap::view::sources::Sources;
use crate::launch_config::{LaunchConfig, SearchPath};
use engine::target::OpenOptions;
use engine::{ContextSource, Session as Engine};

pub(super) struct Attach;

impl Request for Attach {
    const COMMAND: &'static str = "attach";
    const TITLE: &'static str = "Opening the crash dump";
    const NEEDS: Needs = Needs::Client;
    type Arguments = LaunchConfig;
    type Body = ();

    fn run(session: &mut Session, config: LaunchConfig) -> Result<(), RequestError> {
        if session.attached().is_ok() {
            return Err(RequestError::AlreadyAttached);
        }
        if config.program.is_some() {
            return Err(RequestError::Program);
        }
        session.configure_log(&config)?;
        let dump = config.dump_file.ok_or(RequestError::NoDumpFile)?;
        let text = |path: Option<SearchPath>| path.map(SearchPath::into_text).unwrap_or_default();
        let options = OpenOptions { symbol_path: text(config.symbol_path), image_path: text(config.image_path) };
        session.progress().say(format!("opening {}", dump.display()));
        let mut engine = Engine::open(&dump, &options).map_err(RequestError::Open)?;
        engine.set_cancel_flag(session.cancel_flag().clone());
        engine.settings.source_map = config.source_map.unwrap_or_default().into_iter().collect();
        // The longest folder that fits wins.
        engine.settings.source_map.sort_by_key(|(there, _)| std::cmp::Reverse(there.len()));
        if let Some(number) = config.processor {
            engine.select_context(ContextSource::Processor(number)).map_err(RequestError::Scope)?;
        }
        for problem in engine.target().problems() {
            print(session, OutputCategory::Console, problem);
        }
        let mut attached = Attached::new(engine, session.client()?.clone(), Sources::default());
        for command in config.init_commands.iter().flatten() {
            match attached.console(command) {
                Ok(output) => print(session, OutputCategory::Console, &output),
                Err(error) => print(session, OutputCategory::Stderr, &format!("{command}: {error}")),
            }
        }
        session.attach(attached);
        session.tell(Event::Initialized);
        Ok(())
    }
}

fn print(session: &Session, category: OutputCategory, text: &str) {
    let mut output = text.to_owned();
    if !output.ends_with('\n') {
        output.push('\n');
    }
    session.tell(Event::Output { category, output });
}
