//! Stopping a long step: the flag that an interrupt sets, and that every long loop asks.

use crate::error::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Whether the user has asked to stop.
pub fn cancel_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// An error of kind [`ErrorKind::Cancelled`] if the user has asked to stop; long loops call it at least ten times a second.
///
/// # Errors
/// If a stop was asked for; the request is then taken as answered.
pub fn check_cancelled(step: &str) -> Result<()> {
    match REQUESTED.swap(false, Ordering::Relaxed) {
        false => Ok(()),
        true => Err(Error::new(ErrorKind::Cancelled, format!("{step} was stopped"), "run the cell again to go on")),
    }
}

/// Asks the running step to stop; what the kernel's interrupt calls. Safe in a signal handler.
pub fn request_cancel() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Forgets a request that came after the last cell had ended.
pub(super) fn clear() {
    REQUESTED.store(false, Ordering::Relaxed);
}
