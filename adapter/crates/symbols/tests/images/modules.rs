//! The module table: which files a module gets, and by what right; names for addresses and back.

use crate::folder::Folder;
use crate::pe_builder::*;
use crate::sample::{Sample, sample};
use crate::target::Memory;
use memory::VirtualAddress;
use std::sync::Arc;
use symbols::pe::{ImageFile, ReadImage};
use symbols::{
    CodeSource, ImageStatus, Match, MatchedBy, Module, ModuleEntry, Modules, NamePattern, NameSource, Origin, Outcome,
    ResolveError, Scope, SymbolFile, SymbolPath, SymbolProof, SymbolSearch, SymbolStatus, UnloadedModule,
};

const BASE: u64 = 0xffff_f804_1000_0000;

fn table(memory: Memory, symbol_path: &str) -> Modules {
    let search = SymbolSearch::new(SymbolPath::parse(symbol_path), SymbolPath::default());
    Modules::new(memory.share(), Arc::new(search))
}

fn entry(image_name: &str, base: u64, size: u32) -> ModuleEntry {
    let base = VirtualAddress(base);
    ModuleEntry {
        image_name: image_name.into(),
        base,
        size,
        time_date_stamp: None,
        check_sum: None,
        proofs: Vec::new(),
    }
}

/// What the loader says of the sample driver at [`BASE`].
fn sample_entry(sample: &Sample) -> ModuleEntry {
    let identity = sample.identity;
    ModuleEntry {
        time_date_stamp: Some(identity.time_date_stamp),
        check_sum: Some(identity.check_sum),
        ..entry(r"\SystemRoot\System32\drivers\sampledrv.sys", BASE, identity.size_of_image)
    }
}

fn exporting() -> PeBuilder {
    let mut builder = PeBuilder::new(X64);
    builder.section(".text", CODE, vec![0xcc; 0x100]);
    builder.exports(1, &[(Ok(0x1000), &["Alpha"]), (Ok(0x1040), &["Beta"]), (Ok(0x1080), &[])]);
    builder
}

fn names(modules: &Modules) -> Vec<&str> {
    modules.iter().map(|module| module.name()).collect()
}

#[test]
fn modules_are_found_by_address_and_name() {
    let mut modules = table(Memory::new(), "");
    modules.set_loaded([
        entry(r"\SystemRoot\system32\ntoskrnl.exe", 0x5000, 0x1000),
        entry("hal.dll", 0x3000, 0x800),
        entry(r"\??\C:\drivers\my-driver.sys", 0x9000, 0x1000),
        entry("MY.DRIVER.sys", 0x1000, 0x1000),
        entry("", 0xa000, 0x1000),
    ]);
    let unnamed = "Unknown_Module_000000000000a000";
    assert_eq!(names(&modules), ["MY_DRIVER_1", "hal", "nt", "my_driver", unnamed]);
    let at = |address| modules.at(VirtualAddress(address)).map(|module| module.name());
    assert_eq!([at(0xfff), at(0x1000), at(0x1fff), at(0x2000)], [None, Some("MY_DRIVER_1"), Some("MY_DRIVER_1"), None]);
    assert_eq!([at(0x37ff), at(0x3800), at(0x5000), at(u64::MAX)], [Some("hal"), None, Some("nt"), None]);
    assert_eq!(modules.by_name("NT").map(|module| module.base()), Some(VirtualAddress(0x5000)));
    assert!(modules.by_name("ntoskrnl").is_none());
    let matching: Vec<_> = modules.matching(&NamePattern::new("my*")).map(|module| module.name()).collect();
    assert_eq!(matching, ["MY_DRIVER_1", "my_driver"]);
}

#[test]
fn what_is_still_loaded_stays_when_the_list_is_read_again() {
    let mut modules = table(Memory::new(), "");
    let kernel = modules.add(entry("ntoskrnl.exe", 0x5000, 0x1000));
    let again = ModuleEntry { time_date_stamp: Some(7), ..entry(r"\SystemRoot\ntoskrnl.exe", 0x5000, 0x1000) };
    modules.set_loaded([again, entry("a.sys", 0x1000, 0x1000)]);
    assert!(Arc::ptr_eq(modules.by_name("nt").unwrap(), &kernel));
    modules.set_loaded([entry("ntoskrnl.exe", 0x5000, 0x2000)]);
    assert_eq!(names(&modules), ["nt"]);
    assert!(!Arc::ptr_eq(modules.by_name("nt").unwrap(), &kernel));
    assert!(modules.remove(VirtualAddress(0x5000)).is_some() && modules.is_empty());
}

#[test]
fn a_header_in_memory_names_the_pdb() {
    let sample = sample("O0");
    let folder = Folder::with(&[("sampledrv.pdb", &sample.pdb)]);
    let mut modules = table(Memory::new().with_image(BASE, &sample.image), &folder.text());
    let module = modules.add(sample_entry(&sample));
    assert_eq!(module.symbol_status(), &SymbolStatus::Deferred);
    assert_eq!(module.image_status(), ImageStatus::Deferred);
    assert!(module.symbols().is_some());
    let SymbolStatus::Pdb { identity, matched, .. } = module.symbol_status() else { panic!("{:?}", module.log()) };
    assert_eq!((identity.guid, matched), (sample.pdb_identity.guid, &MatchedBy::Identity(Origin::TargetMemory)));
    assert_eq!(module.image_status(), ImageStatus::NotFound);
    let facts = module.facts();
    assert_eq!((facts.header, facts.machine, facts.header_error), (Some(Origin::TargetMemory), Some(X64), None));
    assert_eq!(facts.pdb, Some(sample.pdb_identity));
    assert!(!facts.debug_entries.is_empty());
}

/// MS-documented as "Reading symbols from paged-out headers".
#[test]
fn a_matching_image_stands_in_for_a_header_that_is_not_there() {
    let sample = sample("O0");
    let folder = Folder::with(&[("sampledrv.pdb", &sample.pdb), ("sampledrv.sys", &sample.image)]);
    let mut modules = table(Memory::new(), &folder.text());
    let module = modules.add(sample_entry(&sample));
    assert_eq!(module.header().unwrap_err().ntstatus(), 0xc000_0147);
    assert!(module.symbols().is_some(), "{:#?}", module.log());
    let image = folder.path().join("sampledrv.sys");
    let SymbolStatus::Pdb { matched, .. } = module.symbol_status() else { panic!("{:?}", module.log()) };
    assert_eq!(matched, &MatchedBy::Identity(Origin::Image(image.clone())));
    let facts = module.facts();
    assert_eq!((facts.header, facts.machine), (Some(Origin::Image(image)), Some(X64)));
    assert!(facts.header_error.unwrap().contains("not in the dump"));

    let mut other = sample_entry(&sample);
    other.time_date_stamp = Some(1);
    let module = modules.add(other);
    assert!(module.image().is_none() && module.symbols().is_none());
    assert_eq!(module.symbol_status(), &SymbolStatus::None);
    assert!(module.log().attempts.iter().any(|attempt| matches!(attempt.outcome, Outcome::Mismatch(_))));

    let forced = modules.reload(module.base(), true).unwrap();
    assert!(forced.symbols().is_some());
    assert!(matches!(forced.image_status(), ImageStatus::Found { matched: Match::Forced(_), .. }));
}

/// Proofs as a dump's header would give them, had the crash been in the build that the PDB belongs to.
fn proofs(sample: &Sample, symbols: &[&str]) -> Vec<SymbolProof> {
    let file = SymbolFile::from_bytes(sample.pdb.clone(), "sampledrv.pdb".as_ref()).unwrap();
    let proof = |name: &&str| {
        let rva = file.find(name).first().unwrap_or_else(|| panic!("{name} is in the sample")).rva;
        SymbolProof { name: (*name).to_owned(), address: VirtualAddress(BASE).offset(rva.into()) }
    };
    symbols.iter().map(proof).collect()
}

#[test]
fn addresses_tell_a_pdb_where_nothing_else_does() {
    let (sample, other) = (sample("O0"), sample("O2"));
    let folder = Folder::with(&[
        ("sampledrv.pdb/1/sampledrv.pdb", &sample.pdb),
        ("sampledrv.pdb/2/sampledrv.pdb", &other.pdb),
        ("sampledrv.pdb/3/sampledrv.pdb", &sample.pdb),
    ]);
    let load = |path: &str, proofs: Vec<SymbolProof>, force: bool| -> Arc<Module> {
        let mut modules = table(Memory::new(), path);
        let module = modules.add(ModuleEntry { proofs, ..sample_entry(&sample) });
        let module = modules.reload(module.base(), force).unwrap();
        module.symbols();
        module
    };
    let all = proofs(&sample, &["DriverEntry", "SampleStart", "SampleStore"]);
    let module = load(&folder.text(), all.clone(), false);
    let SymbolStatus::Pdb { identity, matched, .. } = module.symbol_status() else { panic!("{:#?}", module.log()) };
    assert_eq!((identity.guid, matched), (sample.pdb_identity.guid, &MatchedBy::Addresses(3)));
    assert_eq!(matched.to_string(), "matched by 3 addresses in the target, not by GUID");

    // One symbol elsewhere, one that the file lacks, one proof alone, none at all.
    let mut wrong = all.clone();
    wrong[1].address = wrong[1].address.offset(1);
    let mut lacking = all.clone();
    lacking[2].name = "SampleNothing".into();
    for proofs in [wrong, lacking, all[..1].to_vec(), Vec::new()] {
        let module = load(&folder.text(), proofs.clone(), false);
        assert_eq!(module.symbol_status(), &SymbolStatus::None, "{proofs:?}");
        let forced = load(&folder.text(), proofs, true);
        assert!(matches!(forced.symbol_status(), SymbolStatus::Pdb { matched: MatchedBy::Nothing(_), .. }));
    }
}

#[test]
fn addresses_that_agree_with_several_builds_tell_none() {
    let (sample, other) = (sample("O0"), sample("O2"));
    // The builds differ in their code, not in where it and the data start.
    let names = ["DriverEntry", "SampleDevice"];
    let proofs = proofs(&sample, &names);
    assert_eq!(proofs, self::proofs(&other, &names));
    let folder =
        Folder::with(&[("sampledrv.pdb/1/sampledrv.pdb", &sample.pdb), ("sampledrv.pdb/2/sampledrv.pdb", &other.pdb)]);
    let mut modules = table(Memory::new(), &folder.text());
    let module = modules.add(ModuleEntry { proofs, ..sample_entry(&sample) });
    assert!(module.symbols().is_none(), "{:#?}", module.log());
    let several =
        |outcome: &Outcome| matches!(outcome, Outcome::Mismatch(mismatch) if mismatch.found.starts_with("several"));
    assert_eq!(module.log().attempts.iter().filter(|attempt| several(&attempt.outcome)).count(), 2);
}

#[test]
fn export_names_serve_where_there_is_no_pdb() {
    let builder = exporting();
    let mut modules = table(Memory::new().with_image(BASE, &builder.build()), "");
    let module = modules.add(entry("plain.sys", BASE, builder.size_of_image()));
    let name = |rva: u64| {
        let name = modules.name_of(VirtualAddress(BASE).offset(rva)).unwrap();
        (name.to_string(), name.source)
    };
    assert_eq!(name(0x1000), ("plain!Alpha".into(), NameSource::Export));
    assert_eq!(name(0x1050), ("plain!Beta+0x10".into(), NameSource::Export));
    assert_eq!(name(0x1081), ("plain!Ordinal3+0x1".into(), NameSource::Export));
    assert_eq!(name(0x20), ("plain+0x20".into(), NameSource::Module));
    assert_eq!(module.symbol_status(), &SymbolStatus::Export(Origin::TargetMemory));
    assert_eq!(module.symbol_status().to_string(), "export symbols");

    let folder = Folder::with(&[("plain.sys", &builder.build())]);
    let mut modules = table(Memory::new(), &folder.text());
    let stamped = ModuleEntry { time_date_stamp: Some(builder.time_date_stamp), ..entry("plain.sys", BASE, 0x3000) };
    let module = modules.add(stamped);
    assert_eq!(modules.name_of(VirtualAddress(BASE + 0x1048)).unwrap().to_string(), "plain!Beta+0x8");
    let origin = Origin::Image(folder.path().join("plain.sys"));
    assert_eq!(module.symbol_status(), &SymbolStatus::Export(origin));
}

#[test]
fn addresses_without_symbols_are_named_by_their_module() {
    let mut modules = table(Memory::new(), "");
    modules.add(entry("bare.sys", 0x10_0000, 0x2000));
    let unloaded = |start, end| UnloadedModule {
        image_name: "gone.sys".into(),
        start: VirtualAddress(start),
        end: VirtualAddress(end),
    };
    modules.set_unloaded(vec![unloaded(0x10_1000, 0x10_3000), unloaded(0x20_0000, 0x20_1000)]);
    let name = |address| modules.name_of(VirtualAddress(address)).map(|name| name.to_string());
    assert_eq!(name(0x10_1234).as_deref(), Some("bare+0x1234"));
    assert_eq!(name(0x10_0000).as_deref(), Some("bare"));
    assert_eq!(name(0x10_2010).as_deref(), Some("<Unloaded_gone.sys>+0x1010"));
    assert_eq!(name(0x20_1000), None);
    assert_eq!(modules.by_name("bare").unwrap().symbol_status().to_string(), "no symbols");
}

#[test]
fn names_lead_to_addresses_and_say_when_they_do_not() {
    let builder = exporting();
    let size = builder.size_of_image();
    let second = 0x2000_0000;
    let memory = Memory::new().with_image(BASE, &builder.build()).with_image(second, &builder.build());
    let mut modules = table(memory, "");
    modules.set_loaded([entry("one.sys", BASE, size), entry("two.sys", second, size), entry("bare.sys", 0x100, 0x10)]);
    let address = |text: &str, scope| modules.resolve(text, scope).map(|found| found.address.0);
    assert!(matches!(address("Beta", Scope::Loaded), Err(ResolveError::NotFound(_))));
    assert_eq!(address("one!Beta", Scope::Loaded).unwrap(), BASE + 0x1040);
    assert_eq!(address("ONE!beta", Scope::Loaded).unwrap(), BASE + 0x1040);
    // Now one is loaded, and two is not.
    assert_eq!(address("Beta", Scope::Loaded).unwrap(), BASE + 0x1040);
    let ambiguous = address("Beta", Scope::All).unwrap_err();
    let expected = "Beta is ambiguous: two!Beta at 00000000`20001040, one!Beta at fffff804`10001040";
    assert_eq!(ambiguous.to_string(), expected);
    assert!(matches!(address("one!Gamma", Scope::All), Err(ResolveError::NotFound(name)) if name == "one!Gamma"));
    assert!(matches!(address("three!Beta", Scope::All), Err(ResolveError::NoSuchModule(name)) if name == "three"));
    assert!(matches!(address("bare!Beta", Scope::All), Err(ResolveError::NoSymbols(name)) if name == "bare"));
}

#[test]
fn patterns_find_symbols_in_the_modules_that_they_name() {
    let builder = exporting();
    let size = builder.size_of_image();
    let memory = Memory::new().with_image(BASE, &builder.build()).with_image(0x2000_0000, &builder.build());
    let mut modules = table(memory, "");
    modules.set_loaded([entry("one.sys", BASE, size), entry("two.sys", 0x2000_0000, size)]);
    let search = |pattern: &str, limit, scope| {
        let matches = modules.search(pattern, limit, scope);
        (matches.symbols.iter().map(ToString::to_string).collect::<Vec<_>>(), matches.more)
    };
    assert_eq!(search("*!*a", 10, Scope::Loaded), (vec![], false));
    assert_eq!(search("one!*a", 10, Scope::Loaded), (vec!["one!Alpha".into(), "one!Beta".into()], false));
    assert_eq!(search("*a", 10, Scope::Loaded), (vec!["one!Alpha".into(), "one!Beta".into()], false));
    assert_eq!(search("t*!b*", 10, Scope::All), (vec!["two!Beta".into()], false));
    assert!(search("*!*a", 3, Scope::All).1);
    assert_eq!(
        search("*!*a", 4, Scope::All),
        (vec!["two!Alpha".into(), "two!Beta".into(), "one!Alpha".into(), "one!Beta".into()], false,)
    );
}

#[test]
fn code_comes_from_memory_or_from_the_relocated_image() {
    let mut builder = PeBuilder::new(X64);
    let mut code = vec![0x90; 0x1000];
    code[0x800..0x808].copy_from_slice(&(builder.image_base + 0x1000).to_le_bytes());
    builder.section(".text", CODE, code);
    builder.section(".data", WRITABLE, vec![7; 0x1000]);
    builder.section(".rdata", READ_ONLY, vec![8; 0x1000]);
    builder.directories[IMPORT_ADDRESS_TABLE] = (0x3000, 0x10);
    builder.relocations(&[(0x1800, DIR64)]);
    builder.directories[EXCEPTION] = (0x3100, 0x18);
    let folder = Folder::with(&[("code.sys", &builder.build())]);
    // Of the image only the code's first 16 bytes are in the target; a breakpoint is set there.
    let mut modules = table(Memory::new().with(BASE + 0x1000, vec![0xcc; 16]), &folder.text());
    let stamp = Some(builder.time_date_stamp);
    let entry = entry("code.sys", BASE, builder.size_of_image());
    let module = modules.add(ModuleEntry { time_date_stamp: stamp, ..entry });
    let read = |rva, length| {
        let mut bytes = vec![0; length];
        module.read_code(rva, &mut bytes).map(|source| (bytes, source))
    };
    assert_eq!(read(0x1000, 16), Ok((vec![0xcc; 16], CodeSource::TargetMemory)));
    let both = CodeSource::Both { from_memory: 8 };
    assert_eq!(read(0x1008, 16), Ok(([[0xcc; 8], [0x90; 8]].concat(), both)));
    let relocated = (BASE + 0x1000).to_le_bytes().to_vec();
    assert_eq!(read(0x1800, 8), Ok((relocated, CodeSource::Image)));
    assert_eq!(read(0x3010, 4), Ok((vec![8; 4], CodeSource::Image)));
    for rva in [0x2000, 0x1ffe, 0x300f, 0x9000] {
        let error = read(rva, 4).unwrap_err();
        assert_eq!(error.address, BASE + u64::from(rva), "{rva:#x}");
    }
    assert_eq!(module.exception_directory(), Some(0x3100..0x3118));
    let mut bytes = [0; 4];
    assert!(module.read_rva(0x1800, &mut bytes).is_ok());
}

#[test]
fn what_is_wrong_with_a_header_has_its_ntstatus() {
    let no_image = Memory::new().with(BASE, vec![0; 0x1000]);
    let mut modules = table(no_image, "");
    let module = modules.add(entry("zero.sys", BASE, 0x1000));
    assert_eq!(module.header().unwrap_err().ntstatus(), 0xc000_012f);
    let mut bad = b"MZ".to_vec();
    bad.resize(0x1000, 0);
    let mut modules = table(Memory::new().with(BASE, bad), "");
    let module = modules.add(entry("bad.sys", BASE, 0x1000));
    assert_eq!(module.header().unwrap_err().ntstatus(), 0xc000_007b);
}

#[test]
fn the_path_of_the_day_counts_for_modules_that_are_still_deferred() {
    let folder = Folder::with(&[("plain.sys", &exporting().build())]);
    let mut modules = table(Memory::new(), "");
    let stamp = Some(exporting().time_date_stamp);
    for (name, base) in [("plain.sys", BASE), ("plain.sys", BASE + 0x10_0000)] {
        modules.add(ModuleEntry { time_date_stamp: stamp, ..entry(name, base, exporting().size_of_image()) });
    }
    assert!(modules.by_name("plain").unwrap().image().is_none());
    let path = SymbolPath::parse(&folder.text());
    modules.set_search(Arc::new(SymbolSearch::new(path, SymbolPath::default())));
    assert!(modules.by_name("plain").unwrap().image().is_none());
    assert!(modules.by_name("plain_1").unwrap().image().is_some());
    modules.reload_all(false);
    assert!(modules.by_name("plain").unwrap().image().is_some());
}

#[test]
fn tables_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Modules>();
    shared::<Module>();
    shared::<ImageFile>();
    shared::<SymbolSearch>();
}
