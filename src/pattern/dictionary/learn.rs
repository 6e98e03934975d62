//! Epochs over all neurons: codes for the atoms, then atoms for the codes.

use super::encode::{EXACT, Effort, Encoded, Encoder, ROUGH};
use super::start::{draw, first_atoms, unit_courses};
use super::sums::{Part, Sums, normalise};
use super::{Batch, Dictionary, OBJECTIVE};
use crate::error::{Error, Result};
use crate::linalg::{BLOCK, ColumnBlocks, in_pool};
use crate::notebook::{LiveObjective, Progress};
use ndarray::{Array2, Axis};
use rand::Rng;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Passes over the atoms after each batch.
const PASSES: usize = 3;

/// Of more neurons than these, a random sample of so many gives the atoms that full batches start from.
pub(super) const SAMPLE: usize = 4096;

/// Blocks whose parts are held at one time.
pub(super) const TOGETHER: usize = 32;

/// Neighbouring neurons that come into a mini-batch together: as many as share a line of the processor's cache.
const NEIGHBOURS: usize = 16;

/// Neurons of a mini-batch that one thread takes at a time.
const PIECE: usize = 128;

/// A dictionary and the codes of all neurons.
pub(crate) struct Learnt {
    /// Atom × time, each of norm 1.
    pub atoms: Array2<f64>,
    /// Atom × neuron, for courses of norm 1.
    pub codes: Array2<f32>,
    /// After each epoch.
    pub objective: Vec<f64>,
    /// Whether the objective had stopped falling.
    pub converged: bool,
    /// How often an atom that no neuron used was replaced.
    pub replaced: usize,
    /// Atoms that no neuron uses.
    pub unused: usize,
}

/// Learns a dictionary of courses that have norm √time, or less where a neuron does not vary in some run; from the given atoms (atom × time),
/// or from courses of neurons.
pub(crate) fn learn(data: &ColumnBlocks, options: &Dictionary, start: Option<Array2<f64>>) -> Result<Learnt> {
    options.checked()?;
    let norms = unit_norms(data);
    let largest = norms.iter().fold(0.0, |most: f64, &norm| most.max(norm)).sqrt();
    if options.penalty >= largest {
        return Err(all_zero(options.penalty, largest));
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut atoms = match start {
        // Atoms lie row by row from here on.
        Some(atoms) => atoms.as_standard_layout().into_owned(),
        None => first_atoms(data, options.atoms, options.positive, &mut rng)?,
    };
    let mut replaced = 0;
    if options.batch == Batch::Full && data.columns() > SAMPLE {
        let sample = sample(data, &mut rng);
        let mut learner = Learner::new(&sample, unit_norms(&sample), options, atoms);
        replaced = learner.run(&mut rng, "dictionary epochs on a sample")?.replaced;
        atoms = learner.atoms;
    }
    let mut learner = Learner::new(data, norms, options, atoms);
    let mut run = learner.run(&mut rng, "dictionary epochs")?;
    let (last, exact) = learner.finish()?;
    if let Some(value) = run.objective.last_mut() {
        *value = last;
    }
    let unused = learner.sums.users.iter().filter(|&&users| users == 0).count();
    let views: Vec<_> = learner.codes.iter().map(|codes| codes.view()).collect();
    let codes = ndarray::concatenate(Axis(1), &views).expect("blocks of the same atoms");
    Ok(Learnt {
        atoms: learner.atoms,
        codes,
        objective: run.objective,
        converged: run.converged && exact,
        replaced: replaced + run.replaced,
        unused,
    })
}

/// A random [`SAMPLE`] of the neurons, in random order.
fn sample(data: &ColumnBlocks, rng: &mut Xoshiro256PlusPlus) -> ColumnBlocks {
    let chosen = mini_batches(data.columns(), SAMPLE, rng).swap_remove(0);
    ColumnBlocks::of(data.rows(), chosen.len(), |columns| gather(data.blocks(), &chosen[columns]))
}

/// What came of some epochs.
struct Run {
    objective: Vec<f64>,
    converged: bool,
    replaced: usize,
}

/// ‖s‖² of each neuron's course divided by √time.
fn unit_norms(data: &ColumnBlocks) -> Vec<f64> {
    data.squared_norms().iter().map(|norm| norm / data.rows() as f64).collect()
}

fn all_zero(penalty: f64, largest: f64) -> Error {
    Error::value(
        format!(
            "with a penalty of {penalty} every code is zero: no atom and course correlate by more than {largest:.4}"
        ),
        format!("give a penalty below {largest:.4}; it is in units of correlation, 0.1 by default"),
    )
}

struct Learner<'a> {
    data: &'a ColumnBlocks,
    options: &'a Dictionary,
    /// How much larger the courses of `data` are than those that the objective is about.
    scale: f64,
    /// ‖s‖² of each neuron, and their sum.
    norms: Vec<f64>,
    total: f64,
    atoms: Array2<f64>,
    /// Blocks as those of `data`, atom × neuron.
    codes: Vec<Array2<f32>>,
    sums: Sums,
    /// ‖s − D·a‖² of each neuron when it was encoded last.
    residuals: Vec<f64>,
    strongest: f32,
}

impl<'a> Learner<'a> {
    fn new(data: &'a ColumnBlocks, norms: Vec<f64>, options: &'a Dictionary, atoms: Array2<f64>) -> Learner<'a> {
        Learner {
            sums: Sums::none(options.atoms, data.rows()),
            codes: data.blocks().iter().map(|block| Array2::zeros((options.atoms, block.ncols()))).collect(),
            residuals: norms.clone(),
            total: norms.iter().sum(),
            scale: (data.rows() as f64).sqrt(),
            strongest: 0.0,
            data,
            options,
            norms,
            atoms,
        }
    }

    /// Epochs until one lowers the objective by no more than the tolerance.
    fn run(&mut self, rng: &mut Xoshiro256PlusPlus, name: &str) -> Result<Run> {
        let options = self.options;
        let mut progress = Progress::new(name, options.epochs as u64);
        let title = name.replace("dictionary", &format!("Dictionary of {} atoms:", options.atoms));
        let live = LiveObjective::new(title, OBJECTIVE);
        let mut run = Run { objective: Vec::new(), converged: false, replaced: 0 };
        while run.objective.len() < options.epochs && !run.converged {
            if !run.objective.is_empty() {
                run.replaced += self.replace_unused(rng);
            }
            self.epoch(rng)?;
            if self.sums.users.iter().all(|&users| users == 0) {
                return Err(all_zero(options.penalty, f64::from(self.strongest)));
            }
            let value = self.objective();
            run.converged = run.objective.last().is_some_and(|&before| before - value <= options.tolerance * before);
            run.objective.push(value);
            progress.advance(1);
            live.show(&run.objective);
        }
        live.finish(&run.objective);
        Ok(run)
    }

    fn encoder(&self) -> Encoder {
        Encoder::new(&self.atoms, self.scale, self.options.penalty, self.options.positive)
    }

    /// Mean over neurons.
    fn objective(&self) -> f64 {
        self.sums.objective(&self.atoms, self.total, self.options.penalty) / self.norms.len() as f64
    }

    /// All neurons are encoded once; the atoms follow after each batch, and have norm 1 in the end.
    fn epoch(&mut self, rng: &mut Xoshiro256PlusPlus) -> Result<()> {
        match self.options.batch {
            Batch::Full => {
                self.sums = Sums::none(self.options.atoms, self.data.rows());
                self.encode_all(ROUGH)?;
                self.sums.improve(&mut self.atoms, PASSES);
            }
            Batch::Mini(size) => {
                for batch in mini_batches(self.data.columns(), size, rng) {
                    self.encode_some(&batch)?;
                    self.sums.improve(&mut self.atoms, 1);
                }
            }
        }
        // A longer atom with smaller codes fits as well, and its codes cost less.
        let norms = normalise(&mut self.atoms);
        self.sums.rescale(&norms);
        let factors = norms.mapv(|norm| norm as f32).insert_axis(Axis(1));
        self.codes.iter_mut().for_each(|codes| *codes *= &factors);
        Ok(())
    }

    /// Encodes all neurons and adds their parts to the sums.
    fn encode_all(&mut self, effort: Effort) -> Result<bool> {
        let encoder = self.encoder();
        let (norms, blocks) = (&self.norms, self.data.blocks());
        let mut converged = true;
        for (first, codes) in (0..).step_by(TOGETHER).zip(self.codes.chunks_mut(TOGETHER)) {
            let (encoded, parts): (Vec<Encoded>, Vec<Part>) = in_pool(|| {
                let one = |(n, codes): (usize, &mut Array2<f32>)| {
                    let (n, block) = (first + n, blocks[first + n].view());
                    let norms = &norms[n * BLOCK..n * BLOCK + block.ncols()];
                    let encoded = encoder.encode(block, norms, codes, effort)?;
                    Ok((encoded, Part::of(block, codes)))
                };
                codes.par_iter_mut().enumerate().map(one).collect::<Result<Vec<_>>>()
            })?
            .into_iter()
            .unzip();
            self.sums.add(&parts, self.scale);
            for (n, encoded) in (first..).zip(encoded) {
                self.residuals[n * BLOCK..n * BLOCK + encoded.residuals.len()].copy_from_slice(&encoded.residuals);
                self.strongest = self.strongest.max(encoded.strongest);
                converged &= encoded.converged;
            }
        }
        Ok(converged)
    }

    /// Encodes some neurons, and puts what they tell now in the place of what they told in the last epoch.
    fn encode_some(&mut self, neurons: &[usize]) -> Result<()> {
        let encoder = self.encoder();
        let (data, all_codes, norms) = (self.data, &self.codes, &self.norms);
        let pieces: Vec<&[usize]> = neurons.chunks(PIECE).collect();
        let (encoded, parts): (Vec<(Array2<f32>, Encoded)>, Vec<Part>) = in_pool(|| {
            let one = |piece: &&[usize]| {
                let (courses, before) = (gather(data.blocks(), piece), gather(all_codes, piece));
                let mut codes = before.clone();
                let norms: Vec<f64> = piece.iter().map(|&neuron| norms[neuron]).collect();
                let encoded = encoder.encode(courses.view(), &norms, &mut codes, ROUGH)?;
                let part = Part::change(courses.view(), &before, &codes);
                Ok(((codes, encoded), part))
            };
            pieces.par_iter().map(one).collect::<Result<Vec<_>>>()
        })?
        .into_iter()
        .unzip();
        self.sums.add(&parts, self.scale);
        for (piece, (codes, encoded)) in pieces.into_iter().zip(encoded) {
            self.strongest = self.strongest.max(encoded.strongest);
            for ((&neuron, code), residual) in piece.iter().zip(codes.columns()).zip(encoded.residuals) {
                self.codes[neuron / BLOCK].column_mut(neuron % BLOCK).assign(&code);
                self.residuals[neuron] = residual;
            }
        }
        Ok(())
    }

    /// Puts the course of a badly explained neuron in the place of each atom that no neuron uses; how many there were.
    fn replace_unused(&mut self, rng: &mut Xoshiro256PlusPlus) -> usize {
        let unused: Vec<usize> = (0..self.options.atoms).filter(|&j| self.sums.users[j] == 0).collect();
        for &j in &unused {
            let total: f64 = self.residuals.iter().sum();
            if total > 0.0 {
                let neuron = draw(&self.residuals, rng.gen_range(0.0..total));
                // Not twice the same.
                self.residuals[neuron] = 0.0;
                self.atoms.row_mut(j).assign(&unit_courses(self.data, &[neuron]).row(0).mapv(f64::from));
            }
        }
        unused.len()
    }

    /// Encodes all neurons to convergence; the objective then, and whether it was reached.
    fn finish(&mut self) -> Result<(f64, bool)> {
        self.sums = Sums::none(self.options.atoms, self.data.rows());
        let exact = self.encode_all(EXACT)?;
        Ok((self.objective(), exact))
    }
}

/// All neurons in random order, some `size` at a time; neighbours stay together.
fn mini_batches(neurons: usize, size: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<Vec<usize>> {
    let together = NEIGHBOURS.min(size);
    let mut groups: Vec<usize> = (0..neurons.div_ceil(together)).collect();
    groups.shuffle(rng);
    let members = |group: &usize| group * together..((group + 1) * together).min(neurons);
    groups.chunks(size.div_ceil(together)).map(|groups| groups.iter().flat_map(members).collect()).collect()
}

/// Some columns of blocks, side by side, row by row as they lie.
fn gather(blocks: &[Array2<f32>], columns: &[usize]) -> Array2<f32> {
    let mut chosen = Array2::zeros((blocks[0].nrows(), columns.len()));
    for (row, mut to) in chosen.rows_mut().into_iter().enumerate() {
        for (to, &column) in to.iter_mut().zip(columns) {
            *to = blocks[column / BLOCK][[row, column % BLOCK]];
        }
    }
    chosen
}
