//! `attach`: opens the dump or connects to the live target that the configuration names.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::live::Live;
use crate::dap::protocol::{ChangedCapabilities, Event, OutputCategory};
use crate::dap::session::Session;
use crate::dap::view::attached::Attached;
use crate::dap::view::sources::Sources;
use crate::launch_config::{LaunchConfig, SearchPath};
use engine::target::OpenOptions;
use engine::{ContextSource, Session as Engine};
use std::path::Path;
use transport::Connection;

pub(super) struct Attach;

impl Request for Attach {
    const COMMAND: &'static str = "attach";
    const TITLE: &'static str = "Opening the target";
    const NEEDS: Needs = Needs::Client;
    type Arguments = LaunchConfig;
    type Body = ();

    fn run(session: &mut Session, mut config: LaunchConfig) -> Result<(), RequestError> {
        if session.attached().is_ok() {
            return Err(RequestError::AlreadyAttached);
        }
        if config.program.is_some() {
            return Err(RequestError::Program);
        }
        session.configure_log(&config)?;
        let connection = config.take_connection().connection().map_err(RequestError::Connection)?;
        match (config.dump_file.take(), connection) {
            (Some(_), Some(_)) => return Err(RequestError::TwoTargets),
            (Some(dump), None) => open(session, &dump, config)?,
            (None, Some(connection)) => connect(session, connection, config)?,
            (None, None) => return Err(RequestError::NoTargetNamed),
        }
        session.tell(Event::Initialized);
        Ok(())
    }
}

fn open(session: &mut Session, dump: &Path, mut config: LaunchConfig) -> Result<(), RequestError> {
    let options = open_options(&mut config);
    session.progress().say(format!("opening {}", dump.display()));
    let mut engine = Engine::open(dump, &options).map_err(RequestError::Open)?;
    configure(session, &mut engine, &mut config);
    if let Some(number) = config.processor {
        engine.select_context(ContextSource::Processor(number)).map_err(RequestError::Scope)?;
    }
    for problem in engine.target().problems() {
        print(session, OutputCategory::Console, problem);
    }
    // The whole stack costs nothing here, and VS Code would wait 420 ms before it asks for the second frame.
    let capabilities = ChangedCapabilities { supports_delayed_stack_trace_loading: false };
    session.tell(Event::Capabilities { capabilities });
    let mut attached = Attached::new(engine, session.client()?.clone(), Sources::default());
    for command in config.init_commands.iter().flatten() {
        match attached.console(command) {
            Ok(output) => print(session, OutputCategory::Console, &output),
            Err(error) => print(session, OutputCategory::Stderr, &format!("{command}: {error}")),
        }
    }
    session.attach(attached);
    Ok(())
}

/// Starts to connect. What comes of it is told by events.
fn connect(session: &mut Session, connection: Connection, mut config: LaunchConfig) -> Result<(), RequestError> {
    let options = open_options(&mut config);
    let name = connection.endpoint.to_string();
    let connected = Engine::connect(connection, &options, session.waker().wake());
    let mut engine = connected.map_err(|error| RequestError::Connection(error.to_string()))?;
    configure(session, &mut engine, &mut config);
    let mut live = Live::new();
    live.stop_on_entry = config.stop_on_entry.unwrap_or(true);
    live.prompt_answer = config.prompt_answer;
    live.init_commands = config.init_commands.unwrap_or_default();
    live.allow_reboot = config.allow_reboot.unwrap_or(false);
    if live.stop_on_entry {
        // A target that boots only now stops as soon as it can.
        engine.break_in().map_err(RequestError::Run)?;
    }
    let attached = Attached::new(engine, session.client()?.clone(), Sources::default());
    session.attach_live(attached, live, &name);
    Ok(())
}

fn open_options(config: &mut LaunchConfig) -> OpenOptions {
    let text = |path: Option<SearchPath>| path.map(SearchPath::into_text).unwrap_or_default();
    OpenOptions { symbol_path: text(config.symbol_path.take()), image_path: text(config.image_path.take()) }
}

fn configure(session: &Session, engine: &mut Engine, config: &mut LaunchConfig) {
    engine.set_cancel_flag(session.cancel_flag().clone());
    let map = config.source_map.take().unwrap_or_default();
    engine.settings.source_map = map.into_iter().map(|(there, here)| (there, absolute(here))).collect();
    // The longest folder that fits wins.
    engine.settings.source_map.sort_by_key(|(there, _)| std::cmp::Reverse(there.len()));
}

/// A folder as clients want it: absolute. A relative one is in the folder that kdap was started in, like all other paths.
fn absolute(folder: String) -> String {
    let path = std::path::absolute(&folder).ok();
    path.and_then(|path| path.into_os_string().into_string().ok()).unwrap_or(folder)
}

fn print(session: &Session, category: OutputCategory, text: &str) {
    let mut output = text.to_owned();
    if !output.ends_with('\n') {
        output.push('\n');
    }
    session.tell(Event::Output { category, output });
}
