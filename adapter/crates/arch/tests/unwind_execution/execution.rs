//! Follows a function's paths, and unwinds the machine's state before each instruction.

use crate::processor::{Processor, RSP, STACK};
use crate::support::Image;
use arch::amd64::unwind::{RuntimeFunction, UnwindInfo, UnwindTail, functions};
use arch::{Context, Machine, RegisterId, UnwindMethod};
use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, OpKind, Register};
use memory::{ReadError, ReadFailure, ReadVirtual, VirtualAddress};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

const RETURN_ADDRESS: u64 = 0xffff_f801_dead_beef;
/// By the numbers that instructions have for them.
const GENERAL: [&str; 16] =
    ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
const NONVOLATILE: [usize; 8] = [3, 5, 6, 7, 12, 13, 14, 15];
const VOLATILE: [usize; 7] = [0, 1, 2, 8, 9, 10, 11];

impl ReadVirtual for Processor {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        for (read, byte) in buffer.iter_mut().enumerate() {
            let at = address.0 + read as u64;
            if !STACK.contains(&at) {
                return Err(ReadError { address: at, read, failure: ReadFailure::VirtualNotInDump });
            }
            *byte = self.byte(at);
        }
        Ok(())
    }
}

/// What was done, and what went wrong.
#[derive(Default, Debug)]
pub struct Figures {
    pub functions: usize,
    pub leaves: usize,
    pub instructions: usize,
    pub by_unwind_data: usize,
    pub by_epilogue: usize,
    pub by_leaf_rule: usize,
    pub return_addresses: usize,
    pub returns: usize,
    pub tail_calls: usize,
    pub code_bytes: usize,
    pub executed_bytes: usize,
    /// Where unwinding gave another caller.
    pub mismatches: Vec<String>,
    /// Where a path couldn't be followed, or left with the wrong stack pointer.
    pub lost: Vec<String>,
}

/// The execution of all of an image's functions.
pub struct Execution<'i> {
    image: &'i Image,
    /// Each region by its start, with the start of its primary function.
    regions: BTreeMap<u32, (RuntimeFunction, u32)>,
    general: [RegisterId; 16],
    xmm: [RegisterId; 16],
    /// Called code without unwind data.
    leaves: BTreeSet<u32>,
    info: InstructionInfoFactory,
    figures: Figures,
}

/// A function being executed.
struct Function {
    /// Start of the primary function; None for a leaf, which has no unwind data.
    primary: Option<u32>,
    entered: Processor,
    /// Instructions that were reached; with the state there, if [`Self::scopes`] may need it.
    reached: HashMap<u32, Option<Processor>>,
    /// Blocks of `__except`: the code that each guards, and its start.
    scopes: Vec<(std::ops::Range<u32>, u32)>,
    /// Paths not yet followed.
    paths: Vec<Path>,
}

struct Path {
    rva: u32,
    processor: Processor,
    after_call: bool,
}

/// Where a path goes on.
enum Next {
    At(u32),
    AfterCall(u32),
    Left,
    Ended,
}

impl<'i> Execution<'i> {
    pub fn new(image: &'i Image) -> Self {
        let mut regions = BTreeMap::new();
        for entry in functions(image).map(Result::unwrap) {
            let mut primary = entry;
            while let UnwindTail::Chained(parent) = UnwindInfo::read(image, primary.unwind_data).unwrap().tail {
                primary = parent;
            }
            regions.insert(entry.begin, (entry, primary.begin));
        }
        let find = |name: &str| Machine::Amd64.architecture().find_register(name).unwrap().register;
        let figures = Figures {
            code_bytes: regions.values().map(|(region, _)| (region.end - region.begin) as usize).sum(),
            ..Figures::default()
        };
        let (general, xmm) = (GENERAL.map(find), std::array::from_fn(|number| find(&format!("xmm{number}"))));
        Self { image, regions, general, xmm, leaves: BTreeSet::new(), info: InstructionInfoFactory::new(), figures }
    }

    /// Executes each function from its entry.
    pub fn run(mut self) -> Figures {
        let primaries: HashSet<u32> = self.regions.values().map(|(_, primary)| *primary).collect();
        for &primary in &primaries {
            self.execute(primary, Some(primary));
        }
        self.figures.functions = primaries.len();
        let leaves = std::mem::take(&mut self.leaves);
        for &leaf in &leaves {
            self.execute(leaf, None);
        }
        self.figures.leaves = leaves.len();
        self.figures
    }

    /// Start of the function that `rva` lies in, unless it is a leaf.
    fn function_at(&self, rva: u32) -> Option<u32> {
        let (_, (region, primary)) = self.regions.range(..=rva).next_back()?;
        (rva < region.end).then_some(*primary)
    }

    fn execute(&mut self, entry: u32, primary: Option<u32>) {
        let entered = Processor::at_entry(RETURN_ADDRESS);
        let paths = vec![Path { rva: entry, processor: entered.clone(), after_call: false }];
        let scopes = primary.map_or(Vec::new(), |primary| self.scopes(primary));
        let mut function = Function { primary, entered, reached: HashMap::new(), scopes, paths };
        while let Some(path) = function.paths.pop() {
            self.follow(&mut function, path);
            if function.paths.is_empty() {
                function.paths = function.except_blocks();
            }
        }
    }

    /// Follows one path to its end, and puts the branches on the way aside.
    fn follow(&mut self, function: &mut Function, Path { mut rva, mut processor, mut after_call }: Path) {
        while !function.reached.contains_key(&rva) {
            let inside = self.function_at(rva) == function.primary;
            let Some(instruction) = self.decode(rva).filter(|_| inside) else { return };
            function.reached.insert(rva, (!function.scopes.is_empty()).then(|| processor.clone()));
            if function.primary.is_some() {
                self.figures.executed_bytes += instruction.len();
            }
            self.check(function, &processor, rva, after_call);
            match self.execute_instruction(function, &mut processor, &instruction, rva) {
                Next::At(next) => (rva, after_call) = (next, false),
                Next::AfterCall(next) => (rva, after_call) = (next, true),
                Next::Left => return self.check_stack(function, &processor, rva),
                Next::Ended => return,
            }
        }
    }

    fn execute_instruction(
        &mut self,
        function: &mut Function,
        processor: &mut Processor,
        instruction: &Instruction,
        rva: u32,
    ) -> Next {
        let next = rva + instruction.len() as u32;
        let target = self.branch_target(instruction);
        let inside = target.filter(|&target| self.function_at(target) == function.primary);
        match instruction.flow_control() {
            FlowControl::Next => match processor.step(instruction, &mut self.info) {
                Ok(()) => Next::At(next),
                Err(why) => {
                    self.figures.lost.push(format!("{rva:x}: {why}"));
                    Next::Ended
                }
            },
            FlowControl::Call | FlowControl::IndirectCall => {
                self.leaves.extend(target.filter(|&target| self.function_at(target).is_none()));
                processor.call(self.is_stack_probe_before(next));
                Next::AfterCall(next)
            }
            FlowControl::ConditionalBranch => {
                match inside {
                    Some(rva) => function.paths.push(Path { rva, processor: processor.clone(), after_call: false }),
                    None => self.check_stack(function, processor, rva),
                }
                Next::At(next)
            }
            FlowControl::UnconditionalBranch if inside.is_some() && inside != function.primary => {
                Next::At(inside.unwrap())
            }
            FlowControl::UnconditionalBranch => {
                self.figures.tail_calls += 1;
                Next::Left
            }
            // Through memory it is a tail call; through a register a jump table, unless a REX.W prefix says otherwise.
            FlowControl::IndirectBranch
                if instruction.op0_kind() == OpKind::Memory || self.image.at(rva)[0] & 0xf8 == 0x48 =>
            {
                self.figures.tail_calls += 1;
                Next::Left
            }
            FlowControl::Return => {
                self.figures.returns += 1;
                Next::Left
            }
            // An assertion, which may be passed over; `int 3`, `int 29` and `ud2` end a path.
            FlowControl::Interrupt if self.image.at(rva)[..2] == [0xcd, 0x2c] => Next::At(next),
            _ => Next::Ended,
        }
    }

    /// At a return or tail call the stack pointer must be where it was at the entry.
    fn check_stack(&mut self, function: &Function, processor: &Processor, rva: u32) {
        let off = processor.general[RSP].wrapping_sub(function.entered.general[RSP]);
        if off != 0 {
            self.figures.lost.push(format!("{rva:x}: leaves with rsp off by {:#x}", off as i64));
        }
    }

    /// Unwinds the state before the instruction at `rva`.
    fn check(&mut self, function: &Function, processor: &Processor, rva: u32, after_call: bool) {
        self.figures.instructions += 1;
        let address = self.image.base.offset(u64::from(rva));
        let mut context = Context::new(Machine::Amd64.architecture());
        for (&id, &value) in self.general.iter().zip(&processor.general) {
            context.set(id, u128::from(value));
        }
        for (&id, &value) in self.xmm.iter().zip(&processor.xmm) {
            context.set(id, value);
        }
        context.set(context.architecture().instruction_pointer(), u128::from(address.0));
        match self.check_context(&function.entered, processor, &context) {
            Ok(UnwindMethod::UnwindData) => self.figures.by_unwind_data += 1,
            Ok(UnwindMethod::Epilogue) => self.figures.by_epilogue += 1,
            Ok(UnwindMethod::Leaf) => self.figures.by_leaf_rule += 1,
            Err(why) => self.figures.mismatches.push(format!("{rva:x}: {why}")),
        }
        if after_call {
            self.figures.return_addresses += 1;
            context.set_return_address(address);
            if let Err(why) = self.check_context(&function.entered, processor, &context) {
                self.figures.mismatches.push(format!("{rva:x} as return address: {why}"));
            }
        }
    }

    fn check_context(&self, entered: &Processor, now: &Processor, context: &Context) -> Result<UnwindMethod, String> {
        let x64 = context.architecture();
        let unwound = x64.unwind(context, Some(self.image), now).map_err(|error| error.to_string())?;
        let caller = &unwound.context;
        let expect = |what: &str, found: Option<u128>, expected: u128| match found == Some(expected) {
            true => Ok(()),
            false => Err(format!("{what} is {found:x?}, not {expected:x}, by {:?}", unwound.how)),
        };
        expect("rip", caller.get(x64.instruction_pointer()), RETURN_ADDRESS.into())?;
        expect("rsp", caller.get(x64.stack_pointer()), u128::from(entered.general[RSP] + 8))?;
        for number in NONVOLATILE {
            expect(GENERAL[number], caller.get(self.general[number]), entered.general[number].into())?;
        }
        for number in 6..16 {
            expect(&format!("xmm{number}"), caller.get(self.xmm[number]), entered.xmm[number])?;
        }
        match VOLATILE.into_iter().find(|&number| caller.get(self.general[number]).is_some()) {
            Some(stale) => Err(format!("{} is known, though the callee may have changed it", GENERAL[stale])),
            None if !caller.is_after_call() => Err("rip isn't a return address".into()),
            None => Ok(unwound.how),
        }
    }

    /// `__C_specific_handler`'s scope table behind the unwind data: a count, then begin, end, filter and target of each.
    /// The data of other handlers hardly ever looks like one.
    fn scopes(&self, primary: u32) -> Vec<(std::ops::Range<u32>, u32)> {
        let info = UnwindInfo::read(self.image, self.regions[&primary].0.unwind_data).unwrap();
        let UnwindTail::Handler(handler) = info.tail else { return Vec::new() };
        let field = |index, field| self.image.u32(handler.data + 4 + 16 * index + field);
        let scopes =
            (0..self.image.u32(handler.data).min(64)).map(|index| (field(index, 0)..field(index, 4), field(index, 12)));
        let inside = |at| self.function_at(at) == Some(primary);
        scopes.filter(|(guarded, target)| !guarded.is_empty() && inside(guarded.start) && inside(*target)).collect()
    }

    /// Whether the call before `rva` is of `__chkstk`: its argument is subtracted from rsp next.
    fn is_stack_probe_before(&self, rva: u32) -> bool {
        self.decode(rva).is_some_and(|next| next.code() == Code::Sub_r64_rm64 && next.op0_register() == Register::RSP)
    }

    fn decode(&self, rva: u32) -> Option<Instruction> {
        let address = self.image.base.offset(u64::from(rva)).0;
        let instruction = Decoder::with_ip(64, self.image.at(rva), address, DecoderOptions::NONE).decode();
        (!instruction.is_invalid()).then_some(instruction)
    }

    fn branch_target(&self, instruction: &Instruction) -> Option<u32> {
        let near = instruction.op0_kind() == OpKind::NearBranch64;
        near.then(|| (instruction.near_branch_target() - self.image.base.0) as u32)
    }
}

impl Function {
    /// Blocks of `__except` that weren't reached yet: entered with the frame of the code that they guard.
    fn except_blocks(&self) -> Vec<Path> {
        let unreached = self.scopes.iter().filter(|(_, target)| !self.reached.contains_key(target));
        let paths = unreached.filter_map(|(guarded, target)| {
            let processor = guarded.clone().find_map(|at| self.reached.get(&at))?.clone()?;
            Some(Path { rva: *target, processor, after_call: false })
        });
        paths.collect()
    }
}
