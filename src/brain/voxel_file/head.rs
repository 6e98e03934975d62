//! What a file of voxels says of itself.

use super::WIDTH;
use crate::brain::{Affine, Mask};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::store::Blocks;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The first bytes of the file, with the layout's number.
const MAGIC: &[u8; 16] = b"neurocell voxel1";
/// Where the values begin: at a page of their own.
pub(super) const START: u64 = 4096;

/// The JSON behind the values.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub name: String,
    pub code: String,
    pub digest: String,
    /// What the values are made of, as JSON; empty in older files.
    #[serde(default)]
    pub provenance: String,
    pub tr: f64,
    pub volumes: Vec<usize>,
    pub censored: Vec<usize>,
    pub shape: [usize; 3],
    pub affine: [[f64; 4]; 3],
    /// The mask's voxels: first flat index and number of each stretch without a gap.
    pub voxels: Vec<[u32; 2]>,
}

/// Where each run lies.
pub(super) fn layout(clock: &Clock, voxels: usize) -> Vec<Blocks> {
    let before = |run: usize| clock.rows(run).start as u64 * voxels as u64 * 4;
    let of = |run| Blocks { offset: START + before(run), rows: clock.volumes(run), columns: voxels, width: WIDTH };
    (0..clock.runs()).map(of).collect()
}

impl Head {
    /// The stretches of a mask's voxels.
    pub fn stretches(mask: &Mask) -> Vec<[u32; 2]> {
        let mut all: Vec<[u32; 2]> = Vec::new();
        for &voxel in mask.voxels() {
            match all.last_mut() {
                Some([first, count]) if *first + *count == voxel => *count += 1,
                _ => all.push([voxel, 1]),
            }
        }
        all
    }

    /// Writes the head behind the values, and then the page that says where it is.
    pub fn write(&self, file: &File, values: u64) -> std::io::Result<()> {
        let text = serde_json::to_vec(self)?;
        let at = START + values;
        file.write_all_at(&text, at)?;
        file.set_len(at + text.len() as u64)?;
        file.sync_data()?;
        let mut page = MAGIC.to_vec();
        page.extend(at.to_le_bytes());
        page.extend((at + text.len() as u64).to_le_bytes());
        file.write_all_at(&page, 0)?;
        file.sync_data()
    }

    /// Reads and checks it.
    pub fn read(file: &File, path: &Path) -> Result<(Head, Mask, Clock)> {
        let again = "write it anew: `bold.clean_to(path, cleaning)?`";
        let unread = |e| Error::file("read", path, e, again);
        let length = file.metadata().map_err(unread)?.len();
        let mut page = [0u8; 32];
        if length < START || file.read_exact_at(&mut page, 0).is_err() || page[..16] != *MAGIC {
            return Err(Error::format(path, "this is no file of voxels that neurocell has written whole", again));
        }
        let number = |at: usize| page[at..at + 8].iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let (at, said) = (number(16), number(24));
        if said != length || at < START || at > said {
            return Err(Error::format(
                path,
                format!("the file has {length} bytes, and says that it has {said}"),
                again,
            ));
        }
        let damaged = |what: String| Error::format(path, format!("its head is damaged: {what}"), again);
        let mut text = vec![0u8; usize::try_from(said - at).map_err(|e| damaged(e.to_string()))?];
        file.read_exact_at(&mut text, at).map_err(unread)?;
        let head: Head = serde_json::from_slice(&text).map_err(|e| damaged(e.to_string()))?;
        let clock = Clock::new(head.tr, &head.volumes).map_err(|e| damaged(e.problem().to_owned()))?;
        let grid = head.shape.iter().try_fold(1usize, |product, n| product.checked_mul(*n)).unwrap_or(0);
        let mut voxels = Vec::new();
        for [first, count] in &head.voxels {
            let end = first.checked_add(*count).filter(|end| *end as usize <= grid);
            let end = end.filter(|_| voxels.last().is_none_or(|last| last < first));
            let Some(end) = end else { return Err(damaged(format!("voxels {first} + {count} of {grid}"))) };
            voxels.extend(*first..end);
        }
        let mask =
            Mask { shape: head.shape, affine: Affine(head.affine), voxels: voxels.into(), origin: Default::default() };
        if let Some(row) = head.censored.iter().find(|row| **row >= clock.total()) {
            return Err(damaged(format!("row {row} of {} is censored", clock.total())));
        }
        let values = Blocks::bytes::<f32>(clock.total(), mask.count());
        if values.and_then(|values| values.checked_add(START)) != Some(at) {
            return Err(damaged(format!(
                "{} volumes × {} voxels do not take {} bytes",
                clock.total(),
                mask.count(),
                at - START
            )));
        }
        Ok((head, mask, clock))
    }
}
