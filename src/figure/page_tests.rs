//! Themes, sizes, titles, grids, dense layers, right-to-left text and PDF, over the gallery and on small figures.

use super::bitmap::bitmap;
use super::colour::contrast_ratio;
use super::sheet::{Anchor, Ink, Shape, Sheet, Text};
use super::tests::gallery;
use super::*;
use crate::provenance::Traced;
use ndarray::Array2;
use std::io::Read;

fn a_bar_figure() -> Figure {
    bars(&["story", "voice"], &[3.1, -2.4], "Words of the pattern", "z").unwrap()
}

/// A scatter as nothing else draws one: `count` discs between two axes, with a label.
fn scatter(count: usize) -> Figure {
    let mut sheet = Sheet::new(600.0, 500.0);
    sheet.line([60.0, 20.0], [60.0, 440.0], 1.0, sheet::FRAME);
    sheet.line([60.0, 440.0], [580.0, 440.0], 1.0, sheet::FRAME);
    let mut random = made::random(5);
    for n in 0..count {
        let [x, y] = [0, 1].map(|_| made::normal(&mut random));
        let at = [(320.0 + 70.0 * x).clamp(70.0, 570.0), (230.0 + 60.0 * y).clamp(30.0, 430.0)];
        sheet.disc(at, 1.5, axis::PALETTE[n % 3]);
        if n == count / 2 {
            sheet.words([320.0, 14.0], Text::new("half of them", 12.0));
        }
    }
    sheet.words([320.0, 470.0], Text::new("score (r)", 13.0).anchor(Anchor::Middle));
    Figure::new(sheet, "scatter")
}

#[test]
fn every_text_can_be_read_on_what_it_stands_on_in_both_themes() {
    for (name, figure) in gallery() {
        for theme in [Theme::Light, Theme::Dark] {
            for (n, shape) in figure.shapes().iter().enumerate() {
                if let Shape::Words { text, .. } = shape {
                    let ground = ground::ground(figure.shapes(), n);
                    let ratio = contrast_ratio(theme.text(text.colour, ground), theme.colour(ground));
                    assert!(ratio >= 4.5, "{name}, {theme:?}: `{}` has {ratio:.1} on {ground:?}", text.text);
                }
            }
        }
    }
}

#[test]
fn a_coloured_label_is_darker_on_white_and_lighter_on_black_and_keeps_its_hue() {
    let own = Ink::Own(axis::PALETTE[3]);
    let (light, dark) = (Theme::Light.text(own, Ink::Paper), Theme::Dark.text(own, Ink::Paper));
    assert!(light.iter().zip(dark).all(|(l, d)| *l <= d) && light != dark);
    assert!(light[0] > light[1], "still reddish: {light:?}");
    // On a block of its own colour it is black or white.
    let [r, g, b] = Theme::Light.text(own, own);
    assert!(r == g && g == b);
}

#[test]
fn no_figure_takes_more_than_two_megabytes_of_a_notebook() {
    let large = ("scatter", scatter(200_000));
    let wide = ("wide", a_bar_figure().width_px(12_000));
    for (name, figure) in gallery().into_iter().chain([large, wide]) {
        let forms = figure.forms().unwrap();
        let bytes =
            |(mime, bytes): &(&str, Vec<u8>)| if mime.ends_with("png") { bytes.len() * 4 / 3 } else { bytes.len() };
        let total: usize = forms.iter().map(bytes).sum();
        assert!(total <= 2_000_000, "{name}: {total}");
        assert_eq!(forms[0].0, "image/png");
    }
}

#[test]
fn many_points_become_a_picture_and_axes_and_text_stay_lines_and_text() {
    let figure = scatter(200_000);
    let svg = figure.svg().unwrap();
    assert!(svg.len() < 1_500_000, "{}", svg.len());
    assert_eq!((svg.matches("<image").count(), svg.matches("<circle").count()), (1, 0));
    assert_eq!((svg.matches("<line").count(), svg.matches("<text").count()), (2, 2));
    let pdf = figure.pdf().unwrap();
    assert!(pdf.len() < 1_500_000 && find(&pdf, b"/SMask").is_some(), "{}", pdf.len());
    // Few points stay points.
    assert_eq!(scatter(2_000).svg().unwrap().matches("<circle").count(), 2_000);
}

#[test]
fn a_picture_of_many_points_looks_as_the_points_do() {
    for theme in [Theme::Light, Theme::Dark] {
        let figure = scatter(25_000).theme(theme);
        let mut sheet = Sheet::new(600.0, 500.0);
        sheet.shapes = figure.shapes().to_vec();
        let thin = dense::thinned(&sheet, theme, 2.0).unwrap();
        assert!(thin.has_picture() && thin.shapes.len() < 10);
        let (points, picture) = (bitmap(&sheet, theme, 2.0).unwrap(), bitmap(&thin, theme, 2.0).unwrap());
        let far = points.data.iter().zip(&picture.data).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(far <= 3, "{theme:?}: {far}");
    }
}

#[test]
fn courses_between_labels_and_grid_lines_become_pictures_too() {
    let mut sheet = Sheet::new(400.0, 600.0);
    for row in 0..50 {
        let y = 10.0 + 11.0 * f64::from(row);
        sheet.line([50.0, y], [390.0, y], 0.5, sheet::GRID);
        sheet.words([4.0, y + 4.0], Text::new(format!("row {row}"), 9.0));
        sheet.path((0..450).map(|n| [50.0 + 0.75 * f64::from(n), y + f64::from(n % 7)]).collect(), 1.0, [0, 0, 200]);
    }
    let thin = dense::thinned(&sheet, Theme::Light, 2.0).unwrap();
    let words = thin.shapes.iter().filter(|s| matches!(s, Shape::Words { .. })).count();
    assert!(thin.has_picture() && words == 50);
    assert!(!thin.shapes.iter().any(|s| matches!(s, Shape::Line { points, .. } if points.len() > 2)));
}

#[test]
fn a_width_scales_everything_and_dpi_counts_the_pixels_of_an_inch() {
    let figure = a_bar_figure();
    let [w, h] = figure.size();
    let inches = figure.width_inches(3.5);
    assert_eq!(inches.size(), [336, (336.0 * f64::from(h) / f64::from(w)).round() as u32]);
    assert_eq!(figure.width_px(2 * w).size(), [2 * w, 2 * h]);
    assert!(inches.svg().unwrap().contains("width=\"336\""));
    let png = image::load_from_memory(&inches.dpi(300).png().unwrap()).unwrap();
    assert_eq!(png.width(), 1050);
    // Twice as large at half the resolution is the same picture.
    assert_eq!(figure.width_px(2 * w).dpi(96).pixels().unwrap(), figure.pixels().unwrap());
    for wrong in [figure.width_px(0), figure.width_inches(f64::NAN), figure.width_inches(-1.0), figure.dpi(0)] {
        assert!(wrong.png().is_err() && wrong.clone().svg().and(wrong.png().map(|_| String::new())).is_err());
    }
    let error = figure.width_px(20_000).dpi(2400).png().unwrap_err();
    assert!(error.problem().contains("million") && error.advice().contains("dpi"), "{error}");
}

#[test]
fn a_new_title_moves_what_is_below_it_and_an_empty_one_leaves_no_room() {
    let figure = a_bar_figure();
    let texts = |f: &Figure| -> Vec<String> {
        let words = f.shapes().iter().filter_map(|s| match s {
            Shape::Words { text, .. } => Some(text.text.clone()),
            _ => None,
        });
        words.collect()
    };
    let block = |f: &Figure| {
        f.shapes().iter().find_map(|s| match s {
            Shape::Block { corner, .. } => Some(corner[1]),
            _ => None,
        })
    };
    let long = figure
        .titled("What the pattern of the language network answers to, in words, ranked by z, of simulated subject 1");
    let none = figure.titled("");
    let [shift, lift] = [&long, &none].map(|f| block(f).unwrap() - block(&figure).unwrap());
    assert!(shift > 10.0 && lift < -20.0, "{shift} {lift}");
    assert!((f64::from(long.size()[1]) - f64::from(figure.size()[1]) - shift).abs() < 1.0);
    assert!(texts(&long)[0].starts_with("What the pattern") && texts(&none)[0] != "Words of the pattern");
    assert!(long.alt().starts_with("What the pattern") && !none.alt().contains("Words of"), "{}", none.alt());
    // Back again is the same figure, which says that it was given its title.
    let drawn = |figure: &Figure| {
        let svg = figure.svg().unwrap();
        let (before, after) = (svg.split("<metadata").next().unwrap(), svg.rsplit("</metadata>").next().unwrap());
        [before.to_owned(), after.to_owned()]
    };
    assert_eq!(drawn(&none.titled("Words of the pattern")), drawn(&figure));
}

#[test]
fn a_grid_keeps_sizes_and_says_what_it_was_made_of() {
    let (one, two) = (a_bar_figure(), a_bar_figure().width_px(320));
    let three = one.titled("Third");
    let all = grid(&[one.clone(), two.clone(), three], 2).unwrap();
    let [w, h] = one.size();
    assert_eq!(all.size(), [w + 18 + 8 + 320 + 18, 2 * h + 8]);
    let svg = all.svg().unwrap();
    assert!([">a</text>", ">b</text>", ">c</text>", "Third"].iter().all(|said| svg.contains(said)));
    assert!(
        !grid_with(std::slice::from_ref(&one), Grid::default().letters(false))
            .unwrap()
            .svg()
            .unwrap()
            .contains(">a</text>")
    );
    let roles: Vec<String> = all.provenance().inputs().iter().map(|(role, _)| role.clone()).collect();
    assert_eq!(roles, ["figure a", "figure b", "figure c"]);
    let error = grid(&[one.clone(), one.theme(Theme::Dark)], 2).unwrap_err();
    assert!(error.problem().contains("figure a is Light, figure b is Dark"), "{error}");
    assert_eq!(grid(&[one.theme(Theme::Dark)], 1).unwrap().own_theme(), Theme::Dark);
    assert!(grid(&[], 2).is_err() && grid(std::slice::from_ref(&one), 0).is_err());
    assert!(grid(&vec![one.width_px(900); 64], 32).unwrap_err().problem().contains("longest side"));
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

/// The unpacked streams of a PDF.
fn streams(pdf: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = pdf;
    while let Some(from) = find(rest, b"stream\n") {
        let to = from + find(&rest[from..], b"endstream").unwrap();
        let mut bytes = Vec::new();
        flate2::read::ZlibDecoder::new(&rest[from + 7..to]).read_to_end(&mut bytes).unwrap();
        found.push(bytes);
        rest = &rest[to + 9..];
    }
    found
}

#[test]
fn a_pdf_embeds_its_letters_says_what_they_are_and_has_the_figures_size() {
    let figure = bars(&["story", "שפה", "سلام"], &[3.1, 2.4, 1.0], "Words of the pattern", "z").unwrap();
    let pdf = figure.pdf().unwrap();
    assert_eq!(pdf, figure.pdf().unwrap());
    for there in ["/FontFile2", "+DejaVuSans-Bold", "/ToUnicode", "/Identity-H", "(Words of the pattern)", "/Title"] {
        assert!(find(&pdf, there.as_bytes()).is_some(), "{there}");
    }
    assert!(find(&pdf, b"Date").is_none());
    let from = find(&pdf, b"/MediaBox").unwrap();
    let said: String = pdf[from + 9..from + 60].iter().map(|b| char::from(*b)).take_while(|c| *c != ']').collect();
    let sides: Vec<f64> = said.trim_start_matches([' ', '[']).split_whitespace().map(|n| n.parse().unwrap()).collect();
    assert_eq!(sides[2..], figure.exact_size().map(|side| side * 0.75));
    let streams = streams(&pdf);
    // A part of the font is a font: its tables' directory begins with the version of TrueType.
    let fonts: Vec<_> = streams.iter().filter(|s| s.starts_with(&[0, 1, 0, 0])).collect();
    assert!(fonts.len() == 2 && fonts.iter().all(|f| f.len() < 30_000));
    let maps: Vec<String> =
        streams.iter().filter(|s| s.starts_with(b"%!PS")).map(|s| String::from_utf8_lossy(s).into_owned()).collect();
    assert_eq!(maps.len(), 2);
    for letter in "storyשפהס".chars() {
        let there = maps[0].contains(&format!("<{:04X}>", u32::from(letter)));
        assert_eq!(there, letter != 'ס', "{letter}");
    }
    // The ligature is found as the two letters that were typed.
    assert!(maps[0].contains("<06440627>"), "{}", maps[0]);
}

#[test]
fn a_pdfs_pictures_let_the_page_through_as_the_png_does() {
    let mut pixels = sheet::Pixels::new(2, 1);
    pixels.set(0, 0, [200, 10, 20]);
    pixels.data[1] = [0, 0, 255, 128];
    let mut sheet = Sheet::new(40.0, 40.0);
    sheet.picture([0.0, 0.0], [40.0, 40.0], pixels, false);
    let pdf = Figure::new(sheet, "two points").pdf().unwrap();
    let streams = streams(&pdf);
    // One row each, after its filter's number.
    assert!(streams.contains(&vec![2, 200, 10, 20, 0, 0, 255]) && streams.contains(&vec![2, 255, 128]));
    assert!(find(&pdf, b"/SMask").is_some());
}

#[test]
fn hebrew_and_arabic_stand_as_libraqm_sets_them() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/figure/right_to_left.npz");
    let mut reference = ndarray_npy::NpzReader::new(std::fs::File::open(path).unwrap()).unwrap();
    for (name, word) in [
        ("hebrew", "שפה ומוח"),
        ("hebrew_number", "רשת 17 (r)"),
        ("arabic", "شبكة اللغة"),
        ("arabic_ligature", "سلام"),
        ("persian", "گفتار"),
        ("latin_first", "Network שפה"),
    ] {
        let theirs: Array2<u8> = reference.by_name(&format!("{name}.npy")).unwrap();
        let theirs = theirs.mapv(|v| f32::from(v) / 255.0);
        let mut sheet = Sheet::new(250.0, 60.0);
        sheet.words([20.0, 40.0], Text::new(word, 20.0).colour([0, 0, 0]));
        let page = bitmap(&sheet, Theme::Light, 2.0).unwrap();
        let ink = Array2::from_shape_fn((page.rows, page.columns), |(r, c)| {
            1.0 - f32::from(page.data[3 * (r * page.columns + c)]) / 255.0
        });
        let inked = |lane: ndarray::ArrayView1<f32>| lane.iter().any(|v| *v > 0.16);
        let (top, left) =
            (ink.rows().into_iter().position(inked).unwrap(), ink.columns().into_iter().position(inked).unwrap());
        let right = ink.columns().into_iter().rposition(inked).unwrap();
        assert!((right + 1 - left).abs_diff(theirs.ncols()) <= 3, "{name}: {} {}", right + 1 - left, theirs.ncols());
        // The share of their ink on which ours lies, at best within two pixels; mirrored words would share half of it.
        let share = |dr: usize, dc: usize| {
            let at =
                |(r, c): (usize, usize)| ink.get([(top + r + dr).wrapping_sub(2), (left + c + dc).wrapping_sub(2)]);
            let both: f32 = theirs.indexed_iter().map(|(place, v)| v.min(at(place).copied().unwrap_or(0.0))).sum();
            both / theirs.sum()
        };
        let best = (0..25).map(|n| share(n / 5, n % 5)).fold(0.0, f32::max);
        assert!(best > 0.75, "{name}: {best}");
    }
}

#[test]
fn svg_keeps_a_text_as_it_was_typed_and_says_that_it_runs_from_right_to_left() {
    let mut sheet = Sheet::new(200.0, 60.0);
    sheet.words([20.0, 40.0], Text::new("שפה ומוח", 20.0));
    sheet.words([20.0, 20.0], Text::new("言語", 20.0));
    let figure = Figure::new(sheet, "two words");
    let svg = figure.svg().unwrap();
    // It starts at its right end, and ends where the text is anchored.
    assert!(
        svg.contains(">שפה ומוח</text>") && svg.contains("text-anchor=\"end\"") && svg.contains("direction=\"rtl\"")
    );
    assert!(svg.contains("textLength=\"400\"") && figure.alt().contains("boxes"));
}
