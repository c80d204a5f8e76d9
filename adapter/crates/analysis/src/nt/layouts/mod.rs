//! Layouts for when the kernel's symbols don't give one: a data file of structures that never changed.
//!
//! A layout is chosen because the type is absent, never by build number, and whoever uses one says so
//! ([`LayoutSource`]).

use std::fmt;
use std::sync::{Arc, OnceLock};
use symbols::{
    BaseKind, BaseType, Enumerator, Member, MemberKind, RecordKind, RecordShape, Shape, TypeError, TypeId, TypeRef,
    TypeTable,
};

static PUBLISHED: &str = include_str!("published.txt");

/// Where a type's layout comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutSource {
    /// The kernel's symbol file.
    Symbols,
    /// The data file in this folder.
    Published,
}

impl fmt::Display for LayoutSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symbols => "the kernel's symbols",
            Self::Published => "the published layout (nt/layouts/published.txt), for want of symbols",
        })
    }
}

/// The structure `name` of systems whose pointers have `pointer_size` bytes, if its layout is published.
pub fn find(name: &str, pointer_size: usize) -> Option<TypeRef> {
    let table = table();
    let id = table.index_of(name, pointer_size)?;
    Some(TypeRef::InFile { table, id: TypeId(id) })
}

fn table() -> Arc<Layouts> {
    static TABLE: OnceLock<Arc<Layouts>> = OnceLock::new();
    Arc::clone(TABLE.get_or_init(|| Arc::new(Layouts::parse(PUBLISHED))))
}

#[derive(Debug)]
struct Layouts(Vec<Record>);

#[derive(Debug)]
struct Record {
    name: &'static str,
    pointer_size: usize,
    size: u64,
    members: Vec<(u64, &'static str, &'static str)>,
}

impl Layouts {
    fn parse(text: &'static str) -> Self {
        let mut records: Vec<Record> = Vec::new();
        for line in text.lines() {
            let number = |digits: &str| u64::from_str_radix(digits, 16).ok();
            match *line.split_whitespace().collect::<Vec<_>>() {
                ["record", name, pointer_size, size] => {
                    if let (Some(pointer_size), Some(size)) = (number(pointer_size), number(size)) {
                        records.push(Record { name, pointer_size: pointer_size as usize, size, members: Vec::new() });
                    }
                }
                [offset, name, ty] => {
                    if let (Some(offset), Some(record)) = (number(offset), records.last_mut()) {
                        record.members.push((offset, name, ty));
                    }
                }
                _ => {}
            }
        }
        Self(records)
    }

    fn index_of(&self, name: &str, pointer_size: usize) -> Option<u32> {
        let same = |record: &Record| record.name == name && record.pointer_size == pointer_size;
        self.0.iter().position(same).and_then(|index| u32::try_from(index).ok())
    }

    fn record(&self, id: TypeId) -> Result<&Record, TypeError> {
        let missing = TypeError::NoSuchType { id: id.0, end: self.0.len() as u32 };
        self.0.get(id.0 as usize).ok_or(missing)
    }

    fn member_type(&self, this: &Arc<dyn TypeTable>, ty: &str, pointer_size: usize) -> TypeRef {
        let unsigned = |size| TypeRef::Base(BaseType { kind: BaseKind::UnsignedInt, size });
        match ty {
            "u16" => unsigned(2),
            "u32" => unsigned(4),
            "pointer" => TypeRef::Base(BaseType { kind: BaseKind::Void, size: 0 }).pointer(pointer_size as u8),
            record => match self.index_of(record, pointer_size) {
                Some(id) => TypeRef::InFile { table: Arc::clone(this), id: TypeId(id) },
                None => TypeRef::Base(BaseType { kind: BaseKind::Void, size: 0 }),
            },
        }
    }
}

impl TypeTable for Layouts {
    fn shape(&self, _: &Arc<dyn TypeTable>, id: TypeId) -> Result<Shape, TypeError> {
        let Record { name, size, .. } = self.record(id)?;
        let (kind, name) = (RecordKind::Struct, (*name).to_owned());
        Ok(Shape::Record(RecordShape { kind, name, size: *size, complete: true }))
    }

    fn members(&self, this: &Arc<dyn TypeTable>, id: TypeId) -> Result<Vec<Member>, TypeError> {
        let record = self.record(id)?;
        let member = |&(offset, name, ty): &(u64, &str, &str)| Member {
            name: name.to_owned(),
            offset,
            ty: self.member_type(this, ty, record.pointer_size),
            kind: MemberKind::Data,
        };
        Ok(record.members.iter().map(member).collect())
    }

    fn enumerators(&self, _: TypeId) -> Result<Vec<Enumerator>, TypeError> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_file_is_part_of_a_layout() {
        let lines = PUBLISHED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        let layouts = Layouts::parse(PUBLISHED);
        let parsed: usize = layouts.0.iter().map(|record| 1 + record.members.len()).sum();
        assert_eq!(parsed, lines);
        for record in &layouts.0 {
            let known = |ty: &str| {
                ["u16", "u32", "pointer"].contains(&ty) || layouts.index_of(ty, record.pointer_size).is_some()
            };
            assert!(record.members.iter().all(|(_, _, ty)| known(ty)), "{}", record.name);
            assert!(record.members.iter().all(|(offset, ..)| *offset < record.size), "{}", record.name);
        }
    }

    #[test]
    fn members_lead_into_other_layouts() {
        let entry = find("_KLDR_DATA_TABLE_ENTRY", 8).unwrap();
        let name = entry.find_member("FullDllName").unwrap().unwrap();
        assert_eq!((name.offset, name.ty.name().as_str(), name.ty.size()), (0x48, "_UNICODE_STRING", Ok(0x10)));
        assert!(find("_EPROCESS", 8).is_none(), "what changes between builds is not in the file");
    }
}
