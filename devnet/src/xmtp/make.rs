//! Wallets, installations and identity updates, made by hand: for tests that say something which
//! no official client would say.

use alloy_primitives::{Address, Signature as Ecdsa, eip191_hash_message, keccak256};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::{Digest as _, Sha512};
use k256::ecdsa::SigningKey;
use prost::Message as _;

use super::identity::legacy::{Point, UnsignedPublicKey, grant};
use super::identity::{inbox_id, signature_context, text};
use super::wire::identity::identity_action::Kind;
use super::wire::identity::{
    AddAssociation, ChangeRecoveryAddress, CreateInbox, IdentityAction, IdentityUpdate,
    LegacyDelegatedSignature, LegacySignature, MemberIdentifier, RecoverableEcdsaSignature,
    RecoverableEd25519Signature, RecoverablePasskeySignature, RevokeAssociation, Signature,
    SignedPublicKey, SmartContractWalletSignature, legacy_signature, member_identifier, signature,
};

/// A key of Ethereum.
#[derive(Clone)]
pub struct Wallet(SigningKey);

impl std::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Wallet").field(&self.address()).finish()
    }
}

impl Wallet {
    /// The same wallet for the same words.
    pub fn of(words: &str) -> Self {
        let mut secret = keccak256(words);
        loop {
            if let Ok(key) = SigningKey::from_slice(secret.as_slice()) {
                return Self(key);
            }
            secret = keccak256(secret);
        }
    }

    /// The secret, in hex with `0x`.
    pub fn secret(&self) -> String {
        format!("0x{}", hex::encode(self.0.to_bytes()))
    }

    /// The wallet's address.
    pub fn address(&self) -> Address {
        Address::from_private_key(&self.0)
    }

    /// The address as XMTP has it: in lower case, with `0x`.
    pub fn identifier(&self) -> String {
        format!("{:#x}", self.address())
    }

    /// The public key as a point with both coordinates.
    pub fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().to_encoded_point(false).as_bytes().to_vec()
    }

    /// Signs a text as wallets do for people (`personal_sign`); nothing, if the curve has no
    /// signature for it, which has never been seen.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        let hash = eip191_hash_message(text);
        let signed = self.0.sign_prehash_recoverable(hash.as_slice());
        signed.map(|signed| Ecdsa::from(signed).as_bytes().to_vec()).unwrap_or_default()
    }
}

/// The key of an app's installation.
#[derive(Clone, Debug)]
pub struct Installation(ed25519_dalek::SigningKey);

impl Installation {
    /// The same installation for the same words.
    pub fn of(words: &str) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&keccak256(words).0))
    }

    /// Its public key, which is its id.
    pub fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Its secret key.
    pub fn secret(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        let hash = Sha512::new_with_prefix(text);
        let signed = self.0.sign_prehashed(hash, Some(signature_context()));
        signed.map(|signed| signed.to_bytes().to_vec()).unwrap_or_default()
    }
}

/// A passkey: a key that signs what a browser makes of a text (WebAuthn).
#[derive(Clone, Debug)]
pub struct Passkey(p256::ecdsa::SigningKey);

impl Passkey {
    /// The same passkey for the same words.
    pub fn of(words: &str) -> Self {
        let mut secret = keccak256(words);
        loop {
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(secret.as_slice()) {
                return Self(key);
            }
            secret = keccak256(secret);
        }
    }

    /// Its public key.
    pub fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().to_sec1_bytes().to_vec()
    }

    fn sign(&self, text: &str) -> RecoverablePasskeySignature {
        use p256::ecdsa::signature::Signer as _;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(text);
        let client_data_json = format!(
            r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://app.test"}}"#
        );
        let authenticator_data = vec![3; 37];
        let hash = sha2::Sha256::digest(&client_data_json);
        let what = [authenticator_data.as_slice(), hash.as_slice()].concat();
        let made: p256::ecdsa::Signature = self.0.sign(&what);
        RecoverablePasskeySignature {
            public_key: self.public_key(),
            signature: made.to_der().as_bytes().to_vec(),
            authenticator_data,
            client_data_json: client_data_json.into_bytes(),
        }
    }
}

/// What a key of the network's second version signs for the wallet that had signed it.
fn delegated(owner: &Wallet, key: &Wallet, text: &str) -> LegacyDelegatedSignature {
    let point = Some(Point { bytes: key.public_key() });
    let key_bytes =
        UnsignedPublicKey { created_ns: 7, secp256k1_uncompressed: point }.encode_to_vec();
    let granted = owner.sign(&grant(&key_bytes));
    let (compact, v) = granted.split_at(granted.len().saturating_sub(1));
    let recovery = u32::from(v.first().copied().unwrap_or_default().saturating_sub(27));
    let compact = legacy_signature::Ecdsa { bytes: compact.to_vec(), recovery };
    let union = Some(legacy_signature::Union::WalletEcdsaCompact(compact));
    LegacyDelegatedSignature {
        delegated_key: Some(SignedPublicKey {
            key_bytes,
            signature: Some(LegacySignature { union }),
        }),
        signature: Some(RecoverableEcdsaSignature { bytes: key.sign(text) }),
    }
}

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub enum Signer<'a> {
    /// A wallet, by its key.
    Wallet(&'a Wallet),
    /// A contract on a chain, by its owner's key.
    Contract(u64, Address, &'a Wallet),
    /// An installation.
    Installation(&'a Installation),
    /// A passkey.
    Passkey(&'a Passkey),
    /// A wallet, by a key of the network's second version that it had signed.
    Legacy(&'a Wallet, &'a Wallet),
}

impl Signer<'_> {
    /// A signature over `text`.
    pub fn sign(&self, text: &str) -> Signature {
        let signature = match self {
            Self::Wallet(wallet) => {
                signature::Signature::Erc191(RecoverableEcdsaSignature { bytes: wallet.sign(text) })
            }
            Self::Contract(chain, address, owner) => {
                signature::Signature::Erc6492(SmartContractWalletSignature {
                    account_id: format!("eip155:{chain}:{address:#x}"),
                    block_number: 0,
                    signature: owner.sign(text),
                })
            }
            Self::Installation(installation) => {
                signature::Signature::InstallationKey(RecoverableEd25519Signature {
                    bytes: installation.sign(text),
                    public_key: installation.public_key().to_vec(),
                })
            }
            Self::Passkey(passkey) => signature::Signature::Passkey(passkey.sign(text)),
            Self::Legacy(owner, key) => {
                signature::Signature::DelegatedErc191(delegated(owner, key, text))
            }
        };
        Signature { signature: Some(signature) }
    }

    /// As a member of an inbox.
    pub fn member(&self) -> MemberIdentifier {
        use member_identifier::Kind;
        let kind = match self {
            Self::Wallet(wallet) | Self::Legacy(wallet, _) => {
                Kind::EthereumAddress(wallet.identifier())
            }
            Self::Passkey(passkey) => Kind::Passkey(crate::xmtp::wire::identity::Passkey {
                key: passkey.public_key(),
                relying_party: None,
            }),
            Self::Contract(_, address, _) => Kind::EthereumAddress(format!("{address:#x}")),
            Self::Installation(key) => Kind::InstallationPublicKey(key.public_key().to_vec()),
        };
        MemberIdentifier { kind: Some(kind) }
    }

    fn identifier(&self) -> String {
        match self.member().kind {
            Some(member_identifier::Kind::EthereumAddress(address)) => address,
            Some(member_identifier::Kind::InstallationPublicKey(key)) => hex::encode(key),
            Some(member_identifier::Kind::Passkey(passkey)) => hex::encode(passkey.key),
            None => String::new(),
        }
    }
}

/// Something that an update does, and by whom.
#[derive(Clone, Copy, Debug)]
pub enum Act<'a> {
    /// Makes the inbox, with this nonce.
    Create(Signer<'a>, u64),
    /// Adds the second, as the first wants it.
    Add(Signer<'a>, Signer<'a>),
    /// Revokes the second, as the first wants it.
    Revoke(Signer<'a>, Signer<'a>),
    /// Makes the second the one who recovers, as the first wants it.
    Recover(Signer<'a>, Signer<'a>),
}

/// The id of the inbox that `first` begins with `nonce`.
pub fn inbox_of(first: Signer<'_>, nonce: u64) -> String {
    inbox_id(&first.identifier(), nonce)
}

/// An update with all its signatures.
pub fn update(inbox_id: &str, at_ns: u64, acts: &[Act<'_>]) -> IdentityUpdate {
    let unsigned = IdentityUpdate {
        actions: acts.iter().map(|act| action(act, "")).collect(),
        client_timestamp_ns: at_ns,
        inbox_id: inbox_id.to_owned(),
    };
    let text = text(&unsigned).unwrap_or_default();
    IdentityUpdate { actions: acts.iter().map(|act| action(act, &text)).collect(), ..unsigned }
}

/// The update with which an official client registers: the inbox, and its first installation.
pub fn registration(wallet: &Wallet, installation: &Installation, at_ns: u64) -> IdentityUpdate {
    let wallet = Signer::Wallet(wallet);
    let acts = [Act::Create(wallet, 1), Act::Add(wallet, Signer::Installation(installation))];
    update(&inbox_of(wallet, 1), at_ns, &acts)
}

fn action(act: &Act<'_>, text: &str) -> IdentityAction {
    let kind = match act {
        Act::Create(by, nonce) => Kind::CreateInbox(CreateInbox {
            initial_identifier: by.identifier(),
            nonce: *nonce,
            initial_identifier_signature: Some(by.sign(text)),
            initial_identifier_kind: 1,
            relying_party: None,
        }),
        Act::Add(by, new) => Kind::Add(AddAssociation {
            new_member_identifier: Some(new.member()),
            existing_member_signature: Some(by.sign(text)),
            new_member_signature: Some(new.sign(text)),
            relying_party: None,
        }),
        Act::Revoke(by, member) => Kind::Revoke(RevokeAssociation {
            member_to_revoke: Some(member.member()),
            recovery_identifier_signature: Some(by.sign(text)),
        }),
        Act::Recover(by, new) => Kind::ChangeRecoveryAddress(ChangeRecoveryAddress {
            new_recovery_identifier: new.identifier(),
            existing_recovery_identifier_signature: Some(by.sign(text)),
            new_recovery_identifier_kind: 1,
            relying_party: None,
        }),
    };
    IdentityAction { kind: Some(kind) }
}
