//! The adapter keeps the contract on every kind of loopback network.

mod broken;

use std::num::{NonZeroU8, NonZeroU64};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use threadbridge_core::adapter::{Adapter, Batch, Sealing, Verdict};
use threadbridge_core::model::capabilities::{Limit, Unit};
use threadbridge_core::model::id::{Network, RemoteAuthor, RemoteConversation, RemoteId};
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Timestamp;
use threadbridge_kit::contract::{self, AdapterWorld, Desk, Disturbance, Failure, Seen};

use crate::fetch::Wanted;
use crate::network::{
    Condition, Faults, LoopbackNetwork, Naming, Person, PublishFault, Receipts, Rules, Sameness,
    Secrecy,
};
use crate::{Config, Loopback, bare};

const WAIT: Duration = Duration::from_secs(7);

/// Alice and the bridge in one room.
struct Den {
    network: LoopbackNetwork,
}

impl Den {
    fn new(rules: Rules) -> Self {
        let name = Network::parse("loopback").unwrap();
        Self { network: LoopbackNetwork::new(name, rules) }
    }

    fn alice(&self) -> Person {
        self.network.person("alice")
    }

    fn is_encrypted(&self) -> bool {
        self.network.rules().secrecy != Secrecy::Clear
    }
}

fn account() -> RemoteAuthor {
    RemoteAuthor::parse("bridge").unwrap()
}

#[async_trait]
impl AdapterWorld for Den {
    async fn connect(&self) -> Arc<dyn Adapter> {
        let quiet_for_ms = NonZeroU64::new(20).unwrap();
        let config = Config { quiet_for_ms, ..Config::default() };
        Arc::new(Loopback::connect(&self.network, account(), config))
    }

    fn conversation(&self) -> RemoteConversation {
        RemoteConversation::parse("den").unwrap()
    }

    async fn peer_does(&self, outgoing: &Outgoing) -> RemoteId {
        self.alice().does(&self.conversation(), outgoing).unwrap()
    }

    async fn peer_sees(&self) -> Vec<Seen> {
        let heard = self.alice().hears(&self.conversation()).into_iter();
        heard
            .map(|heard| Seen {
                id: heard.id,
                is_ours: heard.author == account(),
                text: heard.text,
                reply_to: heard.reply_to,
                reactions: heard.reactions.into_iter().map(|(_, emoji)| emoji).collect(),
            })
            .collect()
    }

    async fn peer_says_elsewhere(&self, text: &str) -> bool {
        let elsewhere = RemoteConversation::parse("hall").unwrap();
        self.alice().says(&elsewhere, text).unwrap();
        true
    }

    fn needs_keys_first(&self) -> bool {
        self.is_encrypted()
    }

    async fn received(&self) -> Option<u64> {
        Some(self.network.received(&account()))
    }

    async fn disturb(&self, disturbance: Disturbance) -> bool {
        let well = Faults::default();
        self.network.set_faults(match disturbance {
            Disturbance::Loses => Faults { lost_events: 400, ..well },
            Disturbance::Doubles => Faults { doubled_events: 400, ..well },
            Disturbance::Reorders => Faults { reordered_events: 400, ..well },
            Disturbance::Cuts => Faults { cuts: 300, ..well },
            Disturbance::Deafens => Faults { condition: Condition::Deaf, ..well },
        });
        true
    }

    fn failures(&self) -> Vec<Failure> {
        let failure = |name, verdict, is_taken| Failure { name, verdict, is_taken };
        let mut failures = vec![
            failure("fails", Verdict::Retry, false),
            failure("answer lost", Verdict::Retry, true),
            failure("wait", Verdict::RetryAfter(WAIT), false),
            failure("refused", Verdict::Reject, false),
            failure("locked out", Verdict::Suspend, false),
        ];
        if self.is_encrypted() {
            failures.push(failure("stale", Verdict::Reseal, false));
        }
        failures
    }

    async fn fail_next_send(&self, failure: &Failure) {
        let fault = match failure.name {
            "fails" => PublishFault::Fails,
            "answer lost" => PublishFault::AnswerLost,
            "wait" => PublishFault::Wait(WAIT),
            "refused" => PublishFault::Refused,
            "locked out" => PublishFault::LockedOut,
            _ => {
                // Two key changes that the account has not read.
                self.alice().rekeys(&self.conversation()).unwrap();
                self.alice().rekeys(&self.conversation()).unwrap();
                return;
            }
        };
        self.network.fail_next_post(fault);
    }

    async fn throw_next_send_away(&self) -> bool {
        self.network.fail_next_post(PublishFault::ThrownAway);
        self.network.rules().receipts == Receipts::Provisional
    }
}

const ENCRYPTED: Secrecy = Secrecy::Encrypted { past_epochs: 1 };

fn named_by_network() -> Rules {
    Rules {
        naming: Naming::Network,
        receipts: Receipts::Provisional,
        sameness: Sameness::IdempotencyKey,
        ..Rules::default()
    }
}

#[tokio::test]
async fn the_contract_is_kept_where_names_are_digests() {
    contract::all(async || Den::new(Rules::default())).await;
}

#[tokio::test]
async fn the_contract_is_kept_where_the_network_names_posts_and_may_throw_them_away() {
    contract::all(async || Den::new(named_by_network())).await;
}

#[tokio::test]
async fn the_contract_is_kept_in_encrypted_rooms() {
    contract::all(async || Den::new(Rules { secrecy: ENCRYPTED, ..Rules::default() })).await;
}

#[tokio::test]
async fn the_contract_is_kept_in_encrypted_rooms_where_the_network_names_posts() {
    contract::all(async || Den::new(Rules { secrecy: ENCRYPTED, ..named_by_network() })).await;
}

#[tokio::test]
async fn the_contract_is_kept_where_little_can_be_said() {
    let capabilities = || bare(Limit { max: 12, unit: Unit::Graphemes });
    let rules = || Rules { capabilities: capabilities(), ..Rules::default() };
    contract::all(async || Den::new(rules())).await;
}

#[tokio::test]
async fn the_contract_is_kept_on_one_stream() {
    let streams = NonZeroU8::new(1).unwrap();
    contract::all(async || Den::new(Rules { streams, ..Rules::default() })).await;
}

#[tokio::test]
async fn a_key_that_is_handed_over_before_our_change_of_it_is_read_back_ends_that_change() {
    let den = Den::new(Rules { secrecy: ENCRYPTED, ..Rules::default() });
    let mut desk = Desk::new(&den).await;
    den.alice().says(&den.conversation(), "hi").unwrap();
    desk.hear(1).await;
    let say = Outgoing::Say(Say {
        text: "hi".to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::from_secs(0),
        mark: None,
        expires: None,
    });
    let Sealing::First(rekey) = desk.try_to_seal(&say).await else { panic!("no key change") };
    assert_eq!(desk.try_to_seal(&say).await, Sealing::First(rekey.clone()));
    desk.send(&rekey).await.unwrap();
    let latest = Wanted::key("den", None).missing();
    let envelopes = desk.adapter().fetch(&latest).await.unwrap();
    desk.keep(Batch { envelopes, cursors: Vec::new() }).await;
    desk.does(&say).await;
    assert_eq!(den.peer_sees().await.len(), 2);
    assert_eq!(den.network.unreadable(&den.conversation()), 0);
}
