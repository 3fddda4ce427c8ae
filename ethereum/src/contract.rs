//! Wallets that are contracts: they say themselves whether a signature is theirs (ERC-1271), also
//! before they are made (ERC-6492).

use alloy_primitives::{Address, B256, Bytes, b256, eip191_hash_message};
use alloy_sol_types::{SolCall as _, SolValue as _, sol};
use threadbridge_core::model::proof::Block;

use crate::node::{Call, Node, NodeError, Returned};
use crate::signature::WalletSignature;
use crate::wallet::Wallet;

sol! {
    function isValidSignature(bytes32 hash, bytes signature) returns (bytes4);
}

/// What a contract says to a signature of its own: the selector of the question, and nothing behind it.
const MAGIC: B256 = b256!("1626ba7e00000000000000000000000000000000000000000000000000000000");
/// How a signature of a contract that is not there yet ends.
const SUFFIX: B256 = b256!("6492649264926492649264926492649264926492649264926492649264926492");

/// Whether a contract says that it signed a text, against the state of a block.
pub(crate) async fn vouches(
    node: &Node,
    wallet: Wallet,
    (text, signature): (&str, &WalletSignature),
    at: &Block,
) -> Result<bool, NodeError> {
    let Some(call) = question(wallet, text, signature.as_bytes()) else { return Ok(false) };
    let returned = match node.call(call.call, at).await? {
        Returned::Bytes(returned) => returned,
        Returned::Reverted => return Ok(false),
    };
    Ok(match call.form {
        Form::There => returned == MAGIC.as_slice(),
        Form::ToBeMade => answered(&returned) == Some(&MAGIC.0),
    })
}

/// How the answer looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    There,
    ToBeMade,
}

struct Question {
    call: Call,
    form: Form,
}

fn question(wallet: Wallet, text: &str, signature: &[u8]) -> Option<Question> {
    let ask = |signature: &[u8]| {
        let (hash, signature) = (eip191_hash_message(text), Bytes::copy_from_slice(signature));
        isValidSignatureCall { hash, signature }.abi_encode()
    };
    match signature.strip_suffix(SUFFIX.as_slice()) {
        None => Some(Question { call: Call::To(wallet, ask(signature)), form: Form::There }),
        Some(wrapped) => {
            let unwrapped = <(Address, Bytes, Bytes)>::abi_decode_params_validate(wrapped).ok()?;
            let (factory, make, signature) = unwrapped;
            let code = program(wallet, (factory, &make), &ask(&signature))?;
            Some(Question { call: Call::Code(code), form: Form::ToBeMade })
        }
    }
}

/// What the program says that the wallet answered, if it answered.
fn answered(told: &[u8]) -> Option<&[u8; 32]> {
    let (succeeded, rest) = told.split_first_chunk::<32>()?;
    let (size, rest) = rest.split_first_chunk::<32>()?;
    let (word, rest) = rest.split_first_chunk::<32>()?;
    let mut yes = [0; 32];
    yes[31] = 1;
    let mut one_word = [0; 32];
    one_word[31] = 32;
    (*succeeded == yes && *size == one_word && rest.is_empty()).then_some(word)
}

/// Code that has the factory make the wallet if it is not there, asks it, and returns three words:
/// whether it answered, how much, and the first word of that.
fn program(wallet: Wallet, (factory, make): (Address, &[u8]), ask: &[u8]) -> Option<Vec<u8>> {
    let (making, asking) = (number(make.len())?, number(ask.len())?);
    // Answers lie behind all that is asked, where memory is still empty.
    let answers = make.len().max(ask.len()).next_multiple_of(32);
    let [first, second, third] =
        [number(answers)?, number(answers.checked_add(32)?)?, number(answers.checked_add(64)?)?];
    let assemble = |making_at: [u8; 3], asking_at: [u8; 3], asking_from: u8| {
        let mut code = Code::default();
        code.push(wallet.0.as_slice()).op(EXTCODESIZE).push(&[asking_from]).op(JUMPI);
        code.push(&making).push(&making_at).push(&[0]).op(CODECOPY);
        code.push(&[0]).push(&[0]).push(&making).push(&[0]).push(&[0]);
        code.push(factory.as_slice()).op(GAS).op(CALL).op(POP);
        let jumps_to = code.0.len();
        code.op(JUMPDEST);
        code.push(&asking).push(&asking_at).push(&[0]).op(CODECOPY);
        code.push(&[32]).push(&third).push(&asking).push(&[0]);
        code.push(wallet.0.as_slice()).op(GAS).op(STATICCALL).push(&first).op(MSTORE);
        code.op(RETURNDATASIZE).push(&second).op(MSTORE);
        code.push(&[96]).push(&first).op(RETURN);
        (code.0, jumps_to)
    };
    // All places have the same width, so that the code's length does not depend on them.
    let (blank, jumps_to) = assemble([0; 3], [0; 3], 0);
    let making_at = number(blank.len())?;
    let asking_at = number(blank.len().checked_add(make.len())?)?;
    let (code, _) = assemble(making_at, asking_at, u8::try_from(jumps_to).ok()?);
    Some([code.as_slice(), make, ask].concat())
}

/// A number as it stands in code: three bytes.
fn number(of: usize) -> Option<[u8; 3]> {
    match u32::try_from(of).ok()?.to_be_bytes() {
        [0, a, b, c] => Some([a, b, c]),
        _ => None,
    }
}

const CODECOPY: u8 = 0x39;
const EXTCODESIZE: u8 = 0x3b;
const RETURNDATASIZE: u8 = 0x3d;
const POP: u8 = 0x50;
const MSTORE: u8 = 0x52;
const JUMPI: u8 = 0x57;
const GAS: u8 = 0x5a;
const JUMPDEST: u8 = 0x5b;
/// `PUSHn` is this and the number of bytes that it pushes.
const PUSH0: u8 = 0x5f;
const CALL: u8 = 0xf1;
const RETURN: u8 = 0xf3;
const STATICCALL: u8 = 0xfa;

/// Code of the virtual machine, as it is written.
#[derive(Default)]
struct Code(Vec<u8>);

impl Code {
    fn op(&mut self, op: u8) -> &mut Self {
        self.0.push(op);
        self
    }

    /// At most 32 bytes.
    fn push(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.push(PUSH0.saturating_add(u8::try_from(bytes.len()).unwrap_or(32)));
        self.0.extend_from_slice(bytes);
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::*;

    #[test]
    fn only_one_word_that_says_so_is_an_answer() {
        let told = |succeeded: u8, size: u8, word: &[u8]| {
            [number_as_word(succeeded), number_as_word(size), word.to_vec()].concat()
        };
        assert_eq!(answered(&told(1, 32, MAGIC.as_slice())), Some(&MAGIC.0));
        for bad in [
            told(0, 32, MAGIC.as_slice()),
            told(1, 0, MAGIC.as_slice()),
            told(1, 32, &[]),
            [told(1, 32, MAGIC.as_slice()), number_as_word(0)].concat(),
        ] {
            assert_eq!(answered(&bad), None, "{bad:?}");
        }
    }

    fn number_as_word(last: u8) -> Vec<u8> {
        [&[0; 31][..], &[last]].concat()
    }

    proptest! {
        #[test]
        fn any_bytes_are_asked_about_or_refused(
            mut signature in prop::collection::vec(any::<u8>(), 0..400),
            is_wrapped: bool,
            told in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            if is_wrapped {
                signature.extend(SUFFIX);
            }
            let wallet = Wallet(Address::repeat_byte(7));
            drop(question(wallet, "text", &signature));
            answered(&told);
        }
    }
}
