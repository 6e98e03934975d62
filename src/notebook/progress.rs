//! One line per long step: how far it is, how fast, how long it will still take.

use super::display::{FRAME, in_kernel};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard};
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
    kind: Kind,
    name: String,
    total: u64,
    done: u64,
    started: Instant,
    reported: Option<Instant>,
    bar: Option<ProgressBar>,
}

/// How a line stands to others.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Single,
    /// Of steps that have lines of their own.
    Outer,
    /// One of an outer's steps.
    Inner,
}

/// The line that all steps of an outer one share, and whether it is there already; none while there is no outer one.
static SHARED: Mutex<Option<(u64, bool)>> = Mutex::new(None);

fn shared() -> MutexGuard<'static, Option<(u64, bool)>> {
    // What a panicking step left behind is a number and a flag, which are always whole.
    SHARED.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Whether this is a step of a longer one, which says itself how far it is.
pub(super) fn within_another() -> bool {
    shared().is_some()
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
        let (id, kind) = shared().map_or_else(|| (new_id(), Kind::Single), |(id, _)| (id, Kind::Inner));
        Progress { id, kind, name, total, done: 0, started: Instant::now(), reported: None, bar }
    }

    /// A step of `total` parts that are long themselves: the lines of all that happens until it ends share one place below it.
    pub fn of_steps(name: impl Into<String>, total: u64) -> Progress {
        let mut outer = Progress::new(name, total);
        if outer.kind == Kind::Single {
            outer.kind = Kind::Outer;
            *shared() = Some((new_id().max(outer.id + 1), false));
        }
        outer
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
        let mut first = self.reported.replace(Instant::now()).is_none();
        if self.kind == Kind::Inner
            && let Some((_, there)) = &mut *shared()
        {
            first = !std::mem::replace(there, true);
        }
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
        if self.kind == Kind::Outer {
            *shared() = None;
        }
        if in_kernel() && self.reported.is_some() {
            self.report(true);
        }
    }
}
