//! The collection of settings files: each malformed one has beside it what is said about it, each
//! good one what is noted. `UPDATE_EXPECT=1 cargo test` writes these reports anew.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use threadbridge::settings::{Loaded, Sources, fault::Faults, load};

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
