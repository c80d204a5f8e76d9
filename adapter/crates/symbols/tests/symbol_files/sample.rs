//! The sample driver's PDBs (made by clang-cl and lld-link) say what its source says.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use symbols::{
    Checksum, MemberKind, NamePattern, Shape, SourceFile, Symbol, SymbolContent, SymbolFile, SymbolKind, TypeRef,
    VariableRole,
};

/// A file of the samples' folder.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples").join(name)
}

/// One of the builds, `"O0"` or `"O2"`.
pub fn open(build: &str) -> Arc<SymbolFile> {
    SymbolFile::open(&path("driver").join(build).join("sampledrv.pdb")).unwrap()
}

/// The only symbol with a name.
pub fn one(file: &SymbolFile, name: &str) -> Symbol {
    match file.find(name).as_slice() {
        [symbol] => symbol.clone(),
        symbols => panic!("{name}: {symbols:?}"),
    }
}

/// The line of a source file of the driver that contains `text`.
fn line_with(source: &str, text: &str) -> u32 {
    let source = fs::read_to_string(path("driver").join(source)).unwrap();
    1 + source.lines().position(|line| line.contains(text)).unwrap() as u32
}

fn source_file(file: &SymbolFile, name: &str) -> Arc<SourceFile> {
    let suffix = format!("\\{name}");
    file.source_files().into_iter().find(|source| source.name.ends_with(&suffix)).unwrap()
}

#[test]
fn threads_can_share_a_file() {
    fn check<T: Send + Sync>(_: &T) {}
    check(&*open("O2"));
    check(&open("O2").find_type("_SAMPLE_DEVICE"));
}

#[test]
fn the_file_says_what_it_is() {
    let file = open("O2");
    assert_eq!((file.content(), file.machine()), (SymbolContent::PrivateWithLines, Some(0x8664)));
    assert_eq!((file.identity().name.as_str(), file.identity().age), ("sampledrv.pdb", 1));
    assert!(!file.is_source_indexed());
}

#[track_caller]
fn check_symbol(name: &str, kind: SymbolKind, ty: Option<&str>, size: Option<u32>) {
    for build in ["O0", "O2"] {
        let file = open(build);
        let symbol = one(&file, name);
        let found = (symbol.kind, symbol.ty.as_ref().map(TypeRef::name));
        assert_eq!(found, (kind, ty.map(str::to_owned)), "{name}");
        assert!(size.is_none() || symbol.size == size, "{name}: {:?}", symbol.size);
        let (nearest, displacement) = file.nearest(symbol.rva + 4).unwrap();
        assert_eq!((nearest.name.as_str(), displacement), (name, 4));
    }
}

#[test]
fn symbols_are_found_by_name_and_by_address() {
    let entry = "long (_DRIVER_OBJECT *, _UNICODE_STRING *)";
    check_symbol("DriverEntry", SymbolKind::Function, Some(entry), None);
    check_symbol("SampleDevice", SymbolKind::Data, Some("_SAMPLE_DEVICE"), Some(232));
    check_symbol("SampleDevices", SymbolKind::Data, Some("_SAMPLE_DEVICE *[2]"), Some(16));
    check_symbol("FirstSlot", SymbolKind::Data, Some("_SAMPLE_SLOT"), Some(8));
    check_symbol("DbgPrint", SymbolKind::Public { function: true }, None, None);
    check_symbol("__imp_DbgPrint", SymbolKind::Public { function: false }, None, None);
}

#[test]
fn a_static_variable_in_a_function_is_found_by_its_address() {
    let file = open("O0");
    let in_store = one(&file, "SampleStore").rva;
    let variables = file.variables(in_store + 0x40);
    let count = variables.iter().find(|variable| variable.name == "StoreCount").unwrap();
    let symbols::Location::Static { rva } = count.location else { panic!("{count:?}") };
    assert_eq!(count.role, VariableRole::Static);
    assert_eq!(file.nearest(rva).map(|(symbol, at)| (symbol.name, at)), Some(("StoreCount".to_owned(), 0)));
}

#[test]
fn patterns_find_symbols_in_the_order_of_their_addresses() {
    let file = open("O0");
    let names = |pattern, limit| -> Vec<String> {
        file.search(&NamePattern::new(pattern), limit).into_iter().map(|symbol| symbol.name).collect()
    };
    assert_eq!(names("*slot", 9), ["FirstSlot", "LastSlot"]);
    assert_eq!(names("*SLOT", 1), ["FirstSlot"]);
    assert_eq!(names("nothing*", 9), [""; 0]);
    let all = file.search(&NamePattern::new("*"), usize::MAX);
    assert!(all.windows(2).all(|pair| pair[0].rva <= pair[1].rva));
}

#[test]
fn a_function_has_its_signature_and_parameters() {
    let file = open("O0");
    let store = one(&file, "SampleStore");
    let function = file.function_at(store.rva + 0x20).unwrap();
    assert_eq!((function.name.as_str(), function.global, function.no_return), ("SampleStore", true, false));
    assert_eq!(function.ranges[0], store.rva..store.rva + store.size.unwrap());
    let variables: Vec<_> =
        file.variables(store.rva + 0x20).into_iter().map(|variable| (variable.name, variable.ty.name())).collect();
    let expected = [
        ("Device", "_SAMPLE_DEVICE *"),
        ("Entry", "_SAMPLE_ENTRY *"),
        ("Path", "_SAMPLE_POINT *"),
        ("Index", "unsigned long"),
        ("Cookie", "unsigned int64"),
        ("Letter", "char"),
        ("value", "unsigned long"),
        ("scaled", "double"),
        ("writes", "unsigned long"),
        ("StoreCount", "unsigned long"),
    ];
    let mut found: Vec<_> = variables.iter().map(|(name, ty)| (name.as_str(), ty.as_str())).collect();
    // Parameters come in their order; of the others only clang knows it.
    found[6..].sort_unstable_by_key(|(name, _)| expected.iter().position(|(other, _)| other == name));
    assert_eq!(found, expected);
}

#[test]
fn lines_lead_to_code_and_code_to_lines() {
    for build in ["O0", "O2"] {
        let file = open(build);
        let slot = source_file(&file, "slot.h");
        let line = line_with("slot.h", "Slot->Value = mixed");
        let code = file.lines_of(slot.id, line..=line);
        assert!(!code.is_empty(), "{build}");
        for at in code {
            assert_eq!((at.line, &at.file), (line, &slot));
            let back = file.line_at(at.range.start).unwrap();
            assert_eq!((back.line, &back.file), (line, &slot));
            assert!(back.range.start <= at.range.start && at.range.start < back.range.end);
        }
    }
}

#[test]
fn inlined_code_is_in_no_range_of_another_line() {
    for build in ["O0", "O2"] {
        let file = open(build);
        for code in file.functions().into_iter().flat_map(|function| function.ranges) {
            for rva in code {
                let line = file.line_at(rva).unwrap();
                assert!(line.range.contains(&rva));
                let same = [line.range.start, line.range.end - 1].map(|rva| file.line_at(rva).unwrap().line);
                assert_eq!(same, [line.line; 2], "{build} {rva:#x}");
            }
        }
    }
}

#[test]
fn source_files_have_the_checksums_of_what_was_compiled() {
    let file = open("O0");
    let names: Vec<_> = file.source_files().iter().map(|source| source.name.clone()).collect();
    assert!(names.contains(&"C:\\kdap\\samples\\driver\\driver.c".to_owned()), "{names:?}");
    assert!(file.source_files().iter().all(|source| matches!(source.checksum, Some(Checksum::Md5(_)))));
}

/// Members with their offsets, as the C declarations in `samples/driver/sample.h` have them on x64.
#[test]
fn types_have_the_layout_of_their_declarations() {
    let file = open("O2");
    let members = |name: &str| -> Vec<(String, u64, String)> {
        let ty = file.find_type(name).unwrap();
        ty.members().unwrap().into_iter().map(|member| (member.name, member.offset, member.ty.name())).collect()
    };
    let entry = [
        ("Id", 0, "unsigned long"),
        ("Value", 4, "_SAMPLE_VALUE"),
        ("Link", 8, "_LIST_ENTRY"),
        ("Label", 24, "char [8]"),
    ];
    assert_eq!(members("_SAMPLE_ENTRY"), entry.map(|(name, at, ty)| (name.to_owned(), at, ty.to_owned())));

    let device = file.find_type("_SAMPLE_DEVICE").unwrap();
    assert_eq!(device.size(), Ok(232));
    let operation = device.find_member("Operation").unwrap().unwrap();
    let signature = "long (*)(_SAMPLE_DEVICE *, _SAMPLE_ENTRY *, _SAMPLE_POINT *, unsigned long, unsigned int64, char)";
    assert_eq!((operation.kind, operation.ty.name()), (MemberKind::Data, signature.to_owned()));
    assert_eq!(device.find_member("Matrix").unwrap().unwrap().ty.name(), "short [2][3]");
    assert!(device.find_member("Nothing").unwrap().is_none());
}

#[test]
fn bit_fields_have_positions_and_lengths() {
    let flags = open("O2").find_type("_SAMPLE_FLAGS").unwrap();
    let fields: Vec<_> = flags
        .members()
        .unwrap()
        .into_iter()
        .map(|member| match member.ty.shape().unwrap() {
            Shape::Bitfield { underlying, position, length } => {
                (member.name, member.offset, position, length, underlying.name())
            }
            shape => panic!("{}: {shape:?}", member.name),
        })
        .collect();
    let expected = [
        ("Ready", 0, 0, 1, "unsigned long"),
        ("Level", 0, 1, 3, "unsigned long"),
        ("Retries", 0, 4, 4, "unsigned long"),
        ("Reserved", 0, 8, 24, "unsigned long"),
        ("Delta", 4, 0, 5, "long"),
        ("Trend", 4, 5, 11, "long"),
        ("Serial", 8, 0, 40, "unsigned int64"),
        ("Wanted", 16, 0, 6, "_SAMPLE_STATE"),
    ];
    assert_eq!(fields, expected.map(|(name, at, bit, bits, ty)| (name.to_owned(), at, bit, bits, ty.to_owned())));
}

#[test]
fn members_of_anonymous_structures_are_found() {
    let value = open("O0").find_type("_SAMPLE_VALUE").unwrap();
    let high = value.find_member("High").unwrap().unwrap();
    assert_eq!((high.offset, high.ty.name()), (2, "unsigned short".to_owned()));
}

#[test]
fn enums_have_signed_values() {
    let color = open("O0").find_type("_SAMPLE_COLOR").unwrap();
    let values: Vec<_> = color.enumerators().unwrap().into_iter().map(|value| (value.name, value.value)).collect();
    assert_eq!(values, [("ColorRed".to_owned(), -1), ("ColorGreen".to_owned(), 5)]);
    assert_eq!(color.size(), Ok(4));
}

#[test]
fn typedefs_and_declarations_are_types_too() {
    let file = open("O0");
    assert_eq!(file.find_type("PSAMPLE_DEVICE").unwrap().name(), "_SAMPLE_DEVICE *");
    let declared = file.find_type("_DEVICE_OBJECT").unwrap();
    assert_eq!(declared.size(), Err(symbols::TypeError::Incomplete { name: "_DEVICE_OBJECT".to_owned() }));
    // A pointer that was declared before its target leads to the definition.
    let device = file.find_type("_SAMPLE_DEVICE").unwrap();
    let own = device.find_member("Self").unwrap().unwrap();
    let Ok(Shape::Pointer { target, size: 8, .. }) = own.ty.shape() else { panic!("{own:?}") };
    assert_eq!(target.size(), device.size());
    let listed: Vec<_> = file.search_types(&NamePattern::new("_sample_p*"), 9).iter().map(TypeRef::name).collect();
    assert_eq!(listed, ["_SAMPLE_POINT"]);
}

#[test]
fn asking_for_everything_finds_no_problem() {
    for build in ["O0", "O2"] {
        let file = open(build);
        let figures = crate::listing::list(&file, usize::MAX);
        println!("{build}: {figures:?}");
        assert_eq!((file.problems(), figures.type_errors, figures.lost_symbols), (vec![], 0, 0));
    }
}
