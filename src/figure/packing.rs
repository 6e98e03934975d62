//! Bytes packed as PNG and PDF have them (zlib, RFC 1950), by all threads.

use super::render::broken;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use flate2::{Compress, Compression, FlushCompress, Status};
use rayon::prelude::*;

/// Bytes that are packed by themselves: the same on every machine, so that the packed bytes are.
const PART: usize = 1 << 19;

/// Rows of `length` bytes packed as PNG and PDF have them: each row as what differs from the one above, which with a
/// fast compression gives smaller files than a slow one of differences along the row.
pub(super) fn packed(data: &[u8], length: usize) -> Result<Vec<u8>> {
    const UP: u8 = 2;
    let length = length.max(1);
    let none = vec![0; length];
    let mut lines = vec![UP; data.len() / length * (length + 1)];
    let fill = |(row, line): (usize, &mut [u8])| {
        let above = if row == 0 { &none[..] } else { &data[(row - 1) * length..row * length] };
        let own = &data[row * length..(row + 1) * length];
        for ((out, a), b) in line[1..].iter_mut().zip(own).zip(above) {
            *out = a.wrapping_sub(*b);
        }
    };
    in_pool(|| lines.par_chunks_exact_mut(length + 1).with_min_len(32).enumerate().for_each(fill));
    deflated(&lines, 4)
}

/// Bytes packed by zlib, 1 (fast) to 9 (small).
pub(super) fn deflated(bytes: &[u8], level: u32) -> Result<Vec<u8>> {
    let last = bytes.len().div_ceil(PART).max(1) - 1;
    let part = |n: usize| {
        let part = &bytes[n * PART..bytes.len().min((n + 1) * PART)];
        Ok((stretch(part, level, n == last)?, Sums::of(part)))
    };
    let parts: Vec<Result<(Vec<u8>, Sums)>> = in_pool(|| (0..=last).into_par_iter().map(part).collect());
    // What follows is deflated in a window of 32 kB; the second byte makes both a multiple of 31.
    let mut out = vec![0x78, 0x01];
    let mut sums = Sums::of(&[]);
    for part in parts {
        let (packed, own) = part?;
        out.extend(packed);
        sums = sums.and(own);
    }
    out.extend(((sums.b << 16) | sums.a).to_be_bytes());
    Ok(out)
}

/// A stretch of a deflated stream that ends at a whole byte.
fn stretch(part: &[u8], level: u32, last: bool) -> Result<Vec<u8>> {
    let mut packer = Compress::new(Compression::new(level), false);
    let flush = if last { FlushCompress::Finish } else { FlushCompress::Sync };
    let mut out = Vec::with_capacity(part.len() / 4 + 1024);
    loop {
        let done = packer.total_in() as usize;
        let status = packer.compress_vec(&part[done..], &mut out, flush).map_err(broken)?;
        let taken = packer.total_in() as usize == part.len();
        // A flush is done when it leaves room over.
        match status {
            Status::StreamEnd => return Ok(out),
            _ if !last && taken && out.len() < out.capacity() => return Ok(out),
            Status::BufError if out.len() < out.capacity() => {
                return Err(Error::value("a picture cannot be packed", "free some memory"));
            }
            _ => out.reserve(out.capacity()),
        }
    }
}

/// The two sums of Adler-32 over some bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sums {
    a: u32,
    b: u32,
    count: usize,
}

/// The largest prime below 2¹⁶.
const PRIME: u32 = 65_521;

impl Sums {
    fn of(bytes: &[u8]) -> Sums {
        let (mut a, mut b) = (1u32, 0u32);
        // So many bytes do not overflow.
        for some in bytes.chunks(5552) {
            for byte in some {
                a += u32::from(*byte);
                b += a;
            }
            (a, b) = (a % PRIME, b % PRIME);
        }
        Sums { a, b, count: bytes.len() }
    }

    /// Those of these bytes and of others after them.
    fn and(self, after: Sums) -> Sums {
        let before = u64::from((self.a + PRIME - 1) % PRIME) * (after.count as u64 % u64::from(PRIME));
        let b = u64::from(self.b) + u64::from(after.b) + before;
        Sums {
            a: (self.a + after.a + PRIME - 1) % PRIME,
            b: (b % u64::from(PRIME)) as u32,
            count: self.count + after.count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::ZlibDecoder;
    use std::io::Read;

    #[test]
    fn what_is_packed_in_parts_is_unpacked_by_another_reader_with_its_checksum() {
        for length in [0, 1, 1000, PART - 1, PART, PART + 1, 3 * PART + 77] {
            let bytes: Vec<u8> = (0..length).map(|n| ((n * n / 7) % 251) as u8).collect();
            for level in [1, 4, 9] {
                let mut back = Vec::new();
                ZlibDecoder::new(&*deflated(&bytes, level).unwrap()).read_to_end(&mut back).unwrap();
                assert!(back == bytes, "{length} bytes at level {level}");
            }
        }
    }

    #[test]
    fn what_cannot_be_made_smaller_is_packed_too() {
        let mut state = 7u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        let bytes: Vec<u8> = (0..2 * PART + 5).map(|_| noise()).collect();
        let mut back = Vec::new();
        ZlibDecoder::new(&*deflated(&bytes, 6).unwrap()).read_to_end(&mut back).unwrap();
        assert!(back == bytes);
    }

    #[test]
    fn checksums_are_those_of_rfc_1950() {
        // "Wikipedia" has the Adler-32 0x11E60398 (Wikipedia, Adler-32).
        let whole = Sums::of(b"Wikipedia");
        assert_eq!((whole.b << 16) | whole.a, 0x11E6_0398);
        assert_eq!(Sums::of(b"Wiki").and(Sums::of(b"pedia")), whole);
    }
}
