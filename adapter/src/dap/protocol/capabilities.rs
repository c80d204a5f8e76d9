//! `Capabilities`: what the adapter can do. Each handler sets its own, beside its code.

use super::is_false;
use serde::Serialize;

/// The capabilities that some handler earns; what isn't set isn't sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    #[serde(skip_serializing_if = "is_false")]
    pub supports_configuration_done_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_evaluate_for_hovers: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_clipboard_context: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_completions_request: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub completion_trigger_characters: &'static [&'static str],
    #[serde(skip_serializing_if = "is_false")]
    pub supports_modules_request: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub additional_module_columns: &'static [ColumnDescriptor],
    #[serde(skip_serializing_if = "is_false")]
    pub supports_value_formatting_options: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_exception_info_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_delayed_stack_trace_loading: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_loaded_sources_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_terminate_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_read_memory_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_disassemble_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_cancel_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_function_breakpoints: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_conditional_breakpoints: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_hit_conditional_breakpoints: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_log_points: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_instruction_breakpoints: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_data_breakpoints: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_data_breakpoint_bytes: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_breakpoint_locations_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_exception_filter_options: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_set_variable: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_set_expression: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_write_memory_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_goto_targets_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_stepping_granularity: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_step_in_targets_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub supports_restart_request: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub support_suspend_debuggee: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exception_breakpoint_filters: Vec<ExceptionBreakpointsFilter>,
}

/// Exceptions or events that the user can choose to stop at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionBreakpointsFilter {
    /// What `setExceptionBreakpoints` names it by.
    pub filter: &'static str,
    /// What the user reads.
    pub label: String,
    /// The same at length.
    pub description: String,
    /// Whether it is chosen if the user doesn't say.
    pub default: bool,
    /// Whether something can stand beside it that narrows it down.
    pub supports_condition: bool,
    /// What that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition_description: Option<&'static str>,
}

/// A column of the client's modules view beyond the protocol's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnDescriptor {
    /// Property of [`super::Module`].
    pub attribute_name: &'static str,
    /// The column's title.
    pub label: &'static str,
    /// `string`, `number`, `boolean` or `unixTimestampUTC`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}
