//! The file and its fixed parts: container, PDB and DBI streams, sections, strings.

pub(crate) mod container;
pub(crate) mod dbi;
pub(crate) mod info;
pub(crate) mod names;
pub(crate) mod sections;
