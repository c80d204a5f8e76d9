//! `dt`: types, and what lies somewhere by its type.
//!
//! | file | what |
//! | --- | --- |
//! | `request.rs` | the arguments |
//! | `subject.rs` | what a name means: a type, a variable |
//! | `pattern.rs` | which fields are asked for |
//! | `fields.rs` | the fields of a record, line by line |
//! | `linked_list.rs` | `-l`: one record after the other |
//! | `enumerate.rs` | names that match a pattern |

mod enumerate;
mod fields;
mod linked_list;
mod pattern;
mod request;
mod subject;

pub(crate) use fields::Writer;
pub(crate) use request::Options;

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report, Value};
use engine::evaluate::{self, Place, Scope, Syntax, target_address};
use engine::variables::{View, verbose_spelling};
use engine::{Session, SessionScope};
use fields::Position;
use memory::VirtualAddress;
use pattern::{FieldPattern, Selection};
use request::Request;
use subject::{Origin, Subject};
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
    let members = engine::variables::fields(ty, engine::variables::Bases::Flattened).unwrap_or_default();
    members.iter().any(|member| pattern.outermost().matches(&member.name))
}

fn evaluate_address(scope: &dyn Scope, text: &str) -> Result<VirtualAddress, CommandError> {
    let value = evaluate::evaluate(text, Syntax::Masm, scope)?;
    let number = value.as_u64(scope).map_err(|problem| CommandError::Failed(format!("{text}: {problem:?}")))?;
    Ok(target_address(number, scope.pointer_size()))
}

impl Writer<'_> {
    /// What stands before the fields: where a local lies, or which module a type is from.
    fn heading(&mut self, session: &Session, subject: &Subject, place: Option<&Place>) {
        match &subject.origin {
            Origin::Local => {
                let place = place.map_or_else(String::new, |place| crate::display_locals::place(session, place));
                let record = Record::new("local")
                    .text("Local var @ ")
                    .field("location", place, Format::Plain)
                    .text(" Type ")
                    .field("type", subject.ty.name().replace(" *", "*"), Format::Plain);
                self.report.push(record);
            }
            Origin::Type { module: Some(module) }
                if matches!(subject.ty.shape(), Ok(Shape::Record(_) | Shape::Enum(_))) =>
            {
                let name = format!("{module}!{}", subject.ty.name());
                self.report.push(Record::new("heading").field("name", name, Format::Plain));
            }
            _ => {}
        }
    }

    /// What lies at a place, whatever it is, as `dt` shows it: fields of a record, else the value.
    ///
    /// # Errors
    /// The user gave up. What can't be read is part of the report.
    pub(crate) fn anything(&mut self, ty: &TypeRef, place: &Place) -> Result<(), CommandError> {
        let at = Position::outermost(self.options);
        self.whole(ty, Some(place), &[], at)
    }

    /// A value of any type: fields of records, what pointers to records lead to, enumerators of an enum's type,
    /// elements of arrays, else the value.
    fn whole(
        &mut self,
        ty: &TypeRef,
        place: Option<&Place>,
        selected: &[Selection<'_>],
        at: Position,
    ) -> Result<(), CommandError> {
        if let (Some(place), Some(count)) = (place, self.options.elements) {
            match ty.shape() {
                Ok(Shape::Array { element, count: all }) => {
                    return self.array(&element, place, count.min(all), selected, at);
                }
                Ok(Shape::Pointer { .. }) => {}
                // Without a number, -a is about the arrays in a record.
                _ if count != u64::MAX => return self.array(ty, place, count, selected, at),
                _ => {}
            }
        }
        match (ty.shape(), place) {
            (Ok(Shape::Record(record)), _) if record.complete => {
                if self.options.verbose {
                    self.report.push(Record::new("type").field("type", verbose_spelling(ty), Format::Plain));
                }
                self.fields(ty, place, selected, at)
            }
            (Ok(Shape::Enum(_)), None) => {
                self.enumerators(ty);
                Ok(())
            }
            (Ok(Shape::Pointer { target, .. }), Some(place)) if fields::is_record(&target) => {
                self.push_value(ty, Some(place));
                match self.pointer(ty, place) {
                    Some(address) => self.fields(&target, Some(&Place::Memory(address)), selected, at),
                    None => Ok(()),
                }
            }
            _ => {
                self.push_value(ty, place);
                Ok(())
            }
        }
    }

    /// A value on a line of its own. That of a pointer to a record is its address alone, as in the original.
    fn push_value(&mut self, ty: &TypeRef, place: Option<&Place>) {
        let to_record = matches!(ty.shape(), Ok(Shape::Pointer { target, .. }) if fields::is_record(&target));
        let address = place.filter(|_| to_record).and_then(|place| self.pointer(ty, place));
        let value = match address {
            Some(address) => format!("0x{}", self.address_format().render(&Value::Address(address))).into(),
            None => self.value("", ty, place),
        };
        let record = Record::new("value").field("type", ty.name(), Format::Hidden).field("value", value, Format::Plain);
        self.report.push(record);
    }

    /// `[0] 0x1001098`, or for records `[0] @ 01001098` and their fields.
    fn array(
        &mut self,
        element: &TypeRef,
        array: &Place,
        count: u64,
        selected: &[Selection<'_>],
        at: Position,
    ) -> Result<(), CommandError> {
        let size = element.size().unwrap_or(0);
        for index in 0..count {
            if self.is_full() {
                break;
            }
            let place = array.part(index.wrapping_mul(size), size);
            let record = Record::new("element").text("[").field("index", index, Format::Plain).text("] ");
            match place.address().filter(|_| fields::is_record(element)) {
                Some(address) => {
                    let record = record.text("@ ").field("address", address, self.address_format());
                    self.report.push(record.text(format!("\n{}", linked_list::RULE)));
                    self.fields(element, Some(&place), selected, at)?;
                    self.report.push(Record::line(""));
                }
                None => {
                    let value = self.value("", element, Some(&place));
                    self.report.push(record.field("value", value, Format::Plain));
                }
            }
        }
        Ok(())
    }

    /// `   NonPagedPool = 0n0`
    fn enumerators(&mut self, ty: &TypeRef) {
        if self.options.verbose {
            self.report.push(Record::new("type").field("type", verbose_spelling(ty), Format::Plain));
        }
        for enumerator in ty.enumerators().unwrap_or_default() {
            if self.is_full() {
                break;
            }
            let value =
                i64::try_from(enumerator.value).map_or(Value::Text(enumerator.value.to_string()), Value::Signed);
            let record = Record::new("enumerator").text("   ").field("name", enumerator.name, Format::Plain);
            self.report.push(record.text(" = 0n").field("value", value, Format::Plain));
        }
    }
}
