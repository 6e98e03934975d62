//! A dataset's summary as text.

use super::{DatasetSummary, ScanEntry};
use crate::brain::columns::aligned;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Scans that are listed one by one.
const LISTED: usize = 40;

impl ScanEntry {
    fn status(&self) -> String {
        let mut parts = Vec::new();
        if self.space.is_none() {
            parts.push("not in derivatives/fmriprep".to_owned());
        }
        if !self.missing.is_empty() {
            parts.push(format!("no {}", self.missing.join(", no ")));
        }
        parts.extend(self.problems.iter().cloned());
        if parts.is_empty() { "complete".to_owned() } else { parts.join("; ") }
    }
}

/// "1 scan", "2 scans".
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// "90–120", "2 s", "–".
fn span(values: &[f64], unit: &str) -> String {
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    match values {
        [] => "–".to_owned(),
        _ if low == high => format!("{low}{unit}"),
        _ => format!("{low}–{high}{unit}"),
    }
}

impl fmt::Display for DatasetSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let complete = self.scans.iter().filter(|scan| scan.complete()).count();
        let folder = self.root.display();
        let (subjects, scans) = (counted(self.subjects, "subject"), counted(self.scans.len(), "scan"));
        write!(f, "Dataset {folder}: {subjects}, {scans}, {complete} complete")?;
        let mut groups: BTreeMap<(&str, Option<&str>), Vec<&ScanEntry>> = BTreeMap::new();
        for scan in self.scans.iter() {
            groups.entry((&scan.task, scan.space.as_deref())).or_default().push(scan);
        }
        let mut rows = vec![
            ["task", "space", "subjects", "sessions", "scans", "volumes", "TR", "complete"].map(str::to_owned).to_vec(),
        ];
        for ((task, space), scans) in &groups {
            let subjects: BTreeSet<&str> = scans.iter().map(|scan| scan.subject.as_str()).collect();
            let sessions: BTreeSet<&str> = scans.iter().filter_map(|scan| scan.session.as_deref()).collect();
            let volumes: Vec<f64> = scans.iter().filter_map(|scan| scan.volumes).map(|n| n as f64).collect();
            let trs: Vec<f64> = scans.iter().filter_map(|scan| scan.tr).collect();
            rows.push(vec![
                (*task).to_owned(),
                space.unwrap_or("raw only").to_owned(),
                subjects.len().to_string(),
                if sessions.is_empty() { "–".to_owned() } else { sessions.len().to_string() },
                scans.len().to_string(),
                span(&volumes, ""),
                span(&trs, " s"),
                scans.iter().filter(|scan| scan.complete()).count().to_string(),
            ]);
        }
        if !groups.is_empty() {
            write!(f, "\n{}", aligned(&rows))?;
        }
        let all = self.scans.len() <= LISTED;
        let shown: Vec<&ScanEntry> = self.scans.iter().filter(|scan| all || !scan.complete()).collect();
        if !shown.is_empty() {
            let mut rows =
                vec![["scan", "session", "task", "run", "space", "volumes", "TR", "state"].map(str::to_owned).to_vec()];
            let dash = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
            rows.extend(shown.iter().take(LISTED).map(|scan| {
                vec![
                    format!("sub-{}", scan.subject),
                    dash(scan.session.clone()),
                    scan.task.clone(),
                    dash(scan.run.clone()),
                    scan.space.clone().unwrap_or_else(|| "raw only".to_owned()),
                    dash(scan.volumes.map(|n| n.to_string())),
                    dash(scan.tr.map(|tr| format!("{tr} s"))),
                    scan.status(),
                ]
            }));
            write!(f, "\n\n{}", aligned(&rows))?;
            if shown.len() > LISTED {
                write!(f, "\n… and {} more: `summary.scans()`", shown.len() - LISTED)?;
            }
        }
        self.notes.iter().try_for_each(|note| write!(f, "\nnote: {note}"))
    }
}
