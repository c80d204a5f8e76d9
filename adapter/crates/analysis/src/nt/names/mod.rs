//! Names of numbers: bug check codes, NTSTATUS values and Win32 error codes.
//!
//! The tables are data files made by `generate.py` from Microsoft's public metadata.

use std::sync::OnceLock;

static BUGCHECKS: &str = include_str!("bugchecks.txt");
static NTSTATUS: &str = include_str!("ntstatus.txt");
static WIN32: &str = include_str!("win32.txt");

/// Name of a bug check code, such as `IRQL_NOT_LESS_OR_EQUAL` for 0xA.
pub fn bugcheck(code: u32) -> Option<&'static str> {
    static TABLE: OnceLock<Vec<(u32, &'static str)>> = OnceLock::new();
    find(TABLE.get_or_init(|| parse(BUGCHECKS)), code)
}

/// Name of an NTSTATUS value, such as `STATUS_ACCESS_VIOLATION` for 0xC0000005.
pub fn ntstatus(status: u32) -> Option<&'static str> {
    static TABLE: OnceLock<Vec<(u32, &'static str)>> = OnceLock::new();
    find(TABLE.get_or_init(|| parse(NTSTATUS)), status)
}

/// Name of a Win32 error code, such as `ERROR_ACCESS_DENIED` for 5.
pub fn win32_error(code: u32) -> Option<&'static str> {
    static TABLE: OnceLock<Vec<(u32, &'static str)>> = OnceLock::new();
    find(TABLE.get_or_init(|| parse(WIN32)), code)
}

fn parse(text: &'static str) -> Vec<(u32, &'static str)> {
    let line = |line: &'static str| {
        let (value, name) = line.split_once(' ')?;
        Some((u32::from_str_radix(value, 16).ok()?, name))
    };
    text.lines().filter_map(line).collect()
}

fn find(table: &[(u32, &'static str)], value: u32) -> Option<&'static str> {
    let index = table.binary_search_by_key(&value, |&(key, _)| key).ok()?;
    table.get(index).map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_microsofts_names() {
        assert_eq!(bugcheck(0xd1), Some("DRIVER_IRQL_NOT_LESS_OR_EQUAL"));
        assert_eq!(bugcheck(0x1000_007e), Some("SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M"));
        assert_eq!(bugcheck(0xdead_dead), Some("MANUALLY_INITIATED_CRASH1"));
        assert_eq!(bugcheck(0x7fff_ffff), None);
        assert_eq!(ntstatus(0xc000_0005), Some("STATUS_ACCESS_VIOLATION"));
        assert_eq!(ntstatus(0), Some("STATUS_SUCCESS"));
        assert_eq!(win32_error(0), Some("ERROR_SUCCESS"));
        assert_eq!(win32_error(5), Some("ERROR_ACCESS_DENIED"));
    }

    #[test]
    fn every_line_of_the_tables_is_used_and_they_are_sorted() {
        for text in [BUGCHECKS, NTSTATUS, WIN32] {
            let table = parse(text);
            assert_eq!(table.len(), text.lines().count());
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
