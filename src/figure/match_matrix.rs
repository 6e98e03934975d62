//! Which pattern's map looks like which network.

use super::drawn::Figure;
use super::heat_map::{HeatMap, heat_map};
use crate::coupling::NetworkMatch;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::Axis;

/// Options of [`match_matrix`].
#[derive(Clone, Debug)]
pub struct MatchMatrix {
    /// The title. Default: the atlas.
    pub title: Option<String>,
    /// Patterns that are drawn at most, those of greatest |r| with any network. Default 64.
    pub patterns: usize,
}

impl Default for MatchMatrix {
    fn default() -> MatchMatrix {
        MatchMatrix { title: None, patterns: 64 }
    }
}

impl MatchMatrix {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> MatchMatrix {
        MatchMatrix { title: Some(title.into()), ..self }
    }

    /// So many patterns at most.
    pub fn patterns(self, patterns: usize) -> MatchMatrix {
        MatchMatrix { patterns, ..self }
    }
}

/// Spatial r of each pattern's map (rows) with each network (columns), with stars for q: one below the match's level (0.05 unless it was made with another),
/// two below a fifth of it, three below a fiftieth.
///
/// Rows are ordered by the network of greatest |r|, and within a network by that |r|, so that matches lie along the diagonal; the numbers at the left are the
/// patterns' own. A pattern's sign is arbitrary, so blue is as good a match as red.
///
/// ```no_run
/// use neurocell::prelude::*;
/// # fn run(fit: EncodingFit, networks: Networks) -> Result<()> {
/// let matched = match_networks(&fit, &networks)?;
/// match_matrix(&matched, MatchMatrix::default().title("Patterns of MiniLM and Yeo's networks"))?.save("match.svg")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there is no pattern or none is to be drawn.
pub fn match_matrix(found: &NetworkMatch, options: MatchMatrix) -> Result<Figure> {
    let r = found.r();
    if r.is_empty() || options.patterns == 0 {
        return Err(Error::value(
            format!("{} of {} patterns × {} networks", options.patterns, found.patterns(), found.networks().len()),
            "match at least one pattern with one network, and draw at least one",
        ));
    }
    // For each pattern its network and |r|.
    let best = |pattern: usize| {
        let row = r.row(pattern);
        let far = row.iter().map(|r| r.abs()).enumerate();
        far.fold((0, 0.0), |best, one| if one.1 > best.1 { one } else { best })
    };
    let mut order: Vec<usize> = (0..found.patterns()).collect();
    order.sort_by(|a, b| best(*b).1.total_cmp(&best(*a).1));
    order.truncate(options.patterns);
    let shown = order.len();
    order.sort_by(|a, b| (best(*a).0).cmp(&best(*b).0).then(best(*b).1.total_cmp(&best(*a).1)));
    let which = match shown < found.patterns() {
        true => format!("the {shown} of {} patterns with the greatest |r|", found.patterns()),
        false => format!("{shown} pattern{}", if shown == 1 { "" } else { "s" }),
    };
    let level = found.level();
    let title = options.title.clone().unwrap_or_else(|| format!("Patterns × networks of {}", found.atlas()));
    let drawn = HeatMap::default()
        .title(title)
        .remark(format!("{which}, by the network of greatest |r|; {}", found.about()))
        .unit("spatial r")
        .axes("pattern", "network")
        .stars(found.q().select(Axis(0), &order), [level, level / 5.0, level / 50.0]);
    let names: Vec<String> = order.iter().map(usize::to_string).collect();
    let figure = heat_map(&r.select(Axis(0), &order), &names, found.networks(), drawn)?;
    let made = Provenance::step("match_matrix").option("patterns", options.patterns);
    Ok(figure.made(made.option("title", options.title.unwrap_or_default()).input("match", found)))
}
