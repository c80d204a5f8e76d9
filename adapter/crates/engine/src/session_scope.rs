//! What expressions see of a session: the registers, names and memory of one frame.

use crate::evaluate::{
    Lookup, Place, PseudoRegister, RegisterReading, Scope, SourceLine, Value, Variable, register_in,
};
use crate::scope::ContextSource;
use crate::session::Session;
use crate::source_lines;
use crate::stack::Frame;

use analysis::nt::kernel::Kernel;
use analysis::nt::processors;
use analysis::nt::structure::NtError;
use arch::{Context, RegisterPart};
use memory::{PAGE_SIZE, ReadPhysical, ReadVirtual, VirtualAddress};
use std::borrow::Cow;
use std::cell::OnceCell;
use symbols::{Constant, Module, Shape, Symbol, TypeRef};

/// A frame of a session as the evaluator sees it; without a frame, expressions that need none still work.
pub struct SessionScope<'a> {
    session: &'a Session,
    /// The frame, or why there is none; empty until somebody asks.
    frame: OnceCell<Result<Frame, String>>,
    /// It is the current one; else it was given, or there is none.
    is_current: bool,
    /// Expressions can't change the target.
    is_for_reading: bool,
}

impl<'a> SessionScope<'a> {
    /// The scope of `frame`.
    pub fn new(session: &'a Session, frame: Option<Frame>) -> Self {
        let frame = frame.map(|frame| OnceCell::from(Ok(frame))).unwrap_or_default();
        Self { session, frame, is_current: false, is_for_reading: false }
    }

    /// The same, where expressions that would change the target are refused.
    pub fn for_reading(self) -> Self {
        Self { is_for_reading: true, ..self }
    }

    /// The scope of the current frame. The stack is walked only for expressions that need more of it than the registers.
    pub(crate) fn current(session: &'a Session) -> Self {
        Self { session, frame: OnceCell::new(), is_current: true, is_for_reading: false }
    }

    /// The frame, or why there is none.
    fn frame(&self) -> Result<&Frame, String> {
        let find = || match self.session.frame() {
            Err(error) => Err(error.to_string()),
            Ok(frame) if self.is_current => Ok(frame),
            Ok(_) => Err("there is no current frame".to_owned()),
        };
        self.frame.get_or_init(find).as_ref().map_err(Clone::clone)
    }

    /// The frame, if there is one.
    fn known_frame(&self) -> Option<&Frame> {
        let may_be = self.is_current || self.frame.get().is_some();
        may_be.then(|| self.frame().ok()).flatten()
    }

    /// The frame's registers, or why there are none. Those of the innermost frame need no walk.
    fn context(&self) -> Result<Cow<'_, Context>, String> {
        let scope = self.session.scope();
        if self.is_current && scope.frame == 0 && self.frame.get().is_none() {
            return self.session.context_of(scope.source).map(Cow::Owned).map_err(|error| error.to_string());
        }
        self.frame().map(|frame| Cow::Borrowed(&frame.context))
    }

    fn module(&self, name: &str) -> Option<&'a Module> {
        self.session.target().modules().by_name(name).map(|module| &**module)
    }

    /// The module that is asked for, or else all whose symbols are loaded.
    fn searched(&self, module: Option<&str>) -> Vec<&'a Module> {
        match module {
            Some(name) => self.module(name).into_iter().collect(),
            None => self
                .session
                .target()
                .modules()
                .iter()
                .filter(|module| module.is_loaded())
                .map(|module| &**module)
                .collect(),
        }
    }

    fn register_by(&self, read: impl FnOnce(&arch::Context) -> Option<u64>) -> Lookup<PseudoRegister> {
        match self.context() {
            Ok(context) => number_or(read(&context), "it is not known in this frame"),
            Err(why) => Lookup::Unavailable(why),
        }
    }

    /// The thread whose registers are current (`.thread`), else the one that the current processor runs.
    fn thread(&self) -> Result<VirtualAddress, String> {
        let scope = self.session.scope();
        if let ContextSource::Thread(address) = scope.source {
            return Ok(address);
        }
        let processor = self.session.processors().get(scope.processor).ok_or("there is no current processor")?;
        processor.thread.as_ref().map(|thread| thread.thread).map_err(ToString::to_string)
    }

    fn thread_field(&self, path: &str, ty: Option<&str>) -> Lookup<PseudoRegister> {
        let kernel = self.session.target().kernel();
        let address = match self.thread() {
            Ok(address) => address,
            Err(why) => return Lookup::Unavailable(why),
        };
        let value = match path {
            "" => Ok(address.0),
            path => kernel.structure("_ETHREAD", address).and_then(|thread| thread.field(path)?.integer()),
        };
        let pointer = |ty: TypeRef| ty.pointer(kernel.pointer_size() as u8);
        match value {
            Ok(value) => {
                let ty = ty.and_then(|name| kernel.find_type(name).ok()).map(pointer);
                Lookup::Found(PseudoRegister { value, ty })
            }
            Err(error) => Lookup::Unavailable(error.to_string()),
        }
    }

    /// The current processor's `_KPRCB`, or what `find` makes of its address, as a pointer to the type `ty`.
    fn processor_address(
        &self,
        ty: &str,
        find: impl FnOnce(&Kernel<'_>, VirtualAddress) -> Result<VirtualAddress, NtError>,
    ) -> Lookup<PseudoRegister> {
        let Some(processor) = self.session.processors().get(self.session.scope().processor) else {
            return Lookup::Unavailable("there is no current processor".to_owned());
        };
        let kernel = self.session.target().kernel();
        match processor.prcb.clone().and_then(|prcb| Ok((find(&kernel, prcb)?, kernel.find_type(ty)?))) {
            Ok((address, ty)) => {
                let ty = Some(ty.pointer(kernel.pointer_size() as u8));
                Lookup::Found(PseudoRegister { value: address.0, ty })
            }
            Err(error) => Lookup::Unavailable(error.to_string()),
        }
    }

    /// The implicit process, if one was chosen, else the one that the current processor runs in.
    fn process(&self) -> Lookup<PseudoRegister> {
        let process = match self.session.implicit_process() {
            Ok(process) => process,
            Err(error) => return Lookup::Unavailable(error.to_string()),
        };
        let kernel = self.session.target().kernel();
        let ty = kernel.find_type("_EPROCESS").ok().map(|ty| ty.pointer(kernel.pointer_size() as u8));
        Lookup::Found(PseudoRegister { value: process.0, ty })
    }

    fn user_pseudo_register(&self, name: &str) -> Option<u64> {
        let index: usize = name.strip_prefix("$t")?.parse().ok()?;
        self.session.settings.user_pseudo_registers.get(index).copied()
    }
}

fn number_or(value: Option<u64>, why: &str) -> Lookup<PseudoRegister> {
    match value {
        Some(value) => Lookup::Found(PseudoRegister { value, ty: None }),
        None => Lookup::Unavailable(why.to_owned()),
    }
}

impl Scope for SessionScope<'_> {
    fn memory(&self) -> &dyn ReadVirtual {
        self.session.target()
    }

    fn physical_memory(&self) -> Option<&dyn ReadPhysical> {
        self.session.target().physical_memory()
    }

    fn pointer_size(&self) -> u8 {
        self.session.target().architecture().pointer_size() as u8
    }

    fn radix(&self) -> u32 {
        self.session.settings.radix
    }

    fn register(&self, name: &str) -> Lookup<RegisterReading> {
        match self.context() {
            Ok(context) => register_in(&context, name),
            Err(_) if self.session.target().architecture().find_register(name).is_none() => Lookup::NotFound,
            Err(why) => Lookup::Unavailable(why),
        }
    }

    fn read_register(&self, part: RegisterPart) -> Result<u128, String> {
        let context = self.context()?;
        let name = || context.architecture().register(part.register).map_or("the register", |full| full.name);
        context.get_part(part).ok_or_else(|| format!("{} is not known in this frame", name()))
    }

    fn pseudo_register(&self, name: &str) -> Lookup<PseudoRegister> {
        let name = name.to_ascii_lowercase();
        if let Some(value) = self.user_pseudo_register(&name) {
            return Lookup::Found(PseudoRegister { value, ty: None });
        }
        let crash = self.session.crash();
        let system = self.session.target().system();
        let parameter = |index: usize| {
            let value = crash.and_then(|crash| crash.bug_check.parameters.get(index).copied());
            number_or(value, "there was no bug check")
        };
        match name.as_str() {
            "$ip" => self.register_by(|context| context.instruction_pointer().map(|address| address.0)),
            "$csp" => self.register_by(|context| context.stack_pointer().map(|address| address.0)),
            "$ra" => {
                let address = self.known_frame().and_then(|frame| frame.return_address).map(|address| address.0);
                number_or(address, "the frame's caller is not known")
            }
            "$prcb" => self.processor_address("_KPRCB", |_, prcb| Ok(prcb)),
            "$pcr" => self.processor_address("_KPCR", processors::control_region),
            "$thread" => self.thread_field("", Some("_ETHREAD")),
            "$proc" => self.process(),
            "$teb" => self.thread_field("Tcb.Teb", Some("_TEB")),
            "$peb" => self.process_field("Peb", Some("_PEB")),
            "$tid" => self.thread_field("Cid.UniqueThread", None),
            "$tpid" => self.thread_field("Cid.UniqueProcess", None),
            "$ptrsize" => number_or(Some(u64::from(self.pointer_size())), ""),
            "$pagesize" => number_or(Some(PAGE_SIZE), ""),
            "$bug_code" => number_or(crash.map(|crash| u64::from(crash.bug_check.code)), "there was no bug check"),
            "$bug_param1" => parameter(0),
            "$bug_param2" => parameter(1),
            "$bug_param3" => parameter(2),
            "$bug_param4" => parameter(3),
            "$ntnumber" => number_or(Some(u64::from(system.minor_version)), ""),
            _ => Lookup::NotFound,
        }
    }

    fn local(&self, name: &str) -> Option<Variable> {
        let frame = self.known_frame()?;
        let found = self.session.frame_variables(frame);
        found.into_iter().map(|found| found.variable).rfind(|variable| variable.name == name)
    }

    fn symbols(&self, module: Option<&str>, name: &str) -> Vec<Variable> {
        let variable = |module: &Module, symbol: Symbol| Variable {
            name: format!("{}!{}", module.name(), symbol.name),
            ty: symbol.ty,
            place: Place::Memory(module.address(symbol.rva)),
        };
        let constant = |module: &Module, constant: Constant| Variable {
            name: format!("{}!{}", module.name(), constant.name),
            place: Value::constant(constant.ty.clone(), constant.value, constant.ty.size().unwrap_or(8)).place,
            ty: Some(constant.ty),
        };
        let in_module = |module: &'_ Module| -> Vec<Variable> {
            let found: Vec<_> = module.find(name).into_iter().map(|symbol| variable(module, symbol)).collect();
            match module.symbols() {
                Some(symbols) if found.is_empty() => {
                    symbols.find_constant(name).into_iter().map(|found| constant(module, found)).collect()
                }
                _ => found,
            }
        };
        self.searched(module).into_iter().flat_map(in_module).collect()
    }

    fn module_base(&self, name: &str) -> Option<VirtualAddress> {
        self.module(name).map(Module::base)
    }

    fn find_type(&self, module: Option<&str>, name: &str) -> Option<TypeRef> {
        let mut candidates = self.searched(module);
        let here = module.is_none().then(|| self.known_frame()).flatten().map(Frame::code_address);
        if let Some(here) = here.and_then(|address| self.session.target().modules().at(address)) {
            candidates.insert(0, &**here);
        }
        candidates.into_iter().filter_map(Module::symbols).find_map(|symbols| symbols.find_type(name))
    }

    fn function_type(&self, address: VirtualAddress) -> Option<TypeRef> {
        let module = self.session.target().modules().at(address)?;
        let ty = module.symbols()?.function_at(module.rva(address)?)?.ty?;
        matches!(ty.shape(), Ok(Shape::Function { .. })).then_some(ty)
    }

    fn image_entry_point(&self, base: VirtualAddress) -> Result<VirtualAddress, String> {
        let module = self.session.target().modules().at(base).ok_or("no image is loaded there")?;
        let headers = module.header().map_err(ToString::to_string)?;
        Ok(module.address(headers.entry_point))
    }

    fn source_line(&self, line: &SourceLine) -> Result<VirtualAddress, String> {
        source_lines::resolve(self.session, self.known_frame(), line)
    }

    fn write(&self, place: &Place, bytes: &[u8]) -> Result<(), String> {
        if self.is_for_reading {
            return Err("nothing is changed here".to_owned());
        }
        self.session.write_place(self.known_frame(), place, bytes)
    }
}

impl SessionScope<'_> {
    fn process_field(&self, path: &str, ty: Option<&str>) -> Lookup<PseudoRegister> {
        let Lookup::Found(process) = self.pseudo_register("$proc") else { return self.pseudo_register("$proc") };
        let kernel = self.session.target().kernel();
        let process = kernel.structure("_EPROCESS", VirtualAddress(process.value));
        match process.and_then(|process| process.field(path)?.integer()) {
            Ok(value) => {
                let ty = ty.and_then(|name| kernel.find_type(name).ok());
                Lookup::Found(PseudoRegister { value, ty: ty.map(|ty| ty.pointer(kernel.pointer_size() as u8)) })
            }
            Err(error) => Lookup::Unavailable(error.to_string()),
        }
    }
}
