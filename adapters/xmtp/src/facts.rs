//! What an account's keys tell of its groups and of itself, for people.

use std::time::Duration;

use threadbridge_core::adapter::{Fact, Missing};
use threadbridge_core::model::group::{Member, Rank};
use threadbridge_core::model::id::{Network, RemoteConversation};
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Keys;

use crate::identity::inbox::InboxId;
use crate::identity::logs::Logs;
use crate::kept::{Kept, keys_unreadable};
use crate::mls::client::{Client, Installation};
use crate::mls::group::Group;
use crate::mls::group::record::{GroupId, Kind, Record, State};
use crate::mls::group::records::Records;
use crate::mls::key_package::KeyPackages;
use crate::open::message::LEFT_BEHIND;
use crate::place::Place;
use crate::session::identity;

/// The most groups that are named one by one.
const MAX_NAMED: usize = 20;

/// Who is in a group; nothing if the account is in no such group.
pub(crate) fn members(
    network: &Network,
    keys: &Keys,
    conversation: &RemoteConversation,
) -> Option<Vec<Member>> {
    let Place::Group(id) = Place::parse(conversation)? else { return None };
    let client = Client::load_like(keys, Kept::over(keys).inbox().ok()??, None).ok()??;
    let group = Group::load(keys, &client, &GroupId::parse(&id)?).ok()??;
    if group.record().kind != Kind::Group {
        return None;
    }
    let terms = group.terms().ok()?;
    let is_in = |list: &[String], inbox: &String| list.contains(inbox);
    let member = |inbox: &String| {
        let id = InboxId::parse(inbox)?;
        let state = Logs::new(keys).newest(id).ok().flatten();
        let addresses = state.iter().flat_map(|(_, state)| state.addresses());
        let rank = if is_in(terms.super_admins(), inbox) {
            Rank::Owner
        } else if is_in(terms.admins(), inbox) {
            Rank::Admin
        } else {
            Rank::Member
        };
        Some(Member {
            identity: identity(network, id)?,
            aliases: addresses.map(str::to_owned).collect(),
            rank,
            is_own: *inbox == client.inbox,
        })
    };
    Some(terms.members().keys().filter_map(member).collect())
}

/// How the account stands: its installation's keys, and its groups.
pub(crate) fn facts(keys: &Keys, now: Timestamp) -> Result<Vec<Fact>, Missing> {
    let mut facts = Vec::new();
    if let Some(inbox) = Kept::over(keys).inbox()? {
        facts.push(Fact::new("inbox", inbox.to_string()));
    }
    if let Some(own) = Installation::load(keys).map_err(|_| keys_unreadable())? {
        facts.push(Fact::new("installation", hex::encode(own.public())));
    }
    let packages = KeyPackages::load(keys).map_err(|_| keys_unreadable())?;
    facts.push(Fact::new("key package", packages.told(now)));
    let records = Records(keys);
    let mut groups = Vec::new();
    for id in records.groups().map_err(|_| keys_unreadable())? {
        if let Some(record) = records.record(&id).map_err(|_| keys_unreadable())? {
            groups.push((id, record));
        }
    }
    let active: Vec<&Record> =
        groups.iter().map(|(_, it)| it).filter(|it| it.state == State::Active).collect();
    let renewed = active.iter().filter_map(|it| it.renewed_at).min();
    let oldest = renewed.map(|at| format!(", own keys in them renewed {} at last", ago(at, now)));
    let due = active.iter().filter(|it| it.renewed_at.is_none()).count();
    let due =
        if due > 0 { format!(", {due} with own keys still to be renewed") } else { String::new() };
    facts.push(Fact::new("groups", format!("{}{}{due}", active.len(), oldest.unwrap_or_default())));
    for (id, record) in &groups {
        let name = if facts.len() > MAX_NAMED {
            None
        } else {
            Place::Group(id.as_bytes().to_vec()).name()
        };
        let Some(name) = name else { continue };
        match &record.state {
            State::Paused(version) => facts.push(Fact::new(
                name.as_str(),
                format!("needs a newer client ({version} or later)"),
            )),
            State::Removed => {
                facts.push(Fact::new(name.as_str(), "the account was taken out of it"));
            }
            State::Active if record.is_left_behind() => {
                facts.push(Fact::new(name.as_str(), LEFT_BEHIND));
            }
            State::Active => {}
        }
    }
    Ok(facts)
}

/// How long ago something was.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    const MINUTE: u64 = 60;
    let seconds = now.since(at).as_secs();
    let (count, what) = match seconds {
        0..MINUTE => return "just now".to_owned(),
        MINUTE..3_600 => (seconds / MINUTE, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {what}{} ago", if count == 1 { "" } else { "s" })
}

/// How long something still holds.
pub(crate) fn days(of: Duration) -> u64 {
    of.as_secs() / 86_400
}
