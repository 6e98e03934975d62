//! Models from the Hugging Face hub, kept in the hub's own cache on this machine, which Python's tools share.
//!
//! The cache is laid out as `models--OWNER--NAME/`: `blobs/` has the files under their digests, `snapshots/COMMIT/` links to them by
//! name, and `refs/REVISION` says which commit a revision is.

mod settings;

use super::checkpoint::{BESIDE, NO_TOKENIZER, Weights, shards, weights_among, whole_in};
use super::digest::sha256;
use super::http::{Http, Trouble, disk};
use super::lock::Lock;
use crate::error::{Error, ErrorKind, Result};
use crate::replace::replace;
use serde::Deserialize;
use settings::Settings;
use std::fmt;
use std::path::{Path, PathBuf};

pub(crate) use settings::{hub_cache, offline};

/// A model's place on the hub: `owner/name`, `owner/name@revision`, `owner/name/file.gguf`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HubId {
    /// `owner/name`.
    pub(super) repository: String,
    /// A branch, a tag or a commit.
    revision: String,
    /// One of several GGUF files.
    file: Option<String>,
}

impl HubId {
    /// `None` for what does not look like one.
    pub(super) fn parse(text: &str) -> Option<HubId> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let plain = |part: &str| part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(allowed);
        let (whole, file) = match text.rsplit_once('/') {
            Some((whole, file)) if file.ends_with(".gguf") && whole.contains('/') => (whole, Some(file)),
            _ => (text, None),
        };
        let (repository, revision) = whole.split_once('@').unwrap_or((whole, "main"));
        let parts: Vec<&str> = repository.split('/').collect();
        let good = parts.len() == 2
            && parts.into_iter().all(plain)
            && revision.split('/').all(plain)
            && !revision.contains("..")
            && file.is_none_or(plain);
        good.then(|| HubId {
            repository: repository.to_owned(),
            revision: revision.to_owned(),
            file: file.map(str::to_owned),
        })
    }
}

impl fmt::Display for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if self.revision != "main" {
            write!(f, "@{}", self.revision)?;
        }
        self.file.as_ref().map_or(Ok(()), |file| write!(f, "/{file}"))
    }
}

/// A model's files in the cache.
#[derive(Debug)]
pub(super) struct Cached {
    /// The folder of the files, or the GGUF file.
    pub(super) path: PathBuf,
    pub(super) commit: String,
    pub(super) already_there: bool,
}

/// What the hub says of a repository.
#[derive(Deserialize)]
struct Listing {
    sha: String,
    siblings: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Large>,
}

/// What is kept of a large file besides its content.
#[derive(Deserialize)]
struct Large {
    sha256: String,
}

/// The hub as this machine reaches it.
pub(super) struct Hub {
    settings: Settings,
    http: Http,
}

impl Hub {
    pub(super) fn from_environment() -> Hub {
        let settings = Settings::from_environment();
        let http = Http::new(settings.token.as_ref().map(|(token, _)| token.clone()));
        Hub { settings, http }
    }

    #[cfg(test)]
    pub(super) fn at(endpoint: &str, cache: &Path, token: Option<&str>) -> Hub {
        let settings = Settings {
            endpoint: endpoint.to_owned(),
            token: token.map(|token| (token.to_owned(), "HF_TOKEN".to_owned())),
            cache: Some(cache.to_owned()),
            offline: false,
        };
        Hub { settings, http: Http::without_pauses(token.map(str::to_owned)) }
    }

    #[cfg(test)]
    pub(super) fn offline(mut self) -> Hub {
        self.settings.offline = true;
        self
    }

    /// Where a model lies in the cache, all of it; `None` if it does not.
    pub(super) fn cached(&self, id: &HubId) -> Option<Cached> {
        let folder = self.folder(id).ok()?;
        let commit = match is_commit(&id.revision) {
            true => id.revision.clone(),
            false => std::fs::read_to_string(folder.join("refs").join(&id.revision)).ok()?.trim().to_owned(),
        };
        if !is_commit(&commit) {
            return None;
        }
        let snapshot = folder.join("snapshots").join(&commit);
        let path = match &id.file {
            Some(file) => Some(snapshot.join(file)).filter(|path| path.is_file()),
            None => whole_in(&snapshot).ok(),
        };
        Some(Cached { path: path?, commit, already_there: true })
    }

    /// A model's files, from the cache or, where they are not there, from the hub into the cache.
    ///
    /// # Errors
    /// If it is not in the cache and cannot be downloaded, or has no files that make a checkpoint.
    pub(super) fn get(&self, id: &HubId) -> Result<Cached> {
        if let Some(cached) = self.cached(id) {
            return Ok(cached);
        }
        if self.settings.offline {
            let why = "it is not in the local cache, and NEUROCELL_OFFLINE or HF_HUB_OFFLINE is set";
            return Err(unreachable(id, why, "unset it, or give a folder that holds the model"));
        }
        let folder = self.folder(id)?;
        let listing = self.listing(id)?;
        let names: Vec<&str> = listing.siblings.iter().map(|file| file.rfilename.as_str()).collect();
        let place = id.to_string();
        let weights = match &id.file {
            Some(file) if names.contains(&file.as_str()) => Weights::Gguf(file.clone()),
            Some(file) => {
                let there: Vec<&str> = names.iter().filter(|name| name.ends_with(".gguf")).copied().collect();
                let advice = format!("its GGUF files are: {}", there.join(", "));
                return Err(unreachable(id, &format!("it has no file {file}"), advice));
            }
            None => weights_among(&names, &place)?,
        };
        let mut wanted = BESIDE.map(str::to_owned).to_vec();
        match &weights {
            Weights::Gguf(name) => wanted = vec![name.clone()],
            Weights::One(name) | Weights::Index(name) => wanted.push(name.clone()),
        }
        let missing = |name: &String| !names.contains(&name.as_str());
        if let Some(name) = wanted.iter().find(|name| missing(name)) {
            return Err(unreachable(id, &format!("it has no {name}"), NO_TOKENIZER));
        }
        let snapshot = folder.join("snapshots").join(&listing.sha);
        for name in &wanted {
            self.file(id, &listing, name, &folder)?;
        }
        if let Weights::Index(index) = &weights {
            for name in shards(&snapshot.join(index))? {
                self.file(id, &listing, &name, &folder)?;
            }
        }
        // Last, so that a revision stands for a commit of which everything is here.
        let named = folder.join("refs").join(&id.revision);
        if !is_commit(&id.revision) {
            write_whole(&named, listing.sha.as_bytes())?;
        }
        let path = match weights {
            Weights::Gguf(name) => snapshot.join(name),
            _ => snapshot,
        };
        Ok(Cached { path, commit: listing.sha, already_there: false })
    }

    /// Downloads files of a model to a folder outside the cache.
    pub(super) fn download(&self, id: &HubId, names: &[&str], folder: &Path) -> Result<()> {
        let listing = self.listing(id)?;
        for name in names {
            let listed = listing.file(id, name)?;
            let part = folder.join(format!("{name}.part"));
            self.download_checked(id, &listing, listed, &part)?;
            std::fs::rename(&part, folder.join(name)).map_err(|e| disk(folder, e))?;
        }
        Ok(())
    }

    fn folder(&self, id: &HubId) -> Result<PathBuf> {
        let cache = self.settings.cache.as_ref().ok_or_else(|| {
            unreachable(id, "there is no home directory for the hub's cache", "set HF_HOME to a folder")
        })?;
        Ok(cache.join(format!("models--{}", id.repository.replace('/', "--"))))
    }

    fn listing(&self, id: &HubId) -> Result<Listing> {
        let revision = id.revision.replace('/', "%2F");
        let url = format!("{}/api/models/{}/revision/{revision}?blobs=true", self.settings.endpoint, id.repository);
        let text = self.http.text(&url).map_err(|trouble| self.explain(id, trouble))?;
        let listing: Listing = serde_json::from_str(&text).map_err(|e| {
            unreachable(id, &format!("{url} says something else than a list of files ({e})"), "see HF_ENDPOINT")
                .caused_by(e)
        })?;
        let plain = |oid: &str| oid.bytes().all(|byte| byte.is_ascii_hexdigit());
        let blobs = listing.siblings.iter().filter_map(Listed::blob);
        match is_commit(&listing.sha) && blobs.into_iter().all(plain) {
            true => Ok(listing),
            false => Err(unreachable(id, &format!("{url} lists files without proper digests"), "see HF_ENDPOINT")),
        }
    }

    /// Sees to it that a file of the snapshot is in the cache.
    fn file(&self, id: &HubId, listing: &Listing, name: &str, folder: &Path) -> Result<()> {
        let link = folder.join("snapshots").join(&listing.sha).join(name);
        if link.is_file() {
            return Ok(());
        }
        let listed = listing.file(id, name)?;
        // A server that tells no digests: the commit and the name stand for the content.
        let blob = listed.blob().map_or_else(|| format!("{}-{name}", listing.sha), str::to_owned);
        let blobs = folder.join("blobs");
        for needed in [&blobs, &folder.join("snapshots").join(&listing.sha)] {
            std::fs::create_dir_all(needed).map_err(|e| disk(needed, e))?;
        }
        let whole = blobs.join(&blob);
        let _held = Lock::of(&blobs.join(format!("{blob}.lock")), &format!("{name} of {id}"))?;
        if !whole.is_file() {
            let part = blobs.join(format!("{blob}.part"));
            self.download_checked(id, listing, listed, &part)?;
            std::fs::rename(&part, &whole).map_err(|e| disk(&whole, e))?;
        }
        link_to(&Path::new("../../blobs").join(&blob), &link)
    }

    fn download_checked(&self, id: &HubId, listing: &Listing, file: &Listed, part: &Path) -> Result<()> {
        let (endpoint, name) = (&self.settings.endpoint, &file.rfilename);
        let url = format!("{endpoint}/{}/resolve/{}/{name}", id.repository, listing.sha);
        for again in [true, false] {
            let went_on = part.metadata().is_ok_and(|m| m.len() > 0);
            let got = self.http.download(&url, name, part, file.size);
            got.map_err(|trouble| self.explain(id, trouble))?;
            let Some(large) = &file.lfs else { return Ok(()) };
            let found = sha256(part)?;
            if found == large.sha256 {
                return Ok(());
            }
            std::fs::remove_file(part).map_err(|e| disk(part, e))?;
            if !(again && went_on) {
                let problem = format!("{name}: its SHA-256 is {found}, the hub says {}", large.sha256);
                return Err(unreachable(id, &problem, "fetch it again; if that does not help, report it to its owner"));
            }
            println!("{name}: what was here from before did not fit; fetching all of it");
        }
        Ok(())
    }

    /// The hub's refusals in words that help.
    fn explain(&self, id: &HubId, trouble: Trouble) -> Error {
        let page = format!("https://huggingface.co/{}", id.repository);
        let token = &self.settings.token;
        let how =
            "make a token at https://huggingface.co/settings/tokens and set HF_TOKEN to it, or run `hf auth login`";
        match trouble {
            Trouble::Here(error) => error,
            Trouble::Network(why) => unreachable(
                id,
                &format!("{} does not answer as it should ({why})", self.settings.endpoint),
                "see the network and try again (what came is kept), or give a folder that holds the model",
            ),
            Trouble::Refused { code, .. } if code == "GatedRepo" => match token {
                Some((_, from)) => unreachable(
                    id,
                    &format!(
                        "its owner gives it only to those who agreed to its terms, and the token of {from} is not one of theirs"
                    ),
                    format!(
                        "visit {page}, agree to the terms with the token's account, wait for access, and try again"
                    ),
                ),
                None => unreachable(
                    id,
                    "its owner gives it only to those who agreed to its terms, and no token is set",
                    format!("visit {page} and agree to the terms; then {how}"),
                ),
            },
            Trouble::Refused { code, message, .. } if code == "RevisionNotFound" || code == "EntryNotFound" => {
                unreachable(id, &message, format!("see {page}/tree/main for its revisions and files"))
            }
            Trouble::Refused { status: 401 | 403 | 404, message, .. } => match token {
                Some((_, from)) => unreachable(
                    id,
                    &format!("there is no such model, or the token of {from} may not see it ({message})"),
                    format!("see {page} for the id, and the token in {from}"),
                ),
                None => unreachable(
                    id,
                    &format!("there is no such model, or it is not for everyone ({message})"),
                    format!("see {page} for the id; if it is private or gated, {how}"),
                ),
            },
            Trouble::Refused { message, .. } => unreachable(id, &message, "try again later"),
        }
    }
}

impl Listing {
    fn file(&self, id: &HubId, name: &str) -> Result<&Listed> {
        let found = self.siblings.iter().find(|file| file.rfilename == name);
        found.ok_or_else(|| unreachable(id, &format!("it has no file {name}"), "report it to its owner"))
    }
}

impl Listed {
    /// The name under which the cache keeps the content.
    fn blob(&self) -> Option<&str> {
        self.lfs.as_ref().map(|large| large.sha256.as_str()).or(self.blob_id.as_deref())
    }
}

fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn unreachable(id: &HubId, problem: &str, advice: impl Into<String>) -> Error {
    Error::new(ErrorKind::Network, format!("{id} cannot be had from the hub: {problem}"), advice)
}

/// Writes a small file in a folder that is made where it is not there.
fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).and_then(|()| replace(path, content)).map_err(|e| disk(path, e))
}

fn link_to(blob: &Path, link: &Path) -> Result<()> {
    match std::os::unix::fs::symlink(blob, link) {
        // Another tool of the hub's was faster.
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && link.is_file() => Ok(()),
        made => made.map_err(|e| disk(link, e)),
    }
}

#[cfg(test)]
mod tests;
