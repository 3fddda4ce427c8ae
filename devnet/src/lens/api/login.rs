//! Signing in: a challenge, its signature, three tokens.

use alloy_primitives::Address;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::input::{Evm, request};
use super::turn::Turn;
use crate::lens::graphql::{Code, Failure};
use crate::lens::show::object;
use crate::lens::world::id::{CHAIN_ID, uuid};
use crate::lens::world::session::{Challenge, Claim, Role, Session};
use crate::lens::world::{TEST_APP, World};
use crate::lens::{clock, token, wallet};

type Arguments = Map<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ChallengeRequest {
    AccountOwner(OwnerRequest),
    AccountManager(DelegateRequest),
    OnboardingUser(OnboardingRequest),
    Builder(BuilderRequest),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnerRequest {
    app: Option<Evm>,
    account: Evm,
    owner: Evm,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DelegateRequest {
    app: Option<Evm>,
    account: Evm,
    manager: Evm,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnboardingRequest {
    app: Option<Evm>,
    wallet: Evm,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BuilderRequest {
    address: Evm,
}

pub(super) fn challenge(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let origin = turn.caller.origin.clone();
    let origin = origin.ok_or_else(|| Failure::request("The Origin header is required"))?;
    let host = host(&origin).ok_or_else(|| Failure::request("The Origin header is no origin"))?;
    let claim = claim(turn.world, request(arguments)?, &origin)?;
    if let Some(app) = claim.app {
        let app = turn.world.apps.get(&app).ok_or_else(|| Failure::input("app: not an app"))?;
        if !app.allows(host) {
            let reason = "The Origin header does not match a domain of the app";
            return Err(Failure::new(Code::Forbidden, reason));
        }
    }
    let lasts_ms = u64::try_from(turn.world.pace.challenge_for.as_millis()).unwrap_or(u64::MAX);
    let until_ms = turn.now_ms.saturating_add(lasts_ms);
    let text = text(host, &claim, (turn.now_ms, until_ms));
    let challenge = Challenge { claim, text: text.clone(), until_ms };
    let id = turn.world.sessions.challenge(challenge, turn.now_ms);
    Ok(object("AuthenticationChallenge", json!({ "id": id, "text": text })))
}

fn claim(world: &World, request: ChallengeRequest, origin: &str) -> Result<Claim, Failure> {
    let app = |app: Option<Evm>| Some(app.map_or(TEST_APP, |Evm(app)| app));
    let claim = |role, signer, (account, app)| Claim {
        role,
        signer,
        account,
        app,
        origin: origin.to_owned(),
    };
    Ok(match request {
        ChallengeRequest::AccountOwner(asked) => {
            let (account, owner) = (asked.account.0, asked.owner.0);
            if known(world, account)? != owner {
                return Err(Failure::input("owner: not the owner of the account"));
            }
            claim(Role::Owner, owner, (Some(account), app(asked.app)))
        }
        ChallengeRequest::AccountManager(asked) => {
            let (account, manager) = (asked.account.0, asked.manager.0);
            known(world, account)?;
            if !world.accounts.get(&account).is_some_and(|of| of.managers.contains_key(&manager)) {
                return Err(Failure::input("manager: not a manager of the account"));
            }
            claim(Role::Manager, manager, (Some(account), app(asked.app)))
        }
        ChallengeRequest::OnboardingUser(asked) => {
            claim(Role::Onboarding, asked.wallet.0, (None, app(asked.app)))
        }
        ChallengeRequest::Builder(asked) => claim(Role::Builder, asked.address.0, (None, None)),
    })
}

fn known(world: &World, account: Address) -> Result<Address, Failure> {
    let account = world.accounts.get(&account);
    account.map(|account| account.owner).ok_or_else(|| Failure::input("account: not an account"))
}

/// The host of an origin, with its port if it has one.
fn host(origin: &str) -> Option<&str> {
    let (scheme, host) = origin.split_once("://")?;
    let is_plain = !host.is_empty() && !host.contains(['/', '?', '#', '@']);
    ((scheme == "https" || scheme == "http") && is_plain).then_some(host)
}

/// A sign-in message (EIP-4361).
fn text(host: &str, claim: &Claim, (now_ms, until_ms): (u64, u64)) -> String {
    let statement = match claim.account {
        Some(account) => format!("Sign in to Lens as the account {account}."),
        None => "Sign in to Lens.".to_owned(),
    };
    format!(
        "{host} wants you to sign in with your Ethereum account:\n{}\n\n{statement}\n\n\
         URI: {}\nVersion: 1\nChain ID: {CHAIN_ID}\nNonce: {}\nIssued At: {}\n\
         Expiration Time: {}",
        claim.signer,
        claim.origin,
        uuid().replace('-', ""),
        clock::instant(now_ms),
        clock::instant(until_ms),
    )
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedAuthChallenge {
    id: String,
    signature: String,
}

pub(super) fn authenticate(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let signed: SignedAuthChallenge = request(arguments)?;
    let refused = |typename: &str, reason: &str| Ok(object(typename, json!({ "reason": reason })));
    let Some(challenge) = turn.world.sessions.answer(&signed.id) else {
        return refused("ExpiredChallengeError", "The challenge is not known, or was used");
    };
    if challenge.until_ms <= turn.now_ms {
        return refused("ExpiredChallengeError", "The challenge has expired");
    }
    let claim = challenge.claim;
    if wallet::signer(&challenge.text, &signed.signature) != Some(claim.signer) {
        return refused("WrongSignerError", "The challenge was signed by somebody else");
    }
    if let Some(account) = claim.account
        && !is_still(turn.world, account, claim.signer)
    {
        return refused("ForbiddenError", "The signer no longer speaks for the account");
    }
    let app = claim.app.and_then(|app| turn.world.apps.get(&app));
    if let Some(reason) = app.and_then(|app| app.forbids.clone()) {
        return refused("ForbiddenError", &reason);
    }
    let until_ms = turn.now_ms.saturating_add(refresh_ms(turn.world));
    let session =
        turn.world.sessions.open(claim, turn.caller.agent.clone(), (turn.now_ms, until_ms));
    tokens(turn, session)
}

fn is_still(world: &World, account: Address, signer: Address) -> bool {
    world
        .accounts
        .get(&account)
        .is_some_and(|account| account.owner == signer || account.managers.contains_key(&signer))
}

fn refresh_ms(world: &World) -> u64 {
    u64::try_from(world.pace.refresh_for.as_millis()).unwrap_or(u64::MAX)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RefreshRequest {
    refresh_token: String,
}

pub(super) fn refresh(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: RefreshRequest = request(arguments)?;
    let session = turn.world.sessions.of_refresh(&asked.refresh_token, turn.now_ms).cloned();
    let still = session.filter(|session| {
        let claim = &session.claim;
        claim.account.is_none_or(|account| is_still(turn.world, account, claim.signer))
    });
    match still {
        Some(session) => {
            let counts = &mut turn.world.sessions.counts;
            counts.refreshes = counts.refreshes.saturating_add(1);
            tokens(turn, session)
        }
        None => Ok(object(
            "ForbiddenError",
            json!({ "reason": "The refresh token was used, revoked, or has expired" }),
        )),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchRequest {
    account: Evm,
}

pub(super) fn switch(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let SwitchRequest { account: Evm(account) } = request(arguments)?;
    let mut session = turn.signed_in()?.clone();
    let signer = session.claim.signer;
    let role = match turn.world.accounts.get(&account) {
        Some(account) if account.owner == signer => Role::Owner,
        Some(account) if account.managers.contains_key(&signer) => Role::Manager,
        _ => {
            let reason = "The signer neither owns nor manages the account";
            return Ok(object("ForbiddenError", json!({ "reason": reason })));
        }
    };
    session.claim.role = role;
    session.claim.account = Some(account);
    tokens(turn, session)
}

/// New tokens for a session; its refresh token of before is worth nothing from now on.
fn tokens(turn: &mut Turn<'_>, mut session: Session) -> Result<Value, Failure> {
    let internal = |_| Failure::new(Code::Internal, "The tokens could not be signed");
    let key = token::key().map_err(internal)?;
    let pace = turn.world.pace;
    let access_s = pace.access_for.as_secs();
    let now_ms = turn.now_ms;
    session.updated_ms = now_ms;
    session.until_ms = now_ms.saturating_add(refresh_ms(turn.world));
    let claims = |audience: Value, lasts_s: u64| {
        let claim = &session.claim;
        let mut claims = json!({
            "sub": claim.signer.to_string(),
            "iss": &*turn.issuer,
            "aud": audience,
            "iat": now_ms / 1000,
            "exp": (now_ms / 1000).saturating_add(lasts_s),
            "jti": uuid(),
            "sid": session.id,
            "tag:lens.dev,2024:role": claim.role.word(),
            "tag:lens.dev,2024:sponsored": true,
        });
        if let (Some(account), Some(fields)) = (claim.account, claims.as_object_mut()) {
            fields.insert("act".to_owned(), json!({ "sub": account.to_string() }));
        }
        claims
    };
    let app = session.claim.app.map(|app| app.to_string());
    let mut access = claims(json!(&*turn.issuer), access_s);
    if let (Some(app), Some(fields)) = (&app, access.as_object_mut()) {
        fields.insert("client_id".to_owned(), json!(app));
    }
    let refresh = claims(json!(&*turn.issuer), pace.refresh_for.as_secs());
    let identity = claims(app.map_or_else(|| json!(&*turn.issuer), Value::from), access_s);
    let access = key.sign(&access).map_err(internal)?;
    let refresh = key.sign(&refresh).map_err(internal)?;
    let identity = key.sign(&identity).map_err(internal)?;
    session.refresh.clone_from(&refresh);
    // RFC 7519 §4.1.4: not on or after the second that `exp` names.
    let until_ms = (now_ms / 1000).saturating_add(access_s).saturating_mul(1000);
    turn.world.sessions.grant(access.clone(), &session.id, (now_ms, until_ms));
    turn.world.sessions.open.insert(session.id.clone(), session);
    Ok(object(
        "AuthenticationTokens",
        json!({ "accessToken": access, "refreshToken": refresh, "idToken": identity }),
    ))
}
