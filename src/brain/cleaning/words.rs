//! A cleaning in words.

use super::{Aroma, Cleaning, Drift, Expansion, Motion, Scrub};
use std::fmt;

impl Cleaning {
    /// What was done, with what the default found: "linear detrend, high-pass 128 s, 6 motion parameters, …".
    pub(in crate::brain) fn said(&self, motion_found: bool) -> String {
        let mut parts = Vec::new();
        if self.detrend {
            parts.push("linear detrend".to_owned());
        }
        match self.drift {
            Drift::Stays => {}
            Drift::Cosines(cutoff) => parts.push(format!("high-pass {cutoff} s")),
            Drift::Columns => parts.push("fMRIPrep's cosines".to_owned()),
            Drift::Band([Some(high), Some(low)]) => parts.push(format!("Butterworth {high}–{low} Hz")),
            Drift::Band([Some(high), None]) => parts.push(format!("Butterworth above {high} Hz")),
            Drift::Band([None, low]) => parts.push(format!("Butterworth below {} Hz", low.unwrap_or_default())),
        }
        match self.nuisance.motion {
            Motion::Stays => {}
            Motion::IfThere if !motion_found => parts.push("no motion parameters in the confounds".to_owned()),
            Motion::IfThere | Motion::Expanded(Expansion::Basic) => parts.push("6 motion parameters".to_owned()),
            Motion::Expanded(Expansion::Full) => parts.push("24 motion parameters".to_owned()),
            Motion::Expanded(half) => parts.push(format!("6 motion parameters{}", half.said())),
        }
        parts.extend(self.nuisance.wm_csf.map(|e| format!("white matter and CSF{}", e.said())));
        parts.extend(self.nuisance.global_signal.map(|e| format!("global signal{}", e.said())));
        parts.extend(self.nuisance.compcor.map(|(kind, most)| match most {
            None => kind.to_string(),
            Some(most) => format!("{kind}, {most} of each mask"),
        }));
        parts.extend(self.nuisance.aroma.map(|how| match how {
            Aroma::Basic => "ICA-AROMA's noise components".to_owned(),
            Aroma::Full => "images denoised by ICA-AROMA".to_owned(),
        }));
        if !self.nuisance.named.is_empty() {
            parts.push(format!("confounds {}", self.nuisance.named.join(", ")));
        }
        parts.extend(self.scrub.as_ref().map(Scrub::said));
        let own: usize = self.own.values().map(Vec::len).sum();
        if own > 0 {
            parts.push(format!("{own} volumes censored by number"));
        }
        if self.zscore {
            parts.push("z-score per run".to_owned());
        }
        match parts.is_empty() {
            true => "not cleaned".to_owned(),
            false => parts.join(", "),
        }
    }
}

impl fmt::Display for Cleaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said(true))
    }
}
