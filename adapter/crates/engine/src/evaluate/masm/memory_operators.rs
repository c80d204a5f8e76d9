//! Prefix operators that are words: `poi`, `by`, `$pqwo`, `hi`, `not`.

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::target_address;
use memory::{PhysicalAddress, ReadPhysicalExt, ReadVirtualExt};

impl Evaluator<'_> {
    /// Applies the prefix operator `word` to the operand behind it; None if it is no operator.
    pub(super) fn masm_word_operator(&mut self, word: &str) -> Evaluated<Option<u64>> {
        let pointer = usize::from(self.scope.pointer_size());
        let (physical, size) = match word.to_ascii_lowercase().as_str() {
            "not" => return Ok(Some((self.masm_unary()? == 0).into())),
            "hi" => return Ok(Some((self.masm_unary()? >> 16) & 0xffff)),
            "low" => return Ok(Some(self.masm_unary()? & 0xffff)),
            "by" => (false, 1),
            "wo" => (false, 2),
            "dwo" => (false, 4),
            "qwo" => (false, 8),
            "poi" => (false, pointer),
            "$pby" => (true, 1),
            "$pwo" => (true, 2),
            "$pdwo" => (true, 4),
            "$pqwo" => (true, 8),
            "$ppoi" => (true, pointer),
            _ => return Ok(None),
        };
        let address = self.masm_unary()?;
        let bytes = if physical {
            let Some(memory) = self.scope.physical_memory() else {
                let why = "this target has no physical memory".to_owned();
                return Err(self.error(Problem::Unavailable(why)));
            };
            memory.bytes(PhysicalAddress(address), size)
        } else {
            self.scope.memory().bytes(target_address(address, self.scope.pointer_size()), size)
        };
        let bytes = bytes.map_err(|error| self.error(Problem::Memory(error)))?;
        let value = bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte));
        let is_pointer = word.to_ascii_lowercase().ends_with("poi");
        Ok(Some(if is_pointer { self.sign_extended(value, false) } else { value }))
    }
}
