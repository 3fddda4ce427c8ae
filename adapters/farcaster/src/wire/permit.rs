//! What an owner's custody key signs so that an app key may speak for a fid without a transaction
//! (FIP-272): a request for the key, and its addition.

use alloy_primitives::{Address, B256, Bytes, Signature, U256};
use alloy_sol_types::{Eip712Domain, SolStruct, SolType, sol, sol_data};
use serde_json::{Value, json};

use super::proto::KeyAddBody;

sol! {
    struct KeyAdd {
        uint256 fid;
        bytes key;
        uint32 keyType;
        uint32[] scopes;
        uint32 ttl;
        uint32 nonce;
        uint256 deadline;
    }

    struct SignedKeyRequest {
        uint256 requestFid;
        bytes key;
        uint256 deadline;
    }
}

/// Ed25519.
const KEY_TYPE: u32 = 1;
/// A signed key request.
const METADATA_TYPE: u32 = 1;

type Metadata = (sol_data::Uint<256>, sol_data::Address, sol_data::Bytes, sol_data::Uint<256>);

/// What a key is to be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Permit {
    pub(crate) fid: u64,
    pub(crate) key: [u8; 32],
    /// Message types that it may sign.
    pub(crate) scopes: Vec<u32>,
    /// Seconds without use after which it expires.
    pub(crate) ttl_s: u32,
    pub(crate) nonce: u32,
    /// Farcaster seconds.
    pub(crate) deadline: u32,
}

impl Permit {
    fn request(&self) -> SignedKeyRequest {
        SignedKeyRequest {
            requestFid: U256::from(self.fid),
            key: Bytes::copy_from_slice(&self.key),
            deadline: U256::from(self.deadline),
        }
    }

    fn addition(&self) -> KeyAdd {
        KeyAdd {
            fid: U256::from(self.fid),
            key: Bytes::copy_from_slice(&self.key),
            keyType: KEY_TYPE,
            scopes: self.scopes.clone(),
            ttl: self.ttl_s,
            nonce: self.nonce,
            deadline: U256::from(self.deadline),
        }
    }

    /// The wallet that signed the request.
    pub(crate) fn signer_of_request(&self, signature: &[u8]) -> Option<Address> {
        recovered(&self.request(), signature)
    }

    /// The wallet that signed the addition.
    pub(crate) fn signer_of_addition(&self, signature: &[u8]) -> Option<Address> {
        recovered(&self.addition(), signature)
    }

    /// The body of the message that adds the key, once `custody` has signed both.
    pub(crate) fn body(&self, custody: Address, request: &[u8], addition: &[u8]) -> KeyAddBody {
        let deadline = U256::from(self.deadline);
        let request = Bytes::copy_from_slice(request);
        let metadata = (U256::from(self.fid), custody, request, deadline);
        KeyAddBody {
            key: self.key.to_vec(),
            key_type: KEY_TYPE,
            custody_signature: addition.to_vec(),
            deadline: self.deadline,
            nonce: self.nonce,
            metadata: Metadata::abi_encode(&metadata),
            metadata_type: METADATA_TYPE,
            registration_tx_hash: Vec::new(),
            scopes: self.scopes.iter().filter_map(|scope| i32::try_from(*scope).ok()).collect(),
            ttl: self.ttl_s,
        }
    }

    /// The request as wallets take it (`eth_signTypedData_v4`).
    pub(crate) fn request_json(&self) -> Value {
        let fields = [("requestFid", "uint256"), ("key", "bytes"), ("deadline", "uint256")];
        typed(
            "SignedKeyRequest",
            &fields,
            &json!({
                "requestFid": self.fid.to_string(),
                "key": self.key_hex(),
                "deadline": self.deadline.to_string(),
            }),
        )
    }

    /// The addition as wallets take it (`eth_signTypedData_v4`).
    pub(crate) fn addition_json(&self) -> Value {
        let fields = [
            ("fid", "uint256"),
            ("key", "bytes"),
            ("keyType", "uint32"),
            ("scopes", "uint32[]"),
            ("ttl", "uint32"),
            ("nonce", "uint32"),
            ("deadline", "uint256"),
        ];
        typed(
            "KeyAdd",
            &fields,
            &json!({
                "fid": self.fid.to_string(),
                "key": self.key_hex(),
                "keyType": KEY_TYPE,
                "scopes": self.scopes,
                "ttl": self.ttl_s,
                "nonce": self.nonce,
                "deadline": self.deadline.to_string(),
            }),
        )
    }

    fn key_hex(&self) -> String {
        format!("0x{}", hex::encode(self.key))
    }
}

/// Both are signed under the same domain, which is not the one of keys added on chain.
fn domain() -> Eip712Domain {
    let (name, version) = ("Farcaster KeyAdd".into(), "1".into());
    Eip712Domain::new(Some(name), Some(version), Some(U256::from(1)), None, None)
}

fn recovered(words: &impl SolStruct, signature: &[u8]) -> Option<Address> {
    let digest: B256 = words.eip712_signing_hash(&domain());
    Signature::from_raw(signature).ok()?.recover_address_from_prehash(&digest).ok()
}

fn typed(primary: &str, fields: &[(&str, &str)], message: &Value) -> Value {
    let named = |fields: &[(&str, &str)]| -> Vec<Value> {
        fields.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect()
    };
    let of_domain = [("name", "string"), ("version", "string"), ("chainId", "uint256")];
    json!({
        "types": { "EIP712Domain": named(&of_domain), primary: named(fields) },
        "primaryType": primary,
        "domain": { "name": "Farcaster KeyAdd", "version": "1", "chainId": 1 },
        "message": message,
    })
}
