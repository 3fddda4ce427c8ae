//! The contract suite notices an adapter that breaks a promise. Each of these is a real one with
//! one fault.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use threadbridge_core::adapter::{
    Adapter, AdapterError, Batch, Envelope, Inbound, Malformed, Missing, Opened, Parsed, Receipt,
    Sealed, Sealing, SendRequest, Unrenderable, Verdict,
};
use threadbridge_core::model::capabilities::Capabilities;
use threadbridge_core::model::event::Action;
use threadbridge_core::model::id::{Identity, Network, RemoteConversation, RemoteId};
use threadbridge_core::model::outgoing::Outgoing;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Keys;
use threadbridge_kit::contract::{self, AdapterWorld, Disturbance, Failure, Seen};

use super::{Den, ENCRYPTED, named_by_network};
use crate::network::Rules;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    AcknowledgesFirst,
    PassesGaps,
    BelievesGarbage,
    KeepsKeysOfGarbage,
    HearsElsewhere,
    DropsReplies,
    MisnamesMessages,
    SealsTheSameTwice,
    SendsAnew,
    GoesOnAfterFailure,
    AlwaysTriesAgain,
    TakesOwnForOthers,
    HidesWhatWasThrownAway,
}

#[derive(Debug)]
struct Broken {
    inner: Arc<dyn Adapter>,
    fault: Fault,
    sealed: Mutex<Option<Sealed>>,
    sent: Mutex<u8>,
}

impl Broken {
    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn spoilt(&self, mut batch: Batch) -> Batch {
        if self.has(Fault::PassesGaps) && batch.envelopes.len() > 1 {
            batch.envelopes.remove(0);
        }
        batch
    }
}

#[async_trait]
impl Adapter for Broken {
    fn network(&self) -> &Network {
        self.inner.network()
    }

    fn identity(&self) -> Option<&Identity> {
        if self.has(Fault::TakesOwnForOthers) { None } else { self.inner.identity() }
    }

    fn capabilities(&self, conversation: &RemoteConversation) -> &Capabilities {
        self.inner.capabilities(conversation)
    }

    async fn listen(&self, inbound: Inbound) -> Result<(), AdapterError> {
        let cursors =
            inbound.cursors().map(|(stream, position)| threadbridge_core::adapter::Cursor {
                stream: stream.to_owned(),
                position: position.to_vec(),
            });
        let linked = inbound.conversations().borrow().clone();
        let (door, mut outlet) = Inbound::channel(cursors.collect::<Vec<_>>(), linked);
        let mut listening = self.inner.listen(door);
        loop {
            tokio::select! {
                ended = &mut listening => return ended,
                Some(handed_over) = outlet.next() => {
                    let batch = self.spoilt(handed_over.batch().clone());
                    if self.has(Fault::AcknowledgesFirst) {
                        handed_over.keep(Vec::new());
                        tokio::select! {
                            ended = &mut listening => return ended,
                            kept = inbound.accept(batch) => kept.map(drop).unwrap_or_default(),
                        }
                    } else if let Ok(outcomes) = inbound.accept(batch).await {
                        handed_over.keep(outcomes);
                    }
                }
            }
        }
    }

    async fn fetch(&self, missing: &Missing) -> Result<Vec<Envelope>, AdapterError> {
        self.inner.fetch(missing).await
    }

    fn open(
        &self,
        keys: &Keys,
        linked: &BTreeSet<RemoteConversation>,
        envelope: &Envelope,
    ) -> Opened {
        let mut linked = linked.clone();
        if self.has(Fault::HearsElsewhere) {
            linked.insert(RemoteConversation::parse("hall").unwrap());
        }
        match self.inner.open(keys, &linked, envelope) {
            Opened::Refused(_) if self.has(Fault::BelievesGarbage) => Opened::Learnt,
            Opened::Refused(refusal) if self.has(Fault::KeepsKeysOfGarbage) => {
                keys.put(b"garbage", refusal.reason.as_bytes());
                Opened::Refused(refusal)
            }
            Opened::Rejected { .. } if self.has(Fault::HidesWhatWasThrownAway) => Opened::Elsewhere,
            opened @ (Opened::Plaintext(_)
            | Opened::Learnt
            | Opened::Missing(_)
            | Opened::Elsewhere
            | Opened::Refused(_)
            | Opened::Confirmed(_)
            | Opened::Rejected { .. }) => opened,
        }
    }

    fn parse(&self, plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
        let mut parsed = self.inner.parse(plaintext)?;
        for parsed in &mut parsed {
            if let Parsed::Event(event) = parsed
                && let Action::Say(said) = &mut event.action
                && self.has(Fault::DropsReplies)
            {
                said.reply_to = None;
            }
        }
        Ok(parsed)
    }

    fn render(
        &self,
        conversation: &RemoteConversation,
        outgoing: &Outgoing,
    ) -> Result<Vec<u8>, Unrenderable> {
        self.inner.render(conversation, outgoing)
    }

    fn seal(
        &self,
        keys: &Keys,
        conversation: &RemoteConversation,
        plaintext: &[u8],
        now: Timestamp,
    ) -> Sealing {
        let Sealing::Ready(mut sealed) = self.inner.seal(keys, conversation, plaintext, now) else {
            panic!("nothing comes first in clear rooms")
        };
        if self.has(Fault::MisnamesMessages) {
            sealed.remote_id = RemoteId::parse("wrong").ok();
        }
        if self.has(Fault::SealsTheSameTwice) {
            let mut before = self.sealed.lock().unwrap();
            return Sealing::Ready(before.get_or_insert(sealed).clone());
        }
        Sealing::Ready(sealed)
    }

    async fn send(&self, batch: &[SendRequest]) -> Vec<Result<Receipt, AdapterError>> {
        let mut batch = batch.to_vec();
        if self.has(Fault::SendsAnew) {
            let mut sent = self.sent.lock().unwrap();
            for request in &mut batch {
                *sent += 1;
                request.idempotency_key = [0xf0 ^ *sent; 16];
            }
        }
        let mut answers = self.inner.send(&batch).await;
        if self.has(Fault::GoesOnAfterFailure) && answers.len() < batch.len() {
            answers.extend(self.inner.send(&batch[answers.len()..]).await);
        }
        if self.has(Fault::AlwaysTriesAgain) {
            for error in answers.iter_mut().filter_map(|it| it.as_mut().err()) {
                error.verdict = Verdict::Retry;
            }
        }
        answers
    }
}

/// A den whose adapter is broken.
struct BrokenDen {
    den: Den,
    fault: Fault,
}

#[async_trait]
impl AdapterWorld for BrokenDen {
    async fn connect(&self) -> Arc<dyn Adapter> {
        let inner = self.den.connect().await;
        let (sealed, sent) = (Mutex::default(), Mutex::default());
        Arc::new(Broken { inner, fault: self.fault, sealed, sent })
    }

    fn conversation(&self) -> RemoteConversation {
        self.den.conversation()
    }

    async fn peer_does(&self, outgoing: &Outgoing) -> RemoteId {
        self.den.peer_does(outgoing).await
    }

    async fn peer_sees(&self) -> Vec<Seen> {
        self.den.peer_sees().await
    }

    async fn peer_says_elsewhere(&self, text: &str) -> bool {
        self.den.peer_says_elsewhere(text).await
    }

    async fn received(&self) -> Option<u64> {
        self.den.received().await
    }

    async fn disturb(&self, disturbance: Disturbance) -> bool {
        self.den.disturb(disturbance).await
    }

    fn failures(&self) -> Vec<Failure> {
        self.den.failures()
    }

    async fn fail_next_send(&self, failure: &Failure) {
        self.den.fail_next_send(failure).await;
    }

    async fn throw_next_send_away(&self) -> bool {
        self.den.throw_next_send_away().await
    }
}

fn broken(fault: Fault, rules: Rules) -> BrokenDen {
    BrokenDen { den: Den::new(rules), fault }
}

fn clear(fault: Fault) -> BrokenDen {
    broken(fault, Rules::default())
}

#[tokio::test]
#[should_panic(expected = "«received» was told before it was kept")]
async fn an_early_acknowledgement_is_noticed() {
    contract::nothing_is_received_before_it_is_kept(&clear(Fault::AcknowledgesFirst)).await;
}

#[tokio::test]
#[should_panic(expected = "waited in vain for 3 events")]
async fn a_gap_that_a_cursor_passes_is_noticed() {
    contract::what_is_missing_is_fetched(&clear(Fault::PassesGaps)).await;
}

#[tokio::test]
#[should_panic(expected = "garbage was believed")]
async fn belief_in_garbage_is_noticed() {
    contract::garbage_is_refused(&clear(Fault::BelievesGarbage)).await;
}

#[tokio::test]
#[should_panic(expected = "garbage changed a key")]
async fn a_key_that_garbage_changes_is_noticed() {
    contract::garbage_is_refused(&clear(Fault::KeepsKeysOfGarbage)).await;
}

#[tokio::test]
#[should_panic(expected = "\"not for us\"")]
async fn eavesdropping_is_noticed() {
    contract::others_conversations_are_elsewhere(&clear(Fault::HearsElsewhere)).await;
}

#[tokio::test]
#[should_panic(expected = "assertion `left == right` failed")]
async fn a_reply_that_loses_what_it_answers_is_noticed() {
    contract::what_is_said_arrives(&clear(Fault::DropsReplies)).await;
}

#[tokio::test]
#[should_panic(expected = "the id that was computed is not the network's")]
async fn a_wrong_name_is_noticed() {
    contract::the_same_bytes_are_one_message(&clear(Fault::MisnamesMessages)).await;
}

#[tokio::test]
#[should_panic(expected = "two messages were sealed to the same bytes")]
async fn sealing_the_same_twice_is_noticed() {
    contract::the_same_bytes_are_one_message(&clear(Fault::SealsTheSameTwice)).await;
}

#[tokio::test]
#[should_panic(expected = "one message has two ids")]
async fn sending_under_a_new_key_is_noticed() {
    let world = broken(Fault::SendsAnew, named_by_network());
    contract::the_same_bytes_are_one_message(&world).await;
}

#[tokio::test]
#[should_panic(expected = "expected one failure")]
async fn going_on_after_a_failure_is_noticed() {
    contract::failures_have_their_verdicts(&async || clear(Fault::GoesOnAfterFailure)).await;
}

#[tokio::test]
#[should_panic(expected = "wait: ")]
async fn a_wrong_verdict_is_noticed() {
    contract::failures_have_their_verdicts(&async || clear(Fault::AlwaysTriesAgain)).await;
}

#[tokio::test]
#[should_panic(expected = "waited in vain for our own message to come back")]
async fn own_messages_taken_for_others_are_noticed() {
    contract::own_messages_are_recognized(&clear(Fault::TakesOwnForOthers)).await;
}

#[tokio::test]
#[should_panic(expected = "waited in vain for what was thrown away to be told")]
async fn hiding_what_was_thrown_away_is_noticed() {
    let world = broken(Fault::HidesWhatWasThrownAway, named_by_network());
    contract::what_is_thrown_away_is_told(&world).await;
}

#[tokio::test]
#[should_panic(expected = "envelopes waited")]
async fn needing_keys_unannounced_is_noticed() {
    let rules = Rules { secrecy: ENCRYPTED, ..Rules::default() };
    contract::what_is_missing_is_fetched(&broken(Fault::AlwaysTriesAgain, rules)).await;
}
