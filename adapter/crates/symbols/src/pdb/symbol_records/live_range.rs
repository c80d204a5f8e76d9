//! Where in the code a variable is where it says to be (`CV_LVAR_ADDR_RANGE`, `CV_LVAR_ADDR_GAP`).

use crate::pdb::streams::sections::Sections;
use memory::{Cursor, Truncated};
use std::ops::Range;

/// Code, with gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LiveRange {
    /// All of the scope that holds the variable.
    WholeScope,
    /// This range of RVAs but for the gaps.
    Range { code: Range<u32>, gaps: Vec<Range<u32>> },
}

impl LiveRange {
    /// Reads where it begins (offset, section), its length, and gaps (offset from the start, length) to the end of the
    /// record. `None` if it isn't in the image.
    pub(crate) fn parse(cursor: &mut Cursor<'_>, sections: &Sections) -> Result<Option<Self>, Truncated> {
        let start = sections.read_rva(cursor)?;
        let length = u32::from(cursor.u16()?);
        let start_or_zero = start.unwrap_or(0);
        let mut gaps = Vec::new();
        // What is left over is padding.
        while cursor.remaining() >= 4 {
            let from = start_or_zero.saturating_add(u32::from(cursor.u16()?));
            gaps.push(from..from.saturating_add(u32::from(cursor.u16()?)));
        }
        Ok(start.map(|start| Self::Range { code: start..start.saturating_add(length), gaps }))
    }

    /// Whether it holds at an RVA of the scope.
    pub(crate) fn contains(&self, rva: u32) -> bool {
        match self {
            Self::WholeScope => true,
            Self::Range { code, gaps } => code.contains(&rva) && !gaps.iter().any(|gap| gap.contains(&rva)),
        }
    }
}
