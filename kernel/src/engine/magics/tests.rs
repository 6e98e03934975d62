//! A session over an engine that only notes what it is given.

use super::*;
use std::sync::Mutex;

/// Notes its cells, and answers the questions of hidden ones.
struct Noted(Arc<Mutex<Vec<String>>>);

impl Execute for Noted {
    fn execute(&mut self, code: &str, host: &mut dyn Host) -> Outcome {
        self.0.lock().unwrap().push(code.to_owned());
        if code.contains("type_name") {
            host.tell(Event::Stdout("\u{1e}alloc::vec::Vec<f64>\n".to_owned()));
            return Outcome::Failed(Failure::plain("Panic", "only asked"));
        }
        if code.contains("extent") {
            host.tell(Event::Stdout("\u{1e}atoms\t64 × 300\t76800\n".to_owned()));
        }
        if code.contains("began") {
            host.tell(Event::Stdout("\u{1e}began\nsaid\n".to_owned()));
        }
        Outcome::Done
    }
    fn complete(&mut self, code: &str, cursor: usize) -> Completions {
        let text = code[..cursor].to_owned();
        Completions {
            replaced: 0..cursor,
            items: vec![Completion { label: text.clone(), text, kind: "instance".to_owned() }],
        }
    }
    fn inspect(&mut self, code: &str, _: usize) -> Option<Inspection> {
        (code == "encode").then(|| Inspection { plain: "fn encode".to_owned(), markdown: "`fn encode`".to_owned() })
    }
    fn variables(&mut self) -> Vec<(String, String)> {
        vec![("atoms".to_owned(), "neurocell::pattern::Patterns".to_owned()), ("odd".to_owned(), "Odd".to_owned())]
    }
}

struct Tried {
    session: Session,
    cells: Arc<Mutex<Vec<String>>>,
    starts: Arc<Mutex<usize>>,
    said: String,
}

impl Tried {
    fn new() -> Tried {
        let (cells, starts) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (noted, counted) = (cells.clone(), starts.clone());
        let start = Box::new(move || {
            *counted.lock().unwrap() += 1;
            Ok(Started { engine: Box::new(Noted(noted.clone())), interrupt: Box::new(|| {}) })
        });
        Tried { session: Session::start(start).unwrap(), cells, starts, said: String::new() }
    }

    /// Runs a cell; the error's text if it fails.
    fn run(&mut self, code: &str) -> std::result::Result<(), String> {
        let said = &mut self.said;
        said.clear();
        let mut take = |event| match event {
            Event::Stdout(text) => said.push_str(&text),
            Event::Display { data, .. } => said.push_str(data["text/plain"].as_str().unwrap()),
            _ => {}
        };
        match self.session.execute(code, &mut take) {
            Outcome::Done => Ok(()),
            Outcome::Failed(failure) => Err(failure.value),
        }
    }
}

#[test]
fn code_without_magics_reaches_the_engine_as_it_is() {
    let mut tried = Tried::new();
    for code in ["", "let a = 1;", ":dep regex = \"1\"\nlet a = 1;", "a::b::c()"] {
        tried.run(code).unwrap();
        assert_eq!(tried.cells.lock().unwrap().pop().as_deref(), Some(code));
    }
}

#[test]
fn help_lists_every_magic() {
    let mut tried = Tried::new();
    tried.run(":help").unwrap();
    for name in [":help", ":type", ":doc", ":vars", ":time", ":restart", ":cache", ":dep", ":quit"] {
        assert!(tried.said.lines().any(|line| line.starts_with(name)), "{name}: {}", tried.said);
    }
    assert!(tried.cells.lock().unwrap().is_empty(), "nothing is left to run");
}

#[test]
fn a_type_is_short_and_asked_only_of_what_is_no_variable() {
    let mut tried = Tried::new();
    tried.run(":type atoms").unwrap();
    assert_eq!(tried.said, "Patterns");
    assert!(tried.cells.lock().unwrap().is_empty());
    tried.run(":type vec![0.5]").unwrap();
    assert_eq!(tried.said, "Vec<f64>");
    assert!(tried.run(":type").unwrap_err().contains("needs an expression"));
}

#[test]
fn variables_that_know_no_extent_have_a_dash() {
    let mut tried = Tried::new();
    tried.run(":vars").unwrap();
    let lines: Vec<Vec<&str>> = tried.said.lines().map(|line| line.split("  ").map(str::trim).collect()).collect();
    let lines: Vec<Vec<&str>> =
        lines.into_iter().map(|line| line.into_iter().filter(|cell| !cell.is_empty()).collect()).collect();
    assert_eq!(lines[1], ["atoms", "Patterns", "64 × 300", "77 kB"]);
    assert_eq!(lines[2], ["odd", "Odd", "–", "–"]);
}

#[test]
fn documentation_of_an_unknown_name_is_refused_by_name() {
    let mut tried = Tried::new();
    tried.run(":doc encode").unwrap();
    assert_eq!(tried.said, "fn encode");
    assert!(tried.run(":doc encodr").unwrap_err().contains("`encodr`"));
}

#[test]
fn time_parts_compiling_from_running_and_hides_its_mark() {
    let mut tried = Tried::new();
    tried.run(":time\nstep()").unwrap();
    assert_eq!(tried.cells.lock().unwrap().pop().unwrap().lines().nth(1), Some("step()"), "the line keeps its number");
    assert!(tried.said.starts_with("said\n") && tried.said.contains("compiled in"), "{}", tried.said);
    tried.run(":time step()").unwrap();
    assert_eq!(tried.cells.lock().unwrap().pop().as_deref(), Some("      step()"));
    assert!(tried.said.contains("compiling included"), "{}", tried.said);
    assert!(tried.run(":time").unwrap_err().contains("nothing to time"));
}

#[test]
fn restart_starts_another_engine_and_the_cell_goes_on_in_it() {
    let mut tried = Tried::new();
    tried.run(":restart\nlet a = 1;").unwrap();
    assert_eq!(*tried.starts.lock().unwrap(), 2);
    assert!(tried.said.contains("all variables are gone"));
    assert_eq!(tried.cells.lock().unwrap().pop().as_deref(), Some("        \nlet a = 1;"));
}

#[test]
fn an_engine_that_does_not_start_again_is_said_and_can_be_tried_again() {
    let mut calls = 0;
    let fails_once = std::sync::Mutex::new(move || {
        calls += 1;
        calls == 2
    });
    let start: Start = Box::new(move || match (fails_once.lock().unwrap())() {
        true => Err(neurocell::Error::value("no memory", "close other programs")),
        false => Ok(Started { engine: Box::new(Noted(Arc::default())), interrupt: Box::new(|| {}) }),
    });
    let mut session = Session::start(start).unwrap();
    let mut run = |code: &str| match session.execute(code, &mut |_| {}) {
        Outcome::Done => None,
        Outcome::Failed(failure) => Some(failure.value),
    };
    assert!(run(":restart").unwrap().contains("no memory"));
    assert!(run("1 + 1").unwrap().contains(":restart"));
    assert_eq!(run(":restart"), None);
    assert_eq!(run("1 + 1"), None);
}

#[test]
fn magics_and_the_code_below_them_are_completed() {
    let mut tried = Tried::new();
    let found = tried.session.complete(":re", 3);
    assert_eq!((found.replaced, found.items[0].text.as_str()), (0..3, ":restart"));
    // The engine sees the magic blanked, and the cursor where it was.
    let found = tried.session.complete(":time ato", 9);
    assert_eq!(found.items[0].text, "      ato");
}
