//! The project's one error type: its text names the thing, the values, and the next thing to do.

use std::fmt;
use std::path::Path;

/// What a function of this crate returns when it may fail; with a second type it is the standard library's own.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of trouble an [`Error`] reports, for code that wants to react to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Two lengths or shapes that had to agree do not.
    Shape,
    /// A value is outside what the step accepts (NaN, negative TR, k larger than the rank, …).
    Value,
    /// A file or folder cannot be opened, read or written.
    File,
    /// A file was read, but its content is not what it should be.
    Format,
    /// Something had to be fetched and could not be.
    Network,
    /// A name (model, column, network, subject) is not known.
    Unknown,
    /// The user stopped the step.
    Cancelled,
}

/// An error whose text says what was wrong, with the values, and what to do next.
///
/// ```
/// use neurocell::error::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::Shape, "series has 300 time points, BOLD has 298", "trim the longer one");
/// assert_eq!(error.to_string(), "series has 300 time points, BOLD has 298\n  → trim the longer one");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    problem: String,
    advice: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of a kind: `problem` names the thing and both values, `advice` the next step.
    pub fn new(kind: ErrorKind, problem: impl Into<String>, advice: impl Into<String>) -> Error {
        Error(Box::new(Inner { kind, problem: problem.into(), advice: advice.into(), source: None }))
    }

    /// Two lengths or shapes do not agree.
    pub fn shape(problem: impl Into<String>, advice: impl Into<String>) -> Error {
        Error::new(ErrorKind::Shape, problem, advice)
    }

    /// A value is outside what the step accepts.
    pub fn value(problem: impl Into<String>, advice: impl Into<String>) -> Error {
        Error::new(ErrorKind::Value, problem, advice)
    }

    /// A file cannot be opened, read or written; `doing` is a verb such as "read".
    pub fn file(doing: &str, path: &Path, cause: std::io::Error, advice: impl Into<String>) -> Error {
        let problem = format!("cannot {doing} {}: {cause}", path.display());
        Error::new(ErrorKind::File, problem, advice).caused_by(cause)
    }

    /// A file's content is not what it should be.
    pub fn format(path: &Path, problem: impl fmt::Display, advice: impl Into<String>) -> Error {
        Error::new(ErrorKind::Format, format!("{}: {problem}", path.display()), advice)
    }

    /// A name is not known; `near` lists what there is.
    pub fn unknown(what: &str, name: &str, known: &[String]) -> Error {
        let advice = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`? known: {}", known.join(", ")),
            None if known.is_empty() => "there is none here".to_owned(),
            None => format!("known: {}", known.join(", ")),
        };
        Error::new(ErrorKind::Unknown, format!("unknown {what} `{name}`"), advice)
    }

    /// The same error with the error that caused it, for [`std::error::Error::source`].
    pub fn caused_by(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        self.0.source = Some(cause.into());
        self
    }

    /// What kind of trouble this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was wrong, without the advice.
    pub fn problem(&self) -> &str {
        &self.0.problem
    }

    /// What to do next.
    pub fn advice(&self) -> &str {
        &self.0.advice
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  → {}", self.0.problem, self.0.advice)
    }
}

/// The same text as `Display`: an `unwrap` in a notebook should read as well as a `?`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|e| e as _)
    }
}

/// The known name that is few edits away from `name`, if there is one.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let limit = (name.chars().count() / 3).max(2);
    known
        .iter()
        .map(|k| (edits(&name.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let next = (diagonal + usize::from(ca != *cb)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}
