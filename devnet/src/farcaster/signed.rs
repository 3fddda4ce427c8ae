//! A message whose hash and signature were checked.

use ed25519_dalek::{Signature, VerifyingKey};
use prost::Message as _;

use super::refusal::Refusal;
use super::wire::{
    FarcasterNetwork, HashScheme, Message, MessageData, MessageType, SignatureScheme,
};

const MAX_BYTES: usize = 2048;
const MAX_PRO_CAST_BYTES: usize = 16_384;
const MAX_USERNAME_PROOF_BYTES: usize = 16_384;
const MAX_COMPACT_STATE_BYTES: usize = 65_536;
/// How far ahead of the block a message may be dated.
const MAX_AHEAD_S: u64 = 10 * 60;

/// What an envelope is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnvelopeRules {
    /// The network that this hub serves.
    pub(crate) network: FarcasterNetwork,
    /// Whether the author has a Pro subscription.
    pub(crate) is_pro: bool,
    /// The block's time, in the network's seconds.
    pub(crate) now_s: u64,
}

/// A message with a hash and a signature that hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signed {
    pub(crate) data: MessageData,
    data_bytes: Option<Vec<u8>>,
    pub(crate) hash: Vec<u8>,
    signature: Vec<u8>,
    pub(crate) signer: Vec<u8>,
}

/// Orders messages by time, then by hash: four bytes and twenty.
pub(crate) type TimeHash = [u8; 24];

impl Signed {
    /// Checks size, network, hash, signature and time, in the order of the real node.
    pub(crate) fn verify(message: Message, rules: &EnvelopeRules) -> Result<Self, Refusal> {
        let (data, bytes) = contents(&message)?;
        check_size(&data, bytes.len(), rules.is_pro)?;
        check_network(&data, rules.network)?;
        if message.hash_scheme != HashScheme::Blake3 as i32 {
            return Err(Refusal::invalid("invalid hashScheme"));
        }
        if blake3_160(&bytes) != *message.hash {
            return Err(Refusal::invalid("invalid hash"));
        }
        check_signature(&message)?;
        if u64::from(data.timestamp).saturating_sub(rules.now_s) > MAX_AHEAD_S {
            return Err(Refusal::invalid("timestamp more than 10 mins in the future"));
        }
        Ok(Self::assemble(message, data))
    }

    /// Reads a message that this hub has verified before.
    pub(crate) fn stored(message: Message) -> Result<Self, Refusal> {
        let (data, _) = contents(&message)?;
        Ok(Self::assemble(message, data))
    }

    fn assemble(message: Message, data: MessageData) -> Self {
        let Message { data_bytes, hash, signature, signer, .. } = message;
        Self { data, data_bytes, hash, signature, signer }
    }

    /// The message as it travels: `data` is what `data_bytes` says, whatever came along.
    pub(crate) fn wire(&self) -> Message {
        Message {
            data: Some(self.data.clone()),
            hash: self.hash.clone(),
            hash_scheme: HashScheme::Blake3.into(),
            signature: self.signature.clone(),
            signature_scheme: SignatureScheme::Ed25519.into(),
            signer: self.signer.clone(),
            data_bytes: self.data_bytes.clone(),
        }
    }

    pub(crate) fn kind(&self) -> MessageType {
        self.data.r#type()
    }

    pub(crate) const fn fid(&self) -> u64 {
        self.data.fid
    }

    pub(crate) fn time_hash(&self) -> TimeHash {
        let mut key = [0; 24];
        let time = self.data.timestamp.to_be_bytes();
        let bytes = time.iter().chain(&self.hash);
        for (slot, byte) in key.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        key
    }
}

/// The author, before anything is checked; 0 where there is none.
pub(crate) fn claimed_fid(message: &Message) -> u64 {
    contents(message).map_or(0, |(data, _)| data.fid)
}

/// The first 20 bytes of BLAKE3.
pub(crate) fn blake3_160(bytes: &[u8]) -> [u8; 20] {
    let digest = blake3::hash(bytes);
    digest.as_bytes().first_chunk().copied().unwrap_or_default()
}

fn contents(message: &Message) -> Result<(MessageData, Vec<u8>), Refusal> {
    if let Some(bytes) = &message.data_bytes {
        if bytes.is_empty() {
            return Err(Refusal::invalid("data is missing"));
        }
        let data = MessageData::decode(bytes.as_slice())
            .map_err(|_| Refusal::invalid("Message data invalid"))?;
        return Ok((data, bytes.clone()));
    }
    let data = message.data.clone().ok_or_else(|| Refusal::invalid("data is missing"))?;
    // Encoded anew, as the real node does: a sender whose encoder differs is refused.
    let bytes = data.encode_to_vec();
    Ok((data, bytes))
}

fn check_size(data: &MessageData, len: usize, is_pro: bool) -> Result<(), Refusal> {
    let kind = data.r#type();
    let max = if kind == MessageType::LinkCompactState {
        MAX_COMPACT_STATE_BYTES
    } else if kind == MessageType::CastAdd && is_pro {
        MAX_PRO_CAST_BYTES
    } else if kind == MessageType::UsernameProof {
        MAX_USERNAME_PROOF_BYTES
    } else {
        MAX_BYTES
    };
    if len > max {
        // The typing error is the network's.
        return Err(Refusal::invalid(format!("dataBytes > {max} bytess")));
    }
    Ok(())
}

fn check_network(data: &MessageData, own: FarcasterNetwork) -> Result<(), Refusal> {
    let network = FarcasterNetwork::try_from(data.network).unwrap_or(FarcasterNetwork::None);
    let is_foreign = own == FarcasterNetwork::Mainnet && network != own;
    if network == FarcasterNetwork::None || is_foreign {
        return Err(Refusal::invalid("invalid network"));
    }
    Ok(())
}

fn check_signature(message: &Message) -> Result<(), Refusal> {
    if message.signature_scheme != SignatureScheme::Ed25519 as i32 {
        return Err(Refusal::invalid("invalid signatureScheme"));
    }
    if message.signature.is_empty() {
        return Err(Refusal::invalid("signature is missing"));
    }
    let key = <[u8; 32]>::try_from(message.signer.as_slice())
        .ok()
        .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
        .ok_or_else(|| Refusal::invalid("signer is missing or invalid"))?;
    let signature = Signature::from_slice(&message.signature)
        .map_err(|_| Refusal::invalid("invalid signature"))?;
    key.verify_strict(&message.hash, &signature).map_err(|_| Refusal::invalid("invalid signature"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::farcaster::person::sign;
    use crate::farcaster::wire::CastAddBody;
    use crate::farcaster::wire::message_data::Body;

    const RULES: EnvelopeRules =
        EnvelopeRules { network: FarcasterNetwork::Mainnet, is_pro: false, now_s: 94_608_000 };

    fn golden() -> Message {
        let mut seed = [0; 32];
        seed[0] = 0x10;
        let body = CastAddBody { text: "Hello, Farcaster!".to_owned(), ..CastAddBody::default() };
        let data = MessageData {
            r#type: MessageType::CastAdd.into(),
            fid: 1234,
            timestamp: 94_608_000,
            network: FarcasterNetwork::Mainnet.into(),
            body: Some(Body::CastAddBody(body)),
        };
        sign(&ed25519_dalek::SigningKey::from_bytes(&seed), &data)
    }

    #[test]
    fn the_official_vector_has_its_hash() {
        let signed = Signed::verify(golden(), &RULES).unwrap();
        assert_eq!(hex::encode(&signed.hash), "27f49c6928369d64495f4c4dd142c2e7389ebf1e");
        let data_alone = Message { data: Some(signed.data), data_bytes: None, ..golden() };
        Signed::verify(data_alone, &RULES).unwrap();
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let message = golden();
        for place in 0..20 {
            let mut forged = message.clone();
            forged.hash[place] ^= 1;
            assert_eq!(Signed::verify(forged, &RULES).unwrap_err().reason, "invalid hash");
        }
        for place in 0..64 {
            let mut forged = message.clone();
            forged.signature[place] ^= 1;
            let reason = Signed::verify(forged, &RULES).unwrap_err().reason;
            assert_eq!(reason, "invalid signature");
        }
        let mut forged = message;
        forged.signer[0] ^= 1;
        Signed::verify(forged, &RULES).unwrap_err();
    }

    #[test]
    fn ten_minutes_ahead_are_the_most() {
        let at = |now_s| Signed::verify(golden(), &EnvelopeRules { now_s, ..RULES });
        at(94_608_000 - 600).unwrap();
        let reason = at(94_608_000 - 601).unwrap_err().reason;
        assert_eq!(reason, "timestamp more than 10 mins in the future");
    }
}
