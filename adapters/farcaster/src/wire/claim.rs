//! Verified addresses: an Ethereum key says under EIP-712 that it belongs to a fid.

use alloy_primitives::{Address, B256, Signature, U256, b256};
use alloy_sol_types::{Eip712Domain, SolStruct as _, sol};
use thiserror::Error;

use super::proto::{Protocol, VerificationAddAddressBody, VerificationRemoveBody};

sol! {
    struct VerificationClaim {
        uint256 fid;
        address address;
        bytes32 blockHash;
        uint8 network;
    }
}

/// Why a claim proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unproven {
    /// Solana, or something newer.
    #[error("address is of a chain whose claims are not checked")]
    Chain,
    /// Only the chain itself can say whether a contract agrees.
    #[error("claim of a contract cannot be checked without its chain")]
    Contract,
    /// Not 20 bytes of address, 32 of block hash, 65 of signature.
    #[error("claim does not have the form of one")]
    Form,
    /// Somebody else's, or for another fid or network.
    #[error("claim is not signed by its address")]
    Signature,
}

/// The address whose key signed that it belongs to `fid`.
pub(crate) fn address(
    fid: u64,
    network: i32,
    claim: &VerificationAddAddressBody,
) -> Result<Address, Unproven> {
    let address = address_of(&claim.address, claim.protocol)?;
    if claim.verification_type != 0 {
        return Err(Unproven::Contract);
    }
    let block = B256::try_from(claim.block_hash.as_slice()).map_err(|_length| Unproven::Form)?;
    let signature =
        Signature::from_raw(&claim.claim_signature).map_err(|_length| Unproven::Form)?;
    let digest = digest(fid, address, block, network).ok_or(Unproven::Form)?;
    match signature.recover_address_from_prehash(&digest) {
        Ok(signer) if signer == address => Ok(address),
        Ok(_) | Err(_) => Err(Unproven::Signature),
    }
}

/// The address that no longer belongs to its fid.
pub(crate) fn removed(removal: &VerificationRemoveBody) -> Result<Address, Unproven> {
    address_of(&removal.address, removal.protocol)
}

fn address_of(address: &[u8], protocol: i32) -> Result<Address, Unproven> {
    if protocol != i32::from(Protocol::Ethereum) {
        return Err(Unproven::Chain);
    }
    Address::try_from(address).map_err(|_length| Unproven::Form)
}

/// What the key signs: a claim in Farcaster's domain, which has a salt and no contract.
fn digest(fid: u64, address: Address, block: B256, network: i32) -> Option<B256> {
    const SALT: B256 = b256!("f2d857f4a3edcb9b78b4d503bfe733db1e3f6cdc2b7971ee739626c97e86a558");
    let domain = Eip712Domain::new(
        Some("Farcaster Verify Ethereum Address".into()),
        Some("2.0.0".into()),
        None,
        None,
        Some(SALT),
    );
    let network = u8::try_from(network).ok()?;
    let claim = VerificationClaim { fid: U256::from(fid), address, blockHash: block, network };
    Some(claim.eip712_signing_hash(&domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "ba15aaab60849b2cb543b9f1cc201c42009ed74ebd86183270c69caa80c4dacf\
                        53cacd19e06ecf57ab24bca3f0e1344a55d72b083750b91b8cca5a3bf88872491c";
    const DEV: &str = "f670378289562e712e75c4cd14833687e0965a0d449b955ba3755d8b497e79f0\
                       797d6264510ec9908457ab38105d4f8a2a7c000dcb3d4150992b6f97fb7dd2e71b";

    fn claim(signature: &str) -> VerificationAddAddressBody {
        VerificationAddAddressBody {
            address: hex::decode("1563915e194D8CfBA1943570603F7606A3115508").unwrap(),
            claim_signature: hex::decode(signature).unwrap(),
            block_hash: vec![4; 32],
            ..VerificationAddAddressBody::default()
        }
    }

    #[test]
    fn the_published_claims_hold_for_their_fid_and_network_only() {
        let signer = Address::try_from(claim(MAIN).address.as_slice()).unwrap();
        assert_eq!(
            hex::encode(digest(1234, signer, B256::repeat_byte(4), 1).unwrap()),
            "f1ab698637cd5e25798a643581b7de7ceaa371b4572681f5db66b02dc7616509"
        );
        assert_eq!(address(1234, 1, &claim(MAIN)), Ok(signer));
        assert_eq!(address(1234, 3, &claim(DEV)), Ok(signer));
        assert_eq!(address(1235, 1, &claim(MAIN)), Err(Unproven::Signature));
        assert_eq!(address(1234, 3, &claim(MAIN)), Err(Unproven::Signature));
    }

    #[test]
    fn what_only_looks_like_a_claim_proves_nothing() {
        let other = VerificationAddAddressBody { address: vec![7; 20], ..claim(MAIN) };
        assert_eq!(address(1234, 1, &other), Err(Unproven::Signature));
        let short = VerificationAddAddressBody { block_hash: vec![4; 31], ..claim(MAIN) };
        assert_eq!(address(1234, 1, &short), Err(Unproven::Form));
        assert_eq!(address(1234, 1, &claim("00")), Err(Unproven::Form));
        let contract = VerificationAddAddressBody { verification_type: 1, ..claim(MAIN) };
        assert_eq!(address(1234, 1, &contract), Err(Unproven::Contract));
        let solana = VerificationAddAddressBody { protocol: 1, ..claim(MAIN) };
        assert_eq!(address(1234, 1, &solana), Err(Unproven::Chain));
    }
}
