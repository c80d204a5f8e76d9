//! C++ expressions that name nodes, in the evaluator's syntax.

use memory::VirtualAddress;
use symbols::{Shape, TypeRef};

/// `record.name`
pub(super) fn member(record: &str, name: &str) -> Option<String> {
    is_identifier(name).then(|| format!("{}.{name}", operand(record)))
}

/// `pointer->name`
pub(super) fn arrow(pointer: &str, name: &str) -> Option<String> {
    is_identifier(name).then(|| format!("{}->{name}", operand(pointer)))
}

/// `array[index]`
pub(super) fn element(array: &str, index: u64) -> String {
    format!("{}[{index}]", operand(array))
}

/// `*pointer`
pub(super) fn pointee(pointer: &str) -> String {
    format!("*{}", operand(pointer))
}

/// `(*(module!type *)0x…)` for something in memory, if its type has a name that can be written in a cast.
pub(super) fn cast(ty: &TypeRef, module: Option<&str>, address: VirtualAddress) -> Option<String> {
    let name = match (ty.shape().ok()?, module) {
        (Shape::Record(_) | Shape::Enum(_), Some(module)) => format!("{module}!{}", ty.name()),
        (Shape::Record(_) | Shape::Enum(_) | Shape::Base(_), _) => ty.name(),
        _ => return None,
    };
    let can_be_written = name.chars().all(|c| is_word(c) || matches!(c, ' ' | ':' | '!'));
    can_be_written.then(|| format!("(*({name} *){:#x})", address.0))
}

/// `expression` as what an operator behind it applies to: in parentheses where it must be.
fn operand(expression: &str) -> String {
    // Outside of parentheses and brackets only what binds as tightly as the operator may stand. Parentheses that begin
    // the expression may be a cast, unless an operator follows.
    let mut depth = 0u32;
    let mut tight = true;
    let mut behind_parenthesis = false;
    for character in expression.chars() {
        if depth == 0 {
            let follows_cast = behind_parenthesis && !matches!(character, '.' | '-' | '[');
            tight &= !follows_cast && (is_word(character) || ".->[(!:@$".contains(character));
        }
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        behind_parenthesis = character == ')' && depth == 0;
    }
    // `a-b` and `a->b` differ in what follows the `-` only.
    let subtracts = expression.replace("->", "").contains('-');
    let compares = expression.replace("->", "").contains('>');
    if tight && !subtracts && !compares { expression.to_owned() } else { format!("({expression})") }
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: &str) {
        assert_eq!(member(expression, "x").unwrap(), expected);
    }

    #[test]
    fn operands_get_parentheses_where_they_must() {
        check("device", "device.x");
        check("drv!Devices[1]->Corners[0]", "drv!Devices[1]->Corners[0].x");
        check("*pointer", "(*pointer).x");
        check("(*(drv!_ITEM *)0xffff0000)", "(*(drv!_ITEM *)0xffff0000).x");
        check("(drv!_ITEM *)pointer", "((drv!_ITEM *)pointer).x");
        check("((drv!_ITEM *)pointer)->Next", "((drv!_ITEM *)pointer)->Next.x");
        check("a - b", "(a - b).x");
        check("a-b", "(a-b).x");
        check("a>b", "(a>b).x");
        check("@$proc", "@$proc.x");
        check("&thing", "(&thing).x");
    }

    #[test]
    fn what_is_no_identifier_has_no_name() {
        assert_eq!(member("a", "<lambda>"), None);
        assert_eq!(arrow("a", ""), None);
        assert_eq!(element("*a", 3), "(*a)[3]");
        assert_eq!(pointee("a->b"), "*a->b");
    }
}
