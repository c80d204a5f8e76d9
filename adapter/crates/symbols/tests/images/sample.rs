//! This project's sample driver: an image and its PDB, built twice.

use std::fs;
use std::path::{Path, PathBuf};
use symbols::pe::ImageFile;
use symbols::{ImageIdentity, PdbIdentity};

fn file(build: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples/driver").join(build).join(name)
}

/// One of the builds, `"O0"` or `"O2"`.
pub struct Sample {
    pub image: Vec<u8>,
    pub pdb: Vec<u8>,
    pub identity: ImageIdentity,
    pub pdb_identity: PdbIdentity,
}

pub fn sample(build: &str) -> Sample {
    let image_path = file(build, "sampledrv.sys");
    let image = ImageFile::open(&image_path).unwrap();
    Sample {
        image: fs::read(image_path).unwrap(),
        pdb: fs::read(file(build, "sampledrv.pdb")).unwrap(),
        identity: image.identity(),
        pdb_identity: image.pdb_identity().unwrap().unwrap(),
    }
}
