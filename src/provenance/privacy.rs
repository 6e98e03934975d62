//! What is nobody else's business: names of users, and where on their machine things lie.

use std::path::{Component, Path, PathBuf};

/// What stands in a file's name where the user's name stood.
pub(super) const USER: &str = "USER";

/// A text without the paths of the user's own folder and of the folder in which the program runs.
pub(super) fn private(text: &str) -> String {
    if !text.contains('/') {
        return text.to_owned();
    }
    without(text, std::env::home_dir(), std::env::current_dir().ok())
}

fn without(text: &str, home: Option<PathBuf>, here: Option<PathBuf>) -> String {
    let mut text = text.to_owned();
    for (folder, sign) in [(here, "."), (home, "~")] {
        // The root of all files is nobody's.
        if let Some(folder) = folder.filter(|folder| folder.components().count() > 1) {
            text = text.replace(&*folder.to_string_lossy(), sign);
        }
    }
    text
}

/// The user's names, as the machine has them.
pub(super) fn user_names() -> Vec<String> {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().filter_map(|name| std::env::var(name).ok());
    let folder = std::env::home_dir().and_then(|home| Some(home.file_name()?.to_string_lossy().into_owned()));
    let mut names: Vec<String> = named.chain(folder).filter(|name| name.chars().count() > 1).collect();
    names.sort();
    names.dedup();
    names
}

/// A file's path as it may be told: relative, with `/` between its parts, and without a user's name.
///
/// Where a folder has the user's name, the file's own name is all that is told; there the user's name becomes [`USER`].
pub(super) fn told(relative: &Path, users: &[String]) -> String {
    let own = |part: &str| users.iter().any(|user| user.eq_ignore_ascii_case(part));
    let parts: Vec<String> = relative
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    let (folders, name) = match parts.split_last() {
        Some((name, folders)) => (folders, name.as_str()),
        None => return String::new(),
    };
    let mut words = String::new();
    let mut word = String::new();
    let mut finish = |word: &mut String| {
        words.push_str(if own(word) { USER } else { word });
        word.clear();
    };
    for letter in name.chars() {
        if letter.is_alphanumeric() {
            word.push(letter);
        } else {
            finish(&mut word);
            word.push(letter);
            finish(&mut word);
        }
    }
    finish(&mut word);
    match folders.iter().any(|folder| own(folder)) || folders.is_empty() {
        true => words,
        false => format!("{}/{words}", folders.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_and_no_word_of_a_name_is_the_users() {
        let users = ["alice".to_owned(), "Lee".to_owned()];
        let told = |path: &str| told(Path::new(path), &users);
        assert_eq!(told("data/sub-01/bold.nii.gz"), "data/sub-01/bold.nii.gz");
        assert_eq!(told("home/alice/data/bold.nii.gz"), "bold.nii.gz");
        assert_eq!(told("../lee/maps/alice_map-2.nii"), "USER_map-2.nii");
        assert_eq!(told("maps/malice.csv"), "maps/malice.csv");
        assert_eq!(told("./a/../b.csv"), "a/b.csv");
    }

    #[test]
    fn a_text_tells_no_folder_of_the_users() {
        let text = "map /home/alice/study/map.nii, in /home/alice/other";
        let told = without(text, Some("/home/alice".into()), Some("/home/alice/study".into()));
        assert_eq!(told, "map ./map.nii, in ~/other");
        assert_eq!(without("a / b", Some("/".into()), None), "a / b");
    }
}
