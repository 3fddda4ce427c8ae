//! Looking again whose wallet an account is.

use serde::Deserialize;
use serde_json::json;
use threadbridge_core::{
    adapter::Rechecked,
    model::proof::{Proof, ProofKind},
};

use crate::{
    Lens,
    api::failure::ApiError,
    parse::{CHECKER, WALLETS},
    wire::{address::Address, batch::readable, document::ACCOUNTS, post::Account},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(deserialize_with = "readable")]
    accounts_bulk: Vec<Account>,
}

impl Lens {
    /// Whether a proof of an account's owner still holds.
    pub(crate) async fn look_again(&self, proof: &Proof) -> Result<Rechecked, ApiError> {
        let is_of_owner = proof.kind == ProofKind::AccountOwner;
        let account = proof.one.author.as_str().parse::<Address>().ok().filter(|_| is_of_owner);
        let wallet = proof.other.author.as_str().parse::<Address>().ok();
        let wallet = wallet.filter(|_| proof.other.network.as_str() == WALLETS);
        let (Some(account), Some(wallet)) = (account, wallet) else { return Ok(Rechecked::Unable) };
        let answer: Answer = self.api.read(ACCOUNTS, json!({ "addresses": [account] })).await?;
        let found = answer.accounts_bulk.into_iter().find(|it| it.address == account);
        // An API that has forgotten the account says nothing of who owns it.
        match found.and_then(|it| it.owner) {
            Some(owner) if owner == wallet => {
                Ok(Rechecked::Holds { checker: CHECKER.to_owned(), block: None })
            }
            Some(_other) => {
                Ok(Rechecked::Lapsed { reason: "the account has another owner".to_owned() })
            }
            None => Err(ApiError::Malformed { expected: "the account's owner" }),
        }
    }
}
