//! WinDbg-style commands: arguments to typed reports, and the text of a report.
