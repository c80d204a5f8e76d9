//! The macros of Windows' headers that C++ expressions know ("Macros in C++ expressions").

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::target_address;
use super::super::value::{Value, wrap};
use super::super::word;
use super::operand::{Number, Operand, Pointer, boolean};
use memory::VirtualAddress;
use symbols::{BaseKind, BaseType, Shape, TypeRef};

impl Evaluator<'_> {
    /// `#NAME(arguments)`.
    pub(super) fn cpp_macro(&mut self) -> Evaluated<Value> {
        let start = self.cursor.next_token();
        self.cursor.take("#");
        let rest = self.cursor.rest();
        let name = self.cursor.take_bytes(rest.find(|c| !word::continues_cpp(c)).unwrap_or(rest.len()));
        self.cursor.expect("(", "(")?;
        let value = match name {
            "FIELD_OFFSET" => {
                let (offset, _) = self.field_of_type()?;
                Number::integer(BaseType { kind: BaseKind::Long, size: 4 }, offset.into()).into_value()
            }
            "RTL_FIELD_SIZE" => {
                let (_, size) = self.field_of_type()?;
                self.size_value(size)
            }
            "RTL_SIZEOF_THROUGH_FIELD" => {
                let (offset, size) = self.field_of_type()?;
                self.size_value(offset.saturating_add(size))
            }
            "CONTAINING_RECORD" => self.containing_record()?,
            "RTL_CONTAINS_FIELD" => self.contains_field()?,
            "RTL_NUMBER_OF" => {
                let array = self.only_if(false, Self::cpp_assignment)?;
                match self.shape_of(&array)? {
                    Shape::Array { count, .. } => self.size_value(count),
                    _ => return Err(self.error(Problem::NoArray)),
                }
            }
            _ => return Err(self.cursor.error(start, Problem::Syntax("no macro of C++ expressions"))),
        };
        self.cursor.expect(")", ")")?;
        Ok(value)
    }

    /// `Type, Field`: the field's offset and size in bytes.
    fn field_of_type(&mut self) -> Evaluated<(u64, u64)> {
        let ty = self.cpp_type()?;
        self.cursor.expect(",", ",")?;
        self.field(ty)
    }

    /// A field's path (`a.b[2]`) in a record: offset and size in bytes.
    fn field(&mut self, record: TypeRef) -> Evaluated<(u64, u64)> {
        let first = self.cpp_member(&Value::at(record, VirtualAddress(0)))?;
        let field = self.cpp_behind(first)?;
        match field.place.address() {
            Some(offset) => Ok((offset.0, self.size_of(&field.ty)?)),
            None => Err(self.error(Problem::Operand("a static member has no offset".to_owned()))),
        }
    }

    /// `Address, Type, Field`: the record that has the field at that address.
    fn containing_record(&mut self) -> Evaluated<Value> {
        let field = self.cpp_assignment()?;
        let address = self.number_of(&field)?.value.as_u64();
        self.cursor.expect(",", ",")?;
        let ty = self.cpp_type()?;
        self.cursor.expect(",", ",")?;
        let (offset, _) = self.field(ty.clone())?;
        let size = self.scope.pointer_size();
        let address = target_address(address.wrapping_sub(offset), size).0;
        Ok(Pointer { address, target: ty, size }.into_value())
    }

    /// `Struct, Size, Field`: whether the field of what `Struct` points at lies within `Size` bytes.
    fn contains_field(&mut self) -> Evaluated<Value> {
        let record = self.only_if(false, Self::cpp_assignment)?;
        let Operand::Pointer(record) = self.only_if(false, |inner| inner.operand(&record))? else {
            return Err(self.error(Problem::NoPointer));
        };
        self.cursor.expect(",", ",")?;
        let size = self.cpp_assignment()?;
        let size = self.number_of(&size)?.value.as_u64();
        self.cursor.expect(",", ",")?;
        let (offset, length) = self.field(record.target)?;
        Ok(boolean(size >= wrap(i128::from(offset) + i128::from(length))))
    }
}
