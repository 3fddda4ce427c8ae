//! Apps side by side.

use console::{measure_text_width, style};

use super::room::{Id, Shown};
use super::tally::{EDITED, Mark, unmarked};
use crate::cli::harmless;

/// Longer texts are shown by their beginning and their end.
const LONG_TEXT: usize = 200;
const KEPT_OF_BEGINNING: usize = 96;
const KEPT_OF_END: usize = 48;
const MARGIN: usize = 5;
const BETWEEN: &str = " │ ";

/// What one app shows.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Whose app it is, and where.
    pub(super) title: String,
    /// What it shows, in its order.
    pub(super) shown: Vec<Shown>,
}

/// Who said it and what, whoever's account it stands under.
fn words(shown: &Shown) -> (&str, &str) {
    let told = unmarked(shown.text.strip_prefix(EDITED).unwrap_or(&shown.text)).split_once(": ");
    told.filter(|_| shown.is_copy).unwrap_or((&shown.author, &shown.text))
}

/// The columns, `width` wide together. What several show stands in one row, with the number that
/// `number` gives it.
pub(super) fn side_by_side(
    columns: &[Column],
    number: impl Fn(&Id) -> Option<usize>,
    width: usize,
) -> Vec<String> {
    let gaps = measure_text_width(BETWEEN).saturating_mul(columns.len().saturating_sub(1));
    let room = width.saturating_sub(MARGIN).saturating_sub(gaps) / columns.len().max(1);
    let titles: Vec<_> = columns.iter().map(|it| style(&it.title).bold().to_string()).collect();
    let rule = vec!["─".repeat(room); columns.len()].join("─┼─");
    let mut lines = vec![row("", &titles, room), format!("{}{rule}", " ".repeat(MARGIN))];
    for together in rows(columns) {
        let numbered = together.iter().flatten().find_map(|it| number(&it.id));
        let mut margin = numbered.map(|it| format!("#{it}")).unwrap_or_default();
        let cell = |it: &Option<&Shown>| it.map(|it| cell(it, room)).unwrap_or_default();
        let cells: Vec<Vec<String>> = together.iter().map(cell).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let parts: Vec<_> =
                cells.iter().map(|it| it.get(line).cloned().unwrap_or_default()).collect();
            lines.push(row(&margin, &parts, room));
            margin.clear();
        }
    }
    lines
}

fn row(margin: &str, parts: &[String], room: usize) -> String {
    let padded = |part: &String| {
        format!("{part}{}", " ".repeat(room.saturating_sub(measure_text_width(part))))
    };
    let parts: Vec<_> = parts.iter().map(padded).collect();
    format!("{margin:MARGIN$}{}", parts.join(BETWEEN)).trim_end().to_owned()
}

fn is_same(one: &Shown, other: &Shown) -> bool {
    let ((speaker, said), (named, told)) = (words(one), words(other));
    speaker == named && (said == told || begins(said, told) || begins(told, said))
}

/// Rows of what is the same in several columns. No column's order is changed.
fn rows(columns: &[Column]) -> Vec<Vec<Option<&Shown>>> {
    let mut left: Vec<&[Shown]> = columns.iter().map(|it| it.shown.as_slice()).collect();
    let mut rows = Vec::new();
    loop {
        let heads: Vec<_> = left.iter().filter_map(|it| it.first()).collect();
        // What no column shows further down may come now; if orders differ, anything may.
        let is_next = |it: &&&Shown| {
            left.iter().all(|column| {
                let place = column.iter().position(|other| is_same(it, other));
                place.is_none_or(|place| place == 0)
            })
        };
        let Some(next) = heads.iter().find(is_next).or(heads.first()).copied() else { return rows };
        let mut row = Vec::new();
        for column in &mut left {
            let head = column.first().filter(|head| is_same(next, head));
            if head.is_some() {
                *column = column.get(1..).unwrap_or_default();
            }
            row.push(head);
        }
        rows.push(row);
    }
}

/// Whether `piece` is the first piece of `whole`.
fn begins(piece: &str, whole: &str) -> bool {
    Mark::of(piece).is_some_and(|mark| mark.index == 1 && whole.starts_with(mark.before.trim_end()))
}

fn cell(cast: &Shown, room: usize) -> Vec<String> {
    let branch = match cast.depth {
        0 => String::new(),
        depth => format!("{}└ ", "  ".repeat(depth.saturating_sub(1).min(4))),
    };
    let hanging = measure_text_width(&branch) + measure_text_width(&cast.author) + 2;
    let author = if cast.is_copy { style(&cast.author).dim() } else { style(&cast.author).cyan() };
    let mut text = shortened(&harmless(&cast.text));
    if cast.is_edited {
        text.push_str("  (edited)");
    }
    if cast.likes > 0 {
        text.push_str(&format!("  ♥ {}", cast.likes));
    }
    let lines = wrapped(&text, room.saturating_sub(hanging).max(10));
    let first = format!("{}{author}  ", style(branch).dim());
    let mut before = Some(first);
    lines
        .into_iter()
        .map(|line| before.take().unwrap_or_else(|| " ".repeat(hanging)) + &line)
        .collect()
}

fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= LONG_TEXT {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(KEPT_OF_BEGINNING).collect();
    let end: String = text.chars().skip(count.saturating_sub(KEPT_OF_END)).collect();
    let (beginning, _) = beginning.rsplit_once(' ').unwrap_or((&beginning, ""));
    let (_, end) = end.split_once(' ').unwrap_or(("", &end));
    format!("{beginning} […] {end} [{} bytes]", text.len())
}

/// Text in lines that are at most `room` wide, broken between words where there is a place.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let used = lines.last().map_or(0, |line| measure_text_width(line));
        let needed = measure_text_width(word).saturating_add(usize::from(used > 0));
        if used > 0 && used.saturating_add(needed) > room {
            lines.push(String::new());
        }
        for (index, c) in word.chars().enumerate() {
            let Some(line) = lines.last_mut() else { break };
            if index == 0 && !line.is_empty() {
                line.push(' ');
            }
            if measure_text_width(line) < room {
                line.push(c);
            } else {
                lines.push(c.to_string());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use threadbridge_devnet::farcaster::wire::CastId;

    use super::*;

    fn shown(author: &str, depth: usize, text: &str) -> Shown {
        Shown {
            id: Id::Cast(CastId { fid: 1, hash: text.as_bytes().to_vec() }),
            author: author.to_owned(),
            is_copy: author == "bridge",
            text: text.to_owned(),
            depth,
            likes: depth,
            is_edited: false,
            order: (0, Vec::new()),
        }
    }

    fn column(title: &str, shown: Vec<Shown>) -> Column {
        Column { title: title.to_owned(), shown }
    }

    #[test]
    fn what_both_show_stands_in_one_row() {
        let one = [
            shown("Alice", 0, "hello there, whoever reads this"),
            shown("bridge", 1, "Bob: hi"),
            shown("Alice", 0, "one two three"),
        ];
        let two = [
            shown("Bob", 0, "a beginning"),
            shown("bridge", 0, "Alice: hello there, whoever reads this"),
            shown("Bob", 1, "hi"),
            shown("bridge", 0, "Alice: one two (1/2)"),
            shown("bridge", 1, "three (2/2)"),
        ];
        let (one, two) = (column("Alice's", one.to_vec()), column("Bob's", two.to_vec()));
        let number = |id: &Id| match id {
            Id::Cast(cast) => (cast.hash == b"hi").then_some(2),
            Id::Post(_) | Id::Message(_) => None,
        };
        let lines = side_by_side(&[one, two], number, 68).join("\n");
        let lines = console::strip_ansi_codes(&lines);
        expect![[r#"
                 Alice's                        │ Bob's
                 ───────────────────────────────┼───────────────────────────────
                                                │ Bob  a beginning
                 Alice  hello there, whoever    │ bridge  Alice: hello there,
                        reads this              │         whoever reads this
            #2   └ bridge  Bob: hi ♥ 1          │ └ Bob  hi ♥ 1
                 Alice  one two three           │ bridge  Alice: one two (1/2)
                                                │ └ bridge  three (2/2) ♥ 1
        "#]]
        .assert_eq(&format!("{lines}\n"));
    }

    #[test]
    fn words_longer_than_a_line_are_broken() {
        assert_eq!(wrapped("ab abcdefgh i", 4), ["ab", "abcd", "efgh", "i"]);
        assert_eq!(wrapped("", 4), [""]);
        assert_eq!(wrapped("日本語 語", 4), ["日本", "語", "語"]);
    }

    #[test]
    fn a_long_text_is_shown_by_its_ends() {
        let text = "word ".repeat(60);
        let short = shortened(&format!("{text}(1/2)"));
        assert!(short.starts_with("word word") && short.ends_with("word (1/2) [305 bytes]"));
        assert!(short.chars().count() < LONG_TEXT);
    }
}
