//! `dv`: parameters and local variables of the current frame.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report, Value};
use crate::type_words;
use arch::{Architecture, RegisterPart};
use engine::Session;
use engine::evaluate::Place;
use engine::stack::Frame;
use engine::variables::{Content, FrameVariable, Style, View};
use memory::VirtualAddress;
use symbols::{Location, Module, NamePattern, VariableRole};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["dv"],
    usage: "dv [/i] [/t] [/v|/V] [/a|/A|/n|/N|/z|/Z] [pattern] | dv [/i] [/t] /f address [\"pattern\"]",
    summary: "Displays local variables: /i their kind, /t type, /v address, /V and register, /a /n /z by address, name, size, /f of a function",
    run,
};

/// Width of the column of names, where they stand alone.
const NAME_WIDTH: usize = 15;
/// Width of the columns of addresses and registers.
const PLACE_WIDTH: usize = 17;

#[derive(Default)]
struct Request<'t> {
    kinds: bool,
    types: bool,
    places: bool,
    registers: bool,
    order: Option<char>,
    function: Option<VirtualAddress>,
    pattern: Option<&'t str>,
}

/// A variable, where the symbol file says that it is, and where that is.
struct Local {
    found: FrameVariable,
    location: Location,
}

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    invocation.session.recall.display = Some("dv");
    let request = parse(invocation)?;
    let session = &*invocation.session;
    let mut locals = match request.function {
        Some(address) => of_function(session, address)?,
        None => of_frame(session, &session.frame()?)?,
    };
    if let Some(pattern) = request.pattern {
        let pattern = NamePattern::new(pattern.trim_matches('"'));
        locals.retain(|local| pattern.matches(&local.found.variable.name));
    }
    sort(&mut locals, request.order);
    let scope = session.expression_scope();
    let view = View::new(&scope, session.target().modules());
    let mut report = Report::default();
    for local in &locals {
        report.push(line(session, &view, &request, local));
    }
    Ok(report)
}

fn parse<'t>(invocation: &Invocation<'t>) -> Result<Request<'t>, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let mut request = Request::default();
    while let Some(option) = arguments.option() {
        match option {
            "i" => request.kinds = true,
            "t" => request.types = true,
            "v" => request.places = true,
            "V" => (request.places, request.registers) = (true, true),
            "a" | "A" | "n" | "N" | "z" | "Z" => request.order = option.chars().next(),
            "f" => {
                let address = arguments.address(invocation.session)?;
                request.function = Some(address.ok_or_else(|| arguments.usage("an address is missing behind /f"))?);
                request.registers = true;
                break;
            }
            other => return Err(arguments.usage(format!("unknown option '/{other}'"))),
        }
    }
    let pattern = arguments.take_rest();
    request.pattern = Some(pattern).filter(|pattern| !pattern.is_empty());
    Ok(request)
}

/// The variables of a frame, as the session knows them, with the symbol file's words for where they are.
fn of_frame(session: &Session, frame: &Frame) -> Result<Vec<Local>, CommandError> {
    let address = frame.code_address();
    let (module, rva) = private_module(session, address)?;
    let inline = frame.inline.as_ref().map(|inlined| inlined.depth);
    let variables = module.symbols().map(|symbols| match inline {
        Some(depth) => symbols.variables_of(rva, depth),
        None => symbols.variables(rva),
    });
    let located = variables.unwrap_or_default();
    let found = session.frame_variables(frame);
    let locals = found.into_iter().zip(located);
    Ok(locals.map(|(found, variable)| Local { found, location: variable.location }).collect())
}

/// The variables of the function at an address. There is no frame, and so no value.
fn of_function(session: &Session, address: VirtualAddress) -> Result<Vec<Local>, CommandError> {
    let (module, rva) = private_module(session, address)?;
    let variables = module.symbols().map(|symbols| symbols.variables(rva)).unwrap_or_default();
    let local = |variable: symbols::Variable| Local {
        found: FrameVariable {
            variable: engine::evaluate::Variable {
                name: variable.name,
                ty: Some(variable.ty),
                place: Place::Unavailable("there is no frame".to_owned()),
            },
            role: variable.role,
            module: module.name().to_owned(),
            hidden: false,
        },
        location: variable.location,
    };
    Ok(variables.into_iter().map(local).collect())
}

/// The module at an address whose symbols know of variables.
fn private_module(session: &Session, address: VirtualAddress) -> Result<(&Module, u32), CommandError> {
    let why = |why: String| CommandError::Failed(format!("Unable to enumerate locals: {why}"));
    let module = session.target().modules().at(address);
    let module = module.ok_or_else(|| why(format!("{address} is in no module")))?;
    let symbols = module.symbols().zip(module.rva(address));
    let (symbols, rva) = symbols.ok_or_else(|| why(format!("{} has no symbols", module.name())))?;
    if symbols.function_at(rva).is_none() {
        let message =
            format!("Private symbols (symbols.pri) are required for locals; {} has none at {address}", module.name());
        return Err(why(message));
    }
    Ok((module, rva))
}

fn sort(locals: &mut [Local], order: Option<char>) {
    let address = |local: &Local| local.found.variable.place.address();
    let size = |local: &Local| local.found.variable.ty.as_ref().and_then(|ty| ty.size().ok());
    match order.map(|order| order.to_ascii_lowercase()) {
        Some('a') => locals.sort_by_key(address),
        Some('n') => locals.sort_by_key(|local| local.found.variable.name.to_lowercase()),
        Some('z') => locals.sort_by_key(size),
        _ => {}
    }
    if order.is_some_and(|order| order.is_ascii_uppercase()) {
        locals.reverse();
    }
}

fn line(session: &Session, view: &View<'_>, request: &Request<'_>, local: &Local) -> Record {
    let variable = &local.found.variable;
    let architecture = session.target().architecture();
    let kind = kind(local.found.role);
    let mut record = Record::new("local");
    record = match request.kinds {
        true => record.text("prv ").field("role", kind, Format::Left(7)),
        false => record.field("role", kind, Format::Hidden),
    };
    if let Some(address) = variable.place.address() {
        record = record.field("address", address, Format::Hidden);
    }
    if request.places {
        record = record.field("location", column(session, &variable.place), Format::Left(PLACE_WIDTH)).text(" ");
    }
    if request.registers {
        record = record.field("relative", relative(architecture, &local.location), Format::Left(PLACE_WIDTH)).text(" ");
    }
    let ty = variable.ty.as_ref().map(type_words::type_words).unwrap_or_default();
    record = match request.types {
        true => record.field("type", ty, Format::Plain).text(" ").field("name", variable.name.clone(), Format::Plain),
        false => {
            let record = record.field("type", ty, Format::Hidden);
            record.field("name", variable.name.clone(), Format::Right(NAME_WIDTH))
        }
    };
    if request.function.is_some() {
        return record;
    }
    match view.content(&local.found.node(), Style::Dv.preview()) {
        Content::Unavailable(why) => {
            let record = record.text(format!(" = <{why}>"));
            record.field("value", Value::Unknown(why), Format::Hidden)
        }
        content => record.text(" = ").field("value", content.text(Style::Dv), Format::Plain),
    }
}

fn kind(role: VariableRole) -> &'static str {
    match role {
        VariableRole::Parameter => "param",
        VariableRole::Local => "local",
        VariableRole::Static => "global",
        VariableRole::Constant => "unknown",
    }
}

/// Where a value lies: an address without `0x`, or a register.
fn column(session: &Session, place: &Place) -> String {
    match place {
        Place::Memory(address) => {
            let format = Format::address(session.target().architecture().pointer_size());
            format.render(&Value::Address(*address))
        }
        other => self::place(session, other),
    }
}

/// Where a value lies: `0x71f7affc08`, `@rcx`.
pub(crate) fn place(session: &Session, place: &Place) -> String {
    match place {
        Place::Memory(address) => format!("{:#x}", address.0),
        Place::Register(part) => register(session.target().architecture(), *part),
        Place::Constant(_) => "<constant>".to_owned(),
        Place::Pieces(_) => "<several places>".to_owned(),
        Place::Unavailable(_) => "<unavailable>".to_owned(),
    }
}

/// `@eax`: the name of a register or part of one.
fn register(architecture: &'static dyn Architecture, part: RegisterPart) -> String {
    let whole = architecture.whole_register(part.register).filter(|whole| *whole == part);
    let whole = whole.and_then(|whole| architecture.register(whole.register)).map(|register| register.name);
    let alias = || architecture.register_aliases().iter().find(|alias| alias.part == part).map(|alias| alias.name);
    let containing = || architecture.register(part.register).map(|register| register.name);
    format!("@{}", whole.or_else(alias).or_else(containing).unwrap_or("?"))
}

/// Where the symbol file says that a variable is: `@rsp+0x30`.
fn relative(architecture: &'static dyn Architecture, location: &Location) -> String {
    let named = |number: u16| match architecture.codeview_register(number) {
        Some(part) => register(architecture, part),
        None => format!("@<register {number}>"),
    };
    let offset = |offset: i32| {
        let sign = if offset < 0 { '-' } else { '+' };
        format!("{sign}{:#04x}", offset.unsigned_abs())
    };
    match location {
        Location::Register(number) => named(*number),
        Location::RegisterRelative { register, offset: from } => format!("{}{}", named(*register), offset(*from)),
        Location::RegisterIndirect { register, offset: from, then } => {
            format!("[{}{}]{}", named(*register), offset(*from), offset(*then))
        }
        Location::FrameRelative { offset: from } => format!("@frame{}", offset(*from)),
        Location::Split(_) => "<several places>".to_owned(),
        Location::Constant(_) => "<constant>".to_owned(),
        Location::NotLiveHere | Location::OptimizedAway | Location::Unknown { .. } => "<unavailable>".to_owned(),
        Location::Static { .. } | Location::ThreadLocal { .. } => String::new(),
    }
}
