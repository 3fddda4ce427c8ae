use ed25519_dalek::{Signer as _, SigningKey};
use openmls::prelude::tls_codec::Serialize as _;
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialWithKey, KeyPackage, MlsGroup,
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY, SignatureScheme,
};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use prost::Message as _;

use super::*;
use crate::xmtp::make::Installation;
use crate::xmtp::wire::identity::MlsCredential;

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;
const INBOX: &str = "fcd18d86276d7a99fe522dba9660c420f03c8648785ada7c5daae232a3df77a9";

impl Signer for Installation {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(SigningKey::from_bytes(&self.secret()).sign(payload).to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

fn credential(of: &Installation, inbox: &str) -> CredentialWithKey {
    let identity = MlsCredential { inbox_id: inbox.to_owned() }.encode_to_vec();
    let signature_key = of.public_key().as_slice().into();
    CredentialWithKey { credential: BasicCredential::new(identity).into(), signature_key }
}

fn key_package(of: &Installation, suite: Ciphersuite, inbox: &str) -> Vec<u8> {
    let bundle = KeyPackage::builder()
        .leaf_node_capabilities(Capabilities::default())
        .build(suite, &OpenMlsRustCrypto::default(), of, credential(of, inbox))
        .unwrap();
    bundle.key_package().tls_serialize_detached().unwrap()
}

#[test]
fn a_key_package_is_of_the_installation_that_signed_it() {
    let phone = Installation::of("phone");
    let bytes = key_package(&phone, SUITE, INBOX);
    assert_eq!(installation_of(&bytes), Ok(phone.public_key()));
}

#[test]
fn a_key_package_with_any_byte_changed_is_refused() {
    let bytes = key_package(&Installation::of("phone"), SUITE, INBOX);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(installation_of(&changed).is_err(), "byte {at}");
    }
    assert!(installation_of(&bytes[..bytes.len() - 1]).is_err());
    assert!(installation_of(&[bytes.as_slice(), b"x"].concat()).is_err());
    assert!(installation_of(b"").is_err());
}

#[test]
fn a_key_package_that_nobody_here_can_use_is_refused() {
    let phone = Installation::of("phone");
    let other = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
    assert_eq!(
        installation_of(&key_package(&phone, other, INBOX)),
        Err(Refusal::Mls("it is of another ciphersuite".to_owned()))
    );
    let nobodys = key_package(&phone, SUITE, "ann");
    assert_eq!(installation_of(&nobodys), Err(Refusal::Malformed("inbox id")));
}

fn group(is_plain: bool) -> (OpenMlsRustCrypto, Installation, MlsGroup) {
    let (provider, phone) = (OpenMlsRustCrypto::default(), Installation::of("phone"));
    let mut builder = MlsGroup::builder().ciphersuite(SUITE);
    if is_plain {
        builder = builder.with_wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY);
    }
    let group = builder.build(&provider, &phone, credential(&phone, INBOX)).unwrap();
    (provider, phone, group)
}

#[test]
fn a_message_names_its_group_and_says_whether_it_is_a_commit() {
    let (provider, phone, mut group) = group(false);
    let group_id = group.group_id().to_vec();
    let said = group.create_message(&provider, &phone, b"hi").unwrap().to_bytes().unwrap();
    assert_eq!(frame(&said), Ok(Frame { group_id: group_id.clone(), is_commit: false }));
    let commit = group.self_update(&provider, &phone, Default::default()).unwrap();
    let commit = commit.into_commit().to_bytes().unwrap();
    assert_eq!(frame(&commit), Ok(Frame { group_id, is_commit: true }));
    for short in [&said[..said.len() - 1], &[said.as_slice(), b"x"].concat(), b"", b"hello"] {
        assert!(frame(short).is_err());
    }
}

#[test]
fn only_encrypted_messages_are_for_a_group() {
    let (provider, phone, mut group) = group(true);
    let plain = group.self_update(&provider, &phone, Default::default()).unwrap();
    let plain = plain.into_commit().to_bytes().unwrap();
    assert_eq!(frame(&plain), Err(Refusal::Mls("it is not a private message".to_owned())));
    let package = key_package(&phone, SUITE, INBOX);
    assert!(frame(&package).is_err());
}
