//! Rows of a disassembly, with a heading wherever another symbol or source line begins.

use crate::registers::hex;
use crate::report::{Format, Record, Report};
use arch::Instruction;
use engine::Session;
use engine::stack::line_at;
use memory::{ReadError, VirtualAddress};

/// A listing in the making: ``nt!KeBugCheckEx:``, then ``fffff804`7bdf5a80 48894c2408      mov     …``.
pub(super) struct Listing<'a> {
    session: &'a Session,
    report: Report,
    address: Format,
    /// Digits of the bytes' column.
    bytes: Format,
    /// `uf`: line numbers stand before the rows.
    numbered: bool,
    /// The symbol (module and name) that the last row belongs to.
    symbol: Option<String>,
    heading_due: bool,
}

impl<'a> Listing<'a> {
    pub(super) fn new(session: &'a Session, numbered: bool) -> Self {
        let architecture = session.target().architecture();
        let address = Format::address(architecture.pointer_size());
        let bytes = Format::Left(if architecture.machine() == arch::Machine::Arm64 { 8 } else { 15 });
        Self { session, report: Report::default(), address, bytes, numbered, symbol: None, heading_due: true }
    }

    /// A blank line, and a heading before the next row.
    pub(super) fn begin_block(&mut self) {
        if !self.report.records.is_empty() {
            self.report.push(Record::new("blank"));
        }
        self.heading_due = true;
    }

    pub(super) fn instruction(&mut self, instruction: &Instruction) {
        self.heading(instruction.address);
        let line = line_at(self.session.target().modules(), instruction.address);
        let mut record = Record::new("instruction");
        record = match (line, self.numbered) {
            (Some(line), true) => record.field("line", line.line, Format::Right(5)).text(" "),
            (Some(line), false) => record.field("line", line.line, Format::Hidden),
            (None, _) => record,
        };
        self.report.push(
            record
                .field("address", instruction.address, self.address)
                .text(" ")
                .field("bytes", hex(instruction.bytes()), self.bytes)
                .text(" ")
                .field("text", instruction.text.clone(), Format::Plain),
        );
    }

    pub(super) fn unreadable(&mut self, address: VirtualAddress, error: &ReadError) {
        self.heading(address);
        self.report.push(
            Record::new("unreadable")
                .field("address", address, self.address)
                .text(" ??              ??? (")
                .field("reason", error.failure.to_string(), Format::Plain)
                .text(")"),
        );
    }

    fn heading(&mut self, address: VirtualAddress) {
        let modules = self.session.target().modules();
        let Some(name) = modules.name_of(address) else { return };
        let symbol = name.symbol.as_ref().map(|symbol| format!("{}!{}", name.module, symbol.name));
        if !self.heading_due && symbol == self.symbol {
            return;
        }
        self.heading_due = false;
        self.symbol = symbol;
        let mut record = Record::new("symbol").field("symbol", name.to_string(), Format::Plain);
        if let Some(line) = line_at(modules, address) {
            record = record
                .text(" [")
                .field("file", line.file.name.clone(), Format::Plain)
                .text(" @ ")
                .field("line", line.line, Format::Plain)
                .text("]");
        }
        self.report.push(record.text(":"));
    }

    pub(super) fn into_report(self) -> Report {
        self.report
    }
}
