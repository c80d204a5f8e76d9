//! What `dt` is asked about: a type, or something that has one.

use super::pattern::split_subscript;
use crate::command::CommandError;
use engine::evaluate::{self, Place, Scope, Syntax};
use engine::stack::Frame;
use engine::{Session, SessionScope};
use symbols::{BaseType, Module, NamePattern, Shape, Symbol, TypeRef};

/// A type, and where something of it lies.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) ty: TypeRef,
    /// None for the type alone.
    pub(super) place: Option<Place>,
    pub(super) origin: Origin,
}

/// How a subject was found.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A type of this module, which was named with it.
    QualifiedType,
    /// A type that the first of all modules had: this one's, if it belongs to one.
    Type { module: Option<String> },
    /// A local variable.
    Local,
    /// A global variable, or the value of an expression.
    Value,
}

/// Finds what `name` means: a local variable, a type or a global one, or a C++ expression.
///
/// # Errors
/// Nothing is called so.
pub(super) fn find(session: &Session, scope: &SessionScope<'_>, name: &str) -> Result<Subject, CommandError> {
    let bare = name.strip_prefix('(').and_then(|name| name.strip_suffix(')')).unwrap_or(name).trim();
    let (module, plain) = match bare.split_once('!') {
        Some((module, plain)) => (Some(module), plain),
        None => (None, bare),
    };
    if let Some(subject) = module.is_none().then(|| local(session, plain)).flatten() {
        return Ok(subject);
    }
    let found = find_type(session, module, plain).or_else(|| find_array(session, module, plain));
    if let Some((ty, found_in)) = found {
        let origin = if module.is_some() { Origin::QualifiedType } else { Origin::Type { module: found_in } };
        return Ok(Subject { ty, place: None, origin });
    }
    if let Some(subject) = global(session, module, plain)? {
        return Ok(subject);
    }
    let value = evaluate::evaluate(bare, Syntax::Cpp, scope).map_err(|error| match module {
        Some(_) => CommandError::Failed(format!("Symbol {bare} not found.")),
        None => CommandError::Expression(error),
    })?;
    Ok(Subject { ty: value.ty, place: Some(value.place), origin: Origin::Value })
}

/// A local variable of the current frame: by its name, else by its name in another case; of several the innermost.
fn local(session: &Session, name: &str) -> Option<Subject> {
    let mut variables: Vec<_> = session.frame_variables(&session.frame().ok()?);
    variables.reverse();
    let exact = variables.iter().find(|found| found.variable.name == name);
    let found = exact.or_else(|| variables.iter().find(|found| found.variable.name.eq_ignore_ascii_case(name)))?;
    let ty = found.variable.ty.clone()?;
    Some(Subject { ty, place: Some(found.variable.place.clone()), origin: Origin::Local })
}

/// The type with this name, and the module that has it; also one whose name differs only in case.
fn find_type(session: &Session, module: Option<&str>, name: &str) -> Option<(TypeRef, Option<String>)> {
    let modules = searched(session, module);
    let named = |module: &&Module| Some((module.symbols()?.find_type(name)?, Some(module.name().to_owned())));
    let base = || BaseType::from_name(name).map(|base| (TypeRef::Base(base), None));
    let builtin = || {
        // The evaluator knows what Windows' headers call base types (ULONG).
        let scope = session.expression_scope();
        let null = evaluate::evaluate(&format!("({name} *)0"), Syntax::Cpp, &scope).ok()?;
        match null.ty.shape() {
            Ok(Shape::Pointer { target, .. }) if !matches!(target.shape(), Ok(Shape::Record(_))) => {
                Some((target, None))
            }
            _ => None,
        }
    };
    let pattern = NamePattern::new(name);
    let same_but_case = |module: &&Module| {
        let found = module.symbols()?.search_types(&pattern, 1).into_iter().next()?;
        Some((found, Some(module.name().to_owned())))
    };
    let in_any = modules.iter().find_map(named).or_else(|| module.is_none().then(base).flatten());
    let in_any = in_any.or_else(|| module.is_none().then(builtin).flatten());
    in_any.or_else(|| pattern.literal().and_then(|_| modules.iter().find_map(same_but_case)))
}

/// `CHAR[8]`: an array of a type.
fn find_array(session: &Session, module: Option<&str>, name: &str) -> Option<(TypeRef, Option<String>)> {
    let (element, count) = split_subscript(name);
    let (ty, module) = find_type(session, module, element.trim_end())?;
    Some((ty.array(count?), module))
}

fn global(session: &Session, module: Option<&str>, name: &str) -> Result<Option<Subject>, CommandError> {
    let mut untyped = None;
    for module in searched(session, module) {
        for symbol in module.find(name) {
            match typed(module, &symbol) {
                Some(subject) => return Ok(Some(subject)),
                None => untyped = Some(format!("{}!{}", module.name(), symbol.name)),
            }
        }
    }
    match untyped {
        Some(name) => Err(CommandError::Failed(format!(
            "{name} has no type: its module's symbols are public. Name a type, and it as the address: dt type {name}"
        ))),
        None => Ok(None),
    }
}

/// A symbol with a type, where it lies.
pub(super) fn typed(module: &Module, symbol: &Symbol) -> Option<Subject> {
    let ty = symbol.ty.clone()?;
    Some(Subject { ty, place: Some(Place::Memory(module.address(symbol.rva))), origin: Origin::Value })
}

/// The module that is named; without a name, that of the current frame, then the kernel, then all whose symbols are
/// loaded.
fn searched<'s>(session: &'s Session, name: Option<&str>) -> Vec<&'s Module> {
    let modules = session.target().modules();
    if let Some(name) = name {
        return modules.by_name(name).map(|module| &**module).into_iter().collect();
    }
    let here = session.frame().ok().and_then(|frame| modules.at(Frame::code_address(&frame)));
    let kernel = session.target().kernel_base().and_then(|base| modules.at(base));
    let loaded = modules.iter().filter(|module| module.is_loaded());
    let mut found: Vec<&Module> = Vec::new();
    for module in here.into_iter().chain(kernel).chain(loaded) {
        if !found.iter().any(|other| other.base() == module.base()) {
            found.push(module);
        }
    }
    found
}

/// Whether an expression would name something.
pub(super) fn evaluates(scope: &dyn Scope, text: &str) -> bool {
    evaluate::evaluate(text, Syntax::Masm, scope).is_ok()
}
