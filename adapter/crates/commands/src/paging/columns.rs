//! Page table entries side by side, a column for each level.
//!
//! ```text
//!                                            VA fffff801625a4000
//! PXE at FFFFE673399CCF80    PPE at FFFFE673399F0028    PDE at FFFFE6733E005890    PTE at FFFFE67C00B12D20
//! contains 00000000001D0063  contains 00000000001CF063  contains 0A0000011169D863  contains 89000001C0FDF121
//! pfn 1d0       ---DA--KWEV  pfn 1cf       ---DA--KWEV  pfn 11169d    ---DA--KWEV  pfn 1c0fdf    -G--A--KR-V
//! ```

use crate::report::{Format, Piece, Record, Report, Value};
use analysis::nt::pte::{InvalidEntry, Protection};
use arch::{AddressSpace, EntryFlags, EntryMeaning, PagingMode};
use memory::{PageTableLevel, Pfn, PhysicalAddress, VirtualAddress};

/// An entry of one level.
pub(super) struct Column {
    pub(super) level: PageTableLevel,
    /// Where it lies in virtual memory, if that is known.
    pub(super) at: Option<VirtualAddress>,
    pub(super) contents: Contents,
}

/// What there is to say of an entry.
pub(super) enum Contents {
    /// It was read.
    Entry(u64),
    /// It couldn't be read; says why.
    Unreadable(String),
    /// There is none: the page belongs to a large one.
    InLargePage(Pfn),
    /// The walk ended above it.
    NotReached,
}

/// Widths of the text of a mode.
struct Widths {
    /// From one column to the next.
    column: usize,
    /// Of a page frame number.
    pfn: usize,
    /// Of the letters.
    letters: usize,
    /// What stands before `VA`.
    margin: usize,
    /// Digits of an address.
    digits: usize,
    /// Digits of an entry.
    entry_digits: usize,
}

impl Widths {
    fn of(mode: PagingMode) -> Self {
        match mode {
            PagingMode::X86 => Self { column: 24, pfn: 6, letters: 11, margin: 17, digits: 8, entry_digits: 8 },
            PagingMode::X86Pae => Self { column: 27, pfn: 10, letters: 11, margin: 20, digits: 8, entry_digits: 16 },
            PagingMode::Amd64FourLevel | PagingMode::Amd64FiveLevel | PagingMode::Arm64 => {
                Self { column: 27, pfn: 10, letters: 11, margin: 43, digits: 16, entry_digits: 16 }
            }
        }
    }
}

/// The lines of an address and its entries, top level first.
pub(super) fn show(report: &mut Report, space: AddressSpace, address: VirtualAddress, columns: &[Column]) {
    let widths = Widths::of(space.mode);
    let title = Record::new("address").text(format!("{:margin$}VA ", "", margin = widths.margin));
    let digits = widths.digits;
    report.push(title.field("address", address, Format::Hidden).text(format!("{:0digits$x}", address.0)));
    report.push(line(&widths, columns, "places", |column, record| place(column, record, digits)));
    let digits = widths.entry_digits;
    report.push(line(&widths, columns, "entries", |column, record| contents(column, record, digits)));
    report.push(line(&widths, columns, "meanings", |column, record| meaning(space, &widths, column, record)));
    for (index, column) in columns.iter().enumerate() {
        let indent = Piece::Text(" ".repeat(index * widths.column + 1));
        for Record { kind, pieces } in details(space, column) {
            report.push(Record { kind, pieces: std::iter::once(indent.clone()).chain(pieces).collect() });
        }
    }
}

/// A line with a part for each column, padded to its width; the last ones may be empty.
fn line(
    widths: &Widths,
    columns: &[Column],
    kind: &'static str,
    part: impl Fn(&Column, Record) -> (Record, String),
) -> Record {
    columns.iter().fold(Record::new(kind), |record, column| {
        let (record, text) = part(column, record);
        record.text(format!("{text:<width$}", width = widths.column))
    })
}

/// `pte`, `pdeFlags`: a field's name.
fn name(column: &Column, suffix: &str) -> String {
    format!("{}{suffix}", column.level.to_string().to_lowercase())
}

fn place(column: &Column, record: Record, digits: usize) -> (Record, String) {
    let unknown = || Value::Unknown("it isn't known where the page tables are mapped".to_owned());
    let shown = column.at.map_or_else(|| "?".repeat(digits), |at| format!("{:0digits$X}", at.0));
    let value = column.at.map_or_else(unknown, Value::Address);
    (record.field(name(column, "Address"), value, Format::Hidden), format!("{} at {shown}", column.level))
}

fn contents(column: &Column, record: Record, digits: usize) -> (Record, String) {
    match &column.contents {
        Contents::Entry(entry) => {
            (record.field(name(column, ""), *entry, Format::Hidden), format!("contains {entry:0digits$X}"))
        }
        Contents::Unreadable(why) => {
            let value = Value::Unknown(why.clone());
            (record.field(name(column, ""), value, Format::Hidden), format!("contains {}", "?".repeat(digits)))
        }
        Contents::InLargePage(_) | Contents::NotReached => (record, String::new()),
    }
}

fn meaning(space: AddressSpace, widths: &Widths, column: &Column, record: Record) -> (Record, String) {
    let entry = match &column.contents {
        Contents::Entry(entry) => *entry,
        Contents::Unreadable(_) => return (record, "unreadable".to_owned()),
        Contents::InLargePage(pfn) => {
            return (record.field(name(column, "Pfn"), pfn.0, Format::Hidden), format!("LARGE PAGE pfn {pfn}"));
        }
        Contents::NotReached => return (record, String::new()),
    };
    let (EntryMeaning::Page(at) | EntryMeaning::Table(at)) = space.decode(column.level, entry) else {
        return (record.field(name(column, "Valid"), false, Format::Hidden), "not valid".to_owned());
    };
    let pfn = PhysicalAddress(at).pfn();
    let letters = letters(space.mode, space.mode.flags(column.level, entry));
    let record = record.field(name(column, "Pfn"), pfn.0, Format::Hidden);
    let record = record.field(name(column, "Flags"), letters.clone(), Format::Hidden);
    let Widths { pfn: width, letters: letters_width, .. } = *widths;
    (record, format!("pfn {:<width$}{letters:>letters_width$}", pfn.to_string()))
}

/// The documented letters, a hyphen for each that isn't set.
fn letters(mode: PagingMode, flags: EntryFlags) -> String {
    let letter = |set: bool, letter: char| if set { letter } else { '-' };
    let owner = if flags.user { 'U' } else { 'K' };
    let access = if flags.writable { 'W' } else { 'R' };
    let order = match mode {
        // Behind the owner is a place that was never seen with a letter in it.
        PagingMode::Arm64 => vec![
            letter(flags.copy_on_write, 'C'),
            access,
            letter(flags.executable, 'X'),
            letter(flags.global, 'G'),
            letter(flags.accessed, 'A'),
            letter(flags.dirty, 'D'),
            owner,
            '-',
            letter(flags.large_page, 'L'),
            'V',
        ],
        _ => vec![
            letter(flags.copy_on_write, 'C'),
            letter(flags.global, 'G'),
            letter(flags.large_page, 'L'),
            letter(flags.dirty, 'D'),
            letter(flags.accessed, 'A'),
            letter(flags.cache_disabled, 'N'),
            letter(flags.write_through, 'T'),
            owner,
            access,
            letter(flags.executable, 'E'),
            'V',
        ],
    };
    order.into_iter().collect()
}

/// What an entry that isn't valid says, or why there is none.
fn details(space: AddressSpace, column: &Column) -> Vec<Record> {
    let detail = || Record::new("detail");
    let entry = match &column.contents {
        Contents::Entry(entry) => *entry,
        Contents::Unreadable(why) => return vec![detail().field("reason", why.clone(), Format::Plain)],
        Contents::InLargePage(_) | Contents::NotReached => return Vec::new(),
    };
    let Some(invalid) = InvalidEntry::decode(space, column.level, entry) else { return Vec::new() };
    let mut lines = match invalid {
        InvalidEntry::Zero => return Vec::new(),
        InvalidEntry::Freed => return vec![detail().field("state", "Page has been freed", Format::Plain)],
        InvalidEntry::Transition(pfn) => vec![detail().text("Transition: ").field("transition", pfn.0, Format::Hex(1))],
        InvalidEntry::PageFile { file, offset } => vec![
            detail().text("PageFile: ").field("pageFile", u64::from(file), Format::Right(2)),
            detail().text("Offset: ").field("offset", offset, Format::Hex(1)),
        ],
        InvalidEntry::DemandZero => vec![detail().field("state", "DemandZero", Format::Plain)],
        InvalidEntry::Prototype(None) => {
            let why = Value::Unknown("entries of 4 bytes don't hold it".to_owned());
            vec![detail().text("Proto: ").field("prototype", why, Format::Address32)]
        }
        InvalidEntry::Prototype(Some(at)) => {
            let digits = Widths::of(space.mode).digits;
            let record = detail().text(format!("Proto: {:0digits$X}", at.0));
            vec![record.field("prototype", at, Format::Hidden)]
        }
        InvalidEntry::PrototypeOfVad => vec![detail().text("Proto: ").field("prototype", "VAD", Format::Plain)],
    };
    lines.push(detail().text("Protect: ").field("protection", Protection::of(entry).to_string(), Format::Plain));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text;
    use PageTableLevel::{Pde, Ppe, Pte, Pxe};

    fn column(level: PageTableLevel, at: u64, entry: u64) -> Column {
        Column { level, at: Some(VirtualAddress(at)), contents: Contents::Entry(entry) }
    }

    /// What WinDbg showed of systems whose owners published it; blanks at the ends of lines aside.
    #[track_caller]
    fn check(mode: PagingMode, address: u64, columns: &[Column], expected: &str) {
        let mut report = Report::default();
        let space = AddressSpace::new(PhysicalAddress(0x1a_d000), mode);
        show(&mut report, space, VirtualAddress(address), columns);
        assert_eq!(text(&report), expected);
    }

    #[test]
    fn four_levels_stand_side_by_side() {
        check(
            PagingMode::Amd64FourLevel,
            0xffff_f801_625a_4000,
            &[
                column(Pxe, 0xffff_e673_399c_cf80, 0x1d_0063),
                column(Ppe, 0xffff_e673_399f_0028, 0x1c_f063),
                column(Pde, 0xffff_e673_3e00_5890, 0x0a00_0001_1169_d863),
                column(Pte, 0xffff_e67c_00b1_2d20, 0x8900_0001_c0fd_f121),
            ],
            "                                           VA fffff801625a4000
PXE at FFFFE673399CCF80    PPE at FFFFE673399F0028    PDE at FFFFE6733E005890    PTE at FFFFE67C00B12D20
contains 00000000001D0063  contains 00000000001CF063  contains 0A0000011169D863  contains 89000001C0FDF121
pfn 1d0       ---DA--KWEV  pfn 1cf       ---DA--KWEV  pfn 11169d    ---DA--KWEV  pfn 1c0fdf    -G--A--KR-V
",
        );
    }

    #[test]
    fn what_is_not_valid_is_explained_below_its_column() {
        check(
            PagingMode::Amd64FourLevel,
            0x1a4_2ea3_0240,
            &[
                column(Pxe, 0xffff_ecf6_7b3d_9018, 0x0a00_0000_0ecc_0867),
                column(Ppe, 0xffff_ecf6_7b20_3480, 0x0a00_0000_1334_1867),
                column(Pde, 0xffff_ecf6_4069_0ba8, 0x0a00_0000_077a_f867),
                column(Pte, 0xffff_ec80_d217_5180, 0x166b_7880),
            ],
            "                                           VA 000001a42ea30240
PXE at FFFFECF67B3D9018    PPE at FFFFECF67B203480    PDE at FFFFECF640690BA8    PTE at FFFFEC80D2175180
contains 0A0000000ECC0867  contains 0A00000013341867  contains 0A000000077AF867  contains 00000000166B7880
pfn ecc0      ---DA--UWEV  pfn 13341     ---DA--UWEV  pfn 77af      ---DA--UWEV  not valid
                                                                                  Transition: 166b7
                                                                                  Protect: 4 - ReadWrite
",
        );
        check(
            PagingMode::X86Pae,
            0x1f_0000,
            &[column(Pde, 0xc060_0000, 0x6a1a_6867), column(Pte, 0xc000_0f80, 0x80)],
            "                    VA 001f0000
PDE at C0600000            PTE at C0000F80
contains 000000006A1A6867  contains 0000000000000080
pfn 6a1a6     ---DA--UWEV  not valid
                            DemandZero
                            Protect: 4 - ReadWrite
",
        );
    }

    #[test]
    fn entries_of_four_bytes_have_narrower_columns() {
        check(
            PagingMode::X86,
            0x845e_cf68,
            &[column(Pde, 0xc030_0844, 0x1c_4063), column(Pte, 0xc021_17b0, 0x45e_c121)],
            "                 VA 845ecf68
PDE at C0300844         PTE at C02117B0
contains 001C4063       contains 045EC121
pfn 1c4   ---DA--KWEV   pfn 45ec  -G--A--KREV
",
        );
    }

    /// The original makes up a PTE of zero here.
    #[test]
    fn a_large_page_has_no_pte_and_arm64_letters_of_its_own() {
        let large = Column {
            level: Pte,
            at: Some(VirtualAddress(0xffff_f67c_006f_c488)),
            contents: Contents::InLargePage(Pfn(0x9bc91)),
        };
        check(
            PagingMode::Arm64,
            0xffff_f800_df89_1000,
            &[
                column(Pxe, 0xffff_f67b_3d9e_cf80, 0x0060_0000_8460_9f03),
                column(Ppe, 0xffff_f67b_3d9f_0018, 0x0060_0000_8460_af03),
                column(Pde, 0xffff_f67b_3e00_37e0, 0x00c0_0000_9bc0_0f01),
                large,
            ],
            "                                           VA fffff800df891000
PXE at FFFFF67B3D9ECF80    PPE at FFFFF67B3D9F0018    PDE at FFFFF67B3E0037E0    PTE at FFFFF67C006FC488
contains 0060000084609F03  contains 006000008460AF03  contains 00C000009BC00F01
pfn 84609      -R--ADK--V  pfn 8460a      -R--ADK--V  pfn 9bc00      -WX-ADK-LV  LARGE PAGE pfn 9bc91
",
        );
    }

    #[test]
    fn what_is_unknown_is_not_made_up() {
        let why = "PTE at physical 0x1d1000 can't be read: it is not in the dump";
        let unreadable = Column { level: Pte, at: None, contents: Contents::Unreadable(why.to_owned()) };
        let pde = Column { level: Pde, at: None, contents: Contents::Entry(0x1d_1063) };
        check(
            PagingMode::X86Pae,
            0x1000,
            &[pde, unreadable],
            "                    VA 00001000
PDE at ????????            PTE at ????????
contains 00000000001D1063  contains ????????????????
pfn 1d1       ---DA--KWEV  unreadable
                            PTE at physical 0x1d1000 can't be read: it is not in the dump
",
        );
    }
}
