//! An image file's bytes as they would be at the address where the image is loaded.

use crate::pe_builder::*;
use memory::VirtualAddress;
use std::sync::Arc;
use symbols::pe::{ImageFile, LoadedImage, PeError, ReadImage};

const DELTA: u64 = 0x7_1234_5000;

/// Where the images' code lies; it is two pages long.
const TEXT: u32 = 0x2000;

/// An image's file with pointers to themselves at these offsets of its code, and the code as it is when loaded.
fn file(machine: u16, kind: u16, offsets: &[u32]) -> (Vec<u8>, Vec<u8>) {
    let mut builder = PeBuilder::new(machine);
    let relocations: Vec<_> = offsets.iter().map(|offset| (TEXT + offset, kind)).collect();
    builder.relocations(&relocations);
    let width = if kind == DIR64 { 8 } else { 4 };
    let mut linked: Vec<u8> = (0..0x2000_u32).map(|at| (at % 251) as u8).collect();
    let mut loaded = linked.clone();
    for offset in offsets {
        let place = *offset as usize..*offset as usize + width;
        let value = builder.image_base + u64::from(TEXT + offset);
        linked[place.clone()].copy_from_slice(&value.to_le_bytes()[..width]);
        loaded[place].copy_from_slice(&value.wrapping_add(DELTA).to_le_bytes()[..width]);
    }
    assert_eq!(builder.section(".text", CODE, linked), TEXT);
    (builder.build(), loaded)
}

fn open(file: Vec<u8>) -> Arc<ImageFile> {
    Arc::new(ImageFile::from_bytes(file, "built.sys".into()).unwrap())
}

fn load(image: &Arc<ImageFile>) -> LoadedImage {
    image.loaded_at(VirtualAddress(image.headers().image_base).offset(DELTA)).unwrap()
}

#[test]
fn every_window_shows_the_loaded_bytes() {
    let offsets = [0, 8, 0x21, 0x100, 0xffd, 0x1800, 0x1ff8];
    for (machine, kind) in [(X64, DIR64), (ARM64, DIR64), (X86, HIGHLOW)] {
        let (file, expected) = file(machine, kind, &offsets);
        let loaded = load(&open(file));
        // Windows of odd sizes begin and end within relocated values, also within the one that straddles a page.
        for (size, step) in [(1, 1), (3, 1), (16, 5), (0x2000, 0x2000)] {
            for start in (0..=0x2000 - size).step_by(step) {
                let mut bytes = vec![0; size];
                loaded.read_rva(TEXT + start as u32, &mut bytes).unwrap();
                assert_eq!(bytes, expected[start..start + size], "machine {machine:#x}, {size} bytes at {start:#x}");
            }
        }
    }
}

#[test]
fn what_is_read_before_an_error_is_relocated_too() {
    let (mut file, expected) = file(X64, DIR64, &[0, 0x100, 0x1fc]);
    // The file ends in the middle of the last value.
    file.truncate(file.len() - 0x2000 + 0x200);
    let mut bytes = vec![0; 0x400];
    let error = load(&open(file)).read_rva(TEXT, &mut bytes).unwrap_err();
    assert_eq!(error.read, 0x1fc);
    assert_eq!(bytes[..0x1fc], expected[..0x1fc]);
}

#[test]
fn where_it_was_linked_to_nothing_changes() {
    let image = open(file(X64, DIR64, &[0, 8]).0);
    let (mut linked, mut loaded) = ([0; 16], [0; 16]);
    image.read_rva(TEXT, &mut linked).unwrap();
    let base = VirtualAddress(image.headers().image_base);
    image.loaded_at(base).unwrap().read_rva(TEXT, &mut loaded).unwrap();
    assert_eq!(linked, loaded);
}

#[test]
fn relocations_that_cannot_be_applied_are_refused() {
    let image = open(file(X64, 5, &[0x10]).0);
    let elsewhere = VirtualAddress(0xffff_f804_0000_0000);
    assert_eq!(image.loaded_at(elsewhere).unwrap_err(), PeError::RelocationType { rva: 0x2010, kind: 5 });

    let mut stripped = PeBuilder::new(X86);
    stripped.characteristics |= 1;
    let stripped = open(stripped.build());
    let expected = PeError::RelocationsStripped { image_base: 0x1_0000, base: elsewhere.0 };
    assert_eq!(stripped.loaded_at(elsewhere).unwrap_err(), expected);
    assert!(stripped.loaded_at(VirtualAddress(0x1_0000)).is_ok());

    let mut damaged = PeBuilder::new(X64);
    damaged.section(".reloc", READ_ONLY, [0x1000_u32.to_le_bytes(), 0x200_u32.to_le_bytes()].concat());
    damaged.directories[RELOCATION] = (0x1000, 8);
    let damaged = open(damaged.build());
    let expected = PeError::RelocationBlock { rva: 0x1000, size: 0x200, left: 8 };
    assert_eq!(damaged.loaded_at(elsewhere).unwrap_err(), expected);
}
