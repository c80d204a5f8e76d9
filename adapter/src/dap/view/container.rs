//! What has rows in the variables view: the scopes of a frame, groups of registers, values with parts.

use super::attached::{Attached, FrameReference};
use super::{processor_rows, register_rows, to_dap};
use crate::dap::error::RequestError;
use arch::RegisterGroup;
use engine::stack::Frame;
use engine::variables::{Content, FrameVariable, Node, NodeKind, PAGE_LIMIT, Style, View};
use engine::{Scope, Session as Engine, SessionScope};
use memory::VirtualAddress;
use std::ops::Range;
use symbols::Shape;

/// Something with rows.
#[derive(Clone, Debug)]
pub enum Container {
    /// A frame's parameters.
    Arguments,
    /// A frame's other variables.
    Locals,
    /// A frame's registers: groups of them.
    Registers,
    /// One of these groups.
    RegisterGroup(RegisterGroup),
    /// The processor that a frame's thread runs on.
    Processor,
    /// A value with parts.
    Value(Box<Node>),
}

/// A row: a variable, a register, a part of a value.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Its name among its siblings.
    pub name: String,
    /// Its value in words.
    pub value: String,
    /// Its type in C spelling.
    pub ty: Option<String>,
    /// What it is to its container.
    pub kind: Option<NodeKind>,
    /// An expression that names it.
    pub evaluate_name: Option<String>,
    /// Memory that it leads to: its own, or what it points at.
    pub memory: Option<VirtualAddress>,
    /// Code that it leads to.
    pub code: Option<VirtualAddress>,
    /// Its own rows, if it has some.
    pub container: Option<Container>,
    /// How many of them have names.
    pub named: u64,
    /// How many of them are elements.
    pub indexed: u64,
}

/// Which rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Those with names, then elements.
    Both,
    /// Those with names.
    Named,
    /// Elements.
    Indexed,
}

/// What rows are made with.
pub struct Surroundings<'a> {
    /// The target.
    pub engine: &'a Engine,
    /// The frame that registers and variables are of.
    pub frame: Option<Frame>,
    /// How values are written.
    pub style: Style,
}

impl Container {
    /// The rows of `range`, and how many there are in all.
    pub fn rows(&self, around: &Surroundings<'_>, filter: Filter, range: Range<u64>) -> (Vec<Row>, u64) {
        let all = match self {
            Self::Value(node) => return around.parts(node, filter, range),
            _ if filter == Filter::Indexed => Vec::new(),
            Self::Arguments => around.variables(FrameVariable::is_parameter),
            Self::Locals => around.variables(|variable| !variable.is_parameter()),
            Self::Registers => register_rows::groups(around),
            Self::RegisterGroup(group) => register_rows::group(around, *group),
            Self::Processor => processor_rows::rows(around),
        };
        let count = all.len() as u64;
        (all.into_iter().zip(0_u64..).filter(|(_, index)| range.contains(index)).map(|(row, _)| row).collect(), count)
    }
}

impl Surroundings<'_> {
    /// A value as a row.
    pub fn row(&self, node: &Node) -> Row {
        let scope = SessionScope::new(self.engine, self.frame.clone());
        self.row_in(&View::new(&scope, self.engine.target().modules()), node)
    }

    /// A number that may be an address, as MASM's are.
    pub fn number(&self, number: u64) -> Row {
        let address = VirtualAddress(number);
        let symbol = self.loaded_symbol(address).map_or(String::new(), |name| format!("  {name}"));
        Row { value: format!("{number:#x}{symbol}"), memory: Some(address), ..Row::default() }
    }

    /// The symbol at an address. No symbols are looked for on behalf of a number that happens to lie in some module.
    pub fn loaded_symbol(&self, address: VirtualAddress) -> Option<String> {
        let modules = self.engine.target().modules();
        modules.at(address).filter(|module| module.is_loaded())?;
        to_dap::symbol_name(self.engine, address)
    }

    fn row_in(&self, view: &View<'_>, node: &Node) -> Row {
        let content = view.content(node, self.style.preview());
        let counts = view.child_counts(node);
        let ty = node.type_name();
        Row {
            name: node.name.clone(),
            value: content.text(self.style),
            ty: Some(ty).filter(|ty| !ty.is_empty()),
            kind: Some(node.kind),
            evaluate_name: node.evaluate_name(),
            memory: view.memory_reference(node),
            code: code_of(&content),
            container: (!counts.is_empty()).then(|| Container::Value(Box::new(node.clone()))),
            named: counts.named,
            indexed: counts.indexed,
        }
    }

    fn parts(&self, node: &Node, filter: Filter, range: Range<u64>) -> (Vec<Row>, u64) {
        let scope = SessionScope::new(self.engine, self.frame.clone());
        let view = View::new(&scope, self.engine.target().modules());
        let counts = view.child_counts(node);
        let (named, indexed) = match filter {
            Filter::Both => (counts.named, counts.indexed),
            Filter::Named => (counts.named, 0),
            Filter::Indexed => (0, counts.indexed),
        };
        let mut nodes: Vec<Node> = Vec::new();
        if range.start < named {
            let skipped = usize::try_from(range.start).unwrap_or(usize::MAX);
            let wanted = usize::try_from(range.end.min(named).saturating_sub(range.start)).unwrap_or(usize::MAX);
            nodes.extend(view.named_children(node).into_iter().skip(skipped).take(wanted));
        }
        let first = range.start.saturating_sub(named);
        let end = range.end.saturating_sub(named).min(indexed).min(first.saturating_add(PAGE_LIMIT));
        if first < end {
            nodes.extend(view.indexed_children(node, first, end - first));
        }
        (nodes.iter().map(|node| self.row_in(&view, node)).collect(), named.saturating_add(indexed))
    }

    fn variables(&self, wanted: impl Fn(&FrameVariable) -> bool) -> Vec<Row> {
        let Some(frame) = &self.frame else { return Vec::new() };
        let variables = self.engine.frame_variables(frame);
        variables.iter().filter(|variable| wanted(variable)).map(|variable| self.row(&variable.node())).collect()
    }
}

/// The function that a value is or points at.
fn code_of(content: &Content) -> Option<VirtualAddress> {
    match content {
        Content::Function { address, symbol: Some(_) } => Some(*address),
        Content::Pointer { address, target, symbol: Some(_), .. } => {
            matches!(target.shape(), Ok(Shape::Function { .. })).then_some(*address)
        }
        _ => None,
    }
}

impl Attached {
    /// Does something with a frame's surroundings: registers, variables, `$proc` and the like are those of the frame.
    /// Without a frame, of what is current. What was current stays so.
    ///
    /// # Errors
    /// When the frame can't be had.
    pub fn around<T>(
        &mut self,
        frame: Option<FrameReference>,
        hex: bool,
        act: impl FnOnce(&Surroundings<'_>) -> T,
    ) -> Result<T, RequestError> {
        let before = self.engine.scope();
        let elsewhere = frame.filter(|frame| (frame.source, frame.index) != (before.source, before.frame));
        if let Some(FrameReference { source, index }) = elsewhere {
            let selected = self.engine.select_context(source).and_then(|()| self.engine.select_frame(index));
            if let Err(error) = selected {
                self.restore(before);
                return Err(RequestError::Scope(error));
            }
        }
        let style = Style::Editor { hex };
        let acted = act(&Surroundings { engine: &self.engine, frame: self.engine.frame().ok(), style });
        if elsewhere.is_some() {
            self.restore(before);
        }
        Ok(acted)
    }

    fn restore(&mut self, before: Scope) {
        if let Err(error) = self.engine.restore_scope(before) {
            tracing::warn!(%error, "what was current can't be made current again");
        }
    }
}
