//! Knowledge of NT's structures: processors, threads, modules, bug checks.
