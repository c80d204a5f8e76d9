//! Registers in groups, as they are in a frame: what the caller of a function can't know says so.

use super::container::{Container, Row, Surroundings};
use arch::{FlagBit, Register, RegisterGroup, RegisterId};
use engine::stack::Frame;
use memory::VirtualAddress;

/// One row for each group that the processor has.
pub fn groups(around: &Surroundings<'_>) -> Vec<Row> {
    let mut groups: Vec<(RegisterGroup, u64)> = Vec::new();
    for register in registers(around) {
        match groups.iter_mut().find(|(group, _)| *group == register.group) {
            Some((_, count)) => *count += 1,
            None => groups.push((register.group, 1)),
        }
    }
    let row = |(group, named): (RegisterGroup, u64)| Row {
        name: group.to_string(),
        container: Some(Container::RegisterGroup(group)),
        named,
        ..Row::default()
    };
    groups.into_iter().map(row).collect()
}

/// The registers of one group.
pub fn group(around: &Surroundings<'_>, group: RegisterGroup) -> Vec<Row> {
    let Some(frame) = &around.frame else { return Vec::new() };
    let numbered = (0_u16..).map(RegisterId).zip(registers(around));
    numbered
        .filter(|(_, register)| register.group == group)
        .map(|(id, register)| row(around, frame, id, register))
        .collect()
}

fn registers(around: &Surroundings<'_>) -> &'static [Register] {
    around.engine.target().architecture().registers()
}

fn row(around: &Surroundings<'_>, frame: &Frame, id: RegisterId, register: &Register) -> Row {
    let Register { name, bits, .. } = *register;
    let evaluate_name = Some(format!("@{name}"));
    let ty = Some(type_name(bits).to_owned());
    let Some(value) = frame.context.get(id) else {
        let value = "not known in this frame".to_owned();
        return Row { name: name.to_owned(), value, ty, evaluate_name, ..Row::default() };
    };
    let digits = usize::from(bits.div_ceil(4));
    let mut text = format!("0x{value:0digits$x}");
    let architecture = around.engine.target().architecture();
    let flags = architecture.flags().filter(|(flags, _)| *flags == id);
    let address = u64::try_from(value).ok().map(VirtualAddress);
    let is_address = register.group == RegisterGroup::General && usize::from(bits) == architecture.pointer_size() * 8;
    let address = address.filter(|_| is_address);
    if let Some((_, flags)) = flags {
        text.push_str(&format!("  {}", flag_words(value, flags)));
    } else if let Some(name) = address.and_then(|address| around.loaded_symbol(address)) {
        text.push_str(&format!("  {name}"));
    }
    Row { name: name.to_owned(), value: text, ty, evaluate_name, memory: address, ..Row::default() }
}

/// `nv up ei pl zr na pe nc`: a word for each flag, as the debuggers show them.
fn flag_words(value: u128, flags: &[FlagBit]) -> String {
    let word = |flag: &FlagBit| if value >> flag.bit & 1 == 1 { flag.set } else { flag.clear };
    flags.iter().map(word).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn type_name(bits: u16) -> &'static str {
    match bits {
        ..=8 => "unsigned char",
        9..=16 => "unsigned short",
        17..=32 => "unsigned long",
        33..=64 => "unsigned __int64",
        65..=80 => "long double",
        _ => "__m128",
    }
}
