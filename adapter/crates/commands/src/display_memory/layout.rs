//! What the commands' lines are made of.

/// The lines of a command that displays memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    unit: usize,
    columns: u64,
    default_count: u64,
    pub(super) shape: Shape,
}

/// How units are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Two digits each, and behind them the same as characters.
    Bytes,
    /// As many digits as they have.
    Words,
    /// The same, and behind them the bytes as characters.
    WordsAndText,
    /// `float` or `double`.
    Floats,
    /// Characters up to a zero.
    Text,
}

impl Layout {
    /// Most units of a line.
    pub(super) const MAX_COLUMNS: u64 = 256;

    /// The documented default of the command with this name; for text, whose lines the documentation says to have 48
    /// characters and the originals write with 32, eight of the longer ones.
    pub(crate) fn of(name: &str, pointer_size: usize) -> Self {
        let layout = |unit, columns, default_count, shape| Self { unit, columns, default_count, shape };
        match name {
            "dW" => layout(2, 8, 64, Shape::WordsAndText),
            "da" => layout(1, 32, 8 * 48, Shape::Text),
            "du" => layout(2, 32, 8 * 48, Shape::Text),
            "dw" => layout(2, 8, 64, Shape::Words),
            "dc" => layout(4, 4, 32, Shape::WordsAndText),
            "dd" => layout(4, 4, 32, Shape::Words),
            "df" => layout(4, 4, 16, Shape::Floats),
            "dD" => layout(8, 3, 15, Shape::Floats),
            "dq" => layout(8, 2, 16, Shape::Words),
            "dp" if pointer_size == 4 => Self::of("dd", pointer_size),
            "dp" => Self::of("dq", pointer_size),
            "dds" | "dda" | "ddp" | "ddu" => layout(4, 1, 32, Shape::Words),
            "dps" | "dpa" | "dpp" | "dpu" if pointer_size == 4 => layout(4, 1, 32, Shape::Words),
            "dps" | "dpa" | "dpp" | "dpu" | "dqs" | "dqa" | "dqp" | "dqu" => layout(8, 1, 16, Shape::Words),
            _ => layout(1, 16, 128, Shape::Bytes),
        }
    }

    /// Bytes of a unit.
    pub(crate) fn unit(&self) -> usize {
        self.unit
    }

    /// Units of a line.
    pub(crate) fn columns(&self) -> u64 {
        self.columns
    }

    /// Units that are displayed where no count is given.
    pub(super) fn default_count(&self) -> u64 {
        self.default_count
    }
}
