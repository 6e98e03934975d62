//! Curves as plain data: what was measured over what was varied.

use crate::error::{Error, Result};

/// What a curve stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CurveKind {
    /// Something that was tried: a line of its own colour.
    #[default]
    Method,
    /// What could be reached at best (an oracle, a noise ceiling): a dashed line.
    Bound,
}

/// One curve: points with, if known, the two ends of an interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// Where each point lies, ascending.
    pub x: Vec<f64>,
    /// The points' values.
    pub y: Vec<f64>,
    /// Lower ends of intervals; empty where there are none.
    pub low: Vec<f64>,
    /// Upper ends of intervals; empty where there are none.
    pub high: Vec<f64>,
    /// What it stands for.
    pub kind: CurveKind,
}

impl Curve {
    /// A curve without intervals.
    pub fn new(name: impl Into<String>, x: &[f64], y: &[f64]) -> Curve {
        let (x, y) = (x.to_vec(), y.to_vec());
        Curve { name: name.into(), x, y, low: Vec::new(), high: Vec::new(), kind: CurveKind::Method }
    }

    /// With intervals: their lower and upper ends.
    pub fn between(self, low: &[f64], high: &[f64]) -> Curve {
        Curve { low: low.to_vec(), high: high.to_vec(), ..self }
    }

    /// As what could be reached at best.
    pub fn bound(self) -> Curve {
        Curve { kind: CurveKind::Bound, ..self }
    }
}

/// Curves over one axis, with what they are called: what [`recovery_curves`] draws.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CurveSet {
    /// The title.
    pub title: String,
    /// A line below it: how many data sets, what the intervals are.
    pub remark: String,
    /// What is varied, with its unit.
    pub x: String,
    /// What is measured, with its unit.
    pub y: String,
    /// The curves.
    pub curves: Vec<Curve>,
    /// The value that chance gives: a dotted line.
    pub chance: Option<f64>,
    /// The lowest and the highest value of the axis. Default: from the data.
    pub range: Option<[f64; 2]>,
    /// Whether equal steps of the horizontal axis are equal factors. Default false.
    pub logarithmic: bool,
}

impl CurveSet {
    /// No curves yet, of what is measured (`y`) over what is varied (`x`), both with their units.
    pub fn new(x: impl Into<String>, y: impl Into<String>) -> CurveSet {
        CurveSet { x: x.into(), y: y.into(), ..CurveSet::default() }
    }

    /// The title.
    pub fn title(self, title: impl Into<String>) -> CurveSet {
        CurveSet { title: title.into(), ..self }
    }

    /// A line below the title.
    pub fn remark(self, remark: impl Into<String>) -> CurveSet {
        CurveSet { remark: remark.into(), ..self }
    }

    /// One curve more.
    pub fn curve(mut self, curve: Curve) -> CurveSet {
        self.curves.push(curve);
        self
    }

    /// The value that chance gives.
    pub fn chance(self, value: f64) -> CurveSet {
        CurveSet { chance: Some(value), ..self }
    }

    /// The lowest and the highest value of the axis.
    pub fn range(self, low: f64, high: f64) -> CurveSet {
        CurveSet { range: Some([low, high]), ..self }
    }

    /// Equal steps of the horizontal axis are equal factors.
    pub fn logarithmic(self) -> CurveSet {
        CurveSet { logarithmic: true, ..self }
    }

    /// What cannot be drawn is named.
    pub(super) fn check(&self) -> Result<()> {
        if self.curves.is_empty() {
            return Err(Error::value("0 curves", "add at least one: `self.curve(Curve::new(\"found\", &x, &y))`"));
        }
        for curve in &self.curves {
            let (name, count) = (&curve.name, curve.x.len());
            let bands =
                curve.low.is_empty() && curve.high.is_empty() || curve.low.len() == count && curve.high.len() == count;
            if count == 0 || curve.y.len() != count || !bands {
                return Err(Error::shape(
                    format!(
                        "the curve `{name}` has {count} x, {} y, {} lower and {} upper ends",
                        curve.y.len(),
                        curve.low.len(),
                        curve.high.len()
                    ),
                    "give one of each for every point, or no ends at all",
                ));
            }
            let all = [&curve.x, &curve.y, &curve.low, &curve.high].into_iter().flatten();
            if let Some(bad) = all.into_iter().find(|v| !v.is_finite()) {
                return Err(Error::value(format!("the curve `{name}` has the value {bad}"), "leave the point out"));
            }
            if let Some(pair) = curve.x.windows(2).find(|pair| pair[0] >= pair[1]) {
                return Err(Error::value(
                    format!("x of the curve `{name}` goes from {} to {}", pair[0], pair[1]),
                    "give points in ascending order, each x once",
                ));
            }
            if self.logarithmic && curve.x[0] <= 0.0 {
                return Err(Error::value(
                    format!("the curve `{name}` begins at x = {} on a logarithmic axis", curve.x[0]),
                    "leave that point out, or take a linear axis",
                ));
            }
            if let Some(n) = (0..curve.low.len()).find(|n| curve.low[*n] > curve.high[*n]) {
                return Err(Error::value(
                    format!(
                        "the interval of `{name}` at x = {} runs from {} to {}",
                        curve.x[n], curve.low[n], curve.high[n]
                    ),
                    "give the lower ends first: `.between(&low, &high)`",
                ));
            }
        }
        let sound = |range: [f64; 2]| range[0] < range[1] && range.iter().all(|v| v.is_finite());
        match (self.range, self.chance) {
            (Some(range), _) if !sound(range) => {
                Err(Error::value(format!("an axis from {} to {}", range[0], range[1]), "give the lower end first"))
            }
            (_, Some(chance)) if !chance.is_finite() => {
                Err(Error::value(format!("chance is {chance}"), "leave it out"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::recovery_curves;

    #[test]
    fn what_makes_no_curve_is_named() {
        let set = |curve: Curve| CurveSet::new("SNR", "AUC").curve(curve);
        let said = |set: CurveSet| recovery_curves(&set).unwrap_err().problem().to_owned();
        assert!(said(CurveSet::new("x", "y")).contains("0 curves"));
        assert!(said(set(Curve::new("a", &[1.0, 2.0], &[1.0]))).contains("`a` has 2 x, 1 y"));
        assert!(said(set(Curve::new("a", &[2.0, 1.0], &[1.0, 1.0]))).contains("from 2 to 1"));
        assert!(said(set(Curve::new("a", &[0.0], &[1.0])).logarithmic()).contains("logarithmic"));
        assert!(said(set(Curve::new("a", &[1.0], &[f64::NAN]))).contains("NaN"));
        assert!(said(set(Curve::new("a", &[1.0], &[1.0]).between(&[2.0], &[0.0]))).contains("from 2 to 0"));
        assert!(said(set(Curve::new("a", &[1.0], &[1.0])).range(1.0, 0.0)).contains("from 1 to 0"));
        recovery_curves(&set(Curve::new("one", &[1.0], &[1.0]))).unwrap().png().unwrap();
    }
}
