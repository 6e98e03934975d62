//! Lines that begin with `:` at the head of a cell, for what Rust has no words for: the same in Jupyter, in the
//! terminal and in `neurocell run`.
//!
//! A [`Session`] stands between a front end and the engine. It does the magics, blanks them so that the rest of the cell
//! keeps its lines and columns, and passes that on. What must be asked of the variables is asked by a cell that nobody
//! sees ([`hidden`]).

mod head;
mod hidden;
mod list;
mod short;
mod timed;
mod variables;

use super::{Completion, Completions, Event, Execute, Failure, Host, Inspection, Outcome};
use list::Magic;
use neurocell::Result;
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// An engine that has started, and what asks its running cell to stop, from another thread.
pub struct Started {
    pub engine: Box<dyn Execute>,
    pub interrupt: Stop,
}

/// Asks a running cell to stop.
pub type Stop = Box<dyn Fn() + Send + Sync>;

/// Starts an engine, at first and at each `:restart`.
pub type Start = Box<dyn Fn() -> Result<Started> + Send>;

/// A session of cells that may begin with magics.
pub struct Session {
    start: Start,
    engine: Option<Box<dyn Execute>>,
    interrupt: Interrupt,
}

/// Stops the running cell of a session, also after `:restart` has given it another engine.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<Mutex<Option<Stop>>>);

impl Interrupt {
    /// Asks the running cell to stop and does not wait for it.
    pub fn interrupt(&self) {
        if let Some(interrupt) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            interrupt();
        }
    }

    fn become_that_of(&self, interrupt: Option<Stop>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = interrupt;
    }
}

impl Session {
    /// Starts the first engine.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(start: Start) -> Result<Session> {
        let mut session = Session { start, engine: None, interrupt: Interrupt::default() };
        session.renew()?;
        Ok(session)
    }

    /// A handle that stops the running cell from another thread.
    pub fn interrupt(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// Ends the engine, if there is one, and starts another.
    fn renew(&mut self) -> Result<()> {
        self.interrupt.become_that_of(None);
        self.engine = None;
        let Started { engine, interrupt } = (self.start)()?;
        self.engine = Some(engine);
        self.interrupt.become_that_of(Some(interrupt));
        Ok(())
    }

    fn perform(&mut self, magic: Magic, rest: &str, host: &mut dyn Host) -> std::result::Result<(), Failure> {
        match magic {
            Magic::Help => show(host, &list::help(), None),
            Magic::Type => show(host, &self.type_of(rest)?, None),
            Magic::Doc => {
                if rest.is_empty() {
                    return Err(refusal("`:doc` needs a name", "for example `:doc encode`"));
                }
                let Some(found) = self.inspect(rest, rest.len()) else {
                    let problem = format!("nothing is known of `{rest}`");
                    return Err(refusal(
                        &problem,
                        "give the name of a variable, a function or a type that a cell sees",
                    ));
                };
                show(host, found.plain.trim_end(), Some(("text/markdown", found.markdown)));
            }
            Magic::Vars => {
                let table = variables::ask(self.engine()?);
                show(host, &variables::plain(&table), Some(("text/html", variables::html(&table))));
            }
            Magic::Restart => {
                let began = Instant::now();
                self.renew().map_err(|error| Failure::plain("KernelError", error.to_string()))?;
                let seconds = began.elapsed().as_secs_f64();
                show(host, &format!("a new session, ready after {seconds:.1} s: all variables are gone"), None);
            }
            Magic::Cache => {
                let text = crate::cache::by_words(rest).map_err(|error| Failure::plain("Error", error.to_string()))?;
                show(host, text.trim_end(), None);
            }
            Magic::Quit => {
                return Err(refusal(
                    "`:quit` ends a session in the terminal",
                    "in Jupyter, shut the kernel down from the menu \"Kernel\"",
                ));
            }
            // Done with the code below it.
            Magic::Time => {}
        }
        Ok(())
    }

    fn engine(&mut self) -> std::result::Result<&mut dyn Execute, Failure> {
        match &mut self.engine {
            Some(engine) => Ok(&mut **engine),
            None => Err(Failure::plain(
                "KernelError",
                "there is no session: its start has failed\n  → `:restart` tries again, `neurocell doctor` looks for the cause",
            )),
        }
    }

    fn type_of(&mut self, expression: &str) -> std::result::Result<String, Failure> {
        if expression.is_empty() {
            return Err(refusal("`:type` needs an expression", "for example `:type 0.5 * 3.0`"));
        }
        let engine = self.engine()?;
        let variable = engine.variables().into_iter().find(|(name, _)| name == expression);
        let name = match variable {
            Some((_, kind)) => kind,
            None => hidden::type_name(engine, expression)?,
        };
        Ok(short::short(&name))
    }
}

impl Execute for Session {
    fn execute(&mut self, code: &str, host: &mut dyn Host) -> Outcome {
        let cell = match head::read(code) {
            Ok(cell) => cell,
            Err(error) => return Outcome::Failed(Failure::plain("Error", error.to_string())),
        };
        let timed = cell.magics.iter().any(|(magic, _)| *magic == Magic::Time);
        if timed && cell.is_done() {
            let problem = "`:time` has nothing to time";
            return Outcome::Failed(refusal(problem, "write the code behind it or on the lines below"));
        }
        for (magic, rest) in &cell.magics {
            if let Err(failure) = self.perform(*magic, rest, host) {
                return Outcome::Failed(failure);
            }
        }
        if !cell.magics.is_empty() && cell.is_done() {
            return Outcome::Done;
        }
        match self.engine() {
            Ok(engine) if timed => timed::execute(engine, &cell, host),
            Ok(engine) => engine.execute(&cell.code, host),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    fn complete(&mut self, code: &str, cursor: usize) -> Completions {
        if let Some(completions) = complete_magic(code, cursor) {
            return completions;
        }
        let code = without_magics(code);
        self.engine.as_mut().map(|engine| engine.complete(&code, cursor)).unwrap_or_default()
    }

    fn inspect(&mut self, code: &str, cursor: usize) -> Option<Inspection> {
        let code = without_magics(code);
        self.engine.as_mut()?.inspect(&code, cursor)
    }

    fn variables(&mut self) -> Vec<(String, String)> {
        self.engine.as_mut().map(|engine| engine.variables()).unwrap_or_default()
    }
}

/// The code as the engine sees it: of the same length, the magics blanked.
pub fn without_magics(code: &str) -> String {
    head::read(code).map_or_else(|_| code.to_owned(), |cell| cell.code)
}

/// The magics that may stand at the cursor; none if it does not stand behind a `:` at a line's start.
fn complete_magic(code: &str, cursor: usize) -> Option<Completions> {
    let before = code.get(..cursor)?;
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let start = line.trim_start();
    if !start.starts_with(':') || start.starts_with("::") || start.contains(char::is_whitespace) {
        return None;
    }
    let items = list::beginning_with(start).into_iter();
    let items = items.map(|name| Completion { label: name.clone(), text: name, kind: "magic".to_owned() }).collect();
    Some(Completions { replaced: cursor - start.len()..cursor, items })
}

fn refusal(problem: &str, advice: &str) -> Failure {
    Failure::plain("Error", format!("{problem}\n  → {advice}"))
}

/// Shows text, and the same in a richer form where there is one.
fn show(host: &mut dyn Host, plain: &str, rich: Option<(&str, String)>) {
    let mut data = Map::new();
    data.insert("text/plain".to_owned(), Value::String(plain.to_owned()));
    if let Some((mime, text)) = rich.filter(|(_, text)| !text.is_empty()) {
        data.insert(mime.to_owned(), Value::String(text));
    }
    host.tell(Event::Display { data, metadata: Map::new(), display_id: None, update: false, part: None });
}

#[cfg(test)]
mod tests;
