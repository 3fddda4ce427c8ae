//! What a wallet is asked to sign: a text of our own, for this owner, about one account, for a while.

use std::time::Duration;

use alloy_primitives::keccak256;
use threadbridge_core::archive::owner::{OwnerId, OwnerKey};
use threadbridge_core::model::id::Identity;
use threadbridge_core::model::time::Timestamp;

use crate::wallet::Wallet;

/// Challenges begin with the days of UTC.
const DAY_S: i64 = 24 * 60 * 60;
/// One is good for the day that it begins with and the next.
const GOOD_FOR: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// What keeps the owner's signature from being one of something else.
const PURPOSE: &str = "threadbridge 2026 challenge";

/// A text by whose signature a wallet says whose it is. It is made from what it is about and the
/// owner's key, so that none has to be kept: asked again on the same day, it is the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The account that says it has the wallet.
    pub of: Identity,
    /// The wallet.
    pub wallet: Wallet,
    /// Until when it is good.
    pub until: Timestamp,
    for_whom: OwnerId,
    from: Timestamp,
    nonce: [u8; 16],
}

impl Challenge {
    /// The one that is given out at that time.
    #[must_use]
    pub fn given(by: &OwnerKey, of: &Identity, wallet: Wallet, now: Timestamp) -> Self {
        Self::of_day(by, of, wallet, now.as_secs().div_euclid(DAY_S))
    }

    /// All that are still good at that time, the latest first.
    #[must_use]
    pub fn good(by: &OwnerKey, of: &Identity, wallet: Wallet, now: Timestamp) -> [Self; 2] {
        let today = now.as_secs().div_euclid(DAY_S);
        [today, today.saturating_sub(1)].map(|day| Self::of_day(by, of, wallet, day))
    }

    fn of_day(by: &OwnerKey, of: &Identity, wallet: Wallet, day: i64) -> Self {
        let from = Timestamp::from_secs(day.saturating_mul(DAY_S));
        let about = format!("{}\n{wallet}\n{day}", of.uri());
        let mut nonce = [0; 16];
        // Nobody without the owner's key can tell it beforehand (RFC 8032 signs the same twice).
        let drawn = keccak256(by.sign(PURPOSE, about.as_bytes()));
        nonce.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
        let until = from.plus(GOOD_FOR);
        Self { of: of.clone(), wallet, until, for_whom: by.public(), from, nonce }
    }

    /// What is signed, to the letter.
    #[must_use]
    pub fn text(&self) -> String {
        [
            "I say by this signature that this account and this wallet are mine.".to_owned(),
            String::new(),
            format!("{ACCOUNT}{}", self.of.uri()),
            format!("{WALLET}{}", self.wallet),
            format!("For the owner of the Threadbridge store: {}", self.for_whom),
            format!("Nonce: {}", hex::encode(self.nonce)),
            format!("Good from: {}", rfc3339(self.from)),
            format!("Good until: {}", rfc3339(self.until)),
            String::new(),
            "It moves nothing, costs nothing and permits nothing.".to_owned(),
        ]
        .join("\n")
    }
}

const ACCOUNT: &str = "Account: ";
const WALLET: &str = "Wallet: ";

/// Whether a text that was signed once is a challenge about these two.
pub(crate) fn is_about(text: &str, of: &Identity, wallet: Wallet) -> bool {
    let has = |line: String| text.lines().filter(|it| **it == line).count() == 1;
    has(format!("{ACCOUNT}{}", of.uri())) && has(format!("{WALLET}{wallet}"))
}

fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_secs())
        .map_or_else(|_| "at no time".to_owned(), |at| at.to_string())
}
