//! The words at which a neuron is strongest, ranked, each in its context.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, FRAME, Heading, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use crate::activation::TopWord;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::Array2;

const WIDTH: f64 = 900.0;
/// Words that are drawn at most.
const MOST: usize = 60;
const PITCH: f64 = 24.0;
/// Room for the bars with their values.
const BARS: f64 = 210.0;

/// Options of [`word_bars`].
#[derive(Clone, Debug)]
pub struct WordBars {
    /// The title. Default "Words of greatest activation".
    pub title: String,
    /// The values' name and unit. Default "activation at the word".
    pub unit: String,
    /// Words that are drawn at most, the first ones (60 and no more). Default 30.
    pub words: usize,
}

impl Default for WordBars {
    fn default() -> WordBars {
        let (title, unit) = ("Words of greatest activation".to_owned(), "activation at the word".to_owned());
        WordBars { title, unit, words: 30 }
    }
}

impl WordBars {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> WordBars {
        WordBars { title: title.into(), ..self }
    }

    /// The values' name and unit.
    pub fn unit(self, unit: impl Into<String>) -> WordBars {
        WordBars { unit: unit.into(), ..self }
    }

    /// The first so many words.
    pub fn words(self, words: usize) -> WordBars {
        WordBars { words, ..self }
    }
}

/// Words in the order given, each with a bar and, beside it, the context in which it was heard, aligned at the word as in a concordance.
///
/// What goes in is what [`Activations::top_words`](crate::activation::Activations::top_words) gives.
///
/// ```no_run
/// use neurocell::prelude::*;
/// # fn run(acts: Activations) -> Result<()> {
/// let neuron = Neuron::in_head(3, 5, 17);
/// let top = acts.top_words(neuron, 20)?;
/// word_bars(&top, WordBars::default().title(format!("Words of {neuron}")))?.save("words.svg")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there is no word, none is to be drawn, or a value is NaN or infinite.
pub fn word_bars(words: &[TopWord], options: WordBars) -> Result<Figure> {
    let most = options.words.min(MOST);
    if words.is_empty() || most == 0 {
        return Err(Error::value(
            format!("{most} of {} words", words.len()),
            "give the words that `activations.top_words(neuron, 20)?` finds, and draw at least one",
        ));
    }
    let shown = &words[..words.len().min(most)];
    if let Some(bad) = shown.iter().find(|word| !word.value.is_finite()) {
        return Err(Error::value(format!("the word `{}` has the value {}", bad.word, bad.value), "leave it out"));
    }
    let remark = match shown.len() < words.len() {
        true => format!("the first {} of {} words; at the right each in its context", shown.len(), words.len()),
        false => "at the right each word in its context".to_owned(),
    };
    let heading = Heading::new(&options.title, &remark, WIDTH);
    let labels: Vec<String> = shown.iter().map(|w| font::shorten(&w.word, LABEL, false, 170.0)).collect();
    let widest = labels.iter().map(|l| font::width(l, LABEL, false)).fold(0.0, f64::max);
    let left = MARGIN + widest + 10.0;
    let values: Vec<f64> = shown.iter().map(|word| f64::from(word.value)).collect();
    let (low, high) = values.iter().fold((0.0f64, 0.0f64), |(l, h), v| (l.min(*v), h.max(*v)));
    // Room for the values at the bars' ends.
    let room_of = |wanted: fn(f64) -> bool| {
        let texts = values.iter().filter(|v| wanted(**v)).map(|v| font::width(&brief(*v), TICK, false) + 10.0);
        texts.fold(0.0, f64::max)
    };
    let (before, after) = (room_of(|v| v < 0.0), room_of(|v| v >= 0.0));
    let per_pixel = if high > low { high - low } else { 1.0 } / (BARS - before - after);
    let plot = Plot {
        left,
        top: heading.height(),
        width: BARS,
        height: PITCH * shown.len() as f64 + 6.0,
        x: Scale::linear(low - before * per_pixel, high + after * per_pixel),
        y: Scale::linear(0.0, 1.0),
    };
    let mut sheet = Sheet::new(WIDTH, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.bottom_axis(&mut sheet, &options.unit, true);
    let context = [plot.right() + 16.0, WIDTH - MARGIN];
    for (n, (word, label)) in shown.iter().zip(&labels).enumerate() {
        let y = plot.top + 3.0 + PITCH * (n as f64 + 0.5);
        let (zero, end) = (plot.px(0.0), plot.px(values[n]));
        let colour = if values[n] < 0.0 { PALETTE[1] } else { PALETTE[0] };
        sheet.block([zero.min(end), y - 0.34 * PITCH], [(end - zero).abs(), 0.68 * PITCH], colour);
        sheet.centred([left - 8.0, y], Text::new(label, LABEL).anchor(Anchor::End));
        let (x, anchor) = if values[n] < 0.0 { (end - 5.0, Anchor::End) } else { (end + 5.0, Anchor::Start) };
        sheet.centred([x, y], Text::new(brief(values[n]), TICK).colour(SOFT).anchor(anchor));
        concordance(&mut sheet, context, y, word);
    }
    sheet.line([plot.px(0.0), plot.top], [plot.px(0.0), plot.bottom()], 1.0, FRAME);
    let list: Vec<&str> = shown.iter().map(|word| word.word.as_str()).collect();
    let made = Provenance::step("word_bars").option("title", &options.title).option("unit", &options.unit);
    let made = made.option("words", list.join(" "));
    let made = made.input("values", &Array2::from_shape_fn((values.len(), 1), |(n, _)| values[n]));
    let alt = format!("{}: {} words, {}", options.title, shown.len(), list.join(", "));
    Ok(Figure::new(sheet, alt).made(made))
}

/// The word bold in the middle of its context, which is cut at both ends where it is too long.
fn concordance(sheet: &mut Sheet, [left, right]: [f64; 2], y: f64, word: &TopWord) {
    let marked = format!("‹{}›", word.word);
    let Some((before, after)) = word.context.split_once(&marked) else {
        let text = font::shorten(&word.context, TICK, false, right - left);
        return sheet.centred([left, y], Text::new(text, TICK).colour(SOFT));
    };
    let start = left + 0.46 * (right - left);
    let own = font::shorten(&word.word, TICK, true, 0.4 * (right - left));
    let end = start + font::width(&own, TICK, true);
    sheet.centred([start, y], Text::new(own, TICK).bold());
    let before = last_words(before.trim(), start - 5.0 - left);
    sheet.centred([start - 5.0, y], Text::new(before, TICK).colour(SOFT).anchor(Anchor::End));
    let after = font::shorten(after.trim(), TICK, false, right - end - 5.0);
    sheet.centred([end + 5.0, y], Text::new(after, TICK).colour(SOFT));
}

/// The end of a text that is at most `limit` pixels wide, cut at its beginning with an ellipsis.
fn last_words(text: &str, limit: f64) -> String {
    let turned = |text: &str| text.chars().rev().collect::<String>();
    turned(&font::shorten(&turned(text), TICK, false, limit))
}
