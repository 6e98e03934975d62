//! `:time`: how long a cell took, parted into compiling and running where a line was free to ask for it.

use super::head::Cell;
use super::hidden::MARK;
use crate::engine::{Event, Execute, Host, Outcome};
use std::time::{Duration, Instant};

/// What the cell prints when it begins to run.
const BEGAN: &str = "began";

/// Runs a cell and says how long it took, also if it fails.
pub fn execute(engine: &mut dyn Execute, cell: &Cell, host: &mut dyn Host) -> Outcome {
    let mark = format!("{MARK}{BEGAN}\n");
    let mut watch = Watch { host, mark: &mark, began: None };
    let started = Instant::now();
    let outcome = engine.execute(&with_mark(cell), &mut watch);
    let (all, began) = (started.elapsed(), watch.began.map(|began| began - started));
    super::show(host, &told(all, began), None);
    outcome
}

/// The code, on whose free line the cell says that it has begun.
fn with_mark(cell: &Cell) -> String {
    let Some(free) = cell.free_line else { return cell.code.clone() };
    let lines = cell.code.split_inclusive('\n').enumerate();
    lines
        .map(|(number, line)| match number == free {
            true => format!("println!(\"\\u{{1e}}{BEGAN}\");{}", if line.ends_with('\n') { "\n" } else { "" }),
            false => line.to_owned(),
        })
        .collect()
}

fn told(all: Duration, began: Option<Duration>) -> String {
    match began {
        Some(began) => format!("{}: compiled in {}, ran {}", time(all), time(began), time(all.saturating_sub(began))),
        None => format!("{}, compiling included", time(all)),
    }
}

fn time(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds < 0.1 => format!("{:.0} ms", seconds * 1000.0),
        seconds if seconds < 120.0 => format!("{seconds:.2} s"),
        seconds => format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0),
    }
}

/// Takes the mark out of what the cell says, and notes when it came.
struct Watch<'a> {
    host: &'a mut dyn Host,
    mark: &'a str,
    began: Option<Instant>,
}

impl Host for Watch<'_> {
    fn tell(&mut self, event: Event) {
        match event {
            Event::Stdout(text) if self.began.is_none() && text.contains(self.mark) => {
                self.began = Some(Instant::now());
                let text = text.replacen(self.mark, "", 1);
                if !text.is_empty() {
                    self.host.tell(Event::Stdout(text));
                }
            }
            event => self.host.tell(event),
        }
    }

    fn ask(&mut self, prompt: &str, password: bool) -> Option<String> {
        self.host.ask(prompt, password)
    }
}
