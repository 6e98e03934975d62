//! The cells that were run, kept over restarts in a file of JSON lines.
//!
//! Each cell adds one line when it begins, and one more if it had a value. Several kernels may write to the file; each has
//! a session number of its own. A folder that cannot be written costs only the memory of earlier sessions.

use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Cells that the file keeps; it is cut to half of it when it has more.
const KEPT: usize = 10_000;
/// A longer cell or value is not written to the file.
const LONGEST: usize = 64 * 1024;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    session: i64,
    line: i64,
    input: String,
    output: Option<String>,
}

/// The history of this session and of those before; read from the file when it is first asked for.
#[derive(Clone)]
pub struct History(Arc<Lazy>);

struct Lazy {
    file: Option<PathBuf>,
    store: OnceLock<Mutex<Store>>,
}

struct Store {
    file: Option<PathBuf>,
    session: i64,
    entries: Vec<Entry>,
}

/// The file in the user's state folder; none where there is no such folder.
pub fn place() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(state.join("neurocell").join("history.jsonl"))
}

impl History {
    /// A history that is kept in `file`, or in memory only.
    pub fn new(file: Option<PathBuf>) -> History {
        let history = History(Arc::new(Lazy { file, store: OnceLock::new() }));
        let early = history.clone();
        // Without a thread for it the file is read when the first cell comes.
        let _ = std::thread::Builder::new().name("history".into()).spawn(move || drop(early.store()));
        history
    }

    /// Notes a cell that begins.
    pub fn begin(&self, line: usize, input: &str) {
        let mut store = self.store();
        let (session, line) = (store.session, line as i64);
        store.entries.push(Entry { session, line, input: input.to_owned(), output: None });
        store.write(json!({ "session": session, "line": line, "input": input }));
    }

    /// Notes the value of the cell that began last.
    pub fn value(&self, output: &str) {
        let mut store = self.store();
        let Some(last) = store.entries.last_mut() else { return };
        last.output = Some(output.to_owned());
        let (session, line) = (last.session, last.line);
        store.write(json!({ "session": session, "line": line, "output": output }));
    }

    /// What a `history_request` asks for: tuples of session, line and input, or, with `output`, input and output.
    ///
    /// # Errors
    /// The text says which part of the request is wrong.
    pub fn find(&self, request: &Value) -> Result<Value, String> {
        let store = self.store();
        let number = |name: &str| request[name].as_i64();
        let found: Vec<&Entry> = match request["hist_access_type"].as_str() {
            Some("tail") => last(store.entries.iter().collect(), number("n").or(Some(10))),
            Some("range") => store.range(number("session").unwrap_or(0), number("start").unwrap_or(1), number("stop")),
            Some("search") => {
                let pattern: Vec<char> = request["pattern"].as_str().unwrap_or("*").chars().collect();
                let matches = |entry: &&Entry| glob(&pattern, &entry.input.chars().collect::<Vec<_>>());
                let mut found: Vec<&Entry> = store.entries.iter().filter(matches).collect();
                if request["unique"].as_bool() == Some(true) {
                    found = latest_of_each(found);
                }
                last(found, number("n"))
            }
            other => return Err(format!("hist_access_type is {other:?}; known: tail, range, search")),
        };
        let output = request["output"].as_bool() == Some(true);
        let tuple = |entry: &Entry| match output {
            true => json!([entry.session, entry.line, [entry.input, entry.output]]),
            false => json!([entry.session, entry.line, entry.input]),
        };
        Ok(found.into_iter().map(tuple).collect())
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        let store = self.0.store.get_or_init(|| Mutex::new(Store::open(self.0.file.as_deref())));
        store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    fn open(file: Option<&Path>) -> Store {
        let opened = file.map(|file| (file, Store::read(file)));
        match opened {
            Some((file, Ok((session, entries)))) => Store { file: Some(file.to_owned()), session, entries },
            Some((file, Err(error))) => {
                super::log(format_args!("the history is not kept: {}: {error}", file.display()));
                Store { file: None, session: 1, entries: Vec::new() }
            }
            None => Store { file: None, session: 1, entries: Vec::new() },
        }
    }

    /// Reads the file, cuts it if it has grown too long, and writes the mark of a new session to it.
    fn read(file: &Path) -> io::Result<(i64, Vec<Entry>)> {
        if let Some(folder) = file.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let _lock = lock(file)?;
        let text = match std::fs::read(file) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let (last_session, mut entries) = parse(&text);
        if entries.len() > KEPT {
            entries.drain(..entries.len() - KEPT / 2);
            let lines: String = entries.iter().map(|entry| format!("{}\n", entry.json())).collect();
            let part = file.with_extension(format!("part-{}", std::process::id()));
            std::fs::write(&part, lines)?;
            std::fs::rename(&part, file)?;
        }
        let session = last_session + 1;
        let mut file = append(file)?;
        // A line that a killed kernel left unfinished must not swallow the next one.
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        file.write_all(format!("{gap}{}\n", json!({ "session": session })).as_bytes())?;
        Ok((session, entries))
    }

    fn write(&mut self, line: Value) {
        let Some(file) = &self.file else { return };
        let line = format!("{line}\n");
        if line.len() > LONGEST {
            return;
        }
        let written = lock(file).and_then(|_lock| append(file)?.write_all(line.as_bytes()));
        if let Err(error) = written {
            super::log(format_args!("the history is no longer kept: {}: {error}", file.display()));
            self.file = None;
        }
    }

    /// Lines of one session: 0 is this one, -1 the one before it.
    fn range(&self, session: i64, start: i64, stop: Option<i64>) -> Vec<&Entry> {
        let session = if session <= 0 { self.session + session } else { session };
        let entries: Vec<&Entry> = self.entries.iter().filter(|entry| entry.session == session).collect();
        let end = entries.last().map_or(0, |entry| entry.line) + 1;
        // Counted from the end, as in a Python slice.
        let start = if start < 0 { start + end } else { start };
        let stop = match stop {
            None | Some(0) => end,
            Some(stop) if stop < 0 => stop + end,
            Some(stop) => stop,
        };
        entries.into_iter().filter(|entry| (start..stop).contains(&entry.line)).collect()
    }
}

impl Entry {
    fn json(&self) -> Value {
        json!({ "session": self.session, "line": self.line, "input": self.input, "output": self.output })
    }
}

/// The last session's number and all cells; lines that cannot be read are passed over.
fn parse(text: &str) -> (i64, Vec<Entry>) {
    let mut sessions = 0;
    let mut entries: Vec<Entry> = Vec::new();
    for line in text.lines() {
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        let Some(session) = value["session"].as_i64() else { continue };
        sessions = sessions.max(session);
        let Some(line) = value["line"].as_i64() else { continue };
        let output = value["output"].as_str().map(str::to_owned);
        match value["input"].as_str() {
            Some(input) => entries.push(Entry { session, line, input: input.to_owned(), output }),
            // Other sessions may have written in between.
            None => {
                let of = |entry: &&mut Entry| entry.session == session && entry.line == line;
                if let Some(entry) = entries.iter_mut().rev().find(of) {
                    entry.output = output;
                }
            }
        }
    }
    (sessions, entries)
}

fn append(file: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(file)
}

/// Holds the lock beside the history file until it is dropped.
///
/// Waits a moment only: on some network drives a lock never comes, and a line too much in a history is no harm.
fn lock(file: &Path) -> io::Result<File> {
    let lock =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file.with_extension("lock"))?;
    for _ in 0..20 {
        // SAFETY: the descriptor is open.
        if unsafe { libc::flock(lock.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(lock)
}

fn last(mut entries: Vec<&Entry>, n: Option<i64>) -> Vec<&Entry> {
    let n = n.map_or(KEPT, |n| usize::try_from(n).unwrap_or(0));
    entries.drain(..entries.len().saturating_sub(n));
    entries
}

/// Without those whose input comes again later.
fn latest_of_each(entries: Vec<&Entry>) -> Vec<&Entry> {
    let mut seen = std::collections::HashSet::new();
    let mut kept: Vec<&Entry> = entries.into_iter().rev().filter(|entry| seen.insert(&entry.input)).collect();
    kept.reverse();
    kept
}

/// Whether the whole text matches: `*` any characters, `?` one, `[a-z]` one of these, `[^a]` none of these.
fn glob(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on if what follows the last star does not match: one character more goes to the star.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let matched = match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some('?') => text.get(t).map(|_| p + 1),
            Some('[') => text.get(t).and_then(|&c| class(pattern, p, c)),
            Some(&c) => (text.get(t) == Some(&c)).then_some(p + 1),
            None if t == text.len() => return true,
            None => None,
        };
        match (matched, retry) {
            (Some(next), _) => (p, t) = (next, t + 1),
            (None, Some((after, from))) if from < text.len() => {
                retry = Some((after, from + 1));
                (p, t) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

/// The place after the class that opens at `open`, if it holds `c`; an unclosed bracket stands for itself.
fn class(pattern: &[char], open: usize, c: char) -> Option<usize> {
    let negated = matches!(pattern.get(open + 1), Some('^' | '!'));
    let first = open + 1 + usize::from(negated);
    // A bracket right at the beginning is a member.
    let Some(close) = (first + 1..pattern.len()).find(|&at| pattern[at] == ']') else {
        return (c == '[').then_some(open + 1);
    };
    let mut at = first;
    let mut inside = false;
    while at < close {
        if at + 2 < close && pattern[at + 1] == '-' {
            inside |= (pattern[at]..=pattern[at + 2]).contains(&c);
            at += 3;
        } else {
            inside |= pattern[at] == c;
            at += 1;
        }
    }
    (inside != negated).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(found: &Value) -> Vec<&str> {
        found.as_array().unwrap().iter().map(|tuple| tuple[2].as_str().unwrap()).collect()
    }

    #[test]
    fn a_history_is_there_again_in_the_next_session() {
        let folder = tempfile::tempdir().unwrap();
        let file = Some(folder.path().join("state/history.jsonl"));
        let first = History::new(file.clone());
        first.begin(1, "let a = 1;");
        first.begin(2, "a");
        first.value("1");
        let second = History::new(file.clone());
        second.begin(1, "a + \"é\"");
        let tail = second.find(&json!({ "hist_access_type": "tail", "n": 2, "output": true })).unwrap();
        assert_eq!(tail, json!([[1, 2, ["a", "1"]], [2, 1, ["a + \"é\"", null]]]));
        let before = second.find(&json!({ "hist_access_type": "range", "session": -1, "start": 1 })).unwrap();
        assert_eq!(inputs(&before), ["let a = 1;", "a"]);
        let now = second.find(&json!({ "hist_access_type": "range", "session": 0, "start": 1, "stop": 2 })).unwrap();
        assert_eq!(inputs(&now), ["a + \"é\""]);
    }

    #[test]
    fn a_search_is_a_glob_and_may_leave_out_repetitions() {
        let history = History::new(None);
        for (line, input) in ["let x = 1;", "x + 1", "let y = 2;", "x + 1", "let x = 1;"].iter().enumerate() {
            history.begin(line + 1, input);
        }
        let search = |request: Value| {
            let mut request = request;
            request["hist_access_type"] = "search".into();
            inputs(&history.find(&request).unwrap()).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(search(json!({ "pattern": "let*" })), ["let x = 1;", "let y = 2;", "let x = 1;"]);
        assert_eq!(search(json!({ "pattern": "let*", "unique": true })), ["let y = 2;", "let x = 1;"]);
        assert_eq!(search(json!({ "pattern": "*", "n": 1 })), ["let x = 1;"]);
        assert_eq!(search(json!({ "pattern": "x" })), [""; 0]);
        assert!(history.find(&json!({ "hist_access_type": "dream" })).is_err());
    }

    #[test]
    fn globs_match_the_whole_text() {
        let matches =
            |pattern: &str, text: &str| glob(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
        for (pattern, text) in
            [("*", ""), ("a*c", "abbc"), ("?*", "é"), ("[a-c]x", "bx"), ("[^a]", "b"), ("a**b", "ab"), ("[", "[")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a*c", "ab"), ("?", ""), ("[a-c]", "d"), ("[!a]", "a"), ("ab", "abc")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        // Stars in a row must not take for ever.
        assert!(!matches(&"*a".repeat(30), &"b".repeat(3000)));
    }

    #[test]
    fn a_broken_line_and_a_long_file_are_survived() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.jsonl");
        let lines: String =
            (0..KEPT + 1).map(|i| format!("{}\n", json!({ "session": 7, "line": i, "input": "x" }))).collect();
        std::fs::write(&file, format!("rubbish\n{lines}{{\"session\": 7, \"li")).unwrap();
        let history = History::new(Some(file.clone()));
        history.begin(1, "new");
        let found = history.find(&json!({ "hist_access_type": "tail", "n": 2 })).unwrap();
        assert_eq!(found, json!([[7, KEPT, "x"], [8, 1, "new"]]));
        let (last_session, entries) = parse(&std::fs::read_to_string(&file).unwrap());
        assert_eq!((last_session, entries.len()), (8, KEPT / 2 + 1));
    }

    #[test]
    fn a_folder_that_cannot_be_written_keeps_the_session_only() {
        let history = History::new(Some(PathBuf::from("/proc/nowhere/history.jsonl")));
        history.begin(1, "a");
        assert_eq!(inputs(&history.find(&json!({ "hist_access_type": "tail", "n": 5 })).unwrap()), ["a"]);
    }
}
