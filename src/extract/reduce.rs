//! All subjects' courses in one matrix: as they are, or each subject's time points reduced to its leading principal components.

use super::subjects::{Subject, Subjects};
use crate::brain::Mask;
use crate::error::{Error, Result};
use crate::linalg::ColumnBlocks;
use crate::pattern::{Need, Solver, leading_vectors};
use ndarray::{Array1, Axis};

/// What is kept of a subject's time points.
#[derive(Clone, Copy)]
pub(super) enum Keep {
    All,
    /// So many principal components (fewer where there are not as many), or all volumes where they are no more; each component as large as its
    /// singular value, or all of norm 1.
    Components {
        most: usize,
        whitened: bool,
    },
}

/// Time points or components of all subjects, one below the other.
pub(super) struct Reduced {
    /// Rows of all subjects × voxels that vary in every one of them.
    pub data: ColumnBlocks,
    pub mask: Mask,
    /// Voxels of the mask that are the columns.
    pub live: Vec<usize>,
    pub left_out: Vec<usize>,
    /// Volumes of all subjects.
    pub volumes: usize,
}

/// Reads all subjects once; none may have fewer than `least` independent courses.
pub(super) fn reduce(subjects: &Subjects, keep: Keep, least: usize, seed: u64) -> Result<Reduced> {
    let (mut parts, mut volumes): (Vec<ColumnBlocks>, usize) = (Vec::new(), 0);
    let mut varies: Vec<bool> = Vec::new();
    let mask = subjects.each("subjects, reduced", |_, subject| {
        check_count(&subject, least)?;
        volumes += subject.data.rows();
        match varies.is_empty() {
            true => varies = subject.varies.clone(),
            false => varies.iter_mut().zip(&subject.varies).for_each(|(all, own)| *all &= own),
        }
        if !varies.contains(&true) {
            return Err(Error::value(
                format!("up to {}, no voxel varies in every subject", subject.series.name()),
                "look at that series: is it of the same brain region as the others, and was it read in the right scale?",
            ));
        }
        parts.push(match keep {
            Keep::Components { most, whitened } if most < subject.data.rows() => {
                components(&subject, most, whitened, seed)?
            }
            _ => subject.data,
        });
        Ok(())
    })?;
    let (live, left_out): (Vec<usize>, Vec<usize>) = (0..varies.len()).partition(|&voxel| varies[voxel]);
    Ok(Reduced { data: stacked(parts, &live), mask, live, left_out, volumes })
}

fn check_count(subject: &Subject, least: usize) -> Result<()> {
    let freedom = subject.freedom();
    if least > freedom {
        return Err(Error::value(
            format!(
                "{least} networks were asked for; {} has {} volumes in {} run(s), which allow {freedom}",
                subject.series.name(),
                subject.data.rows(),
                subject.series.clock().runs()
            ),
            format!("ask for {freedom} or fewer; far fewer than there are volumes is usual"),
        ));
    }
    Ok(())
}

/// Uᵀ·X: the leading components' maps, each as large as its singular value.
fn components(subject: &Subject, most: usize, whitened: bool, seed: u64) -> Result<ColumnBlocks> {
    let most = most.min(subject.freedom()).min(subject.data.columns());
    let basis = leading_vectors(&subject.data, None, most, Solver::BySize, Need::Space, seed)?;
    let mut left = basis.vectors.reversed_axes();
    if whitened {
        left /= &Array1::from_iter(basis.values.iter().map(|value| value.sqrt())).insert_axis(Axis(1));
    }
    Ok(subject.data.times(left.mapv(|v| v as f32).view()))
}

/// The parts' rows one below the other, at the chosen columns.
fn stacked(parts: Vec<ColumnBlocks>, live: &[usize]) -> ColumnBlocks {
    let chosen = |part: ColumnBlocks| match part.columns() == live.len() {
        true => part,
        false => ColumnBlocks::of(part.rows(), live.len(), |columns| part.select(&live[columns])),
    };
    ColumnBlocks::stacked(parts.into_iter().map(chosen).collect())
}
