use k256::ecdsa::SigningKey;
use k256::elliptic_curve::scalar::IsHigh;
use proptest::prelude::{any, prop, proptest};
use threadbridge_core::archive::owner::OwnerKey;
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor};
use threadbridge_core::model::proof::{Proof, ProofKind};
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Store;

use super::*;
use crate::signature::InvalidSignature;

const DAY: i64 = 24 * 60 * 60;
const NOW: Timestamp = Timestamp::from_secs(20_000 * DAY + 1_000);

fn owner() -> OwnerKey {
    OwnerKey::of(&Store::in_memory().unwrap().snapshot().unwrap())
}

fn identity(author: &str) -> Identity {
    let (network, author) = (Network::parse("casts"), RemoteAuthor::parse(author));
    Identity { network: network.unwrap(), author: author.unwrap() }
}

/// A wallet that is a key.
struct Holder(SigningKey);

impl Holder {
    fn new(seed: u8) -> Self {
        Self(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    fn wallet(&self) -> Wallet {
        Wallet(alloy_primitives::Address::from_private_key(&self.0))
    }

    fn signs(&self, text: &str) -> WalletSignature {
        let digest = alloy_primitives::eip191_hash_message(text);
        let (signature, recovery) = self.0.sign_prehash_recoverable(digest.as_slice()).unwrap();
        let bytes = [&signature.to_bytes()[..], &[27 + recovery.to_byte()]].concat();
        WalletSignature::parse(&format!("0x{}", hex::encode(bytes))).unwrap()
    }
}

fn proven(by: &OwnerKey, holder: &Holder, given_at: Timestamp) -> Result<Proof, Unproven> {
    let five = identity("5");
    let challenge = Challenge::given(by, &five, holder.wallet(), given_at);
    let signature = holder.signs(&challenge.text());
    signature.proves(&Challenge::good(by, &five, holder.wallet(), NOW), NOW)
}

#[test]
fn a_challenge_says_what_it_is_for_and_until_when() {
    let (owner, holder) = (owner(), Holder::new(7));
    let challenge = Challenge::given(&owner, &identity("5"), holder.wallet(), NOW);
    let text = challenge.text();
    assert!(text.contains("\nAccount: casts:5\n"), "{text}");
    assert!(text.contains(&format!("\nWallet: {}\n", holder.wallet())), "{text}");
    assert!(text.contains(&format!("store: {}\n", owner.public())), "{text}");
    assert!(text.contains("\nGood until: 2024-10-06T00:00:00Z\n"), "{text}");
    assert!(is_about(&text, &identity("5"), holder.wallet()));
    assert!(!is_about(&text, &identity("55"), holder.wallet()));
    // Whatever it is about, for whomever and when, has a nonce of its own.
    let nonce = |by: &OwnerKey, who: &str, at| {
        let text = Challenge::given(by, &identity(who), holder.wallet(), at).text();
        text.lines().find(|it| it.starts_with("Nonce")).unwrap().to_owned()
    };
    let own = nonce(&owner, "5", NOW);
    assert_eq!(own, nonce(&owner, "5", Timestamp::from_secs(NOW.as_secs() + 60)));
    let tomorrow = Timestamp::from_secs(NOW.as_secs() + DAY);
    for other in
        [nonce(&owner, "6", NOW), nonce(&owner, "5", tomorrow), nonce(&self::owner(), "5", NOW)]
    {
        assert_ne!(own, other);
    }
}

#[test]
fn a_wallet_that_signs_in_time_proves_whose_it_is() {
    let (owner, holder) = (owner(), Holder::new(7));
    for days in [0, 1] {
        let given_at = Timestamp::from_secs(NOW.as_secs() - days * DAY);
        let proof = proven(&owner, &holder, given_at).unwrap();
        assert_eq!(
            (proof.one.uri(), proof.kind),
            ("casts:5".to_owned(), ProofKind::ChallengeSignature)
        );
        assert_eq!(proof.other.uri(), format!("ethereum:{}", holder.wallet()));
        assert_eq!(still_signed(&proof), Some("ethereum-signature/1"));
        // Whoever changes who it is about has no proof.
        for changed in [
            Proof { one: identity("6"), ..proof.clone() },
            Proof { other: Holder::new(8).wallet().identity().unwrap(), ..proof.clone() },
            Proof { evidence: b"{}".to_vec(), ..proof },
        ] {
            assert_eq!(still_signed(&changed), None);
        }
    }
    let long_ago = Timestamp::from_secs(NOW.as_secs() - 2 * DAY);
    assert!(matches!(proven(&owner, &holder, long_ago), Err(Unproven::Signature)));
    assert!(matches!(proven(&self::owner(), &holder, NOW).map(|_| ()), Ok(())));
}

#[test]
fn nothing_else_that_is_signed_proves_anything() {
    let (owner, holder, other) = (owner(), Holder::new(7), Holder::new(8));
    let five = identity("5");
    let good = Challenge::good(&owner, &five, holder.wallet(), NOW);
    let text = good[0].text();
    let about = |who: &str, of: &Holder, by: &OwnerKey| {
        Challenge::given(by, &identity(who), of.wallet(), NOW).text()
    };
    let signed = holder.signs(&text);
    for wrong in [
        other.signs(&text),
        holder.signs(&format!("{text}\n")),
        holder.signs(&about("6", &holder, &owner)),
        holder.signs(&about("5", &other, &owner)),
        holder.signs(&about("5", &holder, &self::owner())),
        malleated(&signed),
        WalletSignature::parse(signed.to_string().get(..130).unwrap()).unwrap(),
    ] {
        assert!(matches!(wrong.proves(&good, NOW), Err(Unproven::Signature)), "{wrong}");
    }
    assert!(signed.proves(&good, NOW).is_ok());
}

/// The same signature with the other S, which anybody can make of it.
fn malleated(signature: &WalletSignature) -> WalletSignature {
    let bytes = signature.as_bytes();
    let low = k256::ecdsa::Signature::from_slice(&bytes[..64]).unwrap();
    let (r, s) = (low.r(), -*low.s());
    assert!(bool::from(s.is_high()));
    let high = k256::ecdsa::Signature::from_scalars(*r, s).unwrap();
    let bytes = [&high.to_bytes()[..], &[27 + (1 - (bytes[64] - 27))]].concat();
    WalletSignature::parse(&format!("0x{}", hex::encode(bytes))).unwrap()
}

#[test]
fn what_is_not_hexadecimal_or_too_long_is_no_signature() {
    assert_eq!(WalletSignature::parse("0x"), Err(InvalidSignature::Length));
    assert_eq!(WalletSignature::parse("12"), Err(InvalidSignature::Form));
    assert_eq!(WalletSignature::parse("0xzz"), Err(InvalidSignature::Form));
    let long = format!("0x{}", "ab".repeat(8 * 1024 + 1));
    assert_eq!(WalletSignature::parse(&long), Err(InvalidSignature::Length));
}

#[test]
fn an_account_is_one_line_and_no_wallet() {
    assert!(can_have_wallet(&identity("5")));
    let wallet = Holder::new(1).wallet().identity().unwrap();
    assert!(!can_have_wallet(&wallet));
}

proptest! {
    #[test]
    fn any_bytes_are_a_signature_of_somebody_or_nobody(
        bytes in prop::collection::vec(any::<u8>(), 1..200),
        evidence in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let signature = WalletSignature::parse(&format!("0x{}", hex::encode(bytes))).unwrap();
        let holder = Holder::new(7);
        let challenges = Challenge::good(&owner(), &identity("5"), holder.wallet(), NOW);
        assert!(signature.proves(&challenges, NOW).is_err());
        let proof = proven(&owner(), &holder, NOW).unwrap();
        assert_eq!(still_signed(&Proof { evidence, ..proof }), None);
    }
}
