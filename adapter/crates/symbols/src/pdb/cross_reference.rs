//! References from one compiland to types and items of another: what link-time code generation leaves in a PDB.
//!
//! Such an index has its highest bit set. Bits 20-30 choose a compiland from the list of those that this one imports
//! from, bits 0-19 one of the ids that it imports; the other compiland's exports say what that is in the whole file.

use super::parts::Parts;
use super::symbol_records::compiland::Compiland;

const IS_CROSS_REFERENCE: u32 = 1 << 31;

impl Parts {
    /// What an index in a compiland's records is in the TPI or IPI stream.
    pub(super) fn global_index(&self, compiland: &Compiland, index: u32) -> Option<u32> {
        if index & IS_CROSS_REFERENCE == 0 {
            return Some(index);
        }
        let (name, ids) = self.subsections(compiland).imports.get((index >> 20 & 0x7ff) as usize)?;
        let name = self.names().get(*name)?;
        let local = ids.get((index & 0xf_ffff) as usize)?;
        let mut compilands = self.dbi().compilands.iter();
        let exporter = compilands.position(|compiland| compiland.name.eq_ignore_ascii_case(&name))?;
        self.subsections(self.compiland(exporter)?).exports.get(local).copied()
    }
}
