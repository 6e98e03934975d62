//! Courses of regions and maps, and the way back to images, beside nilearn's.

use super::assert_says;
use crate::reference::{array, path};
use ndarray::{Array2, Ix1, Ix2};
use neurocell::brain::{Masker, Networks, write_maps};
use neurocell::prelude::*;

fn file(name: &str) -> std::path::PathBuf {
    path(&format!("regions/{name}"))
}

fn mask() -> Mask {
    Mask::read(file("mask.nii.gz")).unwrap()
}

fn regions() -> Networks {
    Networks::read(file("labels.nii.gz"), file("labels.csv")).unwrap()
}

fn maps() -> Networks {
    Networks::read(file("maps.nii.gz"), file("maps.txt")).unwrap()
}

fn bold() -> VoxelSeries {
    VoxelSeries::read(file("bold.nii.gz"), &mask(), None).unwrap()
}

/// Largest difference as a share of the largest value.
fn apart(ours: &Array2<f32>, name: &str) -> f32 {
    let theirs = array::<f32, Ix2>(&format!("regions/{name}"));
    assert_eq!(ours.dim(), theirs.dim());
    let largest = theirs.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let worst = ours.iter().zip(&theirs).fold(0.0f32, |m, (a, b)| m.max((a - b).abs())) / largest;
    println!("{name}: {worst:e}");
    worst
}

#[test]
fn region_means_are_those_of_nilearn_and_regions_outside_the_mask_are_named() {
    let regions = regions();
    let courses = bold().network_courses(&regions).unwrap();
    assert!(apart(courses.data(), "label_courses") < 1e-6);
    let numbers = array::<i64, Ix1>("regions/label_numbers");
    let names: Vec<String> = numbers.iter().map(|n| format!("region {n}")).collect();
    assert_eq!(courses.names(), names);
    let lost: Vec<&String> = regions.names().iter().filter(|name| !names.contains(name)).collect();
    assert_eq!(lost.len(), 2);
    assert!(lost.iter().all(|name| courses.about().contains(name.as_str())), "{}", courses.about());
}

#[test]
fn courses_of_a_4d_images_maps_are_those_of_nilearn() {
    let maps = maps();
    assert_eq!(maps.names(), ["front", "middle", "back"]);
    assert!(maps.labels().is_none());
    assert!(apart(bold().network_courses(&maps).unwrap().data(), "map_courses") < 1e-5);
}

#[test]
fn a_file_that_streams_by_gives_the_same_courses() {
    let masker = Masker::new(&mask());
    for networks in [regions(), maps()] {
        let whole = bold().network_courses(&networks).unwrap();
        let streamed = masker.network_courses(file("bold.nii.gz"), &networks, None).unwrap();
        assert_eq!((streamed.names(), streamed.clock()), (whole.names(), whole.clock()));
        assert_eq!(streamed.clock().tr(), 1.25);
        let largest = whole.data().iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let worst = streamed.data().iter().zip(whole.data()).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(worst <= 1e-6 * largest, "{worst} of {largest}");
    }
    let smooth = masker.clone().smoothing(5.0);
    let streamed = smooth.network_courses(file("bold.nii.gz"), &regions(), Some(2.0)).unwrap();
    let whole = smooth.read(file("bold.nii.gz"), Some(2.0)).unwrap().network_courses(&regions()).unwrap();
    assert_eq!((streamed.data(), streamed.clock().tr()), (whole.data(), 2.0));
}

#[test]
fn labels_of_another_grid_give_nilearns_courses() {
    let coarse = Networks::read(file("coarse.nii.gz"), file("labels.csv")).unwrap();
    let courses = bold().network_courses(&coarse).unwrap();
    assert!(apart(courses.data(), "coarse_courses") < 1e-6);
    assert!(courses.about().contains("nearest neighbour from 6.02 × 6.51 × 7.25 mm"), "{}", courses.about());
}

#[test]
fn courses_go_back_to_an_image_as_nilearns_do() {
    let folder = tempfile::tempdir().unwrap();
    for (networks, reference) in [(regions(), "label_back"), (maps(), "map_back")] {
        let image = folder.path().join(format!("{reference}.nii.gz"));
        bold().network_courses(&networks).unwrap().write(0, &networks, &image).unwrap();
        let back = VoxelSeries::read(&image, &mask(), None).unwrap();
        assert!(apart(back.data(), reference) < 1e-5);
        assert_eq!((back.clock().tr(), back.clock().total()), (1.25, 21));
    }
    let error =
        bold().network_courses(&regions()).unwrap().write(0, &maps(), folder.path().join("no.nii")).unwrap_err();
    assert_says(&error, &["unknown network", "region", "known: front, middle, back"]);
}

#[test]
fn courses_are_z_scored_run_by_run() {
    let clock = Clock::new(1.0, &[3, 2]).unwrap();
    let data = ndarray::array![[1.0f32], [2.0], [3.0], [10.0], [30.0]];
    let series = NetworkSeries::new(data, &["one".to_owned()], clock, "made").unwrap().zscored().unwrap();
    let half = std::f32::consts::FRAC_1_SQRT_2;
    let expected = [-1.0, 0.0, 1.0, -half, half];
    assert!(series.course("one").unwrap().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{series:?}");
}

#[test]
fn networks_that_are_written_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (image, table) = (folder.path().join("again.nii.gz"), folder.path().join("again.tsv"));
    for networks in [regions(), maps(), Networks::schaefer(400, 17).unwrap(), Networks::yeo7().unwrap()] {
        networks.write(&image, &table).unwrap();
        let again = Networks::read(&image, &table).unwrap();
        assert_eq!((again.names(), again.colours()), (networks.names(), networks.colours()));
        let here: Vec<Option<usize>> =
            (0..again.mask().count()).map(|n| networks.mask().number(again.mask().position(n))).collect();
        match (networks.labels(), again.labels()) {
            (Some(labels), Some(found)) => {
                assert_eq!(here.iter().map(|n| labels[n.unwrap()]).collect::<Vec<_>>(), found);
                assert_eq!(labels.iter().flatten().count(), found.len());
            }
            _ => assert_eq!((again.maps(), again.mask()), (networks.maps(), networks.mask())),
        }
    }
}

#[test]
fn weights_become_the_volumes_of_one_image() {
    let folder = tempfile::tempdir().unwrap();
    let maps: Vec<BrainMap> = ["Visual", "Default"].iter().map(|n| Networks::yeo7().unwrap().map(n).unwrap()).collect();
    let image = folder.path().join("weights.nii");
    write_maps(&image, &maps).unwrap();
    let again = VoxelSeries::read(&image, maps[0].mask(), Some(1.0)).unwrap();
    assert_eq!(again.data().row(1).to_vec(), maps[1].values());
    let other = regions().map("region 5").unwrap();
    assert_says(&write_maps(&image, &[maps[0].clone(), other]).unwrap_err(), &["Visual", "region 5", "one mask"]);
    assert_says(&write_maps(&image, &[]).unwrap_err(), &["no map"]);
}
