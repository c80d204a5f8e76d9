//! Where a value lies.

use super::error::Problem;
use super::scope::Scope;
use arch::RegisterPart;
use memory::{ReadVirtualExt, VirtualAddress};

/// Where a value lies. Members and elements of a value lie in a [`part`](Place::part) of its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the target's memory.
    Memory(VirtualAddress),
    /// In a register of the current frame, from the part's lowest bit on.
    Register(RegisterPart),
    /// Nowhere: these are its bytes, little-endian. Results of computations, constants, registers that were named.
    Constant(Vec<u8>),
    /// In several places (`S_DEFRANGE_SUBFIELD_REGISTER`). What no piece covers has no value.
    Pieces(Vec<Piece>),
    /// It has no value here; says why, in words.
    Unavailable(String),
}

/// One of several places that a value is spread over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// First byte of the value that lies there.
    pub offset: u64,
    /// How many bytes of the value lie there.
    pub size: u64,
    /// Where they lie.
    pub place: Place,
}

impl Place {
    /// The `size` bytes from `offset` on. In memory every part exists, as in C; elsewhere those within the value.
    #[must_use]
    pub fn part(&self, offset: u64, size: u64) -> Self {
        match self {
            Self::Memory(address) => Self::Memory(address.offset(offset)),
            Self::Register(register) => register_part(*register, offset, size),
            Self::Constant(bytes) => constant_part(bytes, offset, size),
            Self::Pieces(pieces) => part_of_pieces(pieces, offset, size),
            Self::Unavailable(_) => self.clone(),
        }
    }

    /// The place's address, if it has one.
    pub fn address(&self) -> Option<VirtualAddress> {
        match self {
            Self::Memory(address) => Some(*address),
            _ => None,
        }
    }

    /// Its first `size` bytes, which the caller bounds.
    ///
    /// # Errors
    /// Memory or a register that can't be read, or no value at all.
    pub fn read(&self, size: usize, scope: &dyn Scope) -> Result<Vec<u8>, Problem> {
        let too_small = |has: usize| Problem::Unavailable(format!("only {has} of its {size} bytes have a value"));
        match self {
            Self::Memory(address) => scope.memory().bytes(*address, size).map_err(Problem::Memory),
            Self::Register(part) => {
                let value = scope.read_register(*part).map_err(Problem::Unavailable)?.to_le_bytes();
                let held = usize::from(part.bits.div_ceil(8));
                value.get(..size).filter(|_| size <= held).map(<[u8]>::to_vec).ok_or_else(|| too_small(held))
            }
            Self::Constant(bytes) => bytes.get(..size).map(<[u8]>::to_vec).ok_or_else(|| too_small(bytes.len())),
            Self::Pieces(pieces) => read_pieces(pieces, size, scope),
            Self::Unavailable(why) => Err(Problem::Unavailable(why.clone())),
        }
    }
}

fn outside() -> Place {
    Place::Unavailable("outside of the value".to_owned())
}

fn register_part(register: RegisterPart, offset: u64, size: u64) -> Place {
    let bits = |bytes: u64| bytes.checked_mul(8).and_then(|bits| u16::try_from(bits).ok());
    let part = bits(offset).zip(bits(size)).and_then(|(skipped, wanted)| {
        let shift = register.shift.checked_add(skipped)?;
        let inside = skipped.checked_add(wanted)? <= register.bits;
        inside.then_some(RegisterPart { register: register.register, shift, bits: wanted })
    });
    part.map_or_else(outside, Place::Register)
}

fn constant_part(bytes: &[u8], offset: u64, size: u64) -> Place {
    let range = usize::try_from(offset).ok().zip(offset.checked_add(size).and_then(|end| usize::try_from(end).ok()));
    let part = range.and_then(|(start, end)| bytes.get(start..end));
    part.map_or_else(outside, |part| Place::Constant(part.to_vec()))
}

fn part_of_pieces(pieces: &[Piece], offset: u64, size: u64) -> Place {
    let end = offset.saturating_add(size);
    let overlapping: Vec<&Piece> =
        pieces.iter().filter(|piece| piece.offset < end && offset < piece.offset.saturating_add(piece.size)).collect();
    match overlapping.as_slice() {
        [] => Place::Unavailable("this part of it has no value here (optimized away)".to_owned()),
        [piece] if piece.offset <= offset && end <= piece.offset.saturating_add(piece.size) => {
            piece.place.part(offset - piece.offset, size)
        }
        several => Place::Pieces(several.iter().map(|piece| clip(piece, offset, end)).collect()),
    }
}

/// What of `piece` lies between `start` and `end`, counted from `start`.
fn clip(piece: &Piece, start: u64, end: u64) -> Piece {
    let first = piece.offset.max(start);
    let size = piece.offset.saturating_add(piece.size).min(end).saturating_sub(first);
    Piece { offset: first - start, size, place: piece.place.part(first - piece.offset, size) }
}

fn read_pieces(pieces: &[Piece], size: usize, scope: &dyn Scope) -> Result<Vec<u8>, Problem> {
    let mut bytes = vec![0; size];
    let mut covered = vec![false; size];
    for piece in pieces {
        let piece = clip(piece, 0, size as u64);
        let start = usize::try_from(piece.offset).unwrap_or(usize::MAX).min(size);
        let length = usize::try_from(piece.size).unwrap_or(0).min(size - start);
        let part = piece.place.read(length, scope)?;
        let target = bytes.iter_mut().zip(covered.iter_mut()).skip(start);
        for ((byte, seen), new) in target.zip(part) {
            (*byte, *seen) = (new, true);
        }
    }
    if covered.iter().all(|seen| *seen) {
        Ok(bytes)
    } else {
        Err(Problem::Unavailable("parts of it have no value here (optimized away)".to_owned()))
    }
}
