//! Contracts as text: mnemonics, numbers in hexadecimal, `label:` and `@label`.

use std::collections::BTreeMap;

/// The operations that our contracts use.
const OPERATIONS: [(&str, u8); 29] = [
    ("ADD", 0x01),
    ("SUB", 0x03),
    ("EQ", 0x14),
    ("ISZERO", 0x15),
    ("AND", 0x16),
    ("NOT", 0x19),
    ("BYTE", 0x1a),
    ("SHL", 0x1b),
    ("SHR", 0x1c),
    ("CALLDATALOAD", 0x35),
    ("CODESIZE", 0x38),
    ("CODECOPY", 0x39),
    ("POP", 0x50),
    ("MLOAD", 0x51),
    ("MSTORE", 0x52),
    ("SLOAD", 0x54),
    ("SSTORE", 0x55),
    ("JUMP", 0x56),
    ("JUMPI", 0x57),
    ("GAS", 0x5a),
    ("JUMPDEST", 0x5b),
    ("DUP1", 0x80),
    ("DUP2", 0x81),
    ("SWAP1", 0x90),
    ("RETURN", 0xf3),
    ("CREATE2", 0xf5),
    ("STATICCALL", 0xfa),
    ("REVERT", 0xfd),
    ("STOP", 0x00),
];
/// `PUSHn` is this and the number of bytes that it pushes.
const PUSH0: u8 = 0x5f;

/// The code of a text. What is no operation is left out, which no test would pass.
pub(super) fn assemble(text: &str) -> Vec<u8> {
    let mut code = Vec::new();
    let (mut labels, mut jumps) = (BTreeMap::new(), Vec::new());
    for word in text.split_whitespace() {
        if let Some(label) = word.strip_suffix(':') {
            labels.insert(label, code.len());
            code.push(0x5b);
        } else if let Some(label) = word.strip_prefix('@') {
            code.push(PUSH0 + 2);
            jumps.push((code.len(), label));
            code.extend([0, 0]);
        } else if let Some((_, op)) = OPERATIONS.iter().find(|(name, _)| *name == word) {
            code.push(*op);
        } else if let Some(bytes) = bytes_of(word) {
            code.push(PUSH0.saturating_add(u8::try_from(bytes.len()).unwrap_or(32)));
            code.extend(bytes);
        }
    }
    for (at, label) in jumps {
        let to = labels.get(label).and_then(|to| u16::try_from(*to).ok()).unwrap_or_default();
        for (place, byte) in code.iter_mut().skip(at).zip(to.to_be_bytes()) {
            *place = byte;
        }
    }
    code
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(|pair| byte(pair).filter(|_| pair.len() == 2)).collect()
}

#[test]
fn texts_become_code_with_their_jumps() {
    let code: String =
        assemble("@end JUMP 00 end: STOP").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(code, "6100065660005b00");
}
