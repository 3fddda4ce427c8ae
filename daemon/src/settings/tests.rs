use super::*;

fn load_text(text: &str, variables: &[(&str, &str)], flags: &[&str]) -> Result<Loaded, Faults> {
    load(&Sources {
        file: "bridge.toml".to_owned(),
        text: text.to_owned(),
        variables: variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
    })
}

const FIRST: &str = r#"
[store]
key = "file:store.key"

[accounts.casts]
network = "farcaster"
endpoints = ["grpc://127.0.0.1:3383"]
fid = 5
signer = "file:signer.key"

[[links]]
name = "books"
legs = ["casts:channel/books", "casts:thread/0x0123456789012345678901234567890123456789"]
"#;

#[test]
fn ten_lines_are_a_bridge() {
    let loaded = load_text(FIRST, &[], &[]).unwrap();
    assert_eq!(loaded.settings.links().len(), 1);
    assert_eq!(loaded.notes, Vec::<String>::new());
}

#[test]
fn a_variable_beats_the_file_and_a_flag_beats_both() {
    let variables = [("BRIDGE_STORE__PATH", "from-variable"), ("PATH", "/bin")];
    let loaded = load_text(FIRST, &variables, &[]).unwrap();
    assert_eq!(loaded.settings.store.path.to_str(), Some("from-variable"));
    let loaded = load_text(FIRST, &variables, &["store.path=42"]).unwrap();
    assert_eq!(loaded.settings.store.path.to_str(), Some("42"));
}

#[test]
fn a_variable_or_flag_that_is_nested_beyond_all_bounds_is_a_fault() {
    let deep = "[".repeat(100_000);
    let faults = load_text(FIRST, &[("BRIDGE_LIMITS__SEAL_BATCH", &deep)], &[]).unwrap_err();
    assert_eq!(faults.0.len(), 1, "{faults}");
    let far = format!("{}=1", ["a"; 100_000].join("."));
    let faults = load_text(FIRST, &[], &[&far]).unwrap_err();
    assert_eq!(faults.0.len(), 1);
}
