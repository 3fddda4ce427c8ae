use super::directory::{Directory, NotPublished};
use super::*;
use crate::xmtp::chain::Chains;
use crate::xmtp::make::{Act, Installation, Signer, Wallet, inbox_of, registration, update};
use crate::xmtp::wire::identity::IdentityUpdate;
use crate::xmtp::wire::identity::identity_action::Kind as ActionKind;
use crate::xmtp::wire::identity::signature::Signature as SignatureKind;

const S: u64 = 1_000_000_000;

struct Town {
    directory: Directory,
    chains: Chains,
    ann: Wallet,
    other: Wallet,
    phone: Installation,
    tablet: Installation,
    inbox: String,
}

impl Town {
    /// Ann's inbox with her phone.
    fn new() -> Self {
        let (ann, phone) = (Wallet::of("ann"), Installation::of("phone"));
        let mut town = Self {
            directory: Directory::default(),
            chains: Chains::default(),
            inbox: inbox_of(Signer::Wallet(&ann), 1),
            other: Wallet::of("other"),
            tablet: Installation::of("tablet"),
            ann,
            phone,
        };
        let first = registration(&town.ann, &town.phone, S);
        assert_eq!(town.publish(first), Ok(()));
        town
    }

    fn publish(&mut self, update: IdentityUpdate) -> Result<(), NotPublished> {
        self.directory.publish(update, &self.chains, 0)
    }

    fn does(&mut self, at_s: u64, acts: &[Act<'_>]) -> Result<(), String> {
        let update = update(&self.inbox, at_s * S, acts);
        self.publish(update).map_err(|error| error.to_string())
    }

    fn installations(&self) -> usize {
        self.directory.installations(&self.inbox).len()
    }
}

fn rule(rule: &str) -> Result<(), String> {
    Err(format!("association error: {rule}"))
}

#[test]
fn the_id_of_an_inbox_is_computed_as_the_network_does() {
    assert_eq!(
        inbox_id("0x1234567890abcdef1234567890abcdef12345678", 0),
        "fcd18d86276d7a99fe522dba9660c420f03c8648785ada7c5daae232a3df77a9"
    );
}

#[test]
fn the_text_to_sign_has_a_block_for_each_action() {
    let (ann, phone) = (Wallet::of("ann"), Installation::of("phone"));
    let update = registration(&ann, &phone, 1_700_000_000 * S + 999_999_999);
    let expected = format!(
        "XMTP : Authenticate to inbox\n\nInbox ID: {}\nCurrent time: 2023-11-14T22:13:20Z\n\n\
         - Create inbox\n  (Owner: {})\n- Grant messaging access to app\n  (ID: {})\n\n\
         For more info: https://xmtp.org/signatures",
        update.inbox_id,
        ann.identifier(),
        hex::encode(phone.public_key()),
    );
    assert_eq!(text(&update).unwrap(), expected);
}

#[test]
fn an_inbox_is_made_once_by_its_first_member_under_its_own_id() {
    let mut town = Town::new();
    let (ann, other) = (town.ann.clone(), town.other.clone());
    let ann = Signer::Wallet(&ann);
    assert_eq!(town.does(2, &[Act::Create(ann, 1)]), rule("multiple create operations detected"));
    let wrong = update("00", S, &[Act::Create(Signer::Wallet(&other), 1)]);
    assert_eq!(
        town.publish(wrong).unwrap_err().to_string(),
        "association error: wrong inbox id specified"
    );
    let mut forged = registration(&other, &Installation::of("forger"), S);
    let by_ann = ann.sign(&text(&forged).unwrap());
    let Some(ActionKind::CreateInbox(create)) = &mut forged.actions[0].kind else { panic!() };
    create.initial_identifier_signature = Some(by_ann);
    assert_eq!(
        town.publish(forged).unwrap_err().to_string(),
        "association error: the inbox is not created by its first member"
    );
    let nobodys = update(&inbox_id("x", 1), S, &[Act::Add(ann, Signer::Wallet(&other))]);
    let error = town.publish(nobodys).unwrap_err().to_string();
    assert_eq!(error, "association error: not created");
    assert_eq!(town.does(2, &[]), Err("action is missing".to_owned()));
}

#[test]
fn members_are_added_by_members_and_by_who_recovers() {
    let mut town = Town::new();
    let (ann, other, phone, tablet) =
        (town.ann.clone(), town.other.clone(), town.phone.clone(), town.tablet.clone());
    let (ann, other) = (Signer::Wallet(&ann), Signer::Wallet(&other));
    let (phone, tablet) = (Signer::Installation(&phone), Signer::Installation(&tablet));
    let stranger = Wallet::of("stranger");
    assert_eq!(
        town.does(2, &[Act::Add(Signer::Wallet(&stranger), tablet)]),
        rule("missing existing member")
    );
    assert_eq!(town.does(2, &[Act::Add(ann, ann)]), rule("a member may not add itself"));
    assert_eq!(
        town.does(2, &[Act::Add(phone, tablet)]),
        rule("an installation may not add an installation")
    );
    // An installation may add a wallet, and that an installation.
    assert_eq!(town.does(3, &[Act::Add(phone, other)]), Ok(()));
    assert_eq!(town.does(4, &[Act::Add(other, tablet)]), Ok(()));
    assert_eq!(town.installations(), 2);
    // Who recovers may add although no member any more.
    assert_eq!(town.does(5, &[Act::Revoke(ann, ann)]), Ok(()));
    assert_eq!(town.installations(), 1, "what a revoked member had added goes with it");
    assert_eq!(town.does(6, &[Act::Add(ann, phone)]), Ok(()));
    assert_eq!(town.installations(), 2);
}

#[test]
fn only_who_recovers_revokes_and_hands_that_on() {
    let mut town = Town::new();
    let (ann, other, phone) = (town.ann.clone(), town.other.clone(), town.phone.clone());
    let (ann, other) = (Signer::Wallet(&ann), Signer::Wallet(&other));
    let phone = Signer::Installation(&phone);
    let refused = rule("it is not signed by the recovery identifier");
    assert_eq!(town.does(2, &[Act::Add(ann, other)]), Ok(()));
    assert_eq!(town.does(3, &[Act::Revoke(other, phone)]), refused);
    assert_eq!(town.does(3, &[Act::Recover(phone, other)]), refused);
    assert_eq!(town.does(4, &[Act::Recover(ann, other)]), Ok(()));
    assert_eq!(town.does(5, &[Act::Revoke(ann, phone)]), refused);
    assert_eq!(town.does(6, &[Act::Revoke(other, ann)]), Ok(()));
    assert_eq!(town.installations(), 0, "the phone was added by the one who was revoked");
}

#[test]
fn a_signature_serves_one_update() {
    let mut town = Town::new();
    let (ann, phone) = (town.ann.clone(), town.phone.clone());
    let (ann, phone) = (Signer::Wallet(&ann), Signer::Installation(&phone));
    assert_eq!(town.does(2, &[Act::Revoke(ann, phone)]), Ok(()));
    assert_eq!(town.does(2, &[Act::Revoke(ann, phone)]), rule("replay detected"));
    // The same signature with the other S is the same signature.
    let inbox = town.inbox.clone();
    let mut again = update(&inbox, 2 * S, &[Act::Revoke(ann, phone)]);
    let Some(ActionKind::Revoke(revoke)) = &mut again.actions[0].kind else { panic!() };
    let signature = revoke.recovery_identifier_signature.as_mut().unwrap();
    let Some(SignatureKind::Erc191(signature)) = &mut signature.signature else { panic!() };
    signature.bytes = other_s(&signature.bytes);
    let error = town.publish(again).unwrap_err().to_string();
    assert_eq!(error, "association error: replay detected");
    assert_eq!(town.does(3, &[Act::Add(ann, phone)]), Ok(()));
}

/// The other signature that the curve has for the same key and text.
fn other_s(bytes: &[u8]) -> Vec<u8> {
    use alloy_primitives::{Signature, U256};
    let signature = Signature::from_raw(bytes).unwrap();
    let order = U256::from_be_slice(
        &hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").unwrap(),
    );
    let other = Signature::new(signature.r(), order - signature.s(), !signature.v());
    other.as_bytes().to_vec()
}

#[test]
fn signatures_are_checked_against_the_text() {
    let mut town = Town::new();
    let (ann, tablet) = (town.ann.clone(), town.tablet.clone());
    let acts = [Act::Add(Signer::Wallet(&ann), Signer::Installation(&tablet))];
    let inbox = town.inbox.clone();
    let good = update(&inbox, 2 * S, &acts);
    let mut later = good.clone();
    later.client_timestamp_ns += S;
    let error = town.publish(later).unwrap_err().to_string();
    assert_eq!(error, "signature validation failed: it is not the installation's");
    let mut missing = good.clone();
    let Some(ActionKind::Add(add)) = &mut missing.actions[0].kind else { panic!() };
    add.existing_member_signature = None;
    assert_eq!(town.publish(missing).unwrap_err().to_string(), "signature is missing");
    let mut short = good.clone();
    let Some(ActionKind::Add(add)) = &mut short.actions[0].kind else { panic!() };
    let signature = add.existing_member_signature.as_mut().unwrap();
    let Some(SignatureKind::Erc191(signature)) = &mut signature.signature else { panic!() };
    signature.bytes.pop();
    assert_eq!(town.publish(short).unwrap_err().to_string(), "signature is malformed");
    // A fraction of a second is not in the text.
    let mut fraction = good;
    fraction.client_timestamp_ns += 1;
    assert_eq!(town.publish(fraction), Ok(()));
}

#[test]
fn a_contract_signs_on_the_chain_that_it_was_added_on() {
    let mut town = Town::new();
    let (ann, owner) = (town.ann.clone(), Wallet::of("owner"));
    let (ann, contract) = (Signer::Wallet(&ann), "0x00000000000000000000000000000000000000aa");
    let contract = contract.parse().unwrap();
    let [on_lens, on_base] = [232, 8453].map(|chain| Signer::Contract(chain, contract, &owner));
    assert_eq!(
        town.does(2, &[Act::Add(ann, on_lens)]),
        Err("signature validation failed: the contract does not take it".to_owned())
    );
    for chain in [232, 8453] {
        town.chains.set_owner(chain, contract, owner.address());
    }
    assert_eq!(town.does(2, &[Act::Add(ann, on_lens)]), Ok(()));
    let tablet = town.tablet.clone();
    let tablet = Signer::Installation(&tablet);
    assert_eq!(town.does(3, &[Act::Add(on_base, tablet)]), rule("chain id mismatch"));
    assert_eq!(town.does(3, &[Act::Add(on_lens, tablet)]), Ok(()));
}

#[test]
fn a_log_is_full_after_256_entries() {
    let mut town = Town::new();
    let (ann, phone) = (town.ann.clone(), town.phone.clone());
    let (ann, phone) = (Signer::Wallet(&ann), Signer::Installation(&phone));
    for at in 2..=256 {
        assert_eq!(town.does(at, &[Act::Add(ann, phone)]), Ok(()));
    }
    assert_eq!(town.does(257, &[Act::Add(ann, phone)]), Err("inbox log is full".to_owned()));
    assert_eq!(town.directory.entries(&town.inbox, 0).len(), 256);
    let behind = town.directory.entries(&town.inbox, 255);
    assert_eq!(behind.iter().map(|entry| entry.sequence_id).collect::<Vec<_>>(), [256]);
}

#[test]
fn an_address_is_in_the_inbox_that_took_it_last() {
    let mut town = Town::new();
    let (ann, other) = (town.ann.clone(), town.other.clone());
    let inbox = town.inbox.clone();
    let (ann, name) = (Signer::Wallet(&ann), other.identifier());
    assert_eq!(town.directory.inbox_of(&name), None);
    town.publish(registration(&other, &Installation::of("others phone"), S)).unwrap();
    let others = inbox_of(Signer::Wallet(&other), 1);
    assert_eq!(town.directory.inbox_of(&name), Some(others.clone()));
    assert_eq!(town.does(2, &[Act::Add(ann, Signer::Wallet(&other))]), Ok(()));
    assert_eq!(town.directory.inbox_of(&name), Some(inbox));
    assert_eq!(town.does(3, &[Act::Revoke(ann, Signer::Wallet(&other))]), Ok(()));
    assert_eq!(town.directory.inbox_of(&name), Some(others));
}
