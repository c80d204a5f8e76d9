//! Pseudo-registers that are addresses by nature, and what lies there ("Registers and pseudo-registers in C++
//! expressions").

/// Addresses of bytes: in C++ expressions they are `PUCHAR`.
const BYTES: &[&str] = &["$ip", "$eventip", "$previp", "$relip", "$scopeip", "$exentry", "$ra", "$csp", "$ea", "$ea2"];
/// Addresses of NT's structures, and the tags of these.
const STRUCTURES: &[(&str, &str)] =
    &[("$proc", "_EPROCESS"), ("$thread", "_ETHREAD"), ("$peb", "_PEB"), ("$teb", "_TEB")];

/// What a pseudo-register points at.
pub(super) enum PointsAt {
    /// Bytes.
    Bytes,
    /// The structure of module `nt` with this tag.
    Structure(&'static str),
}

/// What the pseudo-register `name` (with its `$`) points at; None for plain numbers.
pub(super) fn points_at(name: &str) -> Option<PointsAt> {
    if BYTES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Some(PointsAt::Bytes);
    }
    let (_, tag) = STRUCTURES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(PointsAt::Structure(tag))
}
