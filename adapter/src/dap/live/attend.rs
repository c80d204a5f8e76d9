//! From what happened to events.

use super::stopped;
use crate::dap::error::RequestError;
use crate::dap::protocol::{Event, OutputCategory};
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use engine::live::RunState;
use engine::run_control::{Handling, Happening, Stop, StopReason, Told};
use std::time::Instant;

impl Session {
    /// Deals with what the live target has told.
    pub fn attend(&mut self) {
        let Ok(attached) = self.attached() else { return };
        attached.engine.attend();
        self.tell_happenings();
    }

    /// Tells the client what has happened, in order.
    pub fn tell_happenings(&mut self) {
        loop {
            let Ok(attached) = self.attached() else { return };
            let happenings = attached.engine.take_happenings();
            if happenings.is_empty() {
                break;
            }
            happenings.into_iter().for_each(|happening| self.happened(happening));
        }
        self.tell_breakpoints();
    }

    /// The client has said everything about its wishes: stops are told from now on.
    pub fn live_is_configured(&mut self) {
        let Some(live) = self.live_mut() else { return };
        live.configured = true;
        if let Some(stop) = live.untold.take() {
            self.stopped(stop);
            self.tell_happenings();
        }
    }

    /// When the target's words that wait are to be shown.
    pub fn prints_due(&self) -> Option<Instant> {
        self.live().and_then(|live| live.prints.due())
    }

    /// Shows them.
    pub fn show_prints(&mut self) {
        let text = self.live_mut().and_then(|live| live.prints.take(Instant::now()));
        if let Some(output) = text {
            self.tell(Event::Output { category: OutputCategory::Stdout, output });
        }
    }

    /// Whether the target waits for an answer, which the console's line then is. It doesn't wait for another one.
    pub fn answer_prompt(&mut self, text: &str) -> bool {
        let asked = self.live_mut().is_some_and(|live| std::mem::take(&mut live.asks));
        if let Some(attached) = self.attached().ok().filter(|_| asked) {
            attached.engine.answer_prompt(text);
        }
        asked
    }

    /// A line of the debugger's own.
    pub fn print(&mut self, category: OutputCategory, text: &str) {
        self.show_prints();
        let mut output = text.to_owned();
        if !output.ends_with('\n') {
            output.push('\n');
        }
        self.tell(Event::Output { category, output });
    }

    fn happened(&mut self, happening: Happening) {
        match happening {
            Happening::Text(Told::Target, text) => self.printed(&text),
            Happening::Text(Told::Important, text) => {
                self.connecting_is_at(&text);
                self.print(OutputCategory::Important, &text);
            }
            Happening::Text(Told::Debugger, text) => {
                self.connecting_is_at(&text);
                self.print(OutputCategory::Console, &text);
            }
            Happening::Text(Told::LogPoint, text) => self.print(OutputCategory::Console, &text),
            Happening::Connected => self.connected(),
            Happening::Stopped(stop) => self.stopped(stop),
            Happening::Continued => self.continued(),
            Happening::Modules => self.tell_modules(),
            Happening::Prompt(text) => self.prompted(&text),
            Happening::Lost(why) => self.lost(&why),
            Happening::Ended(why) => {
                self.print(OutputCategory::Important, &why);
                self.forget_target();
            }
        }
    }

    fn printed(&mut self, text: &str) {
        let mut kept = self.log().keep(text);
        if let Ok(attached) = self.attached() {
            if let Some(log) = &mut attached.engine.output_log {
                kept |= log.write(text).is_ok();
            }
        }
        if let Some(live) = self.live_mut() {
            live.prints.push(text, kept, Instant::now());
        }
    }

    /// What the target is has become known.
    fn connected(&mut self) {
        self.end_connecting();
        let Ok(attached) = self.attached() else { return };
        let target = attached.engine.target();
        let name = target.session_name();
        let pointer_size = target.architecture().pointer_size() * 8;
        let count = target.system().processors.unwrap_or(1);
        self.tell(Event::Process { name, is_local_process: false, start_method: "attach", pointer_size });
        let known = self.live_mut().map_or(0, |live| {
            let known = live.threads;
            live.threads = count.max(known);
            known
        });
        for number in known..count {
            self.tell(Event::Thread { reason: "started", thread_id: to_dap::thread_id(number) });
        }
    }

    fn stopped(&mut self, stop: Stop) {
        let Some(live) = self.live_mut() else { return };
        if !live.configured {
            live.untold = Some(stop);
            return;
        }
        live.asks = false;
        let first = !std::mem::replace(&mut live.entered, true);
        let reboots = std::mem::take(&mut live.reboots);
        let goes_on = first && !live.stop_on_entry && stop.reason == StopReason::Entry;
        let init = if first { std::mem::take(&mut live.init_commands) } else { Vec::new() };
        init.iter().chain(&stop.commands).for_each(|command| self.run_command(command));
        let Ok(attached) = self.attached() else { return };
        // A command may have let it go on.
        if attached.engine.current_stop().is_none() || attached.engine.run_state() != RunState::Halted {
            return;
        }
        let result = match (reboots, goes_on) {
            (true, _) => attached.engine.reboot(),
            (false, true) => attached.engine.go(Handling::ByFilter, None),
            (false, false) => return self.tell_stop(&stop),
        };
        if let Err(error) = result {
            self.print(OutputCategory::Important, &error.to_string());
            self.tell_stop(&stop);
        }
    }

    /// The one `stopped` event of a stop. What the client knows of earlier ones becomes stale.
    pub fn tell_stop(&mut self, stop: &Stop) {
        self.show_prints();
        let entry = self.live().is_some_and(|live| live.stop_on_entry && !live.entry_told);
        let Ok(attached) = self.attached() else { return };
        attached.begin_stop();
        attached.shown_processor = stop.processor;
        let stopped = stopped::of(&attached.engine, stop, entry);
        if let Some(live) = self.live_mut() {
            live.seen_running = false;
            live.entry_told = true;
        }
        self.tell(Event::Stopped(stopped));
    }

    fn run_command(&mut self, command: &str) {
        let Ok(attached) = self.attached() else { return };
        match attached.console(command) {
            Ok(output) if output.is_empty() => {}
            Ok(output) => self.print(OutputCategory::Console, &output),
            Err(RequestError::Cancelled) => {}
            Err(error) => self.print(OutputCategory::Stderr, &format!("{command}: {error}")),
        }
    }

    fn continued(&mut self) {
        let Some(live) = self.live_mut() else { return };
        if std::mem::replace(&mut live.seen_running, true) {
            return;
        }
        let Ok(attached) = self.attached() else { return };
        let thread_id = to_dap::thread_id(attached.shown_processor);
        self.tell(Event::Continued { thread_id, all_threads_continued: true });
    }

    fn prompted(&mut self, text: &str) {
        self.print(OutputCategory::Console, text);
        let answer = self.live_mut().and_then(|live| {
            live.asks = true;
            live.prompt_answer.clone()
        });
        if let Some(answer) = answer {
            self.print(OutputCategory::Console, &format!("answered: {answer}"));
            self.answer_prompt(&answer);
        }
    }

    /// Nobody knows what the target does.
    fn lost(&mut self, why: &str) {
        self.connecting_is_at(why);
        self.print(OutputCategory::Important, why);
        if let Some(live) = self.live_mut() {
            // Neither was meant for whatever is heard next.
            (live.asks, live.reboots) = (false, false);
        }
        let Ok(attached) = self.attached() else { return };
        attached.begin_stop();
        let takes_it = attached.client.supports_invalidated_event;
        if takes_it {
            self.tell(Event::Invalidated { areas: &["all"] });
        }
    }
}
