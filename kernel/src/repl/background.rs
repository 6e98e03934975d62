//! A session that starts while the user already types.

use super::Start;
use crate::engine::{Completions, Execute, Session};
use crate::stop;
use indicatif::{ProgressBar, ProgressStyle};
use neurocell::error::{Error, Result};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The session, from the moment at which its start began.
pub struct Background {
    session: Shared,
    /// Until the start has ended.
    starting: Option<Receiver<Result<()>>>,
}

/// The session as the line editor sees it: none while it starts.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Option<Session>>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may stand at the cursor; nothing while the session starts.
    pub fn complete(&self, code: &str, cursor: usize) -> Completions {
        self.lock().as_mut().map(|session| session.complete(code, cursor)).unwrap_or_default()
    }
}

impl Background {
    /// Begins the start in a thread of its own.
    ///
    /// # Errors
    /// If the system gives no more threads.
    pub fn start(start: Start) -> Result<Background> {
        let session = Shared::default();
        let (ready, starting) = channel();
        let shared = session.clone();
        let starts = move || {
            let started = start().map(|session| *shared.lock() = Some(session));
            // Nobody waits for it if the user has left meanwhile.
            let _ = ready.send(started);
        };
        std::thread::Builder::new().name("session start".to_owned()).spawn(starts).map_err(|e| {
            Error::value(format!("a thread for the session cannot be started: {e}"), "close other programs")
        })?;
        Ok(Background { session, starting: Some(starting) })
    }

    pub fn shared(&self) -> Shared {
        self.session.clone()
    }

    /// Waits for the start to end; `false` if Ctrl-C came first.
    ///
    /// # Errors
    /// If the session did not start.
    pub fn wait(&mut self) -> Result<bool> {
        let Some(starting) = &self.starting else { return Ok(true) };
        let spinner = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
        let mut told = false;
        loop {
            match starting.recv_timeout(Duration::from_millis(20)) {
                Ok(started) => {
                    spinner.finish_and_clear();
                    self.starting = None;
                    return started.map(|()| true);
                }
                Err(RecvTimeoutError::Timeout) => {
                    if stop::signal().is_some() {
                        spinner.finish_and_clear();
                        return Ok(false);
                    }
                    if !std::mem::replace(&mut told, true) {
                        spinner.set_message("the session is starting; your cell runs as soon as it is ready");
                        spinner.enable_steady_tick(Duration::from_millis(100));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    spinner.finish_and_clear();
                    return Err(Error::value(
                        "the session's start broke off",
                        "the message above says why; start it again",
                    ));
                }
            }
        }
    }

    /// Does something with the session; none while it starts.
    pub fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> Option<R> {
        self.session.lock().as_mut().map(work)
    }

    /// Ends the session with all its processes, also one that is still starting.
    pub fn end(mut self) {
        if let Some(starting) = self.starting.take() {
            // Whether it started or not, it is to end.
            let _ = starting.recv();
        }
        drop(self.session.lock().take());
    }
}
