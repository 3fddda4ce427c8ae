//! What was said on a leg, as it stands there: for a network whose devices hand each other what was
//! said before.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::account::Account;
use super::route::Routes;
use crate::adapter::{Adapter, Recall, Told};
use crate::fit::{Referent, Speaker, Telling, fit};
use crate::model::content::{Content, Kind};
use crate::model::copy::{Copy, MadeBy};
use crate::model::id::{ConversationId, Identity, Leg, MessageId};
use crate::model::journal::Record;
use crate::store::key::RowKey;
use crate::store::span::Span;
use crate::store::tables::{COPIES, EVENTS, LEGS, MESSAGES, PROFILES};
use crate::store::{ReadError, Reads, Snapshot};

/// How many records are held at once.
const PAGE: usize = 512;

/// Recalls what was said in the account's conversations.
pub(super) fn recall(account: &Account) -> Recall {
    let (store, name) = (account.store.clone(), account.name.clone());
    let (adapter, routes) = (Arc::clone(&account.adapter), account.routes.clone());
    Arc::new(move |conversation, most| {
        let leg = Leg { account: name.clone(), conversation: conversation.clone() };
        let routes = routes.borrow().clone();
        told(&store.snapshot()?, &*adapter, &routes, (&leg, most))
    })
}

/// What was said on a leg and was not taken back, in the journal's order; of the conversation's first
/// `most` events.
fn told(
    snapshot: &Snapshot,
    adapter: &dyn Adapter,
    routes: &Routes,
    (leg, most): (&Leg, usize),
) -> Result<Vec<Told>, ReadError> {
    let Some(conversation) = snapshot.get(&LEGS, leg)? else { return Ok(Vec::new()) };
    let looking = Looking { adapter, routes, snapshot, conversation, leg };
    let (mut all, mut looked_at, mut last) = (Vec::new(), 0, None::<RowKey>);
    while looked_at < most {
        let span = Span::under(&conversation);
        let page = match &last {
            Some(last) => snapshot.scan(&EVENTS, span.after(last), PAGE)?,
            None => snapshot.scan(&EVENTS, span, PAGE)?,
        };
        let Some((key, _)) = page.last() else { break };
        last = Some(key.clone());
        looked_at += page.len();
        for (_, record) in page {
            looking.one(&record, &mut all)?;
        }
    }
    Ok(all)
}

struct Looking<'a> {
    adapter: &'a dyn Adapter,
    routes: &'a Routes,
    snapshot: &'a Snapshot,
    conversation: ConversationId,
    leg: &'a Leg,
}

impl Looking<'_> {
    fn one(&self, record: &Record, all: &mut Vec<Told>) -> Result<(), ReadError> {
        let is_gone = self.snapshot.get(&MESSAGES, &record.message)?.is_none_or(|it| it.deleted);
        let Ok(content) = Content::decode(&record.content) else { return Ok(()) };
        let copies = self.copies(record.message)?;
        if is_gone || copies.is_empty() || matches!(content.kind(), Kind::Delete | Kind::Receipt) {
            return Ok(());
        }
        let adapter = self.adapter;
        let is_own = copies.iter().all(|copy| copy.made_by != MadeBy::Us);
        let author = record.author.as_ref().filter(|_| !is_own);
        let telling = Telling {
            content: &content,
            sent_at: record.sent_at,
            level: record.level,
            speaker: author.map(|it| self.speaker(it)).transpose()?,
            attribution: self.routes.get(self.conversation).map_or("", |it| it.attribution()),
            others: Vec::new(),
            people: BTreeMap::new(),
            mark: record.mark.as_ref().filter(|_| !is_own),
            network: adapter.network(),
            capabilities: adapter.capabilities(&self.leg.conversation),
            reply_to: self.referent(content.in_reply_to)?,
            target: self.referent(content.in_reply_to.or(content.replaces))?,
            reaction: self.referent(content.replaces)?,
            emoji: content.reactions().first().map(|it| (*it).to_owned()),
            quotes: Vec::new(),
            reaction_is_shared: false,
            is_expiry: record.is_expiry,
            is_erasure: record.is_erasure,
        };
        let outgoing = fit(&telling).outgoing;
        for copy in copies {
            let nth = usize::from(copy.part).saturating_sub(usize::from(!is_own));
            let author = if is_own { record.author.as_ref() } else { adapter.identity() };
            let (Some(id), Some(author), Some(outgoing)) =
                (copy.remote_id, author, outgoing.get(nth))
            else {
                continue;
            };
            let at = if is_own { record.sent_at } else { copy.at };
            all.push(Told { id, author: author.clone(), at, outgoing: outgoing.clone() });
        }
        Ok(())
    }

    fn copies(&self, message: MessageId) -> Result<Vec<Copy>, ReadError> {
        let under = (self.conversation, message, self.leg.clone());
        let copies = self.snapshot.scan(&COPIES, Span::under(&under), usize::MAX)?;
        Ok(copies.into_iter().map(|(_, copy)| copy).collect())
    }

    fn referent(&self, message: Option<MessageId>) -> Result<Option<Referent>, ReadError> {
        let Some(message) = message else { return Ok(None) };
        let copies = self.copies(message)?;
        let is_original = copies.iter().any(|copy| copy.made_by == MadeBy::Author);
        let copies = copies.into_iter().filter_map(|copy| copy.remote_id).collect();
        Ok(Some(Referent { copies, is_original, ..Referent::default() }))
    }

    fn speaker(&self, identity: &Identity) -> Result<Speaker, ReadError> {
        let profile = self.snapshot.get(&PROFILES, identity)?.unwrap_or_default().into_profile();
        let name = profile.display_name.or_else(|| profile.handle.clone());
        let name = name.unwrap_or_else(|| identity.author.as_str().to_owned());
        let identity = identity.clone();
        Ok(Speaker { identity, name, handle: profile.handle, is_known: false })
    }
}
