use super::*;
use crate::error::ErrorKind;
use candle_core::Device;
use rand::{Rng, SeedableRng};
use std::path::PathBuf;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/checkpoints").join(name)
}

fn read(bytes: &[u8]) -> Result<Content> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gguf");
    std::fs::write(&path, bytes).unwrap();
    gguf_content(&path)
}

/// A header, number by number.
#[derive(Clone)]
struct Header(Vec<u8>);

impl Header {
    fn new(tensors: u64, entries: u64) -> Header {
        Header(b"GGUF".to_vec()).number(3).long(tensors).long(entries)
    }

    fn number(mut self, n: u32) -> Header {
        self.0.extend(n.to_le_bytes());
        self
    }

    fn long(mut self, n: u64) -> Header {
        self.0.extend(n.to_le_bytes());
        self
    }

    fn text(self, text: &str) -> Header {
        let mut header = self.long(text.len() as u64);
        header.0.extend(text.bytes());
        header
    }

    /// A tensor of two dimensions.
    fn tensor(self, name: &str, dimensions: [u64; 2], kind: u32, offset: u64) -> Header {
        self.text(name).number(2).long(dimensions[0]).long(dimensions[1]).number(kind).long(offset)
    }
}

#[test]
fn blocks_of_every_kind_hold_the_values_that_the_gguf_package_finds_in_them() {
    let path = reference("quants.gguf");
    let content = gguf_content(&path).unwrap();
    let values: ndarray::Array2<f32> = ndarray_npy::read_npy(reference("quants.npy")).unwrap();
    let kinds = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"];
    assert_eq!((content.tensor_infos.len(), values.dim()), (kinds.len(), (kinds.len(), 512)));
    let mut file = File::open(&path).unwrap();
    for (kind, expected) in kinds.iter().zip(values.rows()) {
        let tensor = content.tensor(&mut file, &format!("{kind}.weight"), &Device::Cpu).unwrap();
        let ours = tensor.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let largest = expected.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        for (a, b) in ours.iter().zip(expected) {
            assert!((a - b).abs() <= 1e-6 * largest, "{kind}: {a} and {b}");
        }
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let whole = std::fs::read(reference("quants.gguf")).unwrap();
    assert!(read(&whole).is_ok());
    // The last block ends 28 bytes before the file, which is filled up.
    for length in (0..whole.len() - 28).step_by(13).chain([whole.len() - 29]) {
        let error = read(&whole[..length]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{length}: {error}");
    }
}

#[test]
fn headers_made_to_do_harm_are_refused_with_what_is_wrong() {
    let huge = u64::MAX;
    let empty = Header::new(0, 1);
    let one = Header::new(1, 0);
    let with_alignment = |n| Header::new(1, 1).text("general.alignment").number(4).number(n).tensor("t", [4, 1], 0, 0);
    let cases = [
        (Header(b"GGML".to_vec()), "does not begin with `GGUF`"),
        (Header(b"GGUF".to_vec()).number(4).long(0).long(0), "version is 4"),
        (Header(b"GGUF".to_vec()).number(1).long(0).long(0), "version is 1"),
        (Header(b"GGUF".to_vec()).number(3_u32.swap_bytes()).long(0).long(0), "big-endian"),
        (Header::new(huge, 0), "tensors"),
        (Header::new(0, huge), "entries"),
        (Header::new(1 << 19, 0), "ends inside its header"),
        (empty.clone().long(huge), "bytes long"),
        (empty.clone().long(60_000), "ends inside its header"),
        (empty.clone().text("k").number(8).long(huge), "ends inside its header"),
        (empty.clone().text("k").number(8).long(1 << 29), "ends inside its header"),
        (empty.clone().text("k").number(9).number(0).long(huge), "values"),
        (empty.clone().text("k").number(9).number(8).long(1 << 21), "ends inside its header"),
        (empty.clone().text("k").number(99), "kind 99"),
        ((0..70).fold(empty.clone().text("k").number(9), |h, _| h.number(9).long(1)), "nested"),
        (Header::new(0, 2).text("k").number(4).number(1).text("k").number(4).number(1), "k is there twice"),
        (with_alignment(0), "general.alignment is 0"),
        (with_alignment(33), "general.alignment is 33"),
        (empty.clone().text("general.alignment").number(8).text("x"), "no 32-bit number"),
        (one.clone().text("t").number(5), "5 dimensions"),
        (one.clone().text("t").number(u32::MAX), "dimensions"),
        (one.clone().text("t").number(0), "0 dimensions"),
        (one.clone().tensor("t", [4, 1], 39, 0), "kind 39"),
        (one.clone().tensor("t", [4, 0], 0, 0), "cannot be of kind"),
        (one.clone().tensor("t", [huge, huge], 0, 0), "cannot be of kind"),
        (one.clone().tensor("t", [1 << 40, 1], 0, 0), "cut off"),
        (one.clone().tensor("t", [4, 1], 0, huge), "cut off"),
        (one.clone().tensor("t", [1 << 31, 1 << 31], 0, 0), "cut off"),
        (one.clone().tensor("t", [33, 1], 2, 0), "cannot be of kind"),
        (Header::new(2, 0).tensor("t", [4, 1], 0, 0).tensor("t", [4, 1], 0, 0), "t is there twice"),
        (Header::new(0, 1).text("split.count").number(2).0.into_iter().chain([3, 0]).collect(), "one of 3 parts"),
    ];
    for (header, said) in cases {
        let error = read(&header.0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        assert!(error.problem().contains(said) && !error.advice().is_empty(), "`{said}` is not in: {error}");
    }
}

impl FromIterator<u8> for Header {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Header {
        Header(bytes.into_iter().collect())
    }
}

#[test]
fn damaged_headers_are_read_or_refused_but_never_end_the_program() {
    let whole = std::fs::read(reference("quants.gguf")).unwrap();
    let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(3);
    let mut refused = 0;
    for _ in 0..1000 {
        let mut damaged = whole.clone();
        for _ in 0..random.gen_range(1..4) {
            // The header has some 900 bytes.
            let place = random.gen_range(0..900);
            damaged[place] = [0, 1, 127, 128, 255, random.r#gen()][random.gen_range(0..6)];
        }
        refused += usize::from(read(&damaged).is_err());
    }
    assert!(refused > 300, "{refused}");
}

#[test]
fn a_folder_and_a_missing_file_are_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(gguf_content(folder.path()).unwrap_err().kind(), ErrorKind::Format);
    assert_eq!(gguf_content(&folder.path().join("no.gguf")).unwrap_err().kind(), ErrorKind::File);
}
