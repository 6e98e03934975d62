//! Single neurons and networks: what is planted is anchored, nothing is where nothing is, and questions are answered.

use ndarray::Array2;
use neurocell::brain::Affine;
use neurocell::prelude::*;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

const HEADS: usize = 3;

fn clock() -> Clock {
    Clock::new(1.5, &[180, 150]).unwrap()
}

/// AR(1) noise, run by run.
fn noise(clock: &Clock, columns: usize, phi: f32, seed: u64) -> Array2<f32> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut data = Array2::from_shape_simple_fn((clock.total(), columns), || random.sample::<f32, _>(StandardNormal));
    for run in 0..clock.runs() {
        for t in clock.rows(run).skip(1) {
            for column in 0..columns {
                data[[t, column]] += phi * data[[t - 1, column]];
            }
        }
    }
    data
}

/// 2 layers of 3 heads of 8 units.
fn neurons(data: Array2<f32>) -> NeuronSeries {
    NeuronSeries::new(data, clock(), NeuronAxis::new("made", Site::AttnQk, 2, 24).with_heads(HEADS)).unwrap()
}

fn names() -> Vec<String> {
    ["Visual", "Default", "Limbic", "Language"].map(str::to_owned).to_vec()
}

fn networks(data: Array2<f32>, about: &str) -> NetworkSeries {
    NetworkSeries::new(data, &names(), clock(), about).unwrap()
}

/// Network n is driven by head n of layer 1 (n < 3), `later` volumes after it; the fourth by nothing.
fn driven(neurons: &NeuronSeries, later: usize, strength: f32, seed: u64) -> NetworkSeries {
    let mut data = noise(&clock(), 4, 0.7, seed);
    for network in 0..3 {
        for run in 0..2 {
            let rows = clock().rows(run);
            for t in rows.clone().skip(later) {
                let units = (24 + 8 * network..32 + 8 * network).map(|column| neurons.data()[[t - later, column]]);
                data[[t, network]] += strength * units.sum::<f32>();
            }
        }
    }
    networks(data, &format!("made subject {seed}"))
}

#[test]
fn planted_heads_are_anchored_where_they_were_planted_and_others_are_not() {
    let neurons = neurons(noise(&clock(), 48, 0.7, 1));
    let coupling = couple(&neurons, &driven(&neurons, 0, 0.6, 2)).unwrap();
    for (n, name) in names().iter().enumerate().take(3) {
        let anchored = coupling.anchors_of(name).unwrap();
        let right = anchored.iter().filter(|link| link.neuron.layer == 1 && link.neuron.head == Some(n)).count();
        assert!(right >= 7 && anchored.len() - right <= 2, "{name}: {right} of {}", anchored.len());
        assert!(anchored.windows(2).all(|pair| pair[0].r >= pair[1].r));
        let found = coupling.subgroup(name, 8).unwrap();
        assert!(found.iter().filter(|neuron| (neuron.layer, neuron.head) == (1, Some(n))).count() >= 7);
        let counts = coupling.layer_heads(name).unwrap();
        assert_eq!((counts.dim(), counts[[1, n]] as usize), ((2, 3), right));
    }
    assert!(coupling.anchors_of("Language").unwrap().len() <= 1);
    let of_head = coupling.networks_of("L1.H2").unwrap();
    assert_eq!((of_head[0].network.as_str(), of_head[0].of), ("Limbic", 8));
    assert_eq!(coupling.networks_of("L1").unwrap()[0].of, 24);
    let one = &coupling.networks_of("L1.H0.3").unwrap()[0];
    assert_eq!((one.network.as_str(), one.of), ("Visual", 1));
    let link = coupling.link("L1.H0.3".parse().unwrap(), "Visual").unwrap();
    assert!((link.r, link.q) == (one.best.r, one.best.q) && link.q < 0.05 && link.p <= link.q);
}

#[test]
fn where_nothing_is_planted_nothing_is_found_and_the_nearest_is_told() {
    let mut found = 0;
    for seed in 0..20 {
        let neurons = neurons(noise(&clock(), 48, 0.8, 100 + seed));
        let coupling = couple(&neurons, &networks(noise(&clock(), 4, 0.8, 200 + seed), "noise")).unwrap();
        let anchored: usize = names().iter().map(|name| coupling.anchors_of(name).unwrap().len()).sum();
        found += usize::from(anchored > 0);
        if anchored == 0 {
            assert!(coupling.to_string().contains("no neuron is anchored; the nearest to it is L"), "{coupling}");
        }
    }
    // At a rate of 0.05 one of 20 is expected.
    assert!(found <= 4, "{found} of 20 data sets have a finding");
}

#[test]
fn the_best_lag_is_the_planted_one_and_costs_its_search() {
    let neurons = neurons(noise(&clock(), 48, 0.3, 1));
    let networks = driven(&neurons, 2, 0.6, 2);
    let plain = couple(&neurons, &networks).unwrap();
    let lagged = couple_with(&neurons, &networks, &Synchrony::default().lags(3)).unwrap();
    let best = &lagged.anchors_of("Visual").unwrap()[0];
    assert_eq!((best.lag, best.neuron.head), (2, Some(0)));
    assert!(best.r > plain.link(best.neuron, "Visual").unwrap().r + 0.1);
    // Without any coupling the search over seven lags finds no more than it should.
    let mut below = 0;
    for seed in 0..10 {
        let other = self::networks(noise(&clock(), 4, 0.3, 300 + seed), "noise");
        let found = couple_with(&neurons, &other, &Synchrony::default().lags(3)).unwrap();
        below += found.p().iter().filter(|p| **p < 0.05).count();
    }
    assert!((20..150).contains(&below), "{below} of 1,920 p are below 0.05, where 96 are expected");
}

#[test]
fn a_group_finds_more_than_its_subjects_and_says_what_holds_for_people() {
    let neurons = neurons(noise(&clock(), 48, 0.7, 1));
    let subjects: Vec<NetworkSeries> = (0..6).map(|n| driven(&neurons, 0, 0.2, 10 + n)).collect();
    let pairs: Vec<_> = subjects.iter().map(|networks| (&neurons, networks)).collect();
    let group = couple_group(&pairs, &Synchrony::default()).unwrap();
    let alone = couple(&neurons, &subjects[0]).unwrap();
    assert_eq!(group.subjects(), 6);
    let count = |coupling: &Coupling| coupling.anchors_of("Default").unwrap().len();
    assert!(count(&group) >= 6 && count(&group) > count(&alone), "{} {}", count(&group), count(&alone));
    let mean: f32 = subjects.iter().map(|one| couple(&neurons, one).unwrap().r()[[32, 1]]).sum::<f32>() / 6.0;
    assert!((group.r()[[32, 1]] - mean).abs() < 1e-5);
    // A t-test of Fisher's z by hand.
    let z: Vec<f64> =
        subjects.iter().map(|one| fisher_z(f64::from(couple(&neurons, one).unwrap().r()[[32, 1]]))).collect();
    let m = z.iter().sum::<f64>() / 6.0;
    let t = m / (z.iter().map(|z| (z - m).powi(2)).sum::<f64>() / 5.0 / 6.0).sqrt();
    let p = group.random_effects().unwrap()[[32, 1]];
    // t of 2.571 is p = 0.05 with five degrees of freedom, 4.032 p = 0.01, 6.869 p = 0.001.
    let level = [(2.571, 0.05), (4.032, 0.01), (6.869, 0.001)].map(|(least, level)| (t.abs() > least) == (p < level));
    assert!(level.iter().all(|fits| *fits), "t = {t}, p = {p}");
    let stability = alone.stability(&couple(&neurons, &subjects[1]).unwrap()).unwrap();
    assert!(stability.r > 0.1 && stability.r < 0.9, "{stability}");
    assert!(
        (group.stability(&group).unwrap().r - 1.0).abs() < 1e-6 && group.stability(&group).unwrap().same_anchor == 1.0
    );
}

#[test]
fn sides_that_do_not_belong_together_are_named() {
    let all = neurons(noise(&clock(), 48, 0.7, 1));
    let good = driven(&all, 0, 0.6, 2);
    let other = Clock::new(2.0, &[180, 150]).unwrap();
    let of_other = NetworkSeries::new(noise(&other, 4, 0.5, 1), &names(), other, "another TR").unwrap();
    let error = couple(&all, &of_other).unwrap_err();
    assert!(error.problem().contains("1.5") && error.problem().contains('2'), "{error}");
    let short = Clock::new(1.5, &[180, 149]).unwrap();
    let of_short = NetworkSeries::new(noise(&short, 4, 0.5, 1), &names(), short, "short").unwrap();
    assert!(couple(&all, &of_short).unwrap_err().problem().contains("149"));
    let error = couple_group(&[(&all, &good)], &Synchrony::default()).unwrap_err();
    assert!(error.problem().contains("one subject") && error.advice().contains("couple("), "{error}");
    let error = couple_with(&all, &good, &Synchrony::default().lags(69)).unwrap_err();
    assert!(error.problem().contains("run 1 has 150 volumes") && error.problem().contains("takes 138"), "{error}");
    for (level, lags) in [(0.0, 0), (1.0, 0), (f64::NAN, 0)] {
        assert!(couple_with(&all, &good, &Synchrony::default().level(level).lags(lags)).is_err());
    }
    let coupling = couple(&all, &good).unwrap();
    assert!(coupling.anchors_of("Defualt").unwrap_err().to_string().contains("Default"));
    for address in ["L9", "L1.H7", "L1.H0.99", "layer 1", ""] {
        assert!(coupling.networks_of(address).is_err(), "{address}");
    }
}

#[test]
fn anchors_on_one_network_hint_at_the_global_signal_and_the_table_holds_them() {
    let all = neurons(noise(&clock(), 48, 0.7, 1));
    let mut data = noise(&clock(), 4, 0.7, 9);
    let global = all.data().mean_axis(ndarray::Axis(1)).unwrap();
    data.column_mut(1).scaled_add(20.0, &global);
    let coupling = couple(&all, &networks(data, "made")).unwrap();
    assert!(coupling.to_string().contains("is it the global signal?"), "{coupling}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anchors.csv");
    coupling.to_csv(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let anchored: usize = names().iter().map(|name| coupling.anchors_of(name).unwrap().len()).sum();
    assert_eq!(text.lines().count(), 1 + anchored);
    let link = &coupling.anchors_of("Default").unwrap()[0];
    let row = text.lines().find(|line| line.starts_with(&format!("{},", link.neuron))).unwrap();
    assert!(row.contains(",Default,") && row.contains(&format!("{:.6}", link.r)), "{row}");
    assert!(coupling.to_csv(folder.path().join("no/such/folder.csv")).is_err());
}

#[test]
fn every_null_anchors_what_was_planted_and_draws_say_what_they_cannot_find() {
    let neurons = neurons(noise(&clock(), 48, 0.7, 1));
    let networks = driven(&neurons, 0, 0.6, 2);
    let closed = couple(&neurons, &networks).unwrap();
    let options = Synchrony::default().null(Null::PhaseSurrogates { surrogates: 7680, seed: 1 });
    let drawn = couple_with(&neurons, &networks, &options).unwrap();
    let anchored = |coupling: &Coupling| {
        let of = |name: &String| coupling.anchors_of(name).unwrap().iter().map(|link| link.neuron).collect();
        names().iter().take(3).map(of).collect::<Vec<std::collections::HashSet<Neuron>>>()
    };
    for (one, other) in anchored(&closed).iter().zip(anchored(&drawn)) {
        assert!(one.symmetric_difference(&other).count() <= 1, "{one:?} {other:?}");
    }
    // With every seventh volume censored, what is there instead does not count, and shifts take the place of phases.
    let kept: Vec<bool> = (0..330).map(|t| t % 7 != 3).collect();
    let censored = networks.censored(&kept).unwrap();
    let couple_censored = |shifts| {
        let null = Null::CircularShift { least_seconds: 20.0, shifts, seed: 1 };
        couple_with(&neurons, &censored, &Synchrony::default().null(null)).unwrap()
    };
    let found = couple_censored(7680);
    for (n, one) in anchored(&found).iter().enumerate() {
        let right = one.iter().filter(|neuron| (neuron.layer, neuron.head) == (1, Some(n))).count();
        assert!(right >= 6, "{n}: {right} of {}", one.len());
    }
    let usual = couple(&neurons, &censored).unwrap();
    assert!(usual.to_string().contains("1000 circular shifts within runs"), "{usual}");
    // 192 pairs, p at least 1/100: 39 of them would have to be there.
    let few = couple_censored(99).to_string();
    assert!(few.contains("cannot be below 1.0e-2: of 192 pairs 39 must be there"), "{few}");
    assert!(!closed.to_string().contains("cannot be below"));
    // As a group too.
    let group = couple_group(&[(&neurons, &censored), (&neurons, &networks)], &Synchrony::default()).unwrap();
    let right = group.link("L1.H0.3".parse().unwrap(), "Visual").unwrap();
    assert!(right.p < 0.002 && group.to_string().contains("circular shifts"), "{right}");
    assert!(networks.censored(&kept[..100]).unwrap_err().problem().contains("100 marks"));
}

#[test]
fn tables_hold_what_was_found() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let neurons = neurons(noise(&clock(), 48, 0.7, 1));
    let coupling = couple(&neurons, &driven(&neurons, 0, 0.6, 2)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("coupling.parquet");
    coupling.to_parquet(&file).unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(&file).unwrap()).unwrap();
    let about = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
    assert!(about.iter().any(|pair| pair.key == "provenance" && pair.value.as_ref().unwrap().contains("couple")));
    let (mut rows, mut anchored) = (0, 0);
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let neuron: Neuron = row.get_string(0).unwrap().parse().unwrap();
        let place = (row.get_long(1).unwrap() as usize, Some(row.get_long(2).unwrap() as usize));
        assert_eq!(place, (neuron.layer, neuron.head));
        let link = coupling.link(neuron, row.get_string(4).unwrap()).unwrap();
        assert_eq!(
            (row.get_float(5).unwrap(), row.get_double(6).unwrap(), row.get_double(7).unwrap()),
            (link.r, link.p, link.q)
        );
        assert_eq!(row.get_long(8).unwrap(), 0);
        anchored += usize::from(row.get_bool(9).unwrap());
        rows += 1;
    }
    let all: usize = names().iter().map(|name| coupling.anchors_of(name).unwrap().len()).sum();
    assert_eq!((rows, anchored), (192, all));
    let table = folder.path().join("anchors.csv");
    coupling.to_csv(&table).unwrap();
    assert_eq!(std::fs::read_to_string(table).unwrap().lines().count(), 1 + all);
    let nowhere = coupling.to_parquet(folder.path().join("missing/coupling.parquet")).unwrap_err();
    assert!(nowhere.to_string().contains("missing/coupling.parquet"), "{nowhere}");
}

#[test]
fn a_filter_that_only_the_brain_passed_is_said() {
    let slow = neurons(noise(&clock(), 48, 0.97, 5));
    let filtered = slow.high_pass(128.0).unwrap();
    // The same filter over the networks' courses.
    let axis = NeuronAxis::new("made", Site::AttnQk, 1, 4);
    let courses = NeuronSeries::new(driven(&slow, 0, 0.6, 6).data().clone(), clock(), axis).unwrap();
    let data = networks(courses.high_pass(128.0).unwrap().data().clone(), "made subject, cleaned");
    let said = couple(&slow, &data).unwrap().to_string();
    assert!(said.contains("WARNING: the brain data have nothing slower than 128 s"), "{said}");
    assert!(said.contains("`neurons.high_pass(128.0)?`"), "{said}");
    assert!(!couple(&filtered, &data).unwrap().to_string().contains("WARNING"));
    assert!(!couple(&slow, &driven(&slow, 0, 0.6, 6)).unwrap().to_string().contains("WARNING"));

    let mask =
        Mask::new([4, 1, 1], Affine([[4.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]), &[true; 4])
            .unwrap();
    let bold = VoxelSeries::new(data.data().clone(), mask, clock(), "made subject, cleaned").unwrap();
    let about = |series: &NeuronSeries| encode(series, &bold, Ridge::default()).unwrap().about().to_owned();
    assert!(about(&slow).contains("WARNING: the brain data have nothing slower than 128 s"));
    assert!(!about(&filtered).contains("WARNING"));
}

#[test]
fn networks_with_one_course_and_the_nearest_of_equal_p_are_said() {
    let neurons = neurons(noise(&clock(), 48, 0.7, 1));
    let mut data = driven(&neurons, 0, 0.6, 2).data().clone();
    let twin = data.column(0).to_owned();
    data.column_mut(3).assign(&twin);
    let coupling = couple(&neurons, &networks(data, "made subject with a twin")).unwrap();
    let held = coupling.anchors_of("Visual").unwrap().len();
    assert!(coupling.anchors_of("Language").unwrap().is_empty());
    let said = format!("{held} of them have the same r with two networks, of which the first holds them");
    assert!(coupling.to_string().contains(&said), "{coupling}");

    // Nine draws have a floor: the nearest is the pair of greatest r among those at it.
    let few = Synchrony::default().null(Null::PhaseSurrogates { surrogates: 9, seed: 1 });
    let coupling = couple_with(&neurons, &driven(&neurons, 0, 0.6, 2), &few).unwrap();
    let greatest = coupling.r().iter().copied().fold(f32::MIN, f32::max);
    assert!(coupling.to_string().contains("the nearest to it is L1.H"), "{coupling}");
    assert!(coupling.to_string().contains(&format!("r = {greatest:.3}")), "{coupling}");
}
