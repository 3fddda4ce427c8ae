//! Usernames: fnames, ENS names and basenames, and the proofs that they are owned.

use alloy_primitives::{Address, B256, keccak256};

use crate::farcaster::eip712;
use crate::farcaster::refusal::Refusal;
use crate::farcaster::wire::{UserNameProof, UserNameType};

const FNAME_PATTERN: &str = "^[a-z0-9][a-z0-9-]{0,15}$";
const MAX_ENS: usize = 20;
const MAX_BASENAME: usize = 25;

/// A proof that travels as a message: fnames come from their own server only.
pub(super) fn check(proof: &UserNameProof) -> Result<(), Refusal> {
    let name = str::from_utf8(&proof.name).map_err(|_| Refusal::invalid("Message data invalid"))?;
    match UserNameType::try_from(proof.r#type) {
        Ok(UserNameType::UsernameTypeEnsL1) => ens(name),
        Ok(UserNameType::UsernameTypeBasename) => basename(name),
        Ok(UserNameType::UsernameTypeNone | UserNameType::UsernameTypeFname) | Err(_) => {
            Err(Refusal::invalid("invalid username type"))
        }
    }
}

/// A name of any kind, as a profile shows it.
pub(super) fn check_any(name: &str) -> Result<(), Refusal> {
    if name.ends_with(".base.eth") {
        basename(name)
    } else if name.ends_with(".eth") {
        ens(name)
    } else {
        fname(name)
    }
}

fn fname(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::invalid("fname is missing"));
    }
    if name.len() > 16 {
        return Err(Refusal::invalid(format!("fname \"{name}\" > 16 characters")));
    }
    if is_fname(name) {
        Ok(())
    } else {
        Err(Refusal::invalid(format!("fname \"{name}\" doesn't match {FNAME_PATTERN}")))
    }
}

fn is_fname(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= 16 && name.starts_with(is_plain) && name.chars().all(|c| is_plain(c) || c == '-')
}

fn ens(name: &str) -> Result<(), Refusal> {
    let label = name
        .strip_suffix(".eth")
        .ok_or_else(|| Refusal::invalid(format!("ensName \"{name}\" doesn't end with .eth")))?;
    if label.contains('.') {
        return Err(Refusal::invalid(format!("ensName \"{name}\" unsupported subdomain")));
    }
    label_of(name, label, MAX_ENS)
}

fn basename(name: &str) -> Result<(), Refusal> {
    let label = name.strip_suffix(".base.eth").ok_or_else(|| {
        Refusal::invalid(format!("ensName \"{name}\" doesn't end with .base.eth"))
    })?;
    if label.contains('.') {
        return Err(Refusal::invalid("Message data invalid"));
    }
    label_of(name, label, MAX_BASENAME)
}

fn label_of(name: &str, label: &str, max: usize) -> Result<(), Refusal> {
    if label.is_empty() {
        return Err(Refusal::invalid(format!("ensName \"{name}\" is not a valid ENS name")));
    }
    if name.len() > max {
        return Err(Refusal::invalid(format!("ensName \"{name}\" > 20 characters")));
    }
    if is_fname(label) {
        Ok(())
    } else {
        Err(Refusal::invalid(format!("ensName \"{name}\" doesn't match {FNAME_PATTERN}")))
    }
}

/// An fname that changes hands, signed by `signer` where the hub asks for it.
pub(crate) fn check_transfer(
    proof: &UserNameProof,
    signer: Option<[u8; 20]>,
) -> Result<(), Refusal> {
    let name = str::from_utf8(&proof.name).map_err(|_| Refusal::invalid("Message data invalid"))?;
    fname(name)?;
    if proof.owner.len() != 20 {
        return Err(Refusal::invalid("invalid length for eth address"));
    }
    match signer {
        Some(signer) if owner_of_proof(proof) != Some(signer.into()) => {
            Err(Refusal::invalid("invalid signature"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The address that signed a username proof, under the name registry's domain.
fn owner_of_proof(proof: &UserNameProof) -> Option<Address> {
    let domain = eip712::struct_hash(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
        &[
            keccak256("Farcaster name verification"),
            keccak256("1"),
            eip712::number(1),
            eip712::address(&REGISTRY),
        ],
    );
    let message: B256 = eip712::struct_hash(
        "UserNameProof(string name,uint256 timestamp,address owner)",
        &[keccak256(&proof.name), eip712::number(proof.timestamp), eip712::address(&proof.owner)],
    );
    eip712::recover(&eip712::digest(domain, message), &proof.signature)
}

/// `0xe3be01d99baa8db9905b33a3ca391238234b79d1`.
const REGISTRY: [u8; 20] = [
    0xe3, 0xbe, 0x01, 0xd9, 0x9b, 0xaa, 0x8d, 0xb9, 0x90, 0x5b, 0x33, 0xa3, 0xca, 0x39, 0x12, 0x38,
    0x23, 0x4b, 0x79, 0xd1,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_proof_names_its_signer() {
        let owner = hex::decode("1563915e194D8CfBA1943570603F7606A3115508").unwrap();
        let proof = UserNameProof {
            timestamp: 1_700_000_000,
            name: b"alice".to_vec(),
            owner,
            signature: hex::decode(concat!(
                "65a57f54667179cc450e4ead7dd8c2d11fc8a764e771a3bae0221ebc94e2d339",
                "7dbc3cdb84d135598b94cf14e47be16f051f783d2da9fb66b51ff4dd8439c5d01b"
            ))
            .unwrap(),
            fid: 1,
            r#type: UserNameType::UsernameTypeFname.into(),
        };
        let signer = owner_of_proof(&proof).unwrap();
        check_transfer(&proof, Some(signer.into())).unwrap();
        check_transfer(&proof, Some([7; 20])).unwrap_err();
        assert_eq!(signer.to_checksum(None), "0x1563915e194D8CfBA1943570603F7606A3115508");
    }
}
