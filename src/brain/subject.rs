//! One person's data, where BIDS and fMRIPrep have put them.

use super::bids::{self, BidsFile, listed};
use super::bold::{Bold, Run};
use super::nifti::{Header, Source};
use super::{Mask, Masker, json};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The space that fMRIPrep resamples to unless told otherwise.
const SPACE: &str = "MNI152NLin2009cAsym";

/// One subject of a dataset in the BIDS layout that was preprocessed by fMRIPrep; clones are cheap.
///
/// ```text
/// DATASET/dataset_description.json
/// DATASET/sub-ID/func/sub-ID_task-TASK[_run-N]_events.tsv, …_bold.json
/// DATASET/derivatives/fmriprep/sub-ID/func/
///     sub-ID_task-TASK[_run-N]_space-MNI152NLin2009cAsym[_res-R]_desc-preproc_bold.nii.gz
///     sub-ID_task-TASK[_run-N]_space-MNI152NLin2009cAsym[_res-R]_desc-brain_mask.nii.gz
///     sub-ID_task-TASK[_run-N]_desc-confounds_timeseries.tsv
/// DATASET/stimuli/gentle/STORY/align.csv
/// ```
///
/// Sessions (`sub-ID/ses-S/func`) are looked into too, and runs of all sessions are taken in order.
#[derive(Clone, Debug)]
pub struct Subject {
    pub(super) dataset: PathBuf,
    id: String,
    simulated: bool,
    space: String,
    resolution: Option<String>,
    /// Which of fMRIPrep's images: the entity desc.
    desc: String,
    tr: Option<f64>,
    /// fMRIPrep's files of this subject.
    pub(super) derived: Arc<[BidsFile]>,
    /// The raw dataset's files that speak about this subject's scans.
    pub(super) raw: Arc<[BidsFile]>,
}

impl Subject {
    /// Opens the subject `id` ("018" or "sub-018") of the dataset in the folder `dataset`.
    ///
    /// # Errors
    /// If the folder or its `derivatives/fmriprep` is not there, or has no such subject (those that are there are listed).
    pub fn open(dataset: impl AsRef<Path>, id: &str) -> Result<Subject> {
        let dataset = dataset.as_ref();
        let id = id.strip_prefix("sub-").unwrap_or(id);
        check_dataset(dataset)?;
        let prepared = prepared(dataset);
        if !prepared.is_dir() {
            let derivatives = bids::folders(&dataset.join("derivatives"), "")?;
            return Err(Error::new(
                ErrorKind::File,
                format!("{} has no derivatives/fmriprep; in derivatives: {}", dataset.display(), listed(&derivatives)),
                "give the dataset's top folder, and put fMRIPrep's output into derivatives/fmriprep",
            ));
        }
        let subjects = bids::folders(&prepared, "sub-")?;
        if !subjects.iter().any(|known| known == id) {
            let number = |id: &str| id.trim_start_matches('0').to_owned();
            let what = format!("subject of {}", prepared.display());
            return Err(match subjects.iter().find(|known| number(known) == number(id)) {
                None => Error::unknown(&what, id, &subjects),
                Some(near) => Error::new(
                    ErrorKind::Unknown,
                    format!("unknown {what} `{id}`"),
                    format!("did you mean `{near}`? an id is written with all its zeros"),
                ),
            });
        }
        Subject::at(dataset, id)
    }

    /// The subject as it is, be there fMRIPrep's output or not.
    pub(super) fn at(dataset: &Path, id: &str) -> Result<Subject> {
        let own = format!("sub-{id}");
        let prepared = prepared(dataset);
        let derived = bids::files(&bids::func_folders(&prepared.join(&own))?)?;
        let raw = bids::files(&bids::raw_folders(dataset, &own)?)?;
        let simulated = is_simulated(dataset)? || is_simulated(&prepared)?;
        Ok(Subject {
            dataset: dataset.to_owned(),
            id: id.to_owned(),
            simulated,
            space: SPACE.to_owned(),
            resolution: None,
            desc: "preproc".to_owned(),
            tr: None,
            derived: derived.into(),
            raw: raw.into(),
        })
    }

    /// The same subject with images of another space than MNI152NLin2009cAsym.
    pub fn in_space(mut self, space: &str) -> Subject {
        self.space = space.strip_prefix("space-").unwrap_or(space).to_owned();
        self
    }

    /// The same subject with images of one resolution (`res-…`), where there are several.
    pub fn at_resolution(mut self, resolution: &str) -> Subject {
        self.resolution = Some(resolution.strip_prefix("res-").unwrap_or(resolution).to_owned());
        self
    }

    /// The same subject with other images than `desc-preproc`, for example those that ICA-AROMA has denoised, `desc-smoothAROMAnonaggr` (their space is
    /// MNI152NLin6Asym).
    pub fn described(mut self, desc: &str) -> Subject {
        self.desc = desc.strip_prefix("desc-").unwrap_or(desc).to_owned();
        self
    }

    /// The same subject with this TR in seconds, whatever headers and sidecars say.
    pub fn with_tr(mut self, seconds: f64) -> Subject {
        self.tr = Some(seconds);
        self
    }

    /// The subject's id, without "sub-".
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the dataset says that it is simulated (its `dataset_description.json`).
    pub fn simulated(&self) -> bool {
        self.simulated
    }

    /// The dataset's folder.
    pub fn dataset(&self) -> &Path {
        &self.dataset
    }

    /// The tasks of which there is preprocessed BOLD, by name.
    pub fn tasks(&self) -> Vec<String> {
        let mut tasks: Vec<String> = self.images().filter_map(|image| image.get("task")).map(str::to_owned).collect();
        tasks.sort();
        tasks.dedup();
        tasks
    }

    /// "simulated sub-01": how this subject is called in names and titles.
    pub(super) fn name(&self) -> String {
        let mark = if self.simulated { "simulated " } else { "" };
        format!("{mark}sub-{}", self.id)
    }

    /// Preprocessed BOLD images of all tasks and spaces.
    fn images(&self) -> impl Iterator<Item = &BidsFile> {
        let wanted = move |image: &&BidsFile| {
            image.suffix == "bold" && image.get("desc") == Some(&self.desc) && image.is_image()
        };
        self.derived.iter().filter(wanted)
    }

    /// The images of a task in the space and at the resolution that are wanted, in the order of the runs.
    pub(super) fn scans(&self, task: &str) -> Result<Vec<BidsFile>> {
        let all: Vec<&BidsFile> = self.images().filter(|image| image.get("task") == Some(task)).collect();
        if all.is_empty() {
            let of_task = |file: &&BidsFile| file.suffix == "bold" && file.is_image() && file.get("task") == Some(task);
            let mut others: Vec<String> =
                self.derived.iter().filter(of_task).filter_map(|file| file.get("desc")).map(str::to_owned).collect();
            others.sort();
            others.dedup();
            return Err(match others.is_empty() {
                true => Error::unknown(&format!("task of {}", self.name()), task, &self.tasks()),
                false => Error::new(
                    ErrorKind::Unknown,
                    format!("{} has task {task} as desc-{}, not as {}", self.name(), listed(&others), self.desc),
                    "choose one of them with `described(\"…\")`",
                ),
            });
        }
        let values = |key: &str, images: &[&BidsFile]| {
            let mut found: Vec<String> = images.iter().map(|i| i.get(key).unwrap_or("none said").to_owned()).collect();
            found.sort();
            found.dedup();
            found
        };
        let here: Vec<&BidsFile> = all.iter().copied().filter(|i| i.get("space") == Some(&self.space)).collect();
        if here.is_empty() {
            return Err(Error::new(
                ErrorKind::Unknown,
                format!(
                    "{} has task {task} in the spaces {}, not in {}",
                    self.name(),
                    listed(&values("space", &all)),
                    self.space
                ),
                "choose one of them with `in_space(\"…\")`; networks need one of MNI's",
            ));
        }
        let resolutions = values("res", &here);
        let mut scans: Vec<BidsFile> = match &self.resolution {
            None if resolutions.len() > 1 => {
                return Err(Error::value(
                    format!("{} has task {task} at the resolutions {}", self.name(), resolutions.join(", ")),
                    format!("choose one: `at_resolution(\"{}\")`", resolutions[0]),
                ));
            }
            None => here.into_iter().cloned().collect(),
            Some(wanted) => here.into_iter().filter(|i| i.get("res") == Some(wanted)).cloned().collect(),
        };
        if scans.is_empty() {
            let wanted = self.resolution.as_deref().unwrap_or_default();
            return Err(Error::unknown(&format!("resolution of task {task}"), wanted, &resolutions));
        }
        scans.sort_by_key(BidsFile::order);
        if let Some(pair) = scans.windows(2).find(|pair| pair[0].run_label() == pair[1].run_label()) {
            return Err(Error::value(
                format!("{} and {} are the same run", pair[0].name(), pair[1].name()),
                "leave one of them in the folder: they differ in something other than session and run",
            ));
        }
        Ok(scans)
    }

    /// All runs of a task: headers are read and checked, voxels not yet.
    ///
    /// TR comes from the sidecar (`RepetitionTime` in `…_bold.json`, the nearest that speaks about the run), else from
    /// the image; [`Subject::with_tr`] overrides both. The mask is what the runs' brain masks have in common.
    ///
    /// # Errors
    /// If there is no such task (near names are proposed), space or resolution; a run has no brain mask; sidecar and
    /// image, or two runs, disagree about TR; or runs are on different grids (both are shown).
    pub fn bold(&self, task: &str) -> Result<Bold> {
        let scans = self.scans(task)?;
        let mut runs = Vec::new();
        let mut volumes = Vec::new();
        let mut tr: Option<(f64, String)> = None;
        let mut common: Option<(Mask, String)> = None;
        for scan in &scans {
            let header = Source::open(&scan.path)?.header().clone();
            volumes.push(header.series_length()?);
            let this = self.tr(scan, &header)?;
            match &tr {
                Some((other, name)) if (other - this).abs() > 1e-6 => {
                    return Err(Error::shape(
                        format!("runs have different TRs: {name} {other} s, {} {this} s", scan.name()),
                        "analyse them apart, or say the TR with `with_tr`",
                    ));
                }
                Some(_) => {}
                None => tr = Some((this, scan.name())),
            }
            let mask = self.mask(scan)?;
            mask.check_grid("the brain mask", header.shape, &header.affine, &scan.name())?;
            common = Some(match common {
                None => (mask, scan.name()),
                Some((before, name)) => {
                    before.check_grid(&name, mask.shape(), mask.affine(), &scan.name())?;
                    (before.and(&mask)?, name)
                }
            });
            runs.push(self.files_of(scan));
        }
        // scans() gives at least one run.
        let (Some((tr, _)), Some((mask, _))) = (tr, common) else {
            return Err(Error::unknown("task", task, &self.tasks()));
        };
        let count = if runs.len() == 1 { "1 run".to_owned() } else { format!("{} runs", runs.len()) };
        Ok(Bold {
            name: format!("{}, task {task}, {count}", self.name()),
            runs: runs.into(),
            clock: Clock::new(tr, &volumes)?,
            masker: Masker::new(&mask),
        })
    }

    pub(super) fn files_of(&self, scan: &BidsFile) -> Run {
        let table = |file: &&BidsFile| file.extension == "tsv" && file.path.parent() == scan.path.parent();
        // fMRIPrep before version 20.2 said "regressors".
        let confounds = self.derived.iter().filter(table).find(|file| {
            file.get("desc") == Some("confounds")
                && ["timeseries", "regressors"].contains(&file.suffix.as_str())
                && file.same_scan(scan)
        });
        Run {
            image: scan.clone(),
            confounds: confounds.map(|file| file.path.clone()),
            tables: self.derived.iter().filter(table).map(BidsFile::name).collect(),
        }
    }

    fn mask(&self, scan: &BidsFile) -> Result<Mask> {
        let masks: Vec<&BidsFile> = self.derived.iter().filter(|f| f.suffix == "mask" && f.is_image()).collect();
        match masks.iter().find(|file| file.get("desc") == Some("brain") && file.same_image(scan)) {
            Some(file) => Mask::read(&file.path),
            None => {
                let names: Vec<String> = masks.iter().map(|file| file.name()).collect();
                Err(Error::new(
                    ErrorKind::File,
                    format!("{} has no desc-brain_mask; masks there: {}", scan.name(), listed(&names)),
                    "fetch the mask from fMRIPrep's output: it has the image's name with desc-brain_mask at its end",
                ))
            }
        }
    }

    /// The JSON files that speak about a scan: fMRIPrep's, then the raw one.
    fn sidecars(&self, scan: &BidsFile) -> impl Iterator<Item = &BidsFile> {
        [&self.derived, &self.raw].into_iter().filter_map(|files| bids::about(scan, files, "bold", "json"))
    }

    /// Whether one of them says the TR.
    pub(super) fn has_sidecar(&self, scan: &BidsFile) -> bool {
        self.sidecars(scan).any(|file| json::read(&file.path).is_ok_and(|about| about.get("RepetitionTime").is_some()))
    }

    /// TR in seconds of one run.
    pub(super) fn tr(&self, scan: &BidsFile, header: &Header) -> Result<f64> {
        if let Some(tr) = self.tr {
            return Ok(tr);
        }
        for file in self.sidecars(scan) {
            let about = json::read(&file.path)?;
            let Some(value) = about.get("RepetitionTime") else { continue };
            let Some(said) = value.as_f64().filter(|tr| (0.01..=30.0).contains(tr)) else {
                return Err(Error::format(
                    &file.path,
                    format!("RepetitionTime is {value}; in seconds it is a number between 0.01 and 30"),
                    "BIDS wants seconds: write 1.5, not 1500 or \"1.5\"; or say it yourself: `with_tr(1.5)`",
                ));
            };
            // A header without time unit often holds a 1 that nobody has set.
            if header.time_unit_is_known()
                && let Ok(stored) = header.tr()
                && (stored - said).abs() > 1e-3 * said.abs()
            {
                return Err(Error::shape(
                    format!("TR of {} is {stored} s in its header, {said} s in {}", scan.name(), file.name()),
                    "find out which is right and say it: `with_tr(1.5)`",
                ));
            }
            return Ok(said);
        }
        header.tr()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = self.tasks();
        let tasks =
            if tasks.is_empty() { "no preprocessed BOLD".to_owned() } else { format!("tasks {}", tasks.join(", ")) };
        write!(f, "{} of {}: {tasks}", self.name(), self.dataset.display())
    }
}

/// An error if a dataset's folder is not there.
pub(super) fn check_dataset(dataset: &Path) -> Result<()> {
    match dataset.is_dir() {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::File,
            format!("there is no dataset folder {}", dataset.display()),
            "check the path; relative paths begin where the notebook runs",
        )),
    }
}

/// Where fMRIPrep's output lies.
pub(super) fn prepared(dataset: &Path) -> PathBuf {
    dataset.join("derivatives").join("fmriprep")
}

/// Whether the dataset's description says in its name that it is simulated.
fn is_simulated(folder: &Path) -> Result<bool> {
    let path = folder.join("dataset_description.json");
    if !path.is_file() {
        return Ok(false);
    }
    let name = json::read(&path)?.get("Name").and_then(|name| name.as_str().map(str::to_lowercase));
    Ok(name.is_some_and(|name| name.contains("simulated")))
}
