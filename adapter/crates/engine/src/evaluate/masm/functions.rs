//! Functions of MASM expressions: `$vvalid(0, 10)`, `$scmp("a", "b")` ("Non-Numeric Operators in MASM Expressions").

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::target_address;
use std::cmp::Ordering;
use symbols::{BaseKind, NamePattern, Shape};

/// Longest range that `$vvalid` looks at, in bytes: everything in it is read.
const VALID_LIMIT: u64 = 1 << 28;
/// Bytes that are read at once.
const VALID_STEP: usize = 1 << 16;

impl Evaluator<'_> {
    /// Calls the function `name`, which began at `start`; None if it isn't one.
    pub(super) fn masm_function(&mut self, name: &str, start: usize) -> Evaluated<Option<u64>> {
        let value = match name.to_ascii_lowercase().as_str() {
            "$vvalid" => {
                let [address, length] = self.numbers()?;
                self.is_valid(address, length, start)?.into()
            }
            "$iment" => {
                let [base] = self.numbers()?;
                let entry = self.scope.image_entry_point(target_address(base, self.scope.pointer_size()));
                let entry = entry.map_err(|why| self.cursor.error(start, Problem::Unavailable(why)))?;
                self.sign_extended(entry.0, false)
            }
            "$fnsucc" => {
                let [function, returned, flag] = self.numbers()?;
                self.is_success(function, returned, flag, start)?.into()
            }
            "$scmp" => {
                let [left, right] = self.strings()?;
                compared(left.cmp(&right))
            }
            "$sicmp" => {
                let [left, right] = self.strings()?;
                compared(left.to_lowercase().cmp(&right.to_lowercase()))
            }
            "$spat" => {
                let [text, pattern] = self.strings()?;
                NamePattern::new(&pattern).matches(&text).into()
            }
            _ => return Ok(None),
        };
        Ok(Some(value))
    }

    fn numbers<const N: usize>(&mut self) -> Evaluated<[u64; N]> {
        let mut numbers = [0; N];
        self.arguments(numbers.iter_mut(), Self::masm)?;
        Ok(numbers)
    }

    fn strings<const N: usize>(&mut self) -> Evaluated<[String; N]> {
        let mut strings = [const { String::new() }; N];
        self.arguments(strings.iter_mut(), |evaluator| {
            let string = evaluator.cursor.take_string()?;
            string.ok_or_else(|| evaluator.cursor.error_here(Problem::Expected("a text in \"\"")))
        })?;
        Ok(strings)
    }

    /// `(`, as many arguments as there are places for, `)`.
    fn arguments<'v, T: 'v>(
        &mut self,
        places: impl Iterator<Item = &'v mut T>,
        parse: impl Fn(&mut Self) -> Evaluated<T>,
    ) -> Evaluated<()> {
        self.cursor.expect("(", "(")?;
        for (index, place) in places.enumerate() {
            if index > 0 {
                self.cursor.expect(",", ",")?;
            }
            *place = self.nested(&parse)?;
        }
        self.cursor.expect(")", ")")
    }

    /// Whether every byte of the range can be read.
    fn is_valid(&self, address: u64, length: u64, start: usize) -> Evaluated<bool> {
        if length > VALID_LIMIT {
            return Err(self.cursor.error(start, Problem::Operand("$vvalid looks at 256 MB at most".to_owned())));
        }
        let mut buffer = vec![0; VALID_STEP];
        let mut done = 0;
        while done < length {
            let step = usize::try_from(length - done).unwrap_or(VALID_STEP).min(VALID_STEP);
            let at = target_address(address.wrapping_add(done), self.scope.pointer_size());
            let readable =
                buffer.get_mut(..step).is_some_and(|part| self.scope.memory().read_virtual(at, part).is_ok());
            if !readable {
                return Ok(false);
            }
            done += step as u64;
        }
        Ok(true)
    }

    /// Whether `returned` means success for the function at an address: by its return type where that says so, else
    /// by `flag` (0: anything but zero is success; 1: zero is).
    fn is_success(&self, function: u64, returned: u64, flag: u64, start: usize) -> Evaluated<bool> {
        let address = target_address(function, self.scope.pointer_size());
        let shape = self.scope.function_type(address).map(|ty| ty.shape());
        let Some(Ok(Shape::Function { returns, .. })) = shape else {
            let what = format!("no symbol file says what the function at {address} returns");
            return Err(self.cursor.error(start, Problem::Type(what)));
        };
        let name = returns.name();
        let shape = returns.shape().map_err(|error| self.cursor.error(start, error.into()))?;
        Ok(match shape {
            Shape::Base(base) if base.kind == BaseKind::HResult => returned as u32 as i32 >= 0,
            _ if name == "NTSTATUS" => returned as u32 as i32 >= 0,
            Shape::Base(base) if base.kind == BaseKind::Bool => returned != 0,
            Shape::Pointer { .. } => returned != 0,
            _ if flag == 1 => returned == 0,
            _ => returned != 0,
        })
    }
}

/// As `strcmp` answers: -1, 0 or 1.
fn compared(ordering: Ordering) -> u64 {
    ordering as i8 as i64 as u64
}
