//! Which breakpoints `bl bc bd be` are about: numbers, ranges, expressions in brackets, patterns in quotation marks.

use super::quoted;
use crate::arguments::Arguments;
use crate::command::CommandError;
use crate::report::Report;
use engine::Session;
use engine::breakpoints::{Breakpoint, Table};
use symbols::NamePattern;

/// Does something to each of the breakpoints that are named.
pub(super) fn each(
    session: &mut Session,
    text: &str,
    usage: &'static str,
    act: fn(&mut Table, u32),
) -> Result<Report, CommandError> {
    let arguments = Arguments::new(text, usage);
    if arguments.rest().is_empty() {
        return Err(arguments.usage("which breakpoints? * means all"));
    }
    for id in ids(session, arguments)? {
        act(&mut session.breakpoints, id);
    }
    Ok(Report::default())
}

/// The numbers of the breakpoints that the rest of the arguments names, in order.
pub(super) fn ids(session: &Session, mut arguments: Arguments<'_>) -> Result<Vec<u32>, CommandError> {
    let mut ids = Vec::new();
    while !arguments.rest().is_empty() {
        let named = selected(session, &mut arguments)?;
        ids.extend(named);
        let rest = arguments.rest();
        arguments = arguments.with_rest(rest.strip_prefix(',').unwrap_or(rest));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

fn selected(session: &Session, arguments: &mut Arguments<'_>) -> Result<Vec<u32>, CommandError> {
    let all = || session.breakpoints.iter();
    if let Some(behind) = arguments.rest().strip_prefix('*') {
        *arguments = arguments.with_rest(behind);
        return Ok(all().map(|breakpoint| breakpoint.id).collect());
    }
    if let Some(pattern) = quoted(arguments)? {
        let pattern = NamePattern::new(&pattern);
        let named = all().filter(|breakpoint| names(session, breakpoint).iter().any(|name| pattern.matches(name)));
        return Ok(named.map(|breakpoint| breakpoint.id).collect());
    }
    let first = number(session, arguments)?;
    let Some(behind) = arguments.rest().strip_prefix('-') else {
        let missing = || CommandError::Failed(format!("breakpoint {first} does not exist"));
        return session.breakpoints.get(first).map(|breakpoint| vec![breakpoint.id]).ok_or_else(missing);
    };
    *arguments = arguments.with_rest(behind);
    let last = number(session, arguments)?;
    Ok(all().map(|breakpoint| breakpoint.id).filter(|id| (first..=last).contains(id)).collect())
}

/// A decimal number, or an expression in brackets.
fn number(session: &Session, arguments: &mut Arguments<'_>) -> Result<u32, CommandError> {
    let rest = arguments.rest();
    if let Some(inside) = rest.strip_prefix('[') {
        let (expression, behind) = inside.split_once(']').ok_or_else(|| arguments.usage("a ] is missing"))?;
        let number = arguments.with_rest(expression).number(session)?;
        *arguments = arguments.with_rest(behind);
        let number = number.and_then(|number| u32::try_from(number).ok());
        return number.ok_or_else(|| arguments.usage(format!("'{expression}' is no breakpoint's number")));
    }
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, behind) = rest.split_at(end);
    let number = digits.parse().map_err(|_| arguments.usage(format!("'{rest}' is no breakpoint's number")))?;
    *arguments = arguments.with_rest(behind);
    Ok(number)
}

/// The names of a breakpoint's locations.
pub(super) fn names(session: &Session, breakpoint: &Breakpoint) -> Vec<String> {
    let addresses = breakpoint.locations.iter().map(|location| location.address);
    addresses.filter_map(|address| Some(session.target().modules().name_of(address)?.to_string())).collect()
}
