//! What was said in a direct conversation as a file for the other one, sealed with age.
//!
//! It has what both of them could read: who said what, when, and how well that was protected. What only
//! the owner's store knows (copies, proofs, notes) stays here. `docs/handover.md` says how it is opened.

mod age;

use serde_json::{Value, json};
use thiserror::Error;
use threadbridge_core::adapter::Adapter;
use threadbridge_core::fit::media::{Passage, passage};
use threadbridge_core::media::SEALED;
use threadbridge_core::model::content::{Content, Disposition, Kind, Part, Salt};
use threadbridge_core::model::id::{AccountName, ConversationId, Leg};
use threadbridge_core::model::journal::Record;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::pipeline::{Handover, NotMoved, is_handover, move_with};
use threadbridge_core::store::key::RowKey;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{CONVERSATIONS, DIRECTS, EVENTS, MESSAGES, PROFILES};
use threadbridge_core::store::{ReadError, Reads, Snapshot, Store};

pub use self::age::Unsealed;
use crate::cli::rfc3339;

/// How many records are held at once.
const PAGE: usize = 256;
/// No leg takes a larger file.
const MAX_BYTES: usize = 15 * 1024 * 1024;
const NAME: &str = "history.age";

/// Why a conversation was not moved with its history. Nothing was changed.
#[derive(Debug, Error)]
pub enum NotHandedOver {
    /// It was not moved at all.
    #[error("it was not moved")]
    NotMoved(#[from] NotMoved),
    /// The new leg takes no such file.
    #[error("the history cannot go there: {0}; move without it")]
    NoFile(String),
    /// There is too much of it.
    #[error("the history is larger than 15 MB; move without it, and hand it over by `export`")]
    TooLarge,
    /// The store could not be read.
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    /// It could not be sealed.
    #[error("the history was not sealed")]
    Unsealed(#[from] Unsealed),
}

/// Moves a direct conversation to an account, and hands over there what was said before.
pub async fn move_with_history(
    store: &Store,
    adapter: &dyn Adapter,
    (conversation, account): (ConversationId, AccountName),
    now: Timestamp,
) -> Result<Leg, NotHandedOver> {
    let snapshot = store.snapshot()?;
    let direct = snapshot.get(&DIRECTS, &conversation)?.ok_or(NotMoved::NotDirect)?;
    let way = direct.ways.iter().find(|it| it.leg.account == account).ok_or(NotMoved::NoWay)?;
    let (text, count) = document(&snapshot, conversation, now)?;
    let sealed = age::seal(text.as_bytes())?;
    let salt = || Salt::random().map_err(|_| Unsealed::NoRandomness);
    let words = format!(
        "(What was said before, {count} messages, comes as the file {NAME}. It opens with age, \
         age-encryption.org, and this key: {})",
        *sealed.identity
    );
    let file = Part::enclosed(Disposition::Attachment, SEALED, NAME, sealed.bytes);
    let handover = Handover {
        words: Content::plain(salt()?, &words),
        file: Content::of_parts(salt()?, vec![file]),
    };
    let capabilities = adapter.capabilities(&way.leg.conversation);
    for attachment in handover.file.attachments() {
        match passage(&attachment, capabilities) {
            Passage::Pass(..) => {}
            Passage::Refuse(why) => return Err(NotHandedOver::NoFile(why)),
            Passage::Link(..) => {
                return Err(NotHandedOver::NoFile("it takes no files".to_owned()));
            }
        }
    }
    Ok(move_with(store, (conversation, account), handover, now).await?)
}

/// The history as a JSON document, and how many messages it has.
fn document(
    snapshot: &Snapshot,
    conversation: ConversationId,
    now: Timestamp,
) -> Result<(String, usize), NotHandedOver> {
    let name = snapshot.get(&CONVERSATIONS, &conversation)?.and_then(|it| it.name);
    let head = json!({ "conversation": name, "made_at": rfc3339(now) });
    let mut text = format!("{{\"format\":\"threadbridge history\",\"version\":1,\"about\":{head},");
    text.push_str("\"messages\":[");
    let (mut count, mut last) = (0_usize, None::<RowKey>);
    loop {
        let span = Span::under(&conversation);
        let page = match &last {
            Some(last) => snapshot.scan(&EVENTS, span.after(last), PAGE)?,
            None => snapshot.scan(&EVENTS, span, PAGE)?,
        };
        let Some((key, _)) = page.last() else { break };
        last = Some(key.clone());
        for (_, record) in page {
            let Some(shown) = shown(snapshot, &record)? else { continue };
            text.push_str(if count == 0 { "\n" } else { ",\n" });
            text.push_str(&shown.to_string());
            count = count.saturating_add(1);
            if text.len() > MAX_BYTES {
                return Err(NotHandedOver::TooLarge);
            }
        }
    }
    text.push_str("\n]}\n");
    Ok((text, count))
}

/// A message as both of them could read it; nothing of what was taken back.
fn shown(snapshot: &Snapshot, record: &Record) -> Result<Option<Value>, ReadError> {
    let Ok(content) = Content::decode(&record.content) else { return Ok(None) };
    let row = snapshot.get(&MESSAGES, &record.message)?;
    let is_gone = row.is_none_or(|it| it.deleted) || is_handover(record, &content);
    if is_gone || matches!(content.kind(), Kind::Delete | Kind::Receipt | Kind::Empty) {
        return Ok(None);
    }
    let name = match &record.author {
        Some(author) => snapshot.get(&PROFILES, author)?.and_then(|it| it.display_name),
        None => None,
    };
    let reaction = || content.reactions().first().map(|it| (*it).to_owned());
    let text = content.text().map(|it| it.as_str.to_owned()).or_else(reaction);
    let attachments = content.attachments();
    let files = attachments.iter().filter_map(|it| it.public_url().map(str::to_owned));
    let links: Vec<String> = content.links().iter().map(|it| it.url.to_owned()).collect();
    let addresses: Vec<String> = files.chain(links).collect();
    Ok(Some(json!({
        "id": record.message.to_string(),
        "kind": format!("{:?}", content.kind()).to_lowercase(),
        "author": record.author.as_ref().map_or_else(|| "owner".to_owned(), |it| it.uri()),
        "name": name,
        "sent_at": rfc3339(record.sent_at),
        "level": record.level.code(),
        "text": text,
        "addresses": addresses,
        "in_reply_to": content.in_reply_to.map(|it| it.to_string()),
        "replaces": content.replaces.map(|it| it.to_string()),
    })))
}
