//! The Rust toolchain, the linker, and the prelude that was built with them.

use super::{Check, ask};
use crate::prebuilt;
use crate::size::{human, of};

/// The oldest Rust that builds the project.
const WANTED: &str = env!("CARGO_PKG_RUST_VERSION");
const INSTALL_RUST: &str = "install Rust: curl https://sh.rustup.rs -sSf | sh";

pub fn examine() -> Vec<Check> {
    vec![tool("cargo"), tool("rustc"), sources(), linker(), prelude()]
}

fn tool(name: &'static str) -> Check {
    let Some(said) = ask(name, &["--version"]) else { return Check::bad(name, "not found", INSTALL_RUST) };
    let version = said.split_whitespace().nth(1).unwrap_or_default();
    match is_at_least(version, WANTED) {
        Some(true) => Check::good(name, version),
        Some(false) => Check::bad(name, format!("{version} is older than {WANTED}"), "rustup update stable"),
        None => Check::notice(
            name,
            format!("its version is not understood: {said}"),
            format!("see that it is {WANTED} or newer"),
        ),
    }
}

/// Compares `1.95.0` or `1.96.0-nightly` with `1.95`; none if a part that counts is no number.
fn is_at_least(version: &str, wanted: &str) -> Option<bool> {
    let numbers = |text: &str| {
        let parts = text.split(['.', '-']).take(2).map(|part| part.parse().ok());
        parts.collect::<Option<Vec<u32>>>().filter(|parts| parts.len() == 2)
    };
    Some(numbers(version)? >= numbers(wanted)?)
}

fn sources() -> Check {
    const NAME: &str = "rust-src";
    match prebuilt::has_std_sources() {
        Ok(true) => Check::good(NAME, "the standard library's sources are there"),
        Ok(false) => {
            Check::bad(NAME, "not installed: the types of variables are read from it", "rustup component add rust-src")
        }
        Err(error) => Check::bad(NAME, error.problem(), error.advice()),
    }
}

/// rustc calls the C compiler to link each cell.
fn linker() -> Check {
    const NAME: &str = "C compiler";
    match ask("cc", &["--version"]) {
        Some(said) => Check::good(NAME, said.lines().next().unwrap_or_default()),
        None => Check::bad(NAME, "cc is not found: it links cells", "sudo apt-get install build-essential"),
    }
}

fn prelude() -> Check {
    const NAME: &str = "prelude";
    let state = match prebuilt::state() {
        Ok(state) => state,
        Err(error) => return Check::bad(NAME, error.problem(), error.advice()),
    };
    if state.is_ready() {
        return Check::good(NAME, format!("ready, {}, {}", human(of(&state.current)), state.current.display()));
    }
    let older = std::fs::read_dir(&state.preludes).into_iter().flatten().flatten();
    let found = match older.filter(|entry| entry.path().join("facade").is_dir()).count() {
        0 => "not built yet",
        _ => "stale: the sources or the toolchain have changed since it was built",
    };
    Check::notice(NAME, found, "neurocell prepare (the first session does it otherwise; it takes some minutes)")
}

#[cfg(test)]
mod tests {
    use super::is_at_least;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(is_at_least("1.95.0", "1.95"), Some(true));
        assert_eq!(is_at_least("1.100.0-nightly", "1.95"), Some(true));
        assert_eq!(is_at_least("1.9.0", "1.95"), Some(false));
        assert_eq!(is_at_least("2.0.0", "1.95"), Some(true));
        assert_eq!(is_at_least("unknown", "1.95"), None);
    }
}
