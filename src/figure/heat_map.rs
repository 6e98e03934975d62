//! A matrix as colours: patterns × networks.

use super::axis::{Scale, brief};
use super::colour::{contrast, diverging, sequential};
use super::colour_bar::colour_bar;
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, Colour, FRAME, Heading, INK, LABEL, MARGIN, Pixels, SOFT, Sheet, TICK, Text};
use crate::error::{Error, Result};
use crate::hex::hex;
use crate::provenance::Provenance;
use ndarray::{Array2, Axis};
use sha2::{Digest, Sha256};

/// Rows and columns that are drawn at most.
const MOST_ROWS: usize = 400;
const MOST_COLUMNS: usize = 120;
/// Font size of stars.
const STAR: f64 = 12.0;

/// Options of [`heat_map`].
#[derive(Clone, Debug, Default)]
pub struct HeatMap {
    /// The title. Default none.
    pub title: String,
    /// The values' unit, above the colour bar. Default none.
    pub unit: String,
    /// What the rows are ("pattern"). Default none.
    pub rows_are: String,
    /// What the columns are ("network"). Default none.
    pub columns_are: String,
    /// Cells that carry a dot, and what the dot means ("q < 0.05"). Default none.
    pub marks: Option<(Array2<bool>, String)>,
    /// Order in which rows are drawn from above, each row once. Default: as given.
    pub row_order: Option<Vec<usize>>,
    /// Largest absolute value of the scale; greater values get the end's colour. Default: the largest in the data.
    pub limit: Option<f64>,
    /// q of each cell, and the three levels below which it carries one, two and three stars. Default none.
    pub stars: Option<(Array2<f64>, [f64; 3])>,
    /// A line below the title. Default none.
    pub remark: String,
    /// Draw from the smallest value to the largest in one hue order, rather than symmetrically around zero. Default false.
    pub one_sided: bool,
}

impl HeatMap {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> HeatMap {
        HeatMap { title: title.into(), ..self }
    }

    /// The values' unit.
    pub fn unit(self, unit: impl Into<String>) -> HeatMap {
        HeatMap { unit: unit.into(), ..self }
    }

    /// What rows and columns are.
    pub fn axes(self, rows_are: impl Into<String>, columns_are: impl Into<String>) -> HeatMap {
        HeatMap { rows_are: rows_are.into(), columns_are: columns_are.into(), ..self }
    }

    /// Cells that carry a dot, and what the dot means.
    pub fn marks(self, marks: Array2<bool>, meaning: impl Into<String>) -> HeatMap {
        HeatMap { marks: Some((marks, meaning.into())), ..self }
    }

    /// Stars for q: one below the first of the three levels ([0.05, 0.01, 0.001] say), two below the second, three below the third.
    pub fn stars(self, q: Array2<f64>, levels: [f64; 3]) -> HeatMap {
        HeatMap { stars: Some((q, levels)), ..self }
    }

    /// A line below the title.
    pub fn remark(self, remark: impl Into<String>) -> HeatMap {
        HeatMap { remark: remark.into(), ..self }
    }

    /// Order of the rows from above.
    pub fn row_order(self, order: Vec<usize>) -> HeatMap {
        HeatMap { row_order: Some(order), ..self }
    }

    /// Largest absolute value of the scale.
    pub fn limit(self, limit: f64) -> HeatMap {
        HeatMap { limit: Some(limit), ..self }
    }

    /// From the smallest value to the largest instead of symmetrically around zero.
    pub fn one_sided(self) -> HeatMap {
        HeatMap { one_sided: true, ..self }
    }
}

/// A matrix as colours, rows and columns named, with a colour bar.
///
/// `values` is row × column. The scale is symmetric around zero (blue, white, red) unless options say otherwise. Of more than 400 rows those with the
/// largest |value| are drawn, of more than 120 columns likewise, in the order in which they were given; the figure says of how many.
///
/// # Errors
/// If the matrix is empty, names, marks or q have not its shape, the row order does not name each row once, the limit is not positive, or a value is NaN or infinite (the first is named by row and column).
///
/// ```
/// use neurocell::figure::{HeatMap, heat_map};
/// use ndarray::array;
/// let rows = ["pattern 0".to_owned(), "pattern 1".to_owned()];
/// let columns = ["Visual".to_owned(), "Default".to_owned(), "Limbic".to_owned()];
/// let r = array![[0.4, -0.1, 0.0], [0.1, 0.5, 0.2]];
/// let options = HeatMap::default().title("Spatial correlation").unit("r").marks(r.mapv(|v| v > 0.3), "q < 0.05");
/// let figure = heat_map(&r, &rows, &columns, options)?;
/// assert!(figure.svg()?.contains("Default"));
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn heat_map(values: &Array2<f64>, rows: &[String], columns: &[String], options: HeatMap) -> Result<Figure> {
    check(values, rows, columns, &options)?;
    let (nr, nc) = values.dim();
    if nr > MOST_ROWS || nc > MOST_COLUMNS {
        return strongest(values, rows, columns, options);
    }
    let order: Vec<usize> = options.row_order.clone().unwrap_or_else(|| (0..nr).collect());
    let scale = scale(values, &options);
    let colour =
        |v: f64| -> Colour { if options.one_sided { sequential(scale.share(v)) } else { diverging(v / scale.high) } };

    let row_height = (640.0 / nr as f64).clamp(if nr > 90 { 3.0 } else { 15.0 }, 26.0);
    let row_names: Vec<String> = rows.iter().map(|r| font::shorten(r, TICK, false, 190.0)).collect();
    let widest = row_names.iter().map(|r| font::width(r, TICK, false)).fold(0.0, f64::max);
    let column_names: Vec<String> = columns.iter().map(|c| font::shorten(c, TICK, false, 170.0)).collect();
    let tallest = column_names.iter().map(|c| font::width(c, TICK, false)).fold(0.0, f64::max);
    let rows_title = if options.rows_are.is_empty() { 0.0 } else { 22.0 };
    let left = MARGIN + rows_title + widest + 8.0;
    let bar_room = 96.0;
    let column_width = ((900.0 - left - bar_room) / nc as f64).clamp(6.0, (tallest + 12.0).clamp(44.0, 96.0));
    // Level names, each word on a line of its own if need be; upright ones where a word is wider than its column.
    let level_room = column_width - 6.0;
    let level_names = columns.iter().map(|c| font::shorten(c, TICK, false, (2.6 * level_room).max(170.0)));
    let broken: Vec<Vec<String>> = level_names.map(|c| font::wrap(&c, TICK, false, level_room)).collect();
    let words = column_names.iter().flat_map(|c| c.split_whitespace().flat_map(font::parts));
    let level = words.map(|w| font::width(&w, TICK, false)).fold(0.0, f64::max) <= column_width - 6.0;
    let lines = broken.iter().map(Vec::len).max().unwrap_or(1);
    let names_height = if level { 1.25 * TICK * lines as f64 + 10.0 } else { tallest + 14.0 };
    let columns_title = if options.columns_are.is_empty() { 0.0 } else { 22.0 };

    let grid = [column_width * nc as f64, row_height * nr as f64];
    let width = (left + grid[0] + 24.0 + bar_room).max(420.0);
    let mut remark = options.remark.clone();
    let mut say = |more: String| {
        let apart = if remark.is_empty() { "" } else { "; " };
        remark = format!("{remark}{apart}{more}");
    };
    // Where three stars do not fit into a cell a dot says what one star would.
    let roomy = font::width("***", STAR, false) + 4.0 <= column_width && row_height >= STAR + 3.0;
    if let Some((_, [one, two, three])) = &options.stars {
        say(match roomy {
            true => format!("* q<{one}, ** q<{two}, *** q<{three}"),
            false => format!("● q<{one}"),
        });
    }
    if let Some((_, meaning)) = &options.marks {
        say(format!("● {meaning}"));
    }
    let heading = Heading::new(&options.title, &remark, width);
    let top = heading.height();
    let below = top + grid[1] + names_height + columns_title;
    let mut sheet = Sheet::new(width, below.max(top + 130.0) + MARGIN);
    sheet.heading(&heading);

    let corner = [left, top];
    cells(&mut sheet, values, &order, corner, [column_width, row_height], &colour);
    sheet.frame(corner, grid, FRAME);
    let middle = |place: usize, column: usize| {
        [left + column_width * (column as f64 + 0.5), top + row_height * (place as f64 + 0.5)]
    };
    let ink = |row: usize, column: usize| contrast(colour(values[[row, column]]));
    let radius = (0.16 * column_width.min(row_height)).clamp(1.5, 3.5);
    for (place, &row) in order.iter().enumerate() {
        for column in 0..nc {
            let stars = options
                .stars
                .as_ref()
                .map_or(0, |(q, levels)| levels.iter().filter(|l| q[[row, column]] < **l).count());
            let dot = options.marks.as_ref().is_some_and(|(marks, _)| marks[[row, column]]);
            if stars > 0 && roomy {
                // An asterisk stands in the upper half of its line.
                let [x, y] = middle(place, column);
                let text = Text::new("*".repeat(stars), STAR).colour(ink(row, column)).anchor(Anchor::Middle);
                sheet.words([x, y + 0.56 * STAR], text);
            } else if dot || stars > 0 {
                sheet.disc(middle(place, column), radius, ink(row, column));
            }
        }
    }
    // Names that would touch are thinned out.
    let every = (((TICK + 1.5) / row_height).ceil() as usize).max(1);
    for (place, &row) in order.iter().enumerate().step_by(every) {
        let text = Text::new(&row_names[row], TICK).colour(INK).anchor(Anchor::End);
        sheet.centred([left - 8.0, top + row_height * (place as f64 + 0.5)], text);
    }
    let every = if level { 1 } else { (((TICK + 1.5) / column_width).ceil() as usize).max(1) };
    for (column, name) in column_names.iter().enumerate().step_by(every) {
        let (x, y) = (left + column_width * (column as f64 + 0.5), top + grid[1]);
        match level {
            true => {
                for (n, line) in broken[column].iter().enumerate() {
                    let y = y + 6.0 + TICK + 1.25 * TICK * n as f64;
                    sheet.words([x, y], Text::new(line, TICK).anchor(Anchor::Middle));
                }
            }
            false => sheet.centred([x, y + 8.0], Text::new(name, TICK).anchor(Anchor::End).upward()),
        }
    }
    let centre = [left + 0.5 * grid[0], top + 0.5 * grid[1]];
    // What the rows are is read upwards, and longer than a single row is high.
    let half = 0.5 * font::width(&options.rows_are, LABEL, false);
    sheet.centred(
        [MARGIN + 6.0, centre[1].max(top + half)],
        Text::new(&options.rows_are, LABEL).anchor(Anchor::Middle).upward(),
    );
    sheet.words([centre[0], below - 4.0], Text::new(&options.columns_are, LABEL).anchor(Anchor::Middle));
    let height = grid[1].clamp(120.0, 260.0);
    let unit = if options.unit.is_empty() { "value" } else { &options.unit };
    colour_bar(&mut sheet, [left + grid[0] + 24.0, top], height, bar_room - MARGIN, scale, unit, colour);
    if options.limit.is_some() {
        sheet.words([left + grid[0] + 24.0, top + height + 16.0], Text::new("clipped", TICK).colour(SOFT));
    }

    let strongest = values.indexed_iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let strongest = strongest
        .map_or(String::new(), |((r, c), v)| format!(", strongest {} at {} × {}", brief(*v), rows[r], columns[c]));
    let names = hex(Sha256::new().chain_update([rows, columns].concat().join("\n")));
    let rest = hex(Sha256::new().chain_update(format!("{options:?}")));
    let made = Provenance::step("heat_map").option("title", &options.title).option("unit", &options.unit);
    let made = made.option("names' sha256", names).option("options' sha256", rest).input("values", values);
    let alt = format!("{}: heat map of {nr} × {nc} values in {unit}{strongest}", options.title);
    Ok(Figure::new(sheet, alt).made(made))
}

/// The rows and columns with the largest |value|, as a heat map that says so.
fn strongest(values: &Array2<f64>, rows: &[String], columns: &[String], options: HeatMap) -> Result<Figure> {
    let kept = |axis: usize, most: usize| {
        let size = |n: &usize| values.index_axis(Axis(axis), *n).iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        let mut all: Vec<usize> = (0..values.len_of(Axis(axis))).collect();
        all.sort_by(|a, b| size(b).total_cmp(&size(a)));
        all.truncate(most);
        all.sort_unstable();
        all
    };
    let (few_rows, few_columns) = (kept(0, MOST_ROWS), kept(1, MOST_COLUMNS));
    let mut said = Vec::new();
    let named = |given: &str, else_: &str| if given.is_empty() { else_.to_owned() } else { given.to_owned() };
    let (row, column) = (named(&options.rows_are, "row"), named(&options.columns_are, "column"));
    for (few, all, name) in [(&few_rows, rows.len(), row), (&few_columns, columns.len(), column)] {
        if few.len() < all {
            said.push(format!("{} of {all} {name}s, those with the largest |value|", few.len()));
        }
    }
    if !options.remark.is_empty() {
        said.insert(0, options.remark.clone());
    }
    let names = |few: &[usize], all: &[String]| few.iter().map(|n| all[*n].clone()).collect::<Vec<String>>();
    let order = options
        .row_order
        .map(|order| order.iter().filter_map(|row| few_rows.binary_search(row).ok()).collect::<Vec<usize>>());
    let smaller = HeatMap {
        remark: said.join("; "),
        row_order: order,
        marks: options.marks.map(|(marks, meaning)| (part(&marks, &few_rows, &few_columns), meaning)),
        stars: options.stars.map(|(q, levels)| (part(&q, &few_rows, &few_columns), levels)),
        ..options
    };
    let (rows, columns) = (names(&few_rows, rows), names(&few_columns, columns));
    heat_map(&part(values, &few_rows, &few_columns), &rows, &columns, smaller)
}

fn part<T: Copy>(of: &Array2<T>, rows: &[usize], columns: &[usize]) -> Array2<T> {
    of.select(Axis(0), rows).select(Axis(1), columns)
}

fn check(values: &Array2<f64>, rows: &[String], columns: &[String], options: &HeatMap) -> Result<()> {
    let (nr, nc) = values.dim();
    if nr == 0 || nc == 0 {
        return Err(Error::value(format!("a heat map of {nr} × {nc} values"), "give one row and one column at least"));
    }
    if (rows.len(), columns.len()) != (nr, nc) {
        return Err(Error::shape(
            format!("the matrix is {nr} × {nc}, with {} row names and {} column names", rows.len(), columns.len()),
            "give one name for each row and each column; transpose the matrix if they are swapped",
        ));
    }
    if let Some((marks, _)) = &options.marks
        && marks.dim() != (nr, nc)
    {
        return Err(Error::shape(
            format!("the matrix is {nr} × {nc}, its marks {} × {}", marks.nrows(), marks.ncols()),
            "make the marks from the same matrix",
        ));
    }
    if let Some((q, _)) = &options.stars
        && q.dim() != (nr, nc)
    {
        return Err(Error::shape(
            format!("the matrix is {nr} × {nc}, the q of its stars {} × {}", q.nrows(), q.ncols()),
            "give one q for each value",
        ));
    }
    if let Some(order) = &options.row_order {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..nr) {
            return Err(Error::value(
                format!("the row order {order:?} does not name each of {nr} rows once"),
                "give a permutation of the rows, counted from 0",
            ));
        }
    }
    if let Some(limit) = options.limit
        && !(limit.is_finite() && limit > 0.0)
    {
        return Err(Error::value(format!("the scale's limit is {limit}"), "give a positive number"));
    }
    match values.indexed_iter().find(|(_, v)| !v.is_finite()) {
        None => Ok(()),
        Some(((r, c), value)) => Err(Error::value(
            format!("row `{}`, column `{}` is {value}", rows[r], columns[c]),
            "leave the row or column out, or set the value to 0 and say so",
        )),
    }
}

fn scale(values: &Array2<f64>, options: &HeatMap) -> Scale {
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let largest = low.abs().max(high.abs());
    match options.one_sided {
        true => Scale::linear(low, options.limit.unwrap_or(high)),
        false => {
            let limit = options.limit.unwrap_or(if largest > 0.0 { largest } else { 1.0 });
            Scale::linear(-limit, limit)
        }
    }
}

/// Few cells as rectangles, many as one picture.
fn cells(
    sheet: &mut Sheet,
    values: &Array2<f64>,
    order: &[usize],
    [left, top]: [f64; 2],
    [w, h]: [f64; 2],
    colour: &impl Fn(f64) -> Colour,
) {
    if values.len() > 2000 {
        let mut pixels = Pixels::new(values.ncols(), values.nrows());
        for (place, &row) in order.iter().enumerate() {
            for (column, value) in values.row(row).iter().enumerate() {
                pixels.set(column, place, colour(*value));
            }
        }
        return sheet.picture([left, top], [w * values.ncols() as f64, h * values.nrows() as f64], pixels, false);
    }
    // Neighbours touch without a gap or a hairline between; white lines set apart cells that are large enough.
    let gap = if w.min(h) >= 14.0 { 1.0 } else { 0.0 };
    for (place, &row) in order.iter().enumerate() {
        for (column, value) in values.row(row).iter().enumerate() {
            let at = [left + w * column as f64 + 0.5 * gap, top + h * place as f64 + 0.5 * gap];
            sheet.block(at, [w - gap, h - gap], colour(*value));
        }
    }
}
