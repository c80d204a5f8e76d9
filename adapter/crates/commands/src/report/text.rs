//! The one renderer of reports as text.

use super::{Piece, Record, Report};

/// The report as a console shows it: a line for each record, warnings first, each line ended.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    for warning in &report.warnings {
        text.push_str(&format!("WARNING: {warning}\n"));
    }
    for record in &report.records {
        text.push_str(line(record).trim_end());
        text.push('\n');
    }
    text
}

fn line(record: &Record) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Field { value, format, .. } => format.render(value),
    };
    record.pieces.iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;
    use memory::VirtualAddress;

    #[test]
    fn a_record_is_a_line_and_warnings_come_first() {
        let record = Record::new("frame")
            .field("index", 3_u32, Format::Hex(2))
            .text(" ")
            .field("childSp", VirtualAddress(0xffff_8504_2989_2180), Format::Address64)
            .field("module", "nt", Format::Hidden)
            .text(" ")
            .field("callSite", "nt!Foo+0x10", Format::Plain);
        let mut report = Report::of(record);
        report.warn("found by scanning");
        assert_eq!(text(&report), "WARNING: found by scanning\n03 ffff8504`29892180 nt!Foo+0x10\n");
    }
}
