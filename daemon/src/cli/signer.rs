//! `threadbridge signer`: the life of an account's key on Farcaster, without its owner's wallet ever
//! coming near.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use threadbridge_core::model::id::AccountName;
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_farcaster::{Farcaster, KeyTerms, LONGEST_DAYS, SignerState};

use super::output::{print, print_json, rfc3339};
use super::runtime;
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::registry;
use crate::settings::Settings;
use crate::settings::account::AccountSettings;

/// How long the network may take to include what a node has taken.
const INCLUDED_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long one account's nodes may take to tell of its key.
const ASKED_FOR: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Shows what the account's key may sign, and until when.
    Show {
        /// The account.
        account: String,
    },
    /// Prints what the owner's wallet has to sign so that the key may speak for the fid, or may go
    /// on doing so: two EIP-712 messages, for the wallet that has custody of the fid.
    Request {
        /// The account.
        account: String,
        /// After how many days without use the key expires.
        #[arg(long, default_value_t = LONGEST_DAYS)]
        #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(LONGEST_DAYS)))]
        days: u32,
    },
    /// Adds or renews the key by what the wallet signed.
    Add {
        /// The account.
        account: String,
        /// The file with what `request` printed.
        request: PathBuf,
        /// The wallet's signature of `SignedKeyRequest`: 0x and 130 hexadecimal digits.
        #[arg(long)]
        signed_key_request: String,
        /// The wallet's signature of `KeyAdd`.
        #[arg(long)]
        key_add: String,
    },
    /// Takes the key away from the fid, for good.
    Revoke {
        /// The account.
        account: String,
    },
}

/// What `request` prints and `add` reads.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    terms: KeyTerms,
    sign: Vec<Value>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    match &args.act {
        Act::Show { account } => {
            let state =
                block_on(home, account, async |it| it.signer_state().await.or_exit(Exit::Network))?;
            print(&shown(&state))
        }
        Act::Request { account, days } => {
            let terms = block_on(home, account, async |it| {
                it.key_terms(*days, Clock::System.now()).await.or_exit(Exit::Network)
            })?;
            let sign = terms.to_sign().into_iter().flatten().collect();
            print_json(&Request { terms, sign })
        }
        Act::Add { account, request, signed_key_request, key_add } => {
            let text = fs::read(request).or_exit(Exit::Failed)?;
            let Request { terms, .. } = serde_json::from_slice(&text).or_exit(Exit::Failed)?;
            let signatures = (signature(signed_key_request)?, signature(key_add)?);
            block_on(home, account, async |it| add(&it, &terms, &signatures).await)?;
            print("the network has the key; `threadbridge signer show` tells until when")
        }
        Act::Revoke { account } => {
            block_on(home, account, async |it| revoke(&it).await)?;
            print("the key is taken away; the network refuses what the bridge says with it")
        }
    }
}

/// What the keys of all accounts may sign that have such keys, or why nobody tells.
pub(super) fn states(
    home: &Home,
    settings: &Settings,
) -> Result<BTreeMap<AccountName, String>, Failure> {
    let mut states = BTreeMap::new();
    for (name, account) in &settings.accounts {
        let AccountSettings::Farcaster(_) = account else { continue };
        let state = block_on(home, name.as_str(), async |it| {
            Ok(match tokio::time::timeout(ASKED_FOR, it.signer_state()).await {
                Ok(Ok(state)) => shown(&state),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no node tells what its key may sign".to_owned(),
            })
        })?;
        states.insert(name.clone(), state);
    }
    Ok(states)
}

async fn add(
    adapter: &Farcaster,
    terms: &KeyTerms,
    (request, addition): &(Vec<u8>, Vec<u8>),
) -> Result<(), Failure> {
    let now = Clock::System.now();
    adapter.add_key(terms, (request, addition), now).await.or_exit(Exit::Failed)?;
    soon(async || adapter.has_used(terms).await.or_exit(Exit::Network)).await
}

async fn revoke(adapter: &Farcaster) -> Result<(), Failure> {
    adapter.revoke_key(Clock::System.now()).await.or_exit(Exit::Failed)?;
    soon(async || {
        let state = adapter.signer_state().await.or_exit(Exit::Network)?;
        Ok(matches!(state, SignerState::Removed | SignerState::Unknown))
    })
    .await
}

/// Waits until the network has included what a node took.
async fn soon(is_so: impl AsyncFn() -> Result<bool, Failure>) -> Result<(), Failure> {
    let until = tokio::time::Instant::now() + INCLUDED_WITHIN;
    while !is_so().await? {
        if tokio::time::Instant::now() > until {
            let what = "a node took it, but the network has not included it yet; look again later";
            return Err(Failure::new(Exit::Network, what));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

fn block_on<T>(
    home: &Home,
    name: &str,
    act: impl AsyncFnOnce(Farcaster) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let settings = home.load()?.settings;
    let account = AccountName::parse(name).ok();
    let account = account.and_then(|name| settings.accounts.get_key_value(&name));
    let Some((name, account)) = account else {
        let what = format!("the settings have no account `{name}`");
        return Err(Failure::new(Exit::Settings, what));
    };
    let secrets = registry::secrets(home, name, account).or_exit(Exit::Settings)?;
    // Clients of nodes live in the runtime.
    runtime()?.block_on(async {
        let adapter = match account {
            AccountSettings::Farcaster(settings) => {
                registry::farcaster(name, settings, &secrets).or_exit(Exit::Settings)?
            }
            AccountSettings::Lens(_) | AccountSettings::Xmtp(_) => {
                let what = format!("`{name}` is on {}, which has no such keys", account.network());
                return Err(Failure::new(Exit::Settings, what));
            }
        };
        act(adapter).await
    })
}

fn signature(text: &str) -> Result<Vec<u8>, Failure> {
    let digits = text.trim().strip_prefix("0x").unwrap_or(text.trim());
    match hex::decode(digits) {
        Ok(bytes) if bytes.len() == 65 => Ok(bytes),
        Ok(_) | Err(_) => {
            let what = "a signature is 0x and 130 hexadecimal digits";
            Err(Failure::new(Exit::Failed, what))
        }
    }
}

fn shown(state: &SignerState) -> String {
    match state {
        SignerState::Absent => "the account has no key: it only reads".to_owned(),
        SignerState::Unknown => "the fid does not have the account's key".to_owned(),
        SignerState::Removed => "the account's key was removed from the fid".to_owned(),
        SignerState::OutOfScope { scopes } => {
            format!("the account's key may not cast, but sign: {}", scopes.join(", "))
        }
        SignerState::Active { expires_at_s, scopes } => {
            let what = if scopes.is_empty() { "everything".to_owned() } else { scopes.join(", ") };
            let at = expires_at_s.and_then(|at_s| i64::try_from(at_s).ok());
            let until = match at.and_then(|at_s| rfc3339(Timestamp::from_secs(at_s))) {
                Some(at) => format!("until {at} if it is not used before"),
                None => "without end".to_owned(),
            };
            format!("the account's key may sign: {what}; {until}")
        }
    }
}
