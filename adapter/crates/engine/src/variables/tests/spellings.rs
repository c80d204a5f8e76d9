//! spellings
