//! What a running cell says: text, and framed messages of the prelude.

use neurocell::notebook::FRAME;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Something that a cell says while it runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Event {
    Stdout(String),
    Stderr(String),
    /// A rich output: MIME type → content. With `update`, it takes the place of the one of the same id.
    Display {
        data: Map<String, Value>,
        metadata: Map<String, Value>,
        display_id: Option<String>,
        update: bool,
        /// What its HTML needs on the page ([`super::PageParts`]).
        part: Option<String>,
    },
    /// The value of the cell's last expression.
    Result {
        data: Map<String, Value>,
    },
    /// What the cell has shown so far is to go; with `wait`, once something new comes.
    ClearOutput {
        wait: bool,
    },
}

/// How the supervisor says that a cell was undone.
#[derive(Debug, Clone)]
pub struct Lost {
    pub kind: String,
    pub detail: String,
    /// What the cell last wrote to stderr: the panic's or the error's own message.
    pub message: String,
    /// Whether all variables are as before the cell.
    pub kept: bool,
}

/// One line of the runner's output.
pub enum Line {
    Event(Event),
    Lost(Lost),
}

/// Reads a line of the runner's stdout, given without its newline.
pub fn read(line: String) -> Line {
    let Some(message) = line.strip_prefix(FRAME).and_then(|json| serde_json::from_str::<Value>(json).ok()) else {
        return Line::Event(Event::Stdout(line + "\n"));
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Value::Object(data) = &message["display"] {
        let metadata = message["metadata"].as_object().cloned().unwrap_or_default();
        let display_id = message["display_id"].as_str().map(str::to_owned);
        let update = message["update"] == true;
        let part = message["part"].as_str().map(str::to_owned);
        return Line::Event(Event::Display { data: data.clone(), metadata, display_id, update, part });
    }
    if message["clear_output"].is_object() {
        return Line::Event(Event::ClearOutput { wait: message["clear_output"]["wait"] == true });
    }
    if message["progress"].is_object() {
        return Line::Event(progress(&message["progress"]));
    }
    if message["lost"].is_object() {
        let lost = &message["lost"];
        return Line::Lost(Lost {
            kind: text(&lost["kind"]),
            detail: text(&lost["detail"]),
            message: text(&lost["message"]),
            kept: lost["kept"].as_bool().unwrap_or(false),
        });
    }
    match (&message["stdout"], &message["stderr"]) {
        (Value::String(out), _) => Line::Event(Event::Stdout(out.clone())),
        (_, Value::String(err)) => Line::Event(Event::Stderr(err.clone())),
        // A message of a newer prelude that this kernel does not know: shown rather than swallowed.
        _ => Line::Event(Event::Stdout(line + "\n")),
    }
}

/// A progress line as a display that replaces itself.
fn progress(p: &Value) -> Event {
    let number = |key: &str| p[key].as_f64().unwrap_or(0.0);
    let (done, total) = (number("done"), number("total"));
    let share = if total > 0.0 { (done / total).clamp(0.0, 1.0) } else { 0.0 };
    let name = p["name"].as_str().unwrap_or("working");
    let filled = (share * 24.0).round() as usize;
    let bar = format!("{}{}", "━".repeat(filled), "·".repeat(24 - filled));
    // A line that a cell keeps as a variable is never told that it is finished.
    let finished = p["finished"] == true || (total > 0.0 && done >= total);
    let time = match (finished, p["left"].as_f64()) {
        (true, _) => format!("done in {}", seconds(number("seconds"))),
        (_, Some(left)) => format!("{:.0}/s, {} left", number("rate"), seconds(left)),
        _ => String::new(),
    };
    let line = format!("{name} {bar} {done:.0}/{total:.0}  {time}");
    let data = Map::from_iter([("text/plain".to_owned(), Value::String(line))]);
    Event::Display {
        data,
        metadata: Map::new(),
        display_id: Some(format!("progress-{}", p["id"].as_u64().unwrap_or(0))),
        update: p["first"].as_bool() != Some(true),
        part: None,
    }
}

fn seconds(s: f64) -> String {
    match s {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s => format!("{:.0} min", s / 60.0),
    }
}
