//! The arguments of `s`.

use crate::arguments::Arguments;
use crate::byte_values;
use crate::command::{CommandError, Invocation};
use memory::VirtualAddress;

/// Hits that `-[s]` saves where `-[n]` doesn't say how many.
const DEFAULT_SAVED: usize = 1024;
/// Shortest text that `-sa` and `-su` find where `-[l]` doesn't say.
const DEFAULT_LENGTH: usize = 3;
/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 4096;

/// What `s` is asked for.
pub(super) struct Request {
    pub(super) start: VirtualAddress,
    /// Behind the last byte.
    pub(super) end: VirtualAddress,
    pub(super) wanted: Wanted,
    /// `-[1]`
    pub(super) addresses_only: bool,
    /// `-[s]`: saves so many hits.
    pub(super) save: Option<usize>,
    /// `-[r]`: looks at the saved hits only.
    pub(super) again: bool,
}

/// What is looked for.
pub(super) enum Wanted {
    /// These bytes, at multiples of the unit; shown as the command `layout` shows memory.
    Pattern { bytes: Vec<u8>, unit: usize, layout: &'static str },
    /// Any text of characters of `unit` bytes.
    Strings { unit: usize, length: usize },
}

/// What stands in brackets before the type.
#[derive(Default)]
struct Flags {
    save: bool,
    again: bool,
    addresses_only: bool,
    hits: Option<usize>,
    length: Option<usize>,
}

impl Request {
    /// Reads the arguments.
    pub(super) fn parse(invocation: &Invocation<'_>, usage: &'static str) -> Result<Self, CommandError> {
        let session = &*invocation.session;
        let mut arguments = Arguments::new(invocation.arguments, usage);
        let (flags, kind) = kind(&mut arguments)?;
        let unit: usize = match kind {
            "w" | "u" | "su" => 2,
            "d" => 4,
            "q" => 8,
            _ => 1,
        };
        // Text counts bytes, as the originals do.
        let counted = if matches!(kind, "u" | "su") { 1 } else { unit as u64 };
        let range = arguments.whole_range(session, counted)?;
        let bytes = range.count.saturating_mul(counted);
        let end = VirtualAddress(range.start.0.saturating_add(bytes));
        let wanted = match kind {
            "sa" | "su" => {
                arguments.finish()?;
                Wanted::Strings { unit, length: flags.length.unwrap_or(DEFAULT_LENGTH) }
            }
            _ => {
                let bytes = match kind {
                    "a" => text(&mut arguments)?.into_bytes(),
                    "u" => text(&mut arguments)?.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                    _ => byte_values::numbers(&mut arguments, session, unit, MAX_PATTERN)?,
                };
                let layout = match kind {
                    "w" | "u" => "dW",
                    "d" => "dc",
                    "q" => "dq",
                    _ => "db",
                };
                // Text may stand anywhere.
                Wanted::Pattern { bytes, unit: if kind == "u" { 1 } else { unit }, layout }
            }
        };
        let save = flags.save.then(|| flags.hits.unwrap_or(DEFAULT_SAVED));
        let (addresses_only, again) = (flags.addresses_only, flags.again);
        Ok(Self { start: range.start, end, wanted, addresses_only, save, again })
    }
}

/// `-[flags]type`
fn kind<'t>(arguments: &mut Arguments<'t>) -> Result<(Flags, &'t str), CommandError> {
    let Some(rest) = arguments.rest().strip_prefix('-') else { return Ok((Flags::default(), "b")) };
    let text = arguments.take_rest();
    let (flags, rest) = match rest.strip_prefix('[') {
        Some(inside) => {
            let (inside, rest) = inside.split_once(']').ok_or_else(|| arguments.usage("a ] is missing"))?;
            (parse_flags(inside, arguments)?, rest)
        }
        None => (Flags::default(), rest),
    };
    let kinds = ["sa", "su", "b", "w", "d", "q", "a", "u"];
    let starts = |kind: &&&str| rest.strip_prefix(**kind).is_some_and(|rest| !rest.starts_with(char::is_alphabetic));
    let kind = kinds.iter().find(starts).ok_or_else(|| arguments.usage(format!("unknown type in '{text}'")))?;
    *arguments = arguments.with_rest(rest.get(kind.len()..).unwrap_or_default());
    Ok((flags, kind))
}

fn parse_flags(text: &str, arguments: &Arguments<'_>) -> Result<Flags, CommandError> {
    let mut flags = Flags::default();
    let mut rest = text.trim();
    while let Some(flag) = rest.chars().next() {
        rest = rest.get(flag.len_utf8()..).unwrap_or_default();
        match flag {
            's' => flags.save = true,
            'r' => flags.again = true,
            '1' => flags.addresses_only = true,
            'n' | 'l' => {
                let number = rest.trim_start();
                let digits = number.find(|digit: char| !digit.is_ascii_hexdigit()).unwrap_or(number.len());
                let (digits, behind) = number.split_at(digits);
                let value = usize::from_str_radix(digits, 16);
                let value = value.map_err(|_| arguments.usage(format!("a number is missing behind {flag}")))?;
                *(if flag == 'n' { &mut flags.hits } else { &mut flags.length }) = Some(value);
                rest = behind;
            }
            'w' => return Err(arguments.usage("[w]: which memory is writable isn't known to a search")),
            other => return Err(arguments.usage(format!("unknown flag '{other}'"))),
        }
    }
    if flags.save && flags.again {
        return Err(arguments.usage("s and r exclude each other"));
    }
    Ok(flags)
}

/// Text in quotation marks, or all that is left.
fn text(arguments: &mut Arguments<'_>) -> Result<String, CommandError> {
    let rest = arguments.take_rest();
    let text = match rest.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').ok_or_else(|| arguments.usage("a \" is missing at the end"))?,
        None => rest,
    };
    if text.is_empty() || text.len() > MAX_PATTERN {
        return Err(arguments.usage(format!("a pattern of 1 to {MAX_PATTERN} bytes is needed")));
    }
    Ok(text.to_owned())
}
