//! Orthographic z-buffer: for each point of a picture the triangle that is nearest to the viewer.
//!
//! Triangles that turn their back to the viewer are left out. Several points a pixel are coloured and averaged; the share
//! of them that hits the surface is how much of the page the pixel covers. Bands of rows are drawn in parallel, each by
//! itself, so that the bytes do not depend on the number of threads.

use super::super::sheet::{Colour, Pixels};
use crate::error::Result;
use crate::linalg::in_pool;
use rayon::prelude::*;

/// Points of a pixel along each axis.
const FINE: usize = 3;

/// Rows of pixels that are drawn together: their points stay in the cache.
const BAND: usize = 16;

/// A vertex as the viewer sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// To the right and down, in pixels; to the viewer, in any unit.
    pub at: [f32; 3],
    /// To the right, up, to the viewer.
    pub normal: [f32; 3],
}

/// One surface in a picture.
pub(super) struct Part<'a> {
    /// A number by which the colouring knows it.
    pub side: usize,
    pub seen: Vec<Seen>,
    pub triangles: &'a [[u16; 3]],
}

/// A point of the surface: where in which triangle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub side: usize,
    pub corners: [usize; 3],
    /// Weights of the three corners, together 1.
    pub weights: [f32; 3],
    /// Change of each weight per pixel to the right and down.
    pub slopes: [[f32; 2]; 3],
    /// Towards the viewer is +z; not of length 1.
    pub normal: [f32; 3],
}

/// A triangle's weights as linear functions of the place: w = c + x · a + y · b.
#[derive(Clone, Copy)]
struct Planes {
    slopes: [[f32; 2]; 3],
    rest: [f32; 3],
    at: [[f32; 3]; 3],
}

impl Planes {
    /// `None` if the triangle turns away from the viewer or has no area.
    fn new(corners: [Seen; 3]) -> Option<Planes> {
        let at = corners.map(|c| c.at);
        let double = |n: usize, axis: usize| f64::from(at[n % 3][axis]);
        // y grows downwards, so that what turns counter-clockwise has a negative area.
        let area = (double(1, 0) - double(0, 0)) * (double(2, 1) - double(0, 1))
            - (double(1, 1) - double(0, 1)) * (double(2, 0) - double(0, 0));
        if area > -1e-9 {
            return None;
        }
        let mut planes = Planes { slopes: [[0.0; 2]; 3], rest: [0.0; 3], at };
        for n in 0..3 {
            // The edge opposite to corner n; relative to its first end, so that large coordinates cost no digits.
            let (x, y) = (double(n + 1, 0), double(n + 1, 1));
            let (dx, dy) = (double(n + 2, 0) - x, double(n + 2, 1) - y);
            planes.slopes[n] = [(-dy / area) as f32, (dx / area) as f32];
            planes.rest[n] = ((dy * x - dx * y) / area) as f32;
        }
        Some(planes)
    }

    fn weights(&self, x: f32, y: f32) -> [f32; 3] {
        std::array::from_fn(|n| self.rest[n] + x * self.slopes[n][0] + y * self.slopes[n][1])
    }

    /// First and last whole number between the least and the greatest coordinate, less a half.
    fn span(&self, axis: usize) -> [f32; 2] {
        let values = self.at.map(|corner| corner[axis]);
        [values[0].min(values[1]).min(values[2]), values[0].max(values[1]).max(values[2])]
    }
}

/// No triangle.
const NONE: u32 = u32::MAX;

/// The triangles that face the viewer: number of the part, corners, weights.
fn facing(parts: &[Part<'_>]) -> Vec<(usize, [usize; 3], Planes)> {
    let fine = |seen: Seen| {
        let [x, y, z] = seen.at;
        Seen { at: [x * FINE as f32, y * FINE as f32, z], ..seen }
    };
    let all = parts.iter().enumerate().flat_map(|(n, part)| part.triangles.iter().map(move |t| (n, part, t)));
    all.filter_map(|(n, part, triangle)| {
        let corners = triangle.map(usize::from);
        Some((n, corners, Planes::new(corners.map(|v| fine(part.seen[v])))?))
    })
    .collect()
}

/// The picture: `colour` gives the colour of a spot.
///
/// # Errors
/// If the user stops the cell.
pub(super) fn render(
    parts: &[Part<'_>],
    columns: usize,
    rows: usize,
    colour: &(impl Fn(&Spot) -> Colour + Sync),
) -> Result<Pixels> {
    let triangles = facing(parts);
    let mut pixels = Pixels::new(columns, rows);
    // Which triangles each band has to look at.
    let mut touching = vec![Vec::new(); rows.div_ceil(BAND)];
    for (number, (_, _, planes)) in triangles.iter().enumerate() {
        let [first, last] = planes.span(1).map(|y| (y / (FINE * BAND) as f32).floor());
        if last < 0.0 || touching.is_empty() {
            continue;
        }
        let last = (last as usize).min(touching.len() - 1);
        (first.max(0.0) as usize..=last).for_each(|band| touching[band].push(number));
    }
    let bands = pixels.data.par_chunks_mut((BAND * columns).max(1)).zip(&touching).enumerate();
    in_pool(|| {
        bands.try_for_each(|(band, (out, touching))| -> Result<()> {
            crate::notebook::check_cancelled("drawing the cortex")?;
            draw_band(parts, &triangles, touching, band * BAND, columns, out, colour);
            Ok(())
        })
    })?;
    Ok(pixels)
}

fn draw_band(
    parts: &[Part<'_>],
    triangles: &[(usize, [usize; 3], Planes)],
    touching: &[usize],
    top: usize,
    columns: usize,
    out: &mut [[u8; 4]],
    colour: &impl Fn(&Spot) -> Colour,
) {
    let rows = out.len() / columns.max(1);
    let (wide, high) = (columns * FINE, rows * FINE);
    let first = (top * FINE) as f32;
    let mut nearest = vec![NONE; wide * high];
    let mut depth = vec![f32::NEG_INFINITY; wide * high];
    for &number in touching {
        let planes = &triangles[number].2;
        let [from, to] = planes.span(1);
        let ([lowest, highest], last) = ([from - first - 0.5, to - first - 0.5], high as f32 - 1.0);
        if highest < 0.0 || lowest > last {
            continue;
        }
        let [left, right] = planes.span(0).map(|x| x - 0.5);
        if right < 0.0 || left > wide as f32 - 1.0 {
            continue;
        }
        let across = left.max(0.0).ceil() as usize..=right.min(wide as f32 - 1.0).floor() as usize;
        for row in lowest.max(0.0).ceil() as usize..=highest.min(last).floor() as usize {
            let y = first + row as f32 + 0.5;
            for column in across.clone() {
                let w = planes.weights(column as f32 + 0.5, y);
                // A point on the edge of two triangles must not fall between them by rounding.
                if w.iter().any(|w| *w < -1e-4) {
                    continue;
                }
                let z = w[0] * planes.at[0][2] + w[1] * planes.at[1][2] + w[2] * planes.at[2][2];
                let at = row * wide + column;
                if z > depth[at] {
                    depth[at] = z;
                    nearest[at] = number as u32;
                }
            }
        }
    }
    let hit = |[x, y]: [usize; 2]| -> Option<Colour> {
        let number = nearest[y * wide + x];
        if number == NONE {
            return None;
        }
        let (part, corners, planes) = &triangles[number as usize];
        let weights = planes.weights(x as f32 + 0.5, first + y as f32 + 0.5);
        let normals = corners.map(|v| parts[*part].seen[v].normal);
        Some(colour(&Spot {
            side: parts[*part].side,
            corners: *corners,
            weights,
            slopes: planes.slopes.map(|slope| slope.map(|s| s * FINE as f32)),
            normal: std::array::from_fn(|axis| (0..3).map(|k| weights[k] * normals[k][axis]).sum()),
        }))
    };
    for (n, pixel) in out.iter_mut().enumerate() {
        let (left, above) = (n % columns * FINE, n / columns * FINE);
        let mut sum = Sum::default();
        CORNERS.into_iter().for_each(|[x, y]| sum.add(hit([left + x, above + y])));
        // Where the pixel's corners are alike so is what lies between them.
        if !sum.even() {
            OTHERS.into_iter().for_each(|[x, y]| sum.add(hit([left + x, above + y])));
        }
        *pixel = sum.mean();
    }
}

/// The points of a pixel: its corners, and those between them.
const CORNERS: [[usize; 2]; 4] = [[0, 0], [FINE - 1, 0], [0, FINE - 1], [FINE - 1, FINE - 1]];
const OTHERS: [[usize; 2]; 5] = [[1, 0], [0, 1], [1, 1], [2, 1], [1, 2]];

/// Colours of a pixel's points.
struct Sum {
    points: u32,
    hits: u32,
    sum: [u32; 3],
    low: Colour,
    high: Colour,
}

impl Default for Sum {
    fn default() -> Sum {
        Sum { points: 0, hits: 0, sum: [0; 3], low: [255; 3], high: [0; 3] }
    }
}

impl Sum {
    fn add(&mut self, colour: Option<Colour>) {
        self.points += 1;
        let Some(colour) = colour else { return };
        self.hits += 1;
        for (channel, value) in colour.into_iter().enumerate() {
            self.sum[channel] += u32::from(value);
            self.low[channel] = self.low[channel].min(value);
            self.high[channel] = self.high[channel].max(value);
        }
    }

    /// Whether all points hit nothing, or all hit colours that the eye does not tell apart.
    fn even(&self) -> bool {
        let alike = |channel: usize| self.high[channel] - self.low[channel] <= 8;
        self.hits == 0 || self.hits == self.points && (0..3).all(alike)
    }

    /// The mean colour of what was hit, and the share of the points that hit something. Lightness goes in steps of two and
    /// hue in steps of four of 255, which are not seen but take a third off the file.
    fn mean(&self) -> [u8; 4] {
        if self.hits == 0 {
            return [0; 4];
        }
        let [r, g, b] = self.sum.map(|s| ((s + self.hits / 2) / self.hits) as i32);
        let green = (g + 1) / 2 * 2;
        let beside = |other: i32| (green + (other - green + 2).div_euclid(4) * 4).clamp(0, 255) as u8;
        [beside(r), green.min(255) as u8, beside(b), ((255 * self.hits + self.points / 2) / self.points) as u8]
    }
}

#[cfg(test)]
mod tests {
    use super::super::mesh::Mesh;
    use super::*;

    fn seen(points: &[[f32; 3]], triangles: &[[u16; 3]]) -> Vec<Seen> {
        let mesh = Mesh::new(points.to_vec(), triangles);
        // Right is x, up is y, to the viewer is z; y grows downwards in the picture.
        mesh.points
            .iter()
            .zip(&mesh.normals)
            .map(|([x, y, z], normal)| Seen { at: [*x, -*y, *z], normal: *normal })
            .collect()
    }

    fn part(side: usize, points: &[[f32; 3]], triangles: &'static [[u16; 3]]) -> Part<'static> {
        Part { side, seen: seen(points, triangles), triangles }
    }

    fn by_side(spot: &Spot) -> Colour {
        [[200, 0, 0], [0, 200, 0]][spot.side]
    }

    const ONE: &[[u16; 3]] = &[[0, 1, 2]];

    #[test]
    fn of_two_triangles_the_nearer_one_is_seen_whatever_the_order() {
        let far = [[0.0, -20.0, 1.0], [20.0, -20.0, 1.0], [0.0, 0.0, 1.0]];
        let near = [[2.0, -10.0, 5.0], [8.0, -10.0, 5.0], [2.0, -4.0, 5.0]];
        for swapped in [false, true] {
            let mut parts = [part(0, &far, ONE), part(1, &near, ONE)];
            if swapped {
                parts.reverse();
            }
            let pixels = render(&parts, 20, 20, &by_side).unwrap();
            let at = |x: usize, y: usize| pixels.data[y * 20 + x];
            assert_eq!(at(3, 8), [0, 200, 0, 255], "inside both");
            assert_eq!(at(1, 15), [200, 0, 0, 255], "inside the far one only");
            assert_eq!(at(19, 1), [0; 4], "outside");
        }
    }

    #[test]
    fn an_edge_covers_the_share_of_a_pixel_that_it_cuts_off() {
        // The triangle's left edge runs through the middle of column 4.
        let points = [[4.5, -30.0, 0.0], [40.0, 0.0, 0.0], [4.5, 30.0, 0.0]];
        let pixels = render(&[part(0, &points, ONE)], 10, 10, &by_side).unwrap();
        for row in 0..10 {
            assert_eq!(pixels.data[row * 10 + 3], [0; 4]);
            let cover = pixels.data[row * 10 + 4][3];
            assert!((85..=170).contains(&cover), "{cover}");
            assert_eq!(pixels.data[row * 10 + 5], [200, 0, 0, 255]);
        }
    }

    #[test]
    fn triangles_that_turn_away_are_not_seen() {
        let points = [[0.0, -20.0, 1.0], [0.0, 0.0, 1.0], [20.0, -20.0, 1.0]];
        let pixels = render(&[part(0, &points, ONE)], 20, 20, &by_side).unwrap();
        assert!(pixels.data.iter().all(|p| p[3] == 0));
    }

    /// Points and triangles of an octahedron whose faces are cut into four, `times` over, on a sphere.
    fn sphere(radius: f32, times: usize) -> (Vec<[f32; 3]>, Vec<[u16; 3]>) {
        let mut points: Vec<[f32; 3]> = vec![
            [1.0, 0.0, 0.0],
            [-1.0, 0.0, 0.0],
            [0.0, 1.0, 0.0],
            [0.0, -1.0, 0.0],
            [0.0, 0.0, 1.0],
            [0.0, 0.0, -1.0],
        ];
        let mut triangles: Vec<[u16; 3]> =
            vec![[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]];
        for _ in 0..times {
            triangles = triangles
                .iter()
                .flat_map(|[a, b, c]| {
                    let mut middle = |p: u16, q: u16| {
                        let (p, q) = (points[usize::from(p)], points[usize::from(q)]);
                        points.push(super::super::mesh::unit(std::array::from_fn(|k| p[k] + q[k])));
                        (points.len() - 1) as u16
                    };
                    let (ab, bc, ca) = (middle(*a, *b), middle(*b, *c), middle(*c, *a));
                    [[*a, ab, ca], [ab, *b, bc], [ca, bc, *c], [ab, bc, ca]]
                })
                .collect();
        }
        (points.iter().map(|p| p.map(|x| radius * x)).collect(), triangles)
    }

    #[test]
    fn a_sphere_shows_its_near_half_with_normals_that_point_to_the_viewer() {
        let (mut points, triangles) = sphere(30.0, 4);
        points.iter_mut().for_each(|p| {
            p[0] += 32.0;
            p[1] -= 32.0;
        });
        let parts = [Part { side: 0, seen: seen(&points, &triangles), triangles: &triangles }];
        let near = std::sync::atomic::AtomicUsize::new(0);
        let pixels = render(&parts, 64, 64, &|spot| {
            let z: f32 = (0..3).map(|k| spot.weights[k] * points[spot.corners[k]][2]).sum();
            assert!(z > -1.0, "a point of the far half at z = {z}");
            near.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            // On a sphere the normal is the point itself.
            let normal = super::super::mesh::unit(spot.normal);
            assert!((normal[2] - z / 30.0).abs() < 0.08, "{normal:?} at z = {z}");
            [(127.0 * (1.0 + normal[0])) as u8, (127.0 * (1.0 + normal[1])) as u8, 0]
        })
        .unwrap();
        let area = pixels.data.iter().map(|p| f64::from(p[3]) / 255.0).sum::<f64>();
        let disc = std::f64::consts::PI * 30.0 * 30.0;
        assert!((area - disc).abs() < 0.01 * disc, "{area} against {disc}");
        // Right is red, above is green.
        let at = |x: usize, y: usize| pixels.data[y * 64 + x];
        assert!(at(56, 32)[0] > 200 && at(8, 32)[0] < 60 && at(32, 8)[1] > 200 && at(32, 56)[1] < 60);
    }

    #[test]
    fn bands_that_are_drawn_in_parallel_have_the_bytes_of_one_that_is_drawn_alone() {
        let (points, triangles) = sphere(30.0, 3);
        let points: Vec<[f32; 3]> = points.iter().map(|p| [p[0] + 32.0, p[1] - 32.0, p[2]]).collect();
        let parts = [Part { side: 0, seen: seen(&points, &triangles), triangles: &triangles }];
        let colour = |spot: &Spot| spot.weights.map(|w| (200.0 * w) as u8);
        let mut alone = vec![[0; 4]; 64 * 64];
        let facing = facing(&parts);
        let all: Vec<usize> = (0..facing.len()).collect();
        draw_band(&parts, &facing, &all, 0, 64, &mut alone, &colour);
        assert_eq!(alone, render(&parts, 64, 64, &colour).unwrap().data);
    }
}
