//! Networks from the data: recovery of planted ones beside nilearn's, dual regression beside numpy's, edges.

use crate::reference::array;
use ndarray::{Array2, ArrayView1, Axis, Ix2, s};
use neurocell::brain::Affine;
use neurocell::pattern::Contrast;
use neurocell::prelude::*;
use rand::SeedableRng;
use rand::distributions::Distribution;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

const SHAPE: [usize; 3] = [14, 14, 6];
const TIME: usize = 100;

fn mask(shape: [usize; 3]) -> Mask {
    let affine = Affine([[3.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0]]);
    Mask::new(shape, affine, &vec![true; shape.iter().product()]).unwrap()
}

fn subject(name: &str, data: Array2<f32>) -> VoxelSeries {
    let clock = Clock::new(2.0, &[data.nrows()]).unwrap();
    VoxelSeries::new(data, mask(SHAPE), clock, name).unwrap()
}

/// Three simulated subjects with the same eight planted maps.
fn planted() -> Vec<VoxelSeries> {
    let all = array::<i8, Ix2>("networks/planted").mapv(f32::from);
    let of = |n: usize| subject(&format!("simulated {n}"), all.slice(s![n * TIME..(n + 1) * TIME, ..]).to_owned());
    (0..3).map(of).collect()
}

fn correlation(a: ArrayView1<f32>, b: ArrayView1<f32>) -> f64 {
    let unit = |x: ArrayView1<f32>| {
        let x = x.mapv(f64::from);
        let x = &x - x.sum() / x.len() as f64;
        let norm = x.dot(&x).sqrt();
        x / norm
    };
    unit(a).dot(&unit(b))
}

/// For each planted map the best |r| of a found one; the mean.
fn recovery(found: &Extraction) -> f64 {
    let truth: Array2<f32> = array("networks/truth");
    let best = |truth: ArrayView1<f32>| {
        let maps = found.networks().maps().rows().into_iter();
        maps.map(|map| correlation(map, truth).abs()).fold(0.0, f64::max)
    };
    truth.rows().into_iter().map(best).sum::<f64>() / truth.nrows() as f64
}

/// nilearn's for so many networks: CanICA, CanICA with its threshold, DictLearning.
fn scores(networks: usize) -> Vec<f64> {
    let scores: Array2<f32> = array("networks/scores");
    scores.row(if networks == 8 { 0 } else { 1 }).mapv(f64::from).to_vec()
}

#[test]
fn group_ica_recovers_planted_networks_as_well_as_canica() {
    for networks in [8, 12] {
        let plain = GroupIca::new(networks).fit(&planted()).unwrap();
        let above = GroupIca::new(networks).threshold(2.0).fit(&planted()).unwrap();
        let (ours, thresholded, theirs) = (recovery(&plain), recovery(&above), scores(networks));
        println!(
            "{networks}: {ours:.4} beside {:.4}, above a threshold {thresholded:.4} beside {:.4}",
            theirs[0], theirs[1]
        );
        assert!(ours >= theirs[0] && thresholded >= theirs[1], "{ours} {thresholded} {theirs:?}");
        assert!(plain.report().converged && plain.report().iterations > 1);
    }
}

#[test]
fn a_spatial_dictionary_recovers_planted_networks_as_well_as_that_of_nilearn() {
    for networks in [8, 12] {
        let found = SpatialDictionary::new(networks).fit(&planted()).unwrap();
        let (ours, theirs) = (recovery(&found), scores(networks)[2]);
        println!("{networks}: {ours:.4} beside {theirs:.4}");
        assert!(ours >= theirs, "{ours} {theirs}");
        let zero = found.networks().maps().iter().filter(|v| **v == 0.0).count() as f64;
        assert!(zero / found.networks().maps().len() as f64 > 0.5);
        let objective = &found.report().objective;
        assert!(objective.windows(2).all(|w| w[1] <= w[0] * 1.001), "{objective:?}");
    }
}

#[test]
fn a_vs_dbn_recovers_planted_networks_about_as_well_as_ica_and_dictionary() {
    let networks = 20;
    let mut mean = 0.0;
    for seed in 0..2 {
        let found = VsDbn::new(networks).seed(seed).fit(&planted()).unwrap();
        let ours = recovery(&found);
        println!("seed {seed}: {ours:.4}, {} networks; {}", found.order(), found.method());
        assert!(ours > 0.7, "{ours}");
        mean += ours / 2.0;
        let errors = &found.report().objective;
        assert_eq!(errors.len(), 300);
        // The first layer's error falls from the variance of the voxels towards that of the noise.
        assert!(errors[0] < 1.5 && errors[99] < 0.95 && errors[99] < errors[0], "{} {}", errors[0], errors[99]);
    }
    let ica = recovery(&GroupIca::new(networks).fit(&planted()).unwrap());
    let dictionary = recovery(&SpatialDictionary::new(networks).fit(&planted()).unwrap());
    println!("VS-DBN {mean:.4}, group ICA {ica:.4}, dictionary {dictionary:.4}");
    assert!(mean > ica - 0.05 && mean > dictionary - 0.2, "{mean} {ica} {dictionary}");
}

#[test]
fn parcels_are_a_label_atlas_in_which_planted_networks_show() {
    let found = Parcellation::new(16).fit(&planted()).unwrap();
    let maps = found.networks().maps();
    assert!(
        maps.columns().into_iter().all(|column| column.sum() == 1.0 && column.iter().all(|v| *v == 0.0 || *v == 1.0))
    );
    println!("{:.4}", recovery(&found));
    assert!(recovery(&found) > 0.5);
    // A parcel's course is the mean of its voxels' z-scored courses.
    let series = &planted()[1];
    let z = |column: ArrayView1<f32>| {
        let mean = column.sum() / TIME as f32;
        let spread = (column.mapv(|v| (v - mean).powi(2)).sum() / TIME as f32).sqrt();
        column.mapv(|v| (v - mean) / spread)
    };
    let members = (0..maps.ncols()).filter(|&voxel| maps[[3, voxel]] == 1.0);
    let sum = members.fold(ndarray::Array1::zeros(TIME), |sum, voxel| sum + z(series.data().column(voxel)));
    let expected = z(sum.view());
    assert!(found.courses()[1].data().column(3).iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn networks_come_by_the_variance_they_explain_with_the_heavier_tail_positive_and_courses_z_scored() {
    let found = GroupIca::new(8).fit(&planted()).unwrap();
    let shares = &found.report().explained_by;
    assert!(shares.windows(2).all(|w| w[0] >= w[1]), "{shares:?}");
    // Maps of an ICA are uncorrelated.
    assert!((shares.iter().sum::<f64>() / found.explained() - 1.0).abs() < 1e-3, "{shares:?} {}", found.explained());
    for map in found.networks().maps().rows() {
        let mean = |f: &dyn Fn(f64) -> f64| map.iter().map(|&v| f(f64::from(v))).sum::<f64>() / map.len() as f64;
        assert!(mean(&|v| v).abs() < 1e-4 && (mean(&|v| v * v) - 1.0).abs() < 1e-3 && mean(&|v| v.powi(3)) > 0.0);
    }
    assert_eq!(found.networks().names()[0], "IC 1");
    for (courses, series) in found.courses().iter().zip(planted()) {
        assert!(courses.about().contains(series.name()) && courses.data().dim() == (TIME, 8));
        for course in courses.data().columns() {
            assert!(course.sum().abs() < 1e-2 && (course.dot(&course) / TIME as f32 - 1.0).abs() < 1e-3);
        }
    }
}

#[test]
fn courses_of_an_ica_are_the_first_step_of_dual_regression() {
    let found = GroupIca::new(8).fit(&planted()).unwrap();
    for (courses, series) in found.courses().iter().zip(planted()) {
        let own = dual_regression(found.networks(), &series).unwrap();
        let apart = (own.courses().data() - courses.data()).iter().fold(0f32, |most, d| most.max(d.abs()));
        assert!(apart < 1e-5, "{apart}");
        assert!(own.explained() > 0.0 && own.explained() < 1.0);
    }
}

fn truth() -> Networks {
    let names: Vec<String> = (1..=8).map(|n| format!("planted {n}")).collect();
    Networks::new(array("networks/truth"), &mask(SHAPE), &names, "planted networks").unwrap()
}

#[test]
fn components_take_the_names_that_an_atlas_suggests_and_keep_their_own_where_none_is_clear() {
    let found = GroupIca::new(12).fit(&planted()).unwrap();
    let suggested = found.networks().suggest(&truth()).unwrap();
    let named = found.named(&suggested).unwrap();
    let clear = suggested.networks().iter().filter(|one| one.clear).count();
    assert!(clear >= 6, "{suggested}");
    for (n, one) in suggested.networks().iter().enumerate() {
        let name = &named.networks().names()[n];
        match one.label() {
            Some(label) => assert!(name == label || name.starts_with(&format!("{label} ")), "{name} {label}"),
            None => assert_eq!(name, &one.network),
        }
        assert_eq!(named.courses()[0].course(name).unwrap(), found.courses()[0].course(&one.network).unwrap());
        assert_eq!(named.networks().map(name).unwrap().values(), found.networks().map(&one.network).unwrap().values());
    }
    assert!(named.named(&suggested).unwrap_err().to_string().contains("suggest"));
    let twice = vec!["same".to_owned(); truth().count()];
    assert!(truth().renamed(&twice).unwrap_err().problem().contains("same comes twice"));
    assert!(truth().renamed(&twice[1..]).unwrap_err().problem().contains(&format!("{} names", twice.len() - 1)));
}

#[test]
fn dual_regression_is_that_of_numpy() {
    let own = dual_regression(&truth(), &planted()[0]).unwrap();
    for (found, name) in [(own.courses().data(), "dual_courses"), (own.maps().maps(), "dual_maps")] {
        let expected: Array2<f32> = array(&format!("networks/{name}"));
        let largest = expected.iter().fold(0f32, |most, v| most.max(v.abs()));
        let apart = (found - &expected).iter().fold(0f32, |most, d| most.max(d.abs()));
        println!("{name}: {:.2e}", apart / largest);
        assert!(apart / largest < 1e-5, "{name}: {apart} of {largest}");
    }
}

#[test]
fn dual_regression_refuses_networks_that_are_combinations_of_others_other_masks_and_short_series() {
    let names = ["a", "b"].map(str::to_owned);
    let mut twice = Array2::zeros((2, 1176));
    twice.slice_mut(s![.., ..500]).fill(1.0);
    let twice = Networks::new(twice, &mask(SHAPE), &names, "twice the same").unwrap();
    assert!(dual_regression(&twice, &planted()[0]).unwrap_err().problem().contains("not independent"));
    let other = Networks::new(Array2::eye(2), &mask([2, 1, 1]), &names, "two voxels").unwrap();
    let error = dual_regression(&other, &planted()[0]).unwrap_err();
    assert!(error.problem().contains("two voxels") && error.problem().contains("simulated 0"), "{error}");
    let short = subject("short", planted()[0].data().slice(s![..8, ..]).to_owned());
    let error = dual_regression(&truth(), &short).unwrap_err();
    assert!(error.problem().contains("8 networks in 8 volumes of short: at most 7"), "{error}");
}

#[test]
fn one_subject_is_enough() {
    let one = &planted()[..1];
    let found = GroupIca::new(8).canonical(true).contrast(Contrast::Cube).restarts(3).fit(one).unwrap();
    assert_eq!((found.order(), found.courses().len(), found.report().stability.as_ref().unwrap().len()), (8, 1, 8));
    assert!(found.to_string().contains("8 networks of 1 subject,"), "{found}");
    let sparse = recovery(&SpatialDictionary::new(8).penalty(0.2).fit(one).unwrap());
    println!("{:.4} {sparse:.4}", recovery(&found));
    assert!(sparse > 0.5, "{sparse}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_whether_subjects_lie_in_memory_or_are_loaded() {
    let subjects = planted();
    let dbn = |seed| VsDbn::new(6).epochs(8).sparsity(&[0.0; 3]).seed(seed);
    let all = |seed: u64| {
        [
            GroupIca::new(6).seed(seed).max_iterations(5).fit(&subjects).unwrap(),
            SpatialDictionary::new(6).seed(seed).epochs(2).fit(&subjects).unwrap(),
            Parcellation::new(6).seed(seed).restarts(1).fit(&subjects).unwrap(),
            dbn(seed).fit(&subjects).unwrap(),
        ]
    };
    let load = |n: usize| Ok(subjects[n].clone());
    let loaded = [
        GroupIca::new(6).seed(3).max_iterations(5).fit_each(3, load).unwrap(),
        SpatialDictionary::new(6).seed(3).epochs(2).fit_each(3, load).unwrap(),
        Parcellation::new(6).seed(3).restarts(1).fit_each(3, load).unwrap(),
        dbn(3).fit_each(3, load).unwrap(),
    ];
    for ((first, again), other) in all(3).iter().zip(&loaded).zip(&all(4)) {
        assert_eq!(first.networks().maps(), again.networks().maps());
        assert_eq!(first.courses()[2].data(), again.courses()[2].data());
        assert_ne!(first.networks().maps(), other.networks().maps(), "{}", first.method());
        assert_eq!(first.seed(), 3);
    }
}

#[test]
fn voxels_that_are_constant_in_a_subject_are_left_out_and_have_the_value_0() {
    let mut subjects = planted();
    let mut data = subjects[1].data().clone();
    data.column_mut(10).fill(7.0);
    data.column_mut(600).fill(0.0);
    subjects[1] = subject("with dead voxels", data);
    for found in [
        GroupIca::new(8).fit(&subjects).unwrap(),
        SpatialDictionary::new(8).fit(&subjects).unwrap(),
        Parcellation::new(8).fit(&subjects).unwrap(),
        VsDbn::new(8).epochs(10).sparsity(&[0.0; 3]).fit(&subjects).unwrap(),
    ] {
        assert_eq!(&*found.report().left_out, [10, 600]);
        let maps = found.networks().maps();
        assert!([10, 600].iter().all(|&voxel| maps.column(voxel).iter().all(|v| *v == 0.0)));
        assert!(maps.column(11).iter().any(|v| *v != 0.0) || found.unit() != "z");
        assert!(found.to_string().contains("2 voxels are constant in some subject"), "{found}");
    }
}

/// AR(1) courses, time × course, of variance 1.
fn autocorrelated(time: usize, courses: usize, phi: f32, rng: &mut Xoshiro256PlusPlus) -> Array2<f32> {
    let mut made: Array2<f32> = Array2::from_shape_simple_fn((time, courses), || StandardNormal.sample(rng));
    for t in 1..time {
        let before = made.row(t - 1).to_owned();
        made.row_mut(t).zip_mut_with(&before, |now, before| *now = phi * before + (1.0 - phi * phi).sqrt() * *now);
    }
    made
}

#[test]
fn an_order_is_chosen_near_the_planted_one_and_noise_has_none() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
    let maps: Array2<f32> = array("networks/truth");
    let mut made = |size: f32| -> Vec<VoxelSeries> {
        let mut one = |n: usize| {
            let signal = autocorrelated(TIME, 8, 0.6, &mut rng).dot(&maps) * size;
            subject(&format!("made {n}"), signal + autocorrelated(TIME, 1176, 0.3, &mut rng))
        };
        (0..3).map(&mut one).collect()
    };
    let found = GroupIca::auto().fit(&made(1.5)).unwrap();
    println!("{}", found.method());
    assert!((6..=9).contains(&found.order()), "{}", found.method());
    assert!(found.method().contains("parallel analysis"));
    let noise = GroupIca::auto().fit(&made(0.0)).unwrap();
    assert!(noise.order() == 1 && noise.method().contains("0 to"), "{}", noise.method());
}

#[test]
fn what_cannot_be_is_refused_with_both_values() {
    let subjects = planted();
    let problem = |result: Result<Extraction>| result.unwrap_err().to_string();
    let text = problem(GroupIca::new(100).fit(&subjects));
    assert!(
        text.contains("100 networks were asked for; simulated 0 has 100 volumes in 1 run(s), which allow 99"),
        "{text}"
    );
    assert!(problem(SpatialDictionary::new(200).fit(&subjects)).contains("200 networks"));
    assert!(problem(Parcellation::new(2000).fit(&subjects)).contains("1176 voxels"));
    assert!(problem(GroupIca::new(5).fit(&[])).contains("no subject"));
    assert!(problem(GroupIca::new(0).fit(&subjects)).contains("0 networks"));
    let clock = Clock::new(2.0, &[TIME]).unwrap();
    let other =
        VoxelSeries::new(Array2::from_shape_fn((TIME, 8), |(t, v)| (t * v) as f32), mask([2, 2, 2]), clock, "small");
    let text = problem(GroupIca::new(5).fit(&[subjects[0].clone(), other.unwrap()]));
    assert!(
        text.contains("simulated 0 is on a mask of 1176 voxels") && text.contains("small on a mask of 8 voxels"),
        "{text}"
    );
    let flat = subject("flat", Array2::from_elem((TIME, 1176), 3.0));
    assert!(problem(GroupIca::new(5).fit(&[flat])).contains("flat, no voxel varies"));
    assert!(
        problem(GroupIca::new(5).threshold(1e4).fit(&subjects))
            .contains("no voxel of IC 1 reaches the threshold of 10000")
    );
    assert!(problem(GroupIca::new(5).subject_components(0).fit(&subjects)).contains("0 components"));
    assert!(problem(GroupIca::auto().patch(0).fit(&subjects)).contains("patches of 0 voxels"));
    assert!(problem(SpatialDictionary::new(5).penalty(5.0).fit(&subjects)).contains("penalty of 5"));
    let dbn = VsDbn::new(5);
    assert!(problem(dbn.clone().hidden(&[5]).fit(&subjects)).contains("hidden layers of [5]"));
    assert!(problem(dbn.clone().batch(0).fit(&subjects)).contains("batches of 0"));
    assert!(problem(dbn.clone().rates(&[0.001, 0.01, -1.0]).fit(&subjects)).contains("learning rate of -1"));
    assert!(problem(dbn.clone().sparsity(&[2.0, 0.0, 0.0]).fit(&subjects)).contains("sparsity of 2"));
    assert!(problem(dbn.epochs(20).sparsity(&[0.9; 3]).fit(&subjects)).contains("every map of the VS-DBN is 0"));
}

#[test]
fn a_thresholded_map_keeps_what_reaches_the_threshold_and_nothing_else() {
    let plain = GroupIca::new(8).fit(&planted()).unwrap();
    let above = GroupIca::new(8).threshold(2.0).fit(&planted()).unwrap();
    for (a, b) in plain.networks().maps().iter().zip(above.networks().maps()) {
        assert_eq!(*b, if a.abs() < 2.0 { 0.0 } else { *a });
    }
    assert_eq!(plain.courses()[0].data(), above.courses()[0].data());
    assert!(above.networks().maps().map_axis(Axis(1), |map| map.iter().any(|v| *v != 0.0)).iter().all(|any| *any));
}

#[test]
fn censored_volumes_count_as_if_they_were_not_there() {
    let whole = planted().swap_remove(0);
    let censored = [0, 7, 8, 50, 99];
    let rows: Vec<usize> = (0..TIME).filter(|row| !censored.contains(row)).collect();
    let cut = subject("simulated, cut", whole.data().select(Axis(0), &rows));
    let marked = whole.censor(0, &censored).unwrap();
    let expected = GroupIca::new(8).fit(std::slice::from_ref(&cut)).unwrap();
    let found = GroupIca::new(8).fit(std::slice::from_ref(&marked)).unwrap();
    assert_eq!(found.networks().maps(), expected.networks().maps());
    let ours = dual_regression(found.networks(), &marked).unwrap();
    let theirs = dual_regression(expected.networks(), &cut).unwrap();
    assert_eq!(ours.maps().maps(), theirs.maps().maps());
    for (ours, theirs) in [(&found.courses()[0], &expected.courses()[0]), (ours.courses(), theirs.courses())] {
        assert_eq!(ours.kept(), marked.kept());
        assert_eq!(ours.data().select(Axis(0), &rows), *theirs.data());
        assert!(censored.iter().all(|row| ours.data().row(*row).iter().all(|v| *v == 0.0)));
        let (again, once) = (ours.zscored().unwrap(), theirs.zscored().unwrap());
        assert_eq!(again.data().select(Axis(0), &rows), *once.data());
        assert!(ours.to_string().contains("5 of 100 volumes censored"));
    }
}
