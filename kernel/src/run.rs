//! `neurocell run`: a notebook executed from top to bottom, and saved with its outputs.

use crate::engine::{Engine, Event, Execute, Failure, Options, Outcome};
use crate::prebuilt::Prelude;
use nbformat::v4::{Cell, DisplayData, ErrorOutput, ExecuteResult, MultilineString, Notebook, Output};
use neurocell::error::{Error, ErrorKind, Result};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What to run and where to put the result.
pub struct Job {
    pub notebook: PathBuf,
    pub output: Option<PathBuf>,
    pub allow_errors: bool,
    pub options: Options,
}

/// How a run ended.
pub struct Report {
    pub output: PathBuf,
    /// Cells that failed: their number among code cells, counted from 1.
    pub failed: Vec<usize>,
}

/// Runs every code cell; saves the notebook also when a cell fails.
///
/// # Errors
/// If the notebook cannot be read or written, or the session does not start. A failing cell is not an error but part of the report.
pub fn run(job: &Job) -> Result<Report> {
    let started = Instant::now();
    let mut notebook = read(&job.notebook)?;
    let output = job.output.clone().unwrap_or_else(|| executed_name(&job.notebook));
    let prelude = Prelude::prepare()?;
    eprintln!("{:>8}  prelude ready", since(started));
    let folder = job.notebook.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Paths in cells are relative to the notebook, as in Jupyter.
    let output =
        std::path::absolute(&output).map_err(|e| Error::file("find", &output, e, "give the output another place"))?;
    std::env::set_current_dir(folder).map_err(|e| Error::file("enter", folder, e, "check the folder's permissions"))?;
    let total = notebook.cells.iter().filter(|cell| matches!(cell, Cell::Code { .. })).count();
    let mut number = 0;
    let mut failed = Vec::new();
    for cell in &mut notebook.cells {
        if let Cell::Code { outputs, execution_count, .. } = cell {
            outputs.clear();
            *execution_count = None;
        }
    }
    name_the_kernel(&mut notebook);
    save(&notebook, &output)?;
    let start = Instant::now();
    let mut engine = Engine::start(&prelude, &job.options)?;
    eprintln!("{:>8}  session started in {}", since(started), since(start));
    for place in 0..notebook.cells.len() {
        let Cell::Code { source, outputs, execution_count, .. } = &mut notebook.cells[place] else { continue };
        number += 1;
        if !failed.is_empty() && !job.allow_errors {
            continue;
        }
        let code = source.concat();
        *execution_count = Some(number);
        let begun = Instant::now();
        let mut record = Record::new(number);
        let outcome =
            if code.trim().is_empty() { Outcome::Done } else { engine.execute(&code, &mut |event| record.take(event)) };
        eprintln!("{:>8}  cell {number}/{total} took {}  {}", since(started), since(begun), first_line(&code));
        if let Outcome::Failed(failure) = outcome {
            eprintln!("\ncell {number} of {total} failed:\n\n{}\n", indent(&code));
            eprintln!("{}\n", failure.traceback.join("\n"));
            record.fail(failure);
            failed.push(number as usize);
        }
        *outputs = record.outputs;
        // What was done so far is on disk, whatever happens in the next cell.
        save(&notebook, &output)?;
    }
    Ok(Report { output, failed: failed.into_iter().collect() })
}

/// What a cell said, as a notebook stores it.
struct Record {
    count: i32,
    outputs: Vec<Output>,
    by_id: HashMap<String, usize>,
}

impl Record {
    fn new(count: i32) -> Record {
        Record { count, outputs: Vec::new(), by_id: HashMap::new() }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Stdout(text) => self.stream("stdout", &text),
            Event::Stderr(text) => self.stream("stderr", &text),
            // Nobody watches the cell run: whether at once or with the next output is the same.
            Event::ClearOutput { .. } => {
                self.outputs.clear();
                self.by_id.clear();
            }
            Event::Result { data } => self.outputs.push(Output::ExecuteResult(ExecuteResult {
                execution_count: jupyter_protocol::ExecutionCount::new(self.count as usize),
                data: media(data),
                metadata: Map::new(),
            })),
            Event::Display { data, metadata, display_id, update } => {
                let display = Output::DisplayData(DisplayData { data: media(data), metadata });
                match display_id.as_ref().and_then(|id| self.by_id.get(id)).filter(|_| update) {
                    Some(place) => self.outputs[*place] = display,
                    None => {
                        if let Some(id) = display_id {
                            self.by_id.insert(id, self.outputs.len());
                        }
                        self.outputs.push(display);
                    }
                }
            }
        }
    }

    /// Text that follows text of the same stream is one output.
    fn stream(&mut self, to: &str, more: &str) {
        if let Some(Output::Stream { name, text }) = self.outputs.last_mut()
            && name == to
        {
            text.0.push_str(more);
            return;
        }
        self.outputs.push(Output::Stream { name: to.to_owned(), text: MultilineString(more.to_owned()) });
    }

    fn fail(&mut self, failure: Failure) {
        self.outputs.push(Output::Error(ErrorOutput {
            ename: failure.name,
            evalue: failure.value,
            traceback: failure.traceback,
        }));
    }
}

fn media(data: Map<String, Value>) -> jupyter_protocol::Media {
    let plain = data.get("text/plain").cloned();
    // If one type's content is not what the crate expects of it, the plain text stays.
    serde_json::from_value(Value::Object(data)).unwrap_or_else(|_| {
        let plain = plain.map(|text| ("text/plain".to_owned(), text));
        serde_json::from_value(Value::Object(plain.into_iter().collect())).unwrap_or_default()
    })
}

fn read(path: &Path) -> Result<Notebook> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::file("read", path, e, "give the path of a notebook (.ipynb)"))?;
    let refuse = |what: String| Error::format(path, what, "open it in Jupyter and save it as a notebook of format 4");
    match nbformat::parse_notebook(&text).map_err(|e| refuse(e.to_string()))? {
        nbformat::Notebook::V4(notebook) => Ok(notebook),
        nbformat::Notebook::V4QuirksMode(quirks) => Ok(quirks.repair()),
        nbformat::Notebook::Legacy(legacy) => {
            nbformat::upgrade_legacy_notebook(legacy).map_err(|e| refuse(e.to_string()))
        }
        _ => Err(refuse("the notebook is of format 3; format 4 is read".to_owned())),
    }
}

fn save(notebook: &Notebook, path: &Path) -> Result<()> {
    let text = nbformat::serialize_notebook(&nbformat::Notebook::V4(notebook.clone())).map_err(|e| {
        Error::new(ErrorKind::Format, format!("the executed notebook cannot be written: {e}"), "report this")
    })?;
    let refuse = |e| Error::file("write", path, e, "check the folder's permissions and the free space");
    let part = path.with_extension(format!("part-{}", std::process::id()));
    std::fs::write(&part, text).map_err(refuse)?;
    std::fs::rename(&part, path).map_err(refuse)
}

/// So that Jupyter opens the executed notebook with this kernel.
fn name_the_kernel(notebook: &mut Notebook) {
    let spec = serde_json::json!({ "name": "neurocell", "display_name": "Rust (neurocell)", "language": "rust" });
    if notebook.metadata.kernelspec.is_none() {
        notebook.metadata.kernelspec = serde_json::from_value(spec).ok();
    }
}

/// `a/01_quickstart.ipynb` → `a/01_quickstart.executed.ipynb`.
fn executed_name(notebook: &Path) -> PathBuf {
    notebook.with_extension("executed.ipynb")
}

fn since(start: Instant) -> String {
    format!("{:.2} s", start.elapsed().as_secs_f64())
}

fn first_line(code: &str) -> String {
    let line = code.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("//")).unwrap_or("");
    let short: String = line.chars().take(60).collect();
    if short.len() < line.len() { short + "…" } else { short }
}

fn indent(code: &str) -> String {
    code.lines().map(|line| format!("    {line}\n")).collect()
}
