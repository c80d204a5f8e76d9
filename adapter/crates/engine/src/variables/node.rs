//! A name with a typed value: one line of a tree of variables.

use super::evaluate_name;
use super::list::Elements;
use crate::evaluate::{Place, Value, Variable};
use memory::VirtualAddress;
use std::sync::Arc;
use symbols::{BaseKind, BaseType, TypeRef};

/// Something with a name and a typed value: a variable, a member, an element.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name among its siblings: `Device`, `Corners`, `[3]`, `*slot`. A base has its class's name.
    pub name: String,
    /// Its type, and where it lies.
    pub value: Value,
    /// What it is to its parent.
    pub kind: NodeKind,
    /// Bytes from the start of the record that it is a member of; None for what is no member.
    pub offset: Option<u64>,
    /// The C++ expression that names it, where that is no mere cast of its address.
    pub(super) expression: Option<String>,
    /// The module whose symbol file has the type: casts need it.
    pub(super) module: Option<Arc<str>>,
    /// For a `_LIST_ENTRY`: what the list links, where that is known or was given.
    pub(super) elements: Option<Elements>,
}

/// What a node is to its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A variable, or the value of an expression: it has no parent.
    Variable,
    /// A member of a record.
    Member,
    /// A static member: one for all records of the type.
    StaticMember,
    /// A base class.
    Base,
    /// The pointer to a table of virtual functions.
    VirtualTable,
    /// An element of an array or a list.
    Element,
    /// What a pointer points at.
    Pointee,
    /// All that a `_LIST_ENTRY` links, as one node: its indexed children are the elements.
    List,
    /// No value, but why there are no more siblings.
    Note,
}

impl Node {
    /// The value of the C++ expression `expression`, named after it.
    pub fn of_expression(expression: &str, value: Value) -> Self {
        Self { expression: Some(expression.to_owned()), ..Self::new(expression, value, NodeKind::Variable) }
    }

    /// A local or global, as an expression's scope knows it. Without a type (public symbols), it shows as such.
    pub fn of_variable(variable: &Variable) -> Self {
        let untyped = || TypeRef::Base(BaseType { kind: BaseKind::None, size: 0 });
        let ty = variable.ty.clone().unwrap_or_else(untyped);
        let node = Self::of_expression(&variable.name, Value { ty, place: variable.place.clone() });
        match variable.name.split_once('!') {
            Some((module, _)) => node.in_module(module),
            None => node,
        }
    }

    /// Something of this type at an address: `dt nt!_EPROCESS ffff…`.
    pub fn at(name: &str, ty: TypeRef, address: VirtualAddress) -> Self {
        Self::new(name, Value::at(ty, address), NodeKind::Variable)
    }

    /// The same node, whose type the symbols of `module` declare: its evaluate name can then be a cast.
    #[must_use]
    pub fn in_module(self, module: &str) -> Self {
        Self { module: Some(Arc::from(module)), ..self }
    }

    /// The same node, a `_LIST_ENTRY` of which it is known what it links.
    #[must_use]
    pub fn linking(self, elements: Elements) -> Self {
        Self { elements: Some(elements), ..self }
    }

    /// A child of `parent`, without an expression yet.
    pub(super) fn child(parent: &Node, name: &str, value: Value, kind: NodeKind) -> Self {
        Self { module: parent.module.clone(), ..Self::new(name, value, kind) }
    }

    /// Why there are no more siblings.
    pub(super) fn note(parent: &Node, why: String) -> Self {
        let value = Value { ty: TypeRef::Base(BaseType::VOID), place: Place::Unavailable(why) };
        Self::child(parent, "...", value, NodeKind::Note)
    }

    fn new(name: &str, value: Value, kind: NodeKind) -> Self {
        Self { name: name.to_owned(), value, kind, offset: None, expression: None, module: None, elements: None }
    }

    /// A C++ expression that names it: the path from a variable, or else, for what lies in memory, a cast of its
    /// address. None for what can't be named.
    pub fn evaluate_name(&self) -> Option<String> {
        if matches!(self.kind, NodeKind::List | NodeKind::Note) {
            return None;
        }
        let cast = || evaluate_name::cast(&self.value.ty, self.module.as_deref(), self.value.place.address()?);
        self.expression.clone().or_else(cast)
    }

    /// Its type in C spelling, as the debuggers write it; for a list, what it links.
    pub fn type_name(&self) -> String {
        match (self.kind, &self.elements) {
            (NodeKind::List, Some(elements)) => format!("{} []", elements.ty.name()),
            (NodeKind::Note, _) => String::new(),
            _ => self.value.ty.name(),
        }
    }

    /// Where it lies, if that is memory.
    pub fn address(&self) -> Option<VirtualAddress> {
        self.value.place.address()
    }
}
