//! A wallet that is a contract, and the factory that makes it, written by hand: small, and really
//! executed.

use threadbridge_devnet::ethereum::Address;

use super::assemble::assemble;

/// What makes wallets.
pub(super) const FACTORY: Address = Address::new([0xfa; 20]);

/// `isValidSignature(bytes32,bytes)` (ERC-1271): whether the owner, who is kept in the first place,
/// signed the hash.
fn wallet() -> Vec<u8> {
    assemble(
        "00 CALLDATALOAD e0 SHR 1626ba7e EQ @ask JUMPI 00 00 REVERT
         ask: 04 CALLDATALOAD 00 MSTORE 24 CALLDATALOAD 24 ADD
         DUP1 20 SWAP1 SUB CALLDATALOAD 41 EQ ISZERO @no JUMPI
         DUP1 CALLDATALOAD 40 MSTORE
         DUP1 20 ADD CALLDATALOAD 60 MSTORE
         40 ADD CALLDATALOAD 00 BYTE 20 MSTORE
         20 80 80 00 01 GAS STATICCALL POP
         80 MLOAD DUP1 ISZERO @no JUMPI
         00 SLOAD EQ @yes JUMPI
         no: ffffffff e0 SHL 00 MSTORE 20 00 RETURN
         yes: 1626ba7e e0 SHL 00 MSTORE 20 00 RETURN",
    )
}

/// What makes a wallet; its owner is to stand behind it, as one word.
fn making() -> Vec<u8> {
    let wallet = wallet();
    let code = |from: usize| {
        let length = wallet.len();
        assemble(&format!(
            "20 20 CODESIZE SUB 00 CODECOPY 00 MLOAD 00 SSTORE
             {length:04x} DUP1 {from:04x} 00 CODECOPY 00 RETURN"
        ))
    };
    let from = code(0).len();
    [code(from), wallet].concat()
}

/// Whatever it is asked, it makes the wallet of the address that stands in the first word.
pub(super) fn factory() -> Vec<u8> {
    let making = making();
    let code = |from: usize| {
        let (length, whole) = (making.len(), making.len() + 32);
        assemble(&format!(
            "{length:04x} {from:04x} 00 CODECOPY 04 CALLDATALOAD {length:04x} MSTORE
             04 CALLDATALOAD {whole:04x} 00 00 CREATE2 00 MSTORE 20 00 RETURN"
        ))
    };
    let from = code(0).len();
    [code(from), making].concat()
}

/// Where the factory puts the wallet of an owner.
pub(super) fn wallet_of(owner: Address) -> Address {
    let made = [making(), owner.into_word().to_vec()].concat();
    FACTORY.create2_from_code(owner.into_word(), made)
}

/// What the factory is asked for that wallet.
pub(super) fn make(owner: Address) -> Vec<u8> {
    [&[0xaa; 4][..], owner.into_word().as_slice()].concat()
}
