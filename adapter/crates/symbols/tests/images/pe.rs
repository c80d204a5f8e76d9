//! Headers, sections, debug directory and exports, each written by hand and read back.

use crate::pe_builder::*;
use memory::{ReadError, ReadFailure, VirtualAddress};
use std::sync::Arc;
use symbols::pe::{
    Directory, ExportTarget, Exports, ImageFile, MemoryImage, PeError, PeHeaders, ReadImage, pdb_identity,
};
use symbols::{ImageIdentity, PdbIdentity};

fn open(file: Vec<u8>) -> Result<Arc<ImageFile>, PeError> {
    ImageFile::from_bytes(file, "built.sys".into()).map(Arc::new)
}

fn read(image: &dyn ReadImage, rva: u32, length: usize) -> Result<Vec<u8>, ReadError> {
    let mut bytes = vec![0xee; length];
    image.read_rva(rva, &mut bytes).map(|()| bytes)
}

#[test]
fn headers_of_32_and_64_bits_are_read() {
    for (machine, is_64_bit, image_base) in
        [(X86, false, 0x1_0000), (X64, true, 0xffff_f804_0000_0000), (ARM64, true, 0x1_4000_0000)]
    {
        let mut builder = PeBuilder::new(machine);
        builder.image_base = image_base;
        builder.entry_point = 0x1010;
        builder.section(".text", CODE, vec![0xcc; 0x20]);
        let data = builder.section(".data", WRITABLE, vec![1; 0x1800]);
        builder.directories[EXCEPTION] = (data, 24);
        let image = open(builder.build()).unwrap();
        let headers = image.headers();
        assert_eq!((headers.machine, headers.is_64_bit, headers.image_base), (machine, is_64_bit, image_base));
        assert_eq!((headers.entry_point, headers.subsystem, headers.dll_characteristics), (0x1010, 1, 0x4140));
        let expected = ImageIdentity { time_date_stamp: 0x0bad_cafe, size_of_image: 0x4000, check_sum: 0x1_2345 };
        assert_eq!(image.identity(), expected);
        assert_eq!(headers.exception_directory(), 0x2000..0x2018);
        assert_eq!(headers.directory(Directory::Export), None);
        let names: Vec<_> = headers.sections.iter().map(|section| (&*section.name, section.rva)).collect();
        assert_eq!(names, [(".text", 0x1000), (".data", 0x2000)]);
        assert_eq!(headers.section_at(0x101f).map(|section| section.is_executable()), Some(true));
        assert_eq!(headers.section_at(0x1020), None);
    }
}

#[test]
fn what_a_running_system_changes_is_not_constant() {
    let mut builder = PeBuilder::new(X64);
    builder.section(".text", CODE, vec![0xcc; 0x1000]);
    builder.section(".data", WRITABLE, vec![1; 0x1000]);
    builder.section(".rdata", READ_ONLY, vec![2; 0x1000]);
    builder.section("INIT", CODE | WRITABLE, vec![3; 0x1000]);
    builder.directories[IMPORT_ADDRESS_TABLE] = (0x3000, 0x100);
    let image = open(builder.build()).unwrap();
    let constant = |start, end| image.headers().is_constant(start..end);
    assert!(constant(0, 0x2000) && constant(0x3100, 0x4000) && constant(0x4000, 0x5000));
    assert!(!constant(0x1fff, 0x2001) && !constant(0x2fff, 0x3000) && !constant(0x30ff, 0x3101));
}

#[test]
fn sections_are_filled_with_zeroes_to_the_end_of_their_pages() {
    let mut builder = PeBuilder::new(X64);
    builder.section_of(".data", WRITABLE, vec![7; 0x201], 0x2800);
    let image = open(builder.build()).unwrap();
    assert_eq!(read(&*image, 0x1000, 0x201).unwrap(), vec![7; 0x201]);
    assert_eq!(read(&*image, 0x1201, 0x2dff).unwrap(), vec![0; 0x2dff]);
    let outside = ReadError { address: 0x4000, read: 1, failure: ReadFailure::OutsideImage };
    assert_eq!(read(&*image, 0x3fff, 2), Err(outside));
    // Between the headers and the first section there is nothing.
    assert_eq!(read(&*image, 0x800, 1).unwrap_err().failure, ReadFailure::OutsideImage);
    assert_eq!(read(&*image, u32::MAX, 2).unwrap_err().failure, ReadFailure::OutsideImage);
}

#[test]
fn a_file_that_was_cut_says_where_it_ends() {
    let mut builder = PeBuilder::new(X64);
    builder.section(".text", CODE, vec![0x90; 0x1000]);
    let mut file = builder.build();
    file.truncate(0x500);
    let image = open(file).unwrap();
    let error = ReadError { address: 0x1100, read: 0x100, failure: ReadFailure::EndOfFile(0x500) };
    assert_eq!(read(&*image, 0x1000, 0x101), Err(error));
}

#[test]
fn what_is_no_image_is_refused_with_what_was_found() {
    let image = PeBuilder::new(X64).build();
    let changed = |offset: usize, bytes: &[u8]| {
        let mut file = image.clone();
        file[offset..offset + bytes.len()].copy_from_slice(bytes);
        open(file).unwrap_err()
    };
    assert_eq!(changed(0, b"ZM"), PeError::NotMz { found: 0x4d5a });
    assert_eq!(changed(0x80, b"NE"), PeError::NotPe { rva: 0x80, found: 0x454e });
    assert_eq!(changed(0x98, &[7, 1]), PeError::UnknownMagic { rva: 0x98, magic: 0x107 });
    assert_eq!(changed(0x94, &[100, 0]), PeError::OptionalHeaderTooShort { rva: 0x98, size: 100, needed: 108 });
    let error = ReadError { address: 0x400, read: 0, failure: ReadFailure::EndOfFile(0x400) };
    assert_eq!(changed(0x3c, &[0, 4]), PeError::Unreadable { what: "file header", rva: 0x400, error });
    assert!(matches!(changed(0x3c, &[0xff; 4]), PeError::OutOfRange { rva: u32::MAX, .. }));
    assert!(matches!(open(Vec::new()).unwrap_err(), PeError::Unreadable { what: "DOS header", rva: 0, .. }));
}

#[test]
fn the_first_record_that_names_a_pdb_counts() {
    let named = |number, name: &str| PdbIdentity { name: name.into(), guid: guid(number), age: 3 };
    let (repro, pogo, codeview) = (16, 13, 2);
    let check = |entries: &[(u32, Vec<u8>, bool)], expected: Result<Option<PdbIdentity>, PeError>| {
        let mut builder = PeBuilder::new(X64);
        builder.section(".text", CODE, vec![0xcc; 0x20]);
        builder.debug(entries);
        assert_eq!(open(builder.build()).unwrap().pdb_identity(), expected);
    };
    let record = |number, name| (codeview, rsds(guid(number), 3, name), true);
    check(&[(repro, vec![1; 36], true), (pogo, vec![2; 10], true)], Ok(None));
    check(&[(repro, vec![1; 36], true), record(1, "a.pdb"), record(2, "b.pdb")], Ok(Some(named(1, "a.pdb"))));
    check(&[(codeview, rsds(guid(4), 3, "unmapped.pdb"), false)], Ok(Some(named(4, "unmapped.pdb"))));
    let old = b"NB10\0\0\0\0\x01\x02\x03\x04\x01\0\0\0old.pdb\0".to_vec();
    check(&[(codeview, old.clone(), true), record(1, "a.pdb")], Ok(Some(named(1, "a.pdb"))));
    check(&[(codeview, old, true)], Err(PeError::OldCodeView { rva: 0x201c, kind: "NB10".into() }));
    check(&[(codeview, b"what".to_vec(), true)], Err(PeError::UnknownCodeView { rva: 0x201c, found: 0x7461_6877 }));
    check(&[(codeview, b"RSDS\x01".to_vec(), true)], Err(PeError::ShortCodeView { rva: 0x201c, size: 5 }));
}

#[test]
fn an_image_in_memory_is_read_as_one_on_disk() {
    let mut builder = PeBuilder::new(X64);
    builder.pdb(guid(9), 1, r"d:\build\driver.pdb");
    let base = 0xffff_f804_1000_0000;
    let memory = crate::target::Memory::new().with_image(base, &builder.build());
    let image = MemoryImage::new(&memory, VirtualAddress(base));
    let headers = PeHeaders::read(&image).unwrap();
    assert_eq!(headers, *open(builder.build()).unwrap().headers());
    let expected = PdbIdentity { name: r"d:\build\driver.pdb".into(), guid: guid(9), age: 1 };
    assert_eq!(pdb_identity(&image, &headers), Ok(Some(expected)));
}

#[test]
fn exports_have_names_ordinals_and_forwarders() {
    let mut builder = PeBuilder::new(X64);
    builder.section(".text", CODE, vec![0xcc; 0x100]);
    builder.exports(
        5,
        &[
            (Ok(0x1000), &["DriverEntry"]),
            (Ok(0), &[]),
            (Ok(0x1010), &[]),
            (Err("NTOSKRNL.KeBugCheckEx"), &["Forwarded"]),
            (Ok(0x1020), &["Alias2", "Alias1"]),
        ],
    );
    let exports = open(builder.build()).unwrap().exports().unwrap();
    assert_eq!(exports.incomplete, None);
    let rows: Vec<_> = exports
        .exports
        .iter()
        .map(|export| {
            let target = match &export.target {
                ExportTarget::Rva(rva) => format!("{rva:x}"),
                ExportTarget::Forwarder(text) => text.clone(),
            };
            (export.ordinal, export.name.as_deref().unwrap_or("-"), target)
        })
        .collect();
    let row = |ordinal, name, target: &str| (ordinal, name, target.to_owned());
    assert_eq!(
        rows,
        [
            row(5, "DriverEntry", "1000"),
            row(7, "-", "1010"),
            row(8, "Forwarded", "NTOSKRNL.KeBugCheckEx"),
            row(9, "Alias1", "1020"),
            row(9, "Alias2", "1020"),
        ]
    );
}

#[test]
fn exports_on_missing_pages_are_told_from_those_that_are_there() {
    let mut builder = PeBuilder::new(X64);
    builder.section(".text", CODE, vec![0xcc; 0x20]);
    builder.exports(1, &[(Ok(0x1000), &["First"]), (Ok(0x1010), &["Second"])]);
    let file = builder.build();
    let mut headers = open(file.clone()).unwrap().headers().clone();
    let base = 0x1000_0000;
    // The directory, and the names up to and including "First".
    let directory = headers.directory(Directory::Export).unwrap();
    let mut bytes = vec![0; directory.size as usize];
    open(file).unwrap().read_rva(directory.rva, &mut bytes).unwrap();
    bytes.truncate(bytes.len() - "Second\0".len());
    let memory = crate::target::Memory::new().with(base + u64::from(directory.rva), bytes);
    headers.sections.clear();
    let exports = Exports::read(&MemoryImage::new(&memory, VirtualAddress(base)), &headers).unwrap();
    let names: Vec<_> = exports.exports.iter().map(|export| export.name.as_deref()).collect();
    assert_eq!(names, [Some("First"), None]);
    assert!(matches!(exports.incomplete, Some(PeError::Unreadable { what: "export name", .. })));
}

#[test]
fn counts_that_no_image_has_are_refused() {
    let mut builder = PeBuilder::new(X64);
    builder.section_of(".bss", WRITABLE, Vec::new(), 0xf000_0000);
    builder.directories[DEBUG] = (0x1000, 0xe000_0000);
    builder.directories[RELOCATION] = (0x1000, 0xe000_0000);
    let image = open(builder.build()).unwrap();
    assert!(matches!(image.pdb_identity(), Err(PeError::TooMany { what: "debug directory", .. })));
    let loaded = image.loaded_at(VirtualAddress(0));
    assert!(matches!(loaded, Err(PeError::TooMany { what: "base relocations", .. })));
    let mut builder = PeBuilder::new(X64);
    let mut directory = vec![0; 40];
    directory[20..24].copy_from_slice(&0x10_0000_u32.to_le_bytes());
    builder.section(".edata", READ_ONLY, directory);
    builder.directories[EXPORT] = (0x1000, 40);
    assert!(matches!(open(builder.build()).unwrap().exports(), Err(PeError::TooMany { count: 0x10_0000, .. })));
}
