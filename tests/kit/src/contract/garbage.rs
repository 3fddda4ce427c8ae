//! What is not from the network, or not for us, or not whole, does no harm.

use std::collections::BTreeMap;

use threadbridge_core::adapter::{Envelope, Opened, Parsed};
use threadbridge_core::model::id::RemoteId;
use threadbridge_core::model::outgoing::Outgoing;
use threadbridge_core::store::Keys;

use super::arrives::words;
use super::{AdapterWorld, Desk};

/// Bytes of a genuine envelope that are tried with each bit turned; of longer ones a spread.
const PLACES: usize = 256;
/// Far more than any network sends at once.
const HUGE_BYTES: usize = 32 * 1024 * 1024;
/// How many envelopes of noise are tried.
const NOISES: u64 = 200;

/// Changed, cut off, random, oversized and misnamed envelopes are refused without a panic and
/// without a change of any key, and the genuine one opens after all of them as if nothing had been.
pub async fn garbage_is_refused(world: &impl AdapterWorld) {
    let mut desk = Desk::new(world).await;
    world.peer_does(&Outgoing::Say(words("one"))).await;
    desk.hear(1).await;
    // The second one is opened by hand, with every key that it needs.
    world.peer_does(&Outgoing::Say(words("two"))).await;
    let genuine = next_envelope(&mut desk).await;
    let said = plain(&desk, &desk.keys(), &genuine).expect("what is genuine opens");
    let keys = desk.keys();
    for envelope in forged(&genuine) {
        let before = contents(&keys);
        let opened = desk.adapter().open(&keys, &desk.linked(), &envelope);
        let took = match opened {
            Opened::Plaintext(plaintext) => {
                // Bytes that nobody reads may differ, as long as nothing else does.
                desk.adapter().parse(&plaintext).is_ok_and(|parsed| parsed != said)
            }
            Opened::Refused(_) | Opened::Elsewhere | Opened::Missing(_) => false,
            Opened::Learnt | Opened::Confirmed(_) | Opened::Rejected { .. } => true,
        };
        assert!(!took, "garbage was believed: {envelope:?}");
        let after = contents(&keys);
        if let Ok(read) = desk.adapter().parse(&envelope.bytes) {
            assert!(read != said, "an envelope is no plaintext: {envelope:?}");
        }
        assert_eq!(before, after, "garbage changed a key: {envelope:?}");
    }
    assert_eq!(plain(&desk, &keys, &genuine), Some(said), "garbage spoilt what is genuine");
}

/// The next envelope that holds somebody else's message; it is not taken.
async fn next_envelope(desk: &mut Desk) -> Envelope {
    let adapter = std::sync::Arc::clone(desk.adapter());
    let (inbound, mut outlet) = desk.door();
    let mut listening = adapter.listen(inbound);
    crate::deadline::soon("an envelope", async {
        loop {
            tokio::select! {
                ended = &mut listening => panic!("listening ended: {ended:?}"),
                Some(handed_over) = outlet.next() => {
                    let envelopes = handed_over.batch().envelopes.clone();
                    for envelope in envelopes {
                        if plain(desk, &desk.keys(), &envelope).is_some() {
                            return envelope;
                        }
                    }
                    desk.take(handed_over).await;
                }
            }
        }
    })
    .await
}

fn plain(desk: &Desk, keys: &Keys, envelope: &Envelope) -> Option<Vec<Parsed>> {
    match desk.adapter().open(keys, &desk.linked(), envelope) {
        Opened::Plaintext(plaintext) => desk.adapter().parse(&plaintext).ok(),
        Opened::Learnt
        | Opened::Missing(_)
        | Opened::Elsewhere
        | Opened::Refused(_)
        | Opened::Confirmed(_)
        | Opened::Rejected { .. } => None,
    }
}

fn contents(keys: &Keys) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let names = keys.list().unwrap();
    names.into_iter().map(|key| (key.clone(), keys.get(&key).unwrap().unwrap().to_vec())).collect()
}

fn forged(genuine: &Envelope) -> Vec<Envelope> {
    let with = |bytes: Vec<u8>| Envelope { bytes, ..genuine.clone() };
    let length = genuine.bytes.len();
    let step = length.div_ceil(PLACES).max(1);
    let mut forged = Vec::new();
    for at in (0..length).step_by(step) {
        for bit in 0..8 {
            let mut bytes = genuine.bytes.clone();
            bytes[at] ^= 1 << bit;
            forged.push(with(bytes));
        }
        forged.push(with(genuine.bytes[..at].to_vec()));
    }
    forged.push(with([genuine.bytes.as_slice(), &[0]].concat()));
    forged.push(with(vec![0; HUGE_BYTES]));
    forged.push(with([genuine.bytes.as_slice(), &vec![0xff; HUGE_BYTES]].concat()));
    let mut noise = 0_u64;
    for length in 0..NOISES {
        let byte = |_| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            noise.to_be_bytes()[0]
        };
        forged.push(with((0..length).map(byte).collect()));
    }
    let id = RemoteId::parse("something else").unwrap();
    forged.push(Envelope { id, ..genuine.clone() });
    forged
}
