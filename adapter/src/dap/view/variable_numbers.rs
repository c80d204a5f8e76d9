//! Rows of the variables view as the client gets them: with numbers for their parts, and only with what it takes.

use super::attached::{Attached, FrameReference};
use super::container::{Container, Filter, Row};
use super::handles::Handles;
use super::to_dap;
use crate::dap::error::RequestError;
use crate::dap::protocol::{PresentationHint, Variable};
use engine::variables::NodeKind;
use memory::VirtualAddress;
use std::ops::Range;

/// Numbers for containers and locations, good for one stop.
#[derive(Default)]
pub struct VariableNumbers {
    containers: Handles<Key, Numbered>,
    locations: Handles<VirtualAddress, VirtualAddress>,
}

/// What makes a container the same again when it is asked for again.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Scope { frame: i64, name: &'static str },
    Part { parent: i64, index: u64, name: String },
    Evaluated { frame: Option<i64>, expression: String },
}

/// A container, and the frame in which it is read.
#[derive(Clone, Debug)]
struct Numbered {
    frame: Option<FrameReference>,
    container: Container,
}

impl VariableNumbers {
    /// A new stop: all numbers become stale.
    pub fn begin_stop(&mut self) {
        self.containers.begin_stop();
        self.locations.begin_stop();
    }
}

impl Attached {
    /// The number of a frame's scope.
    ///
    /// # Errors
    /// When there are no more numbers.
    pub fn scope_number(
        &mut self,
        frame_number: i64,
        name: &'static str,
        frame: FrameReference,
        container: Container,
    ) -> Result<i64, RequestError> {
        let numbered = Numbered { frame: Some(frame), container };
        let number = self.variables.containers.number(Key::Scope { frame: frame_number, name }, numbered);
        number.ok_or(RequestError::TooManyReferences)
    }

    /// The rows of the container with this number.
    ///
    /// # Errors
    /// A number that isn't good, or no more.
    pub fn children(
        &mut self,
        number: i64,
        filter: Filter,
        range: Range<u64>,
        hex: bool,
    ) -> Result<Vec<Variable>, RequestError> {
        let bad = |bad| RequestError::Reference("variablesReference", number, bad);
        let Numbered { frame, container } = self.variables.containers.get(number).map_err(bad)?.clone();
        let first = range.start;
        let (rows, _) = self.around(frame, hex, |around| container.rows(around, filter, range))?;
        // Elements and parts with names are counted apart: an element's index is no index of the other kind.
        let offset = if filter == Filter::Indexed { u64::MAX / 2 } else { 0 };
        let numbered = rows.into_iter().zip(first.saturating_add(offset)..);
        numbered
            .map(|(row, index)| {
                let key = Key::Part { parent: number, index, name: row.name.clone() };
                self.variable(frame, key, row)
            })
            .collect()
    }

    /// The value of an expression that was evaluated in the frame with this number.
    ///
    /// # Errors
    /// A number that isn't good, or no more.
    pub fn evaluated(
        &mut self,
        frame_number: Option<i64>,
        expression: String,
        row: Row,
    ) -> Result<Variable, RequestError> {
        let frame = frame_number.map(|number| self.frame(number)).transpose()?.flatten();
        self.variable(frame, Key::Evaluated { frame: frame_number, expression }, row)
    }

    /// An expression for the variable of this name in a container, and the frame that it is of.
    ///
    /// # Errors
    /// A number that isn't good, or a variable that isn't there or that no expression names.
    pub fn expression_of(&mut self, number: i64, name: &str) -> Result<(Option<FrameReference>, String), RequestError> {
        let bad = |bad| RequestError::Reference("variablesReference", number, bad);
        let Numbered { frame, container } = self.variables.containers.get(number).map_err(bad)?.clone();
        let (filter, range) = where_to_look(name);
        let (rows, _) = self.around(frame, false, |around| container.rows(around, filter, range))?;
        let row = rows.into_iter().find(|row| row.name == name).ok_or_else(|| no_variable(name))?;
        let no_expression = || RequestError::Change(format!("{name} is nothing that has a place of its own"));
        Ok((frame, row.evaluate_name.ok_or_else(no_expression)?))
    }

    /// The variable of this name in a container, as it is now.
    ///
    /// # Errors
    /// As [`Attached::expression_of`].
    pub fn child(&mut self, number: i64, name: &str, hex: bool) -> Result<Variable, RequestError> {
        let (filter, range) = where_to_look(name);
        let children = self.children(number, filter, range, hex)?;
        children.into_iter().find(|child| child.name == name).ok_or_else(|| no_variable(name))
    }

    /// The address of the code that a location stands for.
    ///
    /// # Errors
    /// A number that isn't good.
    pub fn location(&self, number: i64) -> Result<VirtualAddress, RequestError> {
        let bad = |bad| RequestError::Reference("locationReference", number, bad);
        self.variables.locations.get(number).copied().map_err(bad)
    }

    fn variable(&mut self, frame: Option<FrameReference>, key: Key, row: Row) -> Result<Variable, RequestError> {
        let containers = &mut self.variables.containers;
        let variables_reference = match row.container {
            None => 0,
            Some(container) => {
                containers.number(key, Numbered { frame, container }).ok_or(RequestError::TooManyReferences)?
            }
        };
        let locations = &mut self.variables.locations;
        let client = &self.client;
        let paged = client.supports_variable_paging && row.indexed > 0;
        Ok(Variable {
            name: row.name,
            value: row.value,
            ty: row.ty.filter(|_| client.supports_variable_type),
            presentation_hint: row.kind.and_then(hint),
            evaluate_name: row.evaluate_name,
            variables_reference,
            named_variables: paged.then_some(row.named),
            indexed_variables: paged.then_some(row.indexed),
            memory_reference: row.memory.filter(|_| client.supports_memory_references).map(to_dap::address),
            value_location_reference: row.code.and_then(|code| locations.number(code, code)),
        })
    }
}

/// Which rows hold the one of this name: an element's name is its index.
fn where_to_look(name: &str) -> (Filter, Range<u64>) {
    let index = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).and_then(|index| index.parse().ok());
    match index {
        Some(index) if index < u64::MAX => (Filter::Indexed, index..index + 1),
        _ => (Filter::Both, 0..u64::MAX),
    }
}

fn no_variable(name: &str) -> RequestError {
    RequestError::Change(format!("there is no variable '{name}' here"))
}

fn hint(kind: NodeKind) -> Option<PresentationHint> {
    match kind {
        NodeKind::Base => Some(PresentationHint { kind: Some("baseClass"), attributes: &[] }),
        NodeKind::VirtualTable | NodeKind::List | NodeKind::Note => {
            Some(PresentationHint { kind: Some("virtual"), attributes: &[] })
        }
        NodeKind::StaticMember => Some(PresentationHint { kind: None, attributes: &["static"] }),
        NodeKind::Variable | NodeKind::Member | NodeKind::Element | NodeKind::Pointee => None,
    }
}
