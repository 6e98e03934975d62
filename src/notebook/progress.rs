//! One line per long step: how far it is, how fast, how long it will still take.

use super::display::{FRAME, in_kernel};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A progress line: updated in place in a notebook, a bar in a terminal, silent where nobody watches.
///
/// ```
/// use neurocell::notebook::Progress;
/// let mut progress = Progress::new("windows", 20);
/// for _ in 0..20 {
///     progress.advance(1);
/// }
/// ```
pub struct Progress {
    id: u64,
    name: String,
    total: u64,
    done: u64,
    started: Instant,
    reported: Option<Instant>,
    bar: Option<ProgressBar>,
}

/// A number that no other progress line of the session has, also after a cell was undone.
pub(super) fn new_id() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

/// Steps that end sooner than this say nothing.
const QUIET: Duration = Duration::from_millis(400);
/// Time between two updates of the line.
const EVERY: Duration = Duration::from_millis(200);

impl Progress {
    /// A step of `total` parts, named by what the parts are ("windows", "voxel blocks").
    pub fn new(name: impl Into<String>, total: u64) -> Progress {
        let name = name.into();
        let bar = (!in_kernel() && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta} left");
            let bar = ProgressBar::new(total).with_message(name.clone());
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar
        });
        Progress { id: new_id(), name, total, done: 0, started: Instant::now(), reported: None, bar }
    }

    /// Says something else from now on: a step's name with the value that it has reached, for instance.
    pub fn rename(&mut self, name: impl Into<String>) {
        self.name = name.into();
        if let Some(bar) = &self.bar {
            bar.set_message(self.name.clone());
        }
    }

    /// `parts` more are done.
    pub fn advance(&mut self, parts: u64) {
        self.done += parts;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
        let due = self.reported.map_or(self.started.elapsed() > QUIET, |last| last.elapsed() > EVERY);
        if in_kernel() && due {
            self.report(false);
        }
    }

    fn report(&mut self, finished: bool) {
        let first = self.reported.replace(Instant::now()).is_none();
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = self.done as f64 / seconds.max(1e-9);
        let left = if rate > 0.0 { self.total.saturating_sub(self.done) as f64 / rate } else { f64::INFINITY };
        let message = serde_json::json!({ "progress": {
            "id": self.id, "first": first, "name": self.name, "done": self.done, "total": self.total, "seconds": seconds,
            "rate": rate, "left": if left.is_finite() { left.into() } else { serde_json::Value::Null }, "finished": finished,
        }});
        let mut out = std::io::stdout().lock();
        // A closed pipe means that nobody watches.
        let _ = writeln!(out, "{FRAME}{message}").and_then(|()| out.flush());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if in_kernel() && self.reported.is_some() {
            self.report(true);
        }
    }
}
