//! The corpus of real symbol files: by MSVC for x86, x64 and ARM64, public and private.

use crate::listing::{self, Figures};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use symbols::{FrameRule, Location, SymbolContent, SymbolFile, SymbolKind};

/// A path in the corpus, if it is there.
fn corpus(path: &str) -> Option<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus");
    if !corpus.exists() {
        println!("skipped: ../shared/corpus is not here");
        return None;
    }
    Some(corpus.join(path))
}

fn pdbs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pdbs(&path, found);
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pdb")) {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn every_pdb_opens_and_everything_in_it_can_be_listed() {
    let Some(corpus) = corpus("") else { return };
    let mut files = Vec::new();
    pdbs(&corpus, &mut files);
    assert_eq!(files.len(), 19);
    // Enough of each function to meet each kind of record, and quick enough without optimization. All of everything is
    // for release builds: LIST_EVERYTHING=1 cargo test --release -p kdap-symbols every_pdb -- --nocapture
    let limit = if std::env::var_os("LIST_EVERYTHING").is_some() { listing::NO_LIMIT } else { 2000 };
    for path in files {
        let start = Instant::now();
        let file = SymbolFile::open(&path).unwrap();
        let figures = listing::list(&file, limit);
        let errors = (file.problems(), figures.type_errors, figures.lost_symbols);
        assert_eq!(errors, (vec![], 0, 0), "{}", path.display());
        println!("{} ({}): {figures:?}, {:?}", path.display(), file.content(), start.elapsed());
    }
}

/// Functions: `llvm-pdbutil-19 dump --symbols`, the `S_GPROC32` and `S_LPROC32` in a section of the image (of
/// winpty-agent's 1260 142 were discarded by the linker). Type records that define something: `dump --types`, the
/// `LF_STRUCTURE`, `LF_CLASS`, `LF_UNION` and `LF_ENUM` that are no forward references, plus the names that are only
/// declared.
#[test]
fn as_many_functions_as_other_tools_see() {
    let Some(corpus) = corpus("pe_pdb") else { return };
    for (path, functions) in [
        ("debugpy-1.8.22/attach_amd64.pdb", 116),
        ("debugpy-1.8.22/attach_x86.pdb", 127),
        ("debugpy-1.8.22/inject_dll_amd64.pdb", 1033),
        ("debugpy-1.8.22/inject_dll_x86.pdb", 1075),
        ("node-pty-1.1.0/win32-arm64/winpty-agent.pdb", 1118),
        ("seh_tests/ARM64/xcpt4.pdb", 271),
        ("seh_tests/x64/xcpt4.pdb", 277),
        ("seh_tests/x86/xcpt4.pdb", 100),
    ] {
        let file = SymbolFile::open(&corpus.join(path)).unwrap();
        assert_eq!(file.functions().len(), functions, "{path}");
        assert_eq!(file.content(), SymbolContent::PrivateWithLines);
    }
}

#[test]
fn the_age_of_a_public_pdb_is_that_of_its_dbi_stream() {
    let Some(path) = corpus("symbols/amdppm.pdb/1C19FDDB27BB3399D9B45973EFEAFCF31/amdppm.pdb") else { return };
    let file = SymbolFile::open(&path).unwrap();
    assert_eq!(file.identity().store_key(), "1C19FDDB27BB3399D9B45973EFEAFCF31");
    assert_eq!(file.content(), SymbolContent::Public);
    let [symbol] = file.find("WriteIoMemRawEx").try_into().unwrap();
    assert_eq!(symbol.kind, SymbolKind::Public { function: true });
}

/// The values are in the corpus' MANIFEST, and in its layouts/*.json.
#[test]
fn the_kernel_s_public_pdb_has_its_types_and_symbols() {
    let Some(path) = corpus("symbols/ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B8441/ntkrnlmp.pdb") else { return };
    let file = SymbolFile::open(&path).unwrap();
    assert_eq!(file.content(), SymbolContent::Public);
    let (symbol, displacement) = file.nearest(0x3f_5a80).unwrap();
    assert_eq!((symbol.name.as_str(), displacement), ("KeBugCheckEx", 0));
    for (name, size) in [("_EPROCESS", 2624), ("_ETHREAD", 2200), ("_KPRCB", 44800)] {
        assert_eq!(file.find_type(name).unwrap().size(), Ok(size), "{name}");
    }
    let context = file.find_type("_KPRCB").unwrap().find_member("Context").unwrap().unwrap();
    assert_eq!((context.offset, context.ty.name()), (34240, "_CONTEXT *".to_owned()));
    let figures = Figures { types: 1972, members: 14630, ..Figures::default() };
    let listed = listing::list(&file, usize::MAX);
    assert_eq!(Figures { types: listed.types, members: listed.members, ..Figures::default() }, figures);
}

/// `llvm-pdbutil-19 dump --symbols` on the file: `main` at 0001:4096 with `argc` in ECX for 56 bytes, and at offset 528
/// of a frame that RSP is the base of.
#[test]
fn a_parameter_moves_from_its_register_to_its_slot() {
    let Some(path) = corpus("pe_pdb/seh_tests/x64/xcpt4.pdb") else { return };
    let file = SymbolFile::open(&path).unwrap();
    let [main] = file.find("main").try_into().unwrap();
    let argc = |at| {
        let variables = file.variables(main.rva + at);
        variables.into_iter().find(|variable| variable.name == "argc").unwrap().location
    };
    assert_eq!(argc(0), Location::Register(18));
    assert_eq!(argc(55), Location::Register(18));
    assert_eq!(argc(56), Location::RegisterRelative { register: 335, offset: 528 });
}

/// Link-time code generation leaves references between compilands: each inlined function has a name all the same.
#[test]
fn references_between_compilands_are_followed() {
    let Some(path) = corpus("pe_pdb/node-pty-1.1.0/win32-arm64/winpty-agent.pdb") else { return };
    let file = SymbolFile::open(&path).unwrap();
    let [function] = file.find("Win32Console::~Win32Console").try_into().unwrap();
    let frames = file.inline_frames(function.rva + 0x1c);
    let names: Vec<_> = frames.iter().map(|frame| frame.name.as_str()).collect();
    let expected = [
        "std::_Deallocate",
        "std::allocator<wchar_t>::deallocate",
        "std::vector<wchar_t,std::allocator<wchar_t> >::_Tidy",
        "std::vector<wchar_t,std::allocator<wchar_t> >::{dtor}",
    ];
    assert_eq!(names, expected);
    assert!(frames.iter().all(|frame| frame.line.is_some()));
}

/// `llvm-pdbutil-19 dump --fpo` on the file lists 75 old records and 2052 new ones.
#[test]
fn x86_frames_have_layouts() {
    let Some(path) = corpus("pe_pdb/debugpy-1.8.22/inject_dll_x86.pdb") else { return };
    let file = SymbolFile::open(&path).unwrap();
    assert_eq!(file.frame_data_count(), 75 + 2052);
    let frame = file.frame_data(0x1080).unwrap();
    let program = "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + = ".to_owned();
    assert_eq!((frame.code, frame.rule), (0x1080..0x108a, FrameRule::Program(program)));
    let old = file.frame_data(0x6e6a).unwrap();
    assert_eq!((old.code.len(), old.locals_size, old.parameters_size), (26, 4, 16));
    assert_eq!(old.rule, FrameRule::FrameOmitted { uses_ebp: false });
}
