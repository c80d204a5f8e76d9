//! The processor that a frame's thread runs on: its control region, its thread, and the thread's process.

use super::container::{Row, Surroundings};
use analysis::nt::processors;
use analysis::nt::structure::NtError;
use engine::variables::{Node, Style};
use memory::VirtualAddress;

/// One row for each; what can't be had says why.
pub fn rows(around: &Surroundings<'_>) -> Vec<Row> {
    let Some(processor) = around.engine.processors().get(around.engine.scope().processor) else { return Vec::new() };
    let prcb = processor.prcb.clone();
    let thread = processor.thread.clone();
    let process = thread.as_ref().ok().and_then(|thread| thread.process.as_ref());
    let mut rows = vec![
        row(
            around,
            "_KPCR",
            prcb.clone().and_then(|prcb| processors::control_region(&around.engine.target().kernel(), prcb)),
        ),
        row(around, "_KPRCB", prcb),
        row(around, "_ETHREAD", thread.clone().map(|thread| thread.thread)),
    ];
    rows.extend(process.map(|process| row(around, "_EPROCESS", Ok(process.process))));
    rows
}

fn row(around: &Surroundings<'_>, ty: &str, address: Result<VirtualAddress, NtError>) -> Row {
    let kernel = around.engine.target().kernel();
    match address.and_then(|address| Ok((address, kernel.find_type(ty)?))) {
        Ok((address, found)) => {
            let node = Node::at(ty, found, address).in_module("nt");
            // A preview would be fetched from a live target: these are large, and far apart.
            let style = around.engine.target().live().map_or(around.style, |_| Style::Dt);
            let row = Surroundings { frame: around.frame.clone(), style, ..*around }.row(&node);
            Row { value: format!("{address} {}", row.value), ..row }
        }
        Err(error) => Row { name: ty.to_owned(), value: format!("<{error}>"), ..Row::default() },
    }
}
