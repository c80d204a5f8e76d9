//! `dt`: types, and what lies somewhere by its type.
//!
//! | file | what |
//! | --- | --- |
//! | `request.rs` | the arguments |
//! | `subject.rs` | what a name means: a type, a variable |
//! | `pattern.rs` | which fields are asked for |
//! | `writer.rs` | the report so far, and values in `dt`'s words |
//! | `whole.rs` | anything, whatever its type is |
//! | `fields.rs` | the fields of a record, line by line |
//! | `linked_list.rs` | `-l`: one record after the other |
//! | `enumerate.rs` | names that match a pattern |

mod enumerate;
mod fields;
mod linked_list;
mod pattern;
mod request;
mod subject;
mod whole;
mod writer;

pub(crate) use request::Options;
pub(crate) use writer::Writer;

use self::fields::Position;
use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::evaluate;
use crate::report::{Format, Record, Report};
use engine::evaluate::{Place, Scope, target_address};
use engine::variables::{Bases, View, fields};
use engine::{Session, SessionScope};
use memory::VirtualAddress;
use pattern::{FieldPattern, Selection};
use request::Request;
use subject::Subject;
use symbols::{Shape, TypeRef};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["dt"],
    usage: "dt [-a[n] -b -c -d -e -i -o -r[n] -s size -t -v] [-n|-y] [module!]name [[-n|-y] field] [address] [-l field]",
    summary: "Displays a type, or what lies at an address by its type: -r[n] and what is in it, -b all of it but pointers, -a elements of arrays, -l a list, -v in full",
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let request = Request::parse(invocation.arguments, COMMAND.usage)?;
    if request.help {
        return Ok(Report::of(Record::line(COMMAND.usage)));
    }
    let mut heading = Report::default();
    let session = &mut *invocation.session;
    session.recall.display = Some("dt");
    let name = match request.name {
        Some(".") => {
            let last = session.recall.type_name.clone();
            let last = last.ok_or_else(|| CommandError::Failed("dt was given no name yet".to_owned()))?;
            heading.push(Record::new("heading").text("Using sym ").field("name", last.clone(), Format::Plain));
            Some(last)
        }
        Some(name) => {
            session.recall.type_name = Some(name.to_owned());
            Some(name.to_owned())
        }
        None => None,
    };
    let mut report = show(session, &request, name.as_deref())?;
    heading.records.append(&mut report.records);
    heading.warnings.append(&mut report.warnings);
    Ok(heading)
}

fn show(session: &Session, request: &Request<'_>, name: Option<&str>) -> Result<Report, CommandError> {
    let scope = session.expression_scope();
    let is_pattern = |name: &str| name.contains(['*', '?', '#']);
    let subject = match (name, request.address) {
        (None, None) => return Err(Arguments::new("", COMMAND.usage).usage("a name or an address is missing")),
        (None, Some(address)) => return show_at(session, &scope, request, address),
        (Some(name), _) if request.name_is_prefix => {
            return enumerate::with_first(session, request, &format!("{name}*"), |subject| {
                show_subject(session, &scope, request, &subject)
            });
        }
        (Some(name), _) if request.enumerate || is_pattern(name) => {
            return enumerate::matching(session, request, name, |subject| {
                show_subject(session, &scope, request, &subject)
            });
        }
        (Some(name), _) => subject::find(session, &scope, name)?,
    };
    show_subject(session, &scope, request, &subject)
}

/// `dt address`: the variable there.
fn show_at(
    session: &Session,
    scope: &SessionScope<'_>,
    request: &Request<'_>,
    address: &str,
) -> Result<Report, CommandError> {
    let address = evaluate_address(scope, address)?;
    let modules = session.target().modules();
    let module = modules.at(address);
    let symbol = module.and_then(|module| module.nearest(module.rva(address)?)).filter(|(_, behind)| *behind == 0);
    let found = module.zip(symbol).and_then(|(module, (symbol, _))| {
        Some((format!("{}!{}", module.name(), symbol.name), subject::typed(module, &symbol)?))
    });
    let (name, subject) = found.ok_or_else(|| {
        CommandError::Failed(format!(
            "no variable of a known type is at {address}; dt type address displays any type there"
        ))
    })?;
    let mut report = Report::of(Record::new("heading").field("name", name, Format::Plain));
    let mut shown = show_subject(session, scope, request, &subject)?;
    report.records.append(&mut shown.records);
    report.warnings.append(&mut shown.warnings);
    Ok(report)
}

fn show_subject(
    session: &Session,
    scope: &SessionScope<'_>,
    request: &Request<'_>,
    subject: &Subject,
) -> Result<Report, CommandError> {
    let (mut patterns, mut address) = (request.fields.clone(), request.address.map(str::to_owned));
    for word in &request.words {
        let pattern = FieldPattern::new(word.text, false, word.elements);
        if has_field(&record_of(&subject.ty), &pattern) {
            patterns.push(pattern);
        } else if address.is_none() && subject::evaluates(scope, word.text) {
            address = Some(word.text.to_owned());
        } else {
            let message = format!("{} has no field '{}', nor is that an address", subject.ty.name(), word.text);
            return Err(CommandError::Failed(message));
        }
    }
    let place = match address {
        Some(address) => Some(Place::Memory(evaluate_address(scope, &address)?)),
        None => subject.place.clone(),
    };
    let modules = session.target().modules();
    let view = View::new(scope, modules);
    let mut writer = Writer::new(&view, scope, session.cancel_flag(), request.options);
    let selected: Vec<Selection<'_>> = patterns.iter().map(FieldPattern::outermost).collect();
    let mut at = Position::outermost(request.options);
    if let Some(width) = patterns.iter().map(|pattern| pattern.length).max() {
        at.name_width = width;
    }
    if let Some(link) = request.list {
        let start = place.as_ref().and_then(Place::address);
        let start = start.ok_or_else(|| CommandError::Failed("-l needs the address of the first record".to_owned()))?;
        linked_list::walk(&mut writer, session, &subject.ty, start, link, &selected, at)?;
        return Ok(writer.report);
    }
    writer.heading(session, subject, place.as_ref());
    writer.whole(&subject.ty, place.as_ref(), &selected, at)?;
    Ok(writer.report)
}

/// The record itself, or the one that a pointer leads to.
fn record_of(ty: &TypeRef) -> TypeRef {
    match ty.shape() {
        Ok(Shape::Pointer { target, .. }) => target,
        Ok(Shape::Array { element, .. }) => element,
        _ => ty.clone(),
    }
}

fn has_field(ty: &TypeRef, pattern: &FieldPattern) -> bool {
    let members = fields(ty, Bases::Flattened).unwrap_or_default();
    members.iter().any(|member| pattern.outermost().matches(&member.name))
}

fn evaluate_address(scope: &dyn Scope, text: &str) -> Result<VirtualAddress, CommandError> {
    Ok(target_address(evaluate::number(text, scope)?, scope.pointer_size()))
}
