//! What `dt` writes with: the report so far, and values in its words.

use super::request::Options;
use crate::report::{Format, Report, Value};
use engine::cancel::CancelFlag;
use engine::evaluate::{Place, Scope, Variable};
use engine::variables::{Content, Node, Style, View, spelling, verbose_spelling};
use memory::VirtualAddress;
use symbols::{Shape, TypeRef};

/// Blanks before the fields of the outermost record, and more of them for each level.
const INDENTATION: usize = 3;
/// Most lines of one command.
pub(super) const MAX_LINES: usize = 20_000;

/// Writes records as `dt` shows them: with values where they lie somewhere, else with types.
pub(crate) struct Writer<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) scope: &'a dyn Scope,
    pub(super) cancel: &'a CancelFlag,
    pub(super) options: Options,
    pub(crate) report: Report,
    /// Records that are being expanded, by type and place: none is expanded within itself, unless asked for by name.
    pub(super) open: Vec<(String, Option<Place>)>,
}

impl<'a> Writer<'a> {
    /// Writes into a new report.
    pub(crate) fn new(view: &'a View<'a>, scope: &'a dyn Scope, cancel: &'a CancelFlag, options: Options) -> Self {
        Self { view, scope, cancel, options, report: Report::default(), open: Vec::new() }
    }

    /// A scalar's, or any other value's, text as `dt` writes it; for no place that of the type.
    pub(super) fn value(&self, name: &str, ty: &TypeRef, place: Option<&Place>) -> Value {
        let Some(place) = place else {
            return if self.options.verbose { verbose_spelling(ty) } else { spelling(ty) }.into();
        };
        let content = self.view.content(&node(name, ty, place), Style::Dt.preview());
        match &content {
            Content::Unavailable(why) => Value::Unknown(why.clone()),
            _ if self.options.verbose => self.verbose(ty, &content).into(),
            Content::Pointer { address, size, .. } if self.options.blocks && address.0 != 0 => {
                format!("0x{}", Format::address(usize::from(*size)).render(&Value::Address(*address))).into()
            }
            _ => content.text(Style::Dt).into(),
        }
    }

    fn verbose(&self, ty: &TypeRef, content: &Content) -> String {
        let text = content.text(Style::Dt);
        match content {
            Content::Record { .. } => verbose_spelling(ty),
            Content::ListEntry { .. } => {
                format!("{}\n{}", verbose_spelling(ty), text.strip_prefix("_LIST_ENTRY").unwrap_or(&text))
            }
            Content::BitField { .. } => format!("Bitfield {text}"),
            Content::Pointer { target, .. } => text.replacen(&spelling(target), &verbose_spelling(target), 1),
            _ => text,
        }
    }

    /// Where a pointer leads, if it can be read and isn't NULL.
    pub(super) fn pointer(&self, ty: &TypeRef, place: &Place) -> Option<VirtualAddress> {
        match self.view.content(&node("", ty, place), Style::Dt.preview()) {
            Content::Pointer { address, .. } => Some(address).filter(|address| address.0 != 0),
            _ => None,
        }
    }

    /// The target's addresses.
    pub(super) fn address_format(&self) -> Format {
        Format::address(usize::from(self.scope.pointer_size()))
    }

    /// Blanks before the fields at this level.
    pub(super) fn indentation(&self, level: usize) -> String {
        let blanks = if self.options.no_indentation { 0 } else { INDENTATION * (level + 1) };
        " ".repeat(blanks)
    }

    /// Whether the report has as many lines as one may have; says so in it, once.
    pub(super) fn is_full(&mut self) -> bool {
        let full = self.report.records.len() >= MAX_LINES;
        if full && self.report.warnings.is_empty() {
            self.report.warn(format!("only the first {MAX_LINES} lines are shown"));
        }
        full
    }
}

/// Something with a name, as the view of values takes it.
pub(super) fn node(name: &str, ty: &TypeRef, place: &Place) -> Node {
    Node::of_variable(&Variable { name: name.to_owned(), ty: Some(ty.clone()), place: place.clone() })
}

/// Whether it is a record whose fields are known.
pub(super) fn is_record(ty: &TypeRef) -> bool {
    matches!(ty.shape(), Ok(Shape::Record(record)) if record.complete)
}
