//! What was planted: written beside the simulated scan, read by nothing but the comparison at the end.

use super::options::Simulation;
use super::planting::Group;
use crate::activation::NeuronSeries;
use crate::brain::{Mask, Networks};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::hex::hex;
use crate::model::{Neuron, NeuronAxis};
use crate::stimulus::Stimulus;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::Path;

/// Name of the truth's file in the root of a simulated dataset.
pub(super) const FILE: &str = "simulated_truth.json";
/// Grows when the same options would give other bytes.
const FORMAT: u32 = 2;

/// What was planted in simulated subjects: which neurons drive which network, with which course and gains.
///
/// No step of the analysis reads it. It is there for [`Truth::compare`], after the analysis.
///
/// ```no_run
/// use neurocell::simulate::Truth;
/// let truth = Truth::read("simulated")?;
/// println!("{truth}");
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Truth {
    what: String,
    pub(super) key: Key,
    pub(super) options: Simulation,
    tr: f64,
    volumes: Vec<usize>,
    pub(super) neurons: Axis,
    atlas: String,
    shape: [usize; 3],
    affine: [[f64; 4]; 3],
    pub(super) networks: Vec<Planted>,
    undriven: Vec<String>,
}

/// What the simulation depends on, each as a digest, so that a difference can be named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Key {
    code: String,
    options: String,
    neurons: String,
    stimulus: String,
    networks: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Axis {
    model: String,
    site: String,
    layers: usize,
    #[serde(default)]
    heads: Option<usize>,
    units: usize,
}

/// One driven network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Planted {
    pub(super) network: String,
    /// (layer, unit, sign) of each neuron, the seed neuron first.
    neurons: Vec<(usize, usize, i8)>,
    /// z-scored in each run.
    pub(super) course: Vec<f32>,
    /// Flat grid index of each driven voxel.
    pub(super) voxels: Vec<u32>,
    /// Gain of each driven voxel, of each subject.
    gains: Vec<Vec<f32>>,
}

impl Key {
    /// Without a stimulus where only its neurons' courses are at hand.
    pub(super) fn new(
        options: &Simulation,
        series: &NeuronSeries,
        stimulus: Option<&Stimulus>,
        networks: &Networks,
    ) -> Key {
        let digest = |parts: &mut dyn FnMut(&mut Sha256)| {
            let mut hash = Sha256::new();
            parts(&mut hash);
            hex(hash)
        };
        let floats = |hash: &mut Sha256, values: &mut dyn Iterator<Item = &f32>| {
            let bytes: Vec<u8> = values.flat_map(|v| v.to_le_bytes()).collect();
            hash.update(&bytes);
        };
        Key {
            code: format!("neurocell {} simulation {FORMAT}", env!("CARGO_PKG_VERSION")),
            options: digest(&mut |hash| hash.update(format!("{options:?}"))),
            neurons: digest(&mut |hash| {
                hash.update(format!("{:?} {:?}", series.neurons(), series.clock()));
                floats(hash, &mut series.data().iter());
            }),
            stimulus: digest(&mut |hash| hash.update(format!("{:?}", stimulus.map(|s| (s.name(), s.words()))))),
            networks: digest(&mut |hash| {
                let mask = networks.mask();
                hash.update(format!(
                    "{} {:?} {:?} {:?}",
                    networks.atlas(),
                    networks.names(),
                    mask.shape(),
                    mask.affine()
                ));
                hash.update(mask.voxels().iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
                floats(hash, &mut networks.maps().iter());
            }),
        }
    }

    /// In what two simulations differ, in words.
    pub(super) fn differences(&self, other: &Key) -> Vec<&'static str> {
        let parts = [
            (self.code == other.code, "the version of the program"),
            (self.options == other.options, "the options or the seed"),
            (self.neurons == other.neurons, "the neurons' courses"),
            (self.stimulus == other.stimulus, "the stimulus"),
            (self.networks == other.networks, "the networks"),
        ];
        parts.into_iter().filter(|(same, _)| !same).map(|(_, what)| what).collect()
    }
}

impl Truth {
    /// `heads`: of each subject, for each group, its voxels and their gains.
    pub(super) fn new(
        key: Key,
        options: &Simulation,
        series: &NeuronSeries,
        networks: &Networks,
        groups: &[Group],
        heads: &[Vec<Vec<(usize, f32)>>],
    ) -> Truth {
        let axis = series.neurons();
        let clock = series.clock();
        let voxels = |number: usize| heads.first().map_or(&[][..], |head| &head[number]);
        let planted = |(number, group): (usize, &Group)| Planted {
            network: networks.names()[group.network].clone(),
            neurons: group
                .columns
                .iter()
                .zip(&group.signs)
                .map(|(&c, &sign)| (c / axis.units, c % axis.units, if sign < 0.0 { -1 } else { 1 }))
                .collect(),
            course: group.course.to_vec(),
            voxels: voxels(number).iter().map(|&(v, _)| networks.mask().voxels()[v]).collect(),
            gains: heads.iter().map(|head| head[number].iter().map(|&(_, gain)| gain).collect()).collect(),
        };
        // At a signal-to-noise ratio of 0 the groups were chosen, but nothing of them is in the data.
        let silent = options.snr == 0.0;
        let is_driven = |row: &usize| !silent && groups.iter().any(|g| g.network == *row);
        Truth {
            what: "planted truth of a neurocell SIMULATED dataset: for the comparison after an analysis, never for the analysis".to_owned(),
            key,
            options: options.clone(),
            tr: clock.tr(),
            volumes: (0..clock.runs()).map(|run| clock.volumes(run)).collect(),
            neurons: Axis {
                model: axis.model.clone(),
                site: axis.site.to_string(),
                layers: axis.layers,
                heads: axis.heads,
                units: axis.units,
            },
            atlas: networks.atlas().to_owned(),
            shape: networks.mask().shape(),
            affine: networks.mask().affine().0,
            networks: groups.iter().enumerate().filter(|_| !silent).map(planted).collect(),
            undriven: (0..networks.count()).filter(|r| !is_driven(r)).map(|r| networks.names()[r].clone()).collect(),
        }
    }

    /// Reads the truth of a simulated dataset.
    ///
    /// # Errors
    /// If the folder holds none, or the file is not sound.
    pub fn read(folder: impl AsRef<Path>) -> Result<Truth> {
        let path = folder.as_ref().join(FILE);
        let advice = "give the folder that `Simulation::write` made";
        let text = std::fs::read_to_string(&path).map_err(|cause| Error::file("read", &path, cause, advice))?;
        let truth: Truth = serde_json::from_str(&text).map_err(|cause| {
            Error::format(&path, format!("this is not the truth of a simulated dataset: {cause}"), advice)
                .caused_by(cause)
        })?;
        let total: usize = truth.volumes.iter().sum();
        let sound = |p: &Planted| {
            let inside = |n: &(usize, usize, i8)| n.0 < truth.neurons.layers && n.1 < truth.neurons.units;
            p.course.len() == total
                && p.gains.len() == truth.options.subjects.len()
                && p.gains.iter().all(|gains| gains.len() == p.voxels.len())
                && !p.neurons.is_empty()
                && p.neurons.iter().all(inside)
        };
        match truth.networks.iter().find(|p| !sound(p)) {
            None => Ok(truth),
            Some(bad) => Err(Error::format(
                &path,
                format!("what it says of {} does not fit together", bad.network),
                "simulate again",
            )),
        }
    }

    pub(super) fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|cause| {
            Error::value(format!("the truth cannot be written: {cause}"), "report this").caused_by(cause)
        })
    }

    /// The options and the seed.
    pub fn options(&self) -> &Simulation {
        &self.options
    }

    /// Names of the driven networks.
    pub fn driven(&self) -> Vec<String> {
        self.networks.iter().map(|p| p.network.clone()).collect()
    }

    /// Names of the networks that nothing drives.
    pub fn undriven(&self) -> &[String] {
        &self.undriven
    }

    /// The neurons that drive a network, the seed neuron first.
    ///
    /// # Errors
    /// If the network is not driven.
    pub fn neurons(&self, network: &str) -> Result<Vec<Neuron>> {
        Ok(self.planted(network)?.members(&self.neurons))
    }

    /// The course that drives a network, z-scored in each run.
    ///
    /// # Errors
    /// If the network is not driven.
    pub fn course(&self, network: &str) -> Result<Vec<f32>> {
        Ok(self.planted(network)?.course.clone())
    }

    /// The scan's clock.
    ///
    /// # Errors
    /// If what the file says of it is not sound.
    pub fn clock(&self) -> Result<Clock> {
        Clock::new(self.tr, &self.volumes)
    }

    /// "SIMULATED subject sim01 (seed 1, SNR 0.6 per voxel)", or how many there are.
    pub(super) fn title(&self) -> String {
        let o = &self.options;
        let who = match &o.subjects[..] {
            [one] => format!("SIMULATED subject {one}"),
            all => format!("{} SIMULATED subjects", all.len()),
        };
        format!("{who} (seed {}, SNR {} per voxel)", o.seed, o.snr)
    }

    fn planted(&self, network: &str) -> Result<&Planted> {
        let found = self.networks.iter().find(|p| p.network == network);
        found.ok_or_else(|| Error::unknown("driven network", network, &self.driven()))
    }

    /// An error unless the series' neurons are those from which the groups were taken.
    pub(super) fn check_series(&self, series: &NeuronSeries) -> Result<()> {
        self.clock()?.agree("the truth", series.clock(), "the neuron series")?;
        let axis = series.neurons();
        let theirs = Axis {
            model: axis.model.clone(),
            site: axis.site.to_string(),
            layers: axis.layers,
            heads: axis.heads,
            units: axis.units,
        };
        match theirs == self.neurons {
            true => Ok(()),
            false => Err(Error::shape(
                format!("the truth is about {:?}, the series about {theirs:?}", self.neurons),
                "read the neurons of the model and site with which the subject was simulated",
            )),
        }
    }

    /// The planted courses, time × driven network, through the high-pass filters that `series` went through: what there is to be found in it.
    pub(super) fn courses_as(&self, series: &NeuronSeries) -> Result<Array2<f32>> {
        let shape = (series.clock().total(), self.networks.len());
        let courses = Array2::from_shape_fn(shape, |(t, n)| self.networks[n].course[t]);
        let Some(source) = series.source().filter(|_| shape.1 > 0) else { return Ok(courses) };
        let axis = NeuronAxis::new("planted", series.neurons().site, 1, shape.1);
        let planted = NeuronSeries::new(courses, series.clock().clone(), axis)?;
        let passed = source.high_pass.iter().try_fold(planted, |planted, seconds| planted.high_pass(*seconds))?;
        Ok(passed.data().clone())
    }

    /// An error unless the mask lies on the grid of the simulated scan.
    pub(super) fn check_grid(&self, mask: &Mask) -> Result<()> {
        // Reading decimals back may cost the last bit of a number.
        let mut affines = self.affine.as_flattened().iter().zip(mask.affine().0.as_flattened());
        let same = affines.all(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0));
        match mask.shape() == self.shape && same {
            true => Ok(()),
            false => Err(Error::shape(
                format!(
                    "the truth is on a grid of {:?} voxels with affine {:?}, the fit on one of {:?} with {:?}",
                    self.shape,
                    self.affine,
                    mask.shape(),
                    mask.affine().0
                ),
                "compare on the grid of the simulated scan",
            )),
        }
    }
}

impl Planted {
    pub(super) fn members(&self, axis: &Axis) -> Vec<Neuron> {
        let address = |&(layer, unit, _): &(usize, usize, i8)| match axis.heads {
            Some(heads) => Neuron::in_head(layer, unit / (axis.units / heads), unit % (axis.units / heads)),
            None => Neuron::new(layer, unit),
        };
        self.neurons.iter().map(address).collect()
    }
}

impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let o = &self.options;
        writeln!(f, "planted truth of {}", self.title())?;
        writeln!(
            f,
            "neurons of {} {} for {} networks of {}, {}",
            self.neurons.model,
            self.neurons.site,
            self.networks.len(),
            self.atlas,
            match o.planting {
                super::Planting::Together => "chosen as acting together",
                super::Planting::Scattered => "scattered",
                super::Planting::Single => "single ones, far apart",
            }
        )?;
        for planted in &self.networks {
            let some: Vec<String> = planted.members(&self.neurons).iter().take(4).map(ToString::to_string).collect();
            let (voxels, all) = (planted.voxels.len(), planted.neurons.len());
            let more = if all > some.len() { " …" } else { "" };
            writeln!(f, "  {}: {voxels} voxels driven by {all} neurons, {}{more}", planted.network, some.join(" "))?;
        }
        if !self.undriven.is_empty() {
            writeln!(f, "  driven by nothing: {}", self.undriven.join(", "))?;
        }
        Ok(())
    }
}
