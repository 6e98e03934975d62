//! Compiler errors and lost cells as text for the reader.

use super::Failure;
use super::frames::Lost;
use super::last_value::Asked;
use evcxr::{CompilationError, Error};

const RED: &str = "\u{1b}[1;31m";
const BLUE: &str = "\u{1b}[1;34m";
/// Readable on the pink of a notebook's error and on a dark terminal.
const GREEN: &str = "\u{1b}[32m";
const OFF: &str = "\u{1b}[0m";

/// What evcxr refused, in the manner of rustc: message, the cell's own line, and help.
pub fn refused(error: &Error, asked: &Asked) -> Failure {
    match error {
        Error::CompilationErrors(errors) => {
            let mut traceback = Vec::new();
            for error in errors {
                traceback.extend(compile_error(error, asked));
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

/// Why a cell is not even read.
pub fn too_deep() -> Failure {
    let most = crate::syntax::DEEPEST;
    let problem =
        format!("this cell may be nested more than {most} levels deep, and the compiler's parser would end on it");
    Failure::plain("Error", format!("{problem}\n  → part its longest expression into several statements"))
}

fn compile_error(error: &CompilationError, asked: &Asked) -> Vec<String> {
    if let Some(lines) = cannot_be_shown(error, asked) {
        return lines;
    }
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
            let source = asked.line(number).unwrap_or(source);
            lines.push(format!("{BLUE}{number:>4} |{OFF} {source}"));
            let from = if offset == 0 { asked.column(number, span.start_column).saturating_sub(1) } else { 0 };
            let width = source.chars().count();
            let to =
                if number == span.end_line { asked.column(number, span.end_column).saturating_sub(1) } else { width };
            let last = offset + 1 == message.lines.len();
            let label = if last { message.label.as_str() } else { "" };
            // What was put in behind the typed line is not marked.
            let marks = "^".repeat(to.min(width).saturating_sub(from).max(1));
            lines.push(format!("{BLUE}     |{OFF} {}{RED}{marks} {label}{OFF}", " ".repeat(from)));
        }
    }
    for help in error.help() {
        // What rustc would write instead follows below its words; a lone bracket says nothing here.
        let mut words = help.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.push(format!("   {GREEN}= help{OFF}: {}", words.next().unwrap_or_default()));
        lines.extend(words.filter(|line| line.len() > 1).map(|line| format!("           {line}")));
    }
    if let Some(hint) = error.evcxr_extra_hint() {
        lines.push(format!("   {GREEN}= hint{OFF}: {hint}"));
    }
    lines
}

/// The one error that the reader has not typed: the last expression's type has no face and no `Debug`.
fn cannot_be_shown(error: &CompilationError, asked: &Asked) -> Option<Vec<String>> {
    let spans = error.spanned_messages().iter().filter_map(|message| message.span.as_ref());
    let on_call = spans.into_iter().any(|span| asked.is_call(span.start_line, span.start_column));
    if error.code() != Some("E0599") || !on_call {
        return None;
    }
    let (line, column) = asked.expression()?;
    // "`S` doesn't implement `Debug`", or "the method `evcxr_display` exists for struct `Vec<S>`, but …".
    let message = error.message();
    let from = message.find(" for ").filter(|_| message.contains("evcxr_display")).unwrap_or(0);
    let kind = message[from..].split('`').nth(1).unwrap_or("this type");
    Some(vec![
        format!("{RED}error{OFF}: a value of type `{kind}` cannot be shown"),
        format!("{BLUE}{line:>4} |{OFF} {}", asked.line(line)?),
        format!("{BLUE}     |{OFF} {}{RED}^ its type implements no `Debug`{OFF}", " ".repeat(column - 1)),
        format!(
            "   {GREEN}= help{OFF}: end the cell with `;` to show nothing, or write `#[derive(Debug)]` above the type"
        ),
    ])
}

/// What may be behind a compilation that failed.
pub fn disk_is_full(folder: &std::path::Path) -> String {
    format!(
        "{GREEN}the disk is full at {}, where cells are compiled{OFF}\n  → make room there, or start again with TMPDIR set to another folder",
        folder.display()
    )
}

/// A cell that was undone: what happened, and that nothing else was lost.
pub fn lost(lost: &Lost) -> Failure {
    let message = lost.message.trim();
    let (name, what) = match lost.kind.as_str() {
        "panic" => ("Panic", panic_message(message)),
        "error" if message.is_empty() => ("Error", lost.detail.clone()),
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
    failure.traceback.push(format!("{GREEN}{fate}{OFF}"));
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
