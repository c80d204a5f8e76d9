//! An image file's bytes as they would be at the address where the image is loaded.

use crate::pe_builder::*;
use memory::VirtualAddress;
use std::sync::Arc;
use symbols::pe::{ImageFile, PeError, ReadImage};

const DELTA: u64 = 0x7_1234_5000;

/// An image with `values` (pointers to itself) at these offsets of its only section, which is two pages long.
fn image(machine: u16, kind: u16, offsets: &[u32]) -> (Arc<ImageFile>, Vec<u8>) {
    let mut builder = PeBuilder::new(machine);
    let width = if kind == DIR64 { 8 } else { 4 };
    let mut linked: Vec<u8> = (0..0x2000_u32).map(|at| (at % 251) as u8).collect();
    let mut loaded = linked.clone();
    for offset in offsets {
        let place = *offset as usize..*offset as usize + width;
        let value = builder.image_base + 0x1000 + u64::from(*offset);
        linked[place.clone()].copy_from_slice(&value.to_le_bytes()[..width]);
        loaded[place].copy_from_slice(&value.wrapping_add(DELTA).to_le_bytes()[..width]);
    }
    let rva = builder.section(".text", CODE, linked);
    assert_eq!(rva, 0x1000);
    let relocations: Vec<_> = offsets.iter().map(|offset| (rva + offset, kind)).collect();
    builder.relocations(&relocations);
    (Arc::new(ImageFile::from_bytes(builder.build(), "built.sys".into()).unwrap()), loaded)
}

#[test]
fn every_window_shows_the_loaded_bytes() {
    let offsets = [0, 8, 0x21, 0x100, 0xffd, 0x1800, 0x1ff8];
    for (machine, kind) in [(X64, DIR64), (ARM64, DIR64), (X86, HIGHLOW)] {
        let (image, expected) = image(machine, kind, &offsets);
        let base = VirtualAddress(image.headers().image_base).offset(DELTA);
        let loaded = image.loaded_at(base).unwrap();
        // Windows of odd sizes begin and end within relocated values, also within the one that straddles a page.
        for (size, step) in [(1, 1), (3, 1), (16, 5), (0x2000, 0x2000)] {
            for start in (0..=0x2000 - size).step_by(step) {
                let mut bytes = vec![0; size];
                loaded.read_rva(0x1000 + start as u32, &mut bytes).unwrap();
                assert_eq!(bytes, expected[start..start + size], "machine {machine:#x}, {size} bytes at {start:#x}");
            }
        }
    }
}

#[test]
fn where_it_was_linked_to_nothing_changes() {
    let (image, _) = image(X64, DIR64, &[0, 8]);
    let (mut linked, mut loaded) = ([0; 16], [0; 16]);
    image.read_rva(0x1000, &mut linked).unwrap();
    let base = VirtualAddress(image.headers().image_base);
    image.loaded_at(base).unwrap().read_rva(0x1000, &mut loaded).unwrap();
    assert_eq!(linked, loaded);
}

#[test]
fn relocations_that_cannot_be_applied_are_refused() {
    let (image, _) = image(X64, 5, &[0x10]);
    let elsewhere = VirtualAddress(0xffff_f804_0000_0000);
    assert_eq!(image.loaded_at(elsewhere).unwrap_err(), PeError::RelocationType { rva: 0x1010, kind: 5 });

    let mut stripped = PeBuilder::new(X86);
    stripped.characteristics |= 1;
    let stripped = Arc::new(ImageFile::from_bytes(stripped.build(), "built.sys".into()).unwrap());
    let expected = PeError::RelocationsStripped { image_base: 0x1_0000, base: elsewhere.0 };
    assert_eq!(stripped.loaded_at(elsewhere).unwrap_err(), expected);
    assert!(stripped.loaded_at(VirtualAddress(0x1_0000)).is_ok());

    let mut damaged = PeBuilder::new(X64);
    damaged.section(".reloc", READ_ONLY, [0x1000_u32.to_le_bytes(), 0x200_u32.to_le_bytes()].concat());
    damaged.directories[RELOCATION] = (0x1000, 8);
    let damaged = Arc::new(ImageFile::from_bytes(damaged.build(), "built.sys".into()).unwrap());
    let expected = PeError::RelocationBlock { rva: 0x1000, size: 0x200, left: 8 };
    assert_eq!(damaged.loaded_at(elsewhere).unwrap_err(), expected);
}
