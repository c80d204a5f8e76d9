//! Knowledge of NT, independent of where the memory comes from and of how results are shown.

pub mod nt;
