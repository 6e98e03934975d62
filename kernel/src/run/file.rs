//! Reading and saving notebooks, and what is refused before anything runs.

use nbformat::v4::{Cell, Notebook};
use neurocell::error::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// Reads a notebook of format 4 whose language is Rust.
///
/// # Errors
/// If there is no file, or it is no such notebook.
pub fn read(path: &Path) -> Result<Notebook> {
    if path.is_dir() {
        let problem = format!("{} is a folder", path.display());
        return Err(Error::value(problem, "give the path of one notebook (.ipynb)"));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::file("read", path, e, "give the path of a notebook (.ipynb)"))?;
    let advice = "open it in Jupyter and save it: that makes a notebook of format 4";
    let refuse = |what: String| Error::format(path, what, advice);
    let notebook = match nbformat::parse_notebook(&text) {
        Ok(nbformat::Notebook::V4(notebook)) => notebook,
        Ok(nbformat::Notebook::V4QuirksMode(quirks)) => quirks.repair(),
        Ok(nbformat::Notebook::Legacy(legacy)) => {
            nbformat::upgrade_legacy_notebook(legacy).map_err(|e| refuse(e.to_string()))?
        }
        Ok(_) | Err(_) => return Err(refuse(what_is_wrong(&text))),
    };
    let language = match (&notebook.metadata.language_info, &notebook.metadata.kernelspec) {
        (Some(language), _) => Some(language.name.clone()),
        (None, Some(spec)) => spec.language.clone(),
        (None, None) => None,
    };
    match language {
        Some(language) if !language.eq_ignore_ascii_case("rust") => Err(Error::format(
            path,
            format!("the notebook's language is {language}, and cells here are Rust"),
            "choose the kernel \"Rust (neurocell)\" in Jupyter, or give another notebook",
        )),
        _ => Ok(notebook),
    }
}

/// Why a text is no notebook that can be run.
fn what_is_wrong(text: &str) -> String {
    let value: serde_json::Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) if text.trim().is_empty() => return "the file is empty".to_owned(),
        Err(error) => return format!("this is no JSON, as a notebook is: {error}"),
    };
    match value["nbformat"].as_i64() {
        None => "this is JSON and no notebook: it does not say which format it has (`nbformat`)".to_owned(),
        Some(4) => match nbformat::parse_notebook(text) {
            Err(error) => format!("the notebook's content is not as format 4 has it: {error}"),
            Ok(_) => "the notebook cannot be read".to_owned(),
        },
        Some(format) => format!("the notebook is of format {format}; format 4 is read"),
    }
}

/// Where the executed notebook goes, as an absolute path.
///
/// # Errors
/// If that is the notebook itself, a folder, or in no folder.
pub fn output(notebook: &Path, wanted: Option<&Path>) -> Result<PathBuf> {
    let output = wanted.map_or_else(|| executed_name(notebook), Path::to_owned);
    let advice = "give the output another place: `-o OTHER.ipynb`";
    let output = std::path::absolute(&output).map_err(|e| Error::file("find", &output, e, advice))?;
    if output.is_dir() {
        return Err(Error::value(format!("the output {} is a folder", output.display()), advice));
    }
    let folder = output.parent().unwrap_or(Path::new("/"));
    if !folder.is_dir() {
        let problem = format!("cannot write {}: there is no folder {}", output.display(), folder.display());
        return Err(Error::new(ErrorKind::File, problem, "make the folder, or give the output another place"));
    }
    let same = |a: &Path, b: &Path| a.canonicalize().ok().is_some_and(|a| Some(a) == b.canonicalize().ok());
    if same(&output, notebook) {
        let problem = format!("the output {} would take the place of the notebook itself", output.display());
        return Err(Error::value(problem, advice));
    }
    Ok(output)
}

/// Saves a notebook; a half-written file is never found, also not if the disk is full.
///
/// # Errors
/// If it cannot be written.
pub fn save(notebook: &Notebook, path: &Path) -> Result<()> {
    let text = nbformat::serialize_notebook(&nbformat::Notebook::V4(notebook.clone())).map_err(|e| {
        Error::new(ErrorKind::Format, format!("the executed notebook cannot be written: {e}"), "report this")
    })?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.part-{}", std::process::id()));
    std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, path)).map_err(|e| {
        // If it was never made there is nothing to remove.
        let _ = std::fs::remove_file(&part);
        Error::file("write", path, e, "check the folder's permissions and the free space")
    })
}

/// As it is before any cell has run, and such that Jupyter opens it with this kernel.
pub fn clean(notebook: &mut Notebook) {
    for cell in &mut notebook.cells {
        if let Cell::Code { outputs, execution_count, metadata, .. } = cell {
            outputs.clear();
            *execution_count = None;
            metadata.execution = None;
        }
    }
    let spec = serde_json::json!({ "name": "neurocell", "display_name": "Rust (neurocell)", "language": "rust" });
    if notebook.metadata.kernelspec.is_none() {
        notebook.metadata.kernelspec = serde_json::from_value(spec).ok();
    }
}

/// `a/01_quickstart.ipynb` → `a/01_quickstart.executed.ipynb`.
fn executed_name(notebook: &Path) -> PathBuf {
    notebook.with_extension("executed.ipynb")
}
