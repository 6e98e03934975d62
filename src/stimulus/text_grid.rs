//! TextGrids of Praat: tiers of intervals, each with a label.
//!
//! Praat reads its text files as a row of values (texts in quotes, free-standing numbers, flags in angle brackets) and passes over
//! everything else; so does this reader, and the long form, the short form and forms with other line breaks are one to it.

use super::text_file::{self, stem, utf8_or_utf16};
use super::word::Order;
use super::{Stimulus, Timing, Word};
use crate::error::{Error, Result};
use crate::provenance::{Provenance, file};
use std::path::Path;

/// Which tier of a TextGrid holds the words, and which labels are silence.
///
/// ```
/// use neurocell::stimulus::TextGrid;
/// let options = TextGrid::default().tier("ORT-MAU").silence(&["<p:>", "<nib>"]);
/// assert_eq!(options.tier.as_deref(), Some("ORT-MAU"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextGrid {
    /// The name of the tier; `None` for the one called `words` or `word` (in any case, also behind a speaker: `Anna - words`), else the only
    /// tier of intervals. Default `None`.
    pub tier: Option<String>,
    /// Labels that are no words, in any case; empty intervals never are. Default `sp`, `sil`, `<p:>`, `<sil>`, `<eps>`, `#`.
    pub silence: Vec<String>,
}

impl Default for TextGrid {
    fn default() -> TextGrid {
        TextGrid { tier: None, silence: Vec::new() }.silence(&["sp", "sil", "<p:>", "<sil>", "<eps>", "#"])
    }
}

impl TextGrid {
    /// The name of the tier.
    pub fn tier(self, name: impl Into<String>) -> TextGrid {
        TextGrid { tier: Some(name.into()), ..self }
    }

    /// Labels that are no words, instead of the usual ones.
    pub fn silence(self, labels: &[&str]) -> TextGrid {
        TextGrid { silence: labels.iter().map(|label| label.to_string()).collect(), ..self }
    }
}

const ADVICE: &str = "give the path of a TextGrid that Praat saved as a text file or a short text file";

impl Stimulus {
    /// Reads the words of one tier of a Praat TextGrid, long or short form, UTF-8 or UTF-16, as one run called as the file.
    ///
    /// An interval whose label is empty or a mark of silence ([`TextGrid::silence`]) is no word; a label with spaces inside is one word
    /// with them. Times are seconds from the start of the recording; [`Stimulus::starting_at`] moves them to the scan's clock.
    ///
    /// # Errors
    /// If the file cannot be read or decoded or is no TextGrid in text form; with the line, if it ends early, a quote is not closed, or an
    /// interval ends before it begins or begins before the one in front of it. If there is no such tier, several have its name, it is one of points (the
    /// tiers that are there are listed), or no interval of it is a word.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("story.TextGrid");
    /// # let text = "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n0\n2\n<exists>\n1\n\"IntervalTier\"\n\"words\"\n0\n2\n2\n0\n0.7\n\"\"\n0.7\n1.1\n\"Once\"\n";
    /// # std::fs::write(&path, text).unwrap();
    /// let story = Stimulus::from_textgrid(&path, &TextGrid::default())?;
    /// assert_eq!(story.words()[0].onset, Some(0.7));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn from_textgrid(path: impl AsRef<Path>, options: &TextGrid) -> Result<Stimulus> {
        let path = path.as_ref();
        let tiers = read(path)?;
        let tier = options.choose(path, &tiers)?;
        let mut words = Vec::new();
        let mut order = Order::default();
        for interval in &tier.intervals {
            let text = interval.label.trim();
            let word = Word { text: text.to_owned(), run: 0, onset: Some(interval.from), offset: Some(interval.to) };
            order.next(&word).map_err(|problem| {
                let problem =
                    format!("line {}: the interval `{text}` of tier `{}` {problem}", interval.line, tier.name);
                Error::format(path, problem, "intervals follow one another in time; open and save it in Praat")
            })?;
            let silent = text.is_empty() || options.silence.iter().any(|mark| mark.eq_ignore_ascii_case(text));
            if !silent {
                words.push(word);
            }
        }
        if words.is_empty() {
            let problem = format!("none of the {} intervals of tier `{}` is a word", tier.intervals.len(), tier.name);
            return Err(Error::format(path, problem, format!("name another tier; there are {}", listed(&tiers))));
        }
        let made = Provenance::step("words of a file").options_of(options, &[]).input("file", &file(path)?);
        Ok(Stimulus::new(stem(path), words, Timing::Measured)?.made(made))
    }
}

impl TextGrid {
    /// The tier that is asked for.
    fn choose<'a>(&self, path: &Path, tiers: &'a [Tier]) -> Result<&'a Tier> {
        let name_it = "name the tier: `TextGrid::default().tier(\"…\")`";
        let found: Vec<&Tier> = match &self.tier {
            Some(name) => tiers.iter().filter(|tier| tier.name == *name).collect(),
            None => {
                let named: Vec<&Tier> =
                    tiers.iter().filter(|tier| tier.of_intervals && holds_words(&tier.name)).collect();
                match named.is_empty() {
                    true => tiers.iter().filter(|tier| tier.of_intervals).collect(),
                    false => named,
                }
            }
        };
        match (&found[..], &self.tier) {
            ([tier], _) if tier.of_intervals => Ok(tier),
            ([tier], _) => Err(Error::format(
                path,
                format!("tier `{}` is one of points, which have no end; there are {}", tier.name, listed(tiers)),
                "name a tier of intervals",
            )),
            ([], Some(name)) => {
                let names: Vec<String> = tiers.iter().map(|tier| tier.name.clone()).collect();
                Err(Error::unknown(&format!("tier of {}", path.display()), name, &names))
            }
            ([], None) => {
                Err(Error::format(path, format!("there is no tier of intervals, but {}", listed(tiers)), ADVICE))
            }
            (several, _) => Err(Error::format(
                path,
                format!("{} tiers might hold the words; there are {}", several.len(), listed(tiers)),
                if self.tier.is_some() { "give each tier its own name in Praat" } else { name_it },
            )),
        }
    }
}

/// Whether a tier of this name holds words: "words", "Word", "Anna - words".
fn holds_words(name: &str) -> bool {
    let last = name.rsplit(" - ").next().unwrap_or(name).trim();
    last.eq_ignore_ascii_case("words") || last.eq_ignore_ascii_case("word")
}

fn listed(tiers: &[Tier]) -> String {
    let one = |tier: &Tier| match tier.of_intervals {
        true => format!("`{}` ({} intervals)", tier.name, tier.intervals.len()),
        false => format!("`{}` (points)", tier.name),
    };
    match tiers.is_empty() {
        true => "no tiers".to_owned(),
        false => tiers.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// A tier; one of points keeps none of them.
struct Tier {
    name: String,
    of_intervals: bool,
    intervals: Vec<Interval>,
}

struct Interval {
    line: usize,
    from: f64,
    to: f64,
    label: String,
}

fn read(path: &Path) -> Result<Vec<Tier>> {
    let bytes = text_file::read(path, ADVICE)?;
    if bytes.starts_with(b"ooBinaryFile") {
        return Err(Error::format(path, "the TextGrid is binary", "save it in Praat as a text file"));
    }
    let text = utf8_or_utf16(path, bytes)?;
    let tokens = Tokens { chars: text.chars().peekable(), line: 1 };
    tokens.tiers().map_err(|(line, problem)| Error::format(path, format!("line {line}: {problem}"), ADVICE))
}

/// What Praat takes from a text file.
#[derive(Debug)]
enum Token {
    Text(String),
    Number(f64),
    Flag(String),
}

struct Tokens<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

/// A line's number, and what is wrong there.
type Trouble = (usize, String);

impl Tokens<'_> {
    fn tiers(mut self) -> Result<Vec<Tier>, Trouble> {
        let head = |problem: &str| (1, problem.to_owned());
        match (self.next()?, self.next()?) {
            (Some(Token::Text(file)), Some(Token::Text(class)))
                if file.starts_with("ooTextFile") && class.starts_with("TextGrid") => {}
            _ => return Err(head("this is no TextGrid: it does not begin with \"ooTextFile\" and \"TextGrid\"")),
        }
        self.number("the time at which the grid begins")?;
        self.number("the time at which the grid ends")?;
        match self.next()? {
            Some(Token::Flag(flag)) if flag == "exists" => {}
            Some(Token::Flag(_)) => return Ok(Vec::new()),
            other => return Err(self.wrong("whether there are tiers (<exists>)", other)),
        }
        let count = self.count("the number of tiers")?;
        (1..=count).map(|n| self.tier(n)).collect()
    }

    fn tier(&mut self, number: usize) -> Result<Tier, Trouble> {
        let class = self.text(&format!("the class of tier {number}"))?;
        let of_intervals = match class.as_str() {
            "IntervalTier" => true,
            "TextTier" => false,
            other => {
                let problem = format!(
                    "tier {number} is of class `{other}`, not IntervalTier or TextTier; or a quote before it is not closed"
                );
                return Err((self.line, problem));
            }
        };
        let name = self.text(&format!("the name of tier {number}"))?;
        self.number(&format!("the time at which tier `{name}` begins"))?;
        self.number(&format!("the time at which tier `{name}` ends"))?;
        let count = self.count(&format!("the number of items of tier `{name}`"))?;
        let mut intervals = Vec::new();
        for item in 1..=count {
            let of = format!("of item {item} of {count} of tier `{name}`");
            let from = self.number(&format!("the time {of}"))?;
            let line = self.line;
            let to = if of_intervals { self.number(&format!("the end {of}"))? } else { from };
            let label = self.text(&format!("the label {of}"))?;
            if of_intervals {
                intervals.push(Interval { line, from, to, label });
            }
        }
        Ok(Tier { name, of_intervals, intervals })
    }

    fn number(&mut self, what: &str) -> Result<f64, Trouble> {
        match self.next()? {
            Some(Token::Number(number)) => Ok(number),
            other => Err(self.wrong(&format!("a number, {what}"), other)),
        }
    }

    fn count(&mut self, what: &str) -> Result<usize, Trouble> {
        let number = self.number(what)?;
        match number >= 0.0 && number.fract() == 0.0 && number < 1e9 {
            true => Ok(number as usize),
            false => Err((self.line, format!("{what} is {number}"))),
        }
    }

    fn text(&mut self, what: &str) -> Result<String, Trouble> {
        match self.next()? {
            Some(Token::Text(text)) => Ok(text),
            other => Err(self.wrong(&format!("a text in quotes, {what}"), other)),
        }
    }

    fn wrong(&self, expected: &str, found: Option<Token>) -> Trouble {
        let found = match found {
            Some(Token::Text(text)) => format!("the text \"{text}\" stands there"),
            Some(Token::Number(number)) => format!("the number {number} stands there"),
            Some(Token::Flag(flag)) => format!("<{flag}> stands there"),
            None => "the file ends".to_owned(),
        };
        (self.line, format!("expected {expected}, but {found}"))
    }

    /// The next value; what Praat passes over (names, signs, numbers in brackets, comments) is passed over.
    fn next(&mut self) -> Result<Option<Token>, Trouble> {
        loop {
            match self.chars.peek() {
                None => return Ok(None),
                Some('\n') => {
                    self.line += 1;
                    self.chars.next();
                }
                Some(c) if c.is_whitespace() => {
                    self.chars.next();
                }
                Some('!') => while self.chars.next_if(|c| *c != '\n').is_some() {},
                Some('"') => return self.quoted().map(Some),
                Some(_) => {
                    let mut word = String::new();
                    while let Some(c) = self.chars.next_if(|c| !c.is_whitespace()) {
                        word.push(c);
                    }
                    if let Some(flag) = word.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
                        return Ok(Some(Token::Flag(flag.to_owned())));
                    }
                    // "inf" and "nan" are no numbers to Praat.
                    let begins = word.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit());
                    if begins && let Ok(number) = word.parse::<f64>() {
                        return Ok(Some(Token::Number(number)));
                    }
                }
            }
        }
    }

    fn quoted(&mut self) -> Result<Token, Trouble> {
        let begun = self.line;
        self.chars.next();
        let mut text = String::new();
        loop {
            match self.chars.next() {
                Some('"') if self.chars.next_if_eq(&'"').is_some() => text.push('"'),
                Some('"') => return Ok(Token::Text(text)),
                Some(c) => {
                    self.line += usize::from(c == '\n');
                    text.push(c);
                }
                None => return Err((begun, "a quote is not closed".to_owned())),
            }
        }
    }
}
