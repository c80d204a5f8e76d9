//! Types that a test declares in a few lines, as a symbol file would have them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use symbols::{
    BaseType, EnumShape, Enumerator, Member, MemberKind, RecordKind, RecordShape, Shape, TypeError, TypeId, TypeRef,
    TypeTable,
};

/// A member: name, offset, spelling of its type, what it is.
type Declared = (String, u64, String, MemberKind);

/// Types by their spelling. A spelling is read from its end: `long()*` is a pointer to a function, `short[3][2]` two
/// arrays of three, `unsigned long:4:12` twelve bits from bit 4 on.
#[derive(Debug)]
pub(super) struct Declarations {
    records: HashMap<String, (RecordShape, Vec<Declared>)>,
    enums: HashMap<String, (String, Vec<Enumerator>)>,
    /// Spellings that have been asked for: a type's number is its index.
    spelled: Mutex<Vec<String>>,
}

/// Reads declarations, one for each line:
///
/// ```text
/// struct _POINT 8            (or union, class; without a size it is only declared)
///   X 0 long                 (name `-` is anonymous, `~` a base, `@` virtual functions; offset `static`)
/// enum _STATE long Idle=0 Running=1
/// ```
pub(super) fn declare(text: &str) -> Arc<Declarations> {
    let mut declarations =
        Declarations { records: HashMap::new(), enums: HashMap::new(), spelled: Mutex::new(Vec::new()) };
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let kind = match words[0] {
            "struct" => RecordKind::Struct,
            "union" => RecordKind::Union,
            "class" => RecordKind::Class,
            "enum" => {
                let value = |word: &&str| {
                    let (name, value) = word.split_once('=').unwrap();
                    Enumerator { name: name.to_owned(), value: number(value) }
                };
                let (values, underlying): (Vec<&str>, Vec<&str>) =
                    words[2..].iter().partition(|word| word.contains('='));
                let values = values.iter().map(value).collect();
                declarations.enums.insert(words[1].to_owned(), (underlying.join(" "), values));
                continue;
            }
            name => {
                let ty = words[2..].join(" ");
                let (name, offset, kind) = match (name, words[1]) {
                    (name, "static") => (name, 0, MemberKind::StaticData),
                    ("~", offset) => (ty.as_str(), number(offset) as u64, MemberKind::Base),
                    ("@", offset) => ("", number(offset) as u64, MemberKind::VirtualTable),
                    ("-", offset) => ("", number(offset) as u64, MemberKind::Data),
                    (name, offset) => (name, number(offset) as u64, MemberKind::Data),
                };
                let members = &mut declarations.records.get_mut(&current).unwrap().1;
                members.push((name.to_owned(), offset, ty.clone(), kind));
                continue;
            }
        };
        current = words[1].to_owned();
        let size = words.get(2).map(|size| number(size) as u64);
        let shape = RecordShape { kind, name: current.clone(), size: size.unwrap_or(0), complete: size.is_some() };
        declarations.records.insert(current.clone(), (shape, Vec::new()));
    }
    Arc::new(declarations)
}

fn number(text: &str) -> i128 {
    match text.strip_prefix("0x") {
        Some(hex) => i128::from_str_radix(hex, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

/// The type with this spelling.
pub(super) fn ty(declarations: &Arc<Declarations>, spelling: &str) -> TypeRef {
    let table: Arc<dyn TypeTable> = Arc::clone(declarations) as Arc<dyn TypeTable>;
    declarations.spelled(&table, spelling.trim())
}

impl Declarations {
    /// Whether a record or enum has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.records.contains_key(name) || self.enums.contains_key(name)
    }

    fn spelled(&self, this: &Arc<dyn TypeTable>, spelling: &str) -> TypeRef {
        let mut spelled = self.spelled.lock().unwrap();
        let known = spelled.iter().position(|known| known == spelling);
        let id = known.unwrap_or_else(|| {
            spelled.push(spelling.to_owned());
            spelled.len() - 1
        });
        TypeRef::InFile { table: Arc::clone(this), id: TypeId(id as u32) }
    }

    fn spelling(&self, id: TypeId) -> String {
        self.spelled.lock().unwrap()[id.0 as usize].clone()
    }
}

impl TypeTable for Declarations {
    fn shape(&self, this: &Arc<dyn TypeTable>, id: TypeId) -> Result<Shape, TypeError> {
        let spelling = self.spelling(id);
        let of = |inner: &str| self.spelled(this, inner);
        if let Some(target) = spelling.strip_suffix('*') {
            return Ok(Shape::Pointer { target: of(target), size: 8, reference: false });
        }
        if let Some(target) = spelling.strip_suffix('&') {
            return Ok(Shape::Pointer { target: of(target), size: 8, reference: true });
        }
        if let Some(returns) = spelling.strip_suffix("()") {
            return Ok(Shape::Function { returns: of(returns), parameters: Vec::new(), this: None });
        }
        if let Some((element, count)) = spelling.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
            return Ok(Shape::Array { element: of(element), count: number(count) as u64 });
        }
        let parts: Vec<&str> = spelling.split(':').collect();
        if let [underlying, position, length] = parts.as_slice() {
            if let (Ok(position), Ok(length)) = (position.parse(), length.parse()) {
                return Ok(Shape::Bitfield { underlying: of(underlying), position, length });
            }
        }
        if let Some((record, _)) = self.records.get(&spelling) {
            return Ok(Shape::Record(record.clone()));
        }
        if let Some((underlying, _)) = self.enums.get(&spelling) {
            return Ok(Shape::Enum(EnumShape { name: spelling.clone(), underlying: of(underlying) }));
        }
        match BaseType::from_name(&spelling) {
            Some(BaseType::VOID) => Ok(Shape::Void),
            Some(base) => Ok(Shape::Base(base)),
            None => Err(TypeError::NoSuchType { id: id.0, end: 0 }),
        }
    }

    fn members(&self, this: &Arc<dyn TypeTable>, id: TypeId) -> Result<Vec<Member>, TypeError> {
        let spelling = self.spelling(id);
        let Some((_, members)) = self.records.get(&spelling) else { return Ok(Vec::new()) };
        let member = |(name, offset, ty, kind): &Declared| Member {
            name: name.clone(),
            offset: *offset,
            ty: self.spelled(this, ty),
            kind: *kind,
        };
        Ok(members.iter().map(member).collect())
    }

    fn enumerators(&self, id: TypeId) -> Result<Vec<Enumerator>, TypeError> {
        let found = self.enums.get(&self.spelling(id));
        Ok(found.map(|(_, values)| values.clone()).unwrap_or_default())
    }
}
