//! Which neurons drive which network.

use super::options::{Planting, Simulation};
use super::random::stream;
use crate::activation::NeuronSeries;
use crate::brain::Networks;
use crate::clock::Clock;
use crate::coupling::correlate::{centre, pearson, with_columns};
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use ndarray::{Array1, ArrayView1, s};
use rand::Rng;
use rand::seq::SliceRandom;

/// The neurons that drive one network, and what they do together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Row of the network.
    pub(super) network: usize,
    /// Columns of the series, the seed neuron first.
    pub(super) columns: Vec<usize>,
    /// +1 or −1: with which sign each enters the mean.
    pub(super) signs: Vec<f32>,
    /// The planted course, z-scored in each run.
    pub(super) course: Array1<f32>,
}

/// Two groups whose courses correlate more than this could not be told apart by any analysis.
pub(super) const MOST_ALIKE: f64 = 0.7;
const ATTEMPTS: usize = 200;

/// Two single neurons that drive something correlate no more than this.
const SINGLE_APART: f64 = 0.4;

/// A group for each driven network, in the networks' order: the neurons that are named, or else drawn. No neuron is in two groups.
pub(super) fn plant(options: &Simulation, series: &NeuronSeries, networks: &Networks) -> Result<Vec<Group>> {
    let driven = options.driven(networks)?;
    let size = options.group_size();
    let mut free: Vec<usize> =
        (0..series.data().ncols()).filter(|&c| varies(series.data().column(c), series.clock())).collect();
    let mut groups = named(options, series, networks, &free)?;
    groups.iter().for_each(|group| free.retain(|c| !group.columns.contains(c)));
    let drawn: Vec<usize> = driven.into_iter().filter(|row| groups.iter().all(|g| g.network != *row)).collect();
    if free.len() < size * drawn.len() {
        return Err(Error::value(
            format!(
                "{} networks with groups of {size} neurons need {}, and {} neurons vary in each run{}",
                drawn.len(),
                size * drawn.len(),
                free.len(),
                if groups.is_empty() { "" } else { " and are not named for others" }
            ),
            "take smaller groups, drive fewer networks, or take a longer stimulus",
        ));
    }
    let mut rng = stream(options.planted_by(), "groups", 0);
    for network in drawn {
        let mut found = None;
        for _ in 0..ATTEMPTS {
            check_cancelled("choosing neurons")?;
            let (columns, signs) = match options.planting {
                // `free` holds at least one group, so there is a seed.
                Planting::Together => match free.choose(&mut rng) {
                    Some(&seed) => together(seed, &free, series, size),
                    None => break,
                },
                Planting::Scattered => {
                    let some = free.choose_multiple(&mut rng, size).copied().collect::<Vec<usize>>();
                    let signs = vec![1.0; some.len()];
                    (some, signs)
                }
                Planting::Single => (single(&mut rng, &free, &groups, series, size), vec![1.0; size]),
            };
            if columns.len() < size {
                continue;
            }
            let course = mean_course(&columns, &signs, series);
            let apart = groups.iter().all(|g| pearson(g.course.view(), course.view()).abs() <= MOST_ALIKE);
            if apart && varies(course.view(), series.clock()) {
                found = Some(Group { network, columns, signs, course });
                break;
            }
        }
        let group = found.ok_or_else(|| {
            let apart = match options.planting {
                Planting::Single => format!(" ({SINGLE_APART} for any two single neurons)"),
                Planting::Together | Planting::Scattered => String::new(),
            };
            Error::value(
                format!(
                    "no {size} neurons for {} whose course correlates less than {MOST_ALIKE} with those of the other networks{apart}, in {ATTEMPTS} draws",
                    networks.names()[network]
                ),
                "take a longer stimulus, smaller groups, or drive fewer networks",
            )
        })?;
        free.retain(|c| !group.columns.contains(c));
        groups.push(group);
    }
    groups.sort_by_key(|group| group.network);
    Ok(groups)
}

/// The groups whose neurons are named; `varying` are the columns that vary in each run.
fn named(options: &Simulation, series: &NeuronSeries, networks: &Networks, varying: &[usize]) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    for (name, addresses) in &options.named {
        let network = networks.row(name)?;
        let mut columns = Vec::new();
        for address in addresses {
            let column = series.neurons().column(address.parse()?)?;
            let twice = columns.contains(&column) || groups.iter().any(|g| g.columns.contains(&column));
            if twice {
                return Err(Error::value(
                    format!("neuron {address} is named twice"),
                    "a neuron drives one network: name others",
                ));
            }
            if varying.binary_search(&column).is_err() {
                return Err(Error::value(
                    format!("neuron {address}, named for {name}, is constant in some run"),
                    "name others, or take a longer stimulus",
                ));
            }
            columns.push(column);
        }
        let signs = vec![1.0; columns.len()];
        let course = mean_course(&columns, &signs, series);
        for other in &groups {
            let r = pearson(other.course.view(), course.view());
            if r.abs() > MOST_ALIKE {
                return Err(Error::value(
                    format!(
                        "the courses of the neurons named for {} and {name} correlate by {r:.2}; above |r| = {MOST_ALIKE} no analysis could tell the networks apart",
                        networks.names()[other.network]
                    ),
                    "name other neurons for one of the two",
                ));
            }
        }
        groups.push(Group { network, columns, signs, course });
    }
    Ok(groups)
}

/// Neurons drawn one by one, each of which correlates little with those before it and with all that drive another network; fewer than `size` if
/// none is found.
fn single(rng: &mut impl Rng, free: &[usize], groups: &[Group], series: &NeuronSeries, size: usize) -> Vec<usize> {
    let data = series.data();
    let taken: Vec<usize> = groups.iter().flat_map(|group| group.columns.iter().copied()).collect();
    let mut columns: Vec<usize> = Vec::new();
    for _ in 0..ATTEMPTS {
        let Some(&candidate) = free.choose(rng) else { break };
        let mut others = taken.iter().chain(&columns);
        if others.all(|&c| c != candidate && pearson(data.column(c), data.column(candidate)).abs() <= SINGLE_APART) {
            columns.push(candidate);
        }
        if columns.len() == size {
            break;
        }
    }
    columns
}

/// The seed and the free neurons of greatest |r| with it.
fn together(seed: usize, free: &[usize], series: &NeuronSeries, count: usize) -> (Vec<usize>, Vec<f32>) {
    let mut r = with_columns(series.data().column(seed), series.data());
    // Rounding must not let a twin of the seed come before it.
    r[seed] = 2.0;
    let mut order = free.to_vec();
    order.sort_by(|&a, &b| r[b].abs().total_cmp(&r[a].abs()));
    order.truncate(count);
    let signs = order.iter().map(|&c| if r[c] < 0.0 { -1.0 } else { 1.0 }).collect();
    (order, signs)
}

/// Mean of the neurons' z-scored courses, each with its sign; z-scored in each run.
fn mean_course(columns: &[usize], signs: &[f32], series: &NeuronSeries) -> Array1<f32> {
    let mut mean = Array1::<f32>::zeros(series.clock().total());
    for (&column, &sign) in columns.iter().zip(signs) {
        mean.scaled_add(sign / columns.len() as f32, &z_scored(series.data().column(column), series.clock()));
    }
    z_scored(mean.view(), series.clock())
}

/// z-score in each run; 0 in a run where the course is constant.
pub(super) fn z_scored(course: ArrayView1<f32>, clock: &Clock) -> Array1<f32> {
    let mut z = Array1::zeros(course.len());
    for run in 0..clock.runs() {
        let part = course.slice(s![clock.rows(run)]);
        if let Some((mean, norm)) = centre(part) {
            let sd = norm / (part.len() as f64).sqrt();
            z.slice_mut(s![clock.rows(run)]).zip_mut_with(&part, |z, &v| *z = ((f64::from(v) - mean) / sd) as f32);
        }
    }
    z
}

fn varies(course: ArrayView1<f32>, clock: &Clock) -> bool {
    (0..clock.runs()).all(|run| centre(course.slice(s![clock.rows(run)])).is_some())
}
