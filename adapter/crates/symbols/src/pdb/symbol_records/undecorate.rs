//! Linker's names and programmer's names.

use msvc_demangler::DemangleFlags;

const IMAGE_FILE_MACHINE_I386: u16 = 0x14c;

/// What the names of string literals begin with, and what they are called.
const STRING: &[u8] = b"??_C@";
const STRING_NAME: &str = "`string'";
/// How the compiler's descriptions of types (`??_R0` to `??_R4`) begin where they are undecorated.
const RTTI: &str = "`RTTI";

/// What to show for a public symbol's name, if it is decorated: of C++ names the qualified name without types, of C
/// names the name without what the calling convention added.
pub(crate) fn undecorate(name: &str, machine: Option<u16>) -> Option<String> {
    if name.starts_with('?') {
        return undecorate_cpp(name);
    }
    undecorate_c(name.as_bytes(), machine).map(|plain| String::from_utf8_lossy(plain).into_owned())
}

/// The word by which a decorated name is found: the plain C name, or of a C++ name the innermost identifier.
pub(crate) fn key_of_decorated(name: &[u8], machine: Option<u16>) -> Option<&[u8]> {
    let Some(cpp) = name.strip_prefix(b"?") else { return undecorate_c(name, machine) };
    if name.starts_with(STRING) {
        return Some(STRING_NAME.as_bytes());
    }
    if name.starts_with(b"??_R") {
        return Some(RTTI.as_bytes());
    }
    let from_identifier = match cpp {
        // An operator of three characters, two, or one; what it belongs to comes behind.
        [b'?', b'_', b'_', _, rest @ ..] => rest,
        [b'?', b'_', _, rest @ ..] => rest,
        [b'?', operator, rest @ ..] if *operator != b'$' => rest,
        rest => rest,
    };
    let from_identifier = from_identifier.strip_prefix(b"?$").unwrap_or(from_identifier);
    from_identifier.split(|&byte| byte == b'@').next().filter(|identifier| !identifier.is_empty())
}

/// The word by which an undecorated name is found among those of [`key_of_decorated`].
pub(crate) fn key_of_plain(name: &str) -> String {
    if name.contains(RTTI) {
        return RTTI.to_owned();
    }
    let is_word = |word: &&str| {
        word.starts_with(|first: char| first.is_alphabetic() || first == '_') && !word.starts_with("operator")
    };
    let without_arguments = without_template_arguments(name);
    let mut words = without_arguments.rsplit("::").map(|word| word.trim_start_matches('~'));
    words.find(is_word).unwrap_or(name).to_owned()
}

fn without_template_arguments(name: &str) -> String {
    let mut depth = 0_u32;
    let outside = |character: &char| match character {
        '<' => {
            depth += 1;
            false
        }
        '>' if depth > 0 => {
            depth -= 1;
            false
        }
        _ => depth == 0,
    };
    name.chars().filter(outside).collect()
}

/// A C function's name without decoration. On x86 `_name` (`__cdecl`), `_name@8` (`__stdcall`), `@name@8`
/// (`__fastcall`); everywhere `name@@8` (`__vectorcall`).
fn undecorate_c(name: &[u8], machine: Option<u16>) -> Option<&[u8]> {
    let is_x86 = machine == Some(IMAGE_FILE_MACHINE_I386);
    let argument_bytes = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let convention = name.get(..name.len() - argument_bytes).filter(|_| argument_bytes > 0);
    let plain = match convention.and_then(|name| name.strip_suffix(b"@")) {
        Some([plain @ .., b'@']) => plain,
        Some([b'_' | b'@', plain @ ..]) if is_x86 => plain,
        None if is_x86 && !name.starts_with(b"__imp_") => name.strip_prefix(b"_")?,
        _ => return None,
    };
    Some(plain).filter(|plain| !plain.is_empty() && !plain.contains(&b'?'))
}

/// The demangler descends for each nested type, and copies what a digit refers back to: names past these limits could
/// exhaust the stack or the memory, and stay decorated. In a Windows kernel and the usual libraries one in a hundred is.
const LENGTH_LIMIT: usize = 512;
const DIGITS_LIMIT: usize = 16;

/// The qualified name in a C++ decorated one.
fn undecorate_cpp(name: &str) -> Option<String> {
    if name.as_bytes().starts_with(STRING) {
        return Some(STRING_NAME.to_owned());
    }
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    // The demangler trusts what stands in string literals, which can also be nested.
    if name.len() > LENGTH_LIMIT || digits > DIGITS_LIMIT || name.contains("?_C") {
        return None;
    }
    let plain = msvc_demangler::demangle(name, DemangleFlags::NAME_ONLY).ok()?;
    // Whose table it is isn't part of the name, and is written without its end.
    let plain = plain.strip_suffix("{for `").unwrap_or(&plain);
    Some(plain.to_owned()).filter(|plain| !plain.is_empty() && plain != name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, machine: u16, expected: Option<&str>) {
        assert_eq!(undecorate(name, Some(machine)).as_deref(), expected, "{name}");
    }

    #[test]
    fn c_names_lose_what_the_calling_convention_added() {
        check("_main", 0x14c, Some("main"));
        check("_DriverEntry@8", 0x14c, Some("DriverEntry"));
        check("@KfAcquireSpinLock@4", 0x14c, Some("KfAcquireSpinLock"));
        check("VectorAdd@@32", 0x8664, Some("VectorAdd"));
        check("__imp__ExFreePool@4", 0x14c, Some("_imp__ExFreePool"));
    }

    #[test]
    fn underscores_stay_where_c_names_aren_t_decorated() {
        check("_wcsicmp", 0x8664, None);
        check("main", 0x14c, None);
        check("_", 0x14c, None);
        check("_CT??_R0?AVError@@@8", 0x8664, None);
    }

    #[test]
    fn cpp_names_are_shown_without_types() {
        check("?Stop@Device@driver@@QEAAXH@Z", 0x8664, Some("driver::Device::Stop"));
        check("??0Device@@QEAA@XZ", 0x8664, Some("Device::Device"));
        check("??_C@_0BC@abc@text@", 0x8664, Some("`string'"));
        check(&format!("?f@@YAX{}@Z", "PEA".repeat(300)), 0x8664, None);
        check("?broken", 0x8664, None);
    }

    #[test]
    fn a_plain_name_s_key_is_that_of_the_decorated_one() {
        for decorated in [
            "?Stop@Device@driver@@QEAAXH@Z",
            "??0Device@@QEAA@XZ",
            "??1Device@@QEAA@XZ",
            "??8Device@@QEAA_NH@Z",
            "??_7Device@driver@@6B@",
            "??$Sum@H@math@@YAHH@Z",
            "?Get@?$Box@H@@QEAAHXZ",
            "??_8?$basic_ostream@DU?$char_traits@D@std@@@std@@7B@",
            "??_R4exception@std@@6B@",
            "??_R0?AVexception@std@@@8",
        ] {
            let plain = undecorate(decorated, Some(0x8664)).unwrap();
            let key = key_of_decorated(decorated.as_bytes(), Some(0x8664));
            assert_eq!(Some(key_of_plain(&plain).as_bytes()), key, "{decorated} {plain}");
        }
    }
}
