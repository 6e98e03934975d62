//! What is there of each scan of a dataset, and what is missing.

use super::Dataset;
use crate::brain::bids::{self, BidsFile, listed};
use crate::brain::nifti::{Header, Source};
use crate::brain::{Mask, Subject, subject};
use crate::error::{Error, Result};
use crate::notebook::{Progress, check_cancelled};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a dataset holds: [`Dataset::summary`]. Prints as tables: one line per task and space, then one per scan (of a large dataset only those that are not
/// complete), then what is odd. Clones are cheap.
#[derive(Clone, Debug)]
pub struct DatasetSummary {
    pub(super) root: PathBuf,
    pub(super) subjects: usize,
    pub(super) scans: Arc<[ScanEntry]>,
    pub(super) notes: Arc<[String]>,
}

/// One scan in one form: a subject's run of a task in one space, or a raw scan that fMRIPrep's output lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanEntry {
    /// The subject's id, without "sub-".
    pub subject: String,
    /// The session, if the dataset has sessions.
    pub session: Option<String>,
    /// The task, "–" if the name says none.
    pub task: String,
    /// The run's number, if the name says one.
    pub run: Option<String>,
    /// Space, resolution and kind of image: "MNI152NLin2009cAsym res-2"; `None` for a raw scan.
    pub space: Option<String>,
    /// The image.
    pub image: PathBuf,
    /// Volumes that its header promises.
    pub volumes: Option<usize>,
    /// Repetition time in seconds, from the sidecar or the header.
    pub tr: Option<f64>,
    /// What an analysis will miss: "brain mask", "confounds", "confounds JSON", "events", "sidecar with RepetitionTime", "words".
    pub missing: Vec<&'static str>,
    /// What is wrong with files that are there.
    pub problems: Vec<String>,
}

impl ScanEntry {
    /// Whether all is there and nothing wrong with it.
    pub fn complete(&self) -> bool {
        self.missing.is_empty() && self.problems.is_empty() && self.space.is_some()
    }
}

impl DatasetSummary {
    /// All scans: by subject, session, task, run, space.
    pub fn scans(&self) -> &[ScanEntry] {
        &self.scans
    }

    /// What is odd about the dataset as a whole: missing derivatives, names that nearly agree, files that are not named by BIDS.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl Dataset {
    /// Looks through the dataset: names are parsed by BIDS' rules, headers of images are read, voxels are not.
    ///
    /// A damaged file is listed with what is wrong, and is no error.
    ///
    /// # Errors
    /// If a folder cannot be listed, or the user stopped the step.
    pub fn summary(&self) -> Result<DatasetSummary> {
        let mut scans = Vec::new();
        let mut odd = Vec::new();
        let mut progress = Progress::new("subjects", self.subjects.len() as u64);
        for id in &self.subjects {
            check_cancelled("looking through the dataset")?;
            let first = scans.len();
            let subject = Subject::at(&self.root, id)?;
            for image in subject.derived.iter().filter(|file| file.suffix == "bold" && file.is_image()) {
                let entry = subject.entry(image, &scans[first..]);
                scans.push(entry);
            }
            for raw in subject.raw.iter().filter(|file| file.suffix == "bold" && file.is_image()) {
                let known = |image: &BidsFile| image.suffix == "bold" && image.is_image() && image.made_from(raw);
                if !subject.derived.iter().any(known) {
                    scans.push(raw_entry(id, raw));
                }
            }
            odd.extend(unparsed(&subject::prepared(&self.root).join(format!("sub-{id}")))?);
            progress.advance(1);
        }
        scans.sort_by_key(|scan: &ScanEntry| {
            let run = scan.run.as_deref().and_then(|run| run.parse::<u64>().ok());
            (scan.subject.clone(), scan.session.clone(), scan.task.clone(), run, scan.space.clone(), scan.image.clone())
        });
        let mut notes = self.derivative_notes()?;
        if !odd.is_empty() {
            notes.push(format!("images whose names are not BIDS, and which are passed over: {}", listed(&odd)));
        }
        let ids: Vec<String> = self.subjects.clone();
        notes.extend(near("subjects", &ids, |id| id.trim_start_matches('0').to_lowercase()));
        let tasks: BTreeSet<String> = scans.iter().map(|scan| scan.task.clone()).collect();
        let plain = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        notes.extend(near("tasks", &tasks.into_iter().collect::<Vec<_>>(), plain));
        let with: BTreeSet<&str> = scans.iter().filter(|s| s.session.is_some()).map(|s| s.subject.as_str()).collect();
        let without: BTreeSet<&str> =
            scans.iter().filter(|s| s.session.is_none()).map(|s| s.subject.as_str()).collect();
        if !with.is_empty() && !without.is_empty() {
            let names =
                |ids: BTreeSet<&str>| listed(&ids.into_iter().map(|id| format!("sub-{id}")).collect::<Vec<_>>());
            notes.push(format!("sessions in some scans only: with {}, without {}", names(with), names(without)));
        }
        Ok(DatasetSummary {
            root: self.root.clone(),
            subjects: self.subjects.len(),
            scans: scans.into(),
            notes: notes.into(),
        })
    }

    /// Whether fMRIPrep's output is where it is looked for.
    fn derivative_notes(&self) -> Result<Vec<String>> {
        let prepared = subject::prepared(&self.root);
        if prepared.is_dir() {
            let there = bids::folders(&prepared, "sub-")?;
            let missing: Vec<String> =
                self.subjects.iter().filter(|id| !there.contains(id)).map(|id| format!("sub-{id}")).collect();
            return Ok(match missing.is_empty() {
                true => Vec::new(),
                false => vec![format!("not in derivatives/fmriprep: {}", listed(&missing))],
            });
        }
        let derivatives = bids::folders(&self.root.join("derivatives"), "")?;
        let mut note =
            format!("no derivatives/fmriprep: nothing can be analysed (in derivatives: {})", listed(&derivatives));
        if let Some(near) = derivatives.iter().find(|name| name.to_lowercase().contains("fmriprep")) {
            note += &format!("; rename or link derivatives/{near} to derivatives/fmriprep");
        }
        Ok(vec![note])
    }
}

impl Subject {
    /// What is there of one preprocessed image; `before`: the subject's entries so far, to find a scan that comes twice.
    fn entry(&self, image: &BidsFile, before: &[ScanEntry]) -> ScanEntry {
        let mut entry = blank(self.id(), image);
        let mut space = image.get("space").unwrap_or("no space said").to_owned();
        space.extend(image.get("res").map(|res| format!(" res-{res}")));
        space.extend(image.get("desc").filter(|desc| *desc != "preproc").map(|desc| format!(" desc-{desc}")));
        entry.space = Some(space);
        let twin = |other: &&ScanEntry| {
            BidsFile::parse(&other.image)
                .is_some_and(|other| other.same_image(image) && other.get("desc") == image.get("desc"))
        };
        if let Some(twin) = before.iter().find(twin) {
            entry.problems.push(format!("the same scan as {}", name(&twin.image)));
        }
        let header = self.header(image, &mut entry);
        let masks = |file: &&BidsFile| file.suffix == "mask" && file.is_image() && file.get("desc") == Some("brain");
        match self.derived.iter().filter(masks).find(|file| file.same_image(image)) {
            None => entry.missing.push("brain mask"),
            Some(file) => match (&header, Source::open(&file.path)) {
                (_, Err(error)) => entry.problems.push(error.problem().to_owned()),
                (Some(header), Ok(mask)) => {
                    let mask = mask.header();
                    let other = Mask {
                        shape: mask.shape,
                        affine: mask.affine,
                        voxels: Arc::from([0]),
                        origin: Default::default(),
                    };
                    if !other.same_grid(header.shape, &header.affine) {
                        entry.problems.push("the brain mask is on another grid".to_owned());
                    }
                }
                (None, Ok(_)) => {}
            },
        }
        match self.files_of(image).confounds {
            None => entry.missing.push("confounds"),
            Some(path) => {
                match (rows(&path), entry.volumes) {
                    (Err(error), _) => entry.problems.push(error.problem().to_owned()),
                    (Ok(0), _) => entry.problems.push(format!("{}: the table is empty", name(&path))),
                    (Ok(rows), Some(volumes)) if rows != volumes => {
                        entry.problems.push(format!("{rows} rows of confounds for {volumes} volumes"));
                    }
                    _ => {}
                }
                if !path.with_extension("json").is_file() {
                    entry.missing.push("confounds JSON");
                }
            }
        }
        match self.events_file(image) {
            Err(_) => entry.missing.push("events"),
            Ok(_) => match self.stories_of(image) {
                Err(error) => entry.problems.push(error.problem().to_owned()),
                Ok(stories) if stories.iter().any(|story| story.align.is_file()) => {}
                Ok(_) => entry.missing.push("words"),
            },
        }
        if let Some(header) = header {
            match self.tr(image, &header) {
                Ok(tr) => entry.tr = Some(tr),
                Err(error) => entry.problems.push(error.problem().to_owned()),
            }
        }
        if !self.has_sidecar(image) {
            entry.missing.push("sidecar with RepetitionTime");
        }
        entry
    }

    /// The header of an image that is a series, or what is wrong with it.
    fn header(&self, image: &BidsFile, entry: &mut ScanEntry) -> Option<Header> {
        let header = Source::open(&image.path).map(|source| source.header().clone());
        match header.and_then(|header| header.series_length().map(|volumes| (header, volumes))) {
            Ok((header, volumes)) => {
                entry.volumes = Some(volumes);
                Some(header)
            }
            Err(error) => {
                entry.problems.push(error.problem().to_owned());
                None
            }
        }
    }
}

fn blank(id: &str, image: &BidsFile) -> ScanEntry {
    ScanEntry {
        subject: id.to_owned(),
        session: image.get("ses").map(str::to_owned),
        task: image.get("task").unwrap_or("–").to_owned(),
        run: image.get("run").map(str::to_owned),
        space: None,
        image: image.path.clone(),
        volumes: None,
        tr: None,
        missing: Vec::new(),
        problems: Vec::new(),
    }
}

/// A raw scan without anything preprocessed; its image may be a link whose content was never fetched.
fn raw_entry(id: &str, image: &BidsFile) -> ScanEntry {
    let mut entry = blank(id, image);
    if let Ok(source) = Source::open(&image.path) {
        entry.volumes = source.header().volumes;
        entry.tr = source.header().tr().ok();
    }
    entry
}

/// Images in a subject's func folders whose names cannot be parsed.
fn unparsed(subject: &Path) -> Result<Vec<String>> {
    let mut odd = Vec::new();
    for folder in bids::func_folders(subject)?.iter().filter(|folder| folder.is_dir()) {
        let images = bids::entries(folder)?.into_iter().filter(|path| {
            let name = name(path);
            (name.ends_with(".nii.gz") || name.ends_with(".nii")) && BidsFile::parse(path).is_none()
        });
        odd.extend(images.map(|path| name(&path)));
    }
    Ok(odd)
}

/// Rows of a table below its header, counted without reading the cells.
fn rows(path: &Path) -> Result<usize> {
    let text =
        std::fs::read(path).map_err(|cause| Error::file("read", path, cause, "check that the file may be read"))?;
    Ok(text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count().saturating_sub(1))
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A note about names that are the same but for what `plain` takes away.
fn near(what: &str, names: &[String], plain: impl Fn(&str) -> String) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    names.iter().for_each(|name| groups.entry(plain(name)).or_default().push(name.clone()));
    let several = groups.into_values().filter(|group| group.len() > 1);
    several.map(|group| format!("{what} that may be the same: {}", group.join(", "))).collect()
}
