//! Symbols: the global ones, and those of each compiland with their lines (`S_*`, `DEBUG_S_*`).

pub(crate) mod annotations;
pub(crate) mod body;
pub(crate) mod codeview;
pub(crate) mod compiland;
pub(crate) mod globals;
pub(crate) mod live_range;
pub(crate) mod local;
pub(crate) mod name_index;
pub(crate) mod procedure;
pub(crate) mod subsections;
pub(crate) mod undecorate;
