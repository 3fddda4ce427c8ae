//! The entries and notes of the loopback network, in open and in encrypted rooms.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use threadbridge_core::adapter::{Adapter, Envelope, Inbound, Opened, Outcome};
use threadbridge_core::model::id::{
    AccountName, Network, RemoteAuthor, RemoteConversation, RemoteId,
};
use threadbridge_core::store::{Keys, Store};
use threadbridge_loopback::network::{LoopbackNetwork, Rules};
use threadbridge_loopback::{Config, Loopback};

use crate::Target;

/// Any entry is opened or refused, and any plaintext parsed or malformed.
pub const TARGET: Target = Target { name: "loopback", run, seeds, rounds: 10_000 };

static BRIDGE: LazyLock<Bridge> = LazyLock::new(Bridge::talked_with);

struct Bridge {
    adapter: Loopback,
    keys: std::sync::Mutex<Keys>,
    linked: BTreeSet<RemoteConversation>,
    inputs: Vec<Vec<u8>>,
}

fn run(bytes: &[u8]) {
    let bridge = &*BRIDGE;
    let keys = bridge.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let envelope = Envelope { id: RemoteId::parse("a").unwrap(), bytes: bytes.to_vec() };
    if let Opened::Refused(refusal) = bridge.adapter.open(&keys, &bridge.linked, &envelope) {
        assert!(!refusal.reason.is_empty());
    }
    if let Err(malformed) = bridge.adapter.parse(bytes) {
        assert!(!malformed.reason.is_empty());
    }
}

fn seeds() -> Vec<Vec<u8>> {
    BRIDGE.inputs.clone()
}

impl Bridge {
    fn talked_with() -> Self {
        let network = LoopbackNetwork::new(Network::parse("left").unwrap(), Rules::default());
        let room = RemoteConversation::parse("room/books").unwrap();
        let (ann, own) = (network.person("ann"), network.person("bridge"));
        ann.joins(&room);
        own.joins(&room);
        let account = RemoteAuthor::parse("bridge").unwrap();
        let adapter = Loopback::connect(&network, account, Config::default());
        let hello = ann.says(&room, "hello 👋🏽").unwrap();
        ann.replies(&room, &hello, "hello yourself").unwrap();
        ann.reacts(&room, &hello, "👍").unwrap();
        ann.edits(&room, &hello, "hello all").unwrap();
        ann.deletes(&room, &hello).unwrap();
        ann.calls_themself("Ann").unwrap();
        let account = AccountName::parse("left").unwrap();
        let keys = Store::in_memory().unwrap().keys(&account).unwrap();
        let keys = std::sync::Mutex::new(keys);
        let mut bridge = Self { adapter, keys, linked: BTreeSet::from([room]), inputs: Vec::new() };
        crate::farcaster::runtime().block_on(bridge.listen());
        bridge
    }

    async fn listen(&mut self) {
        let (inbound, mut outlet) = Inbound::channel([], self.linked.clone());
        let mut envelopes: Vec<Envelope> = Vec::new();
        let keeping = async {
            while let Some(handed_over) = outlet.next().await {
                envelopes.extend(handed_over.batch().envelopes.iter().cloned());
                let count = handed_over.batch().envelopes.len();
                handed_over.keep(vec![Outcome::Kept; count]);
                if envelopes.len() >= 6 {
                    return;
                }
            }
        };
        let hear = async {
            tokio::select! {
                () = keeping => {}
                ended = self.adapter.listen(inbound) => panic!("listening ended: {ended:?}"),
            }
        };
        tokio::time::timeout(Duration::from_secs(20), hear).await.unwrap();
        let keys = self.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for envelope in envelopes {
            if let Opened::Plaintext(plaintext) = self.adapter.open(&keys, &self.linked, &envelope)
            {
                self.inputs.push(plaintext);
            }
            self.inputs.push(envelope.bytes);
        }
        assert!(self.inputs.len() > 8, "only {} inputs", self.inputs.len());
    }
}
