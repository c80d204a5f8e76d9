//! The world that the tests look at: memory, registers, variables and symbols of a small driver.

use super::super::{Names, Node, Style, View};
use super::types::{Declarations, declare, ty};
use crate::evaluate::{
    Lookup, Place, PseudoRegister, RegisterReading, Scope, SourceLine, Syntax, Variable, evaluate, register_in,
};
use arch::{Context, Machine, RegisterPart};
use memory::{ReadError, ReadFailure, ReadPhysical, ReadVirtual, VirtualAddress};
use std::cell::Cell;
use std::sync::Arc;
use symbols::{NameSource, Symbol, SymbolKind, SymbolName, TypeRef};

/// Where module `drv` begins.
pub(super) const DRIVER: u64 = 0xffff_f800_1000_0000;
/// Where `drv!Device` lies.
pub(super) const DEVICE: u64 = DRIVER + 0x3000;
/// Where strings lie; memory ends 0x140 bytes behind.
pub(super) const STRINGS: u64 = 0xffff_8000_0000_1000;

const TYPES: &str = "
    struct _UNICODE_STRING 16
      Length 0 unsigned short
      MaximumLength 2 unsigned short
      Buffer 8 wchar_t*
    struct _STRING 16
      Length 0 unsigned short
      MaximumLength 2 unsigned short
      Buffer 8 char*
    struct _LIST_ENTRY 16
      Flink 0 _LIST_ENTRY*
      Blink 8 _LIST_ENTRY*
    union _LARGE_INTEGER 8
      LowPart 0 unsigned long
      HighPart 4 long
      QuadPart 0 int64
    struct _GUID 16
      Data1 0 unsigned long
    struct _POINT 8
      X 0 long
      Y 4 long
    class CSpot 32
      @ 0 void*
      ~ 8 _POINT
      Weight 16 float
      Next 24 CSpot&
      Count static long
      Lost static long
    union _DEVICE::<unnamed-type-u> 4
      AsUlong 0 unsigned long
      AsBytes 0 unsigned char[4]
    enum _STATE int Idle=0 Starting=1 Running=2 Failed=16
    enum _COLOR int Red=-1 Green=5
    enum _RIGHTS unsigned long None=0 Read=1 Write=2 Execute=4 Delete=8 All=15
    struct _HANDLE
    struct _DEVICE 0xe0
      Signature 0 unsigned long
      State 4 _STATE
      Color 8 _COLOR
      LastStatus 0xc long
      Ready 0x10 unsigned long:0:1
      Level 0x10 unsigned long:1:3
      Spare 0x10 unsigned long:4:12
      Delta 0x14 long:0:5
      Wanted 0x14 _STATE:5:6
      Name 0x18 _UNICODE_STRING
      Vendor 0x28 _STRING
      Created 0x38 _LARGE_INTEGER
      Id 0x40 _GUID
      Corners 0x50 _POINT[2]
      Matrix 0x60 short[3][2]
      Enabled 0x6c unsigned char
      Grade 0x6d char
      Ok 0x6e bool
      Unit 0x70 wchar_t[4]
      Scale 0x78 float
      Rights 0x7c _RIGHTS
      Ratio 0x80 double
      - 0x88 _DEVICE::<unnamed-type-u>
      Entries 0x90 _LIST_ENTRY
      Operation 0xa0 long()*
      Label 0xa8 char*
      Self 0xb0 _DEVICE*
      Tag 0xb8 char[8]
      Image 0xc0 unsigned char[8]
      Wide 0xc8 int128
      Handle 0xd8 _HANDLE*
";

pub(super) struct World {
    pub(super) declarations: Arc<Declarations>,
    pub(super) context: Context,
    pub(super) memory: Vec<(u64, Vec<u8>)>,
    pub(super) variables: Vec<Variable>,
    /// Module, name, address.
    pub(super) symbols: Vec<(&'static str, &'static str, u64)>,
    /// How often memory was read.
    pub(super) reads: Cell<usize>,
}

impl World {
    /// A device, a spot and some strings; `more` are declarations of further types.
    pub(super) fn with(more: &str) -> Self {
        let declarations = declare(&format!("{TYPES}\n{more}"));
        let mut world = Self {
            declarations,
            context: Context::new(Machine::Amd64.architecture()),
            memory: vec![(DEVICE, device()), (STRINGS, strings())],
            variables: Vec::new(),
            symbols: vec![("drv", "Store", DRIVER + 0x1000), ("drv", "Device", DEVICE)],
            reads: Cell::new(0),
        };
        world.global("drv!Device", "_DEVICE", DEVICE);
        world.global("drv!Pointer", "_DEVICE*", DEVICE + 0xb0);
        world
    }

    /// The world without further types.
    pub(super) fn new() -> Self {
        Self::with("")
    }

    /// Declares a variable in memory.
    pub(super) fn global(&mut self, name: &str, spelling: &str, address: u64) {
        self.variable(name, spelling, Place::Memory(VirtualAddress(address)));
    }

    /// Declares a variable anywhere.
    pub(super) fn variable(&mut self, name: &str, spelling: &str, place: Place) {
        let ty = Some(ty(&self.declarations, spelling));
        self.variables.push(Variable { name: name.to_owned(), ty, place });
    }

    /// The node of a C++ expression.
    #[track_caller]
    pub(super) fn node(&self, expression: &str) -> Node {
        let value = evaluate(expression, Syntax::Cpp, self).unwrap_or_else(|error| panic!("{error}"));
        Node::of_expression(expression, value).in_module("drv")
    }

    /// The node of a variable, which needn't be readable.
    #[track_caller]
    pub(super) fn variable_node(&self, name: &str) -> Node {
        Node::of_variable(self.variables.iter().find(|variable| variable.name == name).unwrap())
    }

    pub(super) fn view(&self) -> View<'_> {
        View::new(self, self)
    }

    /// The text of a node for editors, in decimal.
    pub(super) fn summary(&self, node: &Node) -> String {
        self.view().summary(node, Style::Editor { hex: false })
    }

    /// Children as `name = text`, named ones first.
    pub(super) fn children(&self, node: &Node) -> Vec<String> {
        let view = self.view();
        let mut children = view.named_children(node);
        children.extend(view.indexed_children(node, 0, 100));
        children.iter().map(|child| format!("{} = {}", child.name, self.summary(child))).collect()
    }
}

/// `parts`, one after the other.
pub(super) fn bytes(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub(super) fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn counted(length: u16, maximum: u16, buffer: u64) -> Vec<u8> {
    bytes(&[&length.to_le_bytes(), &maximum.to_le_bytes(), &[0; 4], &buffer.to_le_bytes()])
}

fn device() -> Vec<u8> {
    let longs = |values: &[i32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
    let shorts = |values: &[i16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
    let entries = (DEVICE + 0x90).to_le_bytes();
    bytes(&[
        &longs(&[0x5041_4d53, 2, -1, 0xc000_00a3_u32 as i32]),
        // Ready 1, Level 5, Spare 0xabc; Delta -3, Wanted 16.
        &longs(&[0xabcb, (0x10 << 5) | 0b11101]),
        &counted(30, 32, STRINGS),
        &counted(12, 13, STRINGS + 0x40),
        &0x01d7_0000_0000_002a_u64.to_le_bytes(),
        &[0x50, 0x41, 0x44, 0x4b, 1, 0, 2, 0x40, 0x80, 3, b'k', b'd', b'a', b'p', 4, 5],
        &longs(&[-100, 200, 300, -400]),
        &shorts(&[1, 2, 3, -4, -5, -6]),
        &[1, b'B', 1, 0],
        &wide("m/s²"),
        &0.5f32.to_le_bytes(),
        &5u32.to_le_bytes(),
        &2.25f64.to_le_bytes(),
        &longs(&[0xcafe_babe_u32 as i32, 0]),
        &entries,
        &entries,
        &(DRIVER + 0x1010).to_le_bytes(),
        &(STRINGS + 0x40).to_le_bytes(),
        &DEVICE.to_le_bytes(),
        b"beta\0\0\0\0",
        b"System\0\0",
        &0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00_u128.to_le_bytes(),
        &0x1234_5678_u64.to_le_bytes(),
    ])
}

/// A name at 0, a vendor at 0x40, 256 characters `a` and no zero at 0x50 up to the end of memory.
fn strings() -> Vec<u8> {
    let mut strings = wide("\\Device\\Sample0\0");
    strings.resize(0x40, 0);
    strings.extend(b"kdap project\0\0\0\0");
    strings.resize(0x140, b'a');
    strings
}

impl ReadVirtual for World {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        self.reads.set(self.reads.get() + 1);
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

impl Names for World {
    fn name_of(&self, address: VirtualAddress) -> Option<SymbolName> {
        let below = self.symbols.iter().filter(|(.., start)| *start <= address.0 && address.0 < start + 0x800);
        let (module, name, start) = below.max_by_key(|(.., start)| *start)?;
        let kind = SymbolKind::Public { function: false };
        let (name, rva) = ((*name).to_owned(), 0);
        let symbol = Symbol { name, decorated: None, rva, size: None, kind, ty: None };
        let (module, displacement) = ((*module).to_owned(), address.0 - start);
        Some(SymbolName { module, symbol: Some(symbol), displacement, source: NameSource::Public })
    }
}

impl Scope for World {
    fn memory(&self) -> &dyn ReadVirtual {
        self
    }

    fn physical_memory(&self) -> Option<&dyn ReadPhysical> {
        None
    }

    fn pointer_size(&self) -> u8 {
        8
    }

    fn radix(&self) -> u32 {
        16
    }

    fn register(&self, name: &str) -> Lookup<RegisterReading> {
        register_in(&self.context, name)
    }

    fn read_register(&self, part: RegisterPart) -> Result<u128, String> {
        self.context.get_part(part).ok_or_else(|| "the register is not known in this frame".to_owned())
    }

    fn pseudo_register(&self, _name: &str) -> Lookup<PseudoRegister> {
        Lookup::NotFound
    }

    fn local(&self, name: &str) -> Option<Variable> {
        self.variables.iter().rev().find(|variable| variable.name == name).cloned()
    }

    fn symbols(&self, module: Option<&str>, name: &str) -> Vec<Variable> {
        let qualified = format!("{}!{name}", module.unwrap_or("drv"));
        let variables = self.variables.iter().filter(|variable| variable.name == qualified).cloned();
        let bare = self.symbols.iter().filter(|(of, other, _)| format!("{of}!{other}") == qualified);
        let bare = bare.map(|(.., address)| Variable {
            name: qualified.clone(),
            ty: None,
            place: Place::Memory(VirtualAddress(*address)),
        });
        let found: Vec<Variable> = variables.collect();
        if found.is_empty() { bare.collect() } else { found }
    }

    fn module_base(&self, name: &str) -> Option<VirtualAddress> {
        (name == "drv").then_some(VirtualAddress(DRIVER))
    }

    fn find_type(&self, _module: Option<&str>, name: &str) -> Option<TypeRef> {
        self.declarations.has(name).then(|| ty(&self.declarations, name))
    }

    fn function_type(&self, _address: VirtualAddress) -> Option<TypeRef> {
        None
    }

    fn image_entry_point(&self, _base: VirtualAddress) -> Result<VirtualAddress, String> {
        Err("no image is loaded there".to_owned())
    }

    fn source_line(&self, _line: &SourceLine) -> Result<VirtualAddress, String> {
        Err("no such line".to_owned())
    }

    fn write(&self, _place: &Place, _bytes: &[u8]) -> Result<(), String> {
        Err("a crash dump can't be changed".to_owned())
    }
}
