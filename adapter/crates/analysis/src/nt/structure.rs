//! Structures in the target's memory, read by the names of their members.

use arch::ContextError;
use memory::{ReadError, ReadFailure, ReadVirtual, ReadVirtualExt, VirtualAddress};
use symbols::{Member, Shape, TypeError, TypeRef};

/// Longest counted string that is read, in bytes: the length field of `UNICODE_STRING` allows no more.
const MAX_STRING_BYTES: u16 = u16::MAX;
/// Bytes that [`Structure::touch`] reads at once.
const MAX_TOUCHED: usize = 4096;

/// Why something of NT couldn't be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NtError {
    /// The kernel's symbol file isn't loaded.
    #[error("the symbols of nt are not loaded")]
    NoKernelSymbols,
    /// The kernel's symbols have no such name.
    #[error("nt!{0} was not found in the symbols of nt")]
    NoSymbol(String),
    /// The kernel's symbols have no such type.
    #[error("the type {0} was not found in the symbols of nt")]
    NoType(String),
    /// The type has no such member.
    #[error("{ty} has no member {member}")]
    NoMember {
        /// Name of the type.
        ty: String,
        /// The member that was asked for.
        member: String,
    },
    /// The member isn't what the reader of it expects.
    #[error("{ty} at {address} is not {expected}")]
    WrongShape {
        /// Name of the type that was found.
        ty: String,
        /// Where it lies.
        address: VirtualAddress,
        /// What was expected: "a pointer", "an integer".
        expected: &'static str,
    },
    /// The target's memory couldn't be read.
    #[error("{what} can't be read: {error}")]
    Unreadable {
        /// What was read.
        what: String,
        /// Which address, and why.
        error: ReadError,
    },
    /// A live target didn't tell it.
    #[error("{what} can't be had: {failure}")]
    NotTold {
        /// What it was asked for.
        what: String,
        /// Why it didn't tell it.
        failure: ReadFailure,
    },
    /// A list or tree in the target's memory is damaged.
    #[error("{what} at {address} is damaged: {why}")]
    Damaged {
        /// What was walked.
        what: &'static str,
        /// Where the walk stopped.
        address: VirtualAddress,
        /// What is wrong with it.
        why: &'static str,
    },
    /// What lies there is no `CONTEXT` of this processor.
    #[error("no CONTEXT at {address}: {error}")]
    NoContext {
        /// Where one was expected.
        address: VirtualAddress,
        /// What is wrong with it.
        error: ContextError,
    },
    /// The symbol file is damaged.
    #[error(transparent)]
    Type(#[from] TypeError),
}

/// A typed place in the target's virtual memory.
#[derive(Clone)]
pub struct Structure<'a> {
    memory: &'a dyn ReadVirtual,
    pointer_size: usize,
    ty: TypeRef,
    address: VirtualAddress,
    what: String,
}

impl<'a> Structure<'a> {
    /// The place at `address`, seen as `ty`; `pointer_size` in bytes.
    pub fn new(memory: &'a dyn ReadVirtual, pointer_size: usize, ty: TypeRef, address: VirtualAddress) -> Self {
        let what = ty.name();
        Self { memory, pointer_size, ty, address, what }
    }

    /// Where it lies.
    pub fn address(&self) -> VirtualAddress {
        self.address
    }

    /// What it is.
    pub fn ty(&self) -> &TypeRef {
        &self.ty
    }

    /// The member at the end of `path`, such as `Pcb.Header.Type`; nothing is read.
    ///
    /// # Errors
    /// [`NtError::NoMember`] where the type has no such member.
    pub fn field(&self, path: &str) -> Result<Self, NtError> {
        let mut place = self.clone();
        for name in path.split('.') {
            let member = place.member(name)?;
            place.address = place.address.offset(member.offset);
            place.ty = member.ty;
            place.what = format!("{}.{name}", place.what);
        }
        Ok(place)
    }

    /// Whether the type has a member of this name.
    pub fn has_field(&self, name: &str) -> bool {
        self.member(name).is_ok()
    }

    /// Reads these members at once, those that lie near each other: where memory is at the end of a slow line, each read
    /// costs more than the bytes between them. What can't be read, or isn't there, is left to later reads, which say so.
    pub fn touch(&self, paths: &[&str]) {
        /// Bytes that a read of its own costs.
        const READ_COST: u64 = 178;
        let place = |path: &&str| {
            let place = self.field(path).ok()?;
            let start = place.address.distance_from(self.address)?;
            Some(start..start.checked_add(place.ty.size().ok()?)?)
        };
        let mut places: Vec<_> = paths.iter().filter_map(place).collect();
        places.sort_by_key(|place| place.start);
        let mut places = places.into_iter().peekable();
        while let Some(mut stretch) = places.next() {
            while let Some(next) = places.next_if(|next| next.start <= stretch.end.saturating_add(READ_COST)) {
                stretch.end = stretch.end.max(next.end);
            }
            let length = usize::try_from(stretch.end - stretch.start).unwrap_or(0).min(MAX_TOUCHED);
            let _ = self.memory.prefix(self.address.offset(stretch.start), length);
        }
    }

    fn member(&self, name: &str) -> Result<Member, NtError> {
        let missing = || NtError::NoMember { ty: self.ty.name(), member: name.to_owned() };
        self.ty.find_member(name)?.ok_or_else(missing)
    }

    /// The integer, enum, pointer or bit field at this place, zero-extended.
    ///
    /// # Errors
    /// [`NtError::WrongShape`] when it is none, [`NtError::Unreadable`] when memory isn't there.
    pub fn integer(&self) -> Result<u64, NtError> {
        match self.ty.shape()? {
            Shape::Bitfield { underlying, position, length } => {
                let whole = self.integer_of_size(underlying.size()?)?;
                Ok(whole.checked_shr(u32::from(position)).unwrap_or(0) & mask(length))
            }
            Shape::Base(_) | Shape::Enum(_) | Shape::Pointer { .. } => self.integer_of_size(self.ty.size()?),
            _ => Err(self.wrong_shape("an integer")),
        }
    }

    fn integer_of_size(&self, size: u64) -> Result<u64, NtError> {
        let mut bytes = [0; 8];
        let wanted = usize::try_from(size).ok().and_then(|size| bytes.get_mut(..size));
        let wanted = wanted.ok_or_else(|| self.wrong_shape("an integer"))?;
        self.memory.read_virtual(self.address, wanted).map_err(|error| self.unreadable(error))?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// The pointer at this place: a `type *`, or an integer that holds an address.
    ///
    /// # Errors
    /// As [`Structure::integer`].
    pub fn pointer(&self) -> Result<VirtualAddress, NtError> {
        self.integer().map(VirtualAddress)
    }

    /// What the pointer at this place points to.
    ///
    /// # Errors
    /// As [`Structure::pointer`]; [`NtError::WrongShape`] when the type is no pointer.
    pub fn target(&self) -> Result<Self, NtError> {
        let Shape::Pointer { target, .. } = self.ty.shape()? else { return Err(self.wrong_shape("a pointer")) };
        Ok(Self::new(self.memory, self.pointer_size, target, self.pointer()?))
    }

    /// All bytes of the place.
    ///
    /// # Errors
    /// [`NtError::Unreadable`] when memory isn't there; types over a mebibyte are refused as [`NtError::WrongShape`].
    pub fn bytes(&self) -> Result<Vec<u8>, NtError> {
        let size = usize::try_from(self.ty.size()?).ok().filter(|&size| size <= 1 << 20);
        let size = size.ok_or_else(|| self.wrong_shape("of a sensible size"))?;
        self.memory.bytes(self.address, size).map_err(|error| self.unreadable(error))
    }

    /// The text of the `UNICODE_STRING` at this place; unpaired surrogates become U+FFFD.
    ///
    /// # Errors
    /// As [`Structure::field`] and [`Structure::integer`].
    pub fn unicode_string(&self) -> Result<String, NtError> {
        let length = self.field("Length")?.integer()?.min(u64::from(MAX_STRING_BYTES)) as usize;
        let buffer = self.field("Buffer")?;
        let bytes = self.memory.bytes(buffer.pointer()?, length & !1).map_err(|error| buffer.unreadable(error))?;
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| pair.iter().rev().fold(0, unit)).collect();
        Ok(String::from_utf16_lossy(&units))
    }

    /// The text of the zero-terminated or full array of characters at this place (such as `ImageFileName`).
    ///
    /// # Errors
    /// As [`Structure::bytes`].
    pub fn character_array(&self) -> Result<String, NtError> {
        let bytes = self.bytes()?;
        let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    fn wrong_shape(&self, expected: &'static str) -> NtError {
        NtError::WrongShape { ty: self.ty.name(), address: self.address, expected }
    }

    fn unreadable(&self, error: ReadError) -> NtError {
        NtError::Unreadable { what: self.what.clone(), error }
    }
}

fn unit(high: u16, &low: &u8) -> u16 {
    high << 8 | u16::from(low)
}

fn mask(bits: u8) -> u64 {
    u64::MAX.checked_shr(64_u32.saturating_sub(u32::from(bits))).unwrap_or(0)
}
