//! What a figure is made of: shapes in logical pixels, in the order in which they are drawn.

use super::font;
use std::ops::Range;

/// A colour: red, green, blue.
pub(super) type Colour = [u8; 3];

/// What a shape is drawn with: a part that each theme colours in its own way, or a colour that means something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ink {
    /// Titles and labels.
    Strong,
    /// Tick labels and remarks.
    Soft,
    /// Axes and frames.
    Frame,
    /// Grid lines, and what lies outside of interest.
    Faint,
    /// A band behind other things: the page with a little of a colour.
    Tint(Colour),
    /// The page.
    Paper,
    /// A colour of the data's own: that of a scale is the same in every theme, that of the palette is lighter in the dark.
    Own(Colour),
}

impl From<Colour> for Ink {
    fn from(colour: Colour) -> Ink {
        Ink::Own(colour)
    }
}

/// Titles and labels.
pub(super) const INK: Ink = Ink::Strong;
/// Tick labels and remarks.
pub(super) const SOFT: Ink = Ink::Soft;
/// Axes and frames.
pub(super) const FRAME: Ink = Ink::Frame;
/// Grid lines.
pub(super) const GRID: Ink = Ink::Faint;
/// The page.
pub(super) const PAPER: Ink = Ink::Paper;

/// Font size of a title, in pixels per em.
pub(super) const TITLE: f64 = 16.0;
/// Font size of axis labels and legends.
pub(super) const LABEL: f64 = 13.5;
/// Font size of tick labels and remarks.
pub(super) const TICK: f64 = 12.5;
/// Empty border around everything.
pub(super) const MARGIN: f64 = 16.0;

/// Which end of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A text on one line.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub text: String,
    pub size: f64,
    pub bold: bool,
    pub colour: Ink,
    pub anchor: Anchor,
    /// Read from below to above.
    pub upward: bool,
}

impl Text {
    pub fn new(text: impl AsRef<str>, size: f64) -> Text {
        let text = font::clean(text.as_ref());
        Text { text, size, bold: false, colour: INK, anchor: Anchor::Start, upward: false }
    }

    pub fn bold(self) -> Text {
        Text { bold: true, ..self }
    }

    pub fn colour(self, colour: impl Into<Ink>) -> Text {
        Text { colour: colour.into(), ..self }
    }

    pub fn anchor(self, anchor: Anchor) -> Text {
        Text { anchor, ..self }
    }

    pub fn upward(self) -> Text {
        Text { upward: true, ..self }
    }
}

/// A picture of `columns` × `rows` points, row by row from the top: red, green, blue, and how much of the page they cover (0 to 255).
#[derive(Clone, Debug)]
pub(super) struct Pixels {
    pub columns: usize,
    pub rows: usize,
    pub data: Vec<[u8; 4]>,
}

impl Pixels {
    /// A picture through which the page is seen everywhere.
    pub fn new(columns: usize, rows: usize) -> Pixels {
        Pixels { columns, rows, data: vec![[0; 4]; columns * rows] }
    }

    pub fn set(&mut self, column: usize, row: usize, [r, g, b]: Colour) {
        self.data[row * self.columns + column] = [r, g, b, 255];
    }
}

/// One shape; lengths and positions in logical pixels, y downwards.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Line {
        points: Vec<[f64; 2]>,
        width: f64,
        colour: Ink,
    },
    Block {
        corner: [f64; 2],
        size: [f64; 2],
        colour: Ink,
    },
    Disc {
        centre: [f64; 2],
        radius: f64,
        colour: Ink,
    },
    /// A filled shape with straight sides.
    Polygon {
        corners: Vec<[f64; 2]>,
        colour: Ink,
    },
    /// `at`: the text's anchor on its baseline.
    Words {
        at: [f64; 2],
        text: Text,
    },
    Picture {
        corner: [f64; 2],
        size: [f64; 2],
        pixels: Pixels,
        smooth: bool,
    },
}

impl Shape {
    /// The shape drawn `factor` times as large, then moved.
    pub fn placed(&self, factor: f64, [dx, dy]: [f64; 2]) -> Shape {
        let to = |[x, y]: [f64; 2]| [dx + factor * x, dy + factor * y];
        let mut shape = self.clone();
        match &mut shape {
            Shape::Line { points, width, .. } => {
                points.iter_mut().for_each(|point| *point = to(*point));
                *width *= factor;
            }
            Shape::Block { corner, size, .. } | Shape::Picture { corner, size, .. } => {
                (*corner, *size) = (to(*corner), size.map(|s| factor * s));
            }
            Shape::Disc { centre, radius, .. } => {
                *centre = to(*centre);
                *radius *= factor;
            }
            Shape::Polygon { corners, .. } => corners.iter_mut().for_each(|corner| *corner = to(*corner)),
            Shape::Words { at, text } => {
                *at = to(*at);
                text.size *= factor;
            }
        }
        shape
    }
}

/// A page with its shapes.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
    /// The height that was asked for, before it was rounded up.
    exact: f64,
    /// The heading and its shapes' place in the list.
    heading: Option<(Heading, Range<usize>)>,
}

impl Sheet {
    pub fn new(width: f64, height: f64) -> Sheet {
        // Whole pixels, so that both formats have the same size.
        Sheet { width: width.ceil(), height: height.ceil(), shapes: Vec::new(), exact: height, heading: None }
    }

    pub fn line(&mut self, from: [f64; 2], to: [f64; 2], width: f64, colour: impl Into<Ink>) {
        self.path(vec![from, to], width, colour);
    }

    pub fn path(&mut self, points: Vec<[f64; 2]>, width: f64, colour: impl Into<Ink>) {
        self.shapes.push(Shape::Line { points, width, colour: colour.into() });
    }

    /// A vertical dashed line.
    pub fn dashes(&mut self, x: f64, top: f64, bottom: f64, colour: impl Into<Ink>) {
        self.dashed([x, top], [x, bottom], 1.0, colour);
    }

    /// A dashed line between any two points.
    pub fn dashed(&mut self, from: [f64; 2], to: [f64; 2], width: f64, colour: impl Into<Ink>) {
        let colour = colour.into();
        let length = (to[0] - from[0]).hypot(to[1] - from[1]);
        let at = |along: f64| [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * along / length);
        let mut along = 0.0;
        while along < length {
            self.line(at(along), at((along + 5.0).min(length)), width, colour);
            along += 9.0;
        }
    }

    pub fn block(&mut self, corner: [f64; 2], size: [f64; 2], colour: impl Into<Ink>) {
        self.shapes.push(Shape::Block { corner, size, colour: colour.into() });
    }

    /// The four sides of a rectangle.
    pub fn frame(&mut self, [x, y]: [f64; 2], [w, h]: [f64; 2], colour: impl Into<Ink>) {
        let colour = colour.into();
        for (from, to) in
            [([x, y], [x + w, y]), ([x, y + h], [x + w, y + h]), ([x, y], [x, y + h]), ([x + w, y], [x + w, y + h])]
        {
            self.line(from, to, 1.0, colour);
        }
    }

    pub fn disc(&mut self, centre: [f64; 2], radius: f64, colour: impl Into<Ink>) {
        self.shapes.push(Shape::Disc { centre, radius, colour: colour.into() });
    }

    pub fn polygon(&mut self, corners: Vec<[f64; 2]>, colour: impl Into<Ink>) {
        self.shapes.push(Shape::Polygon { corners, colour: colour.into() });
    }

    pub fn words(&mut self, at: [f64; 2], text: Text) {
        if !text.text.trim().is_empty() {
            self.shapes.push(Shape::Words { at, text });
        }
    }

    /// A text whose middle height (of capitals and digits) is at `at`.
    pub fn centred(&mut self, at: [f64; 2], text: Text) {
        let drop = 0.36 * text.size;
        let at = if text.upward { [at[0] + drop, at[1]] } else { [at[0], at[1] + drop] };
        self.words(at, text);
    }

    pub fn picture(&mut self, corner: [f64; 2], size: [f64; 2], pixels: Pixels, smooth: bool) {
        if pixels.columns > 0 && pixels.rows > 0 {
            self.shapes.push(Shape::Picture { corner, size, pixels, smooth });
        }
    }

    /// Whether a picture is on the page, so that a bitmap shows it best.
    pub fn has_picture(&self) -> bool {
        self.shapes.iter().any(|s| matches!(s, Shape::Picture { .. }))
    }

    /// Draws a heading at the top, over the page's width, and gives the y below it.
    pub fn heading(&mut self, heading: &Heading) -> f64 {
        let from = self.shapes.len();
        self.shapes.extend(heading.shapes());
        self.heading = Some((heading.clone(), from..self.shapes.len()));
        heading.height()
    }

    /// The title in the heading, empty if there is none.
    pub fn title(&self) -> &str {
        self.heading.as_ref().map_or("", |(heading, _)| &heading.said[0])
    }

    /// The same page under another title; what is below the heading moves up or down.
    pub fn titled(&self, title: &str) -> Sheet {
        let (old, place) = self.heading.clone().unwrap_or((Heading::new("", "", self.width), 0..0));
        let new = Heading::new(title, &old.said[1], self.width);
        let down = new.height() - old.height();
        let moved = |shapes: &[Shape]| shapes.iter().map(|s| s.placed(1.0, [0.0, down])).collect::<Vec<Shape>>();
        let mut sheet = Sheet::new(self.width, self.exact + down);
        sheet.shapes = moved(&self.shapes[..place.start]);
        sheet.heading(&new);
        sheet.shapes.extend(moved(&self.shapes[place.end..]));
        sheet
    }
}

/// A title and a remark below it, broken into lines before the page's height is known.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    /// Title and remark as they were given.
    said: [String; 2],
    title: Vec<String>,
    remark: Vec<String>,
    size: f64,
}

impl Heading {
    /// For a page of `width` pixels; a title of more than two lines is set smaller.
    pub fn new(title: &str, remark: &str, width: f64) -> Heading {
        let room = width - 2.0 * MARGIN;
        let said = [title, remark].map(str::to_owned);
        let remark = font::wrap(remark, TICK, false, room);
        let lines = font::wrap(title, TITLE, true, room);
        match lines.len() {
            0..=2 => Heading { said, title: lines, remark, size: TITLE },
            _ => Heading { said, title: font::wrap(title, LABEL, true, room), remark, size: LABEL },
        }
    }

    fn shapes(&self) -> Vec<Shape> {
        let mut shapes = Vec::new();
        let mut y = MARGIN;
        for (lines, size, bold, colour) in [(&self.title, self.size, true, INK), (&self.remark, TICK, false, SOFT)] {
            for line in lines {
                y += 1.3 * size;
                let text = Text { bold, ..Text::new(line, size).colour(colour) };
                shapes.push(Shape::Words { at: [MARGIN, y - 0.3 * size], text });
            }
        }
        shapes
    }

    /// The y at which the drawing may begin.
    pub fn height(&self) -> f64 {
        let title = 1.3 * self.size * self.title.len() as f64;
        let remark = 1.3 * TICK * self.remark.len() as f64;
        MARGIN + title + remark + if title + remark > 0.0 { 10.0 } else { 0.0 }
    }
}
