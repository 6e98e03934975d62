//! A map's values as a page gets them: few bytes.

use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Numbers of steps between 0 and the greatest |v|, from fine to coarse.
const FINENESS: [i16; 5] = [32_767, 8_191, 2_047, 511, 127];

/// Bytes of a page that a map may take; of ten such maps a notebook stays below 5 MB.
const ENOUGH: usize = 150_000;

/// Values on a grid and on the cortex, packed.
pub(super) struct Packed {
    /// gzip, as base64.
    pub base64: String,
    /// What a stored 1 is worth: values are known to half of this.
    pub step: f64,
    /// Whether stored numbers have two bytes.
    pub wide: bool,
    /// Stretches of voxels that have a value.
    pub runs: usize,
    /// Voxels that have a value.
    pub voxels: usize,
}

/// Packs `values` of the grid's places `voxels` (ascending) and of vertices, NaN where there is none, as whole multiples
/// of a step: that of 32,767 steps up to the greatest |v|, or of fewer where more would take too many bytes.
pub(super) fn pack(voxels: &[u32], values: &[f32], vertices: &[f32]) -> Result<Packed> {
    let all = values.iter().chain(vertices).filter(|v| v.is_finite());
    let largest = all.map(|v| f64::from(v.abs())).fold(0.0, f64::max);
    let mut packed = None;
    for steps in FINENESS {
        let step = if largest > 0.0 { largest / f64::from(steps) } else { 1.0 };
        let made = with_step(voxels, values, vertices, step, steps > 127)?;
        let enough = made.base64.len() <= ENOUGH;
        packed = Some(made);
        if enough {
            break;
        }
    }
    packed.ok_or_else(|| Error::value("a map without a precision", "report this"))
}

/// Packs labels, whole numbers from 1 on.
pub(super) fn pack_labels(voxels: &[u32], labels: &[f32], vertices: &[f32]) -> Result<Packed> {
    let largest = labels.iter().chain(vertices).copied().filter(|v| v.is_finite()).fold(0.0, f32::max);
    if largest > 32_767.0 {
        return Err(Error::value(format!("{largest} labels; a view holds 32767"), "show fewer of them"));
    }
    with_step(voxels, labels, vertices, 1.0, largest > 127.0)
}

fn with_step(voxels: &[u32], values: &[f32], vertices: &[f32], step: f64, wide: bool) -> Result<Packed> {
    let known = || voxels.iter().zip(values).filter(|(_, value)| value.is_finite());
    let mut runs: Vec<[u32; 2]> = Vec::new();
    let mut end = 0;
    for (voxel, _) in known() {
        match runs.last_mut() {
            Some(run) if *voxel == end => run[1] += 1,
            _ => runs.push([voxel - end, 1]),
        }
        end = voxel + 1;
    }
    let stored = |value: f32| (f64::from(value) / step).round() as i16;
    let nothing = if wide { i16::MIN } else { i16::from(i8::MIN) };
    let inside: Vec<i16> = known().map(|(_, value)| stored(*value)).collect();
    let on: Vec<i16> = vertices.iter().map(|v| if v.is_finite() { stored(*v) } else { nothing }).collect();
    let mut bytes: Vec<u8> = runs.iter().flatten().flat_map(|n| n.to_le_bytes()).collect();
    for series in [&inside, &on] {
        // Neighbours have like values: of the differences most high bytes are the same.
        let before = std::iter::once(0).chain(series.iter().copied());
        let differences: Vec<i16> = series.iter().zip(before).map(|(here, before)| here.wrapping_sub(before)).collect();
        bytes.extend(differences.iter().map(|d| d.to_le_bytes()[0]));
        if wide {
            bytes.extend(differences.iter().map(|d| d.to_le_bytes()[1]));
        }
    }
    Ok(Packed { base64: gzip(&bytes)?, step, wide, runs: runs.len(), voxels: inside.len() })
}

/// gzip as base64.
pub(super) fn gzip(bytes: &[u8]) -> Result<String> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    let packed = packer.write_all(bytes).and_then(|()| packer.finish());
    let packed =
        packed.map_err(|cause| Error::value(format!("bytes cannot be packed: {cause}"), "free some memory"))?;
    Ok(BASE64.encode(packed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    fn unpacked(packed: &Packed) -> Vec<u8> {
        let mut bytes = Vec::new();
        GzDecoder::new(&*BASE64.decode(&packed.base64).unwrap()).read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_is_packed_holds_runs_and_differences_and_leaves_out_what_has_no_value() {
        let packed = pack(&[3, 4, 5, 9], &[1.0, f32::NAN, -0.5, 0.25], &[0.5, f32::NAN]).unwrap();
        assert_eq!((packed.runs, packed.voxels, packed.wide), (3, 3, true));
        assert_eq!(packed.step, 1.0 / 32_767.0);
        let bytes = unpacked(&packed);
        let (runs, rest) = bytes.split_at(24);
        let runs: Vec<u32> = runs.chunks(4).map(|n| u32::from_le_bytes(n.try_into().unwrap())).collect();
        assert_eq!(runs, [3, 1, 1, 1, 3, 1]);
        let series = |rest: &[u8], count: usize| -> Vec<i16> {
            let differences = (0..count).map(|n| i16::from_le_bytes([rest[n], rest[count + n]]));
            differences
                .scan(0_i16, |sum, d| {
                    Some({
                        *sum = sum.wrapping_add(d);
                        *sum
                    })
                })
                .collect()
        };
        assert_eq!(series(&rest[..6], 3), [32_767, -16_384, 8_192]);
        assert_eq!(series(&rest[6..], 2), [16_384, i16::MIN]);
    }

    #[test]
    fn noise_is_kept_coarser_so_that_it_fits() {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let values: Vec<f32> = (0..200_000).map(|_| noise()).collect();
        let smooth: Vec<f32> = (0..200_000).map(|n| (n as f32 / 900.0).sin()).collect();
        let voxels: Vec<u32> = (0..200_000).collect();
        assert!(pack(&voxels, &values, &[]).unwrap().step > 1.0 / 600.0);
        let fine = pack(&voxels, &smooth, &[]).unwrap();
        assert!(fine.base64.len() <= ENOUGH && fine.step <= 1.0 / 8_000.0, "{} {}", fine.base64.len(), fine.step);
    }

    #[test]
    fn few_labels_take_a_byte_each() {
        let packed = pack_labels(&[0, 1], &[7.0, 1.0], &[f32::NAN]).unwrap();
        assert!(!packed.wide && packed.step == 1.0);
        assert_eq!(unpacked(&packed)[8..], [7, 250, 128]);
    }
}
