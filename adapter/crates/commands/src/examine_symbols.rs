//! `x`: the symbols that match a pattern.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use crate::type_words::{parameter_words, type_words};
use engine::Session;
use engine::evaluate::Place;
use engine::variables::{Node, Style, View};
use memory::VirtualAddress;
use symbols::{Module, NamePattern, Symbol, SymbolKind};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["x"],
    usage: "x [/0|/1|/2] [/t] [/v] [/f|/d] [/s size] [/a|/A|/n|/N|/z|/Z] module!pattern | x [options] pattern",
    summary: "Displays the symbols that match a pattern; without a module, the current frame's variables",
    run,
};

/// Most symbols that are listed.
const MAX_SYMBOLS: usize = 1 << 17;

/// What to show of each symbol.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Detail {
    /// `/0`
    Address,
    /// `/1`
    Name,
    /// `/2`
    AddressAndName,
    #[default]
    All,
}

/// By what to sort.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Address,
    Name,
    Size,
}

#[derive(Default)]
struct Options {
    detail: Detail,
    types: bool,
    verbose: bool,
    functions_only: bool,
    data_only: bool,
    size: Option<u64>,
    order: Option<Order>,
    descending: bool,
}

impl Options {
    fn parse(session: &Session, arguments: &mut Arguments<'_>) -> Result<Self, CommandError> {
        let mut options = Self::default();
        while let Some(option) = arguments.option() {
            match option {
                "0" => options.detail = Detail::Address,
                "1" => options.detail = Detail::Name,
                "2" => options.detail = Detail::AddressAndName,
                "t" => options.types = true,
                "v" => options.verbose = true,
                "f" => options.functions_only = true,
                "d" => options.data_only = true,
                // Quotes, blanks before parentheses, debugger markup.
                "q" | "p" | "D" => {}
                "s" => {
                    let size = arguments.number(session)?.filter(|size| *size != 0);
                    options.size = Some(size.ok_or_else(|| arguments.usage("a size is missing behind /s"))?);
                }
                "a" | "A" => options.order = Some(Order::Address),
                "n" | "N" => options.order = Some(Order::Name),
                "z" | "Z" => options.order = Some(Order::Size),
                other => return Err(arguments.usage(format!("unknown option '/{other}'"))),
            }
            options.descending |= matches!(option, "A" | "N" | "Z");
        }
        Ok(options)
    }

    fn wants(&self, found: &Found) -> bool {
        let size_fits = match (self.size, found.size) {
            (Some(wanted), Some(size)) => wanted == size,
            // What has no known size is always shown.
            _ => true,
        };
        size_fits && (found.function || !self.functions_only) && (!found.function || !self.data_only)
    }
}

/// A symbol or variable to show.
struct Found {
    name: String,
    address: Option<VirtualAddress>,
    /// `@rcx` or `<none>` where it has no address.
    elsewhere: String,
    /// Bytes that it covers.
    size: Option<u64>,
    /// `prv` or `pub`, then what it is.
    kind: (&'static str, &'static str),
    function: bool,
    /// The type in words, if it is known.
    ty: Option<String>,
    /// `(int, char *)` of a function, `= 5` of a variable.
    behind: String,
}

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &*invocation.session;
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let options = Options::parse(session, &mut arguments)?;
    let pattern = arguments.take_rest();
    let mut more = false;
    let mut found = match pattern.split_once('!') {
        _ if pattern.is_empty() => return Err(arguments.usage("a pattern is missing")),
        Some((module, name)) => symbols(session, module.trim(), name.trim(), &options, &mut more)?,
        None => locals(session, pattern)?,
    };
    found.retain(|found| options.wants(found));
    match options.order {
        Some(Order::Address) => found.sort_by_key(|found| found.address),
        Some(Order::Name) => found.sort_by(|a, b| a.name.cmp(&b.name)),
        Some(Order::Size) => found.sort_by_key(|found| found.size),
        None => {}
    }
    if options.descending {
        found.reverse();
    }
    let pointer = Format::address(session.target().architecture().pointer_size());
    let records = found.iter().map(|found| describe(found, &options, pointer)).collect();
    let mut report = Report { records, warnings: Vec::new() };
    if more {
        report.warn(format!("there are more symbols: only the first {MAX_SYMBOLS} are listed"));
    }
    Ok(report)
}

fn symbols(
    session: &Session,
    module: &str,
    name: &str,
    options: &Options,
    more: &mut bool,
) -> Result<Vec<Found>, CommandError> {
    let modules = session.target().modules();
    let module_names = NamePattern::new(module);
    let searched: Vec<_> = match modules.by_name(module) {
        Some(module) => vec![module],
        None => modules.matching(&module_names).collect(),
    };
    if searched.is_empty() {
        return Err(CommandError::Failed(format!("no module's name matches '{module}'")));
    }
    let names = NamePattern::for_symbols(name);
    let scope = session.expression_scope();
    let mut found = Vec::new();
    for module in searched {
        if session.cancel_flag().is_cancelled() {
            return Err(CommandError::Cancelled);
        }
        let left = MAX_SYMBOLS.saturating_sub(found.len());
        let matching = module.search(&names, left.saturating_add(1));
        *more |= matching.len() > left;
        // Values are read only where they are shown.
        let view = (options.detail == Detail::All).then(|| View::new(&scope, modules));
        found.extend(matching.into_iter().take(left).map(|symbol| of_symbol(module, symbol, view.as_ref())));
    }
    Ok(found)
}

fn of_symbol(module: &Module, symbol: Symbol, view: Option<&View<'_>>) -> Found {
    let name = format!("{}!{}", module.name(), symbol.name);
    let address = module.address(symbol.rva);
    let behind = view.map(|view| behind(&name, module, &symbol, view)).unwrap_or_default();
    let source = if symbol.kind.is_private() { "prv" } else { "pub" };
    let function = is_function(module, &symbol);
    let type_size = symbol.ty.as_ref().filter(|_| !function).and_then(|ty| ty.size().ok());
    Found {
        address: Some(address),
        elsewhere: String::new(),
        size: type_size.or(symbol.size.map(u64::from)),
        kind: (source, if function { "func" } else { "global" }),
        function,
        ty: symbol.ty.as_ref().map(type_words),
        behind,
        name,
    }
}

/// Whether a symbol is code: by what it is, by its type, or else by the section that it lies in.
fn is_function(module: &Module, symbol: &Symbol) -> bool {
    match (symbol.kind, &symbol.ty) {
        (SymbolKind::Function | SymbolKind::Thunk | SymbolKind::Public { function: true }, _) => true,
        (_, Some(ty)) => parameter_words(ty).is_some(),
        (_, None) => {
            let headers = module.header().ok().or_else(|| module.image().map(|image| image.headers()));
            let section = headers.and_then(|headers| headers.section_at(symbol.rva));
            section.is_some_and(|section| section.is_executable())
        }
    }
}

/// What stands behind a symbol's name: ` (int, char *)`, ` = 0n5`, ` = <no type information>`.
fn behind(name: &str, module: &Module, symbol: &Symbol, view: &View<'_>) -> String {
    match &symbol.ty {
        Some(ty) => match parameter_words(ty) {
            Some(parameters) => format!(" {parameters}"),
            None => format!(" = {}", view.summary(&Node::at(name, ty.clone(), module.address(symbol.rva)), Style::Dv)),
        },
        None => untyped(module, symbol).to_owned(),
    }
}

/// What is said of a symbol without a type.
pub(crate) fn untyped(module: &Module, symbol: &Symbol) -> &'static str {
    if is_function(module, symbol) { " (<no parameter info>)" } else { " = <no type information>" }
}

/// `x *`: the variables of the current frame.
fn locals(session: &Session, pattern: &str) -> Result<Vec<Found>, CommandError> {
    let frame = session.frame()?;
    let names = NamePattern::for_symbols(pattern);
    let scope = session.expression_scope();
    let view = View::new(&scope, session.target().modules());
    let variables = session.frame_variables(&frame).into_iter();
    let matching = variables.filter(|variable| names.matches(&variable.variable.name));
    let found = matching.map(|variable| {
        let ty = variable.variable.ty.as_ref();
        Found {
            address: variable.variable.place.address(),
            elsewhere: match &variable.variable.place {
                Place::Register(part) => {
                    let register = session.target().architecture().register(part.register);
                    register.map_or_else(|| "<none>".to_owned(), |register| format!("@{}", register.name))
                }
                _ => "<none>".to_owned(),
            },
            size: ty.and_then(|ty| ty.size().ok()),
            kind: ("prv", if variable.is_parameter() { "param" } else { "local" }),
            function: false,
            ty: ty.map(type_words),
            behind: format!(" = {}", view.summary(&variable.node(), Style::Dv)),
            name: variable.variable.name,
        }
    });
    Ok(found.collect())
}

fn describe(found: &Found, options: &Options, pointer: Format) -> Record {
    let mut record = Record::new("symbol");
    let (source, kind) = found.kind;
    if options.verbose {
        record = record.field("source", source, Format::Plain).text(" ").field("kind", kind, Format::Left(6)).text(" ");
    }
    if options.detail != Detail::Name {
        record = match found.address {
            // Addresses of 32-bit targets stand in the same column.
            Some(address) if pointer == Format::Address32 => {
                record.field("address", address, pointer).text("         ")
            }
            Some(address) => record.field("address", address, pointer),
            None => record.field("place", found.elsewhere.clone(), Format::Left(17)),
        };
        record = record.text(" ");
    }
    if options.verbose {
        let size = found.size.map_or_else(|| "0".to_owned(), |size| format!("{size:x}"));
        record = record.field("size", size, Format::Right(4)).text(" ");
    }
    if options.types {
        record =
            record.field("type", found.ty.clone().unwrap_or_else(|| "<NoType>".to_owned()), Format::Plain).text(" ");
    }
    let named = options.detail != Detail::Address;
    record = record.field("name", found.name.clone(), if named { Format::Plain } else { Format::Hidden });
    if options.detail == Detail::All {
        record = record.field("value", found.behind.clone(), Format::Plain);
    }
    record
}
