//! Unwinding against execution, on real drivers.
//!
//! Every function of an image is executed on a small processor, from its entry along all paths that can be followed:
//! both ways at each condition, over calls, through jumps into the function's other regions, into the blocks of
//! `__except`, to each return and each tail call. Before each instruction the state of the machine is unwound, and the
//! result must be the caller as it was when the function was entered: return address, stack pointer, and all
//! nonvolatile registers. That the processor knows what it does is seen at each return and tail call, where its stack
//! pointer must be back at the return address.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's failure")]

mod execution;
mod processor;
#[path = "../support/mod.rs"]
mod support;

use execution::{Execution, Figures};
use support::{X64_IMAGES, corpus_image};

/// Executes all functions of an image, and shows the figures.
fn check(path: &str) {
    let Some(image) = corpus_image(path) else { return };
    let figures = Execution::new(&image).run();
    let Figures { functions, leaves, instructions, by_unwind_data, by_epilogue, by_leaf_rule, .. } = figures;
    let Figures { return_addresses, returns, tail_calls, executed_bytes, code_bytes, mismatches, lost, .. } = figures;
    println!(
        "{path}: {functions} functions, {leaves} leaves, {instructions} instruction boundaries ({by_unwind_data} by \
         unwind data, {by_epilogue} in epilogues, {by_leaf_rule} in leaves), {return_addresses} return addresses, \
         {returns} returns, {tail_calls} tail calls, {executed_bytes} of {code_bytes} code bytes; {} mismatches, {} lost",
        mismatches.len(),
        lost.len(),
    );
    assert!(
        mismatches.is_empty(),
        "{path}: {} mismatches: {:#?}",
        mismatches.len(),
        &mismatches[..mismatches.len().min(20)]
    );
    assert!(lost.is_empty(), "{path}: {lost:#?}");
    assert!(executed_bytes * 100 >= code_bytes * 95, "{path}: too little was executed");
}

#[test]
fn amdppm_unwinds_as_it_runs() {
    check(X64_IMAGES[0]);
}

#[test]
fn wdf01000_unwinds_as_it_runs() {
    check(X64_IMAGES[1]);
}

#[test]
fn other_images_unwind_as_they_run() {
    X64_IMAGES[2..].iter().for_each(|path| check(path));
}
