//! Handing over what was said before, when a direct conversation moves.
//!
//! No network takes a history that another network had: its own archives are for the devices of one
//! inbox. So it goes as a file that the leg carries like any other, sealed before it comes here, with
//! the key in words beside it. Both are the owner's own messages for that leg alone.

use super::moves::{NotMoved, moved};
use crate::media::SEALED;
use crate::model::content::Content;
use crate::model::direct::Direct;
use crate::model::id::{AccountName, ConversationId, Leg};
use crate::model::journal::Record;
use crate::model::level::Level;
use crate::model::time::Timestamp;
use crate::pipeline::owner::journal_own;
use crate::store::key::RowKey;
use crate::store::span::Span;
use crate::store::tables::{DIRECTS, EVENTS};
use crate::store::{ChangeError, Reads, Store, Unit};

/// How many records are held at once.
const PAGE: usize = 256;

/// What is handed over.
#[derive(Clone, Debug)]
pub struct Handover {
    /// What the file is, and the key that opens it.
    pub words: Content,
    /// The sealed file, enclosed.
    pub file: Content,
}

/// Whether something that the owner said is a history that was handed over.
#[must_use]
pub fn is_handover(record: &Record, content: &Content) -> bool {
    // Its name is a parameter of its type.
    let bare = |it: &str| it.split(';').next() == Some(SEALED);
    record.author.is_none() && content.attachments().iter().any(|it| bare(it.content_type))
}

/// Moves a direct conversation as [`move_to`](super::move_to) does, and hands over what was said
/// before; both or neither.
pub async fn move_with(
    store: &Store,
    (conversation, account): (ConversationId, AccountName),
    handover: Handover,
    now: Timestamp,
) -> Result<Leg, NotMoved> {
    store.write(move |unit| handed_over(unit, (conversation, &account), &handover, now)).await?
}

fn handed_over(
    unit: &mut Unit<'_>,
    (conversation, account): (ConversationId, &AccountName),
    handover: &Handover,
    now: Timestamp,
) -> Result<Result<Leg, NotMoved>, ChangeError> {
    let Some(direct) = unit.get(&DIRECTS, &conversation)? else {
        return Ok(Err(NotMoved::NotDirect));
    };
    let Some(to) = direct.ways.iter().find(|it| it.leg.account == *account) else {
        return Ok(Err(NotMoved::NoWay));
    };
    if !direct.may_downgrade && to.level < best_protected(unit, &direct)? {
        return Ok(Err(NotMoved::HistoryLessProtected));
    }
    let leg = match moved(unit, conversation, account, now)? {
        Ok(leg) => leg,
        refused => return Ok(refused),
    };
    for content in [&handover.words, &handover.file] {
        journal_own(unit, (conversation, Some(leg.clone())), content, now)?;
    }
    Ok(Ok(leg))
}

/// How well the best protected of what was said was protected.
fn best_protected(unit: &Unit<'_>, direct: &Direct) -> Result<Level, ChangeError> {
    let (mut best, mut last) = (Level::Public, None::<RowKey>);
    loop {
        let span = Span::under(&direct.conversation);
        let page = match &last {
            Some(last) => unit.scan(&EVENTS, span.after(last), PAGE)?,
            None => unit.scan(&EVENTS, span, PAGE)?,
        };
        let Some((key, _)) = page.last() else { return Ok(best) };
        last = Some(key.clone());
        for (_, record) in page {
            let said_on = record.to.as_ref().map(|leg| direct.level_of(leg));
            best = best.max(record.level).max(said_on.unwrap_or_default());
        }
    }
}
