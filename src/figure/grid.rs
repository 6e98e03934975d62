//! Several figures as one.

use super::drawn::Figure;
use super::sheet::{Heading, MARGIN, Shape, Sheet, Text};
use crate::error::{Error, Result};
use crate::provenance::Provenance;

/// Figures of a grid at most, and the longest side of its page.
const MOST: usize = 64;
const LONGEST: f64 = 20_000.0;
/// Font size of the letters, and the room at the left of a figure that they take.
const LETTER: f64 = 18.0;
const ASIDE: f64 = 18.0;

/// Options of [`grid_with`].
#[derive(Clone, Debug)]
pub struct Grid {
    /// Figures in a row. Default 2.
    pub columns: usize,
    /// Whether a letter (a, b, c, …) stands at each figure's upper left corner. Default true.
    pub letters: bool,
    /// The title above all. Default none.
    pub title: String,
    /// Pixels between figures, besides their own margins. Default 8.
    pub gap: f64,
}

impl Default for Grid {
    fn default() -> Grid {
        Grid { columns: 2, letters: true, title: String::new(), gap: 8.0 }
    }
}

impl Grid {
    /// Figures in a row.
    pub fn columns(self, columns: usize) -> Grid {
        Grid { columns, ..self }
    }

    /// Whether a letter stands at each figure's upper left corner.
    pub fn letters(self, letters: bool) -> Grid {
        Grid { letters, ..self }
    }

    /// The title above all.
    pub fn title(self, title: impl Into<String>) -> Grid {
        Grid { title: title.into(), ..self }
    }

    /// Pixels between figures.
    pub fn gap(self, gap: f64) -> Grid {
        Grid { gap, ..self }
    }
}

/// Several figures in one, row by row, `columns` in a row, with letters a, b, c, …
///
/// Figures keep their sizes ([`Figure::width_px`]) and stand at the upper left of their cells; lines stay lines and text
/// stays text.
///
/// # Errors
/// If there is no figure, more than 64, no column, figures are light and dark, or the page is longer than 20,000 pixels.
///
/// ```
/// use neurocell::figure::{bars, grid};
/// let one = bars(&["story", "voice"], &[3.1, 2.4], "Pattern 3", "z")?;
/// let two = bars(&["rain", "door"], &[2.2, 1.9], "Pattern 7", "z")?;
/// let both = grid(&[one, two], 2)?.width_inches(6.5);
/// assert!(both.svg()?.contains("Pattern 7"));
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn grid(figures: &[Figure], columns: usize) -> Result<Figure> {
    grid_with(figures, Grid::default().columns(columns))
}

/// Several figures in one, as the options say.
///
/// # Errors
/// As [`grid`], or if the gap is negative.
///
/// ```
/// use neurocell::figure::{Grid, bars, grid_with};
/// let one = bars(&["story", "voice"], &[3.1, 2.4], "Pattern 3", "z")?;
/// let options = Grid::default().columns(1).letters(false).title("Words").gap(0.0);
/// let above_each_other = grid_with(&[one.clone(), one], options)?;
/// assert_eq!(above_each_other.size()[0], 640);
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn grid_with(figures: &[Figure], options: Grid) -> Result<Figure> {
    check(figures, &options)?;
    let columns = options.columns.min(figures.len());
    let aside = if options.letters { ASIDE } else { 0.0 };
    let sizes: Vec<[f64; 2]> = figures.iter().map(Figure::exact_size).collect();
    let widest = |column: usize| sizes.iter().skip(column).step_by(columns).map(|s| s[0]).fold(0.0, f64::max);
    let widths: Vec<f64> = (0..columns).map(|column| aside + widest(column)).collect();
    let heights: Vec<f64> = sizes.chunks(columns).map(|row| row.iter().map(|s| s[1]).fold(0.0, f64::max)).collect();
    let with_gaps = |sides: &[f64]| sides.iter().sum::<f64>() + options.gap * (sides.len() - 1) as f64;
    let width = with_gaps(&widths);
    let heading = Heading::new(&options.title, "", width);
    // Without a title the figures' own margins do.
    let above = if options.title.trim().is_empty() { 0.0 } else { heading.height() };
    let height = above + with_gaps(&heights);
    if width.max(height) > LONGEST {
        return Err(Error::value(
            format!("a grid of {width:.0} × {height:.0} pixels; the longest side may have {LONGEST}"),
            "make the figures smaller first: `figure.width_px(600)`, or take fewer",
        ));
    }
    let mut sheet = Sheet::new(width, height);
    if above > 0.0 {
        sheet.heading(&heading);
    }
    for (n, figure) in figures.iter().enumerate() {
        let (column, row) = (n % columns, n / columns);
        let left = widths[..column].iter().sum::<f64>() + options.gap * column as f64;
        let top = above + heights[..row].iter().sum::<f64>() + options.gap * row as f64;
        if options.letters {
            // On the line of the figure's title.
            let at = [left + 8.0, top + MARGIN + LETTER - 2.0];
            sheet.shapes.push(Shape::Words { at, text: Text::new(letter(n), LETTER).bold() });
        }
        sheet.shapes.extend(figure.placed([left + aside, top]));
    }
    let said: Vec<&str> = figures.iter().map(Figure::alt).collect();
    let mut made = Provenance::step("grid")
        .option("columns", options.columns)
        .option("letters", options.letters)
        .option("title", &options.title)
        .option("gap", options.gap);
    for (n, figure) in figures.iter().enumerate() {
        made = made.input(&format!("figure {}", letter(n)), figure);
    }
    let title = if options.title.is_empty() { String::new() } else { format!("{}: ", options.title) };
    let alt = format!("{title}{} figures: {}", figures.len(), said.join("; "));
    Ok(Figure::new(sheet, alt).made(made).theme(figures[0].own_theme()))
}

fn check(figures: &[Figure], options: &Grid) -> Result<()> {
    if figures.is_empty() || figures.len() > MOST {
        return Err(Error::value(
            format!("a grid of {} figures; it holds 1 to {MOST}", figures.len()),
            "make several grids, each with its own title",
        ));
    }
    if options.columns == 0 {
        return Err(Error::value("a grid of 0 columns", "give the number of figures in a row, 2 for example"));
    }
    if !(options.gap >= 0.0 && options.gap <= 1000.0) {
        return Err(Error::value(format!("a gap of {} pixels", options.gap), "give 0 to 1,000 pixels; 8 are usual"));
    }
    let theme = figures[0].own_theme();
    if let Some(other) = figures.iter().position(|figure| figure.own_theme() != theme) {
        return Err(Error::value(
            format!(
                "figure {} is {theme:?}, figure {} is {:?}: one page cannot be both",
                letter(0),
                letter(other),
                figures[other].own_theme()
            ),
            "give all the same theme first: `figure.theme(Theme::Light)`",
        ));
    }
    for figure in figures {
        figure.check()?;
    }
    Ok(())
}

/// a to z, then aa, ab and so on.
fn letter(n: usize) -> String {
    let sign = |n: usize| char::from(b'a' + (n % 26) as u8);
    if n < 26 { sign(n).to_string() } else { format!("{}{}", sign(n / 26 - 1), sign(n)) }
}
