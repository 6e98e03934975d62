//! What a picture of the cortex shows: shape, directions of view, and how values get onto the surface.

use crate::error::{Error, Result};

/// Which surface of fsaverage5 is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SurfaceShape {
    /// Inflated until the sulci are seen, which are darker.
    #[default]
    Inflated,
    /// The outer border of grey matter.
    Pial,
    /// The border of white and grey matter.
    White,
    /// The middle between the white and the pial surface.
    Mid,
}

impl SurfaceShape {
    pub(super) fn name(self) -> &'static str {
        match self {
            SurfaceShape::Inflated => "inflated",
            SurfaceShape::Pial => "pial",
            SurfaceShape::White => "white matter",
            SurfaceShape::Mid => "mid-thickness",
        }
    }
}

/// From where the cortex is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurfaceView {
    /// The left hemisphere from the left.
    LeftLateral,
    /// The left hemisphere from the middle.
    LeftMedial,
    /// The right hemisphere from the right.
    RightLateral,
    /// The right hemisphere from the middle.
    RightMedial,
    /// Both hemispheres from above.
    Dorsal,
    /// Both hemispheres from below: the left one is at the right.
    Ventral,
    /// Both hemispheres from the front: the left one is at the right.
    Anterior,
    /// Both hemispheres from behind.
    Posterior,
}

impl SurfaceView {
    /// As it is written below the picture.
    pub(super) fn name(self) -> &'static str {
        match self {
            SurfaceView::LeftLateral => "left, lateral",
            SurfaceView::LeftMedial => "left, medial",
            SurfaceView::RightLateral => "right, lateral",
            SurfaceView::RightMedial => "right, medial",
            SurfaceView::Dorsal => "from above",
            SurfaceView::Ventral => "from below",
            SurfaceView::Anterior => "from the front",
            SurfaceView::Posterior => "from behind",
        }
    }

    /// The hemispheres that are seen: 0 is left, 1 right.
    pub(super) fn sides(self) -> &'static [usize] {
        match self {
            SurfaceView::LeftLateral | SurfaceView::LeftMedial => &[0],
            SurfaceView::RightLateral | SurfaceView::RightMedial => &[1],
            _ => &[0, 1],
        }
    }

    /// What is at the left and at the right of the picture, where both hemispheres are seen.
    pub(super) fn marks(self) -> Option<[&'static str; 2]> {
        match self {
            SurfaceView::Dorsal | SurfaceView::Posterior => Some(["L", "R"]),
            SurfaceView::Ventral | SurfaceView::Anterior => Some(["R", "L"]),
            _ => None,
        }
    }

    /// Directions to the picture's right, to its top, and to the viewer: a right-handed frame.
    pub(super) fn frame(self) -> [[f32; 3]; 3] {
        const UP: [f32; 3] = [0.0, 0.0, 1.0];
        match self {
            SurfaceView::LeftLateral | SurfaceView::RightMedial => [[0.0, -1.0, 0.0], UP, [-1.0, 0.0, 0.0]],
            SurfaceView::RightLateral | SurfaceView::LeftMedial => [[0.0, 1.0, 0.0], UP, [1.0, 0.0, 0.0]],
            SurfaceView::Dorsal => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], UP],
            SurfaceView::Ventral => [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]],
            SurfaceView::Anterior => [[-1.0, 0.0, 0.0], UP, [0.0, 1.0, 0.0]],
            SurfaceView::Posterior => [[1.0, 0.0, 0.0], UP, [0.0, -1.0, 0.0]],
        }
    }
}

/// How a map is drawn on the cortex: shape, views, points along the normal.
///
/// ```
/// use neurocell::figure::{Surface, SurfaceShape, SurfaceView};
/// let above = Surface::default().shape(SurfaceShape::Pial).views(&[SurfaceView::Dorsal, SurfaceView::Ventral]);
/// # assert_eq!(above.views.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// Which surface is drawn. Default inflated.
    pub shape: SurfaceShape,
    /// From where, row by row. Default: left and right lateral, left and right medial.
    pub views: Vec<SurfaceView>,
    /// Pictures in a row. Default: two of up to four, otherwise four.
    pub columns: Option<usize>,
    /// Points between the white and the pial surface over which the mean is taken (1: in the middle). Default 10.
    pub samples: usize,
}

impl Default for Surface {
    fn default() -> Surface {
        use SurfaceView::{LeftLateral, LeftMedial, RightLateral, RightMedial};
        let views = vec![LeftLateral, RightLateral, LeftMedial, RightMedial];
        Surface { shape: SurfaceShape::Inflated, views, columns: None, samples: 10 }
    }
}

/// Pictures that a figure holds at most.
const MOST: usize = 12;

impl Surface {
    /// Which surface is drawn.
    pub fn shape(self, shape: SurfaceShape) -> Surface {
        Surface { shape, ..self }
    }

    /// From where it is seen, row by row.
    pub fn views(self, views: &[SurfaceView]) -> Surface {
        Surface { views: views.to_vec(), ..self }
    }

    /// Pictures in a row.
    pub fn columns(self, columns: usize) -> Surface {
        Surface { columns: Some(columns), ..self }
    }

    /// Points between the white and the pial surface over which the mean is taken.
    pub fn samples(self, samples: usize) -> Surface {
        Surface { samples, ..self }
    }

    /// The number of pictures in a row.
    ///
    /// # Errors
    /// If there is no view or more than 12, or no column.
    pub(super) fn in_a_row(&self) -> Result<usize> {
        let views = self.views.len();
        if !(1..=MOST).contains(&views) {
            return Err(Error::value(
                format!("{views} views of the cortex; a figure holds 1 to {MOST}"),
                "name the views: `Surface::default().views(&[SurfaceView::LeftLateral])`",
            ));
        }
        let columns = self.columns.unwrap_or(if views <= 4 { 2 } else { 4 });
        if columns == 0 {
            return Err(Error::value("0 pictures in a row", "ask for one column or more"));
        }
        Ok(columns.min(views))
    }
}
