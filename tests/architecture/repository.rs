//! The files of the repository, as they lie on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::rust_text::{self, RustText};

/// What builds and installs leave behind.
const NOT_OURS: [&str; 5] = ["target", "node_modules", ".git", ".venv", "__pycache__"];

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A text file, with its path from the root.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

/// Every file of the repository that is text, in the order of their paths.
pub(super) fn files() -> Vec<File> {
    let mut files = Vec::new();
    walk(&root(), "", &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 100, "only {} files: the repository was not found", files.len());
    files
}

fn walk(folder: &Path, at: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{at}{name}");
        let kind = entry.file_type().unwrap();
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), files);
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            files.push(File { path, text });
        }
    }
}

pub(super) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A Rust file.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) rust: RustText,
    /// Whether all of it is compiled for tests only.
    pub(super) is_test: bool,
}

impl Source {
    /// The crate that it belongs to, by its folder: `core`, `adapters/farcaster`.
    pub(super) fn home(&self) -> &str {
        let end = self.path.find("/src/").or_else(|| self.path.rfind('/')).unwrap_or(0);
        self.path.get(..end).unwrap_or_default()
    }
}

/// Every Rust file.
pub(super) fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(read_sources);
    &SOURCES
}

fn read_sources() -> Vec<Source> {
    let files: Vec<File> = files().into_iter().filter(|it| it.path.ends_with(".rs")).collect();
    let tests: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let folder = folder_of_modules(&file.path);
            rust_text::test_modules(&file.text)
                .into_iter()
                .map(move |name| format!("{folder}{name}"))
        })
        .collect();
    let is_test = |path: &str| {
        let is_part = |module: &String| {
            path.strip_prefix(module.as_str()).is_some_and(|rest| rest.starts_with(['.', '/']))
        };
        let is_outside = path.starts_with("tests/") && !path.starts_with("tests/kit/src/");
        is_outside || path.contains("/tests/") || tests.iter().any(is_part)
    };
    files
        .into_iter()
        .map(|file| Source {
            is_test: is_test(&file.path),
            rust: RustText::read(&file.text),
            path: file.path,
        })
        .collect()
}

/// Where the modules that a file declares are.
fn folder_of_modules(path: &str) -> String {
    let stem = path.trim_end_matches(".rs");
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    match name {
        "mod" | "lib" | "main" => format!("{folder}/"),
        _ => format!("{stem}/"),
    }
}

#[test]
fn modules_lie_beside_an_index_and_under_all_else() {
    assert_eq!(folder_of_modules("core/src/lib.rs"), "core/src/");
    assert_eq!(folder_of_modules("core/src/store/mod.rs"), "core/src/store/");
    assert_eq!(folder_of_modules("core/src/fit.rs"), "core/src/fit/");
}

#[test]
fn modules_for_tests_only_are_told_apart() {
    let sources = sources();
    let is_test = |path: &str| sources.iter().find(|it| it.path == path).map(|it| it.is_test);
    assert_eq!(is_test("core/src/model/content/tests.rs"), Some(true));
    assert_eq!(is_test("core/src/model/content/mod.rs"), Some(false));
    assert_eq!(is_test("tests/architecture/mod.rs"), Some(true));
}
