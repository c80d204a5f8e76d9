//! From where a symbol file says that a variable is, to a place that can be read in a frame.

use crate::evaluate::{Piece, Place, target_address};
use arch::{Context, RegisterPart};
use memory::{ReadVirtual, ReadVirtualExt, VirtualAddress};
use symbols::{Location, Shape, TypeRef};

/// CodeView's number for the frame's base on x86 (`CV_ALLREG_VFRAME`): no register, but what frame data say.
const CV_ALLREG_VFRAME: u16 = 30006;

/// What locations are relative to.
pub(super) struct FrameSurroundings<'a> {
    /// The frame's registers.
    pub(super) context: &'a Context,
    /// Where the frame's module begins.
    pub(super) base: VirtualAddress,
    /// The target's memory.
    pub(super) memory: &'a dyn ReadVirtual,
}

impl FrameSurroundings<'_> {
    /// Where the value of type `ty` lies. What can't be said is [`Place::Unavailable`], with the reason.
    pub(super) fn place(&self, location: &Location, ty: &TypeRef) -> Place {
        self.resolve(location, ty).unwrap_or_else(Place::Unavailable)
    }

    fn resolve(&self, location: &Location, ty: &TypeRef) -> Result<Place, String> {
        Ok(match location {
            Location::Register(number) => Place::Register(self.register(*number)?),
            Location::RegisterRelative { register, offset } => Place::Memory(self.relative(*register, *offset)?),
            Location::RegisterIndirect { register, offset, then } => {
                let pointer = self.relative(*register, *offset)?;
                let size = self.context.architecture().pointer_size();
                let to = self.memory.pointer(pointer, size).map_err(|error| format!("its address at {error}"))?;
                Place::Memory(self.address(to, *then))
            }
            Location::Static { rva } => Place::Memory(self.base.offset(u64::from(*rva))),
            Location::Constant(value) => constant(*value, ty),
            Location::Split(pieces) => self.pieces(pieces, ty)?,
            Location::ThreadLocal { .. } => Err("thread-local variables aren't looked up")?,
            Location::FrameRelative { offset } => {
                Err(format!("it lies at {offset:#x} of a frame whose base isn't recorded"))?
            }
            Location::NotLiveHere => Err("not live at this instruction")?,
            Location::OptimizedAway => Err("optimized away")?,
            Location::Unknown { record } => {
                Err(format!("the symbol file says where by a record that isn't known ({record:#06x})"))?
            }
        })
    }

    /// A register whose value is known in the frame.
    fn register(&self, number: u16) -> Result<RegisterPart, String> {
        let architecture = self.context.architecture();
        let part = architecture.codeview_register(number).ok_or_else(|| match number {
            CV_ALLREG_VFRAME => "the frame's base isn't known".to_owned(),
            _ => format!("it lies in register {number} of CodeView, which a context doesn't hold"),
        })?;
        if self.context.get_part(part).is_some() {
            return Ok(part);
        }
        let name = architecture.register(part.register).map_or("the register", |register| register.name);
        Err(match self.context.is_after_call() {
            true => format!("{name} is not preserved across the call"),
            false => format!("{name} is not known in this frame"),
        })
    }

    fn relative(&self, number: u16, offset: i32) -> Result<VirtualAddress, String> {
        let part = self.register(number)?;
        let value = self.context.get_part(part).unwrap_or_default();
        Ok(self.address((value & u128::from(u64::MAX)) as u64, offset))
    }

    fn address(&self, start: u64, offset: i32) -> VirtualAddress {
        let size = if self.context.architecture().pointer_size() == 4 { 4 } else { 8 };
        target_address(start.wrapping_add_signed(i64::from(offset)), size)
    }

    fn pieces(&self, pieces: &[symbols::Piece], ty: &TypeRef) -> Result<Place, String> {
        let whole = ty.size().map_err(|error| error.to_string())?;
        let mut starts: Vec<u64> = pieces.iter().map(|piece| piece.offset.into()).collect();
        starts.sort_unstable();
        let place = |piece: &symbols::Piece| {
            let offset = u64::from(piece.offset);
            let next = starts.iter().copied().find(|start| *start > offset).unwrap_or(whole).min(whole);
            let room = next.saturating_sub(offset);
            // A register is often wider than the member that it holds, and nothing says by how much.
            let member = scalar_size_at(ty, offset).unwrap_or(room);
            match self.place(&piece.location, ty) {
                Place::Register(part) => {
                    let size = room.min(member).min(u64::from(part.bits / 8));
                    Piece { offset, size, place: Place::Register(part).part(0, size) }
                }
                place => Piece { offset, size: room.min(member), place },
            }
        };
        Ok(Place::Pieces(pieces.iter().map(place).collect()))
    }
}

fn constant(value: i128, ty: &TypeRef) -> Place {
    let size = ty.size().ok().and_then(|size| usize::try_from(size).ok()).unwrap_or(8);
    Place::Constant(value.to_le_bytes().into_iter().take(size).collect())
}

/// Size of the member that isn't a record or array itself and begins at `offset` of a value of type `ty`.
fn scalar_size_at(ty: &TypeRef, offset: u64) -> Option<u64> {
    /// More levels than any record has.
    const DEPTH_LIMIT: usize = 16;
    let (mut ty, mut offset) = (ty.clone(), offset);
    for _ in 0..DEPTH_LIMIT {
        match ty.shape().ok()? {
            Shape::Record(_) => {
                let members = ty.members().ok()?;
                let holds = |start: u64, size: u64| start <= offset && offset < start.saturating_add(size);
                let inner = members.into_iter().find(|member| holds(member.offset, member.ty.size().unwrap_or(0)))?;
                offset -= inner.offset;
                ty = inner.ty;
            }
            Shape::Array { element, .. } => {
                offset = offset.checked_rem(element.size().ok()?)?;
                ty = element;
            }
            _ => return ty.size().ok().and_then(|size| size.checked_sub(offset)),
        }
    }
    None
}
