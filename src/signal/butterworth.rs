//! Butterworth filters, run forwards and backwards so that nothing is delayed.

use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use ndarray::{Array2, ArrayViewMut2, Axis};
use rayon::prelude::*;

/// Columns that are filtered together.
const BLOCK: usize = 256;

/// Order of the filter.
const ORDER: usize = 5;

/// A Butterworth filter of order 5, applied forwards and backwards (zero phase; the attenuation is that of the filter, twice).
///
/// The values are those of `nilearn.signal.butterworth`, which is scipy's `butter(5, …, output="sos")` and `sosfiltfilt`: beyond its ends a course goes on as its point
/// reflection (2·x₀ − x), and the filter begins in the state of a constant course.
#[derive(Clone, Debug)]
pub struct Butterworth {
    sections: Vec<Section>,
    /// Volumes that are added at each end.
    beyond: usize,
    said: String,
}

/// (b₀ + b₁z⁻¹ + b₂z⁻²) / (1 + a₁z⁻¹ + a₂z⁻²)
#[derive(Clone, Copy, Debug)]
struct Section {
    b: [f64; 3],
    a: [f64; 2],
}

#[derive(Clone, Copy)]
struct Complex {
    re: f64,
    im: f64,
}

impl Complex {
    fn new(re: f64, im: f64) -> Complex {
        Complex { re, im }
    }

    fn times(self, other: Complex) -> Complex {
        Complex::new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }

    fn over(self, other: Complex) -> Complex {
        let size = other.re * other.re + other.im * other.im;
        let product = self.times(Complex::new(other.re, -other.im));
        Complex::new(product.re / size, product.im / size)
    }

    fn plus(self, other: Complex) -> Complex {
        Complex::new(self.re + other.re, self.im + other.im)
    }

    fn scaled(self, by: f64) -> Complex {
        Complex::new(by * self.re, by * self.im)
    }

    fn sqrt(self) -> Complex {
        let size = self.re.hypot(self.im);
        let re = ((size + self.re) / 2.0).max(0.0).sqrt();
        let im = ((size - self.re) / 2.0).max(0.0).sqrt();
        Complex::new(re, if self.im < 0.0 { -im } else { im })
    }
}

impl Butterworth {
    /// Keeps the frequencies above `high_pass` and below `low_pass`, in Hz, of courses with one volume every `tr` seconds.
    ///
    /// ```
    /// use neurocell::signal::Butterworth;
    /// // Resting-state habit: 0.01 to 0.1 Hz.
    /// let band = Butterworth::new(2.0, Some(0.01), Some(0.1))?;
    /// let mut course = ndarray::Array2::from_shape_fn((300, 1), |(t, _)| (t as f64 * 2.4).sin());
    /// band.filter(course.view_mut())?;
    /// // The ends ring, as those of every filter.
    /// assert!(course.iter().skip(60).take(180).all(|v| v.abs() < 0.05));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If neither is given, one is not between 0 and half the sampling rate, or they are in the wrong order.
    pub fn new(tr: f64, high_pass: Option<f64>, low_pass: Option<f64>) -> Result<Butterworth> {
        if !(tr.is_finite() && tr > 0.0) {
            return Err(Error::value(format!("TR is {tr} s"), "give the repetition time in seconds, for example 1.5"));
        }
        let half = 0.5 / tr;
        for (name, frequency) in [("high-pass", high_pass), ("low-pass", low_pass)] {
            if let Some(f) = frequency.filter(|f| !(*f > 0.0 && *f < half)) {
                return Err(Error::value(
                    format!("a {name} frequency of {f} Hz at TR {tr} s, whose courses hold up to {half:.4} Hz"),
                    format!("give a frequency in Hz above 0 and below {half:.4} (a period of 128 s is 0.0078 Hz)"),
                ));
            }
        }
        // Frequencies as the bilinear transform bends them.
        let bent = |f: f64| 4.0 * (std::f64::consts::PI * f * tr).tan();
        let last = ORDER as isize - 1;
        // The upper half of the prototype's poles, the real one last.
        let poles = (0..ORDER.div_ceil(2)).map(|n| {
            let angle = std::f64::consts::PI * (last - 2 * n as isize) as f64 / (2 * ORDER) as f64;
            Complex::new(-angle.cos(), angle.sin())
        });
        let (sections, beyond): (Vec<Section>, usize) = match (high_pass, low_pass) {
            (None, None) => {
                return Err(Error::value(
                    "a filter without a frequency",
                    "give a high-pass or a low-pass frequency in Hz",
                ));
            }
            (None, Some(low)) => {
                let sections = poles.map(|p| section(bilinear(p.scaled(bent(low))), -1.0, 1.0));
                (sections.collect(), 18)
            }
            (Some(high), None) => {
                let sections = poles.map(|p| section(bilinear(Complex::new(bent(high), 0.0).over(p)), 1.0, -1.0));
                (sections.collect(), 18)
            }
            (Some(high), Some(low)) if high >= low => {
                return Err(Error::value(
                    format!("a band from {high} Hz to {low} Hz"),
                    "the high-pass frequency is the lower one: give it first",
                ));
            }
            (Some(high), Some(low)) => {
                let (width, centre) = (bent(low) - bent(high), (bent(low) * bent(high)).sqrt());
                let middle = (centre / 4.0).atan() * 2.0;
                let mut sections = Vec::new();
                for p in poles {
                    let p = p.scaled(0.5 * width);
                    let root = p.times(p).plus(Complex::new(-centre * centre, 0.0)).sqrt();
                    let (one, other) = (bilinear(p.plus(root)), bilinear(p.plus(root.scaled(-1.0))));
                    if p.im.abs() > 1e-12 * width {
                        sections.extend([
                            band_section(one, conjugate(one), middle),
                            band_section(other, conjugate(other), middle),
                        ]);
                    } else {
                        // The real pole splits into a pair.
                        sections.push(band_section(one, other, middle));
                    }
                }
                (sections, 33)
            }
        };
        let said = match (high_pass, low_pass) {
            (Some(high), Some(low)) => format!("Butterworth {high}–{low} Hz"),
            (Some(high), None) => format!("Butterworth above {high} Hz"),
            (_, low) => format!("Butterworth below {} Hz", low.unwrap_or_default()),
        };
        Ok(Butterworth { sections, beyond, said })
    }

    /// Filters each column of `series` (time × column) in place.
    ///
    /// # Errors
    /// If there are too few volumes (33 and more for a band, 18 and more else), or the user stopped the step.
    pub fn filter(&self, mut series: ArrayViewMut2<'_, f64>) -> Result<()> {
        self.check(series.nrows())?;
        in_pool(|| {
            series.axis_chunks_iter_mut(Axis(1), BLOCK).into_par_iter().try_for_each(|mut block| {
                check_cancelled("filtering")?;
                self.block(&mut block);
                Ok(())
            })
        })
    }

    /// An error if a run is too short for the filter.
    pub(crate) fn check(&self, volumes: usize) -> Result<()> {
        match volumes > self.beyond {
            true => Ok(()),
            false => Err(Error::value(
                format!("{volumes} volumes for {self}, which needs more than {}", self.beyond),
                "take a longer run, or the cosine filter: `Cleaning::high_pass`",
            )),
        }
    }

    /// One block of columns, forwards and backwards.
    pub(crate) fn block(&self, block: &mut ArrayViewMut2<'_, f64>) {
        let (rows, columns) = block.dim();
        let beyond = self.beyond;
        let mut long = Array2::<f64>::zeros((rows + 2 * beyond, columns));
        for (n, mut row) in long.rows_mut().into_iter().enumerate() {
            let place = n as isize - beyond as isize;
            let (inside, edge) = match place {
                place if place < 0 => ((-place) as usize, Some(0)),
                place if place as usize >= rows => (2 * (rows - 1) - place as usize, Some(rows - 1)),
                place => (place as usize, None),
            };
            row.assign(&block.row(inside));
            if let Some(edge) = edge {
                row.zip_mut_with(&block.row(edge), |v, e| *v = 2.0 * e - *v);
            }
        }
        self.pass(&mut long, false);
        self.pass(&mut long, true);
        for (mut to, from) in block.rows_mut().into_iter().zip(long.rows().into_iter().skip(beyond)) {
            to.assign(&from);
        }
    }

    /// All sections over all rows, from the first or from the last one on.
    fn pass(&self, values: &mut Array2<f64>, backwards: bool) {
        let (rows, columns) = values.dim();
        let first = if backwards { rows - 1 } else { 0 };
        // What a section gives out for a constant course is the next one's constant.
        let mut level: Vec<f64> = values.row(first).to_vec();
        for section in &self.sections {
            let Section { b, a } = *section;
            let gain = (b[0] + b[1] + b[2]) / (1.0 + a[0] + a[1]);
            let state = [gain - b[0], b[2] - a[1] * gain];
            let mut one: Vec<f64> = level.iter().map(|v| state[0] * v).collect();
            let mut two: Vec<f64> = level.iter().map(|v| state[1] * v).collect();
            for n in 0..rows {
                let mut row = values.row_mut(if backwards { rows - 1 - n } else { n });
                let Some(row) = row.as_slice_mut() else { continue };
                for c in 0..columns {
                    let x = row[c];
                    let y = b[0] * x + one[c];
                    one[c] = b[1] * x - a[0] * y + two[c];
                    two[c] = b[2] * x - a[1] * y;
                    row[c] = y;
                }
            }
            level.iter_mut().for_each(|v| *v *= gain);
        }
    }
}

impl std::fmt::Display for Butterworth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.said)
    }
}

fn conjugate(p: Complex) -> Complex {
    Complex::new(p.re, -p.im)
}

/// From the s-plane to the z-plane: (4 + s) / (4 − s), for frequencies in half the sampling rate.
fn bilinear(s: Complex) -> Complex {
    Complex::new(4.0 + s.re, s.im).over(Complex::new(4.0 - s.re, -s.im))
}

/// A pole with its conjugate (or a real one), with zeros at `zero`, and a gain of 1 at z = `pass`.
fn section(pole: Complex, zero: f64, pass: f64) -> Section {
    let (b, a) = match pole.im.abs() > 1e-14 {
        true => ([1.0, -2.0 * zero, zero * zero], [-2.0 * pole.re, pole.re * pole.re + pole.im * pole.im]),
        false => ([1.0, -zero, 0.0], [-pole.re, 0.0]),
    };
    let at = |c: [f64; 3]| c[0] + c[1] * pass + c[2];
    let gain = at([1.0, a[0], a[1]]) / at(b);
    Section { b: b.map(|v| v * gain), a }
}

/// Two poles that are conjugate, or both real, with zeros at 1 and −1, and a gain of 1 at the angle `middle`.
fn band_section(one: Complex, other: Complex, middle: f64) -> Section {
    let a = [-(one.re + other.re), one.times(other).re];
    let z1 = Complex::new(middle.cos(), -middle.sin());
    let z2 = z1.times(z1);
    let below = Complex::new(1.0, 0.0).plus(z1.scaled(a[0])).plus(z2.scaled(a[1]));
    let above = Complex::new(1.0, 0.0).plus(z2.scaled(-1.0));
    let gain = below.re.hypot(below.im) / above.re.hypot(above.im);
    Section { b: [gain, 0.0, -gain], a }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn reference(name: &str) -> Array2<f64> {
        let path = format!("{}/tests/reference/signal/{name}.npy", env!("CARGO_MANIFEST_DIR"));
        ndarray_npy::read_npy(path).unwrap()
    }

    #[test]
    fn filtered_courses_are_those_of_nilearn() {
        for (name, high, low) in [
            ("low", None, Some(0.1)),
            ("high", Some(0.01), None),
            ("band", Some(0.01), Some(0.08)),
            ("wide", Some(0.005), Some(0.24)),
        ] {
            let mut series = reference("courses");
            Butterworth::new(2.0, high, low).unwrap().filter(series.view_mut()).unwrap();
            let expected = reference(name);
            let largest = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            let off = series.iter().zip(&expected).fold(0.0f64, |m, (a, b)| m.max((a - b).abs()));
            assert!(off < 1e-8 * largest, "{name}: {off} of {largest}");
        }
    }

    #[test]
    fn frequencies_that_cannot_be_are_refused_with_the_limit() {
        assert!(Butterworth::new(2.0, None, Some(0.3)).unwrap_err().problem().contains("0.25"));
        assert!(Butterworth::new(2.0, Some(128.0), None).unwrap_err().advice().contains("0.0078"));
        assert!(Butterworth::new(2.0, Some(0.1), Some(0.01)).unwrap_err().problem().contains("0.1 Hz to 0.01 Hz"));
        assert!(Butterworth::new(2.0, None, None).is_err());
        let short = Butterworth::new(2.0, Some(0.01), Some(0.1)).unwrap().filter(Array2::zeros((33, 1)).view_mut());
        assert!(short.unwrap_err().problem().contains("33 volumes"));
    }
}
