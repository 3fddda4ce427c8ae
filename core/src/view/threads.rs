//! Conversations and what was said in them.

use crate::fit::fallback::event_line;
use crate::model::content::{Content, Kind};
use crate::model::copy::{Copy, MadeBy};
use crate::model::event::{Profile, ProfileRow};
use crate::model::id::{ConversationId, Identity, Leg, MessageId, Seq};
use crate::model::journal::{Conversation, Note, Record};
use crate::model::level::Level;
use crate::model::time::Timestamp;
use crate::store::span::Span;
use crate::store::tables::{
    CONVERSATIONS, COPIES, DEAD_LETTERS, EVENTS, MESSAGES, NOTES, OUTBOX, PROFILES,
};
use crate::store::{ReadError, Reads};

/// A conversation in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The conversation.
    pub conversation: Conversation,
    /// The last event's time and place; nothing if there is none.
    pub last: Option<(Seq, Timestamp)>,
}

/// One event of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place in the journal.
    pub seq: Seq,
    /// Its id.
    pub message: MessageId,
    /// Who did it; nobody on a network if the owner did it here.
    pub author: Option<Identity>,
    /// How they show themself.
    pub profile: Option<Profile>,
    /// Where it came in.
    pub leg: Option<Leg>,
    /// When, by the author's clock.
    pub sent_at: Timestamp,
    /// How well it was protected there.
    pub level: Level,
    /// What kind of event it is.
    pub kind: Kind,
    /// Its text, or what stands for it; nothing once its author took it back.
    pub text: Option<String>,
    /// What it answers.
    pub in_reply_to: Option<MessageId>,
    /// What it edits, deletes or takes back.
    pub replaces: Option<MessageId>,
    /// What became of it on each leg.
    pub legs: Vec<(Leg, LineState)>,
}

/// What became of an event on a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineState {
    /// It was said there.
    Original,
    /// It is there.
    Delivered,
    /// It is on its way.
    Pending,
    /// It was given up; the dead letter's number.
    Failed(u64),
    /// It did not cross, or lost something; why.
    Noted(String),
}

/// All conversations, the one with the latest event first.
pub fn threads(store: &impl Reads) -> Result<Vec<Thread>, ReadError> {
    let mut threads = Vec::new();
    for (_, conversation) in store.scan(&CONVERSATIONS, Span::all(), usize::MAX)? {
        let last = store.scan(&EVENTS, Span::under(&conversation.id).falling(), 1)?;
        let last = last
            .into_iter()
            .filter_map(|(key, record)| {
                Some((Seq(u64::from_be_bytes(key.part(16)?)), record.received_at))
            })
            .next();
        threads.push(Thread { conversation, last });
    }
    threads.sort_by_key(|thread| std::cmp::Reverse(thread.last));
    Ok(threads)
}

/// A conversation's last `limit` events, in the order in which they were accepted.
pub fn thread(
    store: &impl Reads,
    conversation: ConversationId,
    limit: usize,
) -> Result<Vec<Line>, ReadError> {
    let letters = store.scan(&DEAD_LETTERS, Span::all(), usize::MAX)?;
    let mut lines = Vec::new();
    for (key, record) in store.scan(&EVENTS, Span::under(&conversation).falling(), limit)? {
        let Some(seq) = key.part(16).map(|bytes| Seq(u64::from_be_bytes(bytes))) else { continue };
        // That its words are gone shows in the message itself.
        if record.is_expiry || record.is_erasure {
            continue;
        }
        let mut line = line(store, seq, record)?;
        states(store, conversation, &mut line)?;
        for (_, letter) in &letters {
            if letter.row.message == line.message {
                line.legs.push((letter.row.leg.clone(), LineState::Failed(letter.id)));
            }
        }
        lines.push(line);
    }
    lines.reverse();
    Ok(lines)
}

fn line(store: &impl Reads, seq: Seq, record: Record) -> Result<Line, ReadError> {
    let content = Content::decode(&record.content).ok();
    let deleted = store.get(&MESSAGES, &record.message)?.is_some_and(|row| row.deleted);
    let profile = match &record.author {
        Some(author) => store.get(&PROFILES, author)?.map(ProfileRow::into_profile),
        None => None,
    };
    let text = content.as_ref().filter(|_| !deleted).and_then(|it| {
        it.text()
            .map(|text| text.as_str.to_owned())
            .or_else(|| it.reactions().first().map(|emoji| (*emoji).to_owned()))
            .or_else(|| it.system().map(|event| event_line(&event)))
    });
    Ok(Line {
        seq,
        message: record.message,
        author: record.author,
        profile,
        leg: record.leg,
        sent_at: record.sent_at,
        level: record.level,
        kind: content.as_ref().map_or(Kind::Unknown, Content::kind),
        text,
        in_reply_to: content.as_ref().and_then(|it| it.in_reply_to),
        replaces: content.as_ref().and_then(|it| it.replaces),
        legs: Vec::new(),
    })
}

fn states(
    store: &impl Reads,
    conversation: ConversationId,
    line: &mut Line,
) -> Result<(), ReadError> {
    let under = (conversation, line.message);
    for (_, Copy { leg, part, made_by, .. }) in
        store.scan(&COPIES, Span::under(&under), usize::MAX)?
    {
        // One line for each leg: the original is part 0, our first envelope is part 1.
        if part > 1 {
            continue;
        }
        let pending = !store.scan(&OUTBOX, Span::under(&(leg.clone(), line.seq)), 1)?.is_empty();
        let state = match (made_by, pending) {
            (MadeBy::Author | MadeBy::OtherBridge, _) => LineState::Original,
            (MadeBy::Us, true) => LineState::Pending,
            (MadeBy::Us, false) => LineState::Delivered,
        };
        line.legs.push((leg, state));
    }
    for (_, Note { leg, reason, .. }) in
        store.scan(&NOTES, Span::under(&(conversation, line.seq)), usize::MAX)?
    {
        line.legs.push((leg, LineState::Noted(reason)));
    }
    Ok(())
}
