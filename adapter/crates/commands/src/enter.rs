//! `e ea eb ed eD ef ep eq eu ew eza ezu`: entering values into memory, and `!eb !ed` into physical memory.

use crate::arguments::Arguments;
use crate::byte_values::{floats, numbers, quoted};
use crate::command::{Command, CommandError, Invocation};
use crate::report::Report;
use engine::Session;
use memory::{PhysicalAddress, VirtualAddress};

/// `eb` and its relatives.
pub static VALUES: Command = Command {
    names: &["e", "ea", "eb", "ed", "eD", "ef", "ep", "eq", "eu", "ew", "eza", "ezu"],
    usage: "e{b|d|D|f|p|q|w} address values | e{a|u|za|zu} address \"text\"",
    summary: "Enters values into memory: b bytes, d double words, D doubles, f floats, p pointers, q quad words, w words, a u text, za zu text and a zero; e as the last one",
    run,
};

/// `!eb`, `!ed`
pub static PHYSICAL: Command = Command {
    names: &["!eb", "!ed"],
    usage: "!e{b|d} [[c]|[uc]|[wc]] address values",
    summary: "Enters bytes or double words into physical memory",
    run: run_physical,
};

/// Most bytes of one command.
const MAX_BYTES: usize = 4096;

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &mut *invocation.session;
    let name = match invocation.name {
        "e" => session.recall.enter.unwrap_or("eb"),
        name => name,
    };
    let (address, bytes) = parse(session, name, invocation.arguments)?;
    session.recall.enter = Some(name);
    session.write_virtual(address, &bytes)?;
    Ok(Report::default())
}

/// Which bytes go where.
fn parse(session: &Session, name: &str, text: &str) -> Result<(VirtualAddress, Vec<u8>), CommandError> {
    let mut arguments = Arguments::new(text, VALUES.usage);
    let address = arguments.address(session)?.ok_or_else(|| arguments.usage("an address is missing"))?;
    if arguments.rest().is_empty() {
        return Err(arguments.usage("values are missing: they can't be asked for one by one here"));
    }
    let pointer_size = session.target().architecture().pointer_size();
    let bytes = match name {
        "ea" => quoted(&mut arguments)?.as_bytes().to_vec(),
        "eza" => [quoted(&mut arguments)?.as_bytes(), &[0]].concat(),
        "eu" => utf16(quoted(&mut arguments)?, ""),
        "ezu" => utf16(quoted(&mut arguments)?, "\0"),
        "ef" => floats(&mut arguments, 4)?,
        "eD" => floats(&mut arguments, 8)?,
        "ew" => numbers(&mut arguments, session, 2, MAX_BYTES)?,
        "ed" => numbers(&mut arguments, session, 4, MAX_BYTES)?,
        "eq" => numbers(&mut arguments, session, 8, MAX_BYTES)?,
        "ep" => numbers(&mut arguments, session, pointer_size, MAX_BYTES)?,
        _ if arguments.rest().starts_with('"') => quoted(&mut arguments)?.as_bytes().to_vec(),
        _ => numbers(&mut arguments, session, 1, MAX_BYTES)?,
    };
    Ok((address, bytes))
}

fn utf16(text: &str, end: &str) -> Vec<u8> {
    text.encode_utf16().chain(end.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn run_physical(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &mut *invocation.session;
    let mut arguments = Arguments::new(invocation.arguments, PHYSICAL.usage);
    arguments.caching()?;
    let address = arguments.physical(session)?.ok_or_else(|| arguments.usage("an address is missing"))?;
    let unit = if invocation.name == "!ed" { 4 } else { 1 };
    let bytes = numbers(&mut arguments, session, unit, MAX_BYTES)?;
    session.write_physical(PhysicalAddress(address), &bytes)?;
    Ok(Report::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::target::OpenOptions;
    use std::path::Path;

    fn sample() -> Session {
        let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples/crash/sample.dmp");
        Session::open(&dump, &OpenOptions::default()).unwrap()
    }

    #[test]
    fn values_are_bytes_as_the_target_has_them() {
        let session = &sample();
        let check = |name: &str, values: &str, expected: &[u8]| {
            let found = parse(session, name, &format!("1000 {values}")).unwrap();
            assert_eq!(found, (VirtualAddress(0x1000), expected.to_vec()), "{name} {values}");
        };
        check("eb", "1 ff (-1) 'a' 0n10", &[1, 0xff, 0xff, b'a', 10]);
        check("eb", "'ab' \t3".trim_end(), b"ab\x03");
        check("eb", "\"a b\"", b"a b");
        check("ew", "1234 (-2)", &[0x34, 0x12, 0xfe, 0xff]);
        check("ed", "12345678 'abcd'", b"\x78\x56\x34\x12dcba");
        check("eq", "fffff804`7bdf5a80", &[0x80, 0x5a, 0xdf, 0x7b, 0x04, 0xf8, 0xff, 0xff]);
        check("ep", "1+1", &[2, 0, 0, 0, 0, 0, 0, 0]);
        check("ef", "1.5 -2", &[0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
        check("eD", "1.5", &[0, 0, 0, 0, 0, 0, 0xf8, 0x3f]);
        check("ea", "\"ab\"", b"ab");
        check("eza", "\"ab\"", b"ab\0");
        check("eu", "\"a\u{e4}\"", &[b'a', 0, 0xe4, 0]);
        check("ezu", "\"a\"", &[b'a', 0, 0, 0]);
    }

    #[test]
    fn what_is_no_value_of_the_size_is_refused() {
        let session = &sample();
        let check = |name: &str, text: &str, why: &str| {
            let error = parse(session, name, text).unwrap_err().to_string();
            assert!(error.contains(why), "{name} {text}: {error}");
        };
        check("eb", "", "an address is missing");
        check("eb", "1000", "values are missing");
        check("eb", "1000 100", "a value doesn't fit 1 bytes");
        check("ew", "1000 'abc'", "a value doesn't fit 2 bytes");
        check("eb", "1000 'a", "a ' is missing");
        check("ea", "1000 abc", "quotation marks");
        check("ef", "1000 1.5 x", "'x' is no floating-point number");
    }

    #[test]
    fn a_dump_refuses_at_the_first_byte() {
        let session = &mut sample();
        let refused = |session: &mut Session, line: &str, at: &str| {
            let error = crate::execute(session, line).unwrap_err().to_string();
            assert_eq!(error, format!("Memory access error at {at}: a crash dump can't be changed"));
        };
        refused(session, "eb 1000 1", "00000000`00001000");
        refused(session, "e 2000 1", "00000000`00002000");
        refused(session, "!ed [uc] 3000 1", "00000000`00003000");
    }
}
