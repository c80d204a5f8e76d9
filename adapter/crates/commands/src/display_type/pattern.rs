//! Which fields `dt` is asked for: `ImageFileName`, `Pcb.Header`, `Ldr.`, `a..c`, `Links*`, `Slots[1]`.

use symbols::NamePattern;

/// A field, or several: names, one for each level, with dots between. A name before a dot is the beginning of one, an
/// empty name stands for every field, so that a dot at the end displays the fields of a field.
#[derive(Clone, Debug)]
pub(super) struct FieldPattern {
    levels: Vec<Level>,
    /// Characters of what was typed: names are filled up to the longest.
    pub(super) length: usize,
    /// Elements to display, if it is an array.
    pub(super) elements: Option<u64>,
}

#[derive(Clone, Debug)]
struct Level {
    name: NamePattern,
    subscript: Option<u64>,
}

/// A part of a pattern that applies to the fields of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selection<'p> {
    pub(super) pattern: &'p FieldPattern,
    level: usize,
}

impl FieldPattern {
    /// Reads a pattern; `is_prefix` says that its last name is the beginning of one (`-y`).
    pub(super) fn new(text: &str, is_prefix: bool, elements: Option<u64>) -> Self {
        let names: Vec<&str> = text.split('.').collect();
        let last = names.len().saturating_sub(1);
        let level = |(index, name): (usize, &&str)| {
            let (name, subscript) = split_subscript(name);
            let open = is_prefix || index < last || name.is_empty();
            let pattern = if open && subscript.is_none() { format!("{name}*") } else { name.to_owned() };
            Level { name: NamePattern::new(&pattern), subscript }
        };
        Self { levels: names.iter().enumerate().map(level).collect(), length: text.chars().count(), elements }
    }

    /// What the pattern says of the fields of the outermost record.
    pub(super) fn outermost(&self) -> Selection<'_> {
        Selection { pattern: self, level: 0 }
    }
}

impl Selection<'_> {
    /// Whether it means the field with this name.
    pub(super) fn matches(&self, name: &str) -> bool {
        self.pattern.levels.get(self.level).is_some_and(|level| level.name.matches(name))
    }

    /// The element that is meant, if the field is an array.
    pub(super) fn subscript(&self) -> Option<u64> {
        self.pattern.levels.get(self.level)?.subscript
    }

    /// What it says of the field's own fields; None where it ends with the field.
    pub(super) fn inner(&self) -> Option<Self> {
        let level = self.level + 1;
        (level < self.pattern.levels.len()).then_some(Self { pattern: self.pattern, level })
    }
}

/// `name[3]` as `name` and 3.
pub(super) fn split_subscript(text: &str) -> (&str, Option<u64>) {
    let split = text.strip_suffix(']').and_then(|text| text.rsplit_once('['));
    match split.and_then(|(name, index)| Some((name, index.parse().ok()?))) {
        Some((name, index)) => (name, Some(index)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_before_a_dot_are_beginnings_and_empty_ones_anything() {
        let pattern = FieldPattern::new("a..c.", false, None);
        let outermost = pattern.outermost();
        assert!(outermost.matches("abc") && !outermost.matches("b"));
        let third = outermost.inner().unwrap().inner().unwrap();
        assert!(outermost.inner().unwrap().matches("anything") && third.matches("cd") && !third.matches("d"));
        assert!(third.inner().unwrap().matches("x") && third.inner().unwrap().inner().is_none());
    }

    #[test]
    fn a_whole_name_is_exact_unless_y_says_otherwise() {
        let matches = |pattern: &FieldPattern, name: &str| pattern.outermost().matches(name);
        assert!(!matches(&FieldPattern::new("Ima", false, None), "ImageFileName"));
        assert!(matches(&FieldPattern::new("Ima", true, None), "ImageFileName"));
        assert!(matches(&FieldPattern::new("ima*", false, None), "ImageFileName"));
        let element = FieldPattern::new("Slots[1]", false, None);
        assert!(matches(&element, "Slots") && element.outermost().subscript() == Some(1));
    }
}
