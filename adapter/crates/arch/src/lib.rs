//! Processor architectures: contexts, paging, unwinding, disassembly.
