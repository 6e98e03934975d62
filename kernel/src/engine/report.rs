//! Compiler errors and lost cells as text for the reader.

use super::Failure;
use super::frames::Lost;
use evcxr::{CompilationError, Error};

const RED: &str = "\u{1b}[1;31m";
const BLUE: &str = "\u{1b}[1;34m";
const CYAN: &str = "\u{1b}[36m";
const OFF: &str = "\u{1b}[0m";

/// What evcxr refused, in the manner of rustc: message, the cell's own line, and help.
pub fn refused(error: &Error) -> Failure {
    match error {
        Error::CompilationErrors(errors) => {
            let mut traceback = Vec::new();
            for error in errors {
                traceback.extend(compile_error(error));
            }
            let value = errors.iter().map(CompilationError::message).collect::<Vec<_>>().join("\n");
            Failure { name: "CompileError".to_owned(), value, traceback }
        }
        Error::TypeRedefinedVariablesLost(names) => {
            let names = names.join(", ");
            Failure::plain(
                "Error",
                format!("a type was defined anew, so these variables of the old type are gone: {names}"),
            )
        }
        Error::Message(message) => Failure::plain("Error", message.trim_end()),
        Error::SubprocessTerminated(message) => Failure::plain(
            "Crash",
            format!(
                "the process that runs cells ended, and its variables with it: {}\n  → run the cells again from the top",
                message.trim_end()
            ),
        ),
    }
}

fn compile_error(error: &CompilationError) -> Vec<String> {
    let code = error.code().map(|code| format!("[{code}]")).unwrap_or_default();
    let mut lines = vec![format!("{RED}error{code}{OFF}: {}", error.message())];
    for message in error.spanned_messages() {
        let Some(span) = &message.span else {
            if !message.label.is_empty() {
                lines.push(format!("   = {}", message.label));
            }
            continue;
        };
        for (offset, source) in message.lines.iter().enumerate() {
            let number = span.start_line + offset;
            lines.push(format!("{BLUE}{number:>4} |{OFF} {source}"));
            let from = if offset == 0 { span.start_column.saturating_sub(1) } else { 0 };
            let to = if number == span.end_line { span.end_column.saturating_sub(1) } else { source.chars().count() };
            let last = offset + 1 == message.lines.len();
            let label = if last { message.label.as_str() } else { "" };
            let marks = "^".repeat(to.saturating_sub(from).max(1));
            lines.push(format!("{BLUE}     |{OFF} {}{RED}{marks} {label}{OFF}", " ".repeat(from)));
        }
    }
    for help in error.help() {
        lines.push(format!("   {CYAN}= help{OFF}: {help}"));
    }
    if let Some(hint) = error.evcxr_extra_hint() {
        lines.push(format!("   {CYAN}= hint{OFF}: {hint}"));
    }
    lines
}

/// A cell that was undone: what happened, and that nothing else was lost.
pub fn lost(lost: &Lost) -> Failure {
    let message = lost.message.trim();
    let (name, what) = match lost.kind.as_str() {
        "panic" => ("Panic", panic_message(message)),
        "error" => ("Error", message.to_owned()),
        "interrupt" => ("Interrupted", lost.detail.clone()),
        _ if message.is_empty() => ("Crash", lost.detail.clone()),
        _ => ("Crash", format!("{}\n{message}", lost.detail)),
    };
    let mut failure = Failure::plain(name, what);
    let fate = match (lost.kept, lost.kind.as_str()) {
        (true, _) => "every variable is as it was before this cell",
        (false, "panic" | "error") => "no copy could be kept (memory?): variables that the cell had moved are gone",
        (false, _) => "no copy could be kept (memory?): all variables are gone; run the cells again from the top",
    };
    failure.traceback.push(format!("{CYAN}{fate}{OFF}"));
    failure
}

/// `thread '…' panicked at src/lib.rs:88:1:\nboom\nnote: …` → `boom`; a place outside the cell is kept.
fn panic_message(text: &str) -> String {
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("note: run with `RUST_BACKTRACE"))
        .filter(|line| !(line.starts_with("thread '") && line.contains("panicked at src/lib.rs")))
        .collect();
    let kept = kept.join("\n").trim().to_owned();
    if kept.is_empty() { "the cell panicked".to_owned() } else { kept }
}
