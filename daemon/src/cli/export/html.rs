//! A folder of pages, one a conversation, for people. Nothing in them is fetched from anywhere, and
//! nothing that somebody said is anything but text.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use threadbridge_core::archive::export::Selection;
use threadbridge_core::archive::item::{Item, MessageItem};
use threadbridge_core::model::content::Kind;
use threadbridge_core::model::id::ConversationId;
use threadbridge_core::store::Snapshot;

use super::readable::{Shown, each_item, shown};
use crate::cli::output::{counted, instant, print};
use crate::exit::{Exit, Failure, OrExit};

const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
    style-src 'unsafe-inline'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
    <style>body{font:16px/1.4 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}\
    article{margin:.8em 0}b{margin-right:.5em}time,.note{color:#666;font-size:.85em}\
    p{margin:.1em 0;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}</style>\n";

/// What is said of a conversation on the first page.
struct Listed {
    title: String,
    messages: usize,
}

pub(super) fn write(
    snapshot: &Snapshot,
    selection: &Selection,
    path: &Path,
) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() {
        return Err(Failure::new(Exit::Failed, "something of this name exists already"));
    }
    let mut draft = path.as_os_str().to_owned();
    draft.push(".draft");
    let draft = PathBuf::from(draft);
    match fs::remove_dir_all(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::new(Exit::Failed, error));
        }
        Ok(()) | Err(_) => {}
    }
    private_folder(&draft)?;
    let mut listed: BTreeMap<ConversationId, Listed> = BTreeMap::new();
    each_item(snapshot, selection, |item| match item {
        Item::Conversation(item) => {
            let it = item.conversation;
            let legs: Vec<String> = it.legs.iter().map(ToString::to_string).collect();
            let title = it.name.unwrap_or_else(|| legs.join(", "));
            if listed.contains_key(&it.id) {
                return Ok(());
            }
            let head = format!(
                "{HEAD}<title>{0}</title>\n<h1>{0}</h1>\n<p class=\"note\">{1}</p>\n",
                escaped(&title),
                escaped(&legs.join(", ")),
            );
            listed.insert(it.id, Listed { title, messages: 0 });
            append(&draft, &page(it.id), &head)
        }
        Item::Message(item) => {
            let shown = shown(snapshot, &item)?;
            let Some(html) = article(&item, &shown) else { return Ok(()) };
            if let Some(listed) = listed.get_mut(&item.conversation) {
                listed.messages = listed.messages.saturating_add(1);
            }
            append(&draft, &page(item.conversation), &html)
        }
        Item::Gap(_)
        | Item::Erased(_)
        | Item::Name(_)
        | Item::Participant(_)
        | Item::Profile(_)
        | Item::Proof(_)
        | Item::Expiry(_)
        | Item::Tombstone(_)
        | Item::Account(_)
        | Item::Key(_)
        | Item::Cursor(_)
        | Item::Waiting(_)
        | Item::Refusal(_)
        | Item::Backlog(_)
        | Item::Outbox(_)
        | Item::DeadLetter(_)
        | Item::Counter(_)
        | Item::Home(_)
        | Item::Tie(_)
        | Item::Apart(_)
        | Item::Parting(_)
        | Item::Attitude(_)
        | Item::Direct(_)
        | Item::Register(_)
        | Item::Subject(_)
        | Item::Sum(_)
        | Item::Grant(_) => Ok(()),
    })?;
    append(&draft, "index.html", &index(&listed))?;
    fs::rename(&draft, path).or_exit(Exit::Failed)?;
    let pages = counted(listed.len(), "conversation");
    print(&format!("{pages} in `{}`; nothing there is encrypted", path.display()))
}

fn private_folder(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path).or_exit(Exit::Failed)
}

fn page(id: ConversationId) -> String {
    format!("{id}.html")
}

/// Pages are opened for each piece: there may be more conversations than open files.
fn append(folder: &Path, name: &str, html: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    let opened: Result<File, _> = options.append(true).create(true).open(folder.join(name));
    opened.and_then(|mut file| file.write_all(html.as_bytes())).or_exit(Exit::Failed)
}

/// What people see of an event; nothing of those that only change others.
fn article(item: &MessageItem, shown: &Shown) -> Option<String> {
    let said = match shown.kind {
        Kind::Delete | Kind::Receipt | Kind::Unreaction | Kind::Empty => return None,
        Kind::Reaction => format!("reacts with {}", shown.text.as_deref().unwrap_or_default()),
        Kind::Edit => format!("(edited) {}", shown.text.as_deref().unwrap_or_default()),
        Kind::Text | Kind::Media | Kind::Link | Kind::Quote | Kind::System | Kind::Unknown => {
            match (&shown.text, item.deleted) {
                (_, true) => "(taken back)".to_owned(),
                (text, false) => text.clone().unwrap_or_default(),
            }
        }
    };
    let target = shown.in_reply_to.as_ref().or(shown.replaces.as_ref());
    let answers = target.map_or_else(String::new, |id| {
        format!(" <a class=\"note\" href=\"#{0}\">to {1}</a>", escaped(id), "an earlier one")
    });
    let addresses: String = shown
        .addresses
        .iter()
        .map(|url| format!("<p class=\"note\">{}</p>", escaped(url)))
        .collect();
    Some(format!(
        "<article id=\"{}\"><b>{}</b><time>{}</time>{answers}<p>{}</p>{addresses}</article>\n",
        item.record.message,
        escaped(&shown.name),
        instant(item.record.sent_at),
        escaped(&said),
    ))
}

fn index(listed: &BTreeMap<ConversationId, Listed>) -> String {
    let mut html = format!("{HEAD}<title>Conversations</title>\n<h1>Conversations</h1>\n<ul>\n");
    for (id, it) in listed {
        let messages = counted(it.messages, "message");
        html.push_str(&format!(
            "<li><a href=\"{}\">{}</a> <span class=\"note\">{messages}</span></li>\n",
            page(*id),
            escaped(&it.title),
        ));
    }
    html.push_str("</ul>\n");
    html
}

/// Text as text, whatever it says; what would turn the direction of writing around is shown.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' | '\t' => html.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => html.push('\u{fffd}'),
            c if c.is_control() => html.push('\u{fffd}'),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_said_is_markup() {
        let said = "<script>alert('a')</script> & \"b\" \u{202e}c";
        let html = escaped(said);
        assert!(!html.contains(['<', '>', '"', '\'', '\u{202e}']), "{html}");
        assert_eq!(escaped("a\nb"), "a\nb");
    }
}
