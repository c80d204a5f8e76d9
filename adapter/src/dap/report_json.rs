//! A command's report as JSON: the same values that its text is made of.
//!
//! ```json
//! {"records": [{"kind": "frame", "index": 3, "childSp": "0xffff850429892180", …}, …], "warnings": []}
//! ```
//! Addresses, and numbers that JavaScript would round, are hexadecimal strings; what isn't known is an object that says
//! why: `{"unknown": "not in the dump"}`.

use commands::report::{Piece, Record, Report, Value};
use serde_json::{Map, Value as Json, json};

/// Integers up to this one are exact in JavaScript.
const EXACT: u64 = (1 << 53) - 1;

/// The whole report.
pub fn report(report: &Report) -> Json {
    json!({"records": report.records.iter().map(record).collect::<Vec<_>>(), "warnings": report.warnings})
}

fn record(record: &Record) -> Json {
    let mut fields = Map::new();
    fields.insert("kind".to_owned(), record.kind.into());
    for piece in &record.pieces {
        if let Piece::Field { name, value: field, .. } = piece {
            fields.insert(name.clone(), value(field));
        }
    }
    Json::Object(fields)
}

fn value(value: &Value) -> Json {
    match value {
        Value::Unknown(why) => json!({"unknown": why}),
        Value::Bool(flag) => json!(flag),
        Value::Unsigned(number) if *number <= EXACT => json!(number),
        Value::Unsigned(number) => json!(format!("{number:#x}")),
        Value::Signed(number) if number.unsigned_abs() <= EXACT => json!(number),
        Value::Signed(number) => json!(format!("{number:#x}")),
        Value::Wide(number) => json!(format!("{number:#x}")),
        Value::Address(address) => json!(format!("{:#x}", address.0)),
        Value::Text(text) => json!(text),
        Value::List(values) => values.iter().map(self::value).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commands::report::Format;
    use memory::VirtualAddress;

    #[test]
    fn values_keep_their_types_and_decoration_is_left_out() {
        let record = Record::new("frame")
            .field("index", 3_u32, Format::Hex(2))
            .text(" ")
            .field("childSp", VirtualAddress(0xffff_8504_2989_2180), Format::Address64)
            .field("big", u64::MAX, Format::Plain)
            .field("reason", Value::Unknown("not in the dump".into()), Format::Plain);
        assert_eq!(
            report(&Report::of(record)),
            json!({
                "records": [{
                    "kind": "frame", "index": 3, "childSp": "0xffff850429892180", "big": "0xffffffffffffffff",
                    "reason": {"unknown": "not in the dump"},
                }],
                "warnings": [],
            })
        );
    }
}
