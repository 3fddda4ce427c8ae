//! Conversations and what was said in them.

use crate::fit::fallback::event_line;
use crate::model::content::{Content, Kind};
use crate::model::copy::{Copy, MadeBy};
use crate::model::event::{Profile, ProfileRow};
use crate::model::id::{ConversationId, Identity, Leg, MessageId, Seq};
use crate::model::journal::{Conversation, Note, Record};
use crate::model::level::Level;
use crate::model::time::Timestamp;
use crate::store::key::RowKey;
use crate::store::span::Span;
use crate::store::tables::{
    CONVERSATIONS, COPIES, DEAD_LETTERS, EVENTS, MESSAGES, NOTES, OUTBOX, PROFILES,
};
use crate::store::{ReadError, Reads};

/// How many records are read at once.
const PAGE: usize = 512;

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

/// A conversation's last `limit` events, in the order in which they were accepted. What was brought in
/// as history stands where its own time puts it among them.
pub fn thread(
    store: &impl Reads,
    conversation: ConversationId,
    limit: usize,
) -> Result<Vec<Line>, ReadError> {
    let letters = store.scan(&DEAD_LETTERS, Span::all(), usize::MAX)?;
    let mut lines = Vec::new();
    for (key, record) in latest(store, conversation, limit)? {
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
    Ok(lines)
}

type Placed = (RowKey, Record);

/// The last `limit` records, the earliest first.
fn latest(
    store: &impl Reads,
    conversation: ConversationId,
    limit: usize,
) -> Result<Vec<Placed>, ReadError> {
    let (mut live, mut past, mut last) = (Vec::new(), Vec::new(), None::<RowKey>);
    while live.len() < limit {
        let span = Span::under(&conversation).falling();
        let page = match &last {
            Some(last) => store.scan(&EVENTS, span.before(last), PAGE.min(limit))?,
            None => store.scan(&EVENTS, span, PAGE.min(limit))?,
        };
        let Some((key, _)) = page.last() else { break };
        last = Some(key.clone());
        for (key, record) in page {
            let among = if record.is_history { &mut past } else { &mut live };
            among.push((key, record));
        }
    }
    live.truncate(limit);
    live.reverse();
    past.reverse();
    let mut all = merged(live, past);
    all.drain(..all.len().saturating_sub(limit));
    Ok(all)
}

/// Puts history before the first that came later than it was said. What came live stays in the
/// order in which it did.
fn merged(live: Vec<Placed>, mut past: Vec<Placed>) -> Vec<Placed> {
    past.sort_by_key(|(_, record)| record.sent_at);
    let mut all = Vec::with_capacity(live.len().saturating_add(past.len()));
    let mut past = past.into_iter().peekable();
    for one in live {
        while let Some(older) = past.next_if(|(_, it)| it.sent_at < one.1.received_at) {
            all.push(older);
        }
        all.push(one);
    }
    all.extend(past);
    all
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
