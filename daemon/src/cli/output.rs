//! How results are shown: lines, tables, JSON. Whatever came from outside is made harmless first.

use std::io::{self, Write};

use serde::Serialize;
use threadbridge_core::model::time::Timestamp;

use crate::exit::{Exit, Failure, OrExit};
use crate::logging::chain;

/// Writes to standard output. Nobody reading any more is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failed, error))
        }
        _ => Ok(()),
    }
}

/// Writes `value` as JSON to standard output.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print(&serde_json::to_string_pretty(value).or_exit(Exit::Failed)?)
}

/// Says on standard error why a command failed.
pub(super) fn complain(failure: &Failure) {
    // If standard error is gone too, the exit code has to do.
    drop(writeln!(io::stderr(), "threadbridge: {}", chain(failure)));
}

/// Says something on standard error, for people who watch.
pub(super) fn tell(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// Rows in columns. The first one is the heading; there is nothing without a second one.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| console::measure_text_width(cell)).max().unwrap_or(0)
        })
        .collect();
    let mut lines = Vec::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            let gap = width.saturating_sub(console::measure_text_width(cell));
            line.push_str(&" ".repeat(gap.saturating_add(2)));
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// Text from outside as one harmless line: what would move the cursor, turn the direction of
/// writing around or be invisible is shown as `�`.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '⏎',
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{61c}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// A number with its noun.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// An instant for people, in UTC.
pub(super) fn instant(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros())
        .map_or_else(|_| "at no time".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// An instant in RFC 3339, for programs.
pub(crate) fn rfc3339(at: Timestamp) -> Option<String> {
    jiff::Timestamp::from_microsecond(at.as_micros()).ok().map(|at| at.to_string())
}

/// How long ago something was, roughly.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.since(at).as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        let shown = table(&[row("NAME", "AT"), row("文字", "1"), row("a", "")]);
        assert_eq!(shown, "NAME  AT\n文字  1\na");
    }

    #[test]
    fn hostile_text_stays_one_line_in_one_direction() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{202e}c\nd\u{200b}"), "a\u{fffd}[2Jb\u{fffd}c⏎d\u{fffd}");
        assert_eq!(harmless("héllo 👋🏽"), "héllo 👋🏽");
    }

    #[test]
    fn times_are_shown_in_round_numbers() {
        let at = Timestamp::from_secs(1_000_000);
        assert_eq!(instant(at), "1970-01-12 13:46:40");
        let after = |seconds| ago(at, Timestamp::from_secs(1_000_000_i64 + seconds));
        assert_eq!(
            (after(5), after(600), after(90_000)),
            ("5 s".into(), "10 min".into(), "25 h".into())
        );
    }
}
