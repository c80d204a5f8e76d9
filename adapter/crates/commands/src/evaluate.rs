//! `?` and `??`: the values of expressions.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError};
use crate::display_type::{Options, Writer};
use crate::report::{Format, Record, Report, Value};
use crate::type_words;
use engine::Session;
use engine::evaluate::{self, Place, Scope, Syntax, target_address};
use engine::variables::{Content, Node, Pointee, Style, TextEnd, View};
use memory::VirtualAddress;
use symbols::Shape;

/// `?`
pub static MASM: Command = Command {
    names: &["?"],
    usage: "? expression",
    summary: "Evaluates a MASM expression; without one, lists the commands",
    run: |invocation| match invocation.arguments {
        "" => crate::run(invocation.session, ".help"),
        expression => masm(invocation.session, expression),
    },
};

/// `??`
pub static CPP: Command = Command {
    names: &["??"],
    usage: "?? expression",
    summary: "Evaluates a C++ expression and displays its value by its type",
    run: |invocation| match invocation.arguments {
        "" => Err(Arguments::new("", CPP.usage).usage("an expression is missing")),
        expression => cpp(invocation.session, expression),
    },
};

/// A whole MASM expression as a number.
///
/// # Errors
/// One that can't be evaluated, or goes on where it is complete.
pub(crate) fn number(expression: &str, scope: &dyn Scope) -> Result<u64, CommandError> {
    let (number, rest) = evaluate::evaluate_number_prefix(expression, Syntax::Masm, scope)?;
    match rest.trim() {
        "" => Ok(number),
        rest => Err(CommandError::Failed(format!("Extra character error at '{rest}'"))),
    }
}

fn masm(session: &Session, expression: &str) -> Result<Report, CommandError> {
    let scope = session.expression_scope();
    let number = number(expression, &scope)?;
    // On 32-bit targets numbers are sign-extended; those of 64 bits are shown as such all the same.
    let is_narrow = session.target().architecture().pointer_size() == 4 && i32::try_from(number as i64).is_ok();
    let address = target_address(number, if is_narrow { 4 } else { 8 });
    let record = Record::new("number")
        .text("Evaluate expression: ")
        .field("decimal", Value::Signed(number as i64), Format::Plain)
        .text(" = ")
        .field("value", address, Format::address(if is_narrow { 4 } else { 8 }));
    Ok(Report::of(record))
}

fn cpp(session: &Session, expression: &str) -> Result<Report, CommandError> {
    let scope = session.expression_scope();
    let value = evaluate::evaluate(expression, Syntax::Cpp, &scope)?;
    let view = View::new(&scope, session.target().modules());
    let mut writer = Writer::new(&view, &scope, session.cancel_flag(), Options::default());
    // A bit field's type is that of its integer.
    let ty = match value.ty.shape() {
        Ok(Shape::Bitfield { underlying, .. }) => type_words::type_words(&underlying),
        _ => type_words::type_words(&value.ty),
    };
    let record = Record::new("value").field("type", ty, Format::Plain);
    let content = view.content(&Node::of_expression(expression, value.clone()), Style::Dv.preview());
    let address = |address: VirtualAddress, record: Record| {
        let format = Format::address(session.target().architecture().pointer_size());
        record.text(" 0x").field("address", address, format)
    };
    match (value.ty.shape(), &content) {
        (Ok(Shape::Record(_)), _) => {
            let record = match value.place.address() {
                Some(at) => record.field("address", at, Format::Hidden),
                None => record,
            };
            writer.report.push(record);
            writer.anything(&value.ty, &value.place)?;
        }
        (Ok(Shape::Array { element, .. }), _) => {
            let record = value.place.address().map_or(record.clone(), |at| address(at, record));
            writer.report.push(record);
            let size = element.size().unwrap_or(0);
            writer.anything(&element, &value.place.part(0, size))?;
        }
        (Ok(Shape::Pointer { target, .. }), Content::Pointer { address: to, symbol, pointee, .. }) => {
            let record = address(*to, record);
            let record = match symbol {
                Some(symbol) => record.text(" ").field("symbol", symbol.to_string(), Format::Plain),
                None => record,
            };
            writer.report.push(with_text(record, pointee));
            if to.0 != 0 && matches!(target.shape(), Ok(Shape::Record(_))) {
                writer.anything(&target, &Place::Memory(*to))?;
            }
        }
        (_, Content::Unavailable(why)) => {
            writer.report.push(record.text(" ").field("value", Value::Unknown(why.clone()), Format::Plain));
        }
        _ => writer.report.push(record.text(" ").field("value", content.text(Style::Dv), Format::Plain)),
    }
    Ok(writer.report)
}

/// The text that a pointer points at, on a line of its own.
fn with_text(record: Record, pointee: &Pointee) -> Record {
    match pointee {
        Pointee::Text(text) => {
            let record = record.text("\n \"").field("text", text.text.clone(), Format::Plain);
            match &text.end {
                TextEnd::Complete => record.text("\""),
                TextEnd::Cut => record.text("...\""),
                TextEnd::Unreadable(why) => {
                    record.text("\" ").field("rest", Value::Unknown(why.clone()), Format::Plain)
                }
            }
        }
        Pointee::Unreadable(why) => record.text("\n ").field("text", Value::Unknown(why.clone()), Format::Plain),
        Pointee::Nothing | Pointee::Value(_) => record,
    }
}
