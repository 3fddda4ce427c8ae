//! Who is signed in, and as whom one could be.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::input::{Evm, PageSize, nothing, request};
use super::page::Page;
use super::turn::Turn;
use crate::lens::clock::date_time;
use crate::lens::graphql::{Code, Failure, reference};
use crate::lens::show::{account, object};
use crate::lens::world::TEST_APP;
use crate::lens::world::id::shown;
use crate::lens::world::session::{Role, Session};

type Arguments = Map<String, Value>;

pub(super) fn me(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    nothing(arguments)?;
    let address = turn.me()?;
    let session = turn.signed_in()?;
    let found = turn.world.accounts.get(&address).ok_or_else(Failure::unauthenticated)?;
    let manager = found.managers.get(&session.claim.signer);
    let logged_in_as = match (session.claim.role, manager) {
        (Role::Manager, Some(manager)) => account::managed(found, *manager),
        (Role::Manager, None) => {
            return Err(Failure::new(Code::Forbidden, "The signer is not a manager any more"));
        }
        (Role::Owner | Role::Onboarding | Role::Builder, _) => account::owned(found),
    };
    let limit = json!({
        "window": "DAY", "allowanceLeft": 1000, "allowanceUsed": 0, "allowance": 1000,
    });
    Ok(object(
        "MeResult",
        json!({
            "loggedInAs": logged_in_as,
            "isSignless": found.is_signless,
            "isSponsored": true,
            "appLoggedIn": shown(session.claim.app.unwrap_or(TEST_APP)),
            "limit": object("SponsorshipAllowance", limit),
        }),
    ))
}

fn session_object(session: &Session) -> Value {
    object(
        "AuthenticatedSession",
        json!({
            "authenticationId": session.id,
            "app": shown(session.claim.app.unwrap_or(TEST_APP)),
            "browser": session.agent,
            "device": null,
            "os": null,
            "origin": session.claim.origin,
            "signer": shown(session.claim.signer),
            "createdAt": date_time(session.created_ms),
            "updatedAt": date_time(session.updated_ms),
            "expiresAt": date_time(session.until_ms),
        }),
    )
}

pub(super) fn current(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    nothing(arguments)?;
    turn.signed_in().map(session_object)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SessionsRequest {
    app: Option<Evm>,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

pub(super) fn all(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: SessionsRequest = request(arguments)?;
    let mine = turn.signed_in()?;
    let page = Page::of(
        "ActiveAuthentications",
        ("authenticatedSessions", arguments),
        (asked.page_size, asked.cursor.as_deref()),
    )?;
    let app = asked.app.map(|Evm(app)| app);
    let is_mine = |session: &&Session| {
        session.claim.account == mine.claim.account
            && session.claim.signer == mine.claim.signer
            && (app.is_none() || session.claim.app == app)
    };
    let mut sessions: Vec<_> = turn.world.sessions.open.values().filter(is_mine).collect();
    sessions.sort_by_key(|session| std::cmp::Reverse(session.nth));
    let items = sessions.into_iter().map(|session| (session.nth, session_object(session)));
    page.show(items, &turn.world.faults)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RevokeRequest {
    authentication_id: String,
}

pub(super) fn revoke(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let RevokeRequest { authentication_id } = request(arguments)?;
    let claim = turn.signed_in()?.claim.clone();
    let found = turn.world.sessions.open.get(&authentication_id);
    let is_mine = found.is_some_and(|session| {
        session.claim.signer == claim.signer && session.claim.account == claim.account
    });
    if !is_mine {
        return Err(Failure::input("authenticationId: not a session of yours"));
    }
    turn.world.sessions.close(&authentication_id);
    Ok(json!(""))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastRequest {
    address: Evm,
    app: Option<Evm>,
}

pub(super) fn last(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let LastRequest { address: Evm(address), app } = request(arguments)?;
    let app = app.map(|Evm(app)| app);
    let of_key = |session: &&Session| {
        session.claim.signer == address && (app.is_none() || session.claim.app == app)
    };
    let latest = turn.world.sessions.open.values().filter(of_key).max_by_key(|s| s.updated_ms);
    let account = latest.and_then(|session| session.claim.account);
    Ok(account.map_or(Value::Null, |account| reference("Account", account)))
}

#[derive(Debug, Deserialize)]
enum Shown {
    #[serde(rename = "NONE_HIDDEN")]
    Open,
    #[serde(rename = "HIDDEN_ONLY")]
    Hidden,
    #[serde(rename = "ALL")]
    All,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AvailableRequest {
    managed_by: Evm,
    include_owned: Option<bool>,
    hidden_filter: Option<Shown>,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

pub(super) fn available(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: AvailableRequest = request(arguments)?;
    let Evm(key) = asked.managed_by;
    let page = Page::of(
        "AccountsAvailable",
        ("accountsAvailable", arguments),
        (asked.page_size, asked.cursor.as_deref()),
    )?;
    let with_owned = asked.include_owned.unwrap_or(true);
    // Nobody hides accounts here.
    let shows_any = !matches!(asked.hidden_filter, Some(Shown::Hidden));
    let mut found: Vec<(u64, Value)> = Vec::new();
    for of in turn.world.accounts.values().filter(|_| shows_any) {
        if of.owner == key && with_owned {
            found.push((of.nth, account::owned(of)));
        } else if let Some(manager) = of.managers.get(&key) {
            found.push((of.nth, account::managed(of, *manager)));
        }
    }
    found.sort_by_key(|(nth, _)| std::cmp::Reverse(*nth));
    page.show(found.into_iter(), &turn.world.faults)
}
