//! Where the brain is in an EPI image.

use super::Gaussian;
use super::morphology::{dilated, eroded, largest_piece};

/// The share of voxels below which the gap between background and brain is not looked for, and above which not.
const BETWEEN: [f64; 2] = [0.2, 0.85];
/// How often the mask is shrunk before its largest piece is taken, and grown again after.
const OPENING: usize = 2;

/// The brain in a mean EPI image, with the rule of nilearn's `compute_epi_mask` (after Luciani's proposal for SPM): values are sorted, the threshold
/// stands in the widest gap between the 20th and the 85th percentile; the mask is then opened, and its largest piece kept. All values must be finite.
pub(in crate::brain) fn epi_mask(mean: &[f32], shape: [usize; 3]) -> Vec<bool> {
    let mut smooth = mean.to_vec();
    // One voxel wide.
    Gaussian::new([1.0; 3], [1.0; 3]).smooth(&mut smooth, shape);
    let mut sorted = smooth.clone();
    sorted.sort_by(f32::total_cmp);
    let at = |share: f64| (share * sorted.len() as f64).floor() as usize;
    let (lower, upper) = (at(BETWEEN[0]), at(BETWEEN[1]).min(sorted.len().saturating_sub(1)));
    let gap = |n: usize| sorted[n + 1] - sorted[n];
    let mut widest = lower;
    for n in lower..upper {
        if gap(n) > gap(widest) {
            widest = n;
        }
    }
    let Some(&next) = sorted.get(widest + 1) else { return vec![true; mean.len()] };
    let threshold = 0.5 * (sorted[widest] + next);
    let above: Vec<bool> = smooth.iter().map(|v| *v >= threshold).collect();
    let core = largest_piece(&eroded(&above, shape, OPENING), shape);
    eroded(&dilated(&core, shape, 2 * OPENING), shape, OPENING)
}
