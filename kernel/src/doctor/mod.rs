//! `neurocell doctor`: whether everything that a session needs is there, and the command that mends what is not.

mod jupyter;
mod machine;
mod toolchain;

use serde_json::{Value, json};
use std::ffi::OsStr;
use std::process::Command;

/// How something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Good,
    /// Sessions run, and something may be missed.
    Notice,
    /// No session can run until it is mended.
    Bad,
}

/// One line of the report.
#[derive(Clone, Debug)]
pub struct Check {
    pub name: &'static str,
    pub health: Health,
    pub found: String,
    /// The command or step that mends it.
    pub fix: Option<String>,
}

impl Check {
    fn good(name: &'static str, found: impl Into<String>) -> Check {
        Check { name, health: Health::Good, found: found.into(), fix: None }
    }
    fn notice(name: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { name, health: Health::Notice, found: found.into(), fix: Some(fix.into()) }
    }
    fn bad(name: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { name, health: Health::Bad, found: found.into(), fix: Some(fix.into()) }
    }
}

/// Looks at everything; nothing is changed.
pub fn examine() -> Vec<Check> {
    let mut checks = toolchain::examine();
    checks.extend(machine::examine());
    checks.extend(jupyter::examine());
    checks
}

/// Whether something must be mended before a session can run.
pub fn is_ill(checks: &[Check]) -> bool {
    checks.iter().any(|check| check.health == Health::Bad)
}

/// The report as text.
pub fn plain(checks: &[Check]) -> String {
    let width = checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for Check { name, health, found, fix } in checks {
        let sign = match health {
            Health::Good => "✓",
            Health::Notice => "!",
            Health::Bad => "✗",
        };
        lines.push(format!("{sign} {name:<width$}  {found}"));
        if let Some(fix) = fix {
            lines.push(format!("  {:width$}  → {fix}", ""));
        }
    }
    lines.push(String::new());
    let count = |wanted: Health| checks.iter().filter(|check| check.health == wanted).count();
    lines.push(match (count(Health::Bad), count(Health::Notice)) {
        (0, 0) => "all is well".to_owned(),
        (0, notices) => format!("cells can run; {notices} of the lines above may be worth a look"),
        (bad, _) => format!("{bad} of the lines above must be mended before cells can run"),
    });
    lines.join("\n")
}

/// The report for programs.
pub fn json(checks: &[Check]) -> Value {
    let check = |check: &Check| {
        let health = match check.health {
            Health::Good => "good",
            Health::Notice => "notice",
            Health::Bad => "bad",
        };
        json!({ "name": check.name, "health": health, "found": check.found, "fix": check.fix })
    };
    json!({ "well": !is_ill(checks), "checks": checks.iter().map(check).collect::<Vec<_>>() })
}

/// What a program says on stdout; none if it cannot be started or fails.
fn ask(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_its_sign_and_its_fix_below() {
        let checks = [Check::good("cargo", "1.95.0"), Check::notice("Jupyter", "not found", "pip install jupyterlab")];
        let text = plain(&checks);
        assert!(
            text.starts_with("✓ cargo    1.95.0\n! Jupyter  not found\n           → pip install jupyterlab\n"),
            "{text}"
        );
        assert!(!is_ill(&checks));
        assert!(is_ill(&[Check::bad("cargo", "not found", "https://rustup.rs")]));
    }

    #[test]
    fn the_report_for_programs_says_the_same() {
        let report = json(&[Check::bad("cargo", "not found", "install it")]);
        assert_eq!(report["well"], false);
        assert_eq!(report["checks"][0]["fix"], "install it");
    }
}
