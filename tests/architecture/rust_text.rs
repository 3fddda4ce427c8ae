//! Rust as text: code, comments and literals told apart, without a compiler.

/// A Rust file, taken apart.
pub(super) struct RustText {
    /// The code. Comments and the contents of literals are blank; lines are where they were.
    pub(super) code: String,
    /// The code without what is compiled for tests only.
    pub(super) shipped: String,
    /// The comments, documentation apart, each with its line from 1.
    pub(super) comments: Vec<(usize, String)>,
    /// How many lines are not for tests only.
    pub(super) shipped_lines: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Code,
    Literal,
    Comment,
    Documentation,
}

impl RustText {
    pub(super) fn read(text: &str) -> Self {
        let mut code = String::with_capacity(text.len());
        let mut comments = Vec::new();
        let mut line = 1;
        for (token, kind) in tokens(text) {
            if kind == Kind::Code {
                code.push_str(token);
            } else {
                code.extend(token.chars().map(|it| if it == '\n' { it } else { ' ' }));
            }
            if kind == Kind::Comment {
                comments.push((line, token.to_owned()));
            }
            line += token.matches('\n').count();
        }
        let shipped = without_tests(&code).0;
        let removed = code.lines().count() - shipped.lines().count();
        Self { shipped_lines: text.lines().count() - removed, code, shipped, comments }
    }
}

/// The modules that a file declares for tests only and keeps in other files.
pub(super) fn test_modules(text: &str) -> Vec<String> {
    without_tests(&RustText::read(text).code).1
}

fn tokens(text: &str) -> impl Iterator<Item = (&str, Kind)> {
    let mut rest = text;
    let mut is_in_word = false;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (length, kind) = token(rest, first, is_in_word);
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        is_in_word = kind == Kind::Code && (first.is_alphanumeric() || first == '_');
        rest = after;
        Some((token, kind))
    })
}

/// The length of the first token of `rest`, which is not empty, and what it is.
fn token(rest: &str, first: char, is_in_word: bool) -> (usize, Kind) {
    let to_end_of_line = || rest.find('\n').unwrap_or(rest.len());
    if rest.starts_with("//!") || rest.starts_with("///") && !rest.starts_with("////") {
        (to_end_of_line(), Kind::Documentation)
    } else if rest.starts_with("//") {
        (to_end_of_line(), Kind::Comment)
    } else if rest.starts_with("/*") {
        (block_comment(rest), Kind::Comment)
    } else if let Some(length) = raw_string(rest).filter(|_| !is_in_word) {
        (length, Kind::Literal)
    } else if first == '"' {
        (quoted(rest, '"'), Kind::Literal)
    } else if first == '\'' && is_character(rest) {
        (quoted(rest, '\''), Kind::Literal)
    } else {
        (first.len_utf8(), Kind::Code)
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (at, it) in rest.char_indices() {
        let pair = (previous, it);
        previous = it;
        match pair {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => continue,
        }
        previous = ' ';
        if depth == 0 {
            return at + 1;
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix("br").or(rest.strip_prefix("cr")).or(rest.strip_prefix('r'))?;
    let quoted = body.trim_start_matches('#');
    let fence = "#".repeat(body.len() - quoted.len());
    let content = quoted.strip_prefix('"')?;
    let closing = format!("\"{fence}");
    let end = content.find(&closing).map_or(content.len(), |at| at + closing.len());
    Some(rest.len() - content.len() + end)
}

/// Whether this is a character and not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut next = rest.chars().skip(1);
    next.next() == Some('\\') || next.next() == Some('\'')
}

/// The length of a literal that begins and ends with `quote`.
fn quoted(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, it) in rest.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if it == '\\' {
            is_escaped = true;
        } else if it == quote {
            return at + it.len_utf8();
        }
    }
    rest.len()
}

const FOR_TESTS: &str = "#[cfg(test)]";

/// The code without the items under `#[cfg(test)]`, and the modules among these that are elsewhere.
fn without_tests(code: &str) -> (String, Vec<String>) {
    let mut kept = String::new();
    let mut modules = Vec::new();
    let mut rest = code;
    while let Some((before, item)) = rest.split_once(FOR_TESTS) {
        kept.push_str(before);
        let end = end_of_item(item);
        let (item, after) = item.split_at_checked(end).unwrap_or((item, ""));
        let declared = item.trim().strip_suffix(';').and_then(|it| it.rsplit_once("mod "));
        modules.extend(declared.map(|(_, name)| name.to_owned()));
        rest = after;
    }
    kept.push_str(rest);
    (kept, modules)
}

/// Where an item ends: at its semicolon, or where its braces close.
fn end_of_item(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, it) in code.char_indices() {
        match it {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(it, ';' | '}') {
            return at + 1;
        }
    }
    code.len()
}

#[test]
fn code_is_what_is_neither_comment_nor_literal() {
    let code = |text| RustText::read(text).code.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(code("a /* b /* c */ d */ e // f\n/// g\nh"), "a e h");
    assert_eq!(code(r##"let a = "b \" c" + r#"d " e"# + 'f';"##), "let a = + + ;");
    assert_eq!(code(r"fn f<'a>(c: &'a str) { c == '\'' }"), "fn f<'a>(c: &'a str) { c == }");
    assert_eq!(code("var\"x\" + br\"y\" + '\"' + z"), "var + + + z");
}

#[test]
fn comments_have_their_lines_and_documentation_is_none() {
    let rust =
        RustText::read("//! a\n/// b\nfn c() {} // d.\n\n// e.\nconst F: &str = \"// g\";\n");
    assert_eq!(rust.comments, [(3, "// d.".to_owned()), (5, "// e.".to_owned())]);
}

#[test]
fn what_is_for_tests_only_is_not_shipped() {
    let text = "fn a() {}\n#[cfg(test)]\nmod b {\n    fn c() { \"}\"; }\n}\nfn d() {}\n";
    let rust = RustText::read(text);
    assert_eq!(
        rust.shipped.split_whitespace().collect::<Vec<_>>().join(" "),
        "fn a() {} fn d() {}"
    );
    assert_eq!(rust.shipped_lines, 3);
    let text = "#[cfg(test)]\nmod b;\nfn d() {}\n#[cfg(test)]\nuse e::{f, g};\n";
    assert_eq!(test_modules(text), ["b"]);
    assert!(!RustText::read(text).shipped.contains("use"));
}
