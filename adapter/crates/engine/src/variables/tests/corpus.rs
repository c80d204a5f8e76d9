//! A real dump: blocks of the kernel's own structures in a small dump, with the public symbols of that kernel.

use super::super::{Bases, Node, NodeKind, Style, View, fields, list_table, spelling};
use crate::evaluate::{Syntax, evaluate};
use crate::session::Session;
use crate::target::OpenOptions;
use std::path::Path;
use std::time::{Duration, Instant};

/// The dump of Windows 10 19041 with the symbols for its kernel; None, after saying so, where the corpus isn't there.
fn session() -> Option<Session> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus");
    let dump = corpus.join("dumps/triage_x64.dmp");
    if !dump.exists() {
        println!("skipped: ../shared/corpus is not here");
        return None;
    }
    let symbol_path = corpus.join("symbols").display().to_string();
    Some(Session::open(&dump, &OpenOptions { symbol_path, image_path: String::new() }).unwrap())
}

/// Evaluates C++ expressions in the dump and compares their text in a style.
#[track_caller]
fn check(session: &Session, style: Style, table: &[(&str, &str)]) {
    let scope = session.expression_scope();
    let view = View::new(&scope, session.target().modules());
    for (expression, expected) in table {
        let value = evaluate(expression, Syntax::Cpp, &scope).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(view.summary(&Node::of_expression(expression, value), style), *expected, "{expression}");
    }
}

/// What the dump is known to hold: "System", process 4, thread 264, which runs on the processor that crashed.
#[test]
fn the_dumps_process_thread_and_processor_have_sensible_values() {
    let Some(session) = session() else { return };
    check(
        &session,
        Style::Editor { hex: false },
        &[
            ("((nt!_EPROCESS *)@$proc)->ImageFileName", "\"System\""),
            ("((nt!_EPROCESS *)@$proc)->UniqueProcessId", "0x00000000`00000004"),
            ("((nt!_EPROCESS *)@$proc)->DefaultPagePriority", "5"),
            ("((nt!_EPROCESS *)@$proc)->ExitStatus", "0x103 (as NTSTATUS: STATUS_PENDING)"),
            ("((nt!_EPROCESS *)@$proc)->QuotaBlock", "0xfffff804`7c6538c0 nt!PspSystemQuotaBlock"),
            ("(unsigned int64)((nt!_ETHREAD *)@$thread)->Cid.UniqueThread", "264"),
            ("((nt!_ETHREAD *)@$thread)->Tcb.State", "2"),
        ],
    );
    let prcb = session.processors().get(session.scope().processor).unwrap().prcb.as_ref().unwrap().0;
    check(
        &session,
        Style::Editor { hex: true },
        &[
            (&format!("((nt!_KPRCB *){prcb:#x})->Number"), &format!("{:#x}", session.scope().processor)),
            (&format!("((nt!_KPRCB *){prcb:#x})->VendorString"), "\"AuthenticAMD\""),
        ],
    );
    check(
        &session,
        Style::Dt,
        &[
            ("((nt!_EPROCESS *)@$proc)->ImageFileName", "[15]  \"System\""),
            ("((nt!_EPROCESS *)@$proc)->UniqueProcessId", "0x00000000`00000004 Void"),
            (
                "((nt!_EPROCESS *)@$proc)->ActiveProcessLinks",
                "_LIST_ENTRY [ 0xffffc08b`dcf0f488 - 0xfffff804`7c61e200 ]",
            ),
            ("((nt!_EPROCESS *)@$proc)->DefaultIoPriority", "0y010"),
            ("((nt!_EPROCESS *)@$proc)->ProcessQuotaUsage", "[2] 0x110"),
            ("((nt!_EPROCESS *)@$proc)->CreateTime", "_LARGE_INTEGER 0x01d707f2`3d2f2418"),
            ("((nt!_EPROCESS *)@$proc)->Peb", "(null)"),
            ("((nt!_EPROCESS *)@$proc)->Protection.Level", "0x72 'r'"),
        ],
    );
}

/// The shapes are those that WinDbg shows for these members in many a published listing.
#[test]
fn members_are_spelled_as_dt_does() {
    let Some(session) = session() else { return };
    let line = |record: &str, name: &str| {
        // The types of functions are left out of the kernel's symbols here.
        let module = if record == "_DRIVER_OBJECT" { "amdppm" } else { "nt" };
        let symbols = session.target().modules().by_name(module).unwrap().symbols().unwrap();
        let ty = symbols.find_type(record).unwrap();
        let field = fields(&ty, Bases::Flattened).unwrap().into_iter().find(|field| field.name == name).unwrap();
        format!("+0x{:03x} {:16} : {}", field.offset, field.name, spelling(&field.ty))
    };
    assert_eq!(line("_EPROCESS", "UniqueProcessId"), "+0x440 UniqueProcessId  : Ptr64 Void");
    assert_eq!(line("_EPROCESS", "ActiveProcessLinks"), "+0x448 ActiveProcessLinks : _LIST_ENTRY");
    assert_eq!(line("_EPROCESS", "DefaultPagePriority"), "+0x460 DefaultPagePriority : Pos 12, 3 Bits");
    assert_eq!(line("_EPROCESS", "ImageFileName"), "+0x5a8 ImageFileName    : [15] UChar");
    assert_eq!(line("_KDPC", "DeferredRoutine"), "+0x018 DeferredRoutine  : Ptr64     void");
    assert_eq!(line("_KDPC", "ProcessorHistory"), "+0x010 ProcessorHistory : Uint8B");
    assert_eq!(line("_DRIVER_OBJECT", "MajorFunction"), "+0x070 MajorFunction    : [28] Ptr64     long");
}

#[test]
fn expanding_a_process_or_a_processor_takes_milliseconds() {
    let Some(session) = session() else { return };
    let scope = session.expression_scope();
    let prcb = session.processors().get(session.scope().processor).unwrap().prcb.as_ref().unwrap().0;
    for (expression, members) in
        [("*(nt!_EPROCESS *)@$proc".to_owned(), 233), (format!("*(nt!_KPRCB *){prcb:#x}"), 351)]
    {
        let value = evaluate(&expression, Syntax::Cpp, &scope).unwrap();
        let node = Node::of_expression(&expression, value);
        let started = Instant::now();
        let view = View::new(&scope, session.target().modules());
        let children = view.named_children(&node);
        for child in &children {
            view.summary(child, Style::Editor { hex: false });
            view.child_counts(child);
        }
        let took = started.elapsed();
        println!("{}: {} members in {took:?}", node.type_name(), children.len());
        assert!(children.len() >= members, "{}", children.len());
        // Far more than it takes: this is to notice that something became quadratic, on whatever machine.
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

/// The dump holds the links of the four processes that ran besides System, but of its threads only the first two.
#[test]
fn lists_go_as_far_as_the_dump_does() {
    let Some(session) = session() else { return };
    let scope = session.expression_scope();
    let view = View::new(&scope, session.target().modules());
    let process = evaluate("*(nt!_EPROCESS *)@$proc", Syntax::Cpp, &scope).unwrap();
    let members = view.named_children(&Node::of_expression("process", process));
    let list = |name: &str| {
        let links = members.iter().find(|member| member.name == name).unwrap();
        view.named_children(links).into_iter().find(|child| child.kind == NodeKind::List).unwrap()
    };
    let processes = list("ActiveProcessLinks");
    assert_eq!(view.summary(&processes, Style::Editor { hex: false }), "4 elements");
    let ids = view.indexed_children(&processes, 0, 10).into_iter().map(|process| {
        let id = view.named_children(&process).into_iter().find(|member| member.name == "UniqueProcessId").unwrap();
        view.summary(&id, Style::Dt)
    });
    let expected =
        ["???? <not in the dump>", "0x00000000`000000b4 Void", "0x00000000`0000024c Void", "0x00000000`00000264 Void"];
    assert_eq!(ids.collect::<Vec<_>>(), expected);
    let threads = view.summary(&list("ThreadListHead"), Style::Editor { hex: false });
    assert_eq!(threads, "2 elements; the list breaks off at ffffc08b`dceb0528: not in the dump");
}

/// Every row of the table of lists names a symbol or member, a type and a member that this kernel has.
#[test]
fn the_lists_that_are_known_are_those_of_the_kernel() {
    let Some(session) = session() else { return };
    let nt = session.target().modules().by_name("nt").unwrap();
    let symbols = nt.symbols().unwrap();
    let is_entry = |record: &str, member: &str| {
        let member = symbols.find_type(record).and_then(|ty| ty.find_member(member).unwrap());
        member.is_some_and(|member| list_table::holds_entries(&member.ty))
    };
    for (head, element, link) in list_table::rows() {
        assert!(is_entry(element, link), "{element}.{link}");
        match head.split_once('!') {
            Some((_, symbol)) => assert!(!symbols.find(symbol).is_empty(), "{head}"),
            None => {
                let (record, member) = head.split_once('.').unwrap();
                assert!(is_entry(record, member), "{head}");
            }
        }
    }
}
