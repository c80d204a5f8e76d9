//! The corpus of real images and symbol files: every debug record matches its PDB, every image can be laid out.

use crate::target::Memory;
use memory::{ReadFailure, VirtualAddress};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use symbols::pe::{ImageFile, ReadImage};
use symbols::{
    CodeSource, ImageStatus, Match, MatchedBy, ModuleEntry, Modules, NameSource, Origin, Scope, SearchLog, SymbolPath,
    SymbolProof, SymbolSearch, SymbolStatus,
};

/// A folder of the corpus, if it is there.
fn corpus(folder: &str) -> Option<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus");
    if !corpus.exists() {
        println!("skipped: ../shared/corpus is not here");
        return None;
    }
    Some(fs::canonicalize(corpus.join(folder)).unwrap())
}

/// All image files below a folder.
fn images(folder: &Path) -> Vec<PathBuf> {
    let mut images = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
            if path.is_dir() {
                folders.push(path);
            } else if matches!(extension.as_deref(), Some("sys" | "dll" | "exe")) {
                images.push(path);
            }
        }
    }
    images.sort();
    images
}

#[test]
fn every_image_s_debug_record_names_the_pdb_beside_it() {
    let Some(pairs) = corpus("pe_pdb") else { return };
    let images = images(&pairs);
    assert_eq!(images.len(), 17);
    for path in images {
        let image = ImageFile::open(&path).unwrap();
        let identity = image.pdb_identity().unwrap().unwrap();
        let search = SymbolSearch::default();
        let mut log = SearchLog::default();
        let found = search.find_symbols(&identity, &path.to_string_lossy(), Some(&path), false, &mut log);
        assert!(found.is_some(), "{}: {identity:?}\n{log:#?}", path.display());
    }
}

/// Image, relocated values (entries of `llvm-readobj --coff-basereloc` but `ABSOLUTE`), exports (`--coff-exports`); LLVM 14.
const IMAGES: [(&str, usize, usize); 19] = [
    ("pe_pdb/debugpy-1.8.22/attach_amd64.dll", 41, 4),
    ("pe_pdb/debugpy-1.8.22/attach_x86.dll", 999, 4),
    ("pe_pdb/debugpy-1.8.22/inject_dll_amd64.exe", 1184, 0),
    ("pe_pdb/debugpy-1.8.22/inject_dll_x86.exe", 3453, 0),
    ("pe_pdb/node-pty-1.1.0/win32-arm64/winpty-agent.exe", 885, 0),
    ("pe_pdb/seh_tests/ARM64/nested_collided.exe", 13, 0),
    ("pe_pdb/seh_tests/ARM64/xcpt4.exe", 17, 0),
    ("pe_pdb/seh_tests/ARM64/xframe_eh_dll.dll", 10, 6),
    ("pe_pdb/seh_tests/ARM64/xframe_eh_exe.exe", 14, 0),
    ("pe_pdb/seh_tests/x64/nested_collided.exe", 20, 0),
    ("pe_pdb/seh_tests/x64/xcpt4.exe", 24, 0),
    ("pe_pdb/seh_tests/x64/xframe_eh_dll.dll", 17, 6),
    ("pe_pdb/seh_tests/x64/xframe_eh_exe.exe", 21, 0),
    ("pe_pdb/seh_tests/x86/nested_collided.exe", 238, 0),
    ("pe_pdb/seh_tests/x86/xcpt4.exe", 940, 0),
    ("pe_pdb/seh_tests/x86/xframe_eh_dll.dll", 198, 6),
    ("pe_pdb/seh_tests/x86/xframe_eh_exe.exe", 341, 0),
    ("symbols/Wdf01000.sys/a9a9d36ed1000/Wdf01000.sys", 2677, 0),
    ("symbols/amdppm.sys/c9c030003b000/amdppm.sys", 78, 0),
];

/// The loader may put an image anywhere: what moves along is what its relocations say, and nothing else.
#[test]
fn every_image_can_be_laid_out_at_another_base() {
    let Some(corpus) = corpus(".") else { return };
    for (path, relocations, exports) in IMAGES {
        let image = Arc::new(ImageFile::open(&corpus.join(path)).unwrap());
        let headers = image.headers();
        assert_eq!(image.exports().unwrap().exports.len(), exports, "{path}");
        // This distance changes every byte of every value, carries or not.
        let base = headers.image_base.wrapping_add(0x0101_0101_0101_0101);
        let loaded = image.loaded_at(VirtualAddress(base)).unwrap();
        let mut changed = 0;
        for section in &headers.sections {
            let (mut linked, mut moved) = (vec![0; section.size() as usize], vec![0; section.size() as usize]);
            image.read_rva(section.rva, &mut linked).unwrap();
            loaded.read_rva(section.rva, &mut moved).unwrap();
            changed += linked.iter().zip(&moved).filter(|(linked, moved)| linked != moved).count();
        }
        assert_eq!(changed, relocations * headers.pointer_size(), "{path}");
        let error = image.read_rva(headers.size_of_image, &mut [0]).unwrap_err();
        assert_eq!(error.failure, ReadFailure::OutsideImage, "{path}");
    }
}

/// Three entries of the small dump's module list.
fn triage_modules(symbols: &Path, proofs: Vec<SymbolProof>) -> Modules {
    let search = SymbolSearch::new(SymbolPath::parse(&symbols.display().to_string()), SymbolPath::default());
    let mut modules = Modules::new(Memory::new().share(), Arc::new(search));
    let entry = |image_name: &str, base, size, time_date_stamp, check_sum| ModuleEntry {
        image_name: image_name.into(),
        base: VirtualAddress(base),
        size,
        time_date_stamp: Some(time_date_stamp),
        check_sum: Some(check_sum),
        proofs: Vec::new(),
    };
    modules.set_loaded([
        ModuleEntry {
            proofs,
            ..entry(r"\SystemRoot\system32\ntoskrnl.exe", 0xffff_f804_7ba0_0000, 0x104_6000, 0x0d83_33e6, 0xa5_938c)
        },
        entry(r"\SystemRoot\System32\drivers\amdppm.sys", 0xffff_f804_8b58_0000, 0x3_b000, 0xc9c0_3000, 0x3_8e6b),
        entry(r"\SystemRoot\system32\drivers\Wdf01000.sys", 0xffff_f804_7995_0000, 0xd_1000, 0xa9a9_d36e, 0xd_3980),
    ]);
    modules
}

#[test]
fn drivers_of_the_triage_dump_get_their_files_by_what_the_loader_says() {
    let Some(symbols) = corpus("symbols") else { return };
    let modules = triage_modules(&symbols, Vec::new());
    let amdppm = modules.by_name("amdppm").unwrap();
    // The issue: `.ecxr` is at fffff804`8b58334c = amdppm!WriteIoMemRawEx+0x70.
    let name = modules.name_of(VirtualAddress(0xffff_f804_8b58_334c)).unwrap();
    assert_eq!(name.to_string(), "amdppm!WriteIoMemRawEx+0x70", "{:#?}", amdppm.log());
    assert_eq!(name.source, NameSource::Public);
    let image = symbols.join("amdppm.sys/c9c030003b000/amdppm.sys");
    let SymbolStatus::Pdb { matched, .. } = amdppm.symbol_status() else { panic!("{:#?}", amdppm.log()) };
    assert_eq!(matched, &MatchedBy::Identity(Origin::Image(image)));
    let mut code = [0; 16];
    assert_eq!(amdppm.read_code(0x334c, &mut code), Ok(CodeSource::Image));

    let framework = modules.by_name("Wdf01000").unwrap();
    assert!(framework.symbols().is_none());
    assert_eq!(framework.symbol_status(), &SymbolStatus::None);
    let ImageStatus::Found { matched, unrelocatable, .. } = framework.image_status() else { panic!("not found") };
    assert_eq!((matched, unrelocatable), (Match::Exact, None));
    // The loader's check sum of amdppm isn't that of the file: same content, another signature.
    let ImageStatus::Found { matched, .. } = amdppm.image_status() else { panic!("not found") };
    assert!(matches!(matched, Match::SignedAnew(mismatch) if mismatch.expected.contains("38e6b")));
    assert!(modules.by_name("nt").unwrap().symbols().is_none());
}

/// What the dump's header holds: `PsLoadedModuleList`, `PsActiveProcessHead`, `KdDebuggerDataBlock`, and the header's
/// `rip`, where the machine stopped.
const HEADER_POINTERS: [(&str, u64); 4] = [
    ("PsLoadedModuleList", 0xffff_f804_7c62_a390),
    ("PsActiveProcessHead", 0xffff_f804_7c61_e200),
    ("KdDebuggerDataBlock", 0xffff_f804_7c60_0b20),
    ("KeBugCheckEx", 0xffff_f804_7bdf_5a80),
];

#[test]
fn the_kernel_s_symbols_are_told_by_addresses() {
    let Some(symbols) = corpus("symbols") else { return };
    let proof = |(name, address): (&str, u64)| SymbolProof { name: name.to_owned(), address: VirtualAddress(address) };
    let proofs: Vec<_> = HEADER_POINTERS.into_iter().map(proof).collect();
    let modules = triage_modules(&symbols, proofs.clone());
    let kernel = modules.by_name("nt").unwrap();
    assert!(kernel.symbols().is_some(), "{:#?}", kernel.log());
    let SymbolStatus::Pdb { matched, .. } = kernel.symbol_status() else { panic!("{:#?}", kernel.log()) };
    assert_eq!(matched, &MatchedBy::Addresses(proofs.len()));
    assert_eq!(kernel.image_status(), ImageStatus::NotFound);
    assert_eq!(modules.name_of(VirtualAddress(0xffff_f804_7bdf_5a80)).unwrap().to_string(), "nt!KeBugCheckEx");
    let resolved = modules.resolve("nt!kebugcheckex", Scope::Loaded).unwrap();
    assert_eq!(resolved.address, VirtualAddress(0xffff_f804_7bdf_5a80));

    let mut wrong = proofs;
    wrong[0].address = wrong[0].address.offset(8);
    let modules = triage_modules(&symbols, wrong);
    assert_eq!(modules.by_name("nt").unwrap().symbols().map(|symbols| symbols.path().to_owned()), None);
}
