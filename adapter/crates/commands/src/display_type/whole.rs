//! What `dt` shows of anything, whatever its type is.

use super::fields::Position;
use super::linked_list::RULE;
use super::pattern::Selection;
use super::subject::{Origin, Subject};
use super::writer::{Writer, is_record};
use crate::command::CommandError;
use crate::display_locals;
use crate::report::{Format, Record, Value};
use engine::Session;
use engine::evaluate::Place;
use engine::variables::verbose_spelling;
use symbols::{Shape, TypeRef};

impl Writer<'_> {
    /// What stands before the fields: where a local lies, or which module a type is from.
    pub(super) fn heading(&mut self, session: &Session, subject: &Subject, place: Option<&Place>) {
        match &subject.origin {
            Origin::Local => {
                let place = place.map_or_else(String::new, |place| display_locals::place(session, place));
                let place = place.trim_start_matches('@');
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
    pub(super) fn whole(
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
            (Ok(Shape::Pointer { target, .. }), Some(place)) if is_record(&target) => {
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
        let to_record = matches!(ty.shape(), Ok(Shape::Pointer { target, .. }) if is_record(&target));
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
            match place.address().filter(|_| is_record(element)) {
                Some(address) => {
                    let record = record.text("@ ").field("address", address, self.address_format());
                    self.report.push(record.text(format!("\n{}", RULE)));
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
