//! The adapter keeps the contract on a hub, over gRPC and, by polling, over HTTP.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use threadbridge_core::adapter::{Adapter, Verdict};
use threadbridge_core::model::id::{RemoteConversation, RemoteId};
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo};
use threadbridge_core::secret::Secret;
use threadbridge_devnet::farcaster::faults::{Fault, Scope, When};
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::farcaster::person::{Person, Words};
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_devnet::farcaster::wire::{CastId, ReactionType};
use threadbridge_farcaster::{Begin, Config, Credentials, Endpoint, Farcaster, Realm};
use threadbridge_kit::contract::{self, AdapterWorld, Disturbance, Failure, Seen};
use threadbridge_kit::deadline::soon;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CHANNEL: &str = "https://farcaster.xyz/~/channel/den";
const OWN: u64 = 5;
const WAIT_S: u64 = 7;

/// Alice and the bridge in a channel.
struct Channel {
    hub: Hub,
    alice: Person,
    over_http: bool,
}

impl Channel {
    async fn new() -> Self {
        let block_interval = Duration::from_millis(10);
        let hub = Hub::start(HubSettings { block_interval, ..HubSettings::default() }).await;
        let hub = hub.unwrap();
        let alice = Person::new(7, [7; 32]);
        alice.register(&hub, 50);
        Person::new(OWN, [5; 32]).register(&hub, 50);
        let world = Self { hub, alice, over_http: false };
        world.next_blocks().await;
        world
    }

    /// The same, with an account that has only HTTP.
    async fn over_http() -> Self {
        // Another test may have installed it.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        Self { over_http: true, ..Self::new().await }
    }

    /// What was submitted before is in by then.
    async fn next_blocks(&self) {
        let heights = [0, 1, 2].map(|shard| self.hub.height(shard));
        let is_past = || (0..).zip(heights).all(|(shard, it)| self.hub.height(shard) >= it + 3);
        soon("the next blocks", async {
            while !is_past() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    async fn ask(&self, path: &str) -> Value {
        let mut connection = TcpStream::connect(self.hub.http_addr()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        self.ask(path).await["messages"].as_array().cloned().unwrap_or_default()
    }
}

fn cast_id(id: &RemoteId) -> CastId {
    let (fid, hash) = id.as_str().split_once(":0x").unwrap();
    let hash = (0..20).map(|n| u8::from_str_radix(&hash[2 * n..2 * n + 2], 16).unwrap());
    CastId { fid: fid.parse().unwrap(), hash: hash.collect() }
}

fn remote_id(fid: u64, hash: &[u8]) -> RemoteId {
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    RemoteId::parse(format!("{fid}:0x{hash}")).unwrap()
}

fn kind(emoji: &str) -> ReactionType {
    if emoji == "🔁" { ReactionType::Recast } else { ReactionType::Like }
}

#[async_trait]
impl AdapterWorld for Channel {
    async fn connect(&self) -> Arc<dyn Adapter> {
        let url = if self.over_http {
            format!("http://{}", self.hub.http_addr())
        } else {
            format!("grpc://{}", self.hub.grpc_addr())
        };
        let config = Config {
            realm: Realm::Dev,
            fid: NonZeroU64::new(OWN),
            signer: Some(Secret::new("05".repeat(32))),
            begin: Begin::Kept,
            silent_for: Duration::from_millis(500),
            poll_every: Duration::from_millis(20),
            ..Config::reading(vec![Endpoint { url, credentials: Credentials::None }])
        };
        Arc::new(Farcaster::connect(&config).unwrap())
    }

    fn conversation(&self) -> RemoteConversation {
        RemoteConversation::parse("channel/den").unwrap()
    }

    async fn peer_does(&self, outgoing: &Outgoing) -> RemoteId {
        let message = match outgoing {
            Outgoing::Say(say) => {
                let parent = match &say.reply_to {
                    ReplyTo::Message(id) => Parent::ParentCastId(cast_id(id)),
                    ReplyTo::Conversation | ReplyTo::PartBefore => {
                        Parent::ParentUrl(CHANNEL.to_owned())
                    }
                };
                let words = Words { parent: Some(parent), ..Words::from(say.text.as_str()) };
                let id = self.alice.cast(&self.hub, words).unwrap();
                self.next_blocks().await;
                return remote_id(id.fid, &id.hash);
            }
            Outgoing::Delete { target } => self.alice.remove(&self.hub, &cast_id(target)),
            Outgoing::React { target, emoji } => {
                self.alice.react(&self.hub, kind(emoji), &cast_id(target))
            }
            Outgoing::Unreact { target, emoji } => {
                self.alice.unreact(&self.hub, kind(emoji), &cast_id(target))
            }
            Outgoing::Edit { .. } | Outgoing::Read { .. } => panic!("casts cannot do that"),
        };
        let message = message.unwrap();
        self.next_blocks().await;
        remote_id(self.alice.fid(), &message.hash)
    }

    async fn peer_sees(&self) -> Vec<Seen> {
        let mut casts = self.list(&format!("/v1/castsByParent?url={CHANNEL}")).await;
        let mut next = 0;
        while let Some(cast) = casts.get(next).cloned() {
            next += 1;
            let (fid, hash) = (&cast["data"]["fid"], cast["hash"].as_str().unwrap());
            casts.extend(self.list(&format!("/v1/castsByParent?fid={fid}&hash={hash}")).await);
        }
        casts.sort_by_key(|cast| cast["data"]["timestamp"].as_u64());
        let mut seen = Vec::new();
        for cast in casts {
            let (fid, hash) = (cast["data"]["fid"].as_u64(), cast["hash"].as_str().unwrap());
            let fid = fid.unwrap();
            let path = format!("/v1/reactionsByCast?target_fid={fid}&target_hash={hash}");
            let reactions = self.list(&path).await.into_iter().map(|it| {
                let kind = it["data"]["reactionBody"]["type"].as_str().unwrap().to_uppercase();
                if kind.ends_with("RECAST") { "🔁".to_owned() } else { "❤️".to_owned() }
            });
            let body = &cast["data"]["castAddBody"];
            let parent = body["parentCastId"].as_object().map(|parent| {
                let id = format!("{}:{}", parent["fid"], parent["hash"].as_str().unwrap());
                RemoteId::parse(id).unwrap()
            });
            seen.push(Seen {
                id: RemoteId::parse(format!("{fid}:{hash}")).unwrap(),
                is_ours: fid == OWN,
                text: body["text"].as_str().unwrap().to_owned(),
                reply_to: parent,
                reactions: reactions.collect(),
            });
        }
        seen
    }

    async fn peer_says_elsewhere(&self, text: &str) -> bool {
        self.alice.cast(&self.hub, text).unwrap();
        self.next_blocks().await;
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
        self.hub.faults().set(fault, Scope::Streams, when);
        true
    }

    fn failures(&self) -> Vec<Failure> {
        let failure = |name, verdict, is_taken| Failure { name, verdict, is_taken };
        let wait = Duration::from_secs(WAIT_S);
        vec![
            failure("unavailable", Verdict::Retry, false),
            failure("answer lost", Verdict::Retry, true),
            failure("rate limited", Verdict::RetryAfter(wait), false),
        ]
    }

    async fn fail_next_send(&self, failure: &Failure) {
        let fault = match failure.name {
            "unavailable" => Fault::Unavailable,
            "answer lost" => Fault::AnswerLost,
            _ => Fault::RateLimited { retry_after_s: WAIT_S },
        };
        self.hub.faults().set(fault, Scope::Writes, When::Next(1));
    }
}

#[tokio::test]
async fn what_others_say_arrives_on_a_hub() {
    contract::what_is_said_arrives(&Channel::new().await).await;
    contract::others_conversations_are_elsewhere(&Channel::new().await).await;
    contract::what_is_missing_is_fetched(&Channel::new().await).await;
}

#[tokio::test]
async fn what_we_say_arrives_on_a_hub() {
    contract::what_we_say_arrives(&Channel::new().await).await;
    contract::own_messages_are_recognized(&Channel::new().await).await;
    contract::the_same_bytes_are_one_message(&Channel::new().await).await;
}

#[tokio::test]
async fn garbage_is_refused_on_a_hub() {
    contract::garbage_is_refused(&Channel::new().await).await;
}

#[tokio::test]
async fn nothing_is_lost_on_a_hub() {
    contract::nothing_is_received_before_it_is_kept(&Channel::new().await).await;
    contract::a_cursor_never_passes_a_gap(&Channel::new).await;
}

#[tokio::test]
async fn no_disturbance_loses_anything_on_a_hub() {
    for disturbance in Disturbance::ALL {
        contract::a_disturbed_stream_loses_nothing(&Channel::new().await, disturbance).await;
    }
}

#[tokio::test]
async fn failures_have_their_verdicts_on_a_hub() {
    contract::failures_have_their_verdicts(&Channel::new).await;
}

#[tokio::test]
async fn cancelling_loses_and_doubles_nothing_on_a_hub() {
    contract::a_cancelled_listen_loses_nothing(&Channel::new).await;
    contract::a_cancelled_fetch_loses_nothing(&Channel::new).await;
    contract::a_cancelled_send_doubles_nothing(&Channel::new).await;
}

#[tokio::test]
async fn without_grpc_everything_arrives_by_polling() {
    contract::what_is_said_arrives(&Channel::over_http().await).await;
    contract::what_is_missing_is_fetched(&Channel::over_http().await).await;
    contract::what_we_say_arrives(&Channel::over_http().await).await;
    contract::own_messages_are_recognized(&Channel::over_http().await).await;
    contract::the_same_bytes_are_one_message(&Channel::over_http().await).await;
    contract::a_cursor_never_passes_a_gap(&Channel::over_http).await;
    contract::failures_have_their_verdicts(&Channel::over_http).await;
}
