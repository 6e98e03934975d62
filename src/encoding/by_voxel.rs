//! A matrix with a column for each voxel, in memory or on disk.

use crate::store::Blocks;
use memmap2::Mmap;
use ndarray::{Array2, s};
use std::convert::Infallible;
use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Something × voxel; clones share it.
#[derive(Clone)]
pub(crate) enum ByVoxel {
    Memory(Arc<Array2<f32>>),
    Disk(Arc<OnDisk>),
}

/// A matrix in a stored fit.
pub(crate) struct OnDisk {
    map: Mmap,
    blocks: Blocks,
    /// All of it, once it was asked for.
    whole: OnceLock<Array2<f32>>,
    /// Shared: while it is held the fit is not removed.
    _lock: Arc<File>,
}

impl ByVoxel {
    /// The matrix in a file, whose length has been checked by the caller and is checked again.
    pub(super) fn mapped(file: &File, blocks: Blocks, lock: Arc<File>) -> std::io::Result<ByVoxel> {
        // SAFETY: the file is never written again, nor shortened, by this project; a folder that goes is unlinked, and stays mapped.
        let map = unsafe { Mmap::map(file)? };
        let wanted = Blocks::bytes::<f32>(blocks.rows, blocks.columns);
        if wanted != Some(map.len() as u64) {
            return Err(std::io::Error::other(format!("{} bytes were mapped, not {wanted:?}", map.len())));
        }
        Ok(ByVoxel::Disk(Arc::new(OnDisk { map, blocks, whole: OnceLock::new(), _lock: lock })))
    }

    /// Rows, and voxels.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            ByVoxel::Memory(all) => all.dim(),
            ByVoxel::Disk(disk) => (disk.blocks.rows, disk.blocks.columns),
        }
    }

    /// All rows of some voxels, which there must be.
    pub fn columns(&self, voxels: Range<usize>) -> Array2<f32> {
        match self {
            ByVoxel::Memory(all) => all.slice(s![.., voxels]).to_owned(),
            ByVoxel::Disk(disk) => disk.columns(voxels),
        }
    }

    /// One row, which there must be.
    pub fn row(&self, row: usize) -> Vec<f32> {
        match self {
            ByVoxel::Memory(all) => all.row(row).to_vec(),
            ByVoxel::Disk(disk) => {
                let one = |block| {
                    // The row of a block, as a matrix of one row that begins there.
                    let columns = disk.blocks.block(block);
                    let before = disk.blocks.rows * columns.start + row * columns.len();
                    let offset = disk.blocks.offset + 4 * before as u64;
                    let part = Blocks { offset, rows: 1, columns: columns.len(), width: columns.len() };
                    disk.gathered(part, 0..columns.len()).into_raw_vec_and_offset().0
                };
                (0..disk.blocks.count()).flat_map(one).collect()
            }
        }
    }

    /// All of it; from disk it is brought into memory when first asked for.
    pub fn whole(&self) -> &Array2<f32> {
        match self {
            ByVoxel::Memory(all) => all,
            ByVoxel::Disk(disk) => disk.whole.get_or_init(|| disk.columns(0..disk.blocks.columns)),
        }
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        match self {
            ByVoxel::Memory(all) => 4 * all.len(),
            ByVoxel::Disk(disk) => disk.whole.get().map_or(0, |all| 4 * all.len()),
        }
    }
}

impl OnDisk {
    fn columns(&self, voxels: Range<usize>) -> Array2<f32> {
        self.gathered(self.blocks, voxels)
    }

    fn gathered(&self, blocks: Blocks, columns: Range<usize>) -> Array2<f32> {
        let found: Result<Array2<f32>, Infallible> = blocks.gather(columns, |to, at| {
            // The map has the length of all blocks.
            to.copy_from_slice(&self.map[at as usize..at as usize + to.len()]);
            Ok(())
        });
        let Ok(found) = found;
        found
    }
}

impl From<Array2<f32>> for ByVoxel {
    fn from(all: Array2<f32>) -> ByVoxel {
        ByVoxel::Memory(Arc::new(all))
    }
}

impl fmt::Debug for ByVoxel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ByVoxel::Memory(all) => all.fmt(f),
            ByVoxel::Disk(disk) => f.debug_tuple("OnDisk").field(&disk.blocks).finish(),
        }
    }
}
