//! From symbol files' locations to places in a frame.

use super::super::location::FrameSurroundings;
use super::types::ty;
use super::world::World;
use crate::evaluate::Value;
use arch::{Context, Machine};
use memory::VirtualAddress;
use symbols::{Location, Piece};

/// CodeView's numbers (`CV_AMD64_*` of cvconst.h).
const RAX: u16 = 328;
const RBX: u16 = 329;
const RCX: u16 = 330;
const RSP: u16 = 335;
const EAX: u16 = 17;
const XMM0: u16 = 154;

const BASE: u64 = 0xffff_f800_1000_0000;

/// A world whose frame was reached by a call: only some registers are known.
fn world() -> World {
    let mut world = World::with("struct _PAIR 16\n  Low 0 long\n  Middle 4 long\n  High 8 int64");
    let mut context = Context::new(Machine::Amd64.architecture());
    for (name, value) in
        [("rax", 0x1122_3344_5566_7788), ("rbx", 0x5100), ("rsp", 0x5000), ("xmm0", 0x4002_0000_0000_0000)]
    {
        context.set(context.architecture().find_register(name).unwrap().register, value);
    }
    context.set_return_address(VirtualAddress(BASE + 0x1234));
    world.context = context;
    world.memory.push((0x5000, [0x5108u64.to_le_bytes(), 7u64.to_le_bytes()].concat()));
    world.memory.push((0x5100, [1u64.to_le_bytes(), 42u64.to_le_bytes()].concat()));
    world
}

/// What a variable of type `spelling` with this location shows.
#[track_caller]
fn check(world: &World, spelling: &str, location: Location, expected: &str) {
    let surroundings = FrameSurroundings { context: &world.context, base: VirtualAddress(BASE), memory: world };
    let ty = ty(&world.declarations, spelling);
    let place = surroundings.place(&location, &ty);
    let node = super::super::Node::of_expression("variable", Value { ty, place });
    assert_eq!(world.summary(&node), expected, "{location:?}");
}

#[test]
fn registers_hold_values_of_their_size_and_smaller() {
    let world = world();
    check(&world, "int64", Location::Register(RAX), "1234605616436508552");
    check(&world, "long", Location::Register(EAX), "1432778632");
    check(&world, "unsigned short", Location::Register(RAX), "30600");
    check(&world, "double", Location::Register(XMM0), "2.25");
    check(&world, "_POINT", Location::Register(RAX), "{X=1432778632, Y=287454020}");
    check(&world, "int128", Location::Register(RAX), "<only 8 of its 16 bytes have a value>");
}

#[test]
fn registers_that_the_frame_lost_say_so() {
    let world = world();
    check(&world, "int64", Location::Register(RCX), "<rcx is not preserved across the call>");
    let relative = Location::RegisterRelative { register: RCX, offset: 8 };
    check(&world, "int64", relative, "<rcx is not preserved across the call>");
    let mut innermost = self::world();
    innermost.context = Context::new(Machine::Amd64.architecture());
    check(&innermost, "int64", Location::Register(RCX), "<rcx is not known in this frame>");
    check(&innermost, "int64", Location::Register(30006), "<the frame's base isn't known>");
    let unknown = "<it lies in register 9999 of CodeView, which a context doesn't hold>";
    check(&innermost, "int64", Location::Register(9999), unknown);
}

#[test]
fn memory_is_found_by_register_pointer_and_image() {
    let mut world = world();
    check(&world, "int64", Location::RegisterRelative { register: RSP, offset: 8 }, "7");
    check(&world, "int64", Location::RegisterRelative { register: RBX, offset: -0xf8 }, "7");
    check(&world, "int64", Location::RegisterIndirect { register: RSP, offset: 0, then: -8 }, "1");
    let lost = Location::RegisterIndirect { register: RSP, offset: -8, then: 0 };
    check(&world, "int64", lost, "<its address at 00000000`00004ff8: not in the dump>");
    world.memory.push((BASE + 0x6000, 9u64.to_le_bytes().to_vec()));
    check(&world, "int64", Location::Static { rva: 0x6000 }, "9");
}

#[test]
fn constants_have_the_size_of_their_type() {
    let world = world();
    check(&world, "long", Location::Constant(-7), "-7");
    check(&world, "unsigned char", Location::Constant(65), "65 'A'");
    check(&world, "_STATE", Location::Constant(2), "Running (2)");
}

#[test]
fn pieces_cover_no_more_than_the_member_that_they_begin_with() {
    let world = world();
    let piece = |offset, register| Piece { offset, location: Location::Register(register) };
    let split = Location::Split(vec![piece(0, RAX), piece(8, RBX)]);
    check(&world, "_PAIR", split, "{Low=1432778632, Middle=????????, High=20736}");
    let lost = Location::Split(vec![piece(0, RCX), piece(4, EAX)]);
    check(&world, "_PAIR", lost, "{Low=????????, Middle=1432778632, High=????????}");
}

#[test]
fn what_has_no_place_says_why() {
    let world = world();
    check(&world, "long", Location::OptimizedAway, "<optimized away>");
    check(&world, "long", Location::NotLiveHere, "<not live at this instruction>");
    check(&world, "long", Location::ThreadLocal { rva: 0 }, "<thread-local variables aren't looked up>");
    check(
        &world,
        "long",
        Location::FrameRelative { offset: 16 },
        "<it lies at 0x10 of a frame whose base isn't recorded>",
    );
    let unknown = "<the symbol file says where by a record that isn't known (0x1145)>";
    check(&world, "long", Location::Unknown { record: 0x1145 }, unknown);
}
