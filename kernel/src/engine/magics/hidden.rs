//! Cells that nobody sees, by which the session's variables and types are asked.

use crate::engine::{Event, Execute, Failure, Host, Outcome};

/// The first character of a line that answers a hidden cell; no text holds it.
pub const MARK: char = '\u{1e}';

/// Runs a cell unseen: the lines by which it answers, and how it ended.
pub fn run(engine: &mut dyn Execute, code: &str) -> (Vec<String>, Outcome) {
    let mut said = Said::default();
    let outcome = engine.execute(code, &mut said);
    (said.0.lines().filter_map(|line| line.strip_prefix(MARK)).map(str::to_owned).collect(), outcome)
}

/// The name of an expression's type, with its paths.
///
/// The expression stands in a closure that is never called. The cell then panics on purpose: a cell is a transaction, so
/// that also a variable which the closure would have taken is as it was.
pub fn type_name(engine: &mut dyn Execute, expression: &str) -> Result<String, Failure> {
    let code = format!(
        "{{ fn name<T>(_: impl FnOnce() -> std::result::Result<T, Box<dyn std::error::Error>>) -> &'static str {{ std::any::type_name::<T>() }}\n\
         println!(\"\\u{{1e}}{{}}\", name(|| Ok({{ {expression}\n}})));\npanic!(\"only asked\"); }};"
    );
    let (answers, outcome) = run(engine, &code);
    match (answers.into_iter().next(), outcome) {
        (Some(name), _) => Ok(name),
        (None, Outcome::Failed(failure)) => {
            // Further messages are about the code around it, which nobody has written.
            let why = failure.value.lines().next().unwrap_or_default();
            Err(Failure::plain(&failure.name, format!("the type of `{expression}` is not known: {why}")))
        }
        (None, Outcome::Done) => Err(Failure::plain("Error", format!("the type of `{expression}` is not known"))),
    }
}

#[derive(Default)]
struct Said(String);

impl Host for Said {
    fn tell(&mut self, event: Event) {
        if let Event::Stdout(text) = event {
            self.0.push_str(&text);
        }
    }
}
