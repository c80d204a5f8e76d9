//! The fields of a record as they are shown: anonymous unions and structs are looked through.

use symbols::{Member, MemberKind, Shape, TypeError, TypeRef};

/// How deep anonymous records, and bases where they are looked through, are followed.
const DEPTH_LIMIT: usize = 16;
/// Most fields of one record.
const FIELD_LIMIT: usize = 16_384;
/// What the debuggers call the pointer to the table of virtual functions.
const VIRTUAL_TABLE: &str = "__VFN_table";

/// What becomes of base classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bases {
    /// They are fields of their own, named after their class.
    AsMembers,
    /// Their fields stand in their place, as `dt` shows them.
    Flattened,
}

/// The fields of a record in the order of their declaration, offsets counted from its start: data, static data, bases,
/// and the pointer to virtual functions. Members of anonymous unions and structs stand in their place. Types that
/// aren't records have none.
///
/// # Errors
/// A symbol file that is damaged there, also [`TypeError::TooDeep`] where records have no end.
pub fn fields(ty: &TypeRef, bases: Bases) -> Result<Vec<Member>, TypeError> {
    let mut all = Vec::new();
    collect(ty, 0, bases, DEPTH_LIMIT, &mut all)?;
    Ok(all)
}

fn collect(ty: &TypeRef, start: u64, bases: Bases, depth: usize, all: &mut Vec<Member>) -> Result<(), TypeError> {
    let too_deep = || TypeError::TooDeep { name: ty.name() };
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    for member in ty.members()? {
        if all.len() >= FIELD_LIMIT {
            return Err(too_deep());
        }
        let offset = start.wrapping_add(member.offset);
        match member.kind {
            MemberKind::Data if member.name.is_empty() && is_record(&member.ty) => {
                collect(&member.ty, offset, bases, depth, all)?;
            }
            MemberKind::Base if bases == Bases::Flattened => collect(&member.ty, offset, bases, depth, all)?,
            MemberKind::Data | MemberKind::Base | MemberKind::VirtualBase { .. } => {
                all.push(Member { offset, ..member })
            }
            MemberKind::VirtualTable => all.push(Member { name: VIRTUAL_TABLE.to_owned(), offset, ..member }),
            MemberKind::StaticData => all.push(member),
            MemberKind::NestedType | MemberKind::Method => {}
        }
    }
    Ok(())
}

fn is_record(ty: &TypeRef) -> bool {
    matches!(ty.shape(), Ok(Shape::Record(_)))
}
