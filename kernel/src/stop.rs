//! Stopping a running cell: Ctrl-C, SIGTERM, or a limit of time.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// The last signal that came; 0 for none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// How often signals and the clock are looked at.
const LOOK: Duration = Duration::from_millis(10);
/// Time between two requests to stop the same cell: one that is still being compiled has nothing yet to be stopped.
const AGAIN: Duration = Duration::from_millis(250);

/// Why a cell was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Signal(libc::c_int),
    Limit(Duration),
}

extern "C" fn note(signal: libc::c_int) {
    SIGNAL.store(signal, Ordering::Relaxed);
}

/// From here on these signals are noted instead of ending the process.
pub fn listen(signals: &[libc::c_int]) {
    let handler: extern "C" fn(libc::c_int) = note;
    for signal in signals {
        // SAFETY: the handler only stores to an atomic, which is safe in a signal handler.
        unsafe { libc::signal(*signal, handler as libc::sighandler_t) };
    }
}

/// The signal that has come and was not forgotten.
pub fn signal() -> Option<libc::c_int> {
    Some(SIGNAL.load(Ordering::Relaxed)).filter(|signal| *signal != 0)
}

/// A new cell begins: what came before does not stop it.
pub fn forget() {
    SIGNAL.store(0, Ordering::Relaxed);
}

/// Does some work, which `interrupt` stops when a signal comes or the time is over; says which of them it was.
pub fn watch<R>(interrupt: impl Fn() + Sync, limit: Option<Duration>, work: impl FnOnce() -> R) -> (R, Option<Stop>) {
    let done = AtomicBool::new(false);
    let started = Instant::now();
    std::thread::scope(|scope| {
        let watching = || {
            let (mut stop, mut asked): (_, Option<Instant>) = (None, None);
            while !done.load(Ordering::Acquire) {
                let over = limit.filter(|limit| started.elapsed() > *limit);
                stop = stop.or_else(|| signal().map(Stop::Signal)).or(over.map(Stop::Limit));
                if stop.is_some() && asked.is_none_or(|at| at.elapsed() > AGAIN) {
                    interrupt();
                    asked = Some(Instant::now());
                }
                std::thread::park_timeout(LOOK);
            }
            stop
        };
        // Without a thread for it the work is done all the same, and cannot be stopped.
        let watcher = std::thread::Builder::new().name("watch".to_owned()).spawn_scoped(scope, watching).ok();
        let end = End(&done);
        let result = work();
        drop(end);
        let stop = watcher.and_then(|watcher| {
            watcher.thread().unpark();
            watcher.join().ok().flatten()
        });
        // It may have come just before the end: someone who was asked for input leaves by it.
        (result, stop.or_else(|| signal().map(Stop::Signal)))
    })
}

/// Ends the watching, also if the work panics.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_beyond_the_limit_is_interrupted_and_quick_work_is_not() {
        let stopped = AtomicBool::new(false);
        let interrupt = || stopped.store(true, Ordering::Release);
        let limit = Duration::from_millis(50);
        let ((), stop) = watch(interrupt, Some(limit), || {
            while !stopped.load(Ordering::Acquire) {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        assert_eq!(stop, Some(Stop::Limit(limit)));
        let (seven, stop) = watch(|| panic!("nothing to stop"), Some(Duration::from_secs(60)), || 7);
        assert_eq!((seven, stop), (7, None));
    }
}
