//! Tests of the evaluator against a small world of its own.

mod cpp;
mod errors;
mod hostile;
mod masm;
mod types;
mod world;

use super::{Scalar, Syntax, evaluate};
use world::World;

/// Evaluates each expression on the left in MASM syntax: the value in hexadecimal, or the error, is on the right.
#[track_caller]
fn check_masm(world: &World, table: &[(&str, &str)]) {
    for (expression, expected) in table {
        let found = match evaluate(expression, Syntax::Masm, world) {
            Ok(value) => format!("{:x}", value.as_u64(world).unwrap()),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, *expected, "{expression}");
    }
}

/// Evaluates each expression on the left in C++ syntax: its type and value, or the error, is on the right. Integers are
/// shown in decimal, pointers in hexadecimal, records and arrays by their address.
#[track_caller]
fn check_cpp(world: &World, table: &[(&str, &str)]) {
    for (expression, expected) in table {
        assert_eq!(show_cpp(world, expression), *expected, "{expression}");
    }
}

fn show_cpp(world: &World, expression: &str) -> String {
    let value = match evaluate(expression, Syntax::Cpp, world) {
        Ok(value) => value,
        Err(error) => return error.to_string(),
    };
    let ty = value.ty.name();
    match (value.ty.shape().unwrap(), &value.place) {
        (symbols::Shape::Record(_) | symbols::Shape::Array { .. }, super::Place::Memory(address)) => {
            format!("{ty} at {:x}", address.0)
        }
        (symbols::Shape::Record(_) | symbols::Shape::Array { .. }, place) => format!("{ty} in {place:x?}"),
        (symbols::Shape::Void, _) => ty,
        (symbols::Shape::Pointer { .. }, _) => format!("{ty} {:x}", value.as_u64(world).unwrap()),
        _ => match value.scalar(world).unwrap() {
            Scalar::Integer(number) => format!("{ty} {number}"),
            Scalar::Float(number) => format!("{ty} {number:?}"),
        },
    }
}
