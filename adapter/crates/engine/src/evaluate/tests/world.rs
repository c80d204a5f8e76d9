//! The world that the tests evaluate in: a little memory, some registers, locals and globals.

use super::super::{
    Lookup, Piece, Place, PseudoRegister, RegisterReading, Scope, SourceLine, Variable, register_in, target_address,
};
use super::types::{Ty, declared, named, table};
use arch::{Context, Machine, RegisterPart};
use memory::{PhysicalAddress, ReadError, ReadFailure, ReadPhysical, ReadVirtual, VirtualAddress};
use std::cell::RefCell;
use std::sync::Arc;
use symbols::{TypeRef, TypeTable};

/// Where the first of two `_THING`s lies; the second follows it, then memory ends.
pub(super) const THINGS: u64 = 0xffff_f800_0000_1000;
/// Bytes of `_THING`.
const THING_SIZE: u64 = 0x50;
/// Where the local variables lie.
pub(super) const STACK: u64 = 0xffff_8500_0000_2000;
/// Where module `drv` begins.
const DRIVER: u64 = 0xffff_f800_1000_0000;

pub(super) struct World {
    pub(super) pointer_size: u8,
    pub(super) radix: u32,
    /// Whether writing is allowed.
    pub(super) writable: bool,
    /// What was written.
    pub(super) written: RefCell<Vec<(Place, Vec<u8>)>>,
    pub(super) context: Context,
    pub(super) memory: Vec<(u64, Vec<u8>)>,
    pub(super) types: Arc<dyn TypeTable>,
}

impl World {
    /// A 64-bit target.
    pub(super) fn x64() -> Self {
        let mut context = Context::new(Machine::Amd64.architecture());
        let values = [
            ("rax", 0x1122_3344_5566_7788),
            ("rbx", 7),
            ("r10", 8),
            ("rip", 0xffff_f800_1000_0010),
            ("rsp", STACK.into()),
            ("efl", 0x40),
        ];
        for (name, value) in values {
            context.set(context.architecture().find_register(name).unwrap().register, value);
        }
        let mut stack = THINGS.to_le_bytes().to_vec();
        stack.extend((-5i32).to_le_bytes());
        stack.extend([0; 4]);
        stack.extend((THINGS + THING_SIZE).to_le_bytes());
        Self {
            pointer_size: 8,
            radix: 16,
            writable: false,
            written: RefCell::default(),
            context,
            memory: vec![(THINGS, things()), (STACK, stack)],
            types: table(),
        }
    }

    /// A 32-bit target.
    pub(super) fn x86() -> Self {
        let mut context = Context::new(Machine::X86.architecture());
        for (name, value) in [("eax", 0x8765_4321), ("esp", 0x8000_2000), ("cs", 8)] {
            context.set(context.architecture().find_register(name).unwrap().register, value);
        }
        let memory = vec![(0x8000_2000, 0x8abc_def0u32.to_le_bytes().to_vec())];
        Self { pointer_size: 4, context, memory, ..Self::x64() }
    }

    fn ty(&self, ty: &Ty) -> Option<TypeRef> {
        Some(declared(&self.types, ty))
    }

    fn variable(&self, name: &str, ty: Option<Ty>, place: Place) -> Variable {
        Variable { name: name.to_owned(), ty: ty.and_then(|ty| self.ty(&ty)), place }
    }

    fn part(&self, register: &str) -> Place {
        Place::Register(self.context.architecture().find_register(register).unwrap())
    }
}

/// Two `_THING`s that point at each other.
fn things() -> Vec<u8> {
    let mut bytes = Vec::new();
    for (next, count, delta, state) in [(THINGS + THING_SIZE, 3u32, -2i16, 1i32), (THINGS, 0xffff_ffff, 9, -1)] {
        let mut thing = Vec::new();
        thing.extend(next.to_le_bytes());
        thing.extend(count.to_le_bytes());
        thing.extend(delta.to_le_bytes());
        thing.extend(b"kdap\0\0");
        // Ready 1, Level 0b1010, Lean -3.
        thing.extend(0b1011_0101u32.to_le_bytes());
        thing.extend(state.to_le_bytes());
        thing.extend([0; 4]);
        thing.extend(0x8877_6655_4433_2211u64.to_le_bytes());
        thing.extend(1.5f64.to_le_bytes());
        thing.extend((next + 0x30).to_le_bytes());
        thing.extend(0u64.to_le_bytes());
        thing.extend(next.to_le_bytes());
        thing.extend((DRIVER + 0x100).to_le_bytes());
        bytes.extend(thing);
    }
    bytes
}

impl ReadVirtual for World {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        for (read, byte) in buffer.iter_mut().enumerate() {
            let at = address.offset(read as u64);
            let found = self
                .memory
                .iter()
                .find_map(|(start, bytes)| bytes.get(usize::try_from(at.distance_from(VirtualAddress(*start))?).ok()?));
            match found {
                Some(found) => *byte = *found,
                None => return Err(ReadError { address: at.0, read, failure: ReadFailure::VirtualNotInDump }),
            }
        }
        Ok(())
    }
}

impl ReadPhysical for World {
    fn read_physical(&self, address: PhysicalAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        for (read, byte) in buffer.iter_mut().enumerate() {
            let at = address.offset(read as u64);
            if at.0 >= 0x1000 {
                let failure = ReadFailure::PhysicalNotInDump(at);
                return Err(ReadError { address: at.0, read, failure });
            }
            *byte = at.0 as u8;
        }
        Ok(())
    }
}

impl Scope for World {
    fn memory(&self) -> &dyn ReadVirtual {
        self
    }

    fn physical_memory(&self) -> Option<&dyn ReadPhysical> {
        (self.pointer_size == 8).then_some(self)
    }

    fn pointer_size(&self) -> u8 {
        self.pointer_size
    }

    fn radix(&self) -> u32 {
        self.radix
    }

    fn register(&self, name: &str) -> Lookup<RegisterReading> {
        register_in(&self.context, name)
    }

    fn read_register(&self, part: RegisterPart) -> Result<u128, String> {
        self.context.get_part(part).ok_or_else(|| "the register is not known in this frame".to_owned())
    }

    fn pseudo_register(&self, name: &str) -> Lookup<PseudoRegister> {
        let (value, ty) = match name {
            "$t0" => (0, None),
            "$t1" => (1, None),
            "$t2" => (2, None),
            "$t15" => (THINGS, self.ty(&Ty::PointerTo(&Ty::Named("_THING")))),
            "$ip" => (if self.pointer_size == 4 { 0x8000_1000 } else { DRIVER + 0x10 }, None),
            "$proc" => (THINGS, None),
            "$exp" => (0x8f, None),
            "$peb" => return Lookup::Unavailable("the process's address space isn't in the dump".to_owned()),
            _ => return Lookup::NotFound,
        };
        Lookup::Found(PseudoRegister { value, ty })
    }

    fn local(&self, name: &str) -> Option<Variable> {
        let (ty, place) = match name {
            "thing" => (Ty::PointerTo(&Ty::Named("_THING")), Place::Memory(VirtualAddress(STACK))),
            "number" | "fade" => (Ty::Base("int"), Place::Memory(VirtualAddress(STACK + 8))),
            "other" => (Ty::Reference(&Ty::Named("_THING")), Place::Memory(VirtualAddress(STACK + 16))),
            "count" => (Ty::Base("unsigned char"), self.part("bl")),
            "limit" => (Ty::Base("int"), Place::Constant(vec![100, 0, 0, 0])),
            "gone" => (Ty::Base("int"), Place::Unavailable("optimized away".to_owned())),
            "lost" => (Ty::Base("int"), self.part("ecx")),
            "pair" => {
                let low = Piece { offset: 0, size: 4, place: self.part("ebx") };
                let high = Piece { offset: 8, size: 8, place: Place::Memory(VirtualAddress(THINGS + 0x20)) };
                (Ty::Named("_PAIR"), Place::Pieces(vec![high, low]))
            }
            "this" => (Ty::PointerTo(&Ty::Named("CFoo")), Place::Constant(STACK.to_le_bytes().to_vec())),
            "pool" => (Ty::Base("int"), Place::Constant(vec![1, 0, 0, 0])),
            _ => return None,
        };
        Some(self.variable(name, Some(ty), place))
    }

    fn symbols(&self, module: Option<&str>, name: &str) -> Vec<Variable> {
        let memory = |address| Place::Memory(target_address(address, self.pointer_size));
        let things = Ty::ArrayOf(&Ty::Named("_THING"), 2);
        let main = Ty::Function { returns: &Ty::Base("long") };
        let all = [
            ("drv", "Things", Some(things), memory(THINGS)),
            ("drv", "Main", Some(main), memory(DRIVER + 0x100)),
            ("drv", "CFoo::member", Some(Ty::Base("int")), memory(STACK + 8)),
            ("drv", "_THING::Instances", Some(Ty::Base("int")), memory(STACK + 8)),
            ("drv", "vector<int,std::allocator<int> >::grow", Some(main), memory(DRIVER + 0x200)),
            ("drv", "`vftable'", None, memory(DRIVER + 0x300)),
            ("drv", "twin", Some(main), memory(DRIVER + 0x400)),
            ("drv", "twin", Some(main), memory(DRIVER + 0x500)),
            ("drv", "_PAIR", Some(Ty::Base("int")), memory(STACK + 8)),
            ("drv", "fade", Some(Ty::Base("unsigned int")), Place::Constant(vec![250, 0, 0, 0])),
            ("drv", "Fade", Some(Ty::Base("int")), memory(STACK + 8)),
            ("nt", "KeBugCheckEx", None, memory(0xffff_f804_7bdf_5a80)),
            ("nt", "Untyped", None, memory(STACK)),
            ("nt", "MaxLevel", Some(Ty::Base("int")), Place::Constant(vec![9, 0, 0, 0])),
            ("nt", "ah", None, memory(0xffff_f804_7bdf_6000)),
        ];
        let wanted = |of: &str, other: &str| module.is_none_or(|module| module == of) && name == other;
        let found = all.into_iter().filter(|(of, other, ..)| wanted(of, other));
        found.map(|(of, name, ty, place)| self.variable(&format!("{of}!{name}"), ty, place)).collect()
    }

    fn module_base(&self, name: &str) -> Option<VirtualAddress> {
        (name == "drv").then_some(target_address(DRIVER, self.pointer_size))
    }

    fn find_type(&self, module: Option<&str>, name: &str) -> Option<TypeRef> {
        if module.is_some_and(|module| !matches!(module, "nt" | "drv")) {
            return None;
        }
        named(&self.types, name)
    }

    fn function_type(&self, address: VirtualAddress) -> Option<TypeRef> {
        match address.0.checked_sub(DRIVER)? {
            0x100 => self.ty(&Ty::Function { returns: &Ty::Base("long") }),
            0x200 => self.ty(&Ty::Function { returns: &Ty::Base("HRESULT") }),
            _ => None,
        }
    }

    fn image_entry_point(&self, base: VirtualAddress) -> Result<VirtualAddress, String> {
        if base.0 == DRIVER { Ok(base.offset(0x100)) } else { Err("no image is loaded there".to_owned()) }
    }

    fn source_line(&self, line: &SourceLine) -> Result<VirtualAddress, String> {
        match (line.file.as_deref(), line.line) {
            (Some("main.c"), Some(number)) => Ok(VirtualAddress(DRIVER + u64::from(number))),
            _ => Err("no such line".to_owned()),
        }
    }

    fn write(&self, place: &Place, bytes: &[u8]) -> Result<(), String> {
        if !self.writable {
            return Err("a crash dump can't be changed".to_owned());
        }
        self.written.borrow_mut().push((place.clone(), bytes.to_vec()));
        Ok(())
    }
}
