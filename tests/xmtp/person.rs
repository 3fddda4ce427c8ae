//! A person on XMTP who uses nothing but the official client; `tests/clients/xmtp/person.mjs` says
//! what they can be told to do.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_devnet::xmtp::Node;
use threadbridge_devnet::xmtp::make::Wallet;
use tokio::process::Command;
use tokio::time::timeout;

use crate::client::{Client, PATIENCE, folder, install};

/// A version of the official client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sdk {
    /// 5.5.0, which runs everywhere.
    Five,
    /// 6.0.0, where its native part can be loaded.
    Six,
}

/// What a person has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outfit {
    /// Where their app keeps its installation; without it, it is gone with the process.
    pub(crate) db: Option<PathBuf>,
    /// Whether their app takes part in device sync, with the node's history server.
    pub(crate) has_history: bool,
    /// Chain and address of the contract wallet that they sign by.
    pub(crate) contract: Option<(u64, String)>,
    /// A certificate that they believe, in PEM.
    pub(crate) trusts: Option<PathBuf>,
}

/// A running client; killed if a test fails before it ends it.
#[derive(Debug)]
pub(crate) struct Person {
    name: String,
    client: Client,
    /// The line with which it began: `address`, `inbox`, `installation`, `version`.
    pub(crate) ready: Value,
}

/// Installs both versions, if they are not there.
fn install_all() {
    install(&folder("xmtp"));
    install(&folder("xmtp/sdk6"));
}

impl Sdk {
    /// The versions that run here. That the newer one does not is said, and no failure.
    pub(crate) fn all() -> Vec<Self> {
        let newer = Self::Six.program().map(|_| Self::Six);
        [Some(Self::Five), newer].into_iter().flatten().collect()
    }

    /// The newest version that runs here.
    pub(crate) fn newest() -> Self {
        Self::all().last().copied().unwrap()
    }

    /// What runs its scripts.
    fn program(self) -> Option<&'static str> {
        static SIX: OnceLock<Option<String>> = OnceLock::new();
        if self == Self::Five {
            return Some("node");
        }
        SIX.get_or_init(program_for_six).as_deref()
    }

    const fn flag(self) -> &'static str {
        match self {
            Self::Five => "5",
            Self::Six => "6",
        }
    }
}

fn program_for_six() -> Option<String> {
    install_all();
    let script = folder("xmtp").join("node-for-sdk6.sh");
    let output =
        std::process::Command::new(script).stderr(Stdio::inherit()).output().expect("bash runs");
    match output.status.code() {
        Some(0) => Some(String::from_utf8(output.stdout).unwrap().trim().to_owned()),
        Some(3) => None,
        other => panic!("node-for-sdk6.sh failed with {other:?}"),
    }
}

/// Waits until something holds that nobody tells of; the official client takes its time.
pub(crate) async fn eventually(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let waiting = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(200));
        loop {
            ticks.tick().await;
            if look().await {
                return;
            }
        }
    };
    timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

/// The wallet of somebody of this name.
pub(crate) fn wallet(name: &str) -> Wallet {
    Wallet::of(&format!("{name}'s wallet on XMTP"))
}

impl Person {
    /// Somebody whose app is gone with the process.
    pub(crate) async fn joins(node: &Node, name: &str, sdk: Sdk) -> Self {
        Self::joins_with(node, name, sdk, Outfit::default()).await
    }

    /// Somebody with an outfit. Who has the same name has the same wallet.
    pub(crate) async fn joins_with(node: &Node, name: &str, sdk: Sdk, outfit: Outfit) -> Self {
        install_all();
        let mut command = Command::new(sdk.program().expect("this version runs here"));
        command.arg(folder("xmtp").join("person.mjs"));
        command.args(["--api", &node.url(), "--key", &wallet(name).secret()]);
        command.args(["--sdk", sdk.flag()]);
        if let Some(db) = &outfit.db {
            command.arg("--db").arg(db);
        }
        if outfit.has_history {
            command.args(["--history", &node.history_url()]);
        }
        if let Some((chain, contract)) = &outfit.contract {
            command.args(["--contract", &format!("{chain}:{contract}")]);
        }
        if let Some(certificate) = &outfit.trusts {
            command.env("SSL_CERT_FILE", certificate);
        }
        let mut client = Client::spawns(name, &mut command);
        let ready = client.is_ready().await;
        Self { name: name.to_owned(), client, ready }
    }

    /// Has the person do something, and returns the answer. Fails if they could not.
    pub(crate) async fn does(&mut self, command: Value) -> Value {
        self.client.does(command).await
    }

    /// Has the person do something that may fail.
    pub(crate) async fn tries(&mut self, command: Value) -> Value {
        self.client.tries(command).await
    }

    /// What their app told by itself so far, in order.
    pub(crate) fn events(&self) -> &[Value] {
        &self.client.events
    }

    /// Their address, in lower case.
    pub(crate) fn address(&self) -> String {
        self.ready["address"].as_str().unwrap().to_owned()
    }

    /// Their inbox id.
    pub(crate) fn inbox(&self) -> String {
        self.ready["inbox"].as_str().unwrap().to_owned()
    }

    /// Their app's installation, in hex.
    pub(crate) fn installation(&self) -> String {
        self.ready["installation"].as_str().unwrap().to_owned()
    }

    async fn names(&mut self, command: Value, field: &str) -> String {
        self.does(command).await[field].as_str().unwrap().to_owned()
    }

    /// Opens a direct conversation with an address or inbox id, and returns its id.
    pub(crate) async fn opens_dm(&mut self, to: &str) -> String {
        self.names(json!({ "do": "dm", "to": to }), "conversation").await
    }

    /// Makes a group of addresses or inbox ids, and returns its id.
    pub(crate) async fn makes_group(&mut self, name: &str, members: &[&str]) -> String {
        let group = json!({ "do": "group", "name": name, "members": members });
        self.names(group, "conversation").await
    }

    /// Says something, and returns the message's id.
    pub(crate) async fn says(&mut self, conversation: &str, text: &str) -> String {
        let say = json!({ "do": "say", "conversation": conversation, "text": text });
        self.names(say, "message").await
    }

    /// Answers a message, and returns the answer's id.
    pub(crate) async fn replies(&mut self, conversation: &str, to: &str, text: &str) -> String {
        let reply = json!({ "do": "reply", "conversation": conversation, "to": to, "text": text });
        self.names(reply, "message").await
    }

    /// Reacts to a message.
    pub(crate) async fn reacts(&mut self, conversation: &str, to: &str, emoji: &str) {
        let react =
            json!({ "do": "react", "conversation": conversation, "to": to, "emoji": emoji });
        self.does(react).await;
    }

    /// All messages of a conversation, oldest first, after a sync.
    pub(crate) async fn reads(&mut self, conversation: &str) -> Vec<Value> {
        let read = json!({ "do": "read", "conversation": conversation });
        self.does(read).await["messages"].as_array().unwrap().clone()
    }

    /// The texts of a conversation, oldest first, after a sync.
    pub(crate) async fn texts(&mut self, conversation: &str) -> Vec<String> {
        let messages = self.reads(conversation).await;
        messages.iter().filter_map(|it| it["text"].as_str().map(str::to_owned)).collect()
    }

    /// Opens a stream of all messages.
    pub(crate) async fn listens(&mut self) {
        self.does(json!({ "do": "stream" })).await;
    }

    /// Waits until the stream has brought a message that fits, and returns it.
    pub(crate) async fn hears(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let is_it = |event: &Value| event["event"] == "message" && fits(&event["message"]);
        self.client.tells(is_it).await["message"].clone()
    }

    /// Waits until the stream has brought a text.
    pub(crate) async fn hears_text(&mut self, text: &str) -> Value {
        self.hears(|message| message["text"] == text).await
    }

    /// The texts that the stream has brought, in order.
    pub(crate) async fn heard(&mut self) -> Vec<String> {
        let seen = self.does(json!({ "do": "seen" })).await;
        let messages = seen["messages"].as_array().unwrap();
        messages.iter().filter_map(|it| it["text"].as_str().map(str::to_owned)).collect()
    }

    /// Ends the client.
    pub(crate) async fn leaves(self) {
        let (is_content, _) = self.client.ends().await;
        assert!(is_content, "{} failed", self.name);
    }
}
