//! Wildcards in names, by the rules of the debugger's documentation ("String wildcard syntax").

/// A name with wildcards, matched without regard to case.
///
/// `*` any text; `?` one character; `[er-t7]` one of a list; `#` nothing or more of the preceding character;
/// `+` one or more of it; `\` takes the next character as it is.
///
/// ```text
/// Prog[er-t7]am   Progeam Program Progsam Progtam Prog7am
/// Lo#p            Lp Lop Loop Looop
/// m[ia]+n         min man maan main ..., but not mn
/// ```
#[derive(Clone, Debug)]
pub struct NamePattern {
    steps: Vec<Step>,
    literal: Option<String>,
}

#[derive(Clone, Debug)]
struct Step {
    characters: Characters,
    repeats: bool,
}

#[derive(Clone, Debug)]
enum Characters {
    Any,
    One(char),
    Ranges(Vec<(char, char)>),
}

impl NamePattern {
    /// Reads a pattern. Every text is one: a bracket that isn't closed, and a `#` or `+` at the start, stand for
    /// themselves.
    pub fn new(text: &str) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        let mut literal = Some(String::new());
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let step = match character {
                '*' => Step { characters: Characters::Any, repeats: true },
                '?' => Step { characters: Characters::Any, repeats: false },
                '#' if !steps.is_empty() => {
                    if let Some(last) = steps.last_mut() {
                        last.repeats = true;
                    }
                    literal = None;
                    continue;
                }
                '+' if !steps.is_empty() => {
                    let again = steps.last().map(|last| Step { repeats: true, ..last.clone() });
                    steps.extend(again);
                    literal = None;
                    continue;
                }
                '[' => match bracketed(rest.as_str()) {
                    Some((ranges, behind)) => {
                        rest = behind.chars();
                        Step { characters: Characters::Ranges(ranges), repeats: false }
                    }
                    None => Step::one('['),
                },
                '\\' => Step::one(rest.next().unwrap_or('\\')),
                other => Step::one(other),
            };
            literal = match (&step.characters, literal) {
                (Characters::One(character), Some(mut text)) => {
                    text.push(*character);
                    Some(text)
                }
                _ => None,
            };
            steps.push(step);
        }
        Self { steps, literal }
    }

    /// As [`NamePattern::new`], but underscores at the start stand for any number of underscores, even none: what the
    /// debugger does where a pattern is for symbols.
    pub fn for_symbols(text: &str) -> Self {
        let name = text.trim_start_matches('_');
        let mut pattern = Self::new(name);
        if name.len() != text.len() {
            pattern.steps.insert(0, Step { characters: Characters::One('_'), repeats: true });
            pattern.literal = None;
        }
        pattern
    }

    /// The only name that the pattern stands for (in any case), if it has no wildcards.
    pub fn literal(&self) -> Option<&str> {
        self.literal.as_deref()
    }

    /// Whether the whole of `name` matches. Takes time in proportion to name times pattern, whatever the pattern.
    pub fn matches(&self, name: &str) -> bool {
        // Thompson's simulation: `live[i]` says that the steps before `i` can have matched what was read so far.
        let mut live = vec![false; self.steps.len() + 1];
        if let Some(start) = live.first_mut() {
            *start = true;
        }
        let mut next = live.clone();
        self.skip_repeats(&mut live);
        for character in name.chars() {
            next.fill(false);
            for (at, step) in self.steps.iter().enumerate() {
                if live.get(at) == Some(&true) && step.characters.contain(character) {
                    let target = if step.repeats { at } else { at + 1 };
                    if let Some(state) = next.get_mut(target) {
                        *state = true;
                    }
                }
            }
            self.skip_repeats(&mut next);
            std::mem::swap(&mut live, &mut next);
            if !live.contains(&true) {
                return false;
            }
        }
        live.last() == Some(&true)
    }

    /// A step that repeats may also match nothing.
    fn skip_repeats(&self, live: &mut [bool]) {
        for (at, step) in self.steps.iter().enumerate() {
            if step.repeats && live.get(at) == Some(&true) {
                if let Some(state) = live.get_mut(at + 1) {
                    *state = true;
                }
            }
        }
    }
}

impl Step {
    fn one(character: char) -> Self {
        Self { characters: Characters::One(character), repeats: false }
    }
}

impl Characters {
    fn contain(&self, character: char) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => one.eq_ignore_ascii_case(&character),
            Self::Ranges(ranges) => ranges.iter().any(|(low, high)| {
                (*low..=*high).contains(&character.to_ascii_lowercase())
                    || (*low..=*high).contains(&character.to_ascii_uppercase())
            }),
        }
    }
}

/// The ranges of a bracketed list, and what follows its `]`.
fn bracketed(text: &str) -> Option<(Vec<(char, char)>, &str)> {
    let (list, behind) = text.split_once(']')?;
    let mut ranges = Vec::new();
    let mut characters = list.chars().peekable();
    while let Some(low) = characters.next() {
        let mut ahead = characters.clone();
        let high = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) => {
                characters = ahead;
                high
            }
            _ => low,
        };
        ranges.push((low, high));
    }
    Some((ranges, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let compiled = NamePattern::new(pattern);
        for name in matching {
            assert!(compiled.matches(name), "{pattern} must match {name}");
        }
        for name in others {
            assert!(!compiled.matches(name), "{pattern} must not match {name}");
        }
    }

    #[test]
    fn the_documentation_s_examples_hold() {
        check("Prog[er-t7]am", &["Progeam", "Program", "Progsam", "Progtam", "Prog7am"], &["Progam", "Progqam"]);
        check("Lo#p", &["Lp", "Lop", "Loop", "Looop"], &["Loxp"]);
        check("m[ia]#n", &["mn", "min", "man", "maan", "main", "mian", "miin", "miain"], &["mun"]);
        check("m[ia]+n", &["min", "main"], &["mn"]);
        check("a?+b", &["acb", "axyzb"], &["ab"]);
    }

    #[test]
    fn names_match_whole_and_in_any_case() {
        check("kebug*ex", &["KeBugCheckEx", "KEBUGEX"], &["KeBugCheckExt", "xKeBugCheckEx"]);
        check("*irp*", &["IopFreeIrp", "irp"], &["ir"]);
        check("", &[""], &["a"]);
    }

    #[test]
    fn a_backslash_and_stray_marks_are_literal() {
        check(r"a\*b", &["a*b"], &["axb"]);
        check("[abc", &["[abc"], &["a"]);
        check("+x", &["+x"], &["x"]);
    }

    #[test]
    fn leading_underscores_of_a_symbol_are_any_number() {
        let pattern = NamePattern::for_symbols("_main*");
        assert!(pattern.matches("main") && pattern.matches("__mainCRTStartup") && !pattern.matches("xmain"));
    }

    #[test]
    fn a_pattern_without_wildcards_is_a_name() {
        assert_eq!(NamePattern::new("KiProcessorBlock").literal(), Some("KiProcessorBlock"));
        assert_eq!(NamePattern::new("Ki*").literal(), None);
    }

    #[test]
    fn no_pattern_takes_exponential_time() {
        let pattern = NamePattern::new(&"*a".repeat(200));
        assert!(!pattern.matches(&"a".repeat(199)));
    }
}
