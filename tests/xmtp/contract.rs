//! The adapter keeps the contract on a node of XMTP, where the other one has the official client.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use threadbridge_core::adapter::{Adapter, Health, Verdict};
use threadbridge_core::model::id::{RemoteConversation, RemoteId};
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo};
use threadbridge_core::secret::Secret;
use threadbridge_devnet::xmtp::faults::{Fault, Scope, When};
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use threadbridge_kit::contract::{self, AdapterWorld, Desk, Disturbance, Failure, Seen};
use threadbridge_xmtp::{Config, Xmtp};
use tokio::sync::Mutex;

use super::bridged::own_address;
use super::person::{Person, Sdk, wallet};

/// What is waited where a server does not say how long.
const WAIT: Duration = Duration::from_secs(10);

/// Ann and the bridge's account in a conversation of two.
struct World {
    node: Node,
    ann: Mutex<Person>,
    address: String,
    /// What Ann's client calls the conversation, once the account is there.
    dm: OnceLock<String>,
}

impl World {
    async fn new() -> Self {
        // Another test may have installed it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let ann = Person::joins(&node, "ann", Sdk::newest()).await;
        let address = ann.address();
        Self { node, ann: Mutex::new(ann), address, dm: OnceLock::new() }
    }

    fn dm(&self) -> &str {
        self.dm.get().expect("the account is there")
    }
}

fn remote_id(value: &Value) -> RemoteId {
    RemoteId::parse(value.as_str().unwrap()).unwrap()
}

#[async_trait]
impl AdapterWorld for World {
    async fn connect(&self) -> Arc<dyn Adapter> {
        let key = Secret::new(wallet("bridge").secret());
        let config = Config::new(self.node.url().parse().unwrap(), key);
        let look_every = Duration::from_millis(500);
        Arc::new(Xmtp::connect(&Config { look_every, ..config }).unwrap())
    }

    fn conversation(&self) -> RemoteConversation {
        RemoteConversation::parse(format!("dm/{}", self.address)).unwrap()
    }

    /// Nobody can write to an inbox that has no installation yet.
    async fn lets_in(&self, desk: &mut Desk) {
        let is_in = |desk: &Desk| desk.health.last() == Some(&Health::Connected);
        desk.listen_until("the account to be in its inbox", is_in).await;
        let dm = self.ann.lock().await.opens_dm(&own_address()).await;
        self.dm.set(dm).unwrap();
    }

    async fn peer_does(&self, outgoing: &Outgoing) -> RemoteId {
        let dm = self.dm();
        let command = match outgoing {
            Outgoing::Say(say) => match &say.reply_to {
                ReplyTo::Message(to) => json!({
                    "do": "reply", "conversation": dm, "to": to.as_str(), "text": say.text,
                }),
                ReplyTo::Conversation | ReplyTo::PartBefore => {
                    json!({ "do": "say", "conversation": dm, "text": say.text })
                }
            },
            Outgoing::React { target, emoji } => json!({
                "do": "react", "conversation": dm, "to": target.as_str(), "emoji": emoji,
            }),
            Outgoing::Unreact { target, emoji } => json!({
                "do": "unreact", "conversation": dm, "to": target.as_str(), "emoji": emoji,
            }),
            Outgoing::Delete { target } => {
                json!({ "do": "delete", "conversation": dm, "message": target.as_str() })
            }
            Outgoing::Read { .. } => json!({ "do": "receipt", "conversation": dm }),
            Outgoing::Edit { .. } => panic!("the official client edits nothing"),
        };
        remote_id(&self.ann.lock().await.does(command).await["message"])
    }

    async fn peer_sees(&self) -> Vec<Seen> {
        let mut ann = self.ann.lock().await;
        let own = ann.inbox();
        let messages = ann.reads(self.dm()).await;
        let said = messages.iter().filter(|it| it["type"] == "text" || it["type"] == "reply");
        said.map(|it| Seen {
            id: remote_id(&it["id"]),
            is_ours: it["sender"] != own,
            text: it["text"].as_str().unwrap().to_owned(),
            reply_to: it["in_reply_to"].as_str().map(|id| RemoteId::parse(id).unwrap()),
            reactions: it["reactions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["emoji"].as_str().unwrap().to_owned())
                .collect(),
        })
        .collect()
    }

    async fn peer_says_elsewhere(&self, text: &str) -> bool {
        let mut ann = self.ann.lock().await;
        let group = ann.makes_group("elsewhere", &[&own_address()]).await;
        ann.says(&group, text).await;
        true
    }

    fn needs_keys_first(&self) -> bool {
        true
    }

    async fn disturb(&self, disturbance: Disturbance) -> bool {
        let (fault, when) = match disturbance {
            Disturbance::Loses => (Fault::DropLive, When::Chance(0.4)),
            Disturbance::Doubles => (Fault::Duplicate, When::Chance(0.4)),
            Disturbance::Reorders => (Fault::Reorder, When::Chance(0.4)),
            Disturbance::Cuts => (Fault::CutStream, When::Chance(0.1)),
            Disturbance::Deafens => (Fault::DropLive, When::Always),
        };
        self.node.faults().set(fault, Scope::Streams, when);
        true
    }

    fn failures(&self) -> Vec<Failure> {
        let failure = |name, verdict, is_taken| Failure { name, verdict, is_taken };
        vec![
            failure("unavailable", Verdict::Retry, false),
            failure("answer lost", Verdict::Retry, true),
            failure("cut off", Verdict::Retry, true),
            failure("rate limited", Verdict::RetryAfter(WAIT), false),
            failure("refused", Verdict::Reject, false),
            failure("cut over", Verdict::Suspend, false),
        ]
    }

    async fn fail_next_send(&self, failure: &Failure) {
        let fault = match failure.name {
            "unavailable" => Fault::Unavailable,
            "answer lost" => Fault::AnswerLost,
            "cut off" => Fault::Cut,
            "rate limited" => Fault::RateLimited,
            "refused" => Fault::Refused { code: 3 },
            _ => return self.node.cut_over(true),
        };
        let sending = Scope::Method("SendGroupMessages".to_owned());
        self.node.faults().set(fault, sending, When::Next(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_say_arrives_from_xmtp() {
    contract::what_is_said_arrives(&World::new().await).await;
    contract::others_conversations_are_elsewhere(&World::new().await).await;
    contract::what_is_missing_is_fetched(&World::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_say_arrives_on_xmtp() {
    contract::what_we_say_arrives(&World::new().await).await;
    contract::own_messages_are_recognized(&World::new().await).await;
    contract::the_same_bytes_are_one_message(&World::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_refused_from_xmtp() {
    contract::garbage_is_refused(&World::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_on_xmtp() {
    contract::nothing_is_received_before_it_is_kept(&World::new().await).await;
    contract::a_cursor_never_passes_a_gap(&World::new).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_disturbance_of_xmtp_loses_anything() {
    for disturbance in Disturbance::ALL {
        contract::a_disturbed_stream_loses_nothing(&World::new().await, disturbance).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_xmtp_have_their_verdicts() {
    contract::failures_have_their_verdicts(&World::new).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_loses_and_doubles_nothing_on_xmtp() {
    contract::a_cancelled_listen_loses_nothing(&World::new).await;
    contract::a_cancelled_fetch_loses_nothing(&World::new).await;
    contract::a_cancelled_send_doubles_nothing(&World::new).await;
}
