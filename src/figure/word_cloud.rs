//! A word cloud: words as large as their weights.

use super::axis::{PALETTE, brief};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, Heading, INK, Ink, MARGIN, SOFT, Sheet, TICK, Text};
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::Array2;

const WIDTH: f64 = 760.0;
/// Words that are drawn at most.
const MOST: usize = 80;
/// Font sizes of the least and the greatest weight.
const SMALLEST: f64 = 13.0;
const LARGEST: f64 = 52.0;
/// Space around a word, in pixels.
const AIR: f64 = 3.0;
/// How much wider than high the cloud is.
const FLAT: f64 = 2.1;

/// Options of [`word_cloud`].
#[derive(Clone, Debug)]
pub struct WordCloud {
    /// The title. Default "Words".
    pub title: String,
    /// The weights' name and unit. Default "weight".
    pub unit: String,
    /// For each word the class that gives it its colour, such as its part of speech. Default: blue for positive weights, red for negative ones.
    pub classes: Option<Vec<String>>,
}

impl Default for WordCloud {
    fn default() -> WordCloud {
        WordCloud { title: "Words".to_owned(), unit: "weight".to_owned(), classes: None }
    }
}

impl WordCloud {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> WordCloud {
        WordCloud { title: title.into(), ..self }
    }

    /// The weights' name and unit.
    pub fn unit(self, unit: impl Into<String>) -> WordCloud {
        WordCloud { unit: unit.into(), ..self }
    }

    /// For each word the class that gives it its colour.
    pub fn classes(self, classes: &[&str]) -> WordCloud {
        WordCloud { classes: Some(classes.iter().map(|class| (*class).to_owned()).collect()), ..self }
    }
}

/// Words with weights as a cloud: the greater |weight|, the larger the word and the nearer to the middle.
///
/// Font sizes grow in proportion from the least |weight| to the greatest, which the figure says with both values. Of a word that comes several times the
/// greatest |weight| counts; of more than 80 words the 80 with the greatest are drawn. Each word takes the first free place on a spiral, so the same words
/// give the same cloud.
///
/// ```
/// use neurocell::figure::{WordCloud, word_cloud};
/// let words = [("story", 4.1), ("voice", 3.3), ("door", 1.2), ("rain", -0.9)];
/// let figure = word_cloud(&words, WordCloud::default().title("Words of the Default network").unit("mean z"))?;
/// assert!(figure.svg()?.contains("story"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no word, a weight is NaN or infinite, or there is not one class for each word.
pub fn word_cloud(words: &[(&str, f64)], options: WordCloud) -> Result<Figure> {
    check(words, &options)?;
    let mut order: Vec<usize> = (0..words.len()).filter(|n| !words[*n].0.trim().is_empty()).collect();
    // A stable sort: of equal weights the earlier word comes first.
    order.sort_by(|a, b| words[*b].1.abs().total_cmp(&words[*a].1.abs()));
    let mut seen = std::collections::HashSet::new();
    order.retain(|n| seen.insert(words[*n].0.trim()));
    let all = order.len();
    order.truncate(MOST);
    let (Some(first), Some(last)) = (order.first(), order.last()) else {
        return Err(Error::value(format!("{} words, none of which has a letter", words.len()), "give words"));
    };
    let (most, least) = (words[*first].1.abs(), words[*last].1.abs());
    let size = |weight: f64| match most > least {
        true => SMALLEST + (LARGEST - SMALLEST) * (weight.abs() - least) / (most - least),
        false => 0.5 * (SMALLEST + LARGEST),
    };
    let cloud: Vec<Placed> = place(order.iter().map(|n| (words[*n].0.trim(), size(words[*n].1))).collect());

    let which = if all > MOST {
        format!("the {MOST} of {all} words with the greatest |{}|", options.unit)
    } else {
        format!("{all} words")
    };
    let remark = format!("{which}; size by |{}|, {} to {}", options.unit, brief(least), brief(most));
    let heading = Heading::new(&options.title, &remark, WIDTH);
    let classes = kinds(words, &order, &options);
    let legend = if classes.names.len() > 1 { 24.0 } else { 0.0 };
    let (top, bottom) = cloud.iter().fold((0.0f64, 0.0f64), |(t, b), word| (t.min(word.area[1]), b.max(word.area[3])));
    let origin = [0.5 * WIDTH, heading.height() + legend + 6.0 - top];
    let mut sheet = Sheet::new(WIDTH, origin[1] + bottom + MARGIN);
    sheet.heading(&heading);
    if legend > 0.0 {
        classes.key(&mut sheet, heading.height() + 8.0);
    }
    for (word, class) in cloud.iter().zip(&classes.of) {
        let at = [origin[0] + word.at[0], origin[1] + word.at[1]];
        let text = Text::new(&word.text, word.size).anchor(Anchor::Middle).colour(classes.ink(*class));
        sheet.words(at, text);
    }
    let texts: Vec<&str> = cloud.iter().map(|word| word.text.as_str()).collect();
    let mut made = Provenance::step("word_cloud").option("title", &options.title).option("unit", &options.unit);
    made = made.option("words", texts.join(" "));
    if let Some(classes) = &options.classes {
        made = made.option("classes", classes.join(" "));
    }
    made = made.input("weights", &Array2::from_shape_fn((order.len(), 1), |(n, _)| words[order[n]].1));
    Ok(Figure::new(sheet, format!("{}: {}; {remark}", options.title, texts.join(", "))).made(made))
}

fn check(words: &[(&str, f64)], options: &WordCloud) -> Result<()> {
    if words.is_empty() {
        return Err(Error::value("0 words; a cloud has at least one", "give words with their weights"));
    }
    if let Some((word, weight)) = words.iter().find(|(_, weight)| !weight.is_finite()) {
        return Err(Error::value(format!("the word `{word}` has the weight {weight}"), "leave it out"));
    }
    match &options.classes {
        Some(classes) if classes.len() != words.len() => Err(Error::shape(
            format!("{} classes for {} words", classes.len(), words.len()),
            "give one class for each word",
        )),
        _ => Ok(()),
    }
}

/// A word with its place about the cloud's middle.
struct Placed {
    text: String,
    size: f64,
    /// Middle of the baseline.
    at: [f64; 2],
    /// Left, top, right, bottom of what its letters may cover, with some air.
    area: [f64; 4],
}

/// Each word in the first place on a spiral where it touches no other; a word that is wider than the page is set smaller, and cut if that does not do.
fn place(words: Vec<(&str, f64)>) -> Vec<Placed> {
    let most = WIDTH - 2.0 * MARGIN - 2.0 * AIR;
    let mut placed: Vec<Placed> = Vec::with_capacity(words.len());
    for (word, size) in words {
        let size = (size * (0.999 * most / font::width(word, size, false)).min(1.0)).max(SMALLEST);
        let text = font::shorten(word, size, false, most);
        let half = [0.5 * font::width(&text, size, false) + AIR, 0.5 * size + AIR];
        let fits = |[x, y]: [f64; 2]| {
            placed.iter().all(|p| {
                let [l, t, r, b] = p.area;
                x + half[0] <= l || x - half[0] >= r || y + half[1] <= t || y - half[1] >= b
            })
        };
        // The spiral's turns are 7 pixels apart, its steps about 4 pixels long; it leaves the cloud at last, so a place is found.
        let mut angle = 0.0f64;
        let middle = loop {
            let radius = 7.0 * angle / std::f64::consts::TAU;
            // A spiral that is only as wide as the page goes on upwards and downwards.
            let edge = (0.5 * WIDTH - MARGIN - half[0]).max(0.0);
            let x = (FLAT * radius * angle.cos()).clamp(-edge, edge);
            let at = [x, radius * angle.sin()];
            if fits(at) {
                break at;
            }
            angle += 4.0 / (radius + 6.0);
        };
        let [x, y] = middle;
        let area = [x - half[0], y - half[1], x + half[0], y + half[1]];
        // Capitals reach 0.73 em up, tails 0.24 em down.
        placed.push(Placed { text, size, at: [x, y + 0.25 * size], area });
    }
    placed
}

/// The colours' meanings: for each drawn word its class.
struct Kinds {
    names: Vec<String>,
    of: Vec<usize>,
    others: bool,
}

/// The first seven classes have colours of their own, in the order in which they come; the others share one.
fn kinds(words: &[(&str, f64)], order: &[usize], options: &WordCloud) -> Kinds {
    let name = |n: usize| match &options.classes {
        Some(classes) => classes[n].clone(),
        None if words[n].1 < 0.0 => "negative".to_owned(),
        None => "positive".to_owned(),
    };
    let mut names: Vec<String> = if options.classes.is_none() { vec!["positive".to_owned()] } else { Vec::new() };
    let mut of = Vec::new();
    let mut others = false;
    for n in order {
        let name = name(*n);
        of.push(match names.iter().position(|known| *known == name) {
            Some(known) => known,
            None if names.len() < 7 => {
                names.push(name);
                names.len() - 1
            }
            None => {
                others = true;
                7
            }
        });
    }
    Kinds { names, of, others }
}

impl Kinds {
    fn ink(&self, class: usize) -> Ink {
        // Words of one kind need no colour to be told apart.
        if self.names.len() < 2 {
            return INK;
        }
        const INKS: [usize; 8] = [0, 1, 2, 3, 4, 5, 7, 6];
        PALETTE[INKS[class]].into()
    }

    fn key(&self, sheet: &mut Sheet, y: f64) {
        let mut x = MARGIN;
        let others = self.others.then(|| "others".to_owned());
        for (n, name) in self.names.iter().cloned().chain(others).enumerate() {
            let name = font::shorten(&name, TICK, false, 120.0);
            let wide = 18.0 + font::width(&name, TICK, false) + 20.0;
            if x + wide > WIDTH - MARGIN {
                return;
            }
            sheet.block([x, y - 6.0], [12.0, 12.0], self.ink(n.min(7)));
            sheet.centred([x + 18.0, y], Text::new(name, TICK).colour(SOFT));
            x += wide;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(a: &Placed, b: &Placed) -> bool {
        a.area[0] < b.area[2] && b.area[0] < a.area[2] && a.area[1] < b.area[3] && b.area[1] < a.area[3]
    }

    #[test]
    fn no_word_lies_on_another_or_leaves_the_page_and_the_same_words_give_the_same_cloud() {
        let text: Vec<String> = (0..80)
            .map(|n| "wordswithsometail".chars().take(2 + n % 15).collect::<String>() + &n.to_string())
            .collect();
        let words = || text.iter().enumerate().map(|(n, w)| (w.as_str(), 52.0 - 0.45 * n as f64)).collect();
        let (cloud, again) = (place(words()), place(words()));
        assert_eq!(cloud.len(), 80);
        for (n, word) in cloud.iter().enumerate() {
            let edge = 0.5 * WIDTH - MARGIN + 1e-9;
            assert!(word.area[0] >= -edge && word.area[2] <= edge, "{}", word.text);
            assert!(cloud[n + 1..].iter().all(|other| !overlap(word, other)), "{}", word.text);
            assert_eq!((word.at, word.size), (again[n].at, again[n].size));
        }
        assert_eq!(cloud[0].area[0] + cloud[0].area[2], 0.0, "the first word stands in the middle");
    }

    #[test]
    fn a_word_wider_than_the_page_is_set_smaller_before_it_is_cut() {
        let wide = "Donaudampfschifffahrtsgesellschaftskapitän";
        let [one] = place(vec![(wide, 52.0)]).try_into().ok().unwrap();
        assert!(one.text == wide && one.size < 52.0 && one.area[2] - one.area[0] <= WIDTH);
        let [cut] = place(vec![(&*wide.repeat(4), 52.0)]).try_into().ok().unwrap();
        assert!(cut.text.ends_with('…') && cut.size == SMALLEST);
    }
}
