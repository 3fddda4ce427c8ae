//! What openmls alone can do: a group of two in memory, and no other work.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use ed25519_dalek::{Signer as _, SigningKey};
use openmls::prelude::{
    BasicCredential, Ciphersuite, CredentialWithKey, KeyPackage, MlsGroup, MlsGroupCreateConfig,
    MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn, ProcessedMessageContent,
    SignaturePublicKey, StagedWelcome,
};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use tls_codec::{Deserialize as _, Serialize as _};

use crate::measure::cpu;

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;

struct Key(SigningKey);

impl Signer for Key {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(payload).to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

fn member(name: &str, seed: u8) -> (Key, CredentialWithKey) {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let public: SignaturePublicKey = key.verifying_key().to_bytes().to_vec().into();
    let credential = BasicCredential::new(name.as_bytes().to_vec()).into();
    (Key(key), CredentialWithKey { credential, signature_key: public })
}

/// CPU of encrypting and of decrypting so many texts.
pub(crate) fn of_openmls(texts: &[String]) -> Result<(Duration, Duration)> {
    let (alice, bob) = (OpenMlsRustCrypto::default(), OpenMlsRustCrypto::default());
    let ((alices_key, alices), (bobs_key, bobs)) = (member("alice", 1), member("bob", 2));
    let create = MlsGroupCreateConfig::builder().ciphersuite(SUITE).build();
    let mut ours = MlsGroup::new(&alice, &alices_key, &create, alices)?;
    let package = KeyPackage::builder().build(SUITE, &bob, &bobs_key, bobs)?;
    let (_, welcome, _) =
        ours.add_members(&alice, &alices_key, std::slice::from_ref(package.key_package()))?;
    ours.merge_pending_commit(&alice)?;
    let welcome = MlsMessageIn::tls_deserialize_exact(welcome.tls_serialize_detached()?)?;
    let MlsMessageBodyIn::Welcome(welcome) = welcome.extract() else { bail!("no welcome") };
    let tree = Some(ours.export_ratchet_tree().into());
    let join = MlsGroupJoinConfig::default();
    let mut theirs =
        StagedWelcome::new_from_welcome(&bob, &join, welcome, tree)?.into_group(&bob)?;
    let began = cpu()?;
    let mut sent = Vec::with_capacity(texts.len());
    for text in texts {
        let message = ours.create_message(&alice, &alices_key, text.as_bytes())?;
        sent.push(message.tls_serialize_detached()?);
    }
    let encrypted = cpu()?.saturating_sub(began);
    let began = cpu()?;
    for (bytes, text) in sent.iter().zip(texts) {
        let message = MlsMessageIn::tls_deserialize_exact(bytes)?;
        let message = message.try_into_protocol_message().context("no message of a group")?;
        let content = theirs.process_message(&bob, message)?.into_content();
        let ProcessedMessageContent::ApplicationMessage(read) = content else {
            bail!("a message is something else")
        };
        anyhow::ensure!(read.into_bytes() == text.as_bytes(), "a message reads otherwise");
    }
    Ok((encrypted, cpu()?.saturating_sub(began)))
}
