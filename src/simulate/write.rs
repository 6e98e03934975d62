//! Simulated subjects on disk, in the layout of BIDS and fMRIPrep.

use super::bold::{AR, DRIFT, GAIN, GLOBAL, MOTION, NOISE_FWHM, PHYSIOLOGY};
use super::confounds::describe;
use super::group::SimulatedGroup;
use super::options::{Simulation, span};
use super::planting::MOST_ALIKE;
use super::truth::{FILE, Key, Truth};
use crate::activation::{Activations, NeuronSeries};
use crate::brain::{Networks, Subject, write_made};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::notebook::{Progress, check_cancelled};
use crate::provenance::{Origin, Provenance};
use crate::stimulus::Stimulus;
use serde_json::json;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where simulated subjects lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    folder: PathBuf,
    subjects: Vec<String>,
    task: String,
    clock: Clock,
    already_there: bool,
    origin: Origin,
}

impl Simulated {
    /// What it is made of.
    pub(crate) fn made(&self) -> Provenance {
        self.origin.or(|| Provenance::step("SIMULATED subjects"))
    }

    /// The dataset's root.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The subjects' ids, without "sub-".
    pub fn subjects(&self) -> &[String] {
        &self.subjects
    }

    /// Opens all subjects, in their order, as any other dataset's.
    ///
    /// # Errors
    /// If the dataset has been changed since.
    pub fn open(&self) -> Result<Vec<Subject>> {
        self.subjects.iter().map(|id| Subject::open(&self.folder, id)).collect()
    }

    /// The task's name.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// The scan's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether the same simulation was found on disk and nothing had to be made.
    pub fn already_there(&self) -> bool {
        self.already_there
    }
}

impl fmt::Display for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = if self.already_there { "already there" } else { "written" };
        write!(
            f,
            "SIMULATED subject{} {}, task {}: {}, {done} in {}",
            if self.subjects.len() == 1 { "" } else { "s" },
            self.subjects.join(", "),
            self.task,
            self.clock,
            self.folder.display()
        )
    }
}

impl Simulation {
    /// Simulates the subjects and writes their dataset to `folder`, with the truth beside it in `simulated_truth.json`.
    ///
    /// For each driven network a group of neurons is drawn (or was named), the same for all subjects; the mean of their z-scored courses (already on the scan's clock, after
    /// the haemodynamic response) drives the network's voxels: x(t) = snr · gain · course(t) + noise(t) + nuisance(t), where
    /// a voxel's gain lies evenly between 0.5 and 1.5 and the noise is AR(1) (φ = 0.5 per volume) with standard deviation 1,
    /// smooth in space (FWHM 6 mm). Nuisance, in standard deviations of the noise: slow drift 0.5; motion 0.3 at the brain's
    /// edge, less inside; a global course 0.3; breath and heartbeat 0.8 in three axial slices. The signal is 1000·(1 + x/100).
    /// Groups are redrawn until no two courses correlate above |r| = 0.7.
    ///
    /// Layout: raw events and sidecars in `sub-ID/func`, BOLD, mask and confounds (fMRIPrep's columns) in
    /// `derivatives/fmriprep/sub-ID/func`, for each subject; the words of each run in `stimuli/gentle/STORY_run-N/align.csv`, counted from the onset
    /// that the run's events give.
    ///
    /// The dataset appears whole or not at all. If `folder` already holds the same simulation (same options, seed, inputs and
    /// version of the program), it is left as it is.
    ///
    /// ```no_run
    /// use neurocell::prelude::*;
    /// # fn run(acts: Activations, networks: Networks) -> Result<()> {
    /// let simulated = Simulation::new(1).write(&acts, &networks, "simulated")?;
    /// println!("{simulated}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If an option is out of its range, a network to be driven is unknown or empty, there are too few neurons, a word has no
    /// place on the clock, `folder` holds something else (it says what differs), or a file cannot be written.
    pub fn write(&self, activations: &Activations, networks: &Networks, folder: impl AsRef<Path>) -> Result<Simulated> {
        let clock = self.clock(activations.stimulus())?;
        self.write_series(&activations.to_series(&clock)?, activations.stimulus(), networks, folder)
    }

    /// [`Simulation::write`] for neurons whose courses are at hand: `series` on the clock that [`Simulation::clock`] gives for
    /// the stimulus.
    ///
    /// # Errors
    /// As there, and if the series is on another clock.
    pub fn write_series(
        &self,
        series: &NeuronSeries,
        stimulus: &Stimulus,
        networks: &Networks,
        folder: impl AsRef<Path>,
    ) -> Result<Simulated> {
        let clock = self.clock(stimulus)?;
        clock.agree("the simulated scan", series.clock(), "the neuron series")?;
        let group = self.planned(series, Some(stimulus), networks)?;
        let folder = folder.as_ref();
        let mut simulated = Simulated {
            folder: folder.to_owned(),
            subjects: self.subjects.clone(),
            task: self.task.clone(),
            clock,
            already_there: true,
            origin: group.made().into(),
        };
        let layout = Layout::new(self, stimulus, networks);
        if occupied(folder)? {
            self.same_simulation(folder, &group.truth().key, &layout, simulated.clock.runs())?;
            return Ok(simulated);
        }
        let partial = Partial::beside(folder)?;
        make(&partial.0, &layout, &group, stimulus, networks)?;
        let moved = std::fs::rename(&partial.0, folder);
        moved.map_err(|cause| {
            Error::file("make", folder, cause, "choose a folder that is not there yet, or is empty")
        })?;
        simulated.already_there = false;
        Ok(simulated)
    }

    /// An error that says what differs, unless `folder` holds this simulation, whole.
    fn same_simulation(&self, folder: &Path, key: &Key, layout: &Layout<'_>, runs: usize) -> Result<()> {
        let advice = "choose another folder, or delete this one if nobody needs it";
        if !folder.join(FILE).is_file() {
            let problem = format!("{} is there and is no simulated dataset ({FILE} is missing)", folder.display());
            return Err(Error::value(problem, advice));
        }
        let truth = Truth::read(folder)?;
        let mut differ: Vec<String> = truth.key.differences(key).iter().map(ToString::to_string).collect();
        let (there, asked) = (json!(truth.options), json!(self));
        let changed = asked.as_object().into_iter().flatten().filter(|(name, value)| there.get(name) != Some(*value));
        if !differ.is_empty() {
            differ.extend(changed.map(|(name, value)| format!("{name} is {} there and {value} here", there[name])));
        }
        if !differ.is_empty() {
            let problem = format!("{} holds another simulation; different: {}", folder.display(), differ.join("; "));
            return Err(Error::value(problem, advice));
        }
        let files = self.subjects.iter().flat_map(|id| (0..runs).flat_map(|run| layout.files(id, run)));
        match files.map(|file| folder.join(file)).find(|file| !file.is_file()) {
            None => Ok(()),
            Some(missing) => {
                let problem = format!(
                    "the simulated dataset in {} is not whole: {} is missing",
                    folder.display(),
                    missing.display()
                );
                Err(Error::value(problem, "delete the folder and simulate again"))
            }
        }
    }
}

/// The whole dataset below `root`.
fn make(
    root: &Path,
    layout: &Layout<'_>,
    group: &SimulatedGroup,
    stimulus: &Stimulus,
    networks: &Networks,
) -> Result<()> {
    let (options, clock, made) = (layout.options, group.clock(), group.made());
    write_descriptions(options, root, networks)?;
    let mut progress = Progress::new("simulated runs", (clock.runs() * options.subjects.len()) as u64);
    for (number, id) in options.subjects.iter().enumerate() {
        let head = group.head(number);
        for run in 0..clock.runs() {
            check_cancelled("simulating")?;
            let [events, sidecar, bold, mask, confounds, meaning, align] =
                layout.files(id, run).map(|file| root.join(file));
            let scan = group.run(&head, run)?;
            for file in [&events, &bold, &align] {
                make_folder(file.parent().unwrap_or(root))?;
            }
            let image = Provenance::step("SIMULATED run").option("subject", id).option("run", run);
            write_made(&bold, networks.mask(), &scan.data, clock.tr(), &image.input("subjects", &made))?;
            let brain = Provenance::step("SIMULATED brain mask").input("subjects", &made);
            networks.mask().clone().made(brain).write(&mask)?;
            write_text(&confounds, &scan.confounds)?;
            write_json(&meaning, &describe())?;
            write_json(
                &sidecar,
                &json!({ "TaskName": options.task, "RepetitionTime": options.tr, "Description": "SIMULATED" }),
            )?;
            let (first, last) = span(stimulus, run)?;
            // A whole second: taking it off and adding it again leaves every onset as it was, to the last bit.
            let start = first.floor();
            if number == 0 {
                stimulus.run(run)?.starting_at(-start).to_align(&align)?;
            }
            let audio = format!("{}_audio.wav", layout.part(run));
            write_text(
                &events,
                &format!("onset\tduration\ttrial_type\tstim_file\n{start}\t{}\tstory\t{audio}\n", last - start),
            )?;
            progress.advance(1);
        }
    }
    write_text(&root.join(FILE), &group.truth().to_json()?)
}

fn write_descriptions(options: &Simulation, root: &Path, networks: &Networks) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let made_by =
        json!([{ "Name": "neurocell", "Version": version, "Description": "SIMULATED, no human being was scanned" }]);
    let raw = json!({
        "Name": "neurocell SIMULATED dataset", "BIDSVersion": "1.9.0", "DatasetType": "raw", "GeneratedBy": made_by,
    });
    let derived = json!({
        "Name": "neurocell SIMULATED dataset, in the layout of fMRIPrep", "BIDSVersion": "1.9.0",
        "DatasetType": "derivative", "GeneratedBy": made_by,
    });
    let derivatives = root.join("derivatives").join("fmriprep");
    make_folder(&derivatives)?;
    write_json(&root.join("dataset_description.json"), &raw)?;
    write_json(&derivatives.join("dataset_description.json"), &derived)?;
    let rows: String = options.subjects.iter().map(|id| format!("sub-{id}\tn/a\n")).collect();
    write_text(&root.join("participants.tsv"), &format!("participant_id\tspecies\n{rows}"))?;
    let low = GAIN[0];
    let high = GAIN[1];
    let readme = format!(
        "SIMULATED dataset, made by neurocell {version}. No human being was scanned.\n\n\
         Groups of {group} units of a language model, read on a real text, drive the voxels of networks of {atlas}.\n\
         signal = 1000 * (1 + x/100), x = {snr} * gain * course + noise + nuisance\n\
         gain: {low} to {high}, drawn for each voxel. course: mean of the group's z-scored courses, z-scored in each run.\n\
         noise: AR(1), coefficient {AR} per volume, standard deviation 1, FWHM {NOISE_FWHM} mm.\n\
         nuisance (in standard deviations of the noise): drift {DRIFT}, motion {MOTION} at the edge, global course {GLOBAL},\n\
         breath and heartbeat {PHYSIOLOGY} in three axial slices.\n\
         No two courses correlate above |r| = {MOST_ALIKE}. Seed {seed}.\n\n\
         The events name an audio file as a story dataset does; there is no audio. Words with their times, counted from the onset\n\
         in the events, are in stimuli/gentle. What was planted is in {FILE}: for comparison after an analysis, never for it.\n",
        group = options.group_size(),
        atlas = networks.atlas(),
        snr = options.snr,
        seed = options.seed,
    );
    write_text(&root.join("README"), &readme)
}

/// Names of the files of a dataset.
struct Layout<'a> {
    options: &'a Simulation,
    story: String,
    /// Edge of a voxel in mm, as a label.
    resolution: String,
}

impl<'a> Layout<'a> {
    fn new(options: &'a Simulation, stimulus: &Stimulus, networks: &Networks) -> Layout<'a> {
        let mm = networks.mask().affine().voxel_size()[0];
        let resolution = ((mm * 100.0).round() / 100.0).to_string().replace('.', "p");
        Layout { options, story: plain_name(stimulus.name()), resolution }
    }

    /// The part of the story that a run plays.
    fn part(&self, run: usize) -> String {
        format!("{}_run-{}", self.story, run + 1)
    }

    /// Events, BOLD sidecar, BOLD, mask, confounds, what the confounds mean, and words of a subject's run, from the root.
    fn files(&self, subject: &str, run: usize) -> [PathBuf; 7] {
        let task = &self.options.task;
        let raw = PathBuf::from(format!("sub-{subject}")).join("func");
        let derived = PathBuf::from("derivatives").join("fmriprep").join(&raw);
        let stem = format!("sub-{subject}_task-{task}_run-{}", run + 1);
        let space = format!("{stem}_space-MNI152NLin2009cAsym_res-{}", self.resolution);
        [
            raw.join(format!("{stem}_events.tsv")),
            raw.join(format!("{stem}_bold.json")),
            derived.join(format!("{space}_desc-preproc_bold.nii.gz")),
            derived.join(format!("{space}_desc-brain_mask.nii.gz")),
            derived.join(format!("{stem}_desc-confounds_timeseries.tsv")),
            derived.join(format!("{stem}_desc-confounds_timeseries.json")),
            PathBuf::from("stimuli").join("gentle").join(self.part(run)).join("align.csv"),
        ]
    }
}

/// Letters and digits of a name, for use in a file's name.
fn plain_name(name: &str) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    if plain.is_empty() { "story".to_owned() } else { plain }
}

/// Whether something lies at `folder`; an empty folder counts as nothing.
fn occupied(folder: &Path) -> Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(Error::file("look into", folder, cause, "choose a folder that can be written to")),
    }
}

/// A folder that is removed unless it has been renamed.
struct Partial(PathBuf);

impl Partial {
    fn beside(folder: &Path) -> Result<Partial> {
        let Some(name) = folder.file_name() else {
            let problem = format!("`{}` names no folder that could be made", folder.display());
            return Err(Error::value(problem, "give the folder a name, for example `simulated`"));
        };
        let partial = folder.with_file_name(format!(".{}.partial-{}", name.to_string_lossy(), std::process::id()));
        if partial.exists() {
            let removed = std::fs::remove_dir_all(&partial);
            removed.map_err(|cause| Error::file("remove", &partial, cause, "remove this left-over folder by hand"))?;
        }
        make_folder(&partial)?;
        Ok(Partial(partial))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After the renaming there is nothing left to remove; if removing fails its name says that it is a part.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|cause| Error::file("make", folder, cause, "choose a place that can be written to"))
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|cause| Error::file("write", path, cause, "see whether the disk is full"))
}

fn write_json(path: &Path, value: &serde_json::Value) -> Result<()> {
    write_text(path, &format!("{value:#}\n"))
}
