use super::*;
use crate::figure::made;
use crate::figure::{ColourRange, Threshold};

fn map() -> BrainMap {
    let mask = Mask::mni4mm().unwrap();
    let values = (0..mask.count()).map(|n| (mask.mm(n)[0] / 30.0).sin() as f32 * (mask.mm(n)[2] / 40.0).cos() as f32);
    BrainMap::new(values.collect(), &mask, "made </script> & \"waves\"", "r").unwrap()
}

#[test]
fn a_page_holds_everything_and_names_no_other_place() {
    let html = map().view().unwrap().html().unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    for fetched in ["src=\"http", "href=", "@import", "fetch("] {
        assert!(!html.contains(fetched), "{fetched}");
    }
    assert_eq!(html.matches("<script").count(), html.matches("</script>").count());
    assert!(html.contains("made \\u003c/script> &") && html.contains("made &lt;/script&gt; &amp; &quot;waves&quot;"));
}

#[test]
fn ten_views_and_what_they_share_stay_below_five_megabytes() {
    let own = map().view().unwrap().own().unwrap().len();
    let shared = shared().unwrap().len();
    println!("own {own} bytes, shared {shared} bytes");
    assert!(shared + 10 * own < 5_000_000, "{shared} + 10 × {own}");
}

#[test]
fn the_page_is_told_the_rule_of_the_still_picture() {
    let told = |look: Look| map().view_with(look).unwrap().0.about.clone();
    let about =
        told(Look::default().threshold(Threshold::Negative(0.25)).range(ColourRange::Symmetric(0.5)).opacity(0.7));
    assert_eq!((&about["shown"], &about["at"], &about["limit"]), (&"downto".into(), &0.25.into(), &0.5.into()));
    assert_eq!((&about["opacity"], &about["symmetric"], &about["unit"]), (&0.7.into(), &true.into(), &"r".into()));
    assert_eq!(told(Look::default())["shown"], "fade");
    assert!(map().view_with(Look::default().opacity(1.5)).is_err());
}

#[test]
fn a_map_without_values_and_a_wrong_ending_are_no_panic() {
    let mask = Mask::mni4mm().unwrap();
    let empty = BrainMap::new(vec![f32::NAN; mask.count()], &mask, "empty", "r").unwrap();
    let view = empty.view().unwrap();
    assert!(view.to_string().contains("no values"), "{view}");
    assert_eq!(view.0.about["voxels"], 0);
    assert!(view.save("view.png").unwrap_err().to_string().contains(".html"));
}

#[test]
fn a_vertex_has_the_value_half_way_through_the_cortex() {
    // A map that is x itself: on the left hemisphere negative, and of the size of a brain.
    let mask = Mask::mni4mm().unwrap();
    let x = (0..mask.count()).map(|n| mask.mm(n)[0] as f32).collect();
    let values = cortex::values(&BrainMap::new(x, &mask, "x", "mm").unwrap()).unwrap();
    let (left, right) = values.split_at(cortex::VERTICES / 2);
    let mean = |side: &[f32]| {
        let known: Vec<f32> = side.iter().copied().filter(|v| !v.is_nan()).collect();
        assert!(known.len() > 9_000, "{}", known.len());
        known.iter().sum::<f32>() / known.len() as f32
    };
    assert!(
        (-45.0..-20.0).contains(&mean(left)) && (20.0..45.0).contains(&mean(right)),
        "{} {}",
        mean(left),
        mean(right)
    );
}

#[test]
fn networks_cover_the_cortex_of_a_view_as_that_of_the_still_picture() {
    let networks = Networks::yeo7().unwrap();
    let labels = cortex::labels(&networks).unwrap();
    // The medial wall, some 9 % of fsaverage5, belongs to none (FreeSurfer's ?h.Medial_wall.label: 888 and 881 vertices).
    let none = labels.iter().filter(|label| label.is_nan()).count();
    assert!((1200..2600).contains(&none), "{none} of {} vertices without a network", labels.len());
    let remark = networks.surface().unwrap();
    let reached = format!("{} of {} vertices", labels.len() - none, labels.len());
    assert!(remark.svg().unwrap().contains(&reached), "{reached}");
}

#[test]
fn a_view_says_that_contours_are_in_the_still_picture() {
    let look = Look::default().contour(&map(), 0.3);
    let view = map().view_with(look).unwrap();
    let remark = view.0.about["remark"].as_str().unwrap();
    assert!(remark.contains("Contours of `made </script> & \"waves\"` are drawn in still pictures only"), "{remark}");
}

#[test]
fn networks_are_told_by_name_and_colour() {
    let networks = made::networks();
    let view = networks.view().unwrap();
    assert_eq!(view.0.about["names"].as_array().unwrap().len(), networks.count());
    assert_eq!(view.0.about["colours"][0], serde_json::json!(networks.colours()[0]));
    assert_eq!(view.0.about["wide"], false);
}

#[test]
fn each_dot_of_html_is_the_same_each_time() {
    assert_eq!(map().view().unwrap().html().unwrap(), map().view().unwrap().html().unwrap());
}
