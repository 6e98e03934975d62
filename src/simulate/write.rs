//! A simulated subject on disk, in the layout of BIDS and fMRIPrep.

use super::bold::{AR, DRIFT, GAIN, GLOBAL, Head, MOTION, NOISE_FWHM, PHYSIOLOGY};
use super::confounds::describe;
use super::dvars::Dvars;
use super::options::{Simulation, span};
use super::planting::{MOST_ALIKE, plant};
use super::truth::{FILE, Key, Truth};
use crate::activation::{Activations, NeuronSeries};
use crate::brain::{Networks, write_made};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::notebook::{Progress, check_cancelled};
use crate::provenance::{Origin, Provenance};
use crate::stimulus::Stimulus;
use serde_json::json;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a simulated subject lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    folder: PathBuf,
    subject: String,
    task: String,
    clock: Clock,
    already_there: bool,
    origin: Origin,
}

impl Simulated {
    /// What it is made of.
    pub(crate) fn made(&self) -> Provenance {
        self.origin.or(|| Provenance::step("SIMULATED subject"))
    }

    /// The dataset's root.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The subject's id, without "sub-".
    pub fn subject(&self) -> &str {
        &self.subject
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
            "SIMULATED subject {}, task {}: {}, {done} in {}",
            self.subject,
            self.task,
            self.clock,
            self.folder.display()
        )
    }
}

impl Simulation {
    /// Simulates the subject and writes its dataset to `folder`, with the truth beside it in `simulated_truth.json`.
    ///
    /// For each driven network a group of neurons is drawn; the mean of their z-scored courses (already on the scan's clock, after
    /// the haemodynamic response) drives the network's voxels: x(t) = snr · gain · course(t) + noise(t) + nuisance(t), where
    /// a voxel's gain lies evenly between 0.5 and 1.5 and the noise is AR(1) (φ = 0.5 per volume) with standard deviation 1,
    /// smooth in space (FWHM 6 mm). Nuisance, in standard deviations of the noise: slow drift 0.5; motion 0.3 at the brain's
    /// edge, less inside; a global course 0.3; breath and heartbeat 0.8 in three axial slices. The signal is 1000·(1 + x/100).
    /// Groups are redrawn until no two courses correlate above |r| = 0.7.
    ///
    /// Layout: raw events and sidecars in `sub-ID/func`, BOLD, mask and confounds (fMRIPrep's columns) in
    /// `derivatives/fmriprep/sub-ID/func`, the words of each run in `stimuli/gentle/STORY_run-N/align.csv`, counted from the onset
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
        self.driven(networks)?;
        for (row, map) in networks.maps().outer_iter().enumerate() {
            if !map.iter().any(|m| *m > 0.0) {
                let name = &networks.names()[row];
                let problem = format!("network {name} of {} has no voxel", networks.atlas());
                return Err(Error::value(problem, "take an atlas whose networks lie in its mask"));
            }
        }
        let folder = folder.as_ref();
        let key = Key::new(self, series, stimulus, networks);
        let made = Provenance::step("SIMULATED subject").options_of(self, &[]).input("neurons", series);
        let made = made.input("stimulus", stimulus).input("networks", networks);
        let mut simulated = Simulated {
            folder: folder.to_owned(),
            subject: self.subject.clone(),
            task: self.task.clone(),
            clock,
            already_there: true,
            origin: made.clone().into(),
        };
        let layout = Layout { options: self, story: plain_name(stimulus.name()) };
        if occupied(folder)? {
            self.same_simulation(folder, &key, &layout, simulated.clock.runs())?;
            return Ok(simulated);
        }
        let partial = Partial::beside(folder)?;
        self.make(&partial.0, &layout, key, (series, stimulus, networks), &made)?;
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
        let files = (0..runs).flat_map(|run| layout.files(run));
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

    fn make(
        &self,
        root: &Path,
        layout: &Layout<'_>,
        key: Key,
        (series, stimulus, networks): (&NeuronSeries, &Stimulus, &Networks),
        made: &Provenance,
    ) -> Result<()> {
        let groups = plant(self, series, networks)?;
        let head = Head::new(self, networks, &groups);
        let clock = series.clock();
        self.write_descriptions(root, networks)?;
        let mut progress = Progress::new("simulated runs", clock.runs() as u64);
        for run in 0..clock.runs() {
            check_cancelled("simulating")?;
            let [events, sidecar, bold, mask, confounds, meaning, align] =
                layout.files(run).map(|file| root.join(file));
            let (data, nuisance) = head.run(self, &groups, clock, run)?;
            for file in [&events, &bold, &align] {
                make_folder(file.parent().unwrap_or(root))?;
            }
            let image = Provenance::step("SIMULATED run").option("run", run).input("subject", made);
            write_made(&bold, networks.mask(), &data, clock.tr(), &image)?;
            networks
                .mask()
                .clone()
                .made(Provenance::step("SIMULATED brain mask").input("subject", made))
                .write(&mask)?;
            let mean =
                |row: ndarray::ArrayView1<f32>| row.iter().map(|&v| f64::from(v)).sum::<f64>() / row.len() as f64;
            let global: Vec<f64> = data.outer_iter().map(mean).collect();
            write_text(&confounds, &nuisance.table(&global, &Dvars::new(data.view()), clock.tr()))?;
            write_json(&meaning, &describe())?;
            write_json(
                &sidecar,
                &json!({ "TaskName": self.task, "RepetitionTime": self.tr, "Description": "SIMULATED" }),
            )?;
            let (first, last) = span(stimulus, run)?;
            // A whole second: taking it off and adding it again leaves every onset as it was, to the last bit.
            let start = first.floor();
            stimulus.run(run)?.starting_at(-start).to_align(&align)?;
            let audio = format!("{}_audio.wav", layout.part(run));
            write_text(
                &events,
                &format!("onset\tduration\ttrial_type\tstim_file\n{start}\t{}\tstory\t{audio}\n", last - start),
            )?;
            progress.advance(1);
        }
        let truth = Truth::new(key, self, series, networks, &groups, &head.driven);
        write_text(&root.join(FILE), &truth.to_json()?)
    }

    fn write_descriptions(&self, root: &Path, networks: &Networks) -> Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        let made_by = json!([{ "Name": "neurocell", "Version": version, "Description": "SIMULATED, no human being was scanned" }]);
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
        write_text(&root.join("participants.tsv"), &format!("participant_id\tspecies\nsub-{}\tn/a\n", self.subject))?;
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
            group = self.group,
            atlas = networks.atlas(),
            snr = self.snr,
            seed = self.seed,
        );
        write_text(&root.join("README"), &readme)
    }
}

/// Names of the files of a dataset.
struct Layout<'a> {
    options: &'a Simulation,
    story: String,
}

impl Layout<'_> {
    /// The part of the story that a run plays.
    fn part(&self, run: usize) -> String {
        format!("{}_run-{}", self.story, run + 1)
    }

    /// Events, BOLD sidecar, BOLD, mask, confounds, what the confounds mean, and words of a run, from the root.
    fn files(&self, run: usize) -> [PathBuf; 7] {
        let (subject, task) = (&self.options.subject, &self.options.task);
        let raw = PathBuf::from(format!("sub-{subject}")).join("func");
        let derived = PathBuf::from("derivatives").join("fmriprep").join(&raw);
        let stem = format!("sub-{subject}_task-{task}_run-{}", run + 1);
        let space = format!("{stem}_space-MNI152NLin2009cAsym_res-4");
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
