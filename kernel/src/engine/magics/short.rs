//! Names of types without the paths to them.

/// `alloc::vec::Vec<neurocell::brain::map::BrainMap>` → `Vec<BrainMap>`; ndarray's arrays get the names that one writes.
pub fn short(name: &str) -> String {
    arrays(&without_paths(name))
}

fn without_paths(name: &str) -> String {
    let mut text = String::new();
    let mut word = String::new();
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("::") {
            word.clear();
            rest = after;
            continue;
        }
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            text.push_str(&std::mem::take(&mut word));
            text.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    text + &word
}

/// `ArrayBase<OwnedRepr<f32>, Dim<[usize; 2]>>` → `Array2<f32>`.
fn arrays(name: &str) -> String {
    const START: &str = "ArrayBase<OwnedRepr<";
    const MIDDLE: &str = ">, Dim<[usize; ";
    const END: &str = "]>>";
    let Some(start) = name.find(START) else { return name.to_owned() };
    let (before, rest) = (&name[..start], &name[start + START.len()..]);
    let parts = rest.split_once(MIDDLE).and_then(|(element, rest)| Some((element, rest.split_once(END)?)));
    match parts {
        Some((element, (dimensions, after))) if dimensions.chars().all(|c| c.is_ascii_digit()) => {
            format!("{before}Array{dimensions}<{element}>{}", arrays(after))
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn paths_are_left_out_and_everything_else_stays() {
        assert_eq!(short("alloc::vec::Vec<neurocell::brain::map::BrainMap>"), "Vec<BrainMap>");
        assert_eq!(short("&[(usize, core::option::Option<f64>); 3]"), "&[(usize, Option<f64>); 3]");
        assert_eq!(short("&'static str"), "&'static str");
        assert_eq!(short("fn(i32) -> i32"), "fn(i32) -> i32");
    }

    #[test]
    fn arrays_have_the_names_that_one_writes() {
        let array = "ndarray::ArrayBase<ndarray::data_repr::OwnedRepr<f32>, ndarray::dimension::dim::Dim<[usize; 2]>>";
        assert_eq!(short(array), "Array2<f32>");
        assert_eq!(short(&format!("({array}, {array})")), "(Array2<f32>, Array2<f32>)");
        assert_eq!(short("ArrayBase<OwnedRepr<f32>, Dim<IxDynImpl>>"), "ArrayBase<OwnedRepr<f32>, Dim<IxDynImpl>>");
    }
}
