//! Wallets that sign for the owner whose they are.

use threadbridge_core::archive::owner::OwnerKey;
use threadbridge_core::model::id::Identity;
use threadbridge_core::model::person::{Bond, Worth};
use threadbridge_core::model::proof::Proof;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::people;
use threadbridge_core::store::Store;
use threadbridge_ethereum::{
    Challenge, EnsName, Node, NotVouched, Unproven, Wallet, WalletSignature, can_have_wallet,
};

use crate::exit::{Exit, Failure, OrExit};

/// The signature of a challenge, as the owner has it from somebody.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// Whose the wallet is said to be.
    pub(crate) of: Identity,
    /// The wallet.
    pub(crate) wallet: Wallet,
    /// By which name the owner knows it.
    pub(crate) name: Option<EnsName>,
    /// What it signed.
    pub(crate) signature: WalletSignature,
}

/// What may be wrong with whom a wallet is to be verified for.
pub(crate) fn check(of: &Identity) -> Result<(), Failure> {
    if can_have_wallet(of) {
        return Ok(());
    }
    let why = "that is a wallet itself; name the account that says it has the wallet";
    Err(Failure::new(Exit::Settings, why))
}

impl Signed {
    /// Checks the signature and keeps what it proves. Tells what came of it.
    pub(crate) async fn keep(
        self,
        store: &Store,
        node: Option<&Node>,
        now: Timestamp,
    ) -> Result<String, Failure> {
        check(&self.of)?;
        let owner = OwnerKey::of(&store.snapshot().or_exit(Exit::Store)?);
        let challenges = Challenge::good(&owner, &self.of, self.wallet, now);
        let proof = match (self.signature.proves(&challenges, now), node) {
            (Ok(proof), _) => proof,
            // It may be a contract, which only the chain can ask.
            (Err(Unproven::Signature), Some(node)) => {
                let vouched = self.signature.proves_by_contract(node, &challenges, now).await;
                vouched.map_err(|error| match error {
                    NotVouched::Unproven(error) => Failure::new(Exit::Failed, error),
                    NotVouched::Node(error) => Failure::new(Exit::Network, error),
                })?
            }
            (Err(error @ Unproven::Signature), None) => {
                let why = format!("{error}; a wallet that is a contract {NO_NODE}");
                return Err(Failure::new(Exit::Failed, why));
            }
            (Err(error), _) => return Err(Failure::new(Exit::Failed, error)),
        };
        let kept = proof.clone();
        store.write(move |unit| people::prove(unit, kept, now)).await.or_exit(Exit::Store)?;
        let mut told = came_of(store, &proof)?;
        if let (Some(name), Some(node)) = (&self.name, node) {
            told = format!("{told}\n{}", keep_name(store, node, name, now).await?);
        }
        Ok(told)
    }
}

/// What is said where there is nobody to ask about the chain.
pub(crate) const NO_NODE: &str =
    "can only be asked through a node of Ethereum: name one as `rpc` in `[ethereum]`";

/// Keeps that a name and its wallet name each other, if they do. Tells what came of it.
async fn keep_name(
    store: &Store,
    node: &Node,
    name: &EnsName,
    now: Timestamp,
) -> Result<String, Failure> {
    let name_of = name.as_str();
    match name.proves(node, now).await.or_exit(Exit::Network)? {
        Some(proof) => {
            store.write(move |unit| people::prove(unit, proof, now)).await.or_exit(Exit::Store)?;
            Ok(format!("{name_of} and the wallet name each other; that is shown, and joins nobody"))
        }
        None => Ok(format!(
            "{name_of} leads to the wallet, but the wallet does not say that it is called so"
        )),
    }
}

/// What a proof is worth now that it is kept.
fn came_of(store: &Store, proof: &Proof) -> Result<String, Failure> {
    let snapshot = store.snapshot().or_exit(Exit::Store)?;
    let kin = people::kin(&snapshot, &proof.one).or_exit(Exit::Store)?;
    let is_it = |it: &&Bond| proof.joins(&it.one, &it.other);
    let worth = kin.bonds.iter().filter(is_it).map(|it| &it.worth);
    let told = match worth.max_by_key(|it| matches!(it, Worth::Joins)) {
        Some(Worth::Joins) => "they are one person; `person separate` undoes it",
        Some(Worth::Ambiguous) => {
            "the proof is kept, but several accounts of one network claim the wallet, so it joins \
             nobody; `person join` does by your word"
        }
        Some(Worth::Separated) => {
            "the proof is kept, but you separated one of the two; `person restore` lets it join them"
        }
        Some(Worth::Shown | Worth::Lapsed { .. }) | None => "the proof is kept, and joins nobody",
    };
    Ok(told.to_owned())
}
