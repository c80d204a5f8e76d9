//! The IPI stream: what functions and namespaces are called.

use super::type_stream::{IPI, TypeStream};
use super::type_table::PdbTypes;
use crate::pdb::SymbolFileError;
use crate::pdb::streams::container::Container;
use crate::pdb::symbol_records::codeview::{self, Record};
use memory::Truncated;
use ms_pdb::types::Leaf;

/// Parts that a name is put together from, at most.
const PARTS_LIMIT: usize = 256;

/// Functions that inline sites and some function symbols name by index.
#[derive(Debug)]
pub(crate) struct Items(TypeStream);

/// A function as the IPI stream knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionId {
    /// Its name, qualified.
    pub(crate) name: String,
    /// Index of its type in the TPI stream.
    pub(crate) ty: u32,
}

impl Items {
    /// Reads the IPI stream.
    pub(crate) fn read(container: &Container, note: impl Fn(SymbolFileError)) -> Result<Self, SymbolFileError> {
        TypeStream::read(container, IPI, note).map(Self)
    }

    /// The function with this index: `LF_FUNC_ID` (its scope is a string) or `LF_MFUNC_ID` (its scope is a type).
    pub(crate) fn function(&self, index: u32, types: Option<&PdbTypes>) -> Result<Option<FunctionId>, SymbolFileError> {
        let Some(record) = self.0.record(index) else { return Ok(None) };
        let parse = || -> Result<Option<FunctionId>, Truncated> {
            let mut fields = record.fields();
            let [scope, ty] = [fields.u32()?, fields.u32()?];
            let name = codeview::text(codeview::name(&mut fields)?);
            let scope = match Leaf(record.kind) {
                Leaf::LF_FUNC_ID if scope == 0 => None,
                Leaf::LF_FUNC_ID => self.string(scope),
                Leaf::LF_MFUNC_ID => types.and_then(|types| types.udt_name(scope)).map(codeview::text),
                _ => return Ok(None),
            };
            let name = scope.map(|scope| format!("{scope}::{name}")).unwrap_or(name);
            Ok(Some(FunctionId { name, ty }))
        };
        parse().map_err(|_| self.0.damaged(&record))
    }

    /// An `LF_STRING_ID`: a list of strings that come before (`LF_SUBSTR_LIST`), then one more.
    fn string(&self, index: u32) -> Option<String> {
        let record = self.0.record(index).filter(|record| Leaf(record.kind) == Leaf::LF_STRING_ID)?;
        let mut fields = record.fields();
        let before = fields.u32().ok()?;
        let last = codeview::name(&mut fields).ok()?;
        let mut text = String::new();
        for part in self.parts(before) {
            let mut fields = part.fields();
            let _before = fields.u32().ok()?;
            text.push_str(&String::from_utf8_lossy(codeview::name(&mut fields).ok()?));
        }
        text.push_str(&String::from_utf8_lossy(last));
        Some(text)
    }

    fn parts(&self, list: u32) -> impl Iterator<Item = Record<'_>> {
        let record = self.0.record(list).filter(|record| Leaf(record.kind) == Leaf::LF_SUBSTR_LIST);
        let indices = record.and_then(|record| record.data.get(4..)).unwrap_or_default();
        indices.chunks_exact(4).take(PARTS_LIMIT).filter_map(|index| {
            let record = self.0.record(u32::from_le_bytes(index.try_into().ok()?))?;
            (Leaf(record.kind) == Leaf::LF_STRING_ID).then_some(record)
        })
    }
}
