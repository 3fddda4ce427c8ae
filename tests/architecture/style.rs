//! How large and how named things are, and what is left out.

use std::collections::{BTreeMap, BTreeSet};

use super::repository::{Source, sources};
use super::rust_text::RustText;

const MAX_LINES: usize = 400;

/// Words that say nothing about the thing they name.
const EMPTY_WORDS: [&str; 15] = [
    "Manager",
    "Service",
    "Handler",
    "Helper",
    "Util",
    "Utils",
    "Common",
    "Misc",
    "Processor",
    "Wrapper",
    "Base",
    "Impl",
    "Data",
    "Info",
    "Engine",
];

/// Empty too, but other crates have traits of that name.
const CONTEXT: &str = "Context";

/// Names in which such a word is the term of a network's specification or of a library's trait.
const TERMS: [&str; 4] = ["ConnectInfo", "HubService", "MessageData", "UserData"];

/// Modules named for the kind of things in them and not for what they are about.
const KINDS: [&str; 4] = ["types", "traits", "constants", "errors"];

/// Code lines for each comment, at least, over a whole crate.
const LINES_PER_COMMENT: usize = 25;

fn offenders(rule: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    let sources = sources();
    assert!(sources.len() > 100);
    sources
        .iter()
        .flat_map(|source| {
            rule(source).into_iter().map(move |what| format!("{}: {what}", source.path))
        })
        .collect()
}

fn too_long(rust: &RustText) -> Option<String> {
    let lines = rust.shipped_lines;
    (lines > MAX_LINES).then(|| format!("{lines} lines; find the second idea and name it"))
}

#[test]
fn no_file_is_longer_than_can_be_read_in_one_go() {
    let long = format!("fn a() {{}}\n{}", "fn b() {}\n".repeat(MAX_LINES));
    assert!(too_long(&RustText::read(&long)).is_some());
    let tested = format!("fn a() {{}}\n#[cfg(test)]\nmod b {{{}}}", "\n".repeat(MAX_LINES));
    assert!(too_long(&RustText::read(&tested)).is_none());
    let found = offenders(|source| match source.is_test {
        true => Vec::new(),
        false => too_long(&source.rust).into_iter().collect(),
    });
    assert!(found.is_empty(), "{found:#?}");
}

/// The names that a file gives to types and modules.
fn named(rust: &RustText) -> Vec<String> {
    const BEFORE: [&str; 6] = ["struct", "enum", "trait", "union", "type", "mod"];
    let is_name = |it: &char| it.is_alphanumeric() || *it == '_';
    let words: Vec<&str> = rust.code.split_whitespace().collect();
    words
        .windows(2)
        .filter_map(|pair| match pair {
            [before, name] if BEFORE.contains(before) => Some(name.chars().take_while(is_name)),
            _ => None,
        })
        .map(Iterator::collect)
        .collect()
}

/// The words of a name in either case: `FooBar` and `foo_bar` both have `Foo` and `Bar`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut begins = true;
    for it in name.chars() {
        if it == '_' {
            begins = true;
        } else if begins || it.is_uppercase() {
            words.push(it.to_uppercase().collect());
            begins = false;
        } else if let Some(word) = words.last_mut() {
            word.push(it);
        }
    }
    words
}

fn empty_name(name: &str) -> Option<String> {
    let is_empty = |word: &String| EMPTY_WORDS.contains(&word.as_str()) || word == CONTEXT;
    let own = TERMS.iter().fold(words(name).concat(), |name, term| name.replace(term, ""));
    let word = words(&own).into_iter().find(is_empty)?;
    Some(format!("`{name}`: «{word}» says nothing; if no better name comes, it is two things"))
}

#[test]
fn names_are_words_of_the_trade() {
    assert!(empty_name("OutboxManager").is_some() && empty_name("http_util").is_some());
    assert!(empty_name("DataMessage").is_some() && empty_name("JsonUserData").is_none());
    assert!(empty_name("Database").is_none() && empty_name("Implicit").is_none());
    let rust = RustText::read("mod a;\npub struct B<T>(T);\nenum C{}\n// struct D\ntype E = F;");
    assert_eq!(named(&rust), ["a", "B", "C", "E"]);
    let found = offenders(|source| {
        let files = source.path.trim_end_matches(".rs").split('/').map(str::to_owned);
        let mut found: Vec<_> =
            files.chain(named(&source.rust)).filter_map(|name| empty_name(&name)).collect();
        let stem = source.path.trim_end_matches(".rs").rsplit('/').next().unwrap_or_default();
        if KINDS.contains(&stem) {
            found.push("name it for what it is about".to_owned());
        }
        found
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_index_says_what_it_is_an_index_of() {
    let mut indexes = 0;
    for source in sources() {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        if ["mod.rs", "lib.rs", "main.rs", "build.rs"].contains(&name) {
            let text = super::repository::read(&source.path);
            let first = text.lines().next().unwrap_or_default();
            assert!(first.starts_with("//! "), "{} does not begin with `//!`", source.path);
            indexes += 1;
        }
    }
    assert!(indexes > 20);
}

/// Modules of the template that not all need: its network, the protocol of its network, and names of
/// conversations of two.
const OF_THE_TEMPLATE: [&str; 4] = ["direct", "network", "ratchet", "tests"];

/// The modules of an adapter, each with its files.
fn modules_of(adapter: &str, paths: &[&str]) -> BTreeSet<String> {
    let folder = format!("{adapter}/src/");
    paths
        .iter()
        .filter_map(|path| path.strip_prefix(folder.as_str())?.split(['/', '.']).next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn adapters_have_the_files_of_the_template() {
    let paths = ["adapters/a/src/open/mod.rs", "adapters/a/src/lib.rs", "adapters/b/src/seal.rs"];
    let expected = ["lib", "open"].map(str::to_owned);
    assert_eq!(modules_of("adapters/a", &paths), BTreeSet::from(expected));
    let sources = sources();
    let paths: Vec<&str> = sources.iter().map(|it| it.path.as_str()).collect();
    let mut template = modules_of("adapters/loopback", &paths);
    template.retain(|it| !OF_THE_TEMPLATE.contains(&it.as_str()));
    assert!(template.len() >= 10, "{template:?}");
    let homes: BTreeSet<&str> =
        sources.iter().map(Source::home).filter(|it| it.starts_with("adapters/")).collect();
    for adapter in homes {
        let modules = modules_of(adapter, &paths);
        if !modules.is_empty() {
            let missing: Vec<_> = template.difference(&modules).collect();
            assert!(missing.is_empty(), "{adapter} lacks {missing:?}");
        }
    }
}

/// What was left for later, or switched off.
fn leftovers(rust: &RustText) -> Vec<String> {
    const CODE: [&str; 8] = [
        "todo!",
        "unimplemented!",
        "dbg!",
        "#[ignore",
        "#[allow(",
        "#![allow(",
        "allow(warnings",
        "#[should_panic]",
    ];
    const COMMENTS: [&str; 8] =
        ["FIXME", "TODO", "XXX", "HACK", "for simplicity", "as requested", "for now", "in a real"];
    let code = rust.code.split_whitespace().collect::<String>();
    let in_code = CODE.into_iter().filter(|it| code.contains(it)).map(str::to_owned);
    let in_comments = rust.comments.iter().filter_map(|(line, comment)| {
        let word = COMMENTS.into_iter().find(|it| comment.contains(it))?;
        Some(format!("line {line}: «{word}»"))
    });
    in_code.chain(in_comments).collect()
}

#[test]
fn nothing_is_left_for_later_and_no_rule_is_switched_off() {
    let text =
        "#[ignore]\n#[allow(dead_code)]\nfn a() { todo!() } // FIXME: b.\n/// TODO.\n\"dbg!\"";
    assert_eq!(leftovers(&RustText::read(text)).len(), 4);
    let found = offenders(|source| leftovers(&source.rust));
    assert!(found.is_empty(), "{found:#?}");
}

/// Lines of code and comments in all files of a crate.
#[derive(Default)]
struct Share {
    lines: usize,
    comments: usize,
}

impl Share {
    fn add(&mut self, rust: &RustText) {
        self.lines += rust.code.lines().filter(|it| !it.trim().is_empty()).count();
        self.comments += rust.comments.len();
    }

    fn is_too_large(&self) -> bool {
        self.comments * LINES_PER_COMMENT > self.lines
    }
}

#[test]
fn comments_are_for_what_code_cannot_say() {
    let mut share = Share::default();
    share.add(&RustText::read("// A.\nfn b() {\n    c();\n}\n"));
    assert!(share.is_too_large());
    let mut crates: BTreeMap<String, Share> = BTreeMap::new();
    for source in sources() {
        crates.entry(source.home().to_owned()).or_default().add(&source.rust);
    }
    assert!(crates.len() >= 6);
    let talkative: Vec<String> = crates
        .into_iter()
        .filter(|(_, share)| share.lines > 500 && share.is_too_large())
        .map(|(home, it)| format!("{home}: {} comments in {} lines", it.comments, it.lines))
        .collect();
    assert!(talkative.is_empty(), "{talkative:#?}");
}

/// The names of the tests in a file.
fn tests_of(rust: &RustText) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for piece in rust.code.split("#[").skip(1) {
        is_test |= piece.starts_with("test]") || piece.starts_with("tokio::test");
        if is_test && let Some((_, name)) = piece.split_once("fn ") {
            names.extend(name.split(['(', '<']).next());
            is_test = false;
        }
    }
    names
}

/// A name that says that it is a test, and not what it shows.
fn is_idle(name: &str) -> bool {
    name.starts_with("test_") || name.ends_with("_test") || name.ends_with("_works")
}

#[test]
fn the_names_of_tests_say_what_is_so() {
    let text = "#[test]\nfn a() {}\n#[tokio::test(b)]\n#[c]\nasync fn d() {}\n#[e]\nfn f() {}";
    assert_eq!(tests_of(&RustText::read(text)), ["a", "d"]);
    assert!(is_idle("test_the_outbox") && is_idle("it_works"));
    assert!(!is_idle("a_repeated_envelope_is_delivered_once"));
    let found = offenders(|source| {
        let names = tests_of(&source.rust).into_iter().filter(|name| is_idle(name));
        names.map(str::to_owned).collect()
    });
    assert!(found.is_empty(), "{found:#?}");
}
