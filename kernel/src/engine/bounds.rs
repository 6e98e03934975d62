//! What a cell may say: text without end and pictures without measure would fill memory, front end and notebook.

use super::{Event, Host};
use serde_json::{Map, Value};

/// Text that one cell may print, in bytes; what follows is counted and left out.
pub const MOST_TEXT: usize = 10 << 20;
/// The largest display or value, in bytes as it is sent.
pub const LARGEST_DISPLAY: usize = 32 << 20;

/// The longest plain text of a display or value, in bytes; the rest is cut off.
pub const LONGEST_VALUE: usize = 1 << 20;

/// Passes a cell's events on as long as they keep to the bounds, and says what was left out.
pub struct Bounded<'a> {
    host: &'a mut dyn Host,
    printed: usize,
    left_out: usize,
}

impl<'a> Bounded<'a> {
    pub fn new(host: &'a mut dyn Host) -> Bounded<'a> {
        Bounded { host, printed: 0, left_out: 0 }
    }

    /// The part of the text that still may be shown.
    fn cut(&mut self, mut text: String) -> Option<String> {
        let cut = truncate(&mut text, MOST_TEXT - self.printed);
        self.printed += text.len();
        if cut > 0 {
            // Nothing more fits, also where a whole character did not.
            self.printed = MOST_TEXT;
            self.left_out += cut;
        }
        (!text.is_empty()).then_some(text)
    }

    fn say(&mut self, notice: String) {
        self.host.tell(Event::Stderr(notice));
    }
}

/// At the cell's end the notice says how much is missing.
impl Drop for Bounded<'_> {
    fn drop(&mut self) {
        if self.left_out > 0 {
            let missing = megabytes(self.left_out);
            self.say(format!("[{missing} more of this cell's text were left out]\n"));
        }
    }
}

impl Host for Bounded<'_> {
    fn tell(&mut self, event: Event) {
        let had_left_out = self.left_out > 0;
        let event = match event {
            Event::Stdout(text) => self.cut(text).map(Event::Stdout),
            Event::Stderr(text) => self.cut(text).map(Event::Stderr),
            Event::Result { data } => Some(Event::Result { data: self.fit(data) }),
            Event::Display { data, metadata, display_id, update, part } => {
                Some(Event::Display { data: self.fit(data), metadata, display_id, update, part })
            }
            Event::ClearOutput { wait } => {
                self.printed = 0;
                Some(Event::ClearOutput { wait })
            }
        };
        if let Some(event) = event {
            self.host.tell(event);
        }
        if self.left_out > 0 && !had_left_out {
            self.say(format!(
                "\n[a cell may print {}: what follows is left out\n  → write long text to a file]\n",
                megabytes(MOST_TEXT)
            ));
        }
    }

    fn ask(&mut self, prompt: &str, password: bool) -> Option<String> {
        self.host.ask(prompt, password)
    }
}

impl Bounded<'_> {
    /// Plain text that is too long is cut; a display that still is too large is replaced by a line that says so.
    fn fit(&self, mut data: Map<String, Value>) -> Map<String, Value> {
        if let Some(Value::String(text)) = data.get_mut("text/plain") {
            let cut = truncate(text, LONGEST_VALUE);
            if cut > 0 {
                text.push_str(&format!("…\n[{} more were left out]", megabytes(cut)));
            }
        }
        let size = |value: &Value| value.as_str().map_or_else(|| value.to_string().len(), str::len);
        let total: usize = data.values().map(size).sum();
        if total <= LARGEST_DISPLAY {
            return data;
        }
        let kinds = data.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let (total, most) = (megabytes(total), megabytes(LARGEST_DISPLAY));
        let notice =
            format!("[{kinds} of {total} is not shown: the most is {most}\n  → save it to a file, or draw less]");
        Map::from_iter([("text/plain".to_owned(), Value::String(notice))])
    }
}

/// Shortens a text to so many bytes at most, whole characters; gives back how many were cut off.
fn truncate(text: &mut String, most: usize) -> usize {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = text.len() - end;
    text.truncate(end);
    cut
}

fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(say: impl FnOnce(&mut Bounded)) -> Vec<Event> {
        let mut events = Vec::new();
        let mut host = |event| events.push(event);
        let mut bounded = Bounded::new(&mut host);
        say(&mut bounded);
        drop(bounded);
        events
    }

    fn text(events: &[Event]) -> (String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        for event in events {
            match event {
                Event::Stdout(text) => out += text,
                Event::Stderr(text) => err += text,
                _ => {}
            }
        }
        (out, err)
    }

    #[test]
    fn text_within_the_bound_passes_untouched() {
        let events = heard(|cell| cell.tell(Event::Stdout("x".repeat(MOST_TEXT))));
        assert_eq!(text(&events), ("x".repeat(MOST_TEXT), String::new()));
    }

    #[test]
    fn text_beyond_the_bound_is_cut_between_characters_and_the_notice_counts_it() {
        let events = heard(|cell| {
            cell.tell(Event::Stdout("x".repeat(MOST_TEXT - 1)));
            for _ in 0..3 {
                cell.tell(Event::Stdout("é".repeat(1 << 20)));
            }
        });
        let (out, err) = text(&events);
        assert_eq!(out.len(), MOST_TEXT - 1);
        assert_eq!(err.matches("what follows is left out").count(), 1);
        assert!(err.ends_with("[6.0 MB more of this cell's text were left out]\n"), "{err}");
    }

    #[test]
    fn the_plain_text_of_a_value_is_cut_with_a_notice() {
        let data = Map::from_iter([("text/plain".to_owned(), Value::String("é".repeat(1 << 20)))]);
        let events = heard(|cell| cell.tell(Event::Result { data }));
        let [Event::Result { data }] = events.as_slice() else { panic!("{} events", events.len()) };
        let shown = data["text/plain"].as_str().unwrap();
        assert!(shown.len() < LONGEST_VALUE + 100 && shown.ends_with("é…\n[1.0 MB more were left out]"));
    }

    #[test]
    fn a_display_that_is_too_large_is_replaced_by_a_line() {
        let data = |size| Map::from_iter([("image/png".to_owned(), Value::String("A".repeat(size)))]);
        let display = |data| Event::Display { data, metadata: Map::new(), display_id: None, update: false, part: None };
        let events = heard(|cell| {
            cell.tell(display(data(LARGEST_DISPLAY)));
            cell.tell(display(data(LARGEST_DISPLAY + 1)));
        });
        let shown = |event: &Event| match event {
            Event::Display { data, .. } => data.keys().cloned().collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        assert_eq!(events.iter().map(shown).collect::<Vec<_>>(), [["image/png"], ["text/plain"]]);
    }
}
