//! `neurocell run`: a notebook executed from top to bottom, and saved with its outputs.
//!
//! The conventions are papermill's and nbclient's: parameters by a tagged cell, a limit of time for each cell, the partly
//! executed notebook saved whatever happens.

mod file;
mod follow;
mod kinds;
mod parameters;
mod record;

pub use parameters::{Given, parse as parse_parameter};

use crate::engine::{Event, Execute, Failure, Host, Outcome, PageParts, Session};
use crate::stop::{self, Stop};
use follow::Follow;
use nbformat::v4::{Cell, ExecutionMetadata};
use neurocell::error::{Error, Result};
use record::Record;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// What to run and where to put the result.
pub struct Job {
    pub notebook: PathBuf,
    pub output: Option<PathBuf>,
    pub parameters: Vec<Given>,
    pub parameters_file: Option<PathBuf>,
    /// How long a cell may take.
    pub limit: Option<Duration>,
    pub allow_errors: bool,
}

/// How a run ended.
pub struct Report {
    pub output: PathBuf,
    /// Cells that failed: their number among code cells, counted from 1.
    pub failed: Vec<i32>,
    /// The signal that ended it early.
    pub signal: Option<libc::c_int>,
}

/// Runs every code cell in the session that `start` makes from what `prepare` has found; saves the notebook also when a
/// cell fails or a signal ends the run.
///
/// # Errors
/// If the notebook cannot be read or written, a parameter is refused, or the session does not start. A failing cell is not
/// an error but part of the report.
pub fn run<P>(
    job: &Job,
    prepare: impl FnOnce() -> Result<P>,
    start: impl FnOnce(P) -> Result<Session>,
) -> Result<Report> {
    let mut notebook = file::read(&job.notebook)?;
    let output = file::output(&job.notebook, job.output.as_deref())?;
    let mut given = match &job.parameters_file {
        Some(path) => parameters::read_file(path)?,
        None => Vec::new(),
    };
    given.extend(job.parameters.iter().cloned());
    parameters::inject(&mut notebook, &given)?;
    file::clean(&mut notebook);
    file::save(&notebook, &output)?;
    // Paths in cells are relative to the notebook, as in Jupyter.
    let folder = job.notebook.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::env::set_current_dir(folder).map_err(|e| Error::file("enter", folder, e, "check the folder's permissions"))?;
    stop::listen(&[libc::SIGINT, libc::SIGTERM]);
    // A build writes its own progress.
    let prepared = prepare()?;
    let mut follow = Follow::new();
    follow.now("starting the session");
    let began = Instant::now();
    let mut session = start(prepared)?;
    follow.stage(&format!("session started in {:.2} s", began.elapsed().as_secs_f64()));
    follow.expect(count(notebook.cells.iter().filter(|cell| matches!(cell, Cell::Code { .. })).count()));
    let mut report = Report { output, failed: Vec::new(), signal: None };
    let mut parts = PageParts::default();
    let mut number = 0;
    for place in 0..notebook.cells.len() {
        let Cell::Code { source, outputs, execution_count, metadata, .. } = &mut notebook.cells[place] else {
            continue;
        };
        number += 1;
        report.signal = report.signal.or(stop::signal());
        if report.signal.is_some() || (!report.failed.is_empty() && !job.allow_errors) {
            continue;
        }
        let code = source.concat();
        *execution_count = Some(number);
        follow.begin(number, &code);
        let mut record = Record::new(number);
        parts.begin(Some(&number.to_string()), &[]);
        let (begun, clock) = (Instant::now(), SystemTime::now());
        let mut take = |mut event: Event| {
            follow.event(&event);
            match &mut event {
                Event::Display { data, part, .. } => parts.complete(part.as_deref(), data),
                Event::ClearOutput { .. } => parts.clear(),
                _ => {}
            }
            record.take(event);
        };
        let failure = execute(&mut session, &code, job.limit, &mut take);
        metadata.execution = Some(times(clock));
        follow.end(number, begun.elapsed(), &code);
        if let Some(failure) = failure {
            follow.say(&format!("\ncell {number} of {} failed:\n\n{}", follow.total(), indent(&code)));
            follow.say(&format!("{}\n", failure.traceback.join("\n")));
            record.fail(failure);
            report.failed.push(number);
        }
        *outputs = record.outputs;
        // What was done so far is on disk, whatever happens in the next cell.
        file::save(&notebook, &report.output)?;
    }
    report.signal = report.signal.or(stop::signal());
    Ok(report)
}

/// Runs one cell within its limit of time; why it failed, if it did.
fn execute(session: &mut Session, code: &str, limit: Option<Duration>, host: &mut dyn Host) -> Option<Failure> {
    if code.trim().is_empty() {
        return None;
    }
    let interrupt = session.interrupt();
    let (outcome, stopped) = stop::watch(|| interrupt.interrupt(), limit, || session.execute(code, host));
    let Outcome::Failed(failure) = outcome else { return None };
    Some(match stopped {
        Some(Stop::Limit(limit)) => Failure::plain(
            "TimeoutError",
            format!(
                "the cell took longer than {} s and was stopped; every variable is as it was before it\n  → allow more by `--timeout SECONDS`",
                limit.as_secs_f64()
            ),
        ),
        Some(Stop::Signal(libc::SIGINT)) => {
            Failure::plain("Interrupted", "the cell was stopped by Ctrl-C, and the cells after it were not run")
        }
        Some(Stop::Signal(_)) => {
            Failure::plain("Interrupted", "the cell was stopped by a signal, and the cells after it were not run")
        }
        None => failure,
    })
}

/// When the cell ran, under the names that JupyterLab uses.
fn times(began: SystemTime) -> ExecutionMetadata {
    ExecutionMetadata {
        iopub_execute_input: Some(crate::clock::utc(began)),
        iopub_status_busy: None,
        shell_execute_reply: Some(crate::clock::utc(SystemTime::now())),
        shell_execute_reply_started: None,
        iopub_status_idle: None,
        additional: HashMap::new(),
    }
}

/// Notebooks count cells in 32 bits.
fn count(cells: usize) -> i32 {
    i32::try_from(cells).unwrap_or(i32::MAX)
}

fn indent(code: &str) -> String {
    code.lines().map(|line| format!("    {line}\n")).collect()
}
