//! Reading nodes: from memory, registers and constants, and names for addresses.

use super::list::ListWalk;
use super::read_ahead::ReadAhead;
use crate::evaluate::{Place, Problem, Scalar, Scope, Value, target_address};
use memory::{ReadError, VirtualAddress};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use symbols::{Modules, SymbolName};

/// Names for the target's addresses.
pub trait Names {
    /// The name of an address; None where no module is or was.
    fn name_of(&self, address: VirtualAddress) -> Option<SymbolName>;
}

impl Names for Modules {
    fn name_of(&self, address: VirtualAddress) -> Option<SymbolName> {
        Modules::name_of(self, address)
    }
}

/// What nodes are read with. Keeps what it has read: make a new one for every request.
pub struct View<'a> {
    pub(super) scope: &'a dyn Scope,
    names: &'a dyn Names,
    read_ahead: ReadAhead,
    /// Lists that were walked, by where the walk began.
    pub(super) walks: RefCell<HashMap<VirtualAddress, Rc<ListWalk>>>,
}

impl<'a> View<'a> {
    /// Sees registers and memory as `scope` does, and names addresses by `names`.
    pub fn new(scope: &'a dyn Scope, names: &'a dyn Names) -> Self {
        Self { scope, names, read_ahead: ReadAhead::default(), walks: RefCell::default() }
    }

    /// Reads a place in memory at once whose parts will be asked for.
    pub(super) fn fetch(&self, place: &Place, size: u64) {
        if let Some(address) = place.address() {
            self.read_ahead.fetch(self.scope.memory(), address, size);
        }
    }

    /// `count` bytes of memory, which the caller bounds.
    pub(super) fn memory(&self, address: VirtualAddress, count: usize) -> Result<Vec<u8>, ReadError> {
        self.read_ahead.read(self.scope.memory(), address, count)
    }

    /// The first `size` bytes of a place, which the caller bounds. The error says in words why they can't be had.
    pub(super) fn bytes(&self, place: &Place, size: usize) -> Result<Vec<u8>, String> {
        match place {
            Place::Memory(address) => self.memory(*address, size).map_err(|error| why_unreadable(*address, &error)),
            elsewhere => elsewhere.read(size, self.scope).map_err(why),
        }
    }

    /// The number of a scalar of `size` bytes (8 at most).
    pub(super) fn scalar(&self, value: &Value, size: u64) -> Result<Scalar, String> {
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(8);
        let place = Place::Constant(self.bytes(&value.place, size)?);
        Value { ty: value.ty.clone(), place }.scalar(self.scope).map_err(why)
    }

    /// The address that a pointer of `size` bytes (8 at most) holds.
    pub(super) fn pointer(&self, place: &Place, size: u8) -> Result<VirtualAddress, String> {
        let bytes = self.bytes(place, usize::from(size.min(8)))?;
        let value = bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte));
        Ok(target_address(value, self.scope.pointer_size()))
    }

    /// The name of an address; nothing is called NULL.
    pub(super) fn symbol(&self, address: VirtualAddress) -> Option<SymbolName> {
        if address.0 == 0 { None } else { self.names.name_of(address) }
    }
}

/// Why memory at `address` can't be read; names the place where the read stopped if that is another one.
pub(super) fn why_unreadable(address: VirtualAddress, error: &ReadError) -> String {
    if error.address == address.0 { error.failure.to_string() } else { error.to_string() }
}

fn why(problem: Problem) -> String {
    match problem {
        Problem::Memory(error) => error.to_string(),
        Problem::Unavailable(why) | Problem::Type(why) | Problem::Operand(why) => why,
        other => format!("it can't be read ({other:?})"),
    }
}
