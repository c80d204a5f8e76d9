//! What the monitor shows for `info registers`.

use std::collections::BTreeMap;

/// The registers of a processor by QEMU's names: `RIP`, `R8`, `RFL`, `CR3`, `DR7`; of segments, the selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers(BTreeMap<String, u64>);

impl Registers {
    /// The value of a register.
    ///
    /// # Panics
    /// If QEMU doesn't show it.
    pub fn value(&self, name: &str) -> u64 {
        *self.0.get(name).unwrap_or_else(|| panic!("QEMU shows no {name}: {:?}", self.0.keys()))
    }

    /// Reads `RIP=fffff8032000135d RFL=00010046 [...] R8 =…`: a name, an equals sign, hexadecimal digits.
    pub(super) fn parse(text: &str) -> Self {
        let mut registers = BTreeMap::new();
        for (at, _) in text.match_indices('=') {
            let name = text[..at].trim_end().rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let value: String = text[at + 1..].trim_start().chars().take_while(char::is_ascii_hexdigit).collect();
            // Long floating-point values are no registers of that many bits.
            if let Ok(value) = u64::from_str_radix(&value, 16) {
                registers.insert(name.to_owned(), value);
            }
        }
        Self(registers)
    }
}

#[test]
fn registers_are_read_by_name() {
    let text = "CPU#0\r\nRAX=0000000000000001 R8 =00000000000000ff R10=fffff80000000000\r\nRIP=fffff8032000135d \
                RFL=00010046 [---Z-P-] CPL=0\r\nCS =0010 0000000000000000 00000000 00209b00\r\n";
    let registers = Registers::parse(text);
    let named = ["RAX", "R8", "R10", "RIP", "RFL", "CPL", "CS"].map(|name| registers.value(name));
    assert_eq!(named, [1, 0xff, 0xffff_f800_0000_0000, 0xffff_f803_2000_135d, 0x10046, 0, 0x10]);
}
