//! What someone who waits for a run sees: a line for each cell, and in a terminal what the running cell does.

use crate::engine::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The progress of a run on stderr.
pub struct Follow {
    started: Instant,
    total: i32,
    /// The line that changes; in a terminal only.
    bar: Option<ProgressBar>,
    cell: String,
}

impl Follow {
    pub fn new() -> Follow {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::default_spinner());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Follow { started: Instant::now(), total: 0, bar, cell: String::new() }
    }

    pub fn expect(&mut self, cells: i32) {
        self.total = cells;
    }

    pub fn total(&self) -> i32 {
        self.total
    }

    /// What goes on now, until something else does.
    pub fn now(&mut self, what: &str) {
        what.clone_into(&mut self.cell);
        if let Some(bar) = &self.bar {
            bar.set_message(self.cell.clone());
        }
    }

    pub fn begin(&mut self, number: i32, code: &str) {
        self.now(&format!("cell {number}/{}  {}", self.total, first_line(code)));
    }

    /// Shows the prelude's own progress below the running cell.
    pub fn event(&self, event: &Event) {
        if let (Some(bar), Event::Display { data, display_id: Some(id), .. }) = (&self.bar, event)
            && id.starts_with("progress-")
            && let Some(line) = data.get("text/plain").and_then(Value::as_str)
        {
            bar.set_message(format!("{}\n  {line}", self.cell));
        }
    }

    pub fn end(&self, number: i32, took: Duration, code: &str) {
        self.stage(&format!("cell {number}/{} took {:.2} s  {}", self.total, took.as_secs_f64(), first_line(code)));
    }

    /// A line that stays, with the time since the start.
    pub fn stage(&self, line: &str) {
        let since = format!("{:.2} s", self.started.elapsed().as_secs_f64());
        self.say(&format!("{since:>9}  {line}"));
    }

    /// Lines that stay.
    pub fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The first line that says something, shortened.
fn first_line(code: &str) -> String {
    let line = code.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("//")).unwrap_or("");
    let short: String = line.chars().take(60).collect();
    if short.len() < line.len() { short + "…" } else { short }
}
