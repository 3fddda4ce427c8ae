//! `bridge.toml`, variables and flags.

use std::fs;
use std::path::Path;

use threadbridge::settings::{Sources, load};

use crate::Target;

/// Any text gives settings, or at least one fault, and every fault prints.
pub const TARGET: Target = Target { name: "settings", run, seeds, rounds: 1_500 };

fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    // The first lines stand for what comes from elsewhere, too.
    let mut lines = text.lines().map(str::to_owned);
    let flags = lines.next().into_iter().collect();
    let variables = lines.next().map(|line| ("BRIDGE_LIMITS__SEAL_BATCH".to_owned(), line));
    let sources = [
        Sources { text: text.clone(), file: "bridge.toml".to_owned(), ..Sources::default() },
        Sources { text, flags, variables: variables.into_iter().collect(), ..Sources::default() },
    ];
    for sources in &sources {
        match load(sources) {
            Ok(loaded) => assert!(loaded.settings.links().len() <= sources.text.len()),
            Err(faults) => {
                assert!(!faults.0.is_empty());
                assert!(!faults.to_string().is_empty());
            }
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = vec![root.join("bridge.toml")];
    for folder in ["tests/settings/good", "tests/settings/malformed"] {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    files.sort();
    files.iter().map(|path| fs::read(path).unwrap()).collect()
}
