//! `threadbridge person verify`: walks the owner through the proof that somebody has a wallet.

use std::io::{self, BufRead, IsTerminal, Read};

use serde::Serialize;
use threadbridge_core::archive::owner::OwnerKey;
use threadbridge_core::model::id::Identity;
use threadbridge_core::model::time::Clock;
use threadbridge_core::store::Snapshot;
use threadbridge_ethereum::{Challenge, EnsName, NETWORK, Unresolved, Wallet};

use super::output::{harmless, instant, print, print_json, rfc3339, tell};
use super::{runtime, whom};
use crate::control::{PersonAct, Request};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::settings::Settings;
use crate::{order, registry, unlock, vouch, word};

/// No signature that is typed is longer.
const MAX_TYPED_BYTES: u64 = 32 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whose wallet it is said to be: NETWORK:ID, an id, or a name.
    who: String,
    /// The wallet's address, or a name of ENS that leads to it; asked for at the terminal if it is
    /// left out.
    wallet: Option<String>,
    /// What the wallet gave for the challenge; asked for at the terminal if it is left out.
    #[arg(long, value_name = "0x…")]
    signature: Option<String>,
    /// Prints the challenge as JSON, and asks for nothing.
    #[arg(long, conflicts_with = "signature")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Shown {
    account: String,
    wallet: String,
    text: String,
    until: Option<String>,
}

pub(super) fn run(home: &Home, settings: &Settings, args: &Args) -> Result<(), Failure> {
    let (of, challenge, name) = {
        let snapshot = unlock::snapshot(home, settings)?;
        let of = account(&snapshot, &args.who)?;
        vouch::check(&of)?;
        let wallet = match &args.wallet {
            Some(text) => text.clone(),
            None => asked("which wallet is it? ")?.ok_or_else(no_wallet)?,
        };
        let (wallet, name) = found(home, settings, &wallet)?;
        let owner = OwnerKey::of(&snapshot);
        let challenge = Challenge::given(&owner, &of, wallet, Clock::System.now());
        (of, challenge, name)
    };
    if args.json {
        return print_json(&Shown {
            account: of.uri(),
            wallet: challenge.wallet.to_string(),
            text: challenge.text(),
            until: rfc3339(challenge.until),
        });
    }
    let signature = match &args.signature {
        Some(signature) => signature.clone(),
        None => {
            print(&steps(&challenge))?;
            match asked("the signature: ")? {
                Some(signature) => signature,
                None => return Ok(()),
            }
        }
    };
    let wallet = challenge.wallet.to_string();
    let act = PersonAct::Verify { one: of.uri(), wallet, name, signature };
    print(&order::carry_out(home, settings, &Request::Person { act })?)
}

/// The wallet that a text names, and the name if it is one.
fn found(
    home: &Home,
    settings: &Settings,
    text: &str,
) -> Result<(Wallet, Option<String>), Failure> {
    if !text.contains('.') {
        return Ok((Wallet::parse(text).or_exit(Exit::Settings)?, None));
    }
    let name = EnsName::parse(text).or_exit(Exit::Settings)?;
    let Some(node) = registry::ethereum(home, settings).or_exit(Exit::Settings)? else {
        let why = format!("a name of ENS {}", vouch::NO_NODE);
        return Err(Failure::new(Exit::Settings, why));
    };
    let (wallet, _) = runtime()?.block_on(name.wallet(&node)).map_err(|error| match error {
        Unresolved::Node(error) => Failure::new(Exit::Network, error),
        error @ (Unresolved::Nowhere
        | Unresolved::OffChain
        | Unresolved::Id(_)
        | Unresolved::Evidence(_)) => Failure::new(Exit::Failed, error),
    })?;
    Ok((wallet, Some(name.as_str().to_owned())))
}

/// The one account whose wallet it is said to be.
fn account(snapshot: &Snapshot, who: &str) -> Result<Identity, Failure> {
    if let Ok(identity) = word::identity(who) {
        return Ok(identity);
    }
    let known = whom::find(snapshot, who).or_exit(Exit::Failed)?;
    let identities = known.person.identities.into_iter();
    let mut accounts: Vec<_> = identities.filter(|it| it.network.as_str() != NETWORK).collect();
    match (accounts.pop(), accounts.pop()) {
        (Some(one), None) => Ok(one),
        (one, another) => {
            let names: Vec<_> = [one, another].iter().flatten().map(Identity::uri).collect();
            let why = format!("say by which of their accounts they answer: {}", names.join(", "));
            Err(Failure::new(Exit::Settings, harmless(&why)))
        }
    }
}

/// What the owner and the other one do, in order.
fn steps(challenge: &Challenge) -> String {
    let (of, wallet) = (harmless(&challenge.of.uri()), challenge.wallet);
    format!(
        "1. Send this text to {of}, there and to nobody else: whoever signs it is taken to be them.\n\n\
         {}\n\n\
         2. They have the wallet sign it as a message (EIP-191, `personal_sign`), to the letter and \
         before {}, and send you what it gives: 0x and hexadecimal digits.\n\
         3. Type that here, or later: threadbridge person verify {of} {wallet} --signature 0x…",
        challenge.text(),
        instant(challenge.until),
    )
}

/// What is typed at the terminal, or came by standard input; nothing if nobody types anything.
fn asked(question: &str) -> Result<Option<String>, Failure> {
    if io::stdin().is_terminal() {
        tell(question);
    }
    let mut line = String::new();
    io::stdin().lock().take(MAX_TYPED_BYTES).read_line(&mut line).or_exit(Exit::Failed)?;
    let line = line.trim();
    Ok((!line.is_empty()).then(|| line.to_owned()))
}

fn no_wallet() -> Failure {
    Failure::new(Exit::Settings, "which wallet is it? name its address after whose it is")
}
