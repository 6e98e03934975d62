//! How far two courses, or two maps, are from each other.

use std::fmt;

/// How far two courses (or two maps) x and y are from each other.
///
/// | | distance | between z-scored courses of T time points |
/// |---|---|---|
/// | `Euclidean` | ‖x − y‖ | √(2T(1 − r)) |
/// | `Correlation` | 1 − r, r being Pearson's correlation | 0 (same shape) to 2 (opposite) |
/// | `AbsoluteCorrelation` | 1 − \|r\| | 0 (same or opposite shape) to 1 (unrelated) |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Distance {
    /// ‖x − y‖.
    Euclidean,
    /// 1 − r.
    #[default]
    Correlation,
    /// 1 − |r|.
    AbsoluteCorrelation,
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Distance::Euclidean => "Euclidean",
            Distance::Correlation => "1 − r",
            Distance::AbsoluteCorrelation => "1 − |r|",
        })
    }
}
