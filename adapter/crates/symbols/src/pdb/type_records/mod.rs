//! Types and functions by index: the TPI and IPI streams (`LF_*`).

mod base_type;
mod field_list;
pub(crate) mod items;
mod type_stream;
pub(crate) mod type_table;
mod udt;
