//! What a frame is called: function, displacement and source line.

use super::Frame;
use memory::VirtualAddress;
use symbols::{InlineFrame, Modules, SourceLine};

/// A frame in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameDescription {
    /// The module that the frame executes in.
    pub module: Option<String>,
    /// Its function; without symbols there is none.
    pub function: Option<String>,
    /// Bytes from the start of the function (where it was inlined: of its code there), or of the module where there is
    /// no function.
    pub displacement: u64,
    /// The source line that executes, or that made the call.
    pub line: Option<SourceLine>,
    /// The function was inlined.
    pub inlined: bool,
    address: VirtualAddress,
}

impl FrameDescription {
    /// Describes `frame` as far as symbols go.
    pub fn of(frame: &Frame, modules: &Modules) -> Self {
        let address = frame.code_address();
        let name = modules.name_of(address);
        let behind = frame.instruction_pointer.0.wrapping_sub(address.0);
        let displacement = name.as_ref().map_or(0, |name| name.displacement.wrapping_add(behind));
        let module = name.as_ref().map(|name| name.module.clone());
        let physical = Self {
            module,
            function: name.and_then(|name| name.symbol).map(|symbol| symbol.name),
            displacement,
            line: None,
            inlined: false,
            address: frame.instruction_pointer,
        };
        let Some(inline) = &frame.inline else {
            let line = match inline_frames(modules, address).pop() {
                Some(outermost) => outermost.call_site,
                None => line_at(modules, address),
            };
            return Self { line, ..physical };
        };
        let module = modules.at(address);
        let start = inline.function.ranges.first().and_then(|range| Some(module?.address(range.start)));
        let displacement = start.and_then(|start| frame.instruction_pointer.distance_from(start)).unwrap_or(0);
        let (function, line) = (Some(inline.function.name.clone()), inline.function.line.clone());
        Self { function, displacement, line, inlined: true, ..physical }
    }

    /// ``module!function+0x10``, `module+0x1234`, or the bare address.
    pub fn call_site(&self) -> String {
        let displacement = match self.displacement {
            0 => String::new(),
            bytes => format!("+{bytes:#x}"),
        };
        match (&self.module, &self.function) {
            (Some(module), Some(function)) => format!("{module}!{function}{displacement}"),
            (Some(module), None) => format!("{module}{displacement}"),
            (None, _) => format!("{:#x}", self.address.0),
        }
    }
}

/// The functions that were inlined at `address`, innermost first.
pub fn inline_frames(modules: &Modules, address: VirtualAddress) -> Vec<InlineFrame> {
    let found = modules.at(address).and_then(|module| Some(module.symbols()?.inline_frames(module.rva(address)?)));
    found.unwrap_or_default()
}

/// The source line at `address`.
pub fn line_at(modules: &Modules, address: VirtualAddress) -> Option<SourceLine> {
    let module = modules.at(address)?;
    module.symbols()?.line_at(module.rva(address)?)
}
