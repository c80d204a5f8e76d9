//! Parameters and local variables of a frame.

use super::location::FrameSurroundings;
use super::node::Node;
use crate::evaluate::Variable;
use arch::Context;
use memory::{ReadVirtual, VirtualAddress};
use symbols::{Modules, VariableRole};

/// A parameter or local variable of a frame.
#[derive(Clone, Debug)]
pub struct FrameVariable {
    /// Its name and type, and where it lies in the frame: what can't be had is [`crate::evaluate::Place::Unavailable`].
    pub variable: Variable,
    /// Parameter, local, static, constant.
    pub role: VariableRole,
    /// The module whose symbols know it.
    pub module: String,
    /// A variable of an inner block has the same name: expressions mean that one.
    pub hidden: bool,
}

impl FrameVariable {
    /// Whether it is a parameter (`this` too).
    pub fn is_parameter(&self) -> bool {
        self.role == VariableRole::Parameter
    }

    /// It as the root of a tree.
    pub fn node(&self) -> Node {
        let node = Node::of_variable(&self.variable).in_module(&self.module);
        Node { expression: node.expression.clone().filter(|_| !self.hidden), ..node }
    }
}

/// The variables in whose scope `address` lies: of the function there, or with `inline` of the inlined function of that
/// depth (0 is the innermost). Parameters first, then from the outermost block inwards: an expression means the last of
/// a name. `context` has the frame's registers; `address` is one within the instruction that executes
/// ([`crate::stack::Frame::code_address`]).
///
/// No symbols, no variables. Those that have no value at the address are listed all the same.
pub fn frame_variables(
    modules: &Modules,
    memory: &dyn ReadVirtual,
    context: &Context,
    address: VirtualAddress,
    inline: Option<usize>,
) -> Vec<FrameVariable> {
    let Some(module) = modules.at(address) else { return Vec::new() };
    let Some((symbols, rva)) = module.symbols().zip(module.rva(address)) else { return Vec::new() };
    let found = match inline {
        Some(depth) => symbols.variables_of(rva, depth),
        None => symbols.variables(rva),
    };
    let surroundings = FrameSurroundings { context, base: module.base(), memory };
    let names: Vec<String> = found.iter().map(|variable| variable.name.clone()).collect();
    let frame_variable = |(index, variable): (usize, symbols::Variable)| {
        let place = surroundings.place(&variable.location, &variable.ty);
        let hidden = names.iter().skip(index + 1).any(|later| *later == variable.name);
        let variable_here = Variable { name: variable.name, ty: Some(variable.ty), place };
        FrameVariable { variable: variable_here, role: variable.role, module: module.name().to_owned(), hidden }
    };
    found.into_iter().enumerate().map(frame_variable).collect()
}
