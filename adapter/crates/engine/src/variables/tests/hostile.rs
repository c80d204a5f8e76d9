//! Types and memory that mean harm: nothing takes long, allocates much, or panics.

use super::super::{Bases, Node, PAGE_LIMIT, Style, fields, spelling, verbose_spelling};
use super::types::ty;
use super::world::World;
use memory::VirtualAddress;

const TYPES: &str = "
    struct _HUGE 0x1000000000000000
      Array 0 unsigned long[0x10000000000]
      Far 0xfffffffffffffff0 unsigned long
      Flexible 0x100 _POINT[0]
    struct _SELF 8
      - 0 _SELF
      X 0 long
    struct _TREE 8
      - 0 _TREE2
      - 0 _TREE2
    struct _TREE2 8
      - 0 _TREE
      - 0 _TREE
    struct _EMPTY 0
    struct _NESTED 8
      Inner 0 _NESTED
      Others 0 _NESTED[8]
    struct _MISSING 16
      Unknown 0 _NO_SUCH_TYPE
      X 8 long
    struct _BITS 8
      Beyond 0 unsigned long:200:9
      Endless 0 unsigned int64:0:255
    struct _UNICODE_STRING_LIKE 16
    enum _NONE long
";

/// Everything that can be asked of a node, down to a depth.
fn exercise(world: &World, node: &Node, depth: usize) {
    let view = world.view();
    for style in [Style::Editor { hex: true }, Style::Dt, Style::Dv] {
        assert!(view.summary(node, style).chars().count() < 4000);
    }
    view.child_counts(node);
    view.memory_reference(node);
    node.evaluate_name();
    let mut children = view.named_children(node);
    children.truncate(50);
    for (start, count) in [(0, 3), (u64::MAX, u64::MAX), (1 << 40, 2)] {
        children.extend(view.indexed_children(node, start, count));
    }
    if depth > 0 {
        children.iter().for_each(|child| exercise(world, child, depth - 1));
    }
}

#[test]
fn no_type_is_too_bad_to_be_looked_at() {
    let world = World::with(TYPES);
    let spellings = [
        "_HUGE",
        "_SELF",
        "_TREE",
        "_EMPTY",
        "_NESTED",
        "_MISSING",
        "_BITS",
        "_NONE",
        "_HUGE*",
        "_HUGE&",
        "_HUGE&&",
        "_HUGE[0xffffffffffffffff]",
        "_EMPTY[0xffffffffffffffff]",
        "char[0xffffffffffffffff]",
        "wchar_t[0x7fffffffffffffff]",
        "_SELF*",
        "_NESTED**",
        "void[3]",
        "void",
        "long()",
        "long()[4]",
        "_HANDLE",
        "_HANDLE[7]",
        "_NO_SUCH_TYPE",
        "_NO_SUCH_TYPE*",
        "unsigned long:60:9",
        "int128",
        "HRESULT",
    ];
    for spelling_of in spellings {
        let ty = ty(&world.declarations, spelling_of);
        spelling(&ty);
        verbose_spelling(&ty);
        for address in [super::world::DEVICE, 0, u64::MAX - 3] {
            exercise(&world, &Node::at("it", ty.clone(), VirtualAddress(address)), 2);
        }
    }
}

#[test]
fn records_without_end_are_an_error() {
    let world = World::with(TYPES);
    for record in ["_SELF", "_TREE"] {
        let error = fields(&ty(&world.declarations, record), Bases::AsMembers).unwrap_err();
        assert_eq!(error.to_string(), format!("{} is nested too deeply", error.to_string().split(' ').next().unwrap()));
    }
    let node = Node::at("it", ty(&world.declarations, "_SELF"), VirtualAddress(super::world::DEVICE));
    assert_eq!(world.children(&node), ["... = <_SELF is nested too deeply>"]);
}

#[test]
fn pages_are_bounded() {
    let world = World::with(TYPES);
    let node = Node::at("it", ty(&world.declarations, "_HUGE"), VirtualAddress(super::world::DEVICE));
    let view = world.view();
    let array = &view.named_children(&node)[0];
    assert_eq!(view.child_counts(array).indexed, 1 << 40);
    assert_eq!(view.indexed_children(array, 0, u64::MAX).len() as u64, PAGE_LIMIT);
    let last = view.indexed_children(array, (1 << 40) - 1, 10);
    assert_eq!(last.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["[1099511627775]"]);
}

#[test]
fn members_of_unknown_type_do_not_hide_their_neighbours() {
    let world = World::with(TYPES);
    let node = Node::at("it", ty(&world.declarations, "_MISSING"), VirtualAddress(super::world::DEVICE));
    let children = world.children(&node);
    assert!(children[0].starts_with("Unknown = <there is no type"), "{}", children[0]);
    assert_eq!(children[1], "X = -1");
}
