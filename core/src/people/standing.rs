//! What the owner thinks of people, and who waits to be thought about.

use std::collections::BTreeMap;

use super::kin::kin;
use super::known::introduced;
use crate::adapter::{Missing, Opinion};
use crate::model::id::{Identity, Network, RemoteAuthor};
use crate::model::person::{Asking, Attitude, Standing};
use crate::model::time::Timestamp;
use crate::register::thought;
use crate::store::span::Span;
use crate::store::tables::{STANDINGS, WAITING};
use crate::store::{ChangeError, ReadError, Reads, Unit};

/// How the names of what strangers' messages wait for begin.
const REQUEST: &str = "\0request ";

/// What the owner thinks of somebody: the worst that was said of any of their identities.
pub fn attitude(store: &impl Reads, identity: &Identity) -> Result<Option<Attitude>, ReadError> {
    let mut worst = None;
    for identity in kin(store, identity)?.identities {
        worst = worst.max(store.get(&STANDINGS, &identity)?.map(|it| it.attitude));
    }
    Ok(worst)
}

/// What the owner thinks of people on a network, of whom there are at most so many.
pub(crate) fn opinions(
    store: &impl Reads,
    network: &Network,
    most: usize,
) -> Result<Vec<Opinion>, ReadError> {
    let mut all = Vec::new();
    for (_, Standing { identity, attitude, since }) in
        store.scan(&STANDINGS, Span::all(), usize::MAX)?
    {
        for of in kin(store, &identity)?.identities {
            if of.network == *network && all.len() < most {
                all.push(Opinion { of, attitude, since });
            }
        }
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// Keeps what the owner thinks of somebody; nothing for whatever they think of strangers.
pub fn think(
    unit: &mut Unit<'_>,
    identity: &Identity,
    attitude: Option<Attitude>,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let before = self::attitude(unit, identity)?;
    thought(unit, identity, (before, attitude), now)?;
    for known in kin(unit, identity)?.identities {
        unit.delete(&STANDINGS, &known)?;
    }
    let Some(attitude) = attitude else { return Ok(()) };
    let standing = Standing { identity: identity.clone(), attitude, since: now };
    unit.put(&STANDINGS, identity, &standing)
}

/// Whether nothing that the owner ever said makes somebody known.
pub fn is_stranger(store: &impl Reads, identity: &Identity) -> Result<bool, ReadError> {
    if attitude(store, identity)?.is_some() {
        return Ok(false);
    }
    let kin = kin(store, identity)?;
    let people = introduced(store)?;
    let is_known =
        people.iter().flat_map(|it| &it.identities).any(|it| kin.identities.contains(it));
    Ok(!is_known && !kin.is_vouched_for())
}

/// Who wants to talk and is not known, the first who came first.
pub fn asking(store: &impl Reads) -> Result<Vec<Asking>, ReadError> {
    let mut asking: BTreeMap<Identity, Asking> = BTreeMap::new();
    for (_, row) in store.scan(&WAITING, Span::all(), usize::MAX)? {
        let Some(who) = asks(&row.missing) else { continue };
        let ask = Asking { who: who.clone(), since: row.since, messages: 0 };
        let ask = asking.entry(who).or_insert(ask);
        ask.messages += 1;
        ask.since = ask.since.min(row.since);
    }
    let mut asking: Vec<Asking> = asking.into_values().collect();
    asking.sort_by_key(|it| it.since);
    Ok(asking)
}

/// What a stranger's message waits for.
pub(crate) fn missing_acceptance(who: &Identity) -> Missing {
    let what = format!("{REQUEST}{}", who.uri());
    Missing { what, reason: "it is from somebody whom you have not accepted".to_owned() }
}

/// The stranger whose acceptance something waits for.
pub(crate) fn asks(missing: &Missing) -> Option<Identity> {
    let (network, author) = missing.what.strip_prefix(REQUEST)?.split_once(':')?;
    let network = Network::parse(network).ok()?;
    Some(Identity { network, author: RemoteAuthor::parse(author).ok()? })
}
