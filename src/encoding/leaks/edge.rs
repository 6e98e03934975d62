//! α at an end of its grid.

/// Voxels below this held-out r are not predicted, and want the largest α whatever the grid.
const PREDICTED: f32 = 0.1;
/// Share of the predicted voxels at one end from which on the grid is too narrow.
const MANY: f64 = 0.05;

/// A warning if the best α of many predicted voxels (held-out r of 0.1 and more) is the smallest or the largest of the grid, with the side and the number.
pub(in crate::encoding) fn edge_warning(alphas: &[f32], grid: &[f64], r: &[f32]) -> Option<String> {
    let (&low, &high) = (grid.first()?, grid.last()?);
    if low == high {
        return None;
    }
    let predicted: Vec<f32> = alphas.iter().zip(r).filter(|(_, r)| **r >= PREDICTED).map(|(alpha, _)| *alpha).collect();
    let at = |end: f64| predicted.iter().filter(|alpha| **alpha == end as f32).count();
    let sides = [(at(low), low, "smallest", "lower"), (at(high), high, "largest", "higher")];
    let many = sides.iter().filter(|(count, ..)| *count as f64 > MANY * predicted.len() as f64);
    let said: Vec<String> = many
        .map(|(count, alpha, which, way)| {
            format!("{count} of {} predicted voxels (r ≥ {PREDICTED}) have the {which} α of the grid, {alpha}: let it go {way}", predicted.len())
        })
        .collect();
    (!said.is_empty()).then(|| said.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_that_ends_too_early_is_said_with_its_side() {
        let grid = [1.0, 10.0, 100.0];
        let r = [0.5, 0.4, 0.3, 0.02];
        let low = edge_warning(&[1.0, 1.0, 10.0, 100.0], &grid, &r).unwrap();
        assert!(
            low.starts_with("2 of 3 predicted voxels (r ≥ 0.1) have the smallest α of the grid, 1: let it go lower"),
            "{low}"
        );
        assert!(!low.contains("largest"), "a voxel that is not predicted does not count: {low}");
        let high = edge_warning(&[100.0, 10.0, 10.0, 1.0], &grid, &r).unwrap();
        assert!(
            high.starts_with("1 of 3") && high.ends_with("the largest α of the grid, 100: let it go higher"),
            "{high}"
        );
        assert_eq!(edge_warning(&[10.0, 10.0, 10.0, 100.0], &grid, &r), None);
        assert_eq!(edge_warning(&[1.0], &[1.0], &[0.9]), None, "a single α was not chosen");
    }
}
