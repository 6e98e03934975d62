//! Files from the Hugging Face hub, through hf-hub.

use super::fetch::{Partial, offline};
use crate::error::{Error, ErrorKind, Result};
use crate::notebook::{Progress, check_cancelled};
use hf_hub::api::sync::ApiBuilder;
use hf_hub::{Cache, Repo};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CONNECT: Duration = Duration::from_secs(5);
/// A download that stands still for so long is given up.
const STALL: Duration = Duration::from_secs(60);

/// The files of a hub model: a folder in which all of them lie, in the hub's own cache.
///
/// # Errors
/// If they are not in the cache and cannot be downloaded.
pub(super) fn folder_of(id: &str, files: &[&str]) -> Result<PathBuf> {
    if let Some(cached) = cached(id, files)
        && let Some(folder) = cached[0].parent()
    {
        return Ok(folder.to_owned());
    }
    if offline() {
        return Err(network(id, "it is not in the local cache, and NEUROCELL_OFFLINE or HF_HUB_OFFLINE is set"));
    }
    let cache = cache().ok_or_else(|| network(id, "there is no home directory for the hub's cache; set HF_HOME"))?;
    let paths = download_to(id, files, cache)?;
    match paths.first().and_then(|p| p.parent()) {
        Some(folder) => Ok(folder.to_owned()),
        None => Err(network(id, "no file was asked for")),
    }
}

/// Copies a hub model's files from the hub's local cache into `folder`.
pub(super) fn copy_from_cache(id: &str, files: &[&str], folder: &Path) -> Result<()> {
    let cached = cached(id, files).ok_or_else(|| network(id, "it is not there"))?;
    for (from, name) in cached.iter().zip(files) {
        check_cancelled("copying the model's files")?;
        std::fs::copy(from, folder.join(name)).map_err(|e| Error::file("copy", from, e, "see that there is room"))?;
    }
    Ok(())
}

/// Downloads a hub model's files into `folder`.
pub(super) fn download(id: &str, files: &[&str], folder: &Path) -> Result<()> {
    let failed = |e| Error::file("write in", folder, e, "see that there is room");
    // hf-hub keeps files as blobs with links to them: here it gets a cache of its own, from which the blobs are moved.
    let own = Partial::beside(&folder.join("hub")).map_err(failed)?;
    let paths = download_to(id, files, Cache::new(own.path().to_owned()))?;
    for (from, name) in paths.iter().zip(files) {
        let blob = from.canonicalize().map_err(failed)?;
        std::fs::rename(blob, folder.join(name)).map_err(failed)?;
    }
    Ok(())
}

fn network(id: &str, problem: &str) -> Error {
    Error::new(
        ErrorKind::Network,
        format!("{id} cannot be had from the hub: {problem}"),
        "see the network and the id, or give a folder that holds config.json, tokenizer.json and model.safetensors",
    )
}

/// The hub's local cache; `None` where there is neither `HF_HOME` nor a home directory.
fn cache() -> Option<Cache> {
    let there = std::env::var_os("HF_HOME").is_some() || std::env::home_dir().is_some();
    there.then(Cache::from_env)
}

fn cached(id: &str, files: &[&str]) -> Option<Vec<PathBuf>> {
    let repo = cache()?.repo(Repo::model(id.to_owned()));
    let found: Option<Vec<PathBuf>> = files.iter().map(|file| repo.get(file)).collect();
    found.filter(|paths| !paths.is_empty())
}

/// How far a download is, told by its thread.
#[derive(Clone, Default)]
struct Meter(Arc<(AtomicU64, AtomicU64)>);

impl hf_hub::api::Progress for Meter {
    fn init(&mut self, size: usize, _file: &str) {
        self.0.0.store(size as u64, Ordering::Relaxed);
    }
    fn update(&mut self, size: usize) {
        self.0.1.fetch_add(size as u64, Ordering::Relaxed);
    }
    fn finish(&mut self) {}
}

fn download_to(id: &str, files: &[&str], cache: Cache) -> Result<Vec<PathBuf>> {
    reachable(id)?;
    let mut builder = ApiBuilder::from_cache(cache).with_progress(false);
    if let Ok(endpoint) = std::env::var("HF_ENDPOINT") {
        builder = builder.with_endpoint(endpoint);
    }
    let api = builder.build().map_err(|e| network(id, &e.to_string()).caused_by(e))?;
    let mut paths = Vec::new();
    for file in files {
        let meter = Meter::default();
        let (repo, name, told) = (api.model(id.to_owned()), (*file).to_owned(), meter.clone());
        // A thread of its own: the download itself can neither be stopped nor told to give up.
        let thread = std::thread::spawn(move || repo.download_with_progress(&name, told));
        let mut progress: Option<Progress> = None;
        let (mut seen, mut moved) = (0, Instant::now());
        while !thread.is_finished() {
            check_cancelled("the download")?;
            std::thread::sleep(Duration::from_millis(50));
            let (size, done) = (meter.0.0.load(Ordering::Relaxed), meter.0.1.load(Ordering::Relaxed));
            if done > seen {
                let line = progress.get_or_insert_with(|| Progress::new(format!("{file}, bytes"), size));
                line.advance(done - seen);
                (seen, moved) = (done, Instant::now());
            }
            if moved.elapsed() > STALL {
                return Err(network(
                    id,
                    &format!("{file} stood still for {} s at {done} of {size} bytes", STALL.as_secs()),
                ));
            }
        }
        match thread.join() {
            Ok(Ok(path)) => paths.push(path),
            Ok(Err(e)) => return Err(network(id, &format!("{file}: {e}")).caused_by(e)),
            Err(_) => return Err(network(id, &format!("{file}: the download broke off"))),
        }
    }
    Ok(paths)
}

/// A quick look whether the hub answers at all: hf-hub itself waits for as long as the system does.
fn reachable(id: &str) -> Result<()> {
    let endpoint = std::env::var("HF_ENDPOINT").unwrap_or_else(|_| "https://huggingface.co".to_owned());
    let config = ureq::Agent::config_builder().timeout_connect(Some(CONNECT)).timeout_global(Some(2 * CONNECT));
    let agent: ureq::Agent = config.http_status_as_error(false).build().into();
    match agent.head(format!("{endpoint}/{id}/resolve/main/config.json")).call() {
        Ok(answer) if answer.status().as_u16() == 404 => {
            Err(network(id, "there is no model of that id with a config.json"))
        }
        Ok(_) => Ok(()),
        Err(e) => Err(network(id, &format!("{endpoint} does not answer ({e})")).caused_by(e)),
    }
}
