//! Who a chain speaks of is forgotten; the chain stays.

use std::collections::BTreeSet;

use crate::model::id::{AccountName, ConversationId, Identity, Leg};
use crate::model::register::{Subject, SubjectRow};
use crate::store::span::Span;
use crate::store::tables::{DIRECTS, GRANTS, PEOPLE, SUBJECTS};
use crate::store::{ChangeError, Reads, Unit};

/// What is to be named no longer.
#[derive(Debug)]
pub(crate) enum Gone<'a> {
    /// A conversation, with its legs.
    Conversation(ConversationId, &'a [Leg]),
    /// Somebody.
    Person(&'a Identity),
    /// An account.
    Account(&'a AccountName),
}

/// Deletes the names, and the salts with them, of all that is gone.
pub(crate) fn forget(unit: &mut Unit<'_>, gone: &Gone<'_>) -> Result<(), ChangeError> {
    let directs = match gone {
        Gone::Person(who) => directs_with(unit, who)?,
        Gone::Conversation(..) | Gone::Account(_) => BTreeSet::new(),
    };
    for (key, row) in unit.scan(&SUBJECTS, Span::all(), usize::MAX)? {
        let is_of_a_direct = row.conversation.is_some_and(|it| directs.contains(&it));
        if is_of_a_direct || is_gone(&row, gone) {
            unit.delete_row(&SUBJECTS, &key);
            // The settings may still have the link: then it is given anew when they change.
            unit.delete(&GRANTS, &row.subject)?;
        }
    }
    Ok(())
}

fn is_gone(row: &SubjectRow, gone: &Gone<'_>) -> bool {
    match (gone, &row.subject) {
        (Gone::Conversation(id, _), _) if row.conversation == Some(*id) => true,
        (Gone::Conversation(_, legs), Subject::Leg(leg, _)) => legs.contains(leg),
        (Gone::Account(name), Subject::Leg(leg, _)) => leg.account == **name,
        // Networks call a direct conversation by whom it is with.
        (Gone::Person(who), Subject::Leg(leg, _)) => {
            leg.conversation.as_str().split('/').any(|part| part == who.author.as_str())
        }
        (Gone::Person(who), Subject::Person(known)) => known == *who,
        (Gone::Conversation(..) | Gone::Account(_) | Gone::Person(_), _) => false,
    }
}

/// The direct conversations in which somebody spoke.
fn directs_with(unit: &Unit<'_>, who: &Identity) -> Result<BTreeSet<ConversationId>, ChangeError> {
    let mut with = BTreeSet::new();
    for (_, direct) in unit.scan(&DIRECTS, Span::all(), usize::MAX)? {
        if unit.get(&PEOPLE, &(direct.conversation, who.clone()))?.is_some() {
            with.insert(direct.conversation);
        }
    }
    Ok(with)
}
