//! Figures as a notebook's user meets them.

use ndarray::{Array2, array};
use neurocell::clock::Clock;
use neurocell::error::ErrorKind;
use neurocell::figure::{Figure, HeatMap, Histogram, bars, courses, heat_map, histogram};

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix} {n}")).collect()
}

fn a_bar_figure() -> Figure {
    bars(&["<he & she>", "\"told\"", "β–γ"], &[2.0, 1.0, -0.5], "Words of <pattern 3> & \"others\"", "mean z").unwrap()
}

/// The texts between the tags of an XML document; panics if it is not well formed.
fn well_formed(xml: &str) -> Vec<String> {
    let (mut open, mut texts, mut rest) = (Vec::new(), Vec::new(), xml);
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        for entity in text.split('&').skip(1) {
            let name = entity.split_once(';').unwrap_or_else(|| panic!("a bare & in `{text}`")).0;
            assert!(["lt", "gt", "amp", "quot", "apos"].contains(&name), "unknown entity &{name};");
        }
        if !text.trim().is_empty() {
            assert!(!open.is_empty(), "text outside the root: `{text}`");
            texts.push(text.trim().to_owned());
        }
        let end = start + rest[start..].find('>').unwrap_or_else(|| panic!("a tag does not end"));
        let tag = &rest[start + 1..end];
        assert!(!tag.contains('<'), "a bare < in `{tag}`");
        assert!(tag.matches('"').count().is_multiple_of(2), "an attribute does not end in `{tag}`");
        let name = tag.trim_matches('/').split_whitespace().next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "tags are nested wrongly");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} stay open");
    texts
}

#[test]
fn svg_is_well_formed_and_holds_title_labels_and_unit_as_text() {
    let texts = well_formed(&a_bar_figure().svg().unwrap());
    for expected in ["Words of &lt;pattern 3&gt; &amp; \"others\"", "&lt;he &amp; she&gt;", "mean z", "β–γ", "−0.5"]
    {
        assert!(texts.iter().any(|t| t == expected), "`{expected}` is not among {texts:?}");
    }
}

#[test]
fn svg_with_a_picture_in_it_is_well_formed_too() {
    let values = Array2::from_shape_fn((60, 40), |(r, c)| (r as f64 - c as f64) / 60.0);
    let options = HeatMap::default().title("Large").unit("r");
    let svg = heat_map(&values, &names("row", 60), &names("column", 40), options).unwrap().svg().unwrap();
    well_formed(&svg);
    assert!(svg.contains("data:image/png;base64,"));
}

#[test]
fn control_characters_in_labels_do_not_break_the_svg() {
    let figure = bars(&["a\u{0}b\u{1b}[31m\n"], &[1.0], "t\u{7}", "u").unwrap();
    let svg = figure.svg().unwrap();
    well_formed(&svg);
    assert!(!svg.chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn saved_files_are_whole_and_nothing_else_is_left_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let figure = a_bar_figure();
    figure.save(folder.path().join("a.svg")).unwrap();
    figure.save(folder.path().join("a.PNG")).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("a.svg")).unwrap(), figure.svg().unwrap());
    let png = image::load_from_memory(&std::fs::read(folder.path().join("a.PNG")).unwrap()).unwrap();
    assert_eq!([png.width(), png.height()], figure.size().map(|s| 2 * s));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_png_carries_its_resolution_and_its_description() {
    let bytes = a_bar_figure().png().unwrap();
    let find = |what: &[u8]| bytes.windows(what.len()).position(|w| w == what);
    let resolution = find(b"pHYs").unwrap();
    // 192 dots per inch are 7559 per metre.
    assert_eq!(&bytes[resolution + 4..resolution + 13], [0, 0, 0x1d, 0x87, 0, 0, 0x1d, 0x87, 1]);
    assert!(find("Words of <pattern 3>".as_bytes()).is_some() && find(b"neurocell").is_some());
}

#[test]
fn another_ending_is_an_error_that_names_all_possible_ones() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.bmp", "a"] {
        let error = a_bar_figure().save(folder.path().join(name)).unwrap_err();
        assert!([".svg", ".png", ".pdf"].iter().all(|ending| error.advice().contains(ending)), "{error}");
        assert!(error.problem().contains(name), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = a_bar_figure().save(folder.path().join("no/such/a.svg")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    assert!(error.problem().contains("no/such/a.svg"), "{error}");
}

#[test]
fn what_stands_in_the_way_of_a_file_is_named_with_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let refused = |name: &str| a_bar_figure().save(at(name)).unwrap_err();
    let error = refused("no/such/a.png");
    assert!(error.advice().contains("no/such") && error.advice().contains("create_dir_all"), "{error}");
    std::fs::write(at("file"), "").unwrap();
    let error = refused("file/a.png");
    assert!(error.advice().contains("file is a file, not a folder"), "{error}");
    std::fs::create_dir(at("folder.png")).unwrap();
    let error = refused("folder.png");
    assert!(error.problem().contains("that is a folder") && error.advice().contains("a name in it"), "{error}");
    std::os::unix::fs::symlink("/dev/full", at("full.png")).unwrap();
    let error = refused("full.png");
    assert!(error.problem().contains("full.png") && error.problem().contains("device"), "{error}");
    let error = refused(&format!("{}.png", "n".repeat(300)));
    assert!(error.advice().contains("shorter"), "{error}");
    // What was there is still there, and nothing else.
    let mut left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["file", "folder.png", "full.png"]);
}

#[test]
fn a_saved_figure_replaces_the_old_one_and_a_links_target() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("target.svg"), folder.path().join("link.svg"));
    std::fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let figure = a_bar_figure();
    figure.save(&link).unwrap();
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_to_string(&target).unwrap(), figure.svg().unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn the_environment_makes_figures_dark() {
    // The environment belongs to a process: this test runs itself again in another.
    if std::env::var_os("NEUROCELL_THEME").is_some() {
        assert!(a_bar_figure().svg().unwrap().contains("#111111"));
        return;
    }
    assert!(a_bar_figure().svg().unwrap().contains("#FFFFFF"));
    let tests = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["the_environment_makes_figures_dark"])
        .env("NEUROCELL_THEME", "dark")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&tests.stdout).into_owned();
    assert!(tests.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    assert_eq!(a_bar_figure().svg().unwrap(), a_bar_figure().svg().unwrap());
    assert_eq!(a_bar_figure().png().unwrap(), a_bar_figure().png().unwrap());
}

#[test]
fn bars_need_a_label_and_a_finite_value_each() {
    assert_eq!(bars(&["a"], &[1.0, 2.0], "t", "u").unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(bars(&[], &[], "t", "u").unwrap_err().kind(), ErrorKind::Value);
    let error = bars(&["a", "story"], &[1.0, f64::NAN], "t", "u").unwrap_err();
    assert!(error.problem().contains("`story`"), "{error}");
}

#[test]
fn a_heat_map_names_what_does_not_fit() {
    let values = array![[0.1, 0.2], [0.3, f64::INFINITY]];
    let (rows, columns) = (names("pattern", 2), names("network", 2));
    let error = heat_map(&values, &rows, &columns, HeatMap::default()).unwrap_err();
    assert!(error.problem().contains("row `pattern 1`, column `network 1`"), "{error}");
    let values = array![[0.1, 0.2], [0.3, 0.4]];
    let wrong = |options| heat_map(&values, &rows, &columns, options).unwrap_err().kind();
    assert_eq!(heat_map(&values, &columns[..1], &rows, HeatMap::default()).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(wrong(HeatMap::default().marks(Array2::from_elem((2, 3), true), "q")), ErrorKind::Shape);
    assert_eq!(wrong(HeatMap::default().row_order(vec![0, 0])), ErrorKind::Value);
    assert_eq!(wrong(HeatMap::default().limit(-1.0)), ErrorKind::Value);
    let empty = heat_map(&Array2::zeros((0, 2)), &[], &columns, HeatMap::default());
    assert_eq!(empty.unwrap_err().kind(), ErrorKind::Value);
}

#[test]
fn a_row_order_moves_rows_with_their_names() {
    let values = array![[1.0], [-1.0]];
    let draw = |options| heat_map(&values, &names("row", 2), &names("c", 1), options).unwrap().svg().unwrap();
    let (given, turned) = (draw(HeatMap::default()), draw(HeatMap::default().row_order(vec![1, 0])));
    let first_row = |svg: &str| {
        let texts = well_formed(svg);
        texts.into_iter().find(|t| t.starts_with("row ")).unwrap()
    };
    assert_eq!((first_row(&given), first_row(&turned)), ("row 0".to_owned(), "row 1".to_owned()));
    // The first cell drawn is the upper one: dark red for +1, dark blue for −1.
    assert!(given.find("#67001F").unwrap() < given.find("#053061").unwrap());
    assert!(turned.find("#053061").unwrap() < turned.find("#67001F").unwrap());
}

#[test]
fn courses_and_histograms_refuse_what_is_not_finite() {
    let clock = Clock::new(2.0, &[3]).unwrap();
    let error = courses(&[("found", vec![0.0, f32::NAN, 1.0])], &clock, "t", "z").unwrap_err();
    assert!(error.problem().contains("`found`") && error.problem().contains("volume 1"), "{error}");
    assert_eq!(courses(&[], &clock, "t", "z").unwrap_err().kind(), ErrorKind::Value);
    assert!(
        histogram(&[0.0, f32::NAN], "t", "r", Histogram::default()).unwrap_err().problem().contains("value 1 of 2")
    );
    assert!(histogram(&[], "t", "r", Histogram::default()).is_err());
    assert!(histogram(&[1.0], "t", "r", Histogram::default().bins(0)).is_err());
}

#[test]
fn a_png_of_text_has_ink_where_the_title_stands() {
    let figure = a_bar_figure();
    let png = image::load_from_memory(&figure.png().unwrap()).unwrap().to_luma8();
    let dark =
        (0..png.width()).flat_map(|x| (0..60).map(move |y| (x, y))).filter(|(x, y)| png.get_pixel(*x, *y)[0] < 90);
    assert!(dark.count() > 500, "the shipped font was not found");
}
