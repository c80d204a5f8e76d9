//! Doubly linked lists (`LIST_ENTRY`): which records they link, and a walk that nothing can lead astray.

use super::content::Content;
use super::list_table;
use super::node::{Node, NodeKind};
use super::view::{View, why_unreadable};
use crate::evaluate::{Value, target_address};
use memory::VirtualAddress;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use symbols::{Shape, TypeRef};

/// Most entries of one list that are walked.
pub const ENTRY_LIMIT: usize = 65_536;

/// What the entries of a list are members of.
#[derive(Clone, Debug)]
pub struct Elements {
    /// The records that are linked.
    pub ty: ElementType,
    /// The member by which they are: `ActiveProcessLinks`, `Tcb.ThreadListEntry`.
    pub link: String,
    /// Symbols that are the list's head, and so no member of an element: `nt!PsActiveProcessHead`.
    pub heads: Vec<String>,
    /// Only concluded from the name of a member, and one of the entries may be the list's head.
    pub guessed: bool,
}

/// The type of the records that a list links.
#[derive(Clone, Debug)]
pub enum ElementType {
    /// The type itself.
    Known(TypeRef),
    /// Its name, to be found in the symbols of the list's module, or else of `nt`.
    Named(String),
}

impl ElementType {
    /// The type's name.
    pub fn name(&self) -> String {
        match self {
            Self::Known(ty) => ty.name(),
            Self::Named(name) => name.clone(),
        }
    }
}

impl Elements {
    /// Records of type `ty`, linked by its member `link`.
    pub fn new(ty: TypeRef, link: &str) -> Self {
        Self { ty: ElementType::Known(ty), link: link.to_owned(), heads: Vec::new(), guessed: false }
    }

    /// `_EPROCESS.ActiveProcessLinks`
    pub fn name(&self) -> String {
        format!("{}.{}", self.ty.name(), self.link)
    }
}

/// The entries of a list.
#[derive(Clone, Debug)]
pub struct ListWalk {
    /// Addresses of the entries (of the `LIST_ENTRY`s, not of what holds them), without the one that was started from.
    pub entries: Vec<VirtualAddress>,
    /// Why there are no more.
    pub end: ListEnd,
}

/// Why a list has no more entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListEnd {
    /// The walk came back to where it began.
    Complete,
    /// A link is NULL.
    Null {
        /// The entry whose `Flink` that is.
        at: VirtualAddress,
    },
    /// A link leads back into the list, but not to where the walk began.
    Loop {
        /// The entry whose `Flink` that is.
        at: VirtualAddress,
        /// Where it leads.
        to: VirtualAddress,
    },
    /// The entry that a link leads to doesn't link back.
    Broken {
        /// The entry whose `Flink` was followed.
        at: VirtualAddress,
        /// Where it leads.
        to: VirtualAddress,
        /// The `Blink` there.
        back: VirtualAddress,
    },
    /// The next entry can't be read.
    Unreadable {
        /// The entry.
        entry: VirtualAddress,
        /// Why, in words.
        why: String,
    },
    /// As many as are walked: [`ENTRY_LIMIT`].
    Limit,
    /// It can't be walked at all; says why, in words.
    Unavailable(String),
}

impl ListEnd {
    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        *self == Self::Complete
    }
}

impl fmt::Display for ListEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("the list is complete"),
            Self::Null { at } => write!(f, "the list breaks off: Flink of {at} is NULL"),
            Self::Loop { at, to } => write!(f, "the list is damaged: Flink of {at} leads back to {to}"),
            Self::Broken { at, to, back } => {
                write!(f, "the list is damaged: Flink of {at} is {to}, but Blink there is {back}")
            }
            Self::Unreadable { entry, why } => write!(f, "the list breaks off at {entry}: {why}"),
            Self::Limit => write!(f, "only the first {ENTRY_LIMIT} entries are shown"),
            Self::Unavailable(why) => f.write_str(why),
        }
    }
}

impl View<'_> {
    /// Walks the list from the `LIST_ENTRY` at `start` on, head or not, as `Flink` leads.
    pub fn walk_list(&self, start: VirtualAddress) -> ListWalk {
        let mut entries = Vec::new();
        let mut seen = HashSet::from([start]);
        let mut at = start;
        let end = loop {
            let (to, _) = match self.links(at) {
                Ok(links) => links,
                Err(why) => break ListEnd::Unreadable { entry: at, why },
            };
            if to.0 == 0 {
                break ListEnd::Null { at };
            }
            match self.links(to) {
                Err(why) => break ListEnd::Unreadable { entry: to, why },
                Ok((_, back)) if back != at => break ListEnd::Broken { at, to, back },
                Ok(_) if to == start => break ListEnd::Complete,
                Ok(_) if !seen.insert(to) => break ListEnd::Loop { at, to },
                Ok(_) if entries.len() >= ENTRY_LIMIT => break ListEnd::Limit,
                Ok(_) => entries.push(to),
            }
            at = to;
        };
        ListWalk { entries, end }
    }

    /// `Flink` and `Blink`: two pointers, one after the other (MS-documented `LIST_ENTRY`).
    fn links(&self, entry: VirtualAddress) -> Result<(VirtualAddress, VirtualAddress), String> {
        let size = self.scope.pointer_size();
        let bytes = self.memory(entry, usize::from(size) * 2).map_err(|error| why_unreadable(entry, &error))?;
        let mut links = bytes.chunks(usize::from(size)).map(|link| {
            let value = link.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte));
            target_address(value, size)
        });
        Ok((links.next().unwrap_or_default(), links.next().unwrap_or_default()))
    }

    /// What the `_LIST_ENTRY` `record` of `node` links: as was given, as its member is known for, or as the symbol at
    /// its address is; None for other records, and where nothing is known.
    pub(super) fn elements_of(&self, node: &Node, record: &Value) -> Option<Elements> {
        let is_entry = matches!(record.ty.shape(), Ok(Shape::Record(shape)) if shape.name == "_LIST_ENTRY");
        let address = record.place.address().filter(|_| is_entry)?;
        let by_symbol = || {
            let symbol = self.symbol(address).filter(|symbol| symbol.displacement == 0)?;
            list_table::elements_of_symbol(&symbol.to_string())
        };
        // A pointer's own place says nothing of the entry that it leads to.
        let own = node.elements.clone().filter(|_| node.address() == Some(address));
        own.or_else(by_symbol)
    }

    /// The walk from a list's node, without heads that are known.
    pub(super) fn walk(&self, node: &Node) -> Rc<ListWalk> {
        let Some(start) = node.address() else {
            let end = ListEnd::Unavailable("the list has no address".to_owned());
            return Rc::new(ListWalk { entries: Vec::new(), end });
        };
        if let Some(walk) = self.walks.borrow().get(&start) {
            return Rc::clone(walk);
        }
        let mut walk = self.walk_list(start);
        let heads = node.elements.iter().flat_map(|elements| &elements.heads);
        let heads: HashSet<_> = heads.filter_map(|head| self.head_address(head)).collect();
        walk.entries.retain(|entry| !heads.contains(entry));
        let walk = Rc::new(walk);
        self.walks.borrow_mut().insert(start, Rc::clone(&walk));
        walk
    }

    fn head_address(&self, symbol: &str) -> Option<VirtualAddress> {
        let (module, name) = symbol.split_once('!')?;
        self.scope.symbols(Some(module), name).first()?.place.address()
    }

    pub(super) fn list_content(&self, node: &Node) -> Content {
        let walk = self.walk(node);
        let guessed = node.elements.as_ref().is_some_and(|elements| elements.guessed);
        Content::List { count: walk.entries.len(), end: walk.end.clone(), guessed }
    }

    /// The records that hold the entries in `range`.
    pub(super) fn list_elements(&self, node: &Node, walk: &ListWalk, range: Range<u64>) -> Vec<Node> {
        let Some(elements) = &node.elements else { return Vec::new() };
        let (ty, module, offset) = match self.element_type(node, elements) {
            Ok(found) => found,
            Err(why) => return vec![Node::note(node, why)],
        };
        let wanted = (0u64..).zip(&walk.entries).skip_while(|(index, _)| *index < range.start);
        let in_range = wanted.take_while(|(index, _)| *index < range.end);
        in_range
            .map(|(index, entry)| {
                let address = target_address(entry.back(offset).0, self.scope.pointer_size());
                let value = Value::at(ty.clone(), address);
                let child = Node::child(node, &format!("[{index}]"), value, NodeKind::Element);
                Node { module: module.clone(), ..child }
            })
            .collect()
    }

    /// The element type, the module that has it, and where in it the link lies.
    fn element_type(&self, node: &Node, elements: &Elements) -> Result<(TypeRef, Option<Arc<str>>, u64), String> {
        let (ty, module) = match &elements.ty {
            ElementType::Known(ty) => (ty.clone(), node.module.clone()),
            ElementType::Named(name) => {
                let mut modules = [node.module.clone(), Some(Arc::from("nt"))].into_iter().flatten();
                let found = modules.find_map(|module| Some((self.scope.find_type(Some(&module), name)?, Some(module))));
                found.ok_or_else(|| format!("there is no type {name}"))?
            }
        };
        let mut offset = 0u64;
        let mut holder = ty.clone();
        for name in elements.link.split('.') {
            let member = holder.find_member(name).map_err(|error| error.to_string())?;
            let member = member.ok_or_else(|| format!("{} has no member {name}", holder.name()))?;
            offset = offset.wrapping_add(member.offset);
            holder = member.ty;
        }
        Ok((ty, module, offset))
    }
}
