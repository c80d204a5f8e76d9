//! `bp bu bm ba`: setting breakpoints.

use super::{ACCESS, PATTERN, SET, quoted};
use crate::arguments::Arguments;
use crate::command::CommandError;
use crate::report::{Format, Record, Report};
use arch::debug_registers::Access;
use engine::breakpoints::{Condition, Expression, HitCondition, Options, Owner, Spec, Unresolved};
use engine::evaluate::{self, Problem, Syntax};
use engine::{Session, SessionScope};
use memory::VirtualAddress;

/// `bp`, `bu`
pub(super) fn code(session: &mut Session, name: &str, id: &str, text: &str) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(text, SET.usage);
    let id = number_of(id, &arguments)?;
    let (options, _) = options(session, &mut arguments)?;
    let spec = Spec::parse(place(session, &mut arguments)?, name == "bu");
    let options = behind(session, arguments, options)?;
    define(session, id, spec, options)
}

/// `ba`
pub(super) fn access(session: &mut Session, id: &str, text: &str) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(text, ACCESS.usage);
    let id = number_of(id, &arguments)?;
    let kind = arguments.word().ok_or_else(|| arguments.usage("what access to wait for is missing"))?;
    let (letter, size) = kind.split_at(kind.char_indices().nth(1).map_or(kind.len(), |(at, _)| at));
    let access = match letter.to_ascii_lowercase().as_str() {
        "e" => Access::Execute,
        "r" => Access::ReadWrite,
        "w" => Access::Write,
        "i" => Access::Io,
        other => return Err(arguments.usage(format!("'{other}' is no access"))),
    };
    let size = if size.is_empty() { arguments.word().unwrap_or_default() } else { size };
    let size = size.parse().map_err(|_| arguments.usage(format!("'{size}' is no size")))?;
    let (options, _) = options(session, &mut arguments)?;
    let at = Expression::masm(place(session, &mut arguments)?, false);
    let options = behind(session, arguments, options)?;
    define(session, id, Spec::Data { at, size, access }, options)
}

/// `bm`: as documented, a breakpoint for each function; while there is none to be found, one for the pattern.
pub(super) fn pattern(session: &mut Session, text: &str) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(text, PATTERN.usage);
    let (options, addresses_only) = options(session, &mut arguments)?;
    let pattern = arguments.word().ok_or_else(|| arguments.usage("a pattern is missing"))?;
    let options = behind(session, arguments, options)?;
    let id = session.breakpoints.set(None, Spec::Pattern(pattern.to_owned()), options.clone());
    session.resolve_breakpoints();
    let found = session.breakpoints.get(id).map(|breakpoint| breakpoint.locations.clone()).unwrap_or_default();
    if found.is_empty() {
        return answer(session, id, pattern, false);
    }
    session.breakpoints.remove(id);
    let mut report = Report::default();
    for address in found.into_iter().map(|location| location.address) {
        let name = session.target().modules().name_of(address).map(|name| name.to_string()).unwrap_or_default();
        let spec = if addresses_only { Spec::Address(address) } else { following(session, address, &name) };
        let id = session.breakpoints.set(None, spec, options.clone());
        report.push(
            Record::new("breakpoint")
                .field("id", format!("{id:>3}"), Format::Plain)
                .text(": ")
                .field("address", address, Format::address(session.target().architecture().pointer_size()))
                .text(" ")
                .field("name", name, Format::Plain),
        );
    }
    session.resolve_breakpoints();
    Ok(report)
}

/// A function by its name, if that leads to it and nowhere else.
fn following(session: &Session, address: VirtualAddress, name: &str) -> Spec {
    let number = evaluate::evaluate_number_prefix(name, Syntax::Masm, &SessionScope::new(session, None));
    match number {
        Ok((number, "")) if number == address.0 => Spec::Expression(Expression::masm(name, true)),
        _ => Spec::Address(address),
    }
}

/// Sets a breakpoint; one of the user's at the same place is defined anew.
fn define(session: &mut Session, id: Option<u32>, spec: Spec, options: Options) -> Result<Report, CommandError> {
    let same = |id: Option<u32>| {
        let mut mine = session.breakpoints.of(&Owner::User);
        mine.find(|known| Some(known.id) == id || (id.is_none() && known.spec == spec)).map(|known| known.id)
    };
    let known = same(id);
    let text = match &spec {
        Spec::Expression(expression) | Spec::Data { at: expression, .. } => expression.text.clone(),
        Spec::SourceLine(line) => format!("{}:{}", line.file, line.line),
        Spec::Address(address) => address.to_string(),
        Spec::Pattern(pattern) => pattern.clone(),
    };
    let id = session.breakpoints.set(id.or(known), spec, options);
    session.resolve_breakpoints();
    answer(session, id, &text, known.is_some())
}

/// What is said of a breakpoint that was set: nothing, if all is well. One that can never be in force is taken out.
fn answer(session: &mut Session, id: u32, text: &str, redefined: bool) -> Result<Report, CommandError> {
    let mut report = Report::default();
    let unresolved = session.breakpoints.get(id).and_then(|breakpoint| breakpoint.unresolved.clone());
    match unresolved {
        None => {}
        Some(Unresolved::Expression(error)) if error.problem != Problem::Unresolved => {
            session.breakpoints.remove(id);
            return Err(error.into());
        }
        Some(why) if why.is_deferred() => {
            report.push(Record::line(format!("Bp expression '{text}' could not be resolved, adding deferred bp")));
        }
        Some(why) => {
            session.breakpoints.remove(id);
            return Err(CommandError::Failed(why.to_string()));
        }
    }
    if redefined {
        report.push(Record::line(format!("breakpoint {id} redefined")));
    }
    for refused in session.breakpoints.wanted().refused.iter().filter(|refused| refused.id == id) {
        report.warn(refused.to_string());
    }
    Ok(report)
}

/// The number behind the command's name.
fn number_of(digits: &str, arguments: &Arguments<'_>) -> Result<Option<u32>, CommandError> {
    let number = |digits: &str| digits.parse().map_err(|_| arguments.usage(format!("'{digits}' is no number")));
    Some(digits).filter(|digits| !digits.is_empty()).map(number).transpose()
}

/// The options before the place; and whether there was `/d`.
fn options(session: &Session, arguments: &mut Arguments<'_>) -> Result<(Options, bool), CommandError> {
    let mut options = Options::default();
    let mut addresses_only = false;
    while let Some(option) = arguments.option() {
        match option {
            "1" => options.one_shot = true,
            "d" => addresses_only = true,
            "p" => options.binding.process = Some(word_address(session, arguments, "a process")?),
            "t" => options.binding.thread = Some(word_address(session, arguments, "a thread")?),
            "w" => {
                let error = arguments.usage("a condition in quotation marks is missing behind /w");
                options.condition = Some(Condition::new(&quoted(arguments)?.ok_or(error)?));
            }
            other => return Err(arguments.usage(format!("unknown option '/{other}'"))),
        }
    }
    Ok((options, addresses_only))
}

/// An address that is one word: a blank and a `/` behind it begin the next option, and are no division.
fn word_address(session: &Session, arguments: &mut Arguments<'_>, what: &str) -> Result<VirtualAddress, CommandError> {
    let word = arguments.word().unwrap_or_default();
    let mut expression = arguments.with_rest(word);
    let address = expression.address(session)?.ok_or_else(|| arguments.usage(format!("{what} is missing")))?;
    expression.finish()?;
    Ok(address)
}

/// Takes an expression for an address as text: it may have no value yet. Without one, it is where the processor stands.
fn place<'t>(session: &Session, arguments: &mut Arguments<'t>) -> Result<&'t str, CommandError> {
    let rest = arguments.rest();
    if rest.is_empty() || rest.starts_with('"') {
        return Ok("@$ip");
    }
    let length = match rest.strip_prefix('`') {
        Some(inside) => inside.find('`').ok_or_else(|| arguments.usage("a ` is missing"))? + 2,
        None => {
            // Only to see where it ends: that the current frame's registers have no values here doesn't matter.
            let scope = SessionScope::new(session, None);
            let behind = evaluate::evaluate_number_prefix(rest, Syntax::Masm, &scope).map(|(_, behind)| behind.len());
            let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
            behind.map_or(word, |behind| rest.len() - behind)
        }
    };
    let (place, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
    *arguments = arguments.with_rest(behind);
    Ok(place.trim())
}

/// Passes and commands behind the place.
fn behind(session: &Session, mut arguments: Arguments<'_>, options: Options) -> Result<Options, CommandError> {
    let passes = if arguments.rest().starts_with('"') { None } else { arguments.number(session)? };
    let hit_condition = passes.filter(|passes| *passes > 1).map(HitCondition::AtLeast);
    let commands = quoted(&mut arguments)?;
    arguments.finish()?;
    Ok(Options { hit_condition, commands, ..options })
}
