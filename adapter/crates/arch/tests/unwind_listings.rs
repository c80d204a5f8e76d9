//! Unwind data of real images, compared line by line with what independent readers list.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's failure")]

mod support;

use arch::Machine;
use arch::RegisterId;
use arch::amd64::unwind::{RuntimeFunction, UnwindInfo, UnwindOperation, UnwindTail, functions};
use support::{Image, corpus, corpus_image};

fn register(id: RegisterId) -> &'static str {
    Machine::Amd64.architecture().register(id).unwrap().name
}

/// As the listings write an entry.
fn render(image: &Image, entry: RuntimeFunction) -> String {
    let info = UnwindInfo::read(image, entry.unwind_data).unwrap();
    let codes = info.codes().map(|code| {
        let code = code.unwrap();
        let what = match code.operation {
            UnwindOperation::PushNonvolatile(id) => format!("push {}", register(id)),
            UnwindOperation::Allocate(size) => format!("alloc {size:#x}"),
            UnwindOperation::SetFrameRegister => "setfp".into(),
            UnwindOperation::SaveNonvolatile(id, at) => format!("save {}@{at:#x}", register(id)),
            UnwindOperation::SaveXmm128(id, at) => format!("save{}@{at:#x}", register(id)),
            UnwindOperation::PushMachineFrame { has_error_code } => format!("machframe {}", u8::from(has_error_code)),
            UnwindOperation::Epilogue => format!("epilog {}", code.info),
        };
        format!("{:x}:{what}", code.prologue_offset)
    });
    let codes = codes.collect::<Vec<_>>().join("; ");
    let tail = match info.tail {
        UnwindTail::None => String::new(),
        UnwindTail::Handler(handler) => format!(" handler {:x}", handler.rva),
        UnwindTail::Chained(to) => format!(" chain {:x}-{:x}/{:x}", to.begin, to.end, to.unwind_data),
    };
    let RuntimeFunction { begin, end, .. } = entry;
    format!("{begin:08x}-{end:08x} v{} f{} pro{:x} [{codes}]{tail}", info.version, info.flags, info.prologue_size)
}

/// All entries of an image are those of the listing: none missing, none too many, none different.
fn check(image: &str, listing: &str) {
    let (Some(mapped), Some(listing)) = (corpus_image(image), corpus(listing)) else { return };
    let rendered: Vec<_> = functions(&mapped).map(|entry| render(&mapped, entry.unwrap())).collect();
    let listing = String::from_utf8(listing).unwrap();
    let listed: Vec<_> = listing.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    for (ours, theirs) in rendered.iter().zip(&listed) {
        assert_eq!(ours, theirs, "{image}");
    }
    assert_eq!(rendered.len(), listed.len(), "{image}");
    println!("{image}: {} entries as listed", rendered.len());
}

#[test]
fn amdppm_is_as_listed() {
    check("symbols/amdppm.sys/c9c030003b000/amdppm.sys", "pe_pdb/amdppm.unwind.txt");
}

#[test]
fn wdf01000_is_as_listed() {
    check("symbols/Wdf01000.sys/a9a9d36ed1000/Wdf01000.sys", "pe_pdb/Wdf01000.unwind.txt");
}

#[test]
fn the_exception_handling_tests_are_as_listed() {
    for name in ["nested_collided.exe", "xcpt4.exe", "xframe_eh_dll.dll", "xframe_eh_exe.exe"] {
        let image = format!("pe_pdb/seh_tests/x64/{name}");
        check(&image, &format!("{image}.unwind.independent.txt"));
    }
}
