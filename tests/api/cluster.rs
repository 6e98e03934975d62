//! Clusterings beside those of scikit-learn and scipy, and what they promise.

use crate::reference::array;
use ndarray::{Array1, Array2, Axis, Ix1, Ix2, Ix3, s};
use neurocell::model::NeuronAxis;
use neurocell::pattern::{Distance, adjusted_rand_index};
use neurocell::prelude::*;

fn series_of(data: Array2<f32>) -> NeuronSeries {
    let (time, neurons) = data.dim();
    let axis = NeuronAxis::new("simulated", Site::FfnOut, 1, neurons);
    NeuronSeries::new(data, Clock::new(1.5, &[time]).unwrap(), axis).unwrap()
}

fn noisy() -> NeuronSeries {
    series_of(array::<f32, Ix2>("cluster/noisy"))
}

fn whole(name: &str) -> Vec<usize> {
    array::<i64, Ix1>(name).iter().map(|&n| n as usize).collect()
}

fn labels(patterns: &Patterns) -> Vec<usize> {
    patterns.clusters().into_iter().map(|cluster| cluster.unwrap()).collect()
}

/// Σ ‖x − mean of its cluster‖², in f64.
fn inertia(data: &Array2<f32>, labels: &[usize]) -> f64 {
    let of = |cluster: usize| {
        let members: Vec<usize> = (0..labels.len()).filter(|&n| labels[n] == cluster).collect();
        let courses = data.select(Axis(1), &members).mapv(f64::from);
        let centre = courses.mean_axis(Axis(1)).map_or(0.0, |c| c.dot(&c));
        courses.mapv(|x| x * x).sum() - members.len() as f64 * centre
    };
    (0..=*labels.iter().max().unwrap()).map(of).sum()
}

#[test]
fn separated_clusters_are_found_with_every_option() {
    let series = series_of(array::<f32, Ix2>("pattern/separated"));
    let reference = whole("pattern/separated_labels");
    let options = [
        KMeans::new(6).restarts(10),
        KMeans::new(6).restarts(10).distance(Distance::Correlation),
        KMeans::new(6).restarts(10).mini_batch(64),
        KMeans::new(6).restarts(10).mini_batch(64).distance(Distance::Correlation),
    ];
    for kmeans in options {
        let found = series.patterns(kmeans).unwrap();
        let index = adjusted_rand_index(&labels(&found), &reference).unwrap();
        assert_eq!(index, 1.0, "{}", found.method());
        assert!(found.report().converged);
    }
}

#[test]
fn the_reported_inertia_is_that_of_the_clusters() {
    let series = noisy();
    for kmeans in [KMeans::new(9).tolerance(0.0), KMeans::new(9).mini_batch(100)] {
        let found = series.patterns(kmeans).unwrap();
        let (last, own) = (*found.report().objective.last().unwrap(), inertia(series.data(), &labels(&found)));
        assert!((last / own - 1.0).abs() < 1e-5, "{}: {last} {own}", found.method());
    }
}

#[test]
fn mini_batches_are_as_compact_as_those_of_scikit_learn() {
    let series = noisy();
    let reference = array::<f64, Ix1>("cluster/mini_inertia")[0];
    let each = (0..10).map(|seed| {
        let found = series.patterns(KMeans::new(9).restarts(1).mini_batch(100).seed(seed)).unwrap();
        inertia(series.data(), &labels(&found))
    });
    let mean = each.sum::<f64>() / 10.0;
    assert!(mean < 1.03 * reference, "{mean} against {reference}");
}

#[test]
fn the_objective_by_correlation_is_the_sum_of_one_minus_r() {
    let series = noisy();
    let found = series.patterns(KMeans::new(9).distance(Distance::Correlation).tolerance(0.0)).unwrap();
    let r = |n: usize, k: usize| {
        let (x, c) = (series.data().column(n).mapv(f64::from), found.courses().column(k).mapv(f64::from));
        x.dot(&c) / (x.dot(&x) * c.dot(&c)).sqrt()
    };
    let sum: f64 = labels(&found).into_iter().enumerate().map(|(n, k)| 1.0 - r(n, k)).sum();
    let last = *found.report().objective.last().unwrap();
    assert!((last / sum - 1.0).abs() < 1e-5, "{last} {sum}");
    // Every neuron is in the cluster whose centre it correlates with most.
    for (n, own) in labels(&found).into_iter().enumerate() {
        assert!((0..9).all(|k| r(n, k) <= r(n, own) + 1e-5), "neuron {n}");
    }
}

#[test]
fn silhouettes_equal_those_of_scikit_learn() {
    let series = noisy();
    let clusters: Vec<Option<usize>> = whole("cluster/lloyd_labels").into_iter().map(Some).collect();
    for (distance, name) in [(Distance::Euclidean, "euclidean"), (Distance::Correlation, "correlation")] {
        let reference = array::<f64, Ix1>(&format!("cluster/silhouette_{name}"));
        let found = series.silhouette(&clusters, distance).unwrap();
        let worst = found.values().iter().zip(&reference).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-5, "{name}: {worst}");
        assert!((found.mean() - reference.mean().unwrap()).abs() < 1e-6);
    }
}

#[test]
fn neurons_in_no_cluster_have_no_silhouette_and_count_in_none() {
    let data = array::<f32, Ix2>("cluster/noisy");
    let mut clusters: Vec<Option<usize>> = whole("cluster/lloyd_labels").into_iter().map(Some).collect();
    let part =
        series_of(data.slice(s![.., 100..]).to_owned()).silhouette(&clusters[100..], Distance::Euclidean).unwrap();
    clusters[..100].fill(None);
    let found = series_of(data).silhouette(&clusters, Distance::Euclidean).unwrap();
    assert!(found.values()[..100].iter().all(|v| v.is_nan()));
    assert!(found.values()[100..].iter().zip(part.values()).all(|(a, b)| (a - b).abs() < 1e-5));
    assert!((found.mean() - part.mean()).abs() < 1e-6);
}

#[test]
fn silhouettes_of_one_cluster_and_of_a_wrong_number_of_neurons_are_refused() {
    let series = noisy();
    let error = series.silhouette(&vec![Some(3); 700], Distance::Euclidean).unwrap_err();
    assert!(error.problem().contains("700 neurons in 1 cluster"), "{error}");
    let error = series.silhouette(&[Some(0), Some(1)], Distance::Euclidean).unwrap_err();
    assert!(error.problem().contains('2') && error.problem().contains("700"), "{error}");
}

#[test]
fn the_adjusted_rand_index_equals_scikit_learns() {
    let (pairs, expected) = (array::<i64, Ix3>("cluster/partitions"), array::<f64, Ix1>("cluster/rand_index"));
    for (pair, expected) in pairs.outer_iter().zip(&expected) {
        let [a, b] = [0, 1].map(|n| pair.row(n).iter().map(|&l| l as usize).collect::<Vec<usize>>());
        let found = adjusted_rand_index(&a, &b).unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
    assert!(adjusted_rand_index(&[0, 1], &[0]).is_err() && adjusted_rand_index(&[], &[]).is_err());
}

#[test]
fn planted_clusters_are_suggested_and_noise_is_called_a_continuum() {
    let series = series_of(array::<f32, Ix2>("pattern/separated"));
    for distance in [Distance::Euclidean, Distance::Correlation] {
        let curve = series.choose_k(ChooseK::new(&[9, 3, 6, 4, 6]).distance(distance).restarts(6).splits(3)).unwrap();
        assert_eq!(curve.suggested(), 6, "{curve}");
        let ks: Vec<usize> = curve.points().iter().map(|p| p.k).collect();
        assert_eq!(ks, [3, 4, 6, 9]);
        assert!(curve.points().windows(2).all(|w| w[1].inertia < w[0].inertia), "{curve}");
        assert!(curve.points()[2].stability > 0.99, "{curve}");
        assert!(!curve.to_string().contains("only in part"), "{curve}");
    }
    let mut state = 1u32;
    let noise = Array2::from_shape_simple_fn((40, 200), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32
    });
    let curve = series_of(noise).choose_k(ChooseK::new(&[4, 8]).splits(2)).unwrap();
    assert!(curve.to_string().contains("only in part"), "{curve}");
    assert!(curve.points().iter().all(|p| p.stability < 0.2), "{curve}");
}

#[test]
fn the_inertia_and_silhouette_of_a_curve_are_those_of_the_clustering() {
    let series = noisy();
    let curve = series.choose_k(ChooseK::new(&[9]).restarts(1).splits(1)).unwrap();
    let found = series.patterns(KMeans::new(9).restarts(1)).unwrap();
    assert_eq!(curve.points()[0].inertia, *found.report().objective.last().unwrap());
    let silhouette = series.silhouette(&found.clusters(), Distance::Euclidean).unwrap();
    assert!((curve.points()[0].silhouette - silhouette.mean()).abs() < 1e-9);
    let sampled = series.choose_k(ChooseK::new(&[9]).restarts(1).splits(1).neurons(400)).unwrap();
    assert!((sampled.points()[0].silhouette - silhouette.mean()).abs() < 0.03, "{sampled}");
}

#[test]
fn numbers_of_clusters_that_cannot_be_compared_are_refused() {
    let series = noisy();
    for (ks, part) in [(vec![], "no number"), (vec![1, 4], "1 clusters"), (vec![4, 30], "30 clusters")] {
        let error = series.choose_k(ChooseK::new(&ks)).unwrap_err();
        assert!(error.problem().contains(part), "{error}");
    }
    assert!(series.choose_k(ChooseK::new(&[3]).splits(0)).is_err());
}

#[test]
fn one_neuron_two_neurons_and_duplicates_are_clustered_as_far_as_they_go() {
    let data = array::<f32, Ix2>("cluster/noisy");
    for distance in [Distance::Euclidean, Distance::Correlation] {
        let kmeans = |k| KMeans::new(k).distance(distance);
        let one = series_of(data.slice(s![.., ..1]).to_owned());
        let found = one.patterns(kmeans(1)).unwrap();
        assert!((found.explained() - 1.0).abs() < 1e-6);
        let error = one.patterns(kmeans(2)).unwrap_err();
        assert!(error.problem().contains("2 patterns") && error.problem().contains("allow 1"), "{error}");
        let two = series_of(data.slice(s![.., ..2]).to_owned()).patterns(kmeans(2)).unwrap();
        assert_ne!(labels(&two)[0], labels(&two)[1]);
        let twins = series_of(Array2::from_shape_fn((24, 30), |(t, n)| data[[t, n % 3]] * (1 + n) as f32));
        let found = twins.patterns(kmeans(3)).unwrap();
        assert!(labels(&found).chunks(3).all(|three| three == &labels(&found)[..3]));
        assert!(twins.patterns(kmeans(4)).unwrap_err().problem().contains("only 3 distinct courses"));
        assert!(twins.patterns(kmeans(4).mini_batch(8)).unwrap_err().problem().contains("only 3 distinct courses"));
    }
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let series = noisy();
    let error = series.patterns(KMeans::new(3).distance(Distance::AbsoluteCorrelation)).unwrap_err();
    assert!(error.advice().contains("Distance::Correlation"), "{error}");
    let error = series.patterns(KMeans::new(5).mini_batch(4)).unwrap_err();
    assert!(error.problem().contains('4') && error.problem().contains('5'), "{error}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_with_every_option() {
    let series = noisy();
    for kmeans in [KMeans::new(9).seed(4).distance(Distance::Correlation), KMeans::new(9).seed(4).mini_batch(64)] {
        let [a, b] = [0, 1].map(|_| series.patterns(kmeans.clone()).unwrap());
        assert_eq!((a.courses(), a.loadings()), (b.courses(), b.loadings()));
    }
}

fn cases() -> [Hierarchical; 8] {
    let of = |linkage, distance| Hierarchical::default().linkage(linkage).distance(distance);
    [
        of(Linkage::Average, Distance::Correlation),
        of(Linkage::Weighted, Distance::Correlation),
        of(Linkage::Complete, Distance::Correlation),
        of(Linkage::Single, Distance::Correlation),
        of(Linkage::Average, Distance::AbsoluteCorrelation),
        of(Linkage::Average, Distance::Euclidean),
        of(Linkage::Complete, Distance::Euclidean),
        of(Linkage::Ward, Distance::Euclidean),
    ]
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("row {n}")).collect()
}

#[test]
fn trees_equal_those_of_scipy() {
    let rows = array::<f32, Ix2>("cluster/rows");
    let (trees, leaves) = (array::<f64, Ix3>("cluster/trees"), array::<i64, Ix2>("cluster/leaves"));
    let cophenetic = array::<f64, Ix1>("cluster/cophenetic");
    let distances = array::<f64, Ix2>("cluster/cophenetic_distances");
    let cuts = array::<i64, Ix3>("cluster/cuts");
    for (case, options) in cases().into_iter().enumerate() {
        let tree = hierarchy(&rows, &names(14), options).unwrap();
        let apart = tree.linkage_matrix() - trees.index_axis(Axis(0), case);
        assert!(apart.iter().all(|d| d.abs() < 1e-9), "{tree}:\n{apart}");
        let order: Vec<i64> = tree.leaf_order().into_iter().map(|leaf| leaf as i64).collect();
        assert_eq!(order, leaves.row(case).to_vec(), "{tree}");
        assert!((tree.cophenetic_correlation().unwrap() - cophenetic[case]).abs() < 1e-9, "{tree}");
        let square = tree.cophenetic_distances();
        let pairs = (0..14).flat_map(|a| (a + 1..14).map(move |b| (a, b)));
        for (pair, expected) in pairs.zip(distances.row(case)) {
            assert!((square[pair] - expected).abs() < 1e-9 && square[(pair.1, pair.0)] == square[pair]);
        }
        for k in 1..8 {
            let expected = cuts.slice(s![case, k - 1, ..]).iter().map(|&l| l as usize).collect::<Vec<usize>>();
            let found = tree.cut(k).unwrap();
            assert_eq!(adjusted_rand_index(&found, &expected).unwrap(), 1.0, "{tree}, {k}: {found:?} {expected:?}");
            // Numbered as the leaves stand.
            let firsts: Vec<usize> = tree.leaf_order().into_iter().map(|leaf| found[leaf]).collect();
            assert!(firsts[0] == 0 && firsts.windows(2).all(|w| w[1] == w[0] || w[1] == w[0] + 1));
        }
    }
}

#[test]
fn a_cut_at_a_distance_makes_the_merges_up_to_it() {
    let tree = hierarchy(&array::<f32, Ix2>("cluster/rows"), &names(14), Hierarchical::default()).unwrap();
    assert_eq!(tree.cut_at(tree.merges()[9].distance), tree.cut(4).unwrap());
    assert_eq!(tree.cut_at(-1.0), tree.cut(14).unwrap());
    assert_eq!(tree.cut_at(f64::INFINITY), vec![0; 14]);
    assert!(tree.cut(0).is_err() && tree.cut(15).unwrap_err().problem().contains("14 leaves cannot be cut into 15"));
}

#[test]
fn patterns_are_joined_by_courses_and_by_loadings() {
    let patterns = series_of(array::<f32, Ix2>("pattern/mixture")).patterns(Pca::new(5)).unwrap();
    let by_courses = patterns.hierarchy(Hierarchical::default()).unwrap();
    assert_eq!(by_courses.labels()[4], "pattern 4");
    // Principal components are uncorrelated over time.
    assert!(by_courses.merges().iter().all(|merge| (merge.distance - 1.0).abs() < 1e-4));
    let by_loadings = patterns.loading_hierarchy(Hierarchical::default()).unwrap();
    assert_eq!(by_loadings.merges().len(), 4);
    let figure = dendrogram(&by_courses, Dendrogram::default().clusters(2)).unwrap();
    assert!(figure.svg().unwrap().contains("distance (1 − r)"));
}

#[test]
fn rows_that_have_no_distance_are_named() {
    let mut rows = array::<f32, Ix2>("cluster/rows");
    let labels = names(14);
    let error = hierarchy(&rows, &labels[1..], Hierarchical::default()).unwrap_err();
    assert!(error.problem().contains("13 labels for 14 rows"), "{error}");
    let ward = Hierarchical::default().linkage(Linkage::Ward);
    assert!(hierarchy(&rows, &labels, ward).unwrap_err().problem().contains("1 − r"));
    rows.row_mut(3).fill(2.5);
    let error = hierarchy(&rows, &labels, Hierarchical::default()).unwrap_err();
    assert!(error.problem().contains("`row 3` (row 3) is constant"), "{error}");
    assert!(hierarchy(&rows, &labels, ward.distance(Distance::Euclidean)).is_ok());
    rows[[5, 7]] = f32::NAN;
    let error = hierarchy(&rows, &labels, Hierarchical::default()).unwrap_err();
    assert!(error.problem().contains("value 7 of `row 5`"), "{error}");
    let one = rows.slice(s![..1, ..]).to_owned();
    assert!(hierarchy(&one, &labels[..1], Hierarchical::default()).unwrap_err().problem().contains("1 rows"));
    let two = Array1::linspace(0.0f32, 1.0, 8).insert_axis(Axis(0)).to_owned();
    let two = ndarray::concatenate![Axis(0), two, two.mapv(|x| x * x)];
    let tree = hierarchy(&two, &labels[..2], Hierarchical::default()).unwrap();
    assert_eq!(tree.cut(2).unwrap(), [0, 1]);
    assert!(tree.cophenetic_correlation().unwrap_err().problem().contains("2 leaves"));
}
