//! The fields of a record, line by line: `   +0x440 UniqueProcessId  : 0x00000000`00000004 Void`.

use super::pattern::Selection;
use super::request::Options;
use super::writer::{Writer, is_record, node};
use crate::command::CommandError;
use crate::report::{Format, Record, Value};
use engine::evaluate::Place;
use engine::variables::{Bases, Content, Style, fields};
use symbols::{BaseType, Member, MemberKind, Shape, TypeRef};

/// Width of the column of names, where all fields are displayed.
const NAME_WIDTH: usize = 16;
/// Deepest nesting of records within records that `-b` follows.
const MAX_DEPTH: usize = 24;

/// Where a line stands, and what follows below it.
#[derive(Clone, Copy)]
pub(super) struct Position {
    /// Levels of records around it.
    level: usize,
    /// Levels of records and pointers that `-r` still expands.
    recursion: usize,
    /// Width of the column of names.
    pub(super) name_width: usize,
}

impl Position {
    /// At the fields of the outermost record.
    pub(super) fn outermost(options: Options) -> Self {
        Self { level: 0, recursion: options.recursion, name_width: NAME_WIDTH }
    }

    fn deeper(self) -> Self {
        Self { level: self.level + 1, recursion: self.recursion.saturating_sub(1), ..self }
    }
}

/// A field that is to be written.
struct Field<'m> {
    member: &'m Member,
    name: String,
    offset: u64,
    ty: TypeRef,
    place: Option<Place>,
    elements: Option<u64>,
}

impl Writer<'_> {
    /// The fields of a record of type `ty`, all or the selected ones.
    ///
    /// # Errors
    /// The user gave up. What can't be read is part of the report.
    pub(super) fn fields(
        &mut self,
        ty: &TypeRef,
        place: Option<&Place>,
        selected: &[Selection<'_>],
        at: Position,
    ) -> Result<(), CommandError> {
        let members = match fields(ty, Bases::Flattened) {
            Ok(members) => members,
            Err(error) => {
                self.report.push(Record::line(format!("{}??? ({error})", self.indentation(at.level))));
                return Ok(());
            }
        };
        let this = (ty.name(), place.cloned());
        let within_itself = selected.is_empty() && self.open.contains(&this);
        if within_itself || self.open.len() >= MAX_DEPTH {
            return Ok(());
        }
        self.open.push(this);
        for member in &members {
            let chosen: Vec<Selection<'_>> =
                selected.iter().filter(|selection| selection.matches(&member.name)).copied().collect();
            if selected.is_empty() || !chosen.is_empty() {
                self.member(ty, member, place, &chosen, at)?;
            }
            if self.is_full() {
                break;
            }
        }
        self.open.pop();
        Ok(())
    }

    fn member(
        &mut self,
        record: &TypeRef,
        member: &Member,
        place: Option<&Place>,
        chosen: &[Selection<'_>],
        at: Position,
    ) -> Result<(), CommandError> {
        if self.cancel.is_cancelled() {
            return Err(CommandError::Cancelled);
        }
        let is_table = member.kind == MemberKind::VirtualTable;
        let ty =
            if is_table { TypeRef::Base(BaseType::VOID).pointer(self.scope.pointer_size()) } else { member.ty.clone() };
        let place = place.map(|place| self.member_place(record, member, &ty, place));
        let elements = chosen.iter().find_map(|selection| selection.pattern.elements).or(self.options.elements);
        let mut field = Field { member, name: member.name.clone(), offset: member.offset, ty, place, elements };
        if let Some(index) = chosen.iter().find_map(Selection::subscript) {
            field.select_element(index);
        }
        let inner: Vec<Selection<'_>> = chosen.iter().filter_map(Selection::inner).collect();
        self.field(&field, &inner, at)
    }

    /// The line of a field, and what is expanded below it.
    fn field(&mut self, field: &Field<'_>, inner: &[Selection<'_>], at: Position) -> Result<(), CommandError> {
        let shape = field.ty.shape().ok();
        let expands = at.recursion > 0 || !inner.is_empty();
        let by_elements = field.elements.is_some() || self.options.blocks;
        match shape {
            Some(Shape::Record(record)) if record.complete => {
                let is_plain = matches!(self.content(field), None | Some(Content::Record { .. }));
                let value = if is_plain && !inner.is_empty() { "".into() } else { self.text_of(field) };
                self.line(field, value, at);
                if expands || self.options.blocks {
                    self.fields(&field.ty, field.place.as_ref(), inner, at.deeper())?;
                }
            }
            Some(Shape::Array { element, count }) if by_elements && field.place.is_some() => {
                let is_text = matches!(self.content(field), Some(Content::TextArray { .. }));
                self.line(field, if is_text { self.text_of(field) } else { "".into() }, at);
                self.elements(field, &element, count, inner, at)?;
            }
            Some(Shape::Array { element, .. }) if expands || self.options.blocks => {
                self.line(field, self.text_of(field), at);
                if is_record(&element) {
                    let first = field.place.as_ref().map(|place| place.part(0, element.size().unwrap_or(0)));
                    self.fields(&element, first.as_ref(), inner, at.deeper())?;
                }
            }
            Some(Shape::Pointer { target, .. }) if expands && is_record(&target) => {
                self.line(field, self.text_of(field), at);
                match &field.place {
                    None => self.fields(&target, None, inner, at.deeper())?,
                    Some(place) => {
                        if let Some(address) = self.pointer(&field.ty, place) {
                            self.fields(&target, Some(&Place::Memory(address)), inner, at.deeper())?;
                        }
                    }
                }
            }
            _ => self.line(field, self.text_of(field), at),
        }
        Ok(())
    }

    /// `    [00] 0x1`
    fn elements(
        &mut self,
        field: &Field<'_>,
        element: &TypeRef,
        count: u64,
        inner: &[Selection<'_>],
        at: Position,
    ) -> Result<(), CommandError> {
        let Some(array) = &field.place else { return Ok(()) };
        let size = element.size().unwrap_or(0);
        let indentation = format!("{} ", self.indentation(at.level));
        for index in 0..count.min(field.elements.unwrap_or(u64::MAX)) {
            if self.cancel.is_cancelled() {
                return Err(CommandError::Cancelled);
            }
            if self.is_full() {
                break;
            }
            let place = array.part(index.wrapping_mul(size), size);
            let expands = is_record(element) && (self.options.blocks || at.recursion > 0 || !inner.is_empty());
            let value = if expands { "".into() } else { self.value(&field.name, element, Some(&place)) };
            let record = Record::new("element")
                .field("level", at.level + 1, Format::Hidden)
                .text(format!("{indentation}[{index:02}]"))
                .field("index", index, Format::Hidden)
                .text(" ")
                .field("value", value, Format::Plain);
            self.report.push(record);
            if expands {
                self.fields(element, Some(&place), inner, at.deeper())?;
            }
        }
        Ok(())
    }

    fn line(&mut self, field: &Field<'_>, value: Value, at: Position) {
        let is_static = field.member.kind == MemberKind::StaticData;
        let mut record = Record::new("field").field("level", at.level, Format::Hidden).text(self.indentation(at.level));
        let address = field.place.as_ref().and_then(Place::address);
        record = match (is_static, address) {
            (true, Some(address)) => record.text("=").field("address", address, self.address_format()).text(" "),
            (true, None) => record.text("= "),
            (false, _) if self.options.no_offsets => record.field("offset", field.offset, Format::Hidden),
            (false, _) => record.text("+0x").field("offset", field.offset, Format::Hex(3)).text(" "),
        };
        if let Some(address) = address.filter(|_| !is_static) {
            record = record.field("address", address, Format::Hidden);
        }
        let record = record
            .field("name", field.name.clone(), Format::Left(at.name_width))
            .text(" : ")
            .field("type", field.ty.name(), Format::Hidden)
            .field("value", value, Format::Plain);
        self.report.push(record);
    }

    fn text_of(&self, field: &Field<'_>) -> Value {
        self.value(&field.name, &field.ty, field.place.as_ref())
    }

    /// What the field holds; None for a type alone.
    fn content(&self, field: &Field<'_>) -> Option<Content> {
        let place = field.place.as_ref()?;
        Some(self.view.content(&node(&field.name, &field.ty, place), Style::Dt.preview()))
    }

    fn member_place(&self, record: &TypeRef, member: &Member, ty: &TypeRef, place: &Place) -> Place {
        match member.kind {
            MemberKind::StaticData => {
                let symbol = format!("{}::{}", record.name(), member.name);
                match self.scope.symbols(None, &symbol).as_slice() {
                    [only] => only.place.clone(),
                    found => Place::Unavailable(format!("there are {} symbols {symbol}", found.len())),
                }
            }
            MemberKind::VirtualBase { .. } => {
                Place::Unavailable("a virtual base: where it lies is known only at run time".to_owned())
            }
            _ => match ty.size() {
                Ok(size) => place.part(member.offset, size),
                Err(error) => Place::Unavailable(error.to_string()),
            },
        }
    }
}

impl Field<'_> {
    /// Makes it one element of the array that it is.
    fn select_element(&mut self, index: u64) {
        let Ok(Shape::Array { element, .. }) = self.ty.shape() else { return };
        let Ok(size) = element.size() else { return };
        let offset = index.wrapping_mul(size);
        self.name = format!("{}[{index}]", self.name);
        self.offset = self.offset.wrapping_add(offset);
        self.place = self.place.as_ref().map(|place| place.part(offset, size));
        self.ty = element;
    }
}
