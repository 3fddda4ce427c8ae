//! A group on XMTP.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use threadbridge_devnet::xmtp::faults::{Fault, Scope, When};
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use tokio::time::interval;

use super::board::{Board, LIKE};
use super::room::{ATTEMPTS, Powers, RECENT, Room, Voice, With};
use crate::farcaster::daemon::Home;
use crate::xmtp::bridged::own_address;
use crate::xmtp::person::{Person, Sdk, wallet};

/// How long somebody waits before they try something again.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// A group on a node of its own. Everybody in it has the official client, of either version.
#[derive(Debug)]
pub(crate) struct Messages {
    side: &'static str,
    node: Node,
    /// Inboxes of those who talk.
    inboxes: Vec<String>,
    group: Arc<OnceLock<Group>>,
    /// Made the group, and reads.
    reader: tokio::sync::Mutex<Person>,
}

/// A group's id, and the bridge's inbox.
#[derive(Clone, Debug)]
struct Group {
    id: String,
    bridge: String,
}

impl Messages {
    /// A group of these people.
    pub(crate) async fn group(
        side: &'static str,
        people: &[&'static str],
    ) -> (Box<dyn Room>, Vec<Box<dyn Voice>>) {
        // Another test may have installed it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let group = Arc::<OnceLock<Group>>::default();
        let mut voices: Vec<Box<dyn Voice>> = Vec::new();
        let mut inboxes = Vec::new();
        for (name, sdk) in people.iter().zip(Sdk::all().into_iter().rev().cycle()) {
            let person = Person::joins(&node, name, sdk).await;
            inboxes.push(person.inbox());
            voices.push(Box::new(Member { side, name, person, group: Arc::clone(&group) }));
        }
        let reader = Person::joins(&node, "reader", Sdk::Five).await;
        let reader = tokio::sync::Mutex::new(reader);
        (Box::new(Self { side, node, inboxes, group, reader }), voices)
    }
}

/// Has somebody do something until it is done.
async fn insists(person: &mut Person, command: Value) -> Value {
    let mut ticks = interval(AGAIN_AFTER);
    for attempt in 1.. {
        ticks.tick().await;
        let answer = person.tries(command.clone()).await;
        if answer["ok"] == true {
            return answer;
        }
        assert!(attempt < ATTEMPTS, "{command} was answered {answer}");
    }
    Value::Null
}

async fn reads(person: &mut Person, group: &str) -> Vec<Value> {
    let read = json!({ "do": "read", "conversation": group });
    insists(person, read).await["messages"].as_array().unwrap().clone()
}

#[async_trait]
impl Room for Messages {
    fn side(&self) -> &'static str {
        self.side
    }

    fn account(&self, home: Home) -> Home {
        let (side, url) = (self.side, self.node.url());
        let settings = format!(
            "\n[accounts.{side}]\nnetwork = \"xmtp\"\nhost = {url:?}\nwallet = \"file:{side}.key\"\n"
        );
        let key = wallet("bridge").secret();
        home.with_key(side, key.trim_start_matches("0x")).with_text(&settings)
    }

    async fn conversation(&self) -> String {
        let mut reader = self.reader.lock().await;
        let own = own_address();
        let mut members: Vec<_> = self.inboxes.iter().map(String::as_str).collect();
        members.push(&own);
        let id = reader.makes_group("books", &members).await;
        let bridge = self.node.inbox_of(&own).unwrap();
        self.group.set(Group { id: id.clone(), bridge }).unwrap();
        format!("group/{id}")
    }

    async fn shows(&self) -> Board {
        let Group { id, bridge } = self.group.get().unwrap();
        let messages = reads(&mut *self.reader.lock().await, id).await;
        Board::of_messages(&messages, bridge)
    }

    fn look_every(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn fails(&self, chance: f64) {
        for fault in [
            Fault::Delay { ms: 40 },
            Fault::RateLimited,
            Fault::Unavailable,
            Fault::AnswerLost,
            Fault::DropLive,
            Fault::Duplicate,
            Fault::Reorder,
            Fault::CutStream,
        ] {
            self.node.faults().set(fault, Scope::Any, When::Chance(chance));
        }
    }

    fn heals(&self) {
        self.node.faults().clear_all();
    }

    fn struck(&self) -> BTreeMap<String, u64> {
        self.node.faults().struck()
    }

    async fn ends(self: Box<Self>) {
        self.reader.into_inner().leaves().await;
        self.node.stop().await;
    }
}

/// Somebody on XMTP.
#[derive(Debug)]
struct Member {
    side: &'static str,
    name: &'static str,
    person: Person,
    group: Arc<OnceLock<Group>>,
}

impl Member {
    fn group(&self) -> &Group {
        self.group.get().unwrap()
    }

    /// The message that they said already, if a failure was none.
    async fn said(&mut self, text: &str) -> Option<String> {
        let (group, inbox) = (self.group().id.clone(), self.person.inbox());
        let messages = reads(&mut self.person, &group).await;
        let is_it = |it: &&Value| it["sender"] == inbox && it["text"] == text;
        messages.iter().find(is_it).and_then(|it| it["id"].as_str().map(str::to_owned))
    }
}

#[async_trait]
impl Voice for Member {
    fn side(&self) -> &'static str {
        self.side
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn powers(&self) -> Powers {
        Powers::default()
    }

    async fn says(&mut self, text: &str, with: With) -> Option<String> {
        let group = &self.group().id;
        let command = match with.on {
            Some(on) => json!({ "do": "reply", "conversation": group, "to": on, "text": text }),
            None => json!({ "do": "say", "conversation": group, "text": text }),
        };
        let mut ticks = interval(AGAIN_AFTER);
        for attempt in 1.. {
            ticks.tick().await;
            let answer = self.person.tries(command.clone()).await;
            if let Some(id) = answer["message"].as_str() {
                return Some(id.to_owned());
            }
            if let Some(id) = self.said(text).await {
                return Some(id);
            }
            assert!(attempt < ATTEMPTS, "{command} was answered {answer}");
        }
        None
    }

    async fn likes(&mut self, id: &str, is_liked: bool) -> bool {
        let act = if is_liked { "react" } else { "unreact" };
        let group = &self.group().id;
        let command = json!({ "do": act, "conversation": group, "to": id, "emoji": LIKE });
        insists(&mut self.person, command).await;
        true
    }

    async fn edits(&mut self, _id: &str, _text: &str) {
        panic!("messages cannot be edited");
    }

    async fn takes_back(&mut self, id: &str) {
        let group = &self.group().id;
        let command = json!({ "do": "delete", "conversation": group, "message": id });
        insists(&mut self.person, command).await;
    }

    async fn recent(&mut self) -> Board {
        let Group { id, bridge } = self.group().clone();
        Board::of_messages(&reads(&mut self.person, &id).await, &bridge).newest(RECENT)
    }

    async fn leaves(self: Box<Self>) {
        self.person.leaves().await;
    }
}
