use super::assert_says;
use neurocell::brain::{Affine, Mask, Networks};

/// The network at a point in mm.
fn network_at(networks: &Networks, mm: [f64; 3]) -> Option<String> {
    let voxel = networks.mask().affine().voxel(mm).unwrap().map(|v| v.round() as usize);
    let column = networks.mask().number(voxel)?;
    let row = networks.maps().column(column).iter().position(|v| *v == 1.0)?;
    Some(networks.names()[row].clone())
}

#[test]
fn the_mask_is_a_brain() {
    let mask = Mask::mni4mm().unwrap();
    let litres = mask.count() as f64 * mask.affine().determinant().abs() * 1e-6;
    assert!((1.7..2.0).contains(&litres), "the ICBM 152 brain has about 1.9 l, this {litres}");
    let left = (0..mask.count()).filter(|n| mask.mm(*n)[0] < 0.0).count();
    let right = (0..mask.count()).filter(|n| mask.mm(*n)[0] > 0.0).count();
    assert!((0.97..1.03).contains(&(left as f64 / right as f64)), "{left} left, {right} right");
}

#[test]
fn each_network_has_many_voxels_on_both_sides_and_no_voxel_has_two() {
    let networks = Networks::yeo7().unwrap();
    assert_eq!(networks.mask(), &Mask::mni4mm().unwrap());
    for (row, name) in networks.names().iter().enumerate() {
        let inside: Vec<f64> = (0..networks.mask().count())
            .filter(|n| networks.maps()[[row, *n]] == 1.0)
            .map(|n| networks.mask().mm(n)[0])
            .collect();
        let left = inside.iter().filter(|x| **x < 0.0).count() as f64;
        let right = inside.iter().filter(|x| **x > 0.0).count() as f64;
        assert!(inside.len() > 600 && (0.6..1.6).contains(&(left / right)), "{name}: {left} left, {right} right");
    }
    assert!(networks.maps().columns().into_iter().all(|column| column.sum() <= 1.0));
}

#[test]
fn networks_lie_where_the_field_has_found_them() {
    let networks = Networks::yeo7().unwrap();
    let places = [
        ("Visual", [-8.0, -92.0, 0.0]),            // calcarine sulcus
        ("Somatomotor", [-40.0, -24.0, 56.0]),     // hand area
        ("DorsalAttention", [-24.0, -60.0, 56.0]), // superior parietal lobule
        ("VentralAttention", [4.0, 12.0, 48.0]),   // dorsal anterior cingulate
        ("Limbic", [-36.0, 12.0, -32.0]),          // temporal pole
        ("Frontoparietal", [44.0, 36.0, 24.0]),    // dorsolateral prefrontal
        ("Default", [-4.0, -52.0, 28.0]),          // posterior cingulate
    ];
    for (name, mm) in places {
        assert_eq!(network_at(&networks, mm).as_deref(), Some(name), "at {mm:?}");
    }
}

#[test]
fn the_visual_network_is_occipital() {
    let map = Networks::yeo7().unwrap().map("Visual").unwrap();
    let inside: Vec<f64> =
        (0..map.mask().count()).filter(|n| map.values()[*n] > 0.0).map(|n| map.mask().mm(n)[1]).collect();
    let centre = inside.iter().sum::<f64>() / inside.len() as f64;
    assert!(centre < -60.0, "centre of mass at y = {centre} mm");
}

#[test]
fn another_grid_takes_the_same_network_at_the_same_place() {
    let networks = Networks::yeo7().unwrap();
    // 3 mm, first axis from right to left, second and third axes swapped in storage.
    let affine = Affine([[-3.0, 0.0, 0.0, 75.0], [0.0, 0.0, 3.0, -111.0], [0.0, 3.0, 0.0, -70.0]]);
    let shape = [51, 50, 62];
    let mask = Mask::new(shape, affine, &vec![true; 51 * 50 * 62]).unwrap();
    let resampled = networks.resampled_to(&mask).unwrap();
    assert_says_text(resampled.atlas(), &["Yeo 7", "nearest neighbour", "4 × 4 × 4", "3 × 3 × 3"]);
    for mm in [[-8.0, -92.0, 0.0], [-40.0, -24.0, 56.0], [44.0, 36.0, 24.0], [-4.0, -52.0, 28.0]] {
        assert_eq!(network_at(&resampled, mm), network_at(&networks, mm), "at {mm:?}");
    }
    let volume = |n: &Networks, row: usize| n.voxels(row) as f64 * n.mask().affine().determinant().abs();
    for row in 0..7 {
        let ratio = volume(&resampled, row) / volume(&networks, row);
        assert!((0.97..1.03).contains(&ratio), "{}: {ratio}", networks.names()[row]);
    }
}

#[test]
fn networks_outside_the_mask_are_left_out_and_named() {
    let networks = Networks::yeo7().unwrap();
    let brain = networks.mask();
    let inside: Vec<bool> = (0..39 * 49 * 40)
        .map(|flat| [flat % 39, flat / 39 % 49, flat / (39 * 49)])
        .map(|at| brain.number(at).is_some() && brain.affine().mm(at.map(|i| i as f64))[1] < -88.0)
        .collect();
    let pole = Mask::new(brain.shape(), *brain.affine(), &inside).unwrap();
    let kept = networks.resampled_to(&pole).unwrap();
    assert!(kept.names().contains(&"Visual".to_owned()) && !kept.names().contains(&"Limbic".to_owned()));
    assert_says_text(kept.atlas(), &["without", "Limbic", "outside the mask"]);
    assert_eq!(kept.maps().dim(), (kept.count(), pole.count()));
}

#[test]
fn a_mask_far_from_the_brain_is_refused() {
    let affine = Affine([[4.0, 0.0, 0.0, 900.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
    let mask = Mask::new([3, 3, 3], affine, &[true; 27]).unwrap();
    assert_says(&Networks::yeo7().unwrap().resampled_to(&mask).unwrap_err(), &["no network", "MNI"]);
}

#[test]
fn an_unknown_network_proposes_the_near_name() {
    assert_says(&Networks::yeo7().unwrap().map("visual").unwrap_err(), &["did you mean `Visual`"]);
}

fn assert_says_text(text: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
}
