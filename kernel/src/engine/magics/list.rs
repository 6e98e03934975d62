//! The names that may follow a `:`.

use neurocell::Error;

/// What is done here, and not by evcxr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Magic {
    Help,
    Type,
    Doc,
    Vars,
    Time,
    Restart,
    Cache,
    Quit,
}

/// Each magic: its name, how it is written, and what it does.
pub const MAGICS: [(Magic, &str, &str, &str); 8] = [
    (Magic::Help, "help", ":help", "this list"),
    (Magic::Type, "type", ":type EXPRESSION", "the type of an expression, which is not run"),
    (Magic::Doc, "doc", ":doc NAME", "signature and documentation of a name"),
    (Magic::Vars, "vars", ":vars", "the variables: name, type, shape, bytes"),
    (
        Magic::Time,
        "time",
        ":time [CODE]",
        "how long the cell takes to compile and to run; on its own line or before the code",
    ),
    (Magic::Restart, "restart", ":restart", "a new session in place: all variables are gone"),
    (Magic::Cache, "cache", ":cache [clear …]", "what takes disk space, as `neurocell cache`"),
    (Magic::Quit, "quit", ":quit", "end the session (in the terminal; in Jupyter, shut the kernel down)"),
];

/// evcxr's own commands that work here, as far as a newcomer may want them.
pub const OF_EVCXR: [(&str, &str); 2] = [
    (":dep NAME = \"VERSION\"", "use another crate; cargo builds it"),
    (":optimize", "optimise this cell, for a loop of your own"),
];

/// Commands that go to the session's evcxr as they are. Those that would take the prelude away (`:clear`, `:toolchain`,
/// `:build_env`, `:opt`, …), or that change what this kernel does in its own way (`:fmt`, `:timing`, …), are not among them.
const TO_EVCXR: [&str; 7] = ["dep", "env", "explain", "last_compile_dir", "offline", "optimize", "show_deps"];

/// Who knows a name.
pub enum Known {
    Here(Magic),
    Evcxr,
}

/// Finds a magic by its name, without the `:`.
///
/// # Errors
/// If neither this kernel nor evcxr has it.
pub fn find(name: &str) -> Result<Known, Error> {
    if name == "t" {
        return Ok(Known::Here(Magic::Type));
    }
    if let Some((magic, ..)) = MAGICS.iter().find(|(_, known, ..)| *known == name) {
        return Ok(Known::Here(*magic));
    }
    if TO_EVCXR.contains(&name) {
        return Ok(Known::Evcxr);
    }
    let known: Vec<String> =
        MAGICS.iter().map(|(_, name, ..)| *name).chain(["dep", "optimize"]).map(|name| format!(":{name}")).collect();
    Err(Error::unknown("command", &format!(":{name}"), &known))
}

/// The names that complete `start`, each with its `:`.
pub fn beginning_with(start: &str) -> Vec<String> {
    let all = MAGICS.iter().map(|(_, name, ..)| *name).chain(["dep", "optimize"]);
    all.map(|name| format!(":{name}")).filter(|name| name.starts_with(start)).collect()
}

/// What `:help` shows.
pub fn help() -> String {
    let ours = MAGICS.iter().map(|(_, _, usage, what)| (*usage, *what));
    let all: Vec<(&str, &str)> = ours.chain(OF_EVCXR).collect();
    let width = all.iter().map(|(usage, _)| usage.chars().count()).max().unwrap_or(0);
    let lines = all.iter().map(|(usage, what)| format!("{usage:<width$}  {what}"));
    lines.collect::<Vec<_>>().join("\n")
}
