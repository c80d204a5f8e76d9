//! The kinds of kernel dumps, and what the original debugger calls them.

/// What a dump holds and how it is laid out: `DUMP_TYPE`, the `DumpType` field of its header.
///
/// 1 to 7 are the documented `DUMP_TYPE_*` constants. 8 to 10 appeared with the debugger of 2022, which writes them
/// for `.dump /k`, `/ka` and `/f`; their names here follow what kdmp-parser (MIT) found out about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `DUMP_TYPE_FULL`: all physical memory, as runs of pages.
    Complete,
    /// `DUMP_TYPE_SUMMARY`: the kernel's pages with a bitmap; Windows 2000 to 7.
    KernelSummary,
    /// `DUMP_TYPE_HEADER`: the header alone.
    HeaderOnly,
    /// `DUMP_TYPE_TRIAGE`: a small dump, no physical memory.
    Triage,
    /// `DUMP_TYPE_BITMAP_FULL`: all or (active memory dump) most of physical memory with a bitmap.
    BitmapFull,
    /// `DUMP_TYPE_BITMAP_KERNEL`: the kernel's pages, and user pages if asked for, with a bitmap; also live dumps.
    BitmapKernel,
    /// `DUMP_TYPE_AUTOMATIC`: a kernel dump whose paging file Windows sized itself; laid out as a bitmap dump.
    Automatic,
    /// 8: the kernel's pages as ranges.
    RangeKernel,
    /// 9: kernel and user pages as ranges.
    RangeKernelAndUser,
    /// 10: all physical memory as ranges.
    RangeComplete,
}

impl Format {
    /// The kind that `DumpType` stands for.
    pub fn from_dump_type(dump_type: u32) -> Option<Self> {
        Some(match dump_type {
            1 => Self::Complete,
            2 => Self::KernelSummary,
            3 => Self::HeaderOnly,
            4 => Self::Triage,
            5 => Self::BitmapFull,
            6 => Self::BitmapKernel,
            7 => Self::Automatic,
            8 => Self::RangeKernel,
            9 => Self::RangeKernelAndUser,
            10 => Self::RangeComplete,
            _ => return None,
        })
    }

    /// The kind's name in Microsoft's documentation ("Varieties of Kernel-Mode Dump Files").
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete | Self::RangeComplete => "Complete Memory Dump",
            Self::KernelSummary | Self::BitmapKernel | Self::RangeKernel => "Kernel Memory Dump",
            Self::HeaderOnly => "Dump Header",
            Self::Triage => "Small Memory Dump",
            Self::BitmapFull => "Complete or Active Memory Dump",
            Self::Automatic => "Automatic Memory Dump",
            Self::RangeKernelAndUser => "Kernel and User Memory Dump",
        }
    }

    /// The kind as the `||` command and the session's title say it, after "64-bit " or "32-bit ".
    ///
    /// `bitmap`, `triage` and `range` are what the original prints; `full`, `summary` and `header` are formed alike.
    pub fn session_name(self) -> &'static str {
        match self {
            Self::Complete => "Kernel full dump",
            Self::KernelSummary => "Kernel summary dump",
            Self::HeaderOnly => "Kernel header dump",
            Self::Triage => "Kernel triage dump",
            Self::BitmapFull | Self::BitmapKernel | Self::Automatic => "Kernel bitmap dump",
            Self::RangeKernel | Self::RangeKernelAndUser | Self::RangeComplete => "Kernel range dump",
        }
    }

    /// The line that the original debugger prints below `Loading Dump File`; for ranges, whose line isn't known, one
    /// of the same form.
    pub fn banner(self) -> &'static str {
        match self {
            Self::Complete => "Kernel Complete Dump File: Full address space is available",
            Self::KernelSummary => "Kernel Summary Dump File: Only kernel address space is available",
            Self::HeaderOnly => "Kernel Header Dump File: No address space is available",
            Self::Triage => "Mini Kernel Dump File: Only registers and stack trace are available",
            Self::BitmapFull => "Kernel Bitmap Dump File: Full address space is available",
            Self::BitmapKernel | Self::Automatic => {
                "Kernel Bitmap Dump File: Kernel address space is available, User address space may not be available."
            }
            Self::RangeKernel => {
                "Kernel Range Dump File: Kernel address space is available, User address space may not be available."
            }
            Self::RangeKernelAndUser | Self::RangeComplete => "Kernel Range Dump File: Full address space is available",
        }
    }
}
