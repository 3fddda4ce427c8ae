//! Keys of the network's second version, which a wallet had signed: they still bring their wallet
//! into the inbox that it makes with nonce 0.

use alloy_primitives::Address;
use k256::ecdsa::VerifyingKey;
use prost::Message as _;

use super::{
    refused::Refused,
    signature::{Kind, Verified},
    wallet,
};
use crate::wire::proto::identity::{
    LegacyDelegatedSignature, SignedPublicKey, UnsignedPublicKey, legacy_signature::Union,
    unsigned_public_key,
};

pub(crate) fn verify(
    text: &str,
    signature: &LegacyDelegatedSignature,
) -> Result<Verified, Refused> {
    let made = signature.signature.as_ref().ok_or(Refused::Incomplete)?;
    let delegated = signature.delegated_key.as_ref().ok_or(Refused::Incomplete)?;
    let by_key = wallet::verify(text, &made.bytes)?;
    let by_wallet = wallet::verify(&create_identity(&delegated.key_bytes), &joined(delegated)?)?;
    if wallet::member(&address(&delegated.key_bytes)?) != by_key.signer {
        return Err(Refused::Signature);
    }
    // Known again by the wallet's signature, so that one key serves one update only.
    Ok(Verified { kind: Kind::Legacy, ..by_wallet })
}

/// What the wallet had signed for the key.
fn create_identity(key: &[u8]) -> String {
    format!(
        "XMTP : Create Identity\n{}\n\nFor more info: https://xmtp.org/signatures/",
        hex::encode(key)
    )
}

fn joined(delegated: &SignedPublicKey) -> Result<Vec<u8>, Refused> {
    let union = delegated.signature.as_ref().and_then(|signature| signature.union.as_ref());
    let (Union::EcdsaCompact(made) | Union::WalletEcdsaCompact(made)) =
        union.ok_or(Refused::Incomplete)?;
    let recovery = u8::try_from(made.recovery).map_err(|_large| Refused::Signature)?;
    Ok(made.bytes.iter().copied().chain([recovery]).collect())
}

/// Ethereum's address of the key itself.
fn address(key: &[u8]) -> Result<Address, Refused> {
    let key = UnsignedPublicKey::decode(key).map_err(|_form| Refused::Signature)?;
    let unsigned_public_key::Union::Secp256k1Uncompressed(point) =
        key.union.ok_or(Refused::Incomplete)?;
    let point = VerifyingKey::from_sec1_bytes(&point.bytes).map_err(|_form| Refused::Signature)?;
    Ok(Address::from_public_key(&point))
}
