//! What the labels of an atlas mean: the tables in which names and colours come.

use crate::error::{Error, Result};
use crate::stimulus::{Separated, separated_rows};
use std::path::{Path, PathBuf};

/// Colours for atlases that bring none: well apart; see [`colour`].
const COLOURS: [[u8; 3]; 8] = [
    [31, 119, 180],
    [255, 127, 14],
    [44, 160, 44],
    [214, 39, 40],
    [148, 103, 189],
    [140, 86, 75],
    [227, 119, 194],
    [23, 190, 207],
];

/// Headings under which the label's number stands, the likeliest first.
const INDEX: [&str; 10] =
    ["index", "roi label", "id", "value", "key", "label id", "labelid", "number", "component", "label"];
/// Headings under which the name stands.
const NAME: [&str; 10] =
    ["name", "roi name", "label name", "labelname", "difumo names", "region", "roi", "structure", "labels", "label"];
/// What a table may call the label 0.
const BACKGROUND: [&str; 7] = ["background", "unknown", "none", "???", "clear", "outside", ""];

/// One entry for each network, in the table's order.
pub(in crate::brain) struct Legend {
    pub(super) path: PathBuf,
    /// The labels' numbers; `None` where the table is a plain list of names.
    pub(super) indices: Option<Vec<i64>>,
    pub(in crate::brain) names: Vec<String>,
    pub(in crate::brain) colours: Vec<[u8; 3]>,
}

impl Legend {
    pub(in crate::brain) fn read(path: &Path) -> Result<Legend> {
        Legend::parse(&text_of(path)?, path)
    }

    /// The names of an image's volumes, which may be counted from 0.
    pub(in crate::brain) fn read_volumes(path: &Path) -> Result<Legend> {
        Ok(Legend { indices: None, ..Legend::rows(&text_of(path)?, path)? })
    }

    /// A table with a heading (tabs, commas or semicolons between cells), a colour table without one (number, name, red,
    /// green, blue, as FreeSurfer and FSLeyes write them), or a list with a name a line.
    pub(in crate::brain) fn parse(text: &str, path: &Path) -> Result<Legend> {
        Legend::rows(text, path)?.without_background()?.checked()
    }

    fn rows(text: &str, path: &Path) -> Result<Legend> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('<') {
            return Err(Error::format(
                path,
                "this is XML, and a table of labels is text in columns",
                "write its labels as `index,name`, a label a line; in FSL's XML the image's label is the index there plus 1",
            ));
        }
        let lines: String =
            text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(|line| [line, "\n"]).collect();
        let first = lines.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let separator = ['\t', ',', ';'].into_iter().find(|separator| first.contains(*separator));
        let rows = match separator {
            Some(separator) => separated_rows(path, &lines, separator)?,
            None => by_spaces(&lines),
        };
        let Some((heading, body)) = rows.split_first() else {
            return Err(Error::format(path, "the table is empty", "fetch or make it again"));
        };
        match () {
            _ if number(heading.fields.first()).is_some() && heading.fields.len() > 1 => colour_table(path, &rows),
            _ if separator.is_none() && heading_place(heading, &NAME).is_none() => Ok(name_list(path, &lines)),
            _ => with_heading(path, heading, body),
        }
    }

    /// Rows of the label 0 go, if they say that it is the background.
    fn without_background(mut self) -> Result<Legend> {
        let Some(indices) = &self.indices else { return Ok(self) };
        if let Some(row) = indices.iter().position(|index| *index == 0) {
            if !BACKGROUND.contains(&self.names[row].to_lowercase().as_str()) {
                return Err(Error::format(
                    &self.path,
                    format!("the label 0 is called {}, and 0 is no network", self.names[row]),
                    "count from 1 in image and table; FSL's tables begin with 0 where the image begins with 1",
                ));
            }
            self.names.remove(row);
            self.colours.remove(row);
            self.indices.as_mut().map(|indices| indices.remove(row));
        }
        Ok(self)
    }

    fn checked(self) -> Result<Legend> {
        let advice = "give each network an index from 1 and a name of its own";
        if self.names.is_empty() {
            return Err(Error::format(&self.path, "the table names no network", advice));
        }
        for (row, name) in self.names.iter().enumerate() {
            let index = self.indices.as_ref().map(|indices| indices[row]);
            let before = |index: i64| self.indices.as_ref().and_then(|all| all[..row].iter().position(|i| *i == index));
            let problem = match index.and_then(before) {
                Some(first) => {
                    Some(format!("the index {} comes twice: {} and {name}", index.unwrap_or(0), self.names[first]))
                }
                None if self.names[..row].contains(name) => Some(format!("the name {name} comes twice")),
                None => None,
            };
            if let Some(problem) = problem {
                return Err(Error::format(&self.path, problem, advice));
            }
        }
        Ok(self)
    }
}

fn text_of(path: &Path) -> Result<String> {
    let advice = "check the path; relative paths begin where the notebook runs";
    let bytes = std::fs::read(path).map_err(|cause| Error::file("read", path, cause, advice))?;
    String::from_utf8(bytes)
        .map_err(|cause| Error::format(path, "the table is not UTF-8 text", "save it as UTF-8").caused_by(cause))
}

fn number(cell: Option<&String>) -> Option<i64> {
    cell?.trim().parse().ok()
}

fn heading_place(heading: &Separated, known: &[&str]) -> Option<usize> {
    let place =
        |word: &&str| heading.fields.iter().position(|cell| cell.trim().replace('_', " ").eq_ignore_ascii_case(word));
    known.iter().find_map(place)
}

fn by_spaces(text: &str) -> Vec<Separated> {
    let rows = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    rows.map(|(line, text)| Separated { line, fields: text.split_whitespace().map(str::to_owned).collect() }).collect()
}

fn name_list(path: &Path, text: &str) -> Legend {
    let names: Vec<String> = text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Legend { path: path.to_owned(), indices: None, colours: in_turn(names.len()), names }
}

/// The colour of the network at a place, where its atlas brings none: the eight in turn, then the same lighter, then darker, so that 24 differ.
pub(super) fn colour(place: usize) -> [u8; 3] {
    let mixed = |colour: [u8; 3], with: f64, part: f64| {
        colour.map(|c| (f64::from(c) * (1.0 - part) + with * part).round() as u8)
    };
    let plain = COLOURS[place % COLOURS.len()];
    match place / COLOURS.len() % 3 {
        0 => plain,
        1 => mixed(plain, 255.0, 0.5),
        _ => mixed(plain, 0.0, 0.45),
    }
}

fn in_turn(count: usize) -> Vec<[u8; 3]> {
    (0..count).map(colour).collect()
}

fn colour_table(path: &Path, rows: &[Separated]) -> Result<Legend> {
    let mut legend =
        Legend { path: path.to_owned(), indices: Some(Vec::new()), names: Vec::new(), colours: Vec::new() };
    for (place, row) in rows.iter().enumerate() {
        let Some(index) = number(row.fields.first()) else {
            let problem = format!("line {}: `{}` is no label's number", row.line, row.fields[0]);
            return Err(Error::format(path, problem, "each line is: number, name, red, green, blue"));
        };
        let name = row.fields.get(1).map(|name| name.trim().to_owned()).unwrap_or_default();
        let colour = match row.fields.get(2..5) {
            Some(cells) => parts(path, row, &[&cells[0], &cells[1], &cells[2]])?,
            None => colour(place),
        };
        legend.indices.get_or_insert_default().push(index);
        legend.names.push(name);
        legend.colours.push(colour);
    }
    Ok(legend)
}

fn with_heading(path: &Path, heading: &Separated, body: &[Separated]) -> Result<Legend> {
    for row in body {
        if row.fields.len() != heading.fields.len() {
            return Err(Error::format(
                path,
                format!("line {} has {} cells, the header {}", row.line, row.fields.len(), heading.fields.len()),
                "cells are separated as in the header; an empty cell is written n/a",
            ));
        }
    }
    let whole = |place: &usize| body.iter().all(|row| number(row.fields.get(*place)).is_some());
    let index = heading_place(heading, &INDEX);
    // `label` may head the numbers or the names: what stands below decides.
    let index = index.filter(|place| heading.fields[*place].to_lowercase() != "label" || whole(place));
    let names: Vec<&str> = NAME.into_iter().filter(|word| heading_place(heading, &[word]) != index).collect();
    let name = heading_place(heading, &names).filter(|place| Some(*place) != index);
    let Some(name) = name else {
        let known: Vec<String> = heading.fields.iter().map(|cell| cell.trim().to_owned()).collect();
        return Err(Error::unknown(&format!("column of {}", path.display()), "name", &known));
    };
    let indices = match index {
        None => None,
        Some(place) => Some(
            body.iter()
                .map(|row| {
                    number(row.fields.get(place)).ok_or_else(|| {
                        let problem = format!("line {}: the index {} is no whole number", row.line, row.fields[place]);
                        Error::format(path, problem, "labels are whole numbers")
                    })
                })
                .collect::<Result<Vec<i64>>>()?,
        ),
    };
    let names: Vec<String> = body.iter().map(|row| row.fields[name].trim().to_owned()).collect();
    let places = [["r", "red"], ["g", "green"], ["b", "blue"]].map(|words| heading_place(heading, &words));
    let hexadecimal = heading_place(heading, &["color", "colour", "hex"]);
    let colours = match (places, hexadecimal) {
        ([Some(r), Some(g), Some(b)], _) => body
            .iter()
            .map(|row| parts(path, row, &[&row.fields[r], &row.fields[g], &row.fields[b]]))
            .collect::<Result<Vec<[u8; 3]>>>()?,
        // nilearn's tables have #rrggbb; a colour that is said in another way is nobody's loss.
        (_, Some(place)) => (0..).zip(body).map(|(n, row)| hex(&row.fields[place]).unwrap_or(colour(n))).collect(),
        _ => in_turn(names.len()),
    };
    Ok(Legend { path: path.to_owned(), indices, names, colours })
}

fn parts(path: &Path, row: &Separated, cells: &[&String; 3]) -> Result<[u8; 3]> {
    let mut colour = [0; 3];
    for (to, cell) in colour.iter_mut().zip(cells) {
        *to = cell.trim().parse().map_err(|_| {
            let problem = format!("line {}: {cell} is no part of a colour", row.line);
            Error::format(path, problem, "colours are whole numbers from 0 to 255")
        })?;
    }
    Ok(colour)
}

fn hex(cell: &str) -> Option<[u8; 3]> {
    let digits = cell.trim().strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |n: usize| u8::from_str_radix(&digits[2 * n..2 * n + 2], 16).ok();
    Some([part(0)?, part(1)?, part(2)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Legend> {
        Legend::parse(text, Path::new("labels.txt"))
    }

    #[test]
    fn twenty_four_networks_have_colours_of_their_own() {
        let all = in_turn(24);
        for (n, one) in all.iter().enumerate() {
            for other in &all[..n] {
                let apart = one.iter().zip(other).map(|(a, b)| a.abs_diff(*b)).max();
                assert!(apart >= Some(24), "{n}: {one:?} and {other:?}");
            }
        }
        assert_eq!(all[0], COLOURS[0]);
    }

    #[test]
    fn the_common_forms_say_the_same() {
        let forms = [
            "index\tname\tr\tg\tb\n1\tLeft\t255\t0\t0\n4\tRight\t0\t0\t16\n",
            "index,name,color\n0,Background,\n1,Left,#ff0000\n4,Right,#000010\n",
            "Label;Name;Red;Green;Blue\n1;Left;255;0;0\n4;\"Right\";0;0;16\n",
            "# a comment\n1 Left 255 0 0 0\n4 Right 0 0 16 0\n",
            "0\tUnknown\t0\t0\t0\t0\n1\tLeft\t255\t0\t0\t0\n4\tRight\t0\t0\t16\t0\n",
            "index,label,r,g,b\n1,Left,255,0,0\n4,Right,0,0,16\n",
        ];
        for form in forms {
            let legend = parse(form).unwrap();
            assert_eq!(legend.indices, Some(vec![1, 4]), "{form}");
            assert_eq!(legend.names, ["Left", "Right"], "{form}");
            assert_eq!(legend.colours, [[255, 0, 0], [0, 0, 16]], "{form}");
        }
        let centroids = parse("ROI Label,ROI Name,R,A,S\n1,Left,-26,-77,-14\n4,Right,27,95,-4\n").unwrap();
        assert_eq!((centroids.indices, centroids.colours[1]), (Some(vec![1, 4]), COLOURS[1]));
    }

    #[test]
    fn a_list_of_names_has_no_numbers() {
        let legend = parse("Default mode\n\nSalience\n").unwrap();
        assert_eq!((legend.indices, legend.names), (None, vec!["Default mode".to_owned(), "Salience".to_owned()]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("index,name\n1,A\n1,B\n", "the index 1 comes twice: A and B"),
            ("index,name\n1,A\n2,A\n", "the name A comes twice"),
            ("index,name\n1.5,A\n", "1.5 is no whole number"),
            ("index,name\n0,Frontal Pole\n", "label 0 is called Frontal Pole"),
            ("<?xml version=\"1.0\"?><atlas/>", "XML"),
            ("", "empty"),
        ] {
            assert!(parse(text).err().unwrap().problem().contains(part), "{text}");
        }
    }
}
