//! The tree of a hierarchical clustering.

use super::axis::{BELOW, PALETTE, Plot, Scale};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, FRAME, Heading, Ink, MARGIN, SOFT, Sheet, TICK, Text};
use crate::error::{Error, Result};
use crate::pattern::{Distance, Hierarchy, Linkage};
use crate::provenance::Provenance;

const WIDTH: f64 = 760.0;
/// Most leaves that have labels: a page of them.
const LABELLED: usize = 150;
/// Most leaves at all; of a larger tree the top is drawn, down to so many clusters.
const MOST: usize = 2000;
const TIPS: usize = 100;

/// Options of [`dendrogram`].
#[derive(Clone, Debug, Default)]
pub struct Dendrogram {
    /// Clusters that have a colour of their own; `None`: those below 0.7 of the highest merge.
    pub clusters: Option<usize>,
    /// The title; empty: what the tree is of.
    pub title: String,
}

impl Dendrogram {
    /// Colours the clusters that a cut into so many makes.
    pub fn clusters(self, clusters: usize) -> Dendrogram {
        Dendrogram { clusters: Some(clusters), ..self }
    }

    /// Sets the title.
    pub fn title(self, title: impl Into<String>) -> Dendrogram {
        Dendrogram { title: title.into(), ..self }
    }
}

/// A hierarchical clustering as a tree: a row for each leaf, in the order in which no branches cross, and merges at their distance.
///
/// Clusters of the cut have colours (in turn, where there are more than six), single leaves and what joins clusters are grey, a dashed line marks the cut.
/// With more than 150 leaves labels are left out. Of a tree with more than 2,000 leaves the last hundred clusters are drawn (scipy's `truncate_mode="lastp"`),
/// each named by its first leaf and the number of the others.
///
/// # Errors
/// If the tree cannot be cut into as many clusters as are asked for, or a large one into more than a hundred.
///
/// ```
/// use neurocell::figure::{Dendrogram, dendrogram};
/// use neurocell::pattern::{Hierarchical, hierarchy};
/// use ndarray::Array2;
/// let rows = Array2::from_shape_fn((6, 80), |(n, t)| (t as f32 * [0.2, 0.7][n / 3] + 0.15 * n as f32).sin());
/// let labels: Vec<String> = (0..6).map(|n| format!("course {n}")).collect();
/// let tree = hierarchy(&rows, &labels, Hierarchical::default())?;
/// let figure = dendrogram(&tree, Dendrogram::default().clusters(2))?;
/// assert!(figure.svg()?.contains("distance (1 − r)"));
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn dendrogram(tree: &Hierarchy, options: Dendrogram) -> Result<Figure> {
    let count = tree.count();
    let tips = if count > MOST { TIPS } else { count };
    if options.clusters.is_some_and(|clusters| clusters > tips && count > MOST) {
        return Err(Error::value(
            format!(
                "a dendrogram of {count} leaves shows its last {TIPS} clusters, and {:?} are to have a colour",
                options.clusters
            ),
            format!("ask for at most {TIPS}, or cluster patterns or centres instead of single neurons"),
        ));
    }
    let highest = tree.merges().last().map_or(0.0, |merge| merge.distance);
    let clusters = match options.clusters {
        Some(k) => k,
        None => (1 + tree.merges().iter().filter(|merge| merge.distance > 0.7 * highest).count()).min(tips),
    };
    let cut = tree.cut(clusters)?;
    let title = match options.title.is_empty() {
        true => format!("Hierarchy of {count} {}", tree.what()),
        false => options.title,
    };
    let labelled = tips <= LABELLED;
    let mut remark = format!("{} linkage, cut into {clusters} clusters", tree.options().linkage);
    if tips < count {
        remark += &format!("; the last {tips} clusters of {count} leaves, each named by its first leaf");
    } else if !labelled {
        remark += &format!("; labels of {count} leaves are left out");
    }
    let heading = Heading::new(&title, &remark, WIDTH);
    let pitch = if labelled { 19.0 } else { 4.0 };
    // Leaves side by side in the tree, and for each the row in which it, or the cluster that stands for it, is drawn.
    let order = tree.leaf_order();
    let row_of: Vec<usize> = match tips < count {
        true => tree.cut(tips)?,
        false => {
            let mut rows = vec![0; count];
            order.iter().enumerate().for_each(|(row, &leaf)| rows[leaf] = row);
            rows
        }
    };
    let names = if labelled { names(tree, &order, &row_of, tips) } else { Vec::new() };
    let widest = names.iter().map(|name| font::width(name, TICK, false)).fold(0.0, f64::max);
    let left = MARGIN + widest + 12.0;
    let plot = Plot {
        left,
        top: heading.height(),
        width: WIDTH - left - MARGIN - 14.0,
        height: pitch * tips as f64 + 6.0,
        x: Scale::linear(0.0, if highest > 0.0 { 1.04 * highest } else { 1.0 }),
        y: Scale::linear(0.0, 1.0),
    };
    let mut sheet = Sheet::new(WIDTH, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.bottom_axis(&mut sheet, &axis(tree), true);
    mark_cut(&mut sheet, &plot, tree, clusters);
    let sizes = (0..clusters).map(|k| cut.iter().filter(|c| **c == k).count()).collect::<Vec<usize>>();
    let colour = |cluster: usize| if sizes[cluster] > 1 { Ink::Own(PALETTE[cluster % 6]) } else { SOFT };
    let at = |row: usize| plot.top + 3.0 + pitch * (row as f64 + 0.5);
    for (row, name) in names.iter().enumerate() {
        sheet.centred([left - 8.0, at(row)], Text::new(name, TICK).anchor(Anchor::End));
    }
    let y: Vec<f64> = row_of.iter().map(|row| at(*row)).collect();
    branches(
        &mut sheet,
        &plot,
        tree,
        y,
        |first| match first {
            Some(leaf) => colour(cut[leaf]),
            None => SOFT,
        },
        [count - tips, count - clusters],
    );
    sheet.line([plot.left, plot.top], [plot.left, plot.bottom()], 1.0, FRAME);
    let alt = format!(
        "{title}: dendrogram, {} linkage, {clusters} clusters, merges up to {highest:.3}",
        tree.options().linkage
    );
    let made = Provenance::step("dendrogram").option("clusters", clusters).option("title", &title);
    Ok(Figure::new(sheet, alt).made(made.input("tree", tree)))
}

/// A name for each row: its leaf's, or that of the first leaf of its cluster and how many more there are.
fn names(tree: &Hierarchy, order: &[usize], row_of: &[usize], rows: usize) -> Vec<String> {
    let mut first: Vec<Option<usize>> = vec![None; rows];
    let mut sizes = vec![0_usize; rows];
    for &leaf in order {
        first[row_of[leaf]].get_or_insert(leaf);
        sizes[row_of[leaf]] += 1;
    }
    let name = |(leaf, size): (Option<usize>, usize)| {
        let label = leaf.map_or("", |leaf| tree.labels()[leaf].as_str());
        match size {
            0 | 1 => font::shorten(label, TICK, false, 220.0),
            _ => format!("{} and {} more", font::shorten(label, TICK, false, 150.0), size - 1),
        }
    };
    first.into_iter().zip(sizes).map(name).collect()
}

/// What the axis shows.
fn axis(tree: &Hierarchy) -> String {
    match (tree.options().linkage, tree.options().distance) {
        (Linkage::Ward, _) => "Ward's distance (Euclidean)".to_owned(),
        (_, Distance::Euclidean) => "distance (Euclidean)".to_owned(),
        (_, distance) => format!("distance ({distance})"),
    }
}

/// A dashed line halfway between the last merge within clusters and the first that joins them.
fn mark_cut(sheet: &mut Sheet, plot: &Plot, tree: &Hierarchy, clusters: usize) {
    let merged = tree.count() - clusters;
    let Some(above) = tree.merges().get(merged) else { return };
    let below = if merged > 0 { tree.merges()[merged - 1].distance } else { 0.0 };
    sheet.dashes(plot.px(0.5 * (below + above.distance)), plot.top, plot.bottom(), SOFT);
}

/// Draws the merges: from each of the two parts a line to the merge's distance, and one that joins them.
///
/// `y`: the leaves' heights on the page; `colour` is given a leaf of the cluster that a merge lies in, or none above the cut. The first `hidden` merges are inside
/// clusters that stand in one row and are not drawn, the first `within` inside clusters of the cut.
fn branches(
    sheet: &mut Sheet,
    plot: &Plot,
    tree: &Hierarchy,
    mut y: Vec<f64>,
    colour: impl Fn(Option<usize>) -> Ink,
    [hidden, within]: [usize; 2],
) {
    let mut x = vec![plot.px(0.0); y.len()];
    // For each node a leaf below it.
    let mut leaf: Vec<usize> = (0..y.len()).collect();
    for (number, merge) in tree.merges().iter().enumerate() {
        let [a, b] = merge.clusters;
        let at = plot.px(merge.distance);
        let own = colour((number < within).then_some(leaf[a]));
        if number >= hidden {
            sheet.path(vec![[x[a], y[a]], [at, y[a]], [at, y[b]], [x[b], y[b]]], 1.6, own);
        }
        y.push(0.5 * (y[a] + y[b]));
        x.push(at);
        leaf.push(leaf[a]);
    }
}
