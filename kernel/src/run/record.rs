//! What a cell said, as a notebook stores it.

use crate::engine::{Event, Failure};
use nbformat::v4::{DisplayData, ErrorOutput, ExecuteResult, MultilineString, Output};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The outputs of one cell, in their order.
pub struct Record {
    count: i32,
    pub outputs: Vec<Output>,
    by_id: HashMap<String, usize>,
}

impl Record {
    pub fn new(count: i32) -> Record {
        Record { count, outputs: Vec::new(), by_id: HashMap::new() }
    }

    pub fn take(&mut self, event: Event) {
        match event {
            Event::Stdout(text) => self.stream("stdout", &text),
            Event::Stderr(text) => self.stream("stderr", &text),
            // Nobody watches the cell run: whether at once or with the next output is the same.
            Event::ClearOutput { .. } => {
                self.outputs.clear();
                self.by_id.clear();
            }
            Event::Result { data } => self.outputs.push(Output::ExecuteResult(ExecuteResult {
                execution_count: jupyter_protocol::ExecutionCount::new(self.count as usize),
                data: media(data),
                metadata: Map::new(),
            })),
            Event::Display { data, metadata, display_id, update, .. } => {
                let display = Output::DisplayData(DisplayData { data: media(data), metadata });
                match display_id.as_ref().and_then(|id| self.by_id.get(id)).filter(|_| update) {
                    Some(place) => self.outputs[*place] = display,
                    None => {
                        if let Some(id) = display_id {
                            self.by_id.insert(id, self.outputs.len());
                        }
                        self.outputs.push(display);
                    }
                }
            }
        }
    }

    /// Text that follows text of the same stream is one output.
    fn stream(&mut self, to: &str, more: &str) {
        if let Some(Output::Stream { name, text }) = self.outputs.last_mut()
            && name == to
        {
            text.0.push_str(more);
            return;
        }
        self.outputs.push(Output::Stream { name: to.to_owned(), text: MultilineString(more.to_owned()) });
    }

    pub fn fail(&mut self, failure: Failure) {
        self.outputs.push(Output::Error(ErrorOutput {
            ename: failure.name,
            evalue: failure.value,
            traceback: failure.traceback,
        }));
    }
}

fn media(data: Map<String, Value>) -> jupyter_protocol::Media {
    let plain = data.get("text/plain").cloned();
    // If one type's content is not what the crate expects of it, the plain text stays.
    serde_json::from_value(Value::Object(data)).unwrap_or_else(|_| {
        let plain = plain.map(|text| ("text/plain".to_owned(), text));
        serde_json::from_value(Value::Object(plain.into_iter().collect())).unwrap_or_default()
    })
}
