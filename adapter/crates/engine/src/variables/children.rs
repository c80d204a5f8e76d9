//! The children of a node: fields, elements, and what pointers point at.

use super::list::ListWalk;
use super::node::{Node, NodeKind};
use super::view::View;
use super::{Bases, evaluate_name, fields, list_table};
use crate::evaluate::{Place, Value};
use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;
use symbols::{BaseKind, BaseType, Member, MemberKind, Shape, TypeRef};

/// Bytes of records that are read whole.
const MAX_FETCHED_RECORD: u64 = 4096;

/// Most elements that are given at once.
pub const PAGE_LIMIT: u64 = 4096;

/// How many children a node has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildCounts {
    /// Those with names: [`View::named_children`].
    pub named: u64,
    /// Elements: [`View::indexed_children`].
    pub indexed: u64,
}

impl ChildCounts {
    const NONE: Self = Self { named: 0, indexed: 0 };

    /// Whether there are none at all.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }
}

/// Where the children of a node come from, pointers and references followed.
enum Parts {
    None,
    /// The fields of a record; `expression` names a field's record, and whether it does so by a pointer to it.
    Fields {
        record: Value,
        expression: Option<String>,
        by_pointer: bool,
    },
    /// What a pointer points at, as one child.
    Pointee(Value),
    Elements {
        array: Value,
        element: TypeRef,
        count: u64,
    },
    List(Rc<ListWalk>),
}

impl View<'_> {
    /// How many children `node` has. What can't be read has none.
    pub fn child_counts(&self, node: &Node) -> ChildCounts {
        match self.parts(node) {
            Parts::None => ChildCounts::NONE,
            Parts::Fields { record, .. } => {
                let fields = fields(&record.ty, Bases::AsMembers).map_or(1, |fields| fields.len());
                let list = usize::from(self.elements_of(node, &record).is_some());
                ChildCounts { named: fields.saturating_add(list) as u64, indexed: 0 }
            }
            Parts::Pointee(_) => ChildCounts { named: 1, indexed: 0 },
            Parts::Elements { count, .. } => ChildCounts { named: 0, indexed: count },
            Parts::List(walk) => {
                ChildCounts { named: u64::from(!walk.end.is_complete()), indexed: walk.entries.len() as u64 }
            }
        }
    }

    /// The fields of a record (also of one that a pointer or reference leads to), what any other pointer points at, and
    /// why a list has no more elements.
    pub fn named_children(&self, node: &Node) -> Vec<Node> {
        match self.parts(node) {
            Parts::None | Parts::Elements { .. } => Vec::new(),
            Parts::Pointee(value) => {
                let expression = node.evaluate_name().map(|pointer| evaluate_name::pointee(&pointer));
                let name = evaluate_name::pointee(&node.name);
                vec![Node { expression, ..Node::child(node, &name, value, NodeKind::Pointee) }]
            }
            Parts::Fields { record, expression, by_pointer } => {
                let mut nodes = self.field_nodes(node, &record, (expression, by_pointer), Bases::AsMembers);
                if let Some(elements) = self.elements_of(node, &record) {
                    let name = format!("[{}]", elements.name());
                    nodes.push(Node::child(node, &name, record, NodeKind::List).linking(elements));
                }
                nodes
            }
            Parts::List(walk) => {
                let unless_complete = Some(&walk.end).filter(|end| !end.is_complete());
                unless_complete.map(|end| Node::note(node, end.to_string())).into_iter().collect()
            }
        }
    }

    /// The fields of a record alone, as `dt` lists them: bases as is asked.
    pub fn fields_of(&self, node: &Node, bases: Bases) -> Vec<Node> {
        match self.parts(node) {
            Parts::Fields { record, expression, by_pointer } => {
                self.field_nodes(node, &record, (expression, by_pointer), bases)
            }
            _ => Vec::new(),
        }
    }

    /// The elements of an array or list from `start` on, at most `count` and [`PAGE_LIMIT`].
    pub fn indexed_children(&self, node: &Node, start: u64, count: u64) -> Vec<Node> {
        let end = start.saturating_add(count.min(PAGE_LIMIT));
        match self.parts(node) {
            Parts::Elements { array, element, count } => {
                self.element_nodes(node, (&array, &element), start..end.min(count))
            }
            Parts::List(walk) => self.list_elements(node, &walk, start..end),
            _ => Vec::new(),
        }
    }

    fn parts(&self, node: &Node) -> Parts {
        if matches!(node.kind, NodeKind::List) {
            return Parts::List(self.walk(node));
        }
        if matches!(node.value.place, Place::Unavailable(_)) {
            return Parts::None;
        }
        match node.value.ty.shape() {
            Ok(Shape::Pointer { target, size, reference }) => self.parts_behind(node, target, size, reference),
            _ => parts_of(node.value.clone(), node.evaluate_name()),
        }
    }

    fn parts_behind(&self, node: &Node, target: TypeRef, size: u8, reference: bool) -> Parts {
        let Ok(address) = self.pointer(&node.value.place, size) else { return Parts::None };
        let value = Value::at(target, address);
        match value.ty.shape() {
            _ if address.0 == 0 => Parts::None,
            Ok(Shape::Void | Shape::Function { .. }) | Err(_) => Parts::None,
            Ok(Shape::Base(base)) if base.kind == BaseKind::None => Parts::None,
            Ok(Shape::Record(record)) if !record.complete => Parts::None,
            Ok(Shape::Record(_)) => {
                Parts::Fields { record: value, expression: node.evaluate_name(), by_pointer: !reference }
            }
            Ok(Shape::Pointer { reference: true, .. }) => Parts::None,
            Ok(_) if reference => parts_of(value, node.evaluate_name()),
            Ok(_) => Parts::Pointee(value),
        }
    }

    fn field_nodes(&self, node: &Node, record: &Value, name: (Option<String>, bool), bases: Bases) -> Vec<Node> {
        let fields = match fields(&record.ty, bases) {
            Ok(fields) => fields,
            Err(error) => return vec![Node::note(node, error.to_string())],
        };
        // Of a larger one a live target's wire carries only what is shown.
        self.fetch(&record.place, record.ty.size().ok().filter(|size| *size <= MAX_FETCHED_RECORD).unwrap_or(0));
        let owner = record.ty.name();
        let expression = |member: &str| match &name {
            (Some(pointer), true) => evaluate_name::arrow(pointer, member),
            (Some(record), false) => evaluate_name::member(record, member),
            (None, _) => None,
        };
        let ambiguous = repeated_names(&fields);
        let node_of = |field: &Member| {
            let (value, kind) = self.field(node, &owner, record, field);
            let can_be_named =
                matches!(kind, NodeKind::Member | NodeKind::StaticMember) && !ambiguous.contains(field.name.as_str());
            let expression = expression(&field.name).filter(|_| can_be_named);
            let offset = (field.kind != MemberKind::StaticData).then_some(field.offset);
            let elements = list_table::elements_of_member(&owner, field);
            Node { offset, expression, elements, ..Node::child(node, &field.name, value, kind) }
        };
        fields.iter().map(node_of).collect()
    }

    /// Where a field lies, and what it is.
    fn field(&self, node: &Node, owner: &str, record: &Value, field: &Member) -> (Value, NodeKind) {
        let value = |place| Value { ty: field.ty.clone(), place };
        match field.kind {
            MemberKind::StaticData => (value(self.static_member(node, owner, &field.name)), NodeKind::StaticMember),
            MemberKind::VirtualBase { .. } => {
                let why = "a virtual base: where it lies is known only at run time".to_owned();
                (value(Place::Unavailable(why)), NodeKind::Base)
            }
            MemberKind::VirtualTable => {
                let size = self.scope.pointer_size();
                let place = record.place.part(field.offset, size.into());
                (Value { ty: TypeRef::Base(BaseType::VOID).pointer(size), place }, NodeKind::VirtualTable)
            }
            _ => match field.ty.size() {
                Ok(size) => {
                    let kind = if field.kind == MemberKind::Base { NodeKind::Base } else { NodeKind::Member };
                    (value(record.place.part(field.offset, size)), kind)
                }
                Err(error) => (value(Place::Unavailable(error.to_string())), NodeKind::Member),
            },
        }
    }

    fn static_member(&self, node: &Node, owner: &str, name: &str) -> Place {
        let symbol = format!("{owner}::{name}");
        let found = self.scope.symbols(node.module.as_deref(), &symbol);
        match found.as_slice() {
            [only] => only.place.clone(),
            [] => Place::Unavailable(format!("there is no symbol {symbol}")),
            several => Place::Unavailable(format!("there are {} symbols {symbol}", several.len())),
        }
    }

    fn element_nodes(&self, node: &Node, (array, element): (&Value, &TypeRef), range: Range<u64>) -> Vec<Node> {
        let size = match element.size() {
            Ok(size) => size,
            Err(error) => return vec![Node::note(node, error.to_string())],
        };
        let offset = |index: u64| index.wrapping_mul(size);
        let page = range.end.saturating_sub(range.start).saturating_mul(size);
        self.fetch(&array.place.part(offset(range.start), page), page);
        let expression = node.evaluate_name();
        let child = |index| {
            let value = Value { ty: element.clone(), place: array.place.part(offset(index), size) };
            let expression = expression.as_deref().map(|array| evaluate_name::element(array, index));
            let elements = node.elements.clone();
            Node { expression, elements, ..Node::child(node, &format!("[{index}]"), value, NodeKind::Element) }
        };
        range.map(child).collect()
    }
}

/// Names of several fields: one of the record itself hides those of its bases, so that an expression may mean another.
fn repeated_names(fields: &[Member]) -> HashSet<&str> {
    let mut seen = HashSet::new();
    fields.iter().map(|field| field.name.as_str()).filter(|name| !seen.insert(*name)).collect()
}

/// The parts of what is no pointer.
fn parts_of(value: Value, expression: Option<String>) -> Parts {
    match value.ty.shape() {
        Ok(Shape::Record(record)) if record.complete => Parts::Fields { record: value, expression, by_pointer: false },
        Ok(Shape::Array { element, count }) => Parts::Elements { array: value, element, count },
        _ => Parts::None,
    }
}
