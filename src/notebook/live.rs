//! Figures that change while a long step goes on.

use super::display::{Place, display_at, in_kernel};
use super::progress::new_id;
use super::progress::within_another;
use crate::error::Result;
use crate::figure::Figure;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Steps that end sooner than this show nothing on their way.
const PATIENCE: Duration = Duration::from_secs(3);
/// Least time between two pictures.
const EVERY: Duration = Duration::from_millis(500);
/// A picture may take this share of the time since the one before.
const SHARE: f64 = 0.05;

static OFF: AtomicBool = AtomicBool::new(false);

/// Whether long steps show figures on their way, from now on in this session: `neurocell::notebook::live(false)` turns them off.
///
/// They are on in a notebook that somebody watches; off in `neurocell run`, in a terminal and in programs, and where the
/// environment says `NEUROCELL_LIVE=0` before the kernel starts. What a step finds is the same with them and without.
pub fn live(on: bool) {
    OFF.store(!on, Ordering::Relaxed);
}

fn watched() -> bool {
    // Of the steps of a longer one nobody looks at each.
    in_kernel()
        && !within_another()
        && !OFF.load(Ordering::Relaxed)
        && std::env::var_os("NEUROCELL_LIVE").is_none_or(|value| value != "0")
}

/// A figure in a notebook that is replaced in place while a step goes on.
///
/// It appears after three seconds, changes twice a second at most, and drawing takes a twentieth of the time at most: what is
/// shown too soon after the last picture is not drawn at all. Silent where nobody watches ([`live`]). A step that is
/// stopped or fails leaves its last picture.
///
/// ```
/// use neurocell::figure::bars;
/// use neurocell::notebook::LiveFigure;
/// let figure = LiveFigure::new();
/// let mut sum = 0.0;
/// for round in 1..=50 {
///     sum += 1.0 / f64::from(round * round);
///     figure.show(|| bars(&["sum of 1/n²"], &[sum], &format!("after {round} rounds"), ""));
/// }
/// figure.finish(|| bars(&["sum of 1/n²"], &[sum], "in the end", ""));
/// ```
pub struct LiveFigure {
    id: String,
    state: Mutex<State>,
}

struct State {
    begun: Instant,
    /// When the last picture was drawn, and how long that took.
    last: Option<(Instant, Duration)>,
    drawing: bool,
}

impl Default for LiveFigure {
    fn default() -> LiveFigure {
        LiveFigure::new()
    }
}

impl LiveFigure {
    /// A figure of a step that begins now.
    pub fn new() -> LiveFigure {
        let state = State { begun: Instant::now(), last: None, drawing: false };
        LiveFigure { id: format!("live-{}", new_id()), state: Mutex::new(state) }
    }

    /// Draws and shows the figure if it is time for it; may be called from several threads, and as often as one likes.
    ///
    /// A figure that cannot be drawn is left out.
    pub fn show(&self, draw: impl FnOnce() -> Result<Figure>) {
        if watched() && self.begin() {
            self.draw(draw);
        }
    }

    /// Draws and shows the last state, if anything was shown before.
    pub fn finish(&self, draw: impl FnOnce() -> Result<Figure>) {
        if watched() && self.state().last.is_some() {
            self.draw(draw);
        }
    }

    /// Whether the caller is to draw now. Nothing is locked while it does: a thread of a pool may take up other work
    /// meanwhile that comes here too.
    fn begin(&self) -> bool {
        let mut state = self.state();
        let due = match state.last {
            None => state.begun.elapsed() >= PATIENCE,
            Some((at, took)) => at.elapsed() >= EVERY.max(took.div_f64(SHARE)),
        };
        let begins = due && !state.drawing;
        state.drawing |= begins;
        begins
    }

    fn draw(&self, draw: impl FnOnce() -> Result<Figure>) {
        let began = Instant::now();
        let forms = draw().and_then(|figure| Ok((figure.forms()?, figure.size()[0], figure.alt().to_owned())));
        let took = began.elapsed();
        let mut state = self.state();
        state.drawing = false;
        let update = state.last.is_some();
        // One that failed is not tried again at once.
        let Ok((forms, width, alt)) = forms else { return state.begun = Instant::now() };
        state.last = Some((Instant::now(), took));
        let mut bundle = vec![("text/plain", alt.as_bytes())];
        bundle.extend(forms.iter().map(|(mime, bytes)| (*mime, bytes.as_slice())));
        display_at(&bundle, width, Place { id: &self.id, update });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_waits_for_its_time_and_for_the_one_that_is_drawn() {
        let figure = LiveFigure::new();
        assert!(!figure.begin());
        let before = |seconds: f64| Instant::now().checked_sub(Duration::from_secs_f64(seconds)).unwrap();
        figure.state().begun = before(3.1);
        assert!(figure.begin() && !figure.begin());
        figure.state().drawing = false;
        // A twentieth of the time: 0.1 s of drawing needs 2 s.
        for (seconds, due) in [(0.3, false), (1.9, false), (2.1, true)] {
            figure.state().last = Some((before(seconds), Duration::from_millis(100)));
            assert_eq!(figure.begin(), due, "{seconds}");
        }
    }

    #[test]
    fn where_nobody_watches_nothing_is_drawn() {
        let figure = LiveFigure::new();
        figure.state().begun = Instant::now().checked_sub(Duration::from_secs(9)).unwrap();
        figure.show(|| unreachable!());
        figure.finish(|| unreachable!());
    }
}
