//! Jupyter, and whether it knows this kernel.

use super::{Check, ask};
use serde_json::Value;
use std::path::Path;

const INSTALL: &str = "neurocell install --user";

pub fn examine() -> Vec<Check> {
    // The first line's last word is the version: "jupyter core : 5.8.1" in old releases, "jupyter_core : …" in new ones.
    match ask("jupyter", &["--version"]) {
        None => vec![Check::notice("Jupyter", "not found on PATH", "pip install jupyterlab (run and repl do without)")],
        Some(said) => {
            let core = said.lines().find(|line| line.contains("core")).and_then(|line| line.split_whitespace().last());
            let lab = said.lines().find(|line| line.contains("lab ") || line.contains("jupyterlab"));
            let lab = lab.and_then(|line| line.split_whitespace().last()).filter(|word| *word != "installed");
            let found = match (core, lab) {
                (Some(core), Some(lab)) => format!("jupyter_core {core}, JupyterLab {lab}"),
                (Some(core), None) => format!("jupyter_core {core}, no JupyterLab"),
                _ => "found".to_owned(),
            };
            vec![Check::good("Jupyter", found), kernelspec()]
        }
    }
}

fn kernelspec() -> Check {
    const NAME: &str = "kernelspec";
    let Some(list) = ask("jupyter", &["kernelspec", "list", "--json"]) else {
        return Check::notice(NAME, "`jupyter kernelspec list` fails", "pip install jupyter_client");
    };
    let list: Value = serde_json::from_str(&list).unwrap_or_default();
    let program = std::env::current_exe().unwrap_or_default();
    judge(&list, &program)
}

/// Finds this kernel in Jupyter's list, and whether it starts this very program.
fn judge(list: &Value, program: &Path) -> Check {
    const NAME: &str = "kernelspec";
    let specs = list["kernelspecs"].as_object().into_iter().flatten();
    let ours: Vec<(&str, &str)> = specs
        .filter(|(_, entry)| !entry["spec"]["metadata"]["neurocell"].is_null())
        .filter_map(|(name, entry)| Some((name.as_str(), entry["spec"]["argv"][0].as_str()?)))
        .collect();
    let same = |starts: &str| {
        let starts = Path::new(starts);
        starts == program || starts.canonicalize().ok().is_some_and(|path| Some(path) == program.canonicalize().ok())
    };
    match (ours.iter().find(|(_, starts)| same(starts)), ours.first()) {
        (Some((name, _)), _) => Check::good(NAME, format!("`{name}` starts this program")),
        (None, Some((name, starts))) if !Path::new(starts).is_file() => {
            Check::notice(NAME, format!("`{name}` starts {starts}, which is not there any more"), INSTALL)
        }
        (None, Some((name, starts))) => {
            Check::notice(NAME, format!("`{name}` starts another program, {starts}, and not this one"), INSTALL)
        }
        (None, None) => Check::notice(NAME, "Jupyter does not know this kernel", INSTALL),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;
    use serde_json::json;

    fn list(argv: &str) -> Value {
        json!({ "kernelspecs": {
            "python3": { "spec": { "argv": ["python"], "metadata": {} } },
            "neurocell": { "spec": { "argv": [argv, "jupyter"], "metadata": { "neurocell": { "version": "0" } } } },
        } })
    }

    #[test]
    fn a_kernelspec_of_another_program_is_noticed() {
        let program = std::env::current_exe().unwrap();
        assert_eq!(judge(&list(program.to_str().unwrap()), &program).health, Health::Good);
        let gone = judge(&list("/no/such/neurocell"), &program);
        assert!(gone.health == Health::Notice && gone.found.contains("not there any more"), "{}", gone.found);
        let other = judge(&list("/bin/sh"), &program);
        assert!(other.found.contains("another program, /bin/sh"), "{}", other.found);
        assert!(judge(&json!({}), &program).found.contains("does not know"));
    }
}
