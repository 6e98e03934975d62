//! What the environment says of the hub, by the names that the hub's own tools have for it.

use std::path::PathBuf;

pub(super) struct Settings {
    pub(super) endpoint: String,
    /// The token, and where it was found.
    pub(super) token: Option<(String, String)>,
    /// The folder of all models; none where there is no home directory.
    pub(super) cache: Option<PathBuf>,
    pub(super) offline: bool,
}

impl Settings {
    pub(super) fn from_environment() -> Settings {
        Settings::from(|name| std::env::var(name).ok(), std::env::home_dir())
    }

    fn from(variable: impl Fn(&str) -> Option<String>, home: Option<PathBuf>) -> Settings {
        let set = |name: &str| variable(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let folder = |name: &str| set(name).map(PathBuf::from);
        let caches = folder("XDG_CACHE_HOME").or_else(|| Some(home?.join(".cache")));
        let hub_home = folder("HF_HOME").or_else(|| Some(caches?.join("huggingface")));
        let named = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"];
        let token = named.iter().find_map(|name| Some((set(name)?, (*name).to_owned())));
        let token_file = folder("HF_TOKEN_PATH").or_else(|| Some(hub_home.as_ref()?.join("token")));
        let kept = || {
            let file = token_file?;
            let token = std::fs::read_to_string(&file).ok()?.trim().to_owned();
            (!token.is_empty()).then(|| (token, file.display().to_string()))
        };
        let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned());
        Settings {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token: token.or_else(kept),
            cache: folder("HF_HUB_CACHE")
                .or_else(|| folder("HUGGINGFACE_HUB_CACHE"))
                .or_else(|| Some(hub_home?.join("hub"))),
            offline: is_offline(&variable),
        }
    }
}

/// The folder in which the hub's own tools keep all models; none where there is no home directory.
pub(crate) fn hub_cache() -> Option<PathBuf> {
    Settings::from_environment().cache
}

/// Whether the user has asked to stay off the network.
pub(crate) fn offline() -> bool {
    is_offline(&|name| std::env::var(name).ok())
}

fn is_offline(variable: &impl Fn(&str) -> Option<String>) -> bool {
    let no = ["", "0", "false", "no", "off"];
    ["NEUROCELL_OFFLINE", "HF_HUB_OFFLINE"]
        .iter()
        .any(|name| variable(name).is_some_and(|value| !no.contains(&value.trim().to_lowercase().as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Settings::from(find, Some(PathBuf::from("/home/anna")))
    }

    #[test]
    fn files_are_kept_where_the_hubs_own_tools_keep_them() {
        let cache = |variables: &[(&str, &str)]| settings(variables).cache.unwrap().display().to_string();
        assert_eq!(cache(&[]), "/home/anna/.cache/huggingface/hub");
        assert_eq!(cache(&[("XDG_CACHE_HOME", "/c")]), "/c/huggingface/hub");
        assert_eq!(cache(&[("HF_HOME", "/hf"), ("XDG_CACHE_HOME", "/c")]), "/hf/hub");
        assert_eq!(cache(&[("HF_HUB_CACHE", "/big"), ("HF_HOME", "/hf")]), "/big");
        assert!(Settings::from(|_| None, None).cache.is_none());
    }

    #[test]
    fn a_token_of_the_environment_comes_before_the_one_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "hf_file\n").unwrap();
        let token = |variables: &[(&str, &str)]| settings(variables).token;
        assert_eq!(token(&[]), None);
        assert_eq!(token(&[("HF_HOME", home)]), Some(("hf_file".to_owned(), file.display().to_string())));
        assert_eq!(token(&[("HF_TOKEN_PATH", file.to_str().unwrap())]).unwrap().0, "hf_file");
        let old = ("HUGGING_FACE_HUB_TOKEN", "hf_old");
        assert_eq!(token(&[old, ("HF_HOME", home)]), Some(("hf_old".to_owned(), old.0.to_owned())));
        assert_eq!(token(&[("HF_TOKEN", " hf_new "), old]).unwrap(), ("hf_new".to_owned(), "HF_TOKEN".to_owned()));
        assert_eq!(token(&[("HF_TOKEN", ""), old]).unwrap().0, "hf_old");
    }

    #[test]
    fn either_switch_keeps_off_the_network() {
        for (value, offline) in [("1", true), ("yes", true), ("0", false), ("", false), ("Off", false)] {
            assert_eq!(settings(&[("HF_HUB_OFFLINE", value)]).offline, offline, "{value}");
            assert_eq!(settings(&[("NEUROCELL_OFFLINE", value)]).offline, offline, "{value}");
        }
    }
}
