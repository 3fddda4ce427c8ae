//! What no single value shows: names that must be known elsewhere, entries that must differ, and
//! settings that do not go together.

mod people;

use std::collections::{BTreeMap, BTreeSet};

use figment::value::Value;
use threadbridge_core::model::id::{AccountName, Leg};
use threadbridge_core::model::link::Direction;

use crate::settings::Settings;
use crate::settings::account::{AccountSettings, Objection};
use crate::settings::fault::{listed, nearest};
use crate::settings::key_path::KeyPath;
use crate::settings::link::LegName;
use crate::settings::merge::At;
use crate::settings::shape::Misfit;

/// An account as far as it could be read.
pub(in crate::settings) struct WrittenAccount {
    pub(in crate::settings) settings: Option<AccountSettings>,
    /// Whether none of its keys was refused, so that what is not there was not meant to be.
    pub(in crate::settings) is_whole: bool,
}

impl WrittenAccount {
    fn objections(&self) -> Vec<Objection> {
        let mut found = self.settings.as_ref().map(AccountSettings::objections).unwrap_or_default();
        found.retain(|objection| self.is_whole || objection.index.is_some());
        found
    }
}

/// Accounts by their names as written.
pub(in crate::settings) type Accounts = BTreeMap<String, WrittenAccount>;

const NAME: &str = "lower-case letters, digits, `-` and `_`, beginning with a letter";

/// A leg as far as it could be read.
struct WrittenLeg {
    path: KeyPath,
    leg: Leg,
    direction: Direction,
}

/// Checks accounts and links against each other.
pub(in crate::settings) fn check(root: &Value, accounts: &Accounts) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    let path = KeyPath::default().key("accounts");
    for (name, account) in accounts {
        let path = path.key(name);
        if AccountName::parse(name.as_str()).is_err() {
            misfits.push(misfit(&path, At::Key, "an account cannot be called that", NAME));
        }
        for objection in account.objections() {
            let path = path.key(objection.key);
            let path = objection.index.map_or_else(|| path.clone(), |index| path.index(index));
            let (problem, expected) =
                objection.problem.split_once(", expected ").unwrap_or((objection.problem, ""));
            misfits.push(misfit(&path, At::Value, problem, expected));
        }
    }
    let links = root.as_dict().and_then(|root| root.get("links")).and_then(Value::as_array);
    let path = KeyPath::default().key("links");
    let mut names = BTreeSet::new();
    for (index, link) in links.into_iter().flatten().enumerate() {
        let path = path.index(index);
        let name = link.as_dict().and_then(|link| link.get("name")).and_then(Value::as_str);
        if name.is_some_and(|name| !names.insert(name)) {
            let problem = "another link is called that already";
            misfits.push(misfit(&path.key("name"), At::Value, problem, "a name of its own"));
        }
        check_legs(&written_legs(link, &path.key("legs")), accounts, &path, &mut misfits);
    }
    people::check(root, accounts, &mut misfits);
    misfits
}

fn check_legs(legs: &[WrittenLeg], accounts: &Accounts, link: &KeyPath, misfits: &mut Vec<Misfit>) {
    let mut seen = BTreeSet::new();
    for WrittenLeg { path, leg, direction } in legs {
        if !seen.insert(leg) {
            misfits.push(misfit(path, At::Value, "the link has this leg already", "each leg once"));
        }
        let name = leg.account.as_str();
        let Some(account) = accounts.get(name) else {
            let known = || accounts.keys().map(String::as_str);
            let expected = if accounts.is_empty() {
                format!("an account of that name: `[accounts.{name}]`")
            } else {
                format!("one of {}", listed(known()))
            };
            misfits.push(Misfit {
                nearest: nearest(name, known()).map(|near| format!("{near}:{}", leg.conversation)),
                ..misfit(path, At::Value, "there is no such account", &expected)
            });
            continue;
        };
        let Some(settings) = &account.settings else { continue };
        if let Some(unknown) = settings.unknown_conversation(&leg.conversation) {
            misfits.push(Misfit {
                nearest: unknown.nearest.map(|near| format!("{name}:{near}")),
                ..misfit(path, At::Value, unknown.problem, unknown.expected)
            });
        }
        let mute = settings.muteness(&leg.conversation);
        if let Some(mute) = mute.filter(|_| direction.is_told() && account.is_whole) {
            misfits.push(misfit(path, At::Value, mute.problem, mute.expected));
        }
    }
    let crosses = legs.iter().any(|from| {
        from.direction.is_heard()
            && legs.iter().any(|to| to.direction.is_told() && to.leg != from.leg)
    });
    if legs.len() >= 2 && seen.len() == legs.len() && !crosses {
        let problem = "nothing would ever cross";
        let expected =
            "a leg that is heard (`both`, `from`) and another that is told (`both`, `to`)";
        misfits.push(misfit(&link.key("legs"), At::Value, problem, expected));
    }
}

fn written_legs(link: &Value, path: &KeyPath) -> Vec<WrittenLeg> {
    let legs = link.as_dict().and_then(|link| link.get("legs")).and_then(Value::as_array);
    let read = |(index, entry): (usize, &Value)| {
        let path = path.index(index);
        let (path, text, direction) = match entry.as_dict() {
            Some(table) => {
                let direction = match table.get("direction").and_then(Value::as_str) {
                    Some("from") => Direction::From,
                    Some("to") => Direction::To,
                    _ => Direction::Both,
                };
                (path.key("leg"), table.get("leg")?.as_str()?, direction)
            }
            None => (path, entry.as_str()?, Direction::Both),
        };
        let LegName(leg) = LegName::try_from(text.to_owned()).ok()?;
        Some(WrittenLeg { path, leg, direction })
    };
    legs.into_iter().flatten().enumerate().filter_map(read).collect()
}

fn misfit(path: &KeyPath, at: At, problem: &str, expected: &str) -> Misfit {
    Misfit {
        path: path.clone(),
        at,
        problem: problem.to_owned(),
        expected: (!expected.is_empty()).then(|| expected.to_owned()),
        nearest: None,
    }
}

/// What is allowed but may surprise.
pub(in crate::settings) fn notes(settings: &Settings) -> Vec<String> {
    let Settings { accounts, links, people, direct, .. } = settings;
    let mut notes = Vec::new();
    let mut homes: BTreeMap<&Leg, Vec<&str>> = BTreeMap::new();
    for link in links {
        for leg in &link.legs {
            homes.entry(leg.leg()).or_default().push(&link.name.0);
        }
    }
    for (leg, names) in &homes {
        if names.len() > 1 {
            let names = listed(names.iter().copied());
            notes.push(format!("{leg} is in the links {names}: they are one conversation"));
        }
    }
    for name in accounts.keys() {
        let is_voice = people.iter().flat_map(|it| it.voices.values()).any(|it| it.0 == *name);
        let is_direct = direct.accounts.iter().any(|it| it.0 == *name);
        if !is_voice && !is_direct && !homes.keys().any(|leg| leg.account == *name) {
            notes.push(format!("no link uses the account `{name}`: it is not connected"));
        }
    }
    if links.is_empty() && direct.accounts.is_empty() {
        notes.push("there are no links: nothing is bridged".to_owned());
    }
    notes
}
