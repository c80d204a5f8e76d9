//! Children, their names, and the expressions that name them.

use super::super::{Bases, ChildCounts, FrameVariable, Node, NodeKind};
use super::world::{DEVICE, World};
use crate::evaluate::{EvaluateError, Place, Problem, Syntax, evaluate};
use memory::VirtualAddress;
use symbols::{Shape, VariableRole};

/// The children of an expression as `name = text`.
#[track_caller]
fn check(world: &World, expression: &str, expected: &[&str]) {
    assert_eq!(world.children(&world.node(expression)), expected, "{expression}");
}

#[test]
fn members_follow_their_declaration_and_anonymous_unions_are_looked_through() {
    let world = World::new();
    let node = world.node("drv!Device");
    let view = world.view();
    let children = view.named_children(&node);
    assert_eq!(view.child_counts(&node), ChildCounts { named: children.len() as u64, indexed: 0 });
    let placed: Vec<_> = children.iter().map(|child| (child.name.as_str(), child.offset)).collect();
    assert_eq!(placed[..2], [("Signature", Some(0)), ("State", Some(4))]);
    assert_eq!(
        placed[21..25],
        [("Ratio", Some(0x80)), ("AsUlong", Some(0x88)), ("AsBytes", Some(0x88)), ("Entries", Some(0x90))]
    );
    assert!(children.iter().all(|child| child.kind == NodeKind::Member));
    assert_eq!(children[5].type_name(), "unsigned long : 3");
}

#[test]
fn a_whole_record_is_read_at_once() {
    let world = World::new();
    let view = world.view();
    let node = world.variable_node("drv!Device");
    let children = view.named_children(&node);
    let before = world.reads.get();
    for child in children.iter().filter(|child| !matches!(child.name.as_str(), "Name" | "Vendor" | "Label")) {
        view.content(child, super::super::Preview { fields: 8, elements: 8, depth: 2 });
    }
    assert_eq!(world.reads.get() - before, 0);
}

#[test]
fn an_unreadable_part_does_not_hide_its_neighbours() {
    let mut world = World::new();
    world.global("tail", "_POINT[3]", DEVICE + 0xd0);
    let tail = world.variable_node("tail");
    let children = world.children(&tail);
    assert_eq!(children[1..], ["[1] = {X=305419896, Y=0}", "[2] = <not in the dump>"]);
    world.global("edge", "_POINT", DEVICE + 0xdc);
    let edge = world.variable_node("edge");
    assert_eq!(world.children(&edge), ["X = 0", "Y = <not in the dump>"]);
}

#[test]
fn pointers_to_records_show_their_members_and_others_their_target() {
    let world = World::new();
    check(&world, "&drv!Device.Corners[1]", &["X = 300", "Y = -400"]);
    check(&world, "&drv!Device.State", &["*(&drv!Device.State) = Running (2)"]);
    check(&world, "&drv!Device.Self", &["*(&drv!Device.Self) = 0xfffff800`10003000 drv!Device"]);
    for childless in ["drv!Device.Operation", "drv!Device.Handle", "(_DEVICE *)0", "(void *)0x1000", "drv!Device.State"]
    {
        check(&world, childless, &[]);
        let counts = world.view().child_counts(&world.node(childless));
        assert!(counts.is_empty(), "{childless}");
    }
}

#[test]
fn arrays_are_paged() {
    let world = World::new();
    let view = world.view();
    let node = world.node("drv!Device.Matrix[1]");
    assert_eq!(view.child_counts(&node), ChildCounts { named: 0, indexed: 3 });
    let page: Vec<_> = view.indexed_children(&node, 1, 1).into_iter().map(|child| child.name).collect();
    assert_eq!(page, ["[1]"]);
    assert!(view.indexed_children(&node, 3, 5).is_empty());
    check(&world, "drv!Device.Matrix", &["[0] = {1, 2, 3}", "[1] = {-4, -5, -6}"]);
}

#[test]
fn classes_show_bases_virtual_functions_references_and_static_members() {
    let mut world = World::new();
    let next = DEVICE + 0x50;
    let mut spot = (super::world::DRIVER + 0x1000).to_le_bytes().to_vec();
    spot.extend([5, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0]);
    spot.extend(next.to_le_bytes());
    world.memory.push((0x7000, spot));
    world.global("drv!Spot", "CSpot", 0x7000);
    world.global("drv!CSpot::Count", "long", DEVICE + 0x50);
    let node = world.node("drv!Spot");
    let children = world.children(&node);
    assert_eq!(children[..3], ["__VFN_table = 0xfffff800`10001000 drv!Store", "_POINT = {X=5, Y=6}", "Weight = 1.0"]);
    assert!(children[3].starts_with("Next = {"), "{}", children[3]);
    assert_eq!(children[4..], ["Count = -100", "Lost = <there is no symbol CSpot::Lost>"]);
    let view = world.view();
    let nodes = view.named_children(&node);
    assert_eq!(nodes[1].kind, NodeKind::Base);
    assert_eq!(nodes[4].offset, None);
    let flat: Vec<_> = view.fields_of(&node, Bases::Flattened).into_iter().map(|field| field.name).collect();
    assert_eq!(flat, ["__VFN_table", "X", "Y", "Weight", "Next", "Count", "Lost"]);
    assert_eq!(view.named_children(&nodes[3]).len(), 6, "a reference has its target's members");
    assert_eq!(view.memory_reference(&nodes[3]), Some(VirtualAddress(next)));
}

#[test]
fn evaluate_names_lead_back_to_the_same_place() {
    let mut world = World::new();
    world.global("drv!Spot", "CSpot", DEVICE);
    world.global("drv!Cast", "unsigned int64", DEVICE + 0xb0);
    let roots = ["drv!Device", "drv!Pointer", "*drv!Pointer", "&drv!Device", "(_DEVICE *)drv!Cast", "drv!Spot"];
    let mut checked = 0;
    for root in roots {
        let mut nodes = vec![(world.node(root), 0)];
        while let Some((node, depth)) = nodes.pop() {
            let Some(name) = node.evaluate_name() else {
                assert!(matches!(node.kind, NodeKind::List | NodeKind::VirtualTable), "{} of {root}", node.name);
                continue;
            };
            if matches!(node.value.place, Place::Unavailable(_)) {
                continue;
            }
            let found = evaluate(&name, Syntax::Cpp, &world);
            // References stand for what they refer to.
            let reference = matches!(node.value.ty.shape(), Ok(Shape::Pointer { reference: true, .. }));
            match found {
                Ok(found) if !reference => {
                    assert_eq!(found.place.address(), node.address(), "{name}");
                    assert_eq!(found.ty.name(), node.type_name(), "{name}");
                    checked += 1;
                }
                Ok(_) | Err(EvaluateError { problem: Problem::Memory(_), .. }) => {}
                Err(error) => panic!("{name}: {error}"),
            }
            if depth < 3 {
                let view = world.view();
                let mut children = view.named_children(&node);
                children.extend(view.indexed_children(&node, 0, 4));
                nodes.extend(children.into_iter().map(|child| (child, depth + 1)));
            }
        }
    }
    assert!(checked > 500, "{checked}");
}

#[test]
fn what_lies_in_memory_can_be_named_by_a_cast() {
    let world = World::new();
    let point = |module: Option<&str>, ty: &str| {
        let node = Node::at("point", super::types::ty(&world.declarations, ty), VirtualAddress(DEVICE));
        module.map_or(node.clone(), |module| node.in_module(module)).evaluate_name()
    };
    assert_eq!(point(Some("drv"), "_POINT").as_deref(), Some("(*(drv!_POINT *)0xfffff80010003000)"));
    assert_eq!(point(None, "_POINT").as_deref(), Some("(*(_POINT *)0xfffff80010003000)"));
    assert_eq!(point(Some("drv"), "unsigned long").as_deref(), Some("(*(unsigned long *)0xfffff80010003000)"));
    assert_eq!(point(Some("drv"), "_DEVICE::<unnamed-type-u>"), None);
    let node = world.node("drv!Device");
    let constant =
        Node { value: crate::evaluate::Value { place: Place::Constant(vec![0; 8]), ..node.value.clone() }, ..node };
    assert_eq!(constant.address(), None);
}

#[test]
fn a_hidden_variable_is_not_called_by_the_name_of_the_one_that_hides_it() {
    let mut world = World::new();
    world.global("point", "_POINT", DEVICE + 0x50);
    let variable = world.variables.pop().unwrap();
    let (role, module) = (VariableRole::Local, "drv".to_owned());
    let shown = FrameVariable { variable, role, module, hidden: false };
    assert_eq!(shown.node().evaluate_name().as_deref(), Some("point"));
    let hidden = FrameVariable { hidden: true, ..shown };
    assert_eq!(hidden.node().evaluate_name().as_deref(), Some("(*(drv!_POINT *)0xfffff80010003050)"));
}

#[test]
fn public_symbols_have_no_type_and_say_so() {
    let world = World::new();
    let store = crate::evaluate::Scope::symbols(&world, Some("drv"), "Store").remove(0);
    let node = Node::of_variable(&store);
    assert_eq!(world.summary(&node), "<no type information>");
    assert!(world.view().child_counts(&node).is_empty());
}

#[test]
fn members_of_one_name_are_told_apart_by_their_address() {
    let mut world = World::with("class CTwice 16\n  ~ 0 _POINT\n  X 8 long");
    world.global("drv!Twice", "CTwice", DEVICE);
    let view = world.view();
    let fields = view.fields_of(&world.node("drv!Twice"), Bases::Flattened);
    let names: Vec<_> = fields.iter().map(|field| field.evaluate_name().unwrap()).collect();
    assert_eq!(names, ["(*(long *)0xfffff80010003000)", "drv!Twice.Y", "(*(long *)0xfffff80010003008)"]);
}
