//! The rules of identity logs, each kept and broken.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer as _;
use proptest::prelude::*;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use threadbridge_core::{
    model::{
        id::{AccountName, Network},
        time::Timestamp,
    },
    store::{Keys, Store},
};

use super::{
    contract::{Claim, Verdicts},
    draft::Draft,
    examine::{Unexamined, examine},
    inbox::{FIRST_NONCE, InboxId},
    installation,
    logs::{Logs, Untaken},
    member::Member,
    person::Person,
    proofs::proofs,
    refused::Refused,
    state::Replay,
    text::text,
    wallet::signature_of,
};
use crate::wire::proto::identity::{
    self as proto, IdentityUpdate, LegacyDelegatedSignature, LegacySignature,
    RecoverablePasskeySignature, Signature, SignedPublicKey, SmartContractWalletSignature,
    UnsignedPublicKey, get_identity_updates_response::IdentityUpdateLog, identity_action::Kind,
    legacy_signature::Union, signature::Signature as Kinds, unsigned_public_key,
};

const AT: u64 = 1_700_000_000_123_456_789;

/// Every chain says the same, or nothing.
struct Chains(Option<bool>);

impl Verdicts for Chains {
    fn verdict(&self, _digest: &[u8; 32]) -> Option<bool> {
        self.0
    }
}

fn follow(updates: &[IdentityUpdate]) -> Result<Replay, Refused> {
    let mut replay = Replay::default();
    for update in updates {
        match examine(update, &Chains(Some(true))) {
            Ok(examined) => replay.follow(&examined)?,
            Err(Unexamined::Refused(refused)) => return Err(refused),
            Err(Unexamined::NeedsVerdict(_)) => panic!("every verdict was given"),
        }
    }
    Ok(replay)
}

fn refused(updates: &[IdentityUpdate]) -> Refused {
    follow(updates).unwrap_err()
}

fn members(updates: &[IdentityUpdate]) -> Vec<Member> {
    follow(updates).unwrap().state.unwrap().members().keys().cloned().collect()
}

fn sorted(mut members: Vec<Member>) -> Vec<Member> {
    members.sort();
    members
}

fn app(person: &Person, nth: u8) -> Member {
    Member::Installation(person.installation(nth))
}

/// `newcomer`'s wallet into `owner`'s inbox, by the wallets of both.
fn linked(owner: &Person, newcomer: &Person, at_ns: u64) -> IdentityUpdate {
    let draft = Draft::add(owner.inbox(), &newcomer.member(), at_ns).unwrap();
    let (by, itself) = (owner.by_wallet(&draft), newcomer.by_wallet(&draft));
    draft.signed_by(&by, Some(&itself))
}

fn revoked(owner: &Person, by: &Person, member: &Member, at_ns: u64) -> IdentityUpdate {
    let draft = Draft::revoke(owner.inbox(), std::slice::from_ref(member), at_ns).unwrap();
    let by = by.by_wallet(&draft);
    draft.signed_by(&by, None)
}

fn recovered(owner: &Person, by: &Person, next: &Person, at_ns: u64) -> IdentityUpdate {
    let draft = Draft::recover(owner.inbox(), &next.member(), at_ns).unwrap();
    let by = by.by_wallet(&draft);
    draft.signed_by(&by, None)
}

/// The same update with other signatures where `change` says so.
fn changed(update: &IdentityUpdate, change: impl Fn(&mut Kind)) -> IdentityUpdate {
    let mut update = update.clone();
    for action in &mut update.actions {
        change(action.kind.as_mut().unwrap());
    }
    update
}

#[test]
fn a_text_is_exact_to_the_byte() {
    let mut update = IdentityUpdate {
        actions: Vec::new(),
        client_timestamp_ns: 12,
        inbox_id: "fcd18d86276d7a99fe522dba9660c420f03c8648785ada7c5daae232a3df77a9".to_owned(),
    };
    let ethereum = |address: &str| {
        let kind = proto::member_identifier::Kind::EthereumAddress(address.to_owned());
        Some(proto::MemberIdentifier { kind: Some(kind) })
    };
    let key = |bytes: &[u8]| {
        let kind = proto::member_identifier::Kind::InstallationPublicKey(bytes.to_vec());
        Some(proto::MemberIdentifier { kind: Some(kind) })
    };
    let passkey = |key: &[u8]| {
        let passkey = proto::Passkey { key: key.to_vec(), relying_party: Some("x".to_owned()) };
        let kind = proto::member_identifier::Kind::Passkey(passkey);
        Some(proto::MemberIdentifier { kind: Some(kind) })
    };
    let add = |new_member_identifier| {
        Kind::Add(proto::AddAssociation { new_member_identifier, ..Default::default() })
    };
    let revoke = |member_to_revoke| {
        Kind::Revoke(proto::RevokeAssociation { member_to_revoke, ..Default::default() })
    };
    let kinds = [
        Kind::CreateInbox(proto::CreateInbox {
            initial_identifier: "0x1234567890abcdef1234567890abcdef12345678".to_owned(),
            ..Default::default()
        }),
        add(ethereum("0x4567890abcdef1234567890abcdef12345678123")),
        add(key(&[1, 2, 3])),
        add(passkey(&[4, 5])),
        revoke(ethereum("0x4567890abcdef1234567890abcdef12345678123")),
        revoke(key(&[1, 2, 3])),
        revoke(passkey(&[4, 5])),
        Kind::ChangeRecoveryAddress(proto::ChangeRecoveryAddress {
            new_recovery_identifier: "0x7890abcdef1234567890abcdef12345678123456".to_owned(),
            ..Default::default()
        }),
    ];
    update.actions =
        kinds.into_iter().map(|kind| proto::IdentityAction { kind: Some(kind) }).collect();
    let expected = "XMTP : Authenticate to inbox

Inbox ID: fcd18d86276d7a99fe522dba9660c420f03c8648785ada7c5daae232a3df77a9
Current time: 1970-01-01T00:00:00Z

- Create inbox
  (Owner: 0x1234567890abcdef1234567890abcdef12345678)
- Link address to inbox
  (Address: 0x4567890abcdef1234567890abcdef12345678123)
- Grant messaging access to app
  (ID: 010203)
- Link passkey to inbox
  (Passkey: 0405)
- Unlink address from inbox
  (Address: 0x4567890abcdef1234567890abcdef12345678123)
- Revoke messaging access from app
  (ID: 010203)
- Unlink passkey from inbox
  (Passkey: 0405)
- Change inbox recovery address
  (Address: 0x7890abcdef1234567890abcdef12345678123456)

For more info: https://xmtp.org/signatures";
    assert_eq!(text(&update).unwrap(), expected);
}

#[test]
fn a_text_shows_whole_seconds_cut_off() {
    let at = |client_timestamp_ns| {
        let update = IdentityUpdate { client_timestamp_ns, ..IdentityUpdate::default() };
        text(&update).unwrap().lines().nth(3).unwrap().to_owned()
    };
    assert_eq!(at(AT), "Current time: 2023-11-14T22:13:20Z");
    assert_eq!(at(1_700_000_000_999_999_999), "Current time: 2023-11-14T22:13:20Z");
    // One nanosecond before the epoch, as signed numbers have it.
    assert_eq!(at(u64::MAX), "Current time: 1969-12-31T23:59:59Z");
}

#[test]
fn a_registration_makes_an_inbox_with_one_signature_of_the_wallet() {
    let alice = Person::new(7);
    let state = follow(&[alice.registered(AT)]).unwrap().state.unwrap();
    assert_eq!(state.inbox(), alice.inbox());
    assert_eq!(state.recovery(), Some(&alice.member()));
    assert_eq!(state.installations().into_iter().collect::<Vec<_>>(), [alice.installation(1)]);
    assert_eq!(state.addresses(), [alice.member().to_string()]);
    let joining = &state.members()[&app(&alice, 1)];
    assert_eq!((joining.parent.as_ref(), joining.at_ns), (Some(&alice.member()), Some(AT)));
}

#[test]
fn a_signature_over_another_text_proves_nothing() {
    let alice = Person::new(7);
    let later = IdentityUpdate { client_timestamp_ns: AT + 1_000_000_000, ..alice.registered(AT) };
    // Another address is recovered, and the installation's signature does not verify at all.
    assert_eq!(refused(&[later]), Refused::Signature);
}

#[test]
fn nobody_makes_an_inbox_for_somebody_else_or_twice() {
    let (alice, mallory) = (Person::new(7), Person::new(9));
    let draft = Draft::create(&alice.member(), FIRST_NONCE, mallory.installation(1), AT).unwrap();
    assert_eq!(refused(&[mallory.sign(draft, 1)]), Refused::NotAllowed);
    let again = [alice.registered(AT), alice.registered(AT + 1)];
    assert_eq!(refused(&again), Refused::Exists);
}

#[test]
fn an_inbox_is_made_by_a_signature_that_fits_its_owner() {
    let alice = Person::new(7);
    let wrong = changed(&alice.registered(AT), |kind| {
        if let Kind::CreateInbox(create) = kind {
            create.initial_identifier_signature = None;
        }
    });
    assert_eq!(refused(&[wrong]), Refused::Incomplete);
    let draft = Draft::create(&alice.member(), FIRST_NONCE, alice.installation(1), AT).unwrap();
    let by = alice.by_installation(1, &draft);
    assert_eq!(refused(&[draft.signed_by(&by, Some(&by))]), Refused::NotAllowed);
}

#[test]
fn an_update_of_another_inbox_is_refused() {
    let (alice, bob) = (Person::new(7), Person::new(8));
    let draft = Draft::create(&alice.member(), FIRST_NONCE, alice.installation(1), AT).unwrap();
    let mut update = IdentityUpdate::decode(draft.to_bytes().as_slice()).unwrap();
    update.inbox_id = bob.inbox().to_string();
    let draft = Draft::from_bytes(&update.encode_to_vec()).unwrap();
    assert_eq!(refused(&[alice.sign(draft, 1)]), Refused::OtherInbox);
}

#[test]
fn nothing_happens_in_an_inbox_that_was_not_made() {
    let alice = Person::new(7);
    assert_eq!(refused(&[alice.joined(2, AT)]), Refused::NotMade);
    assert_eq!(refused(&[revoked(&alice, &alice, &app(&alice, 1), AT)]), Refused::NotMade);
    assert_eq!(refused(&[recovered(&alice, &alice, &alice, AT)]), Refused::NotMade);
    let empty = IdentityUpdate { inbox_id: alice.inbox().to_string(), ..IdentityUpdate::default() };
    assert_eq!(refused(&[empty]), Refused::NotMade);
}

#[test]
fn a_member_adds_a_wallet_and_an_installation_and_a_stranger_does_not() {
    let (alice, bob, mallory) = (Person::new(7), Person::new(8), Person::new(9));
    let log = [alice.registered(AT), alice.joined(2, AT + 1), linked(&alice, &bob, AT + 2)];
    let expected = vec![alice.member(), bob.member(), app(&alice, 1), app(&alice, 2)];
    assert_eq!(members(&log), sorted(expected));
    let draft = Draft::add(alice.inbox(), &app(&mallory, 1), AT + 1).unwrap();
    let forged = [alice.registered(AT), mallory.sign(draft, 1)];
    assert_eq!(refused(&forged), Refused::NotAllowed);
}

#[test]
fn who_joins_signs_and_is_who_is_named() {
    let (alice, bob) = (Person::new(7), Person::new(8));
    let draft = Draft::add(alice.inbox(), &bob.member(), AT + 1).unwrap();
    let by = alice.by_wallet(&draft);
    let forged = draft.signed_by(&by, Some(&by));
    assert_eq!(refused(&[alice.registered(AT), forged]), Refused::NewMember);
}

#[test]
fn nobody_adds_themselves() {
    let alice = Person::new(7);
    let draft = Draft::add(alice.inbox(), &alice.member(), AT + 1).unwrap();
    let by = alice.by_wallet(&draft);
    let update = draft.signed_by(&by, Some(&by));
    assert_eq!(refused(&[alice.registered(AT), update]), Refused::SelfAdded);
}

#[test]
fn an_installation_adds_a_wallet_and_no_installation() {
    let (alice, bob) = (Person::new(7), Person::new(8));
    let draft = Draft::add(alice.inbox(), &bob.member(), AT + 1).unwrap();
    let (by, itself) = (alice.by_installation(1, &draft), bob.by_wallet(&draft));
    let log = [alice.registered(AT), draft.signed_by(&by, Some(&itself))];
    let state = follow(&log).unwrap().state.unwrap();
    assert_eq!(state.members()[&bob.member()].parent, Some(app(&alice, 1)));
    let draft = Draft::add(alice.inbox(), &app(&alice, 2), AT + 1).unwrap();
    let (by, itself) = (alice.by_installation(1, &draft), alice.by_installation(2, &draft));
    let log = [alice.registered(AT), draft.signed_by(&by, Some(&itself))];
    assert_eq!(refused(&log), Refused::AddedByInstallation);
}

#[test]
fn a_signature_serves_one_update_only() {
    let (alice, bob) = (Person::new(7), Person::new(8));
    let added = linked(&alice, &bob, AT + 1);
    let taken = revoked(&alice, &alice, &bob.member(), AT + 2);
    assert!(follow(&[alice.registered(AT), added.clone(), taken.clone()]).is_ok());
    let replayed = [alice.registered(AT), added.clone(), taken.clone(), added.clone()];
    assert_eq!(refused(&replayed), Refused::Replayed);
    let again = [alice.registered(AT), added, taken.clone(), taken];
    assert_eq!(refused(&again), Refused::Replayed);
}

#[test]
fn the_other_form_of_a_signature_is_no_other_signature() {
    let (alice, bob) = (Person::new(7), Person::new(8));
    let added = linked(&alice, &bob, AT + 1);
    let taken = revoked(&alice, &alice, &bob.member(), AT + 2);
    // The upper `s` with the number of the lower one: the same signature, written otherwise.
    let turned = changed(&added, |kind| {
        let Kind::Add(add) = kind else { return };
        for signature in [&mut add.existing_member_signature, &mut add.new_member_signature] {
            let Some(Kinds::Erc191(wallet)) = &mut signature.as_mut().unwrap().signature else {
                panic!("a wallet signed")
            };
            let made = k256::ecdsa::Signature::from_slice(&wallet.bytes[..64]).unwrap();
            let (r, s) = made.split_scalars();
            let upper = k256::ecdsa::Signature::from_scalars(r, -s).unwrap();
            wallet.bytes[..64].copy_from_slice(&upper.to_bytes());
        }
    });
    assert_ne!(turned, added);
    assert!(follow(&[alice.registered(AT), turned.clone()]).is_ok());
    assert_eq!(refused(&[alice.registered(AT), added, taken, turned]), Refused::Replayed);
}

#[test]
fn who_recovers_revokes_and_nobody_else() {
    let (alice, bob) = (Person::new(7), Person::new(8));
    let log = [alice.registered(AT), linked(&alice, &bob, AT + 1)];
    let by_bob = revoked(&alice, &bob, &app(&alice, 1), AT + 2);
    assert_eq!(refused(&[log[0].clone(), log[1].clone(), by_bob]), Refused::NotAllowed);
    let by_alice = revoked(&alice, &alice, &app(&alice, 1), AT + 2);
    let expected = sorted(vec![alice.member(), bob.member()]);
    assert_eq!(members(&[log[0].clone(), log[1].clone(), by_alice]), expected);
}

#[test]
fn with_a_member_go_the_installations_that_it_added_and_nobody_else() {
    let (alice, bob, carol) = (Person::new(7), Person::new(8), Person::new(10));
    let by_bob = |member: &Member, by_itself: &dyn Fn(&Draft) -> Signature, at| {
        let draft = Draft::add(alice.inbox(), member, at).unwrap();
        let (by, itself) = (bob.by_wallet(&draft), by_itself(&draft));
        draft.signed_by(&by, Some(&itself))
    };
    let log = [
        alice.registered(AT),
        linked(&alice, &bob, AT + 1),
        by_bob(&app(&bob, 1), &|draft| bob.by_installation(1, draft), AT + 2),
        by_bob(&carol.member(), &|draft| carol.by_wallet(draft), AT + 3),
        revoked(&alice, &alice, &bob.member(), AT + 4),
    ];
    let expected = vec![alice.member(), carol.member(), app(&alice, 1)];
    assert_eq!(members(&log), sorted(expected));
}

#[test]
fn who_recovers_an_inbox_adds_to_it_without_being_in_it() {
    let (alice, bob) = (Person::new(7), Person::new(8));
    let mut log = vec![alice.registered(AT), revoked(&alice, &alice, &alice.member(), AT + 1)];
    assert_eq!(members(&log), [], "its installation goes with it");
    log.push(alice.joined(2, AT + 2));
    assert_eq!(members(&log), [app(&alice, 2)]);
    log.push(recovered(&alice, &alice, &bob, AT + 3));
    log.push(alice.joined(3, AT + 4));
    assert_eq!(refused(&log), Refused::NotAllowed);
}

#[test]
fn who_recovers_changes_who_recovers_and_nobody_else() {
    let (alice, bob) = (Person::new(7), Person::new(8));
    let log = vec![alice.registered(AT), recovered(&alice, &alice, &bob, AT + 1)];
    let state = follow(&log).unwrap().state.unwrap();
    assert_eq!(state.recovery(), Some(&bob.member()));
    assert!(!state.is_member(&bob.member()), "who recovers need not be a member");
    let mut again = log.clone();
    again.push(recovered(&alice, &alice, &alice, AT + 2));
    assert_eq!(refused(&again), Refused::NotAllowed);
    let mut back = log;
    back.push(recovered(&alice, &bob, &alice, AT + 2));
    assert!(follow(&back).is_ok());
}

#[test]
fn an_update_that_fails_in_its_last_action_changes_nothing() {
    let (alice, bob) = (Person::new(7), Person::new(8));
    let mut replay = follow(&[alice.registered(AT)]).unwrap();
    let before = replay.clone();
    let member = app(&alice, 2);
    let draft = Draft::add(alice.inbox(), &member, AT + 1).unwrap();
    let mut update = IdentityUpdate::decode(draft.to_bytes().as_slice()).unwrap();
    let more = Draft::add(alice.inbox(), &bob.member(), AT + 1).unwrap().to_bytes();
    update.actions.extend(IdentityUpdate::decode(more.as_slice()).unwrap().actions);
    let draft = Draft::from_bytes(&update.encode_to_vec()).unwrap();
    let update = alice.sign(draft, 2);
    let examined = examine(&update, &Chains(None)).unwrap();
    assert_eq!(replay.follow(&examined), Err(Refused::NewMember));
    assert_eq!(replay, before);
}

fn contract(account_id: &str, signature: u8) -> Signature {
    let signature = SmartContractWalletSignature {
        account_id: account_id.to_owned(),
        block_number: 12,
        signature: vec![signature; 70],
    };
    Signature { signature: Some(Kinds::Erc6492(signature)) }
}

const CONTRACT: &str = "0x00000000000000000000000000000000000000cc";

fn contract_inbox(chain: u64) -> (InboxId, IdentityUpdate) {
    let (alice, owner) = (Person::new(7), Member::Ethereum(CONTRACT.to_owned()));
    let draft = Draft::create(&owner, FIRST_NONCE, alice.installation(1), AT).unwrap();
    let by = contract(&format!("eip155:{chain}:{}", CONTRACT.replace('c', "C")), 1);
    let inbox = InboxId::made_by(&owner, FIRST_NONCE).unwrap();
    (inbox, draft.signed(&by, &alice.seed(1)).unwrap())
}

#[test]
fn a_contract_signs_when_its_chain_says_so() {
    let (_, update) = contract_inbox(232);
    let Err(Unexamined::NeedsVerdict(claims)) = examine(&update, &Chains(None)) else {
        panic!("nobody was asked")
    };
    assert_eq!(claims.len(), 2, "one for each action, of which one verdict serves both");
    assert_eq!(claims[0].digest(), claims[1].digest());
    assert_eq!((claims[0].block, claims[0].hash.len()), (12, 32));
    assert!(matches!(
        examine(&update, &Chains(Some(false))),
        Err(Unexamined::Refused(Refused::Signature))
    ));
    let state = follow(&[update]).unwrap().state.unwrap();
    assert_eq!(state.addresses(), [CONTRACT]);
}

#[test]
fn a_contract_stays_on_its_chain() {
    let alice = Person::new(7);
    let (inbox, made) = contract_inbox(232);
    let added = |chain: u64| {
        let draft = Draft::add(inbox, &app(&alice, 2), AT + 1).unwrap();
        let by = contract(&format!("eip155:{chain}:{CONTRACT}"), 2);
        draft.signed(&by, &alice.seed(2)).unwrap()
    };
    let revoked = |chain: u64| {
        let draft = Draft::revoke(inbox, &[app(&alice, 1)], AT + 1).unwrap();
        draft.signed_by(&contract(&format!("eip155:{chain}:{CONTRACT}"), 2), None)
    };
    assert!(follow(&[made.clone(), added(232)]).is_ok());
    assert_eq!(refused(&[made.clone(), added(1)]), Refused::Chain);
    assert!(follow(&[made.clone(), revoked(232)]).is_ok());
    assert_eq!(refused(&[made, revoked(1)]), Refused::Chain);
}

#[test]
fn what_is_no_account_of_a_chain_is_not_asked_about() {
    let (inbox, alice) = (contract_inbox(1).0, Person::new(7));
    for account in ["", CONTRACT, "eip155:1", "solana:1:abc", "eip155:+1:0x00", "eip155:1:0x1:2"] {
        let draft = Draft::add(inbox, &app(&alice, 2), AT).unwrap();
        let update = draft.signed(&contract(account, 1), &alice.seed(2)).unwrap();
        let unexamined = examine(&update, &Chains(None)).unwrap_err();
        assert_eq!(unexamined, Unexamined::Refused(Refused::Signature), "{account}");
    }
}

fn passkey(text: &str) -> (Member, Signature) {
    let key = p256::ecdsa::SigningKey::from_slice(&[5; 32]).unwrap();
    let public_key = key.verifying_key().to_sec1_point(true).as_bytes().to_vec();
    let challenge = URL_SAFE_NO_PAD.encode(text);
    let client_data_json = format!(
        r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://app.test"}}"#
    )
    .into_bytes();
    let authenticator_data = vec![3; 37];
    let signed = [authenticator_data.clone(), Sha256::digest(&client_data_json).to_vec()].concat();
    let made: p256::ecdsa::Signature = key.sign(&signed);
    let signature = RecoverablePasskeySignature {
        public_key: public_key.clone(),
        signature: made.to_der().as_bytes().to_vec(),
        authenticator_data,
        client_data_json,
    };
    (Member::Passkey(public_key), Signature { signature: Some(Kinds::Passkey(signature)) })
}

#[test]
fn a_passkey_makes_an_inbox_and_signs_what_it_was_shown() {
    let alice = Person::new(7);
    let (owner, _) = passkey("");
    let draft = Draft::create(&owner, FIRST_NONCE, alice.installation(1), AT).unwrap();
    let (_, by) = passkey(draft.text());
    let log = [draft.clone().signed(&by, &alice.seed(1)).unwrap()];
    assert_eq!(members(&log), sorted(vec![owner, app(&alice, 1)]));
    let (_, other) = passkey("something else");
    let forged = draft.signed(&other, &alice.seed(1)).unwrap();
    assert_eq!(refused(&[forged]), Refused::Signature);
}

/// A key of the second version of the network, signed by `person`'s wallet, that signs `text`.
fn legacy(person: &Person, text: &str) -> Signature {
    let key = Person::new(42);
    let point = k256::ecdsa::SigningKey::from_slice(&[42; 32]).unwrap();
    let point = point.verifying_key().to_encoded_point(false).as_bytes().to_vec();
    let union = unsigned_public_key::Union::Secp256k1Uncompressed(
        unsigned_public_key::Secp256k1Uncompressed { bytes: point },
    );
    let key_bytes = UnsignedPublicKey { created_ns: 1, union: Some(union) }.encode_to_vec();
    let create = format!(
        "XMTP : Create Identity\n{}\n\nFor more info: https://xmtp.org/signatures/",
        hex::encode(&key_bytes)
    );
    let bytes = |signature: Signature| match signature.signature {
        Some(Kinds::Erc191(wallet)) => wallet.bytes,
        _ => panic!("a wallet signed"),
    };
    let by_wallet = bytes(person.wallet.sign(&create).unwrap());
    let ecdsa = legacy_signature_of(&by_wallet);
    let delegated_key = SignedPublicKey { key_bytes, signature: Some(ecdsa) };
    let made = bytes(key.wallet.sign(text).unwrap());
    Signature {
        signature: Some(Kinds::DelegatedErc191(LegacyDelegatedSignature {
            delegated_key: Some(delegated_key),
            signature: Some(proto::RecoverableEcdsaSignature { bytes: made }),
        })),
    }
}

fn legacy_signature_of(bytes: &[u8]) -> LegacySignature {
    let ecdsa = proto::legacy_signature::Ecdsa {
        bytes: bytes[..64].to_vec(),
        recovery: u32::from(bytes[64]) - 27,
    };
    LegacySignature { union: Some(Union::WalletEcdsaCompact(ecdsa)) }
}

#[test]
fn a_legacy_key_makes_the_inbox_of_nonce_zero_only() {
    let alice = Person::new(7);
    let made = |nonce| {
        let draft = Draft::create(&alice.member(), nonce, alice.installation(1), AT).unwrap();
        let by = legacy(&alice, draft.text());
        draft.signed(&by, &alice.seed(1)).unwrap()
    };
    assert_eq!(members(&[made(0)]), sorted(vec![alice.member(), app(&alice, 1)]));
    assert_eq!(refused(&[made(FIRST_NONCE)]), Refused::Legacy);
    let added = {
        let draft = Draft::add(alice.inbox(), &app(&alice, 2), AT + 1).unwrap();
        let by = legacy(&alice, draft.text());
        draft.signed(&by, &alice.seed(2)).unwrap()
    };
    assert_eq!(refused(&[alice.registered(AT), added]), Refused::Legacy);
}

#[test]
fn a_legacy_key_neither_revokes_nor_changes_who_recovers() {
    let alice = Person::new(7);
    let inbox = InboxId::made_by(&alice.member(), 0).unwrap();
    let draft = Draft::create(&alice.member(), 0, alice.installation(1), AT).unwrap();
    let made = alice.sign(draft, 1);
    let revoke = Draft::revoke(inbox, &[app(&alice, 1)], AT + 1).unwrap();
    let by = legacy(&alice, revoke.text());
    let revoked = revoke.signed_by(&by, None);
    assert_eq!(refused(&[made.clone(), revoked]), Refused::SignatureKind);
    let recover = Draft::recover(inbox, &Person::new(8).member(), AT + 1).unwrap();
    let by = legacy(&alice, recover.text());
    assert_eq!(refused(&[made, recover.signed_by(&by, None)]), Refused::SignatureKind);
}

#[test]
fn a_legacy_key_that_another_wallet_signed_brings_in_that_wallet() {
    let (alice, mallory) = (Person::new(7), Person::new(9));
    let draft = Draft::create(&alice.member(), 0, alice.installation(1), AT).unwrap();
    let by = legacy(&mallory, draft.text());
    assert_eq!(refused(&[draft.signed(&by, &alice.seed(1)).unwrap()]), Refused::NotAllowed);
}

#[test]
fn an_installation_signs_with_ed25519ph_and_nothing_else() {
    use ed25519_dalek::Signer as _;
    let alice = Person::new(7);
    let draft = Draft::add(alice.inbox(), &app(&alice, 2), AT + 1).unwrap();
    let by = alice.by_wallet(&draft);
    let key = ed25519_dalek::SigningKey::from_bytes(&alice.seed(2));
    let plain = Signature {
        signature: Some(Kinds::InstallationKey(proto::RecoverableEd25519Signature {
            bytes: key.sign(draft.text().as_bytes()).to_bytes().to_vec(),
            public_key: key.verifying_key().to_bytes().to_vec(),
        })),
    };
    let forged = draft.signed_by(&by, Some(&plain));
    assert_eq!(refused(&[alice.registered(AT), forged]), Refused::Signature);
}

#[test]
fn a_signature_of_another_kind_than_its_signer_is_refused() {
    // A legacy key's signature counts for its wallet; an installation's only for an installation.
    let (alice, bob) = (Person::new(7), Person::new(8));
    let draft = Draft::add(alice.inbox(), &bob.member(), AT + 1).unwrap();
    let by = alice.by_wallet(&draft);
    let itself = installation::sign(&bob.seed(1), draft.text()).unwrap();
    let forged = draft.signed_by(&by, Some(&itself));
    assert_eq!(refused(&[alice.registered(AT), forged]), Refused::NewMember);
}

#[test]
fn more_than_anybody_needs_is_not_read() {
    let alice = Person::new(7);
    let mut update = alice.registered(AT);
    update.actions = vec![update.actions[0].clone(); 257];
    assert_eq!(refused(&[update]), Refused::TooLarge);
    let draft = Draft::add(alice.inbox(), &app(&alice, 2), AT).unwrap();
    let by = signature_of(vec![0; 1 << 20]);
    assert_eq!(refused(&[draft.signed_by(&by, None)]), Refused::TooLarge);
}

fn keys() -> Keys {
    Store::in_memory().unwrap().keys(&AccountName::parse("xmtp").unwrap()).unwrap()
}

fn entry(sequence_id: u64, update: IdentityUpdate) -> IdentityUpdateLog {
    IdentityUpdateLog { sequence_id, server_timestamp_ns: 0, update: Some(update) }
}

#[test]
fn a_log_is_known_as_of_each_of_its_entries() {
    let (alice, keys) = (Person::new(7), keys());
    let (inbox, logs) = (alice.inbox(), Logs::new(&keys));
    assert_eq!(logs.newest(inbox).unwrap(), None);
    assert!(logs.state(inbox, 0).unwrap().unwrap().members().is_empty());
    // In any order, and some of them twice.
    let first = entry(10, alice.registered(AT));
    let learnt =
        logs.take(inbox, vec![entry(20, alice.joined(2, AT + 1)), first.clone(), first]).unwrap();
    assert_eq!((learnt.newest, learnt.is_news), (20, true));
    assert_eq!(logs.state(inbox, 10).unwrap().unwrap().installations().len(), 1);
    assert_eq!(logs.state(inbox, 20).unwrap().unwrap().installations().len(), 2);
    assert_eq!(logs.state(inbox, 30).unwrap(), None);
    assert!(logs.lacks(inbox, 15).unwrap() && !logs.lacks(inbox, 30).unwrap());
    assert_eq!(logs.newest(inbox).unwrap().unwrap().0, 20);
    let again = logs.take(inbox, vec![entry(20, alice.joined(2, AT + 1))]).unwrap();
    assert!(!again.is_news);
    let evidence = logs.evidence(inbox).unwrap();
    assert_eq!(evidence[0], (10, alice.registered(AT)));
    assert_eq!(logs.checked_at(inbox).unwrap(), None);
    logs.set_checked_at(inbox, Timestamp::from_secs(9));
    assert_eq!(logs.checked_at(inbox).unwrap(), Some(Timestamp::from_secs(9)));
}

#[test]
fn a_replayed_signature_is_known_after_a_restart() {
    let (alice, bob, keys) = (Person::new(7), Person::new(8), keys());
    let (inbox, logs) = (alice.inbox(), Logs::new(&keys));
    let added = linked(&alice, &bob, AT + 1);
    let taken = revoked(&alice, &alice, &bob.member(), AT + 2);
    let log = [alice.registered(AT), added.clone(), taken, added];
    for (id, update) in (1..).zip(log) {
        let outcome = logs.take(inbox, vec![entry(id, update)]);
        match (id, outcome) {
            (4, Err(Untaken::Refused { sequence_id: 4, why: Refused::Replayed })) => {}
            (4, outcome) => panic!("it was replayed: {outcome:?}"),
            (_, outcome) => assert!(outcome.is_ok()),
        }
    }
    assert_eq!(logs.newest(inbox).unwrap().unwrap().0, 3, "what was good before it stays");
}

#[test]
fn a_log_waits_for_its_verdicts() {
    let (inbox, made) = contract_inbox(1);
    let keys = keys();
    let logs = Logs::new(&keys);
    let taken = logs.take(inbox, vec![entry(1, made.clone())]);
    let Err(Untaken::NeedsVerdict(claims)) = taken else { panic!("nobody was asked") };
    let claim: &Claim = &claims[0];
    let bytes = minicbor::to_vec(claim).unwrap();
    assert_eq!(&minicbor::decode::<Claim>(&bytes).unwrap(), claim);
    logs.set_verdict(claim, true);
    assert_eq!(logs.take(inbox, vec![entry(1, made)]).unwrap().newest, 1);
}

#[test]
fn a_log_proves_which_addresses_are_an_inboxs_and_which_no_longer() {
    let (alice, bob, keys) = (Person::new(7), Person::new(8), keys());
    let (inbox, logs) = (alice.inbox(), Logs::new(&keys));
    let network = Network::parse("xmtp").unwrap();
    let told = |since| {
        let proofs = proofs(&network, logs, inbox, since).unwrap();
        proofs.into_iter().map(|it| (it.other.uri(), it.holds(), it.id())).collect::<Vec<_>>()
    };
    logs.take(inbox, vec![entry(1, alice.registered(AT)), entry(2, alice.joined(2, AT + 1))])
        .unwrap();
    let first = told(0);
    assert_eq!(first.len(), 1);
    assert_eq!((first[0].0.clone(), first[0].1), (format!("ethereum:{}", alice.member()), true));
    logs.take(inbox, vec![entry(3, linked(&alice, &bob, AT + 2))]).unwrap();
    assert_eq!(told(0)[0], first[0], "what was proven stays the same proof");
    let bobs = format!("ethereum:{}", bob.member());
    assert_eq!((told(2)[0].0.clone(), told(2)[0].1, told(2).len()), (bobs.clone(), true, 1));
    let taken = revoked(&alice, &alice, &bob.member(), AT + 3);
    logs.take(inbox, vec![entry(4, taken)]).unwrap();
    assert_eq!((told(3)[0].0.clone(), told(3)[0].1, told(3).len()), (bobs, false, 1));
}

#[test]
fn another_inbox_in_a_log_is_refused() {
    let (alice, bob, keys) = (Person::new(7), Person::new(8), keys());
    let taken = Logs::new(&keys).take(bob.inbox(), vec![entry(1, alice.registered(AT))]);
    assert!(matches!(taken, Err(Untaken::Refused { why: Refused::OtherInbox, .. })));
}

proptest! {
    #[test]
    fn no_bytes_panic_and_none_are_believed(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(update) = IdentityUpdate::decode(bytes.as_slice()) {
            prop_assert!(follow(&[update]).is_err());
        }
    }

    #[test]
    fn an_update_with_any_bit_turned_is_refused_or_means_the_same(bit in 0_usize..4_000) {
        let alice = Person::new(7);
        let update = alice.registered(AT);
        let mut bytes = update.encode_to_vec();
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let before = follow(&[update]).unwrap().state;
        if let Some(Ok(after)) = IdentityUpdate::decode(bytes.as_slice()).ok().map(|it| follow(&[it])) {
            // What the text leaves out may differ: fractions of the second, and unknown fields.
            let members = |state: &super::state::State| state.members().keys().cloned().collect::<Vec<_>>();
            prop_assert_eq!(members(&after.state.unwrap()), members(&before.unwrap()));
        }
    }
}
