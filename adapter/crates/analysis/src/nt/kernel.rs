//! The kernel of a target: its memory, and what its symbols call things.

use super::layouts::{self, LayoutSource};
use super::structure::{NtError, Structure};
use arch::Architecture;
use memory::{ReadVirtual, VirtualAddress};
use std::collections::HashSet;
use std::sync::Arc;
use symbols::{SymbolFile, TypeRef};

/// Most elements of one list that are visited: far more than any real list of the kernel has.
const MAX_LIST_ELEMENTS: usize = 1 << 20;

/// Access to the kernel's globals and structures by name.
#[derive(Clone)]
pub struct Kernel<'a> {
    /// Virtual memory of the target.
    pub memory: &'a dyn ReadVirtual,
    /// The target's processor architecture.
    pub architecture: &'static dyn Architecture,
    /// Where `nt` is loaded.
    pub base: VirtualAddress,
    symbols: Option<Arc<SymbolFile>>,
}

impl<'a> Kernel<'a> {
    /// A kernel at `base` with the symbols there are; without any, every look-up says so.
    pub fn new(
        memory: &'a dyn ReadVirtual,
        architecture: &'static dyn Architecture,
        base: VirtualAddress,
        symbols: Option<Arc<SymbolFile>>,
    ) -> Self {
        Self { memory, architecture, base, symbols }
    }

    fn symbols(&self) -> Result<&SymbolFile, NtError> {
        self.symbols.as_deref().ok_or(NtError::NoKernelSymbols)
    }

    /// Bytes of a pointer.
    pub fn pointer_size(&self) -> usize {
        self.architecture.pointer_size()
    }

    /// The type of this name: from the kernel's symbols, or, where they lack it, from the published layouts.
    ///
    /// # Errors
    /// [`NtError::NoType`], [`NtError::NoKernelSymbols`].
    pub fn find_type(&self, name: &str) -> Result<TypeRef, NtError> {
        self.type_and_source(name).map(|(ty, _)| ty)
    }

    /// Where [`Kernel::find_type`] finds a type.
    ///
    /// # Errors
    /// As [`Kernel::find_type`].
    pub fn layout_source(&self, name: &str) -> Result<LayoutSource, NtError> {
        self.type_and_source(name).map(|(_, source)| source)
    }

    fn type_and_source(&self, name: &str) -> Result<(TypeRef, LayoutSource), NtError> {
        if let Some(ty) = self.symbols.as_ref().and_then(|symbols| symbols.find_type(name)) {
            return Ok((ty, LayoutSource::Symbols));
        }
        if let Some(ty) = layouts::find(name, self.pointer_size()) {
            return Ok((ty, LayoutSource::Published));
        }
        self.symbols().and(Err(NtError::NoType(name.to_owned())))
    }

    /// Address of the global `name`.
    ///
    /// # Errors
    /// [`NtError::NoSymbol`], [`NtError::NoKernelSymbols`].
    pub fn global(&self, name: &str) -> Result<VirtualAddress, NtError> {
        let found = self.symbols()?.find(name).into_iter().next();
        found.map(|symbol| self.base.offset(u64::from(symbol.rva))).ok_or_else(|| NtError::NoSymbol(name.to_owned()))
    }

    /// The structure of this type at `address`; nothing is read.
    ///
    /// # Errors
    /// As [`Kernel::find_type`].
    pub fn structure(&self, type_name: &str, address: VirtualAddress) -> Result<Structure<'a>, NtError> {
        Ok(Structure::new(self.memory, self.pointer_size(), self.find_type(type_name)?, address))
    }

    /// Walks the doubly linked list whose `LIST_ENTRY` head lies at `head`; each element is a `type_name` that holds
    /// its links in the member `links`.
    ///
    /// The elements that were reached come back together with what stopped the walk early, if anything did.
    ///
    /// # Errors
    /// Only when the types are unknown; a damaged list is part of the result.
    pub fn list(&self, head: VirtualAddress, type_name: &str, links: &str) -> Result<ListWalk<'a>, NtError> {
        self.list_for(head, type_name, links, &[])
    }

    /// The same for somebody who will read these members of each element.
    ///
    /// # Errors
    /// As [`Kernel::list`].
    pub fn list_for(
        &self,
        head: VirtualAddress,
        type_name: &str,
        links: &str,
        members: &[&str],
    ) -> Result<ListWalk<'a>, NtError> {
        let ty = self.find_type(type_name)?;
        let links_offset =
            Structure::new(self.memory, self.pointer_size(), ty.clone(), VirtualAddress(0)).field(links)?;
        let links_offset = links_offset.address().0;
        let mut walk = ListWalk { elements: Vec::new(), stopped: None };
        let mut visited = HashSet::from([head]);
        let mut links_at = head;
        loop {
            links_at = match self.structure("_LIST_ENTRY", links_at)?.field("Flink")?.pointer() {
                Ok(next) if next == head => return Ok(walk),
                Ok(next) => next,
                Err(error) => return Ok(ListWalk { stopped: Some(error), ..walk }),
            };
            let why = if !visited.insert(links_at) {
                Some("the list runs in a circle that doesn't pass its head")
            } else if visited.len() > MAX_LIST_ELEMENTS {
                Some("the list has more elements than any real one")
            } else {
                None
            };
            if let Some(why) = why {
                walk.stopped = Some(NtError::Damaged { what: "the list", address: links_at, why });
                return Ok(walk);
            }
            let address = links_at.back(links_offset);
            let element = Structure::new(self.memory, self.pointer_size(), ty.clone(), address);
            element.touch(members);
            walk.elements.push(element);
        }
    }
}

/// The elements of a list, as far as it could be walked.
pub struct ListWalk<'a> {
    /// In list order.
    pub elements: Vec<Structure<'a>>,
    /// What ended the walk before it came back to the head.
    pub stopped: Option<NtError>,
}
