//! After how many hits a breakpoint counts.

use std::fmt;
use std::str::FromStr;

/// Which of a breakpoint's hits count, the first being 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitCondition {
    /// `5`, `== 5`: only that one.
    Equal(u64),
    /// `!= 5`: all but that one.
    NotEqual(u64),
    /// `>= 5`: that one and all behind it. WinDbg's passes.
    AtLeast(u64),
    /// `> 5`
    MoreThan(u64),
    /// `<= 5`
    AtMost(u64),
    /// `< 5`
    LessThan(u64),
    /// `% 5`: each fifth.
    Every(u64),
}

/// A text that is no hit condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no hit condition: write a number, or one behind ==, !=, >=, >, <=, < or %")]
pub struct HitConditionError(pub String);

impl HitCondition {
    /// Whether hit `number`, counted from 1, counts.
    pub fn is_met(self, number: u64) -> bool {
        match self {
            Self::Equal(wanted) => number == wanted,
            Self::NotEqual(wanted) => number != wanted,
            Self::AtLeast(wanted) => number >= wanted,
            Self::MoreThan(wanted) => number > wanted,
            Self::AtMost(wanted) => number <= wanted,
            Self::LessThan(wanted) => number < wanted,
            Self::Every(count) => number.checked_rem(count) == Some(0),
        }
    }
}

impl FromStr for HitCondition {
    type Err = HitConditionError;

    fn from_str(text: &str) -> Result<Self, HitConditionError> {
        let error = || HitConditionError(text.to_owned());
        let trimmed = text.trim();
        let (operator, number) = trimmed.split_at(trimmed.find(|c: char| c.is_ascii_digit()).ok_or_else(error)?);
        let number: u64 = number.parse().map_err(|_| error())?;
        match operator.trim() {
            "" | "=" | "==" => Ok(Self::Equal(number)),
            "!=" => Ok(Self::NotEqual(number)),
            ">=" => Ok(Self::AtLeast(number)),
            ">" => Ok(Self::MoreThan(number)),
            "<=" => Ok(Self::AtMost(number)),
            "<" => Ok(Self::LessThan(number)),
            "%" if number != 0 => Ok(Self::Every(number)),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for HitCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operator, number) = match self {
            Self::Equal(number) => ("==", number),
            Self::NotEqual(number) => ("!=", number),
            Self::AtLeast(number) => (">=", number),
            Self::MoreThan(number) => (">", number),
            Self::AtMost(number) => ("<=", number),
            Self::LessThan(number) => ("<", number),
            Self::Every(number) => ("%", number),
        };
        write!(f, "{operator} {number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first ten hits that count.
    #[track_caller]
    fn check(text: &str, counting: &[u64]) {
        let condition: HitCondition = text.parse().unwrap();
        let met: Vec<u64> = (1..=10).filter(|&number| condition.is_met(number)).collect();
        assert_eq!(met, counting, "{text}");
        assert_eq!(condition.to_string().parse(), Ok(condition));
    }

    #[test]
    fn each_operator_selects_its_hits() {
        check("5", &[5]);
        check("== 5", &[5]);
        check(" =5 ", &[5]);
        check("!=5", &[1, 2, 3, 4, 6, 7, 8, 9, 10]);
        check(">= 9", &[9, 10]);
        check(">9", &[10]);
        check("<=2", &[1, 2]);
        check("< 2", &[1]);
        check("% 3", &[3, 6, 9]);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "x", ">", "5 times", "% 0", "-1", "99999999999999999999", "=> 3"] {
            assert_eq!(text.parse::<HitCondition>(), Err(HitConditionError(text.to_owned())));
        }
    }
}
