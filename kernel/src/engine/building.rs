//! What a cell's reader sees while crates of the reader's own are built (`:dep`).

use super::{Event, Host};
use crate::tools;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// The line that says which crate is being built.
pub struct Building {
    log: PathBuf,
    began: Instant,
    seen: usize,
    line: Option<String>,
}

impl Building {
    pub fn new(session: &Path) -> Building {
        let log = session.join(tools::BUILDING);
        // That of an earlier cell, if there was one.
        let _ = std::fs::remove_file(&log);
        Building { log, began: Instant::now(), seen: 0, line: None }
    }

    /// Says what is being built, if that has changed.
    pub fn look(&mut self, host: &mut dyn Host) {
        let Ok(names) = std::fs::read_to_string(&self.log) else { return };
        let count = names.lines().count();
        let last = names.lines().next_back().filter(|name| !name.starts_with("ctx "));
        if let (true, Some(name)) = (count > self.seen, last) {
            self.seen = count;
            let name = name.split(" (").next().unwrap_or(name);
            self.say(host, format!("building crates for this cell: {count}, now {name}"));
        }
    }

    /// Says how long it took, if anything was built.
    pub fn end(&mut self, host: &mut dyn Host) {
        if self.line.is_some() {
            let crates = if self.seen == 1 { "1 crate".to_owned() } else { format!("{} crates", self.seen) };
            let seconds = self.began.elapsed().as_secs_f64();
            let text = format!("built {crates} in {seconds:.0} s, and kept for later sessions");
            self.say(host, text);
        }
    }

    fn say(&mut self, host: &mut dyn Host, text: String) {
        let update = self.line.is_some();
        let id = self.line.get_or_insert_with(|| format!("building-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        host.tell(Event::Display {
            data: Map::from_iter([("text/plain".to_owned(), Value::String(text))]),
            metadata: Map::new(),
            display_id: Some(id.clone()),
            update,
            part: None,
        });
    }
}
