//! Text that nobody would write: no panic, no hang.

use super::super::{Syntax, evaluate, evaluate_number_prefix};
use super::world::World;

const SEEDS: &[&str] = &[
    "poi(@rsp+8)*2 == nt!KeBugCheckEx+0x10 or @@c++(thing->Count << 3)",
    "not(by(fffff800`00001000) and $vvalid(@rsp, 18)) xor `drv!main.c:43`",
    "$scmp(\"a\", \"b\") + $spat(\"kdap\", \"k[a-d]*#\") - $fnsucc(drv!Main, 0n1, 0y1)",
    "((nt!_EPROCESS *)@$proc)->Pid % 3 ? -thing->Links.Flink[0].Blink : *other.Tag",
    "#CONTAINING_RECORD(&thing->Links, drv!_THING, Links)->State == Running || sizeof(int[3])",
    "(unsigned char)~number >> 2 ^ thing->Lean | 'a' && !(1.5e3 > L'\\x41') // end",
    "drv!vector<int, std::allocator<int> >::grow + reinterpret_cast<char *>(0x10)[2]++",
    "@@(@@masm(@@c++(@@(1+1)))) , number -= ++thing->Level, \"te\\\"xt\"[1]",
];

const PARTS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "@",
    "@@(",
    "@@c++(",
    "@$t0",
    "`",
    "'",
    "\"",
    "!",
    "::",
    "->",
    ".",
    "*",
    "&",
    "<",
    ">",
    "<<=",
    ",",
    "?",
    ":",
    "0x",
    "0n",
    "fffff804`",
    "99999999999999999999",
    "-",
    "~",
    "#FIELD_OFFSET(_THING,",
    "sizeof",
    "(int)",
    "poi",
    "not",
    " ",
    "ö",
    "\\",
    "thing",
    "number=",
    "1e999",
    "1e",
    "/",
    "//",
    "%0",
    "drv!",
    "$!",
    "pair.",
    "\0",
];

/// A linear congruential generator: the same sequence on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

fn mutated(seed: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = seed.chars().collect();
    for _ in 0..=random.below(6) {
        let at = random.below(characters.len() + 1);
        match random.below(4) {
            0 if at < characters.len() => {
                characters.remove(at);
            }
            1 => characters.truncate(at),
            2 => {
                let other: Vec<char> = SEEDS[random.below(SEEDS.len())].chars().collect();
                let start = random.below(other.len());
                let end = start + random.below(other.len() - start);
                characters.splice(at..at, other[start..end].iter().copied());
            }
            _ => {
                let part = PARTS[random.below(PARTS.len())];
                characters.splice(at..at, part.chars());
            }
        }
    }
    characters.into_iter().collect()
}

fn random(random: &mut Random) -> String {
    (0..random.below(40)).map(|_| PARTS[random.below(PARTS.len())]).collect()
}

#[test]
fn twenty_thousand_broken_expressions_neither_panic_nor_hang() {
    let worlds = [World::x64(), World::x86(), World { writable: true, radix: 10, ..World::x64() }];
    let mut generator = Random(2);
    let (mut good, mut bad) = (0, 0);
    for round in 0..20_000 {
        let text = match round % 3 {
            0 => random(&mut generator),
            _ => mutated(SEEDS[generator.below(SEEDS.len())], &mut generator),
        };
        let world = &worlds[generator.below(worlds.len())];
        for syntax in [Syntax::Masm, Syntax::Cpp] {
            match evaluate(&text, syntax, world) {
                Ok(_) => good += 1,
                Err(error) => {
                    assert!(error.at <= text.len() && text.is_char_boundary(error.at), "{text}");
                    assert!(!error.with_caret().is_empty());
                    bad += 1;
                }
            }
            let _ = evaluate_number_prefix(&text, syntax, world);
        }
    }
    assert!(good > 200 && bad > 20_000, "{good} good, {bad} bad: the mutations are too tame or too wild");
}
