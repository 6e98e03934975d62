//! What the kernel's worker process calls around each cell, found by name in the prelude's shared library.

use super::cancel;
use std::io::Write;

/// Before a cell runs: no stop is asked for yet, and SIGINT asks for one instead of ending the process.
#[unsafe(no_mangle)]
pub extern "C" fn neurocell_before_cell() {
    cancel::clear();
    // SAFETY: the handler only stores to an atomic, which is safe in a signal handler.
    unsafe { libc::signal(libc::SIGINT, on_interrupt as extern "C" fn(libc::c_int) as libc::sighandler_t) };
}

/// After a cell: what it printed without a newline leaves the buffer.
#[unsafe(no_mangle)]
pub extern "C" fn neurocell_after_cell() {
    // A closed pipe means that nobody reads any more.
    let _ = std::io::stdout().flush();
}

extern "C" fn on_interrupt(_signal: libc::c_int) {
    cancel::request_cancel();
}
