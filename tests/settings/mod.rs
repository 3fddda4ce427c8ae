//! The collection of settings files: each malformed one has beside it what is said about it, each
//! good one what is noted. `UPDATE_EXPECT=1 cargo test` writes these reports anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use threadbridge::settings::schema::{all_keys, schema};
use threadbridge::settings::{Loaded, Sources, fault::Faults, load};
use toml::de::{DeTable, DeValue};

fn collection(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/settings").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

/// Lines `# env: NAME=VALUE` and `# set: KEY=VALUE` at the top of a file are its surroundings.
fn load_file(path: &Path) -> Result<Loaded, Faults> {
    let text = fs::read_to_string(path).unwrap();
    let lines = |mark: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix(mark)).map(str::to_owned).collect()
    };
    let variables = lines("# env: ")
        .iter()
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let flags = lines("# set: ");
    load(&Sources { file: "bridge.toml".to_owned(), text, variables, flags })
}

#[test]
fn every_malformed_file_gets_all_its_faults_at_once() {
    let files = collection("malformed");
    assert!(files.len() >= 40, "{} malformed files", files.len());
    for path in files {
        let faults = load_file(&path).unwrap_err();
        assert!(!faults.0.is_empty(), "{}", path.display());
        for fault in &faults.0 {
            assert!(fault.expected.is_some() || fault.nearest.is_some(), "{path:?}: {fault}");
        }
        let report = format!("{faults}\n");
        assert!(!report.contains("hunter2"), "{} shows a secret", path.display());
        expect_file![path.with_extension("txt")].assert_eq(&report);
    }
}

#[test]
fn every_good_file_loads() {
    for path in collection("good") {
        let loaded = load_file(&path).unwrap_or_else(|faults| panic!("{path:?}: {faults}"));
        let notes: String = loaded.notes.iter().map(|note| format!("{note}\n")).collect();
        expect_file![path.with_extension("txt")].assert_eq(&notes);
    }
}

#[test]
fn the_example_shows_every_setting_and_is_sound() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bridge.toml");
    let loaded = load_file(&path).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(loaded.notes, Vec::<String>::new());
    let text = fs::read_to_string(path).unwrap();
    let mut shown = BTreeSet::new();
    keys_of(DeTable::parse(&text).unwrap().get_ref(), "", &mut shown);
    let known: BTreeSet<String> = all_keys(&schema()).into_iter().collect();
    let missing: Vec<&String> = known.difference(&shown).collect();
    assert!(missing.is_empty(), "bridge.toml does not show {missing:?}");
}

/// The keys of a file, written as those of the schema are: accounts have names of their own.
fn keys_of(table: &DeTable<'_>, path: &str, keys: &mut BTreeSet<String>) {
    for (key, value) in table.iter() {
        let name = if path == "accounts" { "*" } else { key.get_ref().as_ref() };
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        keys.insert(path.clone());
        if let DeValue::Table(table) = value.get_ref() {
            keys_of(table, &path, keys);
        }
        if let DeValue::Array(items) = value.get_ref() {
            for item in items.iter() {
                if let DeValue::Table(table) = item.get_ref() {
                    keys_of(table, &format!("{path}.[]"), keys);
                }
            }
        }
    }
}
