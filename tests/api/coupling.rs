//! False discovery rates through the public API; matching and sub-groups are tested where a scan is at hand, in `simulate`.

use crate::reference::array;
use ndarray::Array1;
use neurocell::coupling::benjamini_hochberg;

#[test]
fn q_values_are_those_of_scipy() {
    let (p, expected): (Array1<f64>, Array1<f64>) = (array("coupling/fdr_p"), array("coupling/fdr_q"));
    let q = benjamini_hochberg(&p.to_vec()).unwrap();
    for (i, (found, expected)) in q.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < 1e-12, "q number {i} is {found}, scipy has {expected}");
    }
}
