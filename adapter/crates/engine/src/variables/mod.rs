//! Typed values as a tree: what the `variables` request, hovers, `dv`, `dt` and `??` show.
//!
//! A [`Node`] is a name and a value that may lie anywhere. A [`View`] reads nodes: it gives the [`Content`] of one (which
//! [`Content::text`] words in one of the [`Style`]s) and its children. Nothing is read before it is asked for, and what
//! can't be read says why without hiding its neighbours.
//!
//! Everything is bounded, because types and memory come from outside: text ([`TEXT_LIMIT`]), previews, pages of elements
//! ([`PAGE_LIMIT`]), fields of a record, entries of a list, and what is read ahead.
//!
//! | file | what |
//! | --- | --- |
//! | `node.rs`, `evaluate_name.rs` | [`Node`], and the C++ expression that names it |
//! | `view.rs`, `read_ahead.rs` | [`View`]: reading places, whole records at once |
//! | `content.rs` | [`Content`]: what a node holds |
//! | `read.rs`, `enums.rs`, `known.rs`, `strings.rs` | reading it, by its type |
//! | `text/` | the same in words: for editors, as `dt`, as `dv` and `??` |
//! | `children.rs`, `fields.rs` | members, elements and what pointers point at |
//! | `list.rs`, `list_table.rs` | entries of a `LIST_ENTRY` list |
//! | `frame.rs`, `location.rs` | parameters and locals of a frame |
//! | `spelling.rs` | types as `dt` spells them |

mod children;
mod content;
mod enums;
mod evaluate_name;
mod fields;
mod frame;
mod known;
mod list;
mod list_table;
mod location;
mod node;
mod read;
mod read_ahead;
mod spelling;
mod strings;
#[cfg(test)]
mod tests;
mod text;
mod view;

pub use children::{ChildCounts, PAGE_LIMIT};
pub use content::{Content, Pointee, Preview};
pub use enums::EnumName;
pub use fields::{Bases, fields};
pub use frame::{FrameVariable, frame_variables};
pub use list::{ENTRY_LIMIT, ElementType, Elements, ListEnd, ListWalk};
pub use node::{Node, NodeKind};
pub use spelling::{spelling, verbose_spelling};
pub use strings::{TEXT_LIMIT, Text, TextEnd};
pub use text::Style;
pub use view::{Names, View};
