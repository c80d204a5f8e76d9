//! Lists: their elements, and why there are no more.

use super::super::{Elements, ListEnd, Node, NodeKind};
use super::types::ty;
use super::world::World;
use memory::VirtualAddress;

const TYPES: &str = "
    struct _EPROCESS 0x40
      Pid 0 unsigned int64
      ActiveProcessLinks 8 _LIST_ENTRY
      ThreadListHead 0x18 _LIST_ENTRY
      Heads 0x28 _LIST_ENTRY
    struct _ETHREAD 0x20
      Tid 0 unsigned int64
      ThreadListEntry 0x10 _LIST_ENTRY
    struct _BLOCK 0x18
      Link 0 _LIST_ENTRY
      Size 0x10 unsigned long
    struct _KAPC_STATE 0x20
      ApcListHead 0 _LIST_ENTRY[2]
";

/// Where the head of the list of processes lies.
const HEAD: u64 = 0xffff_f800_2000_0000;
/// Where process number `n` lies.
const fn process(n: u64) -> u64 {
    0xffff_8100_0000_0000 + n * 0x1000
}

/// Entries that are linked to a ring, in this order.
fn ring(world: &mut World, entries: &[u64]) {
    for (index, entry) in entries.iter().enumerate() {
        let next = entries[(index + 1) % entries.len()];
        let previous = entries[(index + entries.len() - 1) % entries.len()];
        world.memory.push((*entry, [next.to_le_bytes(), previous.to_le_bytes()].concat()));
    }
}

/// A head and three processes, whose lists of threads are empty; the second has two threads.
fn processes() -> World {
    let mut world = World::with(TYPES);
    world.symbols.push(("nt", "PsActiveProcessHead", HEAD));
    let link = |n| process(n) + 8;
    ring(&mut world, &[HEAD, link(0), link(1), link(2)]);
    ring(&mut world, &[process(1) + 0x18, 0xa010, 0xb010]);
    for n in [0, 2] {
        ring(&mut world, &[process(n) + 0x18]);
    }
    for (address, id) in [(process(0), 4u64), (process(1), 88), (process(2), 100), (0xa000, 92), (0xb000, 96)] {
        world.memory.push((address, id.to_le_bytes().to_vec()));
    }
    world.global("head", "_LIST_ENTRY", HEAD);
    world.global("first", "_EPROCESS", process(0));
    world.global("second", "_EPROCESS", process(1));
    world
}

/// The list among the children of a node.
#[track_caller]
fn list(world: &World, node: &Node) -> Node {
    let children = world.view().named_children(node);
    children.into_iter().find(|child| child.kind == NodeKind::List).expect("no list")
}

#[track_caller]
fn member(world: &World, node: &Node, name: &str) -> Node {
    world.view().named_children(node).into_iter().find(|child| child.name == name).expect("no such member")
}

#[test]
fn a_list_whose_head_is_known_has_its_elements() {
    let world = processes();
    let head = world.variable_node("head");
    let list = list(&world, &head);
    assert_eq!(list.name, "[_EPROCESS.ActiveProcessLinks]");
    assert_eq!(list.type_name(), "_EPROCESS []");
    assert_eq!(world.summary(&list), "3 elements");
    let view = world.view();
    assert_eq!(view.child_counts(&list).indexed, 3);
    let second = &view.indexed_children(&list, 1, 1)[0];
    assert_eq!(second.name, "[1]");
    assert_eq!(second.evaluate_name().as_deref(), Some("(*(nt!_EPROCESS *)0xffff810000001000)"));
    assert_eq!(world.summary(&member(&world, second, "Pid")), "88");
}

#[test]
fn from_an_element_the_head_is_left_out() {
    let world = processes();
    let links = member(&world, &world.variable_node("second"), "ActiveProcessLinks");
    let list = list(&world, &links);
    let elements = world.view().indexed_children(&list, 0, 10);
    let addresses: Vec<_> = elements.iter().map(|element| element.address().unwrap().0).collect();
    assert_eq!(addresses, [process(2), process(0)]);
}

#[test]
fn a_head_that_is_a_member_has_elements_of_another_type() {
    let world = processes();
    let list = list(&world, &member(&world, &world.variable_node("second"), "ThreadListHead"));
    assert_eq!(list.name, "[_ETHREAD.ThreadListEntry]");
    let pids: Vec<_> = world.view().indexed_children(&list, 0, 10).iter().map(|t| world.summary(t)).collect();
    assert_eq!(
        pids,
        [
            "{Tid=92, ThreadListEntry={Flink=0x00000000`0000b010, Blink=0xffff8100`00001018}}",
            "{Tid=96, ThreadListEntry={Flink=0xffff8100`00001018, Blink=0x00000000`0000a010}}"
        ]
    );
}

#[test]
fn a_link_whose_head_is_not_known_is_a_guess_that_says_so() {
    let mut world = World::with(TYPES);
    ring(&mut world, &[0xa000, 0xb000]);
    world.global("block", "_BLOCK", 0xa000);
    let list = list(&world, &member(&world, &world.variable_node("block"), "Link"));
    assert_eq!(
        world.summary(&list),
        "1 element, if the member links records of this type (one of them may be the list's head)"
    );
}

#[test]
fn what_is_not_known_to_link_anything_has_no_list() {
    let world = processes();
    let heads = member(&world, &world.variable_node("first"), "Heads");
    assert!(world.view().named_children(&heads).iter().all(|child| child.kind == NodeKind::Member));
}

#[test]
fn arrays_of_heads_pass_what_is_known_on_to_their_elements() {
    let mut world = World::with(TYPES);
    ring(&mut world, &[0xa000]);
    ring(&mut world, &[0xa010]);
    world.global("state", "_KAPC_STATE", 0xa000);
    let heads = member(&world, &world.variable_node("state"), "ApcListHead");
    let second = &world.view().indexed_children(&heads, 1, 1)[0];
    assert_eq!(list(&world, second).name, "[_KAPC.ApcListEntry]");
    assert_eq!(world.summary(&list(&world, second)), "0 elements");
}

#[test]
fn elements_can_be_given() {
    let mut world = World::with(TYPES);
    ring(&mut world, &[0xa000, 0xb010]);
    world.memory.push((0xb000, 7u64.to_le_bytes().to_vec()));
    world.global("list", "_LIST_ENTRY", 0xa000);
    let elements = Elements::new(ty(&world.declarations, "_ETHREAD"), "ThreadListEntry");
    let node = world.variable_node("list").linking(elements);
    let threads = world.view().indexed_children(&list(&world, &node), 0, 10);
    assert_eq!(world.summary(&member(&world, &threads[0], "Tid")), "7");
    let wrong = Elements::new(ty(&world.declarations, "_ETHREAD"), "Nonsense");
    let node = world.variable_node("list").linking(wrong);
    let notes = world.view().indexed_children(&list(&world, &node), 0, 10);
    assert_eq!(world.summary(&notes[0]), "<_ETHREAD has no member Nonsense>");
}

/// The end of a walk from 0xa000 through entries that are linked as listed: address, Flink, Blink.
#[track_caller]
fn check_end(entries: &[(u64, u64, u64)], found: usize, expected: &str) {
    let mut world = World::new();
    for (entry, forward, backward) in entries {
        world.memory.push((*entry, [forward.to_le_bytes(), backward.to_le_bytes()].concat()));
    }
    let walk = world.view().walk_list(VirtualAddress(0xa000));
    assert_eq!((walk.entries.len(), walk.end.to_string().as_str()), (found, expected));
}

#[test]
fn a_walk_says_why_it_ends() {
    check_end(&[(0xa000, 0xb000, 0xb000), (0xb000, 0xa000, 0xa000)], 1, "the list is complete");
    check_end(&[(0xa000, 0xa000, 0xa000)], 0, "the list is complete");
    check_end(&[(0xa000, 0, 0)], 0, "the list breaks off: Flink of 00000000`0000a000 is NULL");
    check_end(&[(0xa000, 0xb000, 0)], 0, "the list breaks off at 00000000`0000b000: not in the dump");
    check_end(
        &[(0xa000, 0xb000, 0), (0xb000, 0xc000, 0xa000), (0xc000, 0xa000, 0xd000)],
        1,
        "the list is damaged: Flink of 00000000`0000b000 is 00000000`0000c000, but Blink there is 00000000`0000d000",
    );
    check_end(
        &[(0xa000, 0xb000, 0), (0xb000, 0xb000, 0xa000)],
        1,
        "the list is damaged: Flink of 00000000`0000b000 is 00000000`0000b000, but Blink there is 00000000`0000a000",
    );
}

#[test]
fn a_list_that_breaks_off_has_a_note_behind_its_elements() {
    let mut world = processes();
    world.memory.retain(|(address, _)| *address != process(1) + 8);
    let list = list(&world, &world.variable_node("head"));
    let broken = "the list breaks off at ffff8100`00001008: not in the dump";
    assert_eq!(world.summary(&list), format!("1 element; {broken}"));
    assert_eq!(world.children(&list)[0], format!("... = <{broken}>"));
    assert_eq!(world.view().child_counts(&list).named, 1);
}

#[test]
fn lists_without_end_are_bounded() {
    let mut world = World::new();
    let entries: Vec<u64> = (0..70_000u64).map(|n| 0x10_0000 + n * 16).collect();
    let links = entries.iter().flat_map(|entry| [entry + 16, entry - 16]).flat_map(u64::to_le_bytes).collect();
    world.memory = vec![(entries[0], links)];
    let walk = world.view().walk_list(VirtualAddress(entries[0]));
    assert_eq!((walk.entries.len(), walk.end), (super::super::ENTRY_LIMIT, ListEnd::Limit));
}
