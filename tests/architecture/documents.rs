//! What the documents say is so: names exist, links lead somewhere, commands are understood.

use std::collections::BTreeSet;

use clap::{CommandFactory, Parser};
use threadbridge::cli::Cli;
use threadbridge::settings::{Sources, load};

use super::repository::{File, files, read, root, sources};

fn documents() -> Vec<File> {
    let documents: Vec<_> = files().into_iter().filter(|it| it.path.ends_with(".md")).collect();
    assert!(documents.len() > 8);
    documents
}

/// The blocks of a document that are marked as `language`.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(after) => {
                is_inside = !is_inside && after == language;
                blocks.extend(is_inside.then(String::new));
            }
            None if is_inside => {
                if let Some(block) = blocks.last_mut() {
                    block.push_str(line);
                    block.push('\n');
                }
            }
            None => {}
        }
    }
    blocks
}

/// The document without its blocks.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// What stands between backticks in the prose.
fn quoted(text: &str) -> Vec<String> {
    prose(text).split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The files that the links of a document lead to.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://"))
        .filter_map(|target| target.split('#').next())
        .filter(|target| !target.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn documents_are_read_by_blocks_quotes_and_links() {
    let text = "a `b` [c](d.md#e) [f](https://g)\n```sh\nh `i`\n```\n`j`\n```toml\nk = 1\n```\n";
    assert_eq!(blocks(text, "sh"), ["h `i`\n"]);
    assert_eq!(blocks(text, "toml"), ["k = 1\n"]);
    assert_eq!(quoted(text), ["b", "j"]);
    assert_eq!(links(text), ["d.md"]);
}

#[test]
fn links_lead_somewhere() {
    for File { path, text } in documents() {
        let folder = root().join(&path).parent().unwrap().to_path_buf();
        for link in links(&text) {
            assert!(folder.join(&link).exists(), "{path}: nothing is at {link}");
        }
    }
}

#[test]
fn files_that_documents_name_exist() {
    let tops: BTreeSet<String> = files()
        .into_iter()
        .filter_map(|it| it.path.split_once('/').map(|(top, _)| top.to_owned()))
        .collect();
    let mut named = 0;
    for File { path, text } in documents() {
        for name in quoted(&text) {
            let is_path = name.split_once('/').is_some_and(|(top, _)| tops.contains(top));
            if is_path && !name.contains(['*', '<', ' ', ':']) {
                assert!(root().join(&name).exists(), "{path}: `{name}` does not exist");
                named += 1;
            }
        }
    }
    assert!(named > 10);
}

/// Whether a quoted word is meant as the name of a test.
fn is_test_name(name: &str) -> bool {
    let is_word = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
    name.chars().all(is_word) && name.split('_').count() > 3
}

fn is_type_name(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_uppercase())
        && name.contains(|it: char| it.is_ascii_lowercase())
        && name.chars().all(|it| it.is_ascii_alphanumeric())
}

#[test]
fn tests_and_types_that_the_architecture_names_exist() {
    assert!(is_test_name("a_status_never_goes_back") && !is_test_name("in_reply_to"));
    assert!(is_type_name("Adapter") && !is_type_name("FORMAT") && !is_type_name("L4"));
    let code: String = sources().iter().flat_map(|it| [it.rust.code.as_str(), "\n"]).collect();
    let names: BTreeSet<&str> = code.split(|it: char| !it.is_alphanumeric() && it != '_').collect();
    let (mut tests, mut types) = (0, 0);
    for name in quoted(&read("ARCHITECTURE.md")) {
        if is_test_name(&name) {
            let is_there = ['(', '<'].iter().any(|it| code.contains(&format!("fn {name}{it}")));
            assert!(is_there, "there is no test `{name}`");
            tests += 1;
        } else if is_type_name(&name) {
            assert!(names.contains(name.as_str()), "there is no `{name}`");
            types += 1;
        }
    }
    assert!(tests > 10 && types > 10);
}

#[test]
fn the_architecture_can_be_read_in_one_sitting() {
    assert!(read("ARCHITECTURE.md").lines().count() <= 150);
}

/// The command lines of `threadbridge` in a block of shell, `cargo run` or not.
fn command_lines(block: &str) -> Vec<Vec<String>> {
    const THROUGH_CARGO: &str = "cargo run --release -p threadbridge -- ";
    block
        .lines()
        .filter_map(|line| line.strip_prefix("threadbridge ").or(line.strip_prefix(THROUGH_CARGO)))
        .map(|line| line.split_once(" #").map_or(line, |(line, _)| line))
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect()
}

#[test]
fn every_command_line_in_a_document_is_understood() {
    assert_eq!(command_lines("threadbridge a b  # c\nls\n"), [["a", "b"]]);
    let mut tried = 0;
    for File { path, text } in documents() {
        for line in blocks(&text, "sh").iter().flat_map(|block| command_lines(block)) {
            let words = ["threadbridge".to_owned()].into_iter().chain(line.iter().cloned());
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{path}: {error}");
            }
            tried += 1;
        }
    }
    assert!(tried > 0);
}

#[test]
fn the_readme_names_every_command_and_no_other() {
    let named: BTreeSet<String> = blocks(&read("README.md"), "sh")
        .iter()
        .flat_map(|block| command_lines(block))
        .filter_map(|line| line.first().cloned())
        .collect();
    let known: BTreeSet<String> =
        Cli::command().get_subcommands().map(|it| it.get_name().to_owned()).collect();
    assert_eq!(named, known);
}

#[test]
fn settings_in_the_readme_are_a_bridge() {
    let examples = blocks(&read("README.md"), "toml");
    assert!(!examples.is_empty());
    for text in examples {
        let file = "README.md".to_owned();
        let sources = Sources { file, text, variables: Vec::new(), flags: Vec::new() };
        let loaded = load(&sources).unwrap_or_else(|faults| panic!("{faults}"));
        assert!(!loaded.settings.links.is_empty());
        assert_eq!(loaded.notes, Vec::<String>::new());
    }
}

/// Traces of the machine that something was written on.
fn traces(text: &str) -> Vec<String> {
    const FOLDERS: [&str; 5] = ["/work/", "/root/", "/home/", "/Users/", "C:\\Users"];
    const HOSTS: [&str; 4] = [".internal/", ".internal:", ".corp/", ".lan/"];
    let is_path = |line: &str, folder: &str| {
        line.match_indices(folder).any(|(at, _)| {
            let before = line.get(..at).and_then(|it| it.chars().last());
            !before.is_some_and(|it| it.is_alphanumeric() || "._-~}".contains(it))
        })
    };
    let is_trace = |line: &&str| {
        FOLDERS.iter().any(|it| is_path(line, it)) || HOSTS.iter().any(|it| line.contains(it))
    };
    text.lines().filter(is_trace).map(str::to_owned).collect()
}

#[test]
fn nothing_tells_of_the_machine_it_was_written_on() {
    assert_eq!(traces("see /home/ann/notes").len(), 1);
    assert_eq!(traces("\"resolved\": \"http://npm.internal:8080/a\"").len(), 1);
    assert!(traces("src/home/mod.rs and https://a.example/home/b").is_empty());
    let found: Vec<_> = files()
        .into_iter()
        .filter(|it| it.path != "tests/architecture/documents.rs")
        .flat_map(|it| traces(&it.text).into_iter().map(move |line| format!("{}: {line}", it.path)))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn packages_from_npm_come_from_its_registry() {
    let mut locks = 0;
    for File { path, text } in files() {
        if path.ends_with("package-lock.json") {
            for line in text.lines().filter(|line| line.contains("\"resolved\"")) {
                assert!(line.contains("\"https://registry.npmjs.org/"), "{path}: {line}");
            }
            assert!(text.contains("\"integrity\""), "{path} has no digests");
            locks += 1;
        }
    }
    assert!(locks > 0);
}
