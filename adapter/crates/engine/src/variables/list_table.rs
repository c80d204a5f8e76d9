//! Which lists link which records: what is publicly known of NT's lists, and what the name of a member suggests.

use super::list::{ElementType, Elements};
use std::sync::OnceLock;
use symbols::{Member, Shape, TypeRef};

/// One list for each line: its head, the type of its elements, the member that links them. A head is a symbol
/// (`module!name`) or a member (`type.member`).
static TABLE: &str = include_str!("list_heads.txt");

/// Ends of the names of members that link their record to others of its kind.
const LINK_NAMES: &[&str] = &["Link", "Links", "ListEntry"];

struct Row {
    head: &'static str,
    element: &'static str,
    link: &'static str,
}

impl Row {
    fn is_symbol(&self) -> bool {
        self.head.contains('!')
    }

    fn elements(&self) -> Elements {
        let heads = if self.is_symbol() { vec![self.head.to_owned()] } else { Vec::new() };
        let (ty, link) = (ElementType::Named(self.element.to_owned()), self.link.to_owned());
        Elements { ty, link, heads, guessed: false }
    }
}

fn table() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let row = |line: &'static str| {
            let mut words = line.split_whitespace();
            Some(Row { head: words.next()?, element: words.next()?, link: words.next()? })
        };
        TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(row).collect()
    })
}

/// Head, element type and link of every list that is known.
#[cfg(test)]
pub(super) fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    table().iter().map(|row| (row.head, row.element, row.link))
}

/// What the list links whose head is this symbol: `nt!PsActiveProcessHead`.
pub(super) fn elements_of_symbol(symbol: &str) -> Option<Elements> {
    table().iter().find(|row| row.head == symbol).map(Row::elements)
}

/// What the list links that a `_LIST_ENTRY` member (or an array of them) of the record `owner` belongs to. Where the
/// member is a link whose head is no known symbol, the head can't be told from the elements: a guess.
pub(super) fn elements_of_member(owner: &str, member: &Member) -> Option<Elements> {
    if !holds_entries(&member.ty) {
        return None;
    }
    let head = format!("{owner}.{}", member.name);
    if let Some(row) = table().iter().find(|row| row.head == head) {
        return Some(row.elements());
    }
    let of_its_kind = |row: &&Row| row.is_symbol() && row.element == owner && row.link == member.name;
    if let Some(row) = table().iter().find(of_its_kind) {
        return Some(row.elements());
    }
    let is_link = matches!(member.ty.shape(), Ok(Shape::Record(_)))
        && LINK_NAMES.iter().any(|end| member.name.ends_with(end))
        && !owner.contains(['<', '>']);
    let ty = ElementType::Named(owner.to_owned());
    is_link.then(|| Elements { ty, link: member.name.clone(), heads: Vec::new(), guessed: true })
}

/// Whether a type is `_LIST_ENTRY`, or an array of them.
pub(super) fn holds_entries(ty: &TypeRef) -> bool {
    let is_entry = |ty: &TypeRef| matches!(ty.shape(), Ok(Shape::Record(record)) if record.name == "_LIST_ENTRY");
    match ty.shape() {
        Ok(Shape::Array { element, .. }) => is_entry(&element),
        _ => is_entry(ty),
    }
}
