//! What a saved file was made of, and whether that is still the same.

use clap::Args;
use neurocell::provenance::Provenance;
use neurocell::{Error, Result};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Wish {
    /// A figure (.png, .svg, .pdf), an image (.nii, .nii.gz), a table, saved activations, a series on disk (.voxels), or a result of a store
    pub file: PathBuf,
    /// Say whether the files and the code that went in are still the same
    #[arg(long)]
    pub check: bool,
    /// A folder in which the files are looked for first: that of the dataset, or of the files
    #[arg(long, value_name = "FOLDER", requires = "check")]
    pub root: Option<PathBuf>,
    /// Print the provenance as JSON
    #[arg(long, conflicts_with = "check")]
    pub json: bool,
}

/// The text to print, and whether all that was asked for is well.
pub fn perform(wish: &Wish) -> Result<(String, bool)> {
    let made = Provenance::read(&wish.file)?;
    if wish.json {
        return Ok((made.json(), true));
    }
    if !wish.check {
        return Ok((made.to_string(), true));
    }
    if let Some(root) = wish.root.as_ref().filter(|root| !root.is_dir()) {
        let problem = format!("there is no folder {}", root.display());
        return Err(Error::value(problem, "give the dataset's folder, or that in which the notebook ran"));
    }
    let check = made.check(&places(wish.root.as_deref(), &wish.file))?;
    Ok((check.to_string(), check.all_same()))
}

/// The folder that was given, the one in which the program runs, and those above the file.
fn places(root: Option<&Path>, file: &Path) -> Vec<PathBuf> {
    let here = std::env::current_dir().ok();
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let above = file.ancestors().skip(1).filter(|folder| folder.components().count() > 1).map(Path::to_owned);
    let mut all: Vec<PathBuf> = Vec::new();
    for place in root.map(Path::to_owned).into_iter().chain(here).chain(above) {
        if !all.contains(&place) {
            all.push(place);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use neurocell::prelude::{BrainMap, Mask, Networks};

    fn wish(file: &Path, check: bool, root: Option<&Path>) -> Wish {
        Wish { file: file.to_owned(), check, root: root.map(Path::to_owned), json: false }
    }

    #[test]
    fn files_are_looked_for_where_it_was_said_then_here_then_above_the_file() {
        let found = places(Some(Path::new("/data/study")), Path::new("/work/figures/a.png"));
        assert_eq!(found[0], Path::new("/data/study"));
        assert_eq!(found[found.len() - 2..], [PathBuf::from("/work/figures"), PathBuf::from("/work")]);
    }

    #[test]
    fn a_figure_says_what_it_was_made_of_and_whether_that_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (image, copy) = (folder.path().join("input.nii"), folder.path().join("out/map.nii.gz"));
        std::fs::create_dir(folder.path().join("out")).unwrap();
        Networks::yeo7().unwrap().map("Visual").unwrap().write(&image).unwrap();
        BrainMap::read(&image).unwrap().write(&copy).unwrap();
        let (text, well) = perform(&wish(&copy, false, None)).unwrap();
        assert!(well && text.contains("image: input.nii") && text.contains("yeo-7"), "{text}");
        let (text, well) = perform(&wish(&copy, true, None)).unwrap();
        assert!(well && text.contains("same       input.nii"), "{text}");
        Mask::mni4mm().unwrap().write(&image).unwrap();
        let (text, well) = perform(&wish(&copy, true, Some(folder.path()))).unwrap();
        assert!(!well && text.contains("CHANGED    input.nii"), "{text}");
        std::fs::remove_file(&image).unwrap();
        let (text, well) = perform(&wish(&copy, true, None)).unwrap();
        assert!(!well && text.contains("NOT FOUND  input.nii") && text.contains("--root"), "{text}");
        assert!(perform(&wish(&copy, true, Some(&image))).unwrap_err().problem().contains("there is no folder"));
    }

    #[test]
    fn what_carries_no_provenance_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let problem = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let error = perform(&wish(&path, false, None)).unwrap_err();
            assert!(error.problem().contains(name) && !error.advice().is_empty(), "{error}");
            error.problem().to_owned()
        };
        assert!(problem("empty.png", b"").contains("empty"));
        assert!(problem("half.png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0").contains("breaks off"));
        let whole = b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xae\x42\x60\x82";
        assert!(problem("other.png", whole).contains("no provenance"));
        assert!(problem("scores.csv", b"a,b\n1,2\n").contains("no scores.csv.provenance.json beside it"));
        assert!(problem("other.svg", b"<svg></svg>").contains("no provenance"));
        assert!(problem("other.json", b"{\"a\": 1}").contains("no provenance of neurocell's"));
        assert!(problem("half.json", b"{\"a\": 1").contains("not all of it"));
        let map = folder.path().join("map.nii.gz");
        Networks::yeo7().unwrap().map("Visual").unwrap().write(&map).unwrap();
        let bytes = std::fs::read(&map).unwrap();
        assert!(problem("half.nii.gz", &bytes[..200]).contains("breaks off"));
        let absent = perform(&wish(&folder.path().join("absent.png"), false, None)).unwrap_err();
        assert!(absent.problem().contains("absent.png") && absent.advice().contains("path"), "{absent}");
    }
}
