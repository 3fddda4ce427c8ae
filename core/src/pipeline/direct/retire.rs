//! Leaving an account: what can go on elsewhere does, and what cannot is said.

use super::moves::close;
use crate::model::id::{AccountName, ConversationId, Leg};
use crate::model::journal::Conversation;
use crate::model::time::Timestamp;
use crate::store::span::Span;
use crate::store::tables::{CONVERSATIONS, DIRECTS};
use crate::store::{ChangeError, Reads, Store, Unit, WriteError};

/// What became of a conversation whose account is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Which.
    pub conversation: ConversationId,
    /// What the owner calls it.
    pub name: Option<String>,
    /// The leg that is left.
    pub leg: Leg,
    /// The leg over which it goes on, or why it cannot.
    pub went_on: Result<Leg, &'static str>,
}

/// Closes every leg of an account, and has each conversation go on over the next where it can.
/// What has nowhere to go stays as it is.
pub async fn retire(
    store: &Store,
    account: AccountName,
    now: Timestamp,
) -> Result<Vec<Retired>, WriteError<ChangeError>> {
    store.write(move |unit| retire_all(unit, &account, now)).await
}

fn retire_all(
    unit: &mut Unit<'_>,
    account: &AccountName,
    now: Timestamp,
) -> Result<Vec<Retired>, ChangeError> {
    let mut retired = Vec::new();
    for (_, conversation) in unit.scan(&CONVERSATIONS, Span::all(), usize::MAX)? {
        let leaving = conversation.legs.iter().filter(|it| it.account == *account);
        for leg in leaving.cloned().collect::<Vec<_>>() {
            let went_on = go_on(unit, &conversation, &leg, now)?;
            let (name, id) = (conversation.name.clone(), conversation.id);
            retired.push(Retired { conversation: id, name, leg, went_on });
        }
    }
    Ok(retired)
}

fn go_on(
    unit: &mut Unit<'_>,
    conversation: &Conversation,
    leg: &Leg,
    now: Timestamp,
) -> Result<Result<Leg, &'static str>, ChangeError> {
    if unit.get(&DIRECTS, &conversation.id)?.is_some() {
        return close(unit, conversation.id, leg, ("its account is retired", now));
    }
    let others: Vec<&Leg> =
        conversation.legs.iter().filter(|it| it.account != leg.account).collect();
    Ok(match others.as_slice() {
        [] => Err("it has no leg but on this account"),
        [_] => Err("its link has only one other leg, with nobody to carry to"),
        [one, ..] => Ok((*one).clone()),
    })
}
