//! Keys of the network's second version, which wallets had signed, and which sign for them.

use alloy_primitives::Address;
use prost::Message as _;

use super::Member;
use super::signature::{Signed, wallet};
use crate::xmtp::refusal::Refusal;
use crate::xmtp::wire::identity::{LegacyDelegatedSignature, legacy_signature};

/// `UnsignedPublicKey` of the second version, as far as it is read.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct UnsignedPublicKey {
    #[prost(uint64, tag = "1")]
    pub(crate) created_ns: u64,
    #[prost(message, optional, tag = "3")]
    pub(crate) secp256k1_uncompressed: Option<Point>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Point {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) bytes: Vec<u8>,
}

pub(super) fn verify(text: &str, signature: &LegacyDelegatedSignature) -> Result<Signed, Refusal> {
    let key = signature.delegated_key.as_ref().ok_or(Refusal::Missing("delegated key"))?;
    let signed = signature.signature.as_ref().ok_or(Refusal::Missing("signature"))?;
    let (by, bytes) = wallet(text, &signed.bytes)?;
    if by != address_of(&key.key_bytes)? {
        return Err(Refusal::Signature("it is not the delegated key's"));
    }
    let granted = key.signature.as_ref().and_then(|signature| signature.union.as_ref());
    let Some(legacy_signature::Union::WalletEcdsaCompact(granted)) = granted else {
        return Err(Refusal::Missing("wallet's signature of the delegated key"));
    };
    let recovery = u8::try_from(granted.recovery).unwrap_or(u8::MAX);
    let raw = [granted.bytes.as_slice(), &[recovery]].concat();
    let (owner, _) = wallet(&grant(&key.key_bytes), &raw)?;
    Ok(Signed { is_delegated: true, ..Signed::new(owner, bytes) })
}

/// What a wallet signed to make the key its own.
pub(crate) fn grant(key_bytes: &[u8]) -> String {
    let key = hex::encode(key_bytes);
    format!("XMTP : Create Identity\n{key}\n\nFor more info: https://xmtp.org/signatures/")
}

fn address_of(key_bytes: &[u8]) -> Result<Member, Refusal> {
    let malformed = Refusal::Malformed("delegated key");
    let key = UnsignedPublicKey::decode(key_bytes).map_err(|_| malformed.clone())?;
    let point = key.secp256k1_uncompressed.ok_or_else(|| malformed.clone())?.bytes;
    let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(&point).map_err(|_| malformed)?;
    Ok(Member::Ethereum(format!("{:#x}", Address::from_public_key(&key))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmtp::make::{Signer, Wallet};
    use crate::xmtp::wire::identity::RecoverableEcdsaSignature;
    use crate::xmtp::wire::identity::signature::Signature as Kind;

    fn delegated(owner: &Wallet, key: &Wallet, text: &str) -> LegacyDelegatedSignature {
        let signature = Signer::Legacy(owner, key).sign(text).signature;
        let Some(Kind::DelegatedErc191(made)) = signature else { panic!() };
        made
    }

    #[test]
    fn a_delegated_key_signs_for_the_wallet_that_signed_it() {
        let [owner, key, other] = ["owner", "key", "other"].map(Wallet::of);
        let signed = verify("text", &delegated(&owner, &key, "text")).unwrap();
        assert_eq!(signed.by, Member::Ethereum(owner.identifier()));
        assert!(signed.is_delegated);
        let mut forged = delegated(&owner, &key, "text");
        forged.signature = Some(RecoverableEcdsaSignature { bytes: other.sign("text") });
        assert_eq!(
            verify("text", &forged).unwrap_err(),
            Refusal::Signature("it is not the delegated key's")
        );
        assert!(verify("another text", &delegated(&owner, &key, "text")).is_err());
    }
}
