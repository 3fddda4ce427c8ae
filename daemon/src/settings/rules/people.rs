//! People against accounts and legs.

use std::collections::{BTreeMap, BTreeSet};

use figment::value::Value;
use threadbridge_core::model::id::Leg;

use super::{Accounts, misfit, written_legs};
use crate::settings::fault::{listed, nearest};
use crate::settings::key_path::KeyPath;
use crate::settings::merge::At;
use crate::settings::shape::Misfit;

/// Checks people against accounts and links.
pub(super) fn check(root: &Value, accounts: &Accounts, misfits: &mut Vec<Misfit>) {
    let direct = root.as_dict().and_then(|root| root.get("direct")).and_then(Value::as_dict);
    let listed = direct.and_then(|it| it.get("accounts")).and_then(Value::as_array);
    let listed = listed.into_iter().flatten().enumerate();
    let path = KeyPath::default().key("direct");
    for (index, name) in listed.filter_map(|(n, it)| Some((n, it.as_str()?))) {
        misfits.extend(unknown(name, accounts, (&path.key("accounts").index(index), At::Value)));
    }
    let reply_on = direct.and_then(|it| it.get("reply_on")).and_then(Value::as_str);
    if let Some(name) = reply_on.filter(|it| !["last", "order"].contains(it)) {
        misfits.extend(unknown(name, accounts, (&path.key("reply_on"), At::Value)));
    }
    let legs = all_legs(root);
    let people = root.as_dict().and_then(|root| root.get("people")).and_then(Value::as_array);
    let path = KeyPath::default().key("people");
    let mut seen = Seen::default();
    for (index, person) in people.into_iter().flatten().enumerate() {
        let path = path.index(index);
        let at = |key: &str| person.as_dict().and_then(|person| person.get(key));
        if at("name").and_then(Value::as_str).is_some_and(|name| !seen.names.insert(name)) {
            let problem = "somebody else is called that already";
            misfits.push(misfit(&path.key("name"), At::Value, problem, "a name of their own"));
        }
        let is = at("is").and_then(Value::as_array).into_iter().flatten();
        for (index, entry) in is.enumerate().filter_map(|(n, it)| Some((n, it.as_str()?))) {
            let path = path.key("is").index(index);
            if !seen.presences.insert(entry) {
                let problem = "that is somebody already";
                misfits.push(misfit(&path, At::Value, problem, "each account and identity once"));
            }
            if !entry.contains(':') {
                misfits.extend(unknown(entry, accounts, (&path, At::Value)));
            }
        }
        let voices = at("voices").and_then(Value::as_dict).into_iter().flatten();
        for (by, voice) in voices.filter_map(|(by, voice)| Some((by.as_str(), voice.as_str()?))) {
            let path = path.key("voices").key(by);
            misfits.extend(unknown(by, accounts, (&path, At::Key)));
            misfits.extend(unknown(voice, accounts, (&path, At::Value)));
            let fault = voice_fault((by, voice), accounts, &legs, &mut seen);
            misfits.extend(
                fault.map(|(problem, expected)| misfit(&path, At::Value, problem, expected)),
            );
        }
    }
}

/// What was named before.
#[derive(Default)]
struct Seen<'v> {
    names: BTreeSet<&'v str>,
    presences: BTreeSet<&'v str>,
    /// Voices, with the account that they speak beside.
    voices: BTreeMap<&'v str, &'v str>,
}

fn all_legs(root: &Value) -> Vec<Leg> {
    let links = root.as_dict().and_then(|root| root.get("links")).and_then(Value::as_array);
    let path = KeyPath::default();
    links.into_iter().flatten().flat_map(|it| written_legs(it, &path)).map(|it| it.leg).collect()
}

fn unknown(name: &str, accounts: &Accounts, (path, at): (&KeyPath, At)) -> Option<Misfit> {
    if accounts.contains_key(name) {
        return None;
    }
    let known = || accounts.keys().map(String::as_str);
    let expected = format!("one of {}", listed(known()));
    let nearest = nearest(name, known()).map(str::to_owned);
    Some(Misfit { nearest, ..misfit(path, at, "there is no such account", &expected) })
}

/// Why an account cannot be somebody's voice beside another.
fn voice_fault<'v>(
    (by, voice): (&'v str, &'v str),
    accounts: &Accounts,
    legs: &[Leg],
    seen: &mut Seen<'v>,
) -> Option<(&'static str, &'static str)> {
    if by == voice {
        return Some(("an account cannot be a voice beside itself", "two accounts"));
    }
    if seen.voices.insert(voice, by).is_some() {
        return Some(("the account is a voice already", "an account for each voice"));
    }
    if legs.iter().any(|leg| leg.account.as_str() == voice) {
        let problem = "the account has legs of its own, so it cannot be a voice";
        return Some((problem, "an account that no link uses"));
    }
    let of = |name: &str| accounts.get(name)?.settings.as_ref();
    let (leg_account, voice_account) = (of(by)?, of(voice)?);
    if leg_account.network() != voice_account.network() {
        return Some(("the two accounts are on different networks", "two accounts on one network"));
    }
    let told = legs.iter().filter(|leg| leg.account.as_str() == by);
    let is_whole = accounts.get(voice).is_some_and(|it| it.is_whole);
    let mute = told.into_iter().find_map(|leg| voice_account.muteness(&leg.conversation));
    mute.filter(|_| is_whole).map(|mute| (mute.problem, mute.expected))
}
