//! A group on XMTP.
//!
//! Dana's app is a bridge of her own with nothing to bridge: the same client with an inbox, an
//! installation and keys that are hers, so that the demo needs no other software.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use threadbridge_core::adapter::{Adapter, Health};
use threadbridge_core::model::content::{Content, Kind, Part, Salt};
use threadbridge_core::model::group::Regroup;
use threadbridge_core::model::id::{
    AccountName, ConversationId, Identity, InvalidId, Leg, MessageId, RemoteAuthor,
};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Begun, Bridge, Setup, Target};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::{RootSecret, Store};
use threadbridge_core::view::{self, Line};
use threadbridge_devnet::xmtp::make::Wallet;
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use threadbridge_xmtp::{Config, Xmtp};
use tokio::time::Instant;

use super::Stopped;
use super::bridge::Account;
use super::room::{Id, Shown};

const WITHIN: Duration = Duration::from_secs(20);
const LOOKS_EVERY: Duration = Duration::from_millis(20);
/// More lines than are ever said.
const ALL: usize = 100_000;
const LIKE: &str = "❤️";

/// A group on a node of its own, and the app of who made it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) node: Node,
    pub(super) resident: &'static str,
    app: Bridge,
    leg: Leg,
    /// The address of the bridge's wallet.
    bridge: String,
    network: threadbridge_core::model::id::Network,
}

impl Group {
    /// Starts a node and the app of somebody there, whose group will have the bridge in it.
    pub(super) async fn open(
        name: &'static str,
        folder: &Path,
    ) -> Result<(Self, Account), Stopped> {
        let node = Node::start(NodeSettings::default()).await?;
        let wallet = Wallet::of(name);
        let host = node.url().parse().map_err(|_| Stopped::elsewhere())?;
        let config = Config::new(host, Secret::new(wallet.secret()));
        let adapter: Arc<dyn Adapter> = Arc::new(Xmtp::connect(&config)?);
        let account = AccountName::parse("mine")?;
        let conversation = adapter.fresh_group().ok_or_else(Stopped::elsewhere)?;
        let leg = Leg { account: account.clone(), conversation };
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        let store = Store::create(folder.join("dana.store"), &RootSecret::key_file(key))?;
        let network = adapter.network().clone();
        let accounts = BTreeMap::from([(account, adapter)]);
        let app =
            Bridge::start(store, Setup { accounts, ..Setup::default() }, Clock::System).await?;
        let own = Wallet::of("the bridge's wallet");
        let bridge = own.identifier();
        let it = Self { node, resident: name, app, leg, bridge, network };
        it.until("the app on XMTP in its inbox", |it| it.is_connected()).await?;
        let inbox = it.node.inbox_of(&wallet.identifier()).ok_or_else(Stopped::elsewhere)?;
        let mut key = [0; 32];
        hex::decode_to_slice(own.secret().trim_start_matches("0x"), &mut key)
            .map_err(|_| Stopped::elsewhere())?;
        // Nobody has a name on XMTP: the owner says what she is called.
        let settings = format!(
            "network = \"xmtp\"\nhost = \"{}\"\nwallet = \"file:talk.key\"\n\
             \n[[people]]\nname = \"{name}\"\nis = [\"xmtp:{inbox}\"]\n",
            it.node.url()
        );
        let conversation = it.leg.conversation.to_string();
        let of_bridge = Account { name: "talk", key, settings, conversation };
        Ok((it, of_bridge))
    }

    async fn until(
        &self,
        what: &str,
        is_so: impl Fn(&Self) -> Result<bool, Stopped>,
    ) -> Result<(), Stopped> {
        let deadline = Instant::now() + WITHIN;
        while !is_so(self)? {
            if Instant::now() > deadline {
                return Err(Stopped::NotSeen(what.to_owned()));
            }
            tokio::time::sleep(LOOKS_EVERY).await;
        }
        Ok(())
    }

    fn is_connected(&self) -> Result<bool, Stopped> {
        let status = view::status(&self.app.store().snapshot()?)?;
        Ok(status.accounts.iter().any(|it| it.health == Health::Connected))
    }

    /// Makes the group with the bridge in it, which is somebody on XMTP by now.
    pub(super) async fn invites(&self) -> Result<(), Stopped> {
        let bridge = self.bridge()?;
        let title = "books".to_owned();
        let found = Regroup::Found { title: title.clone(), with: vec![bridge] };
        let begun = Begun { leg: self.leg.clone(), title: Some(title), peer: None };
        self.app.begin(begun, Content::telling(Salt::random()?, &found.told()?)).await?;
        self.until("the bridge in the group on XMTP", |it| {
            let status = view::status(&it.app.store().snapshot()?)?;
            let idle = status.accounts.iter().all(|it| it.behind == 0 && it.legs.is_empty());
            Ok(idle && it.node.welcomes() > 0)
        })
        .await
    }

    fn bridge(&self) -> Result<Identity, Stopped> {
        let inbox = self.node.inbox_of(&self.bridge).ok_or_else(Stopped::elsewhere)?;
        Ok(Identity { network: self.network.clone(), author: RemoteAuthor::parse(inbox)? })
    }

    fn lines(&self) -> Result<(Option<ConversationId>, Vec<Line>), Stopped> {
        let snapshot = self.app.store().snapshot()?;
        let threads = view::threads(&snapshot)?;
        let Some(conversation) = threads.first().map(|it| it.conversation.id) else {
            return Ok((None, Vec::new()));
        };
        Ok((Some(conversation), view::thread(&snapshot, conversation, ALL)?))
    }

    /// What the app shows.
    pub(super) fn shows(&self) -> Result<Vec<Shown>, Stopped> {
        let (_, lines) = self.lines()?;
        let bridge = self.bridge().ok();
        let gone = |id: MessageId| {
            lines.iter().any(|it| it.kind == Kind::Delete && it.replaces == Some(id))
        };
        let likes = |id: MessageId| {
            let about = |kind| {
                lines.iter().filter(move |it| it.kind == kind && it.in_reply_to == Some(id)).count()
            };
            about(Kind::Reaction).saturating_sub(about(Kind::Unreaction))
        };
        let mut depths: BTreeMap<MessageId, usize> = BTreeMap::new();
        let mut shown = Vec::new();
        for line in &lines {
            let (Kind::Text, Some(text)) = (line.kind, &line.text) else { continue };
            let above = line.in_reply_to.and_then(|id| depths.get(&id).copied());
            let depth = above.map_or(0, |it| it.saturating_add(1));
            depths.insert(line.message, depth);
            if gone(line.message) {
                continue;
            }
            let is_copy = line.author.is_some() && line.author == bridge;
            shown.push(Shown {
                id: Id::Message(line.message),
                author: if is_copy { "bridge" } else { self.resident }.to_owned(),
                is_copy,
                text: text.clone(),
                depth,
                likes: likes(line.message),
                is_edited: false,
                order: (line.seq.0, Vec::new()),
            });
        }
        Ok(shown)
    }

    async fn tells(&self, content: Content) -> Result<MessageId, Stopped> {
        let (conversation, _) = self.lines()?;
        let conversation = conversation.ok_or_else(Stopped::elsewhere)?;
        Ok(self.app.say(Target::Conversation(conversation), content).await?)
    }

    pub(super) async fn say(&self, text: &str, answers: Option<MessageId>) -> Result<Id, Stopped> {
        let content = Content::plain(Salt::random()?, text);
        let content = match answers {
            Some(id) => content.replying_to(id),
            None => content,
        };
        Ok(Id::Message(self.tells(content).await?))
    }

    pub(super) async fn like(&self, message: MessageId) -> Result<(), Stopped> {
        self.tells(Content::reacting(Salt::random()?, message, LIKE)).await?;
        Ok(())
    }

    pub(super) async fn take_back(&self, message: MessageId) -> Result<(), Stopped> {
        let nothing: Vec<Part> = Vec::new();
        self.tells(Content::of_parts(Salt::random()?, nothing).replacing(message)).await?;
        Ok(())
    }

    pub(super) async fn close(self) -> Result<(), Stopped> {
        self.app.stop().await?;
        self.node.stop().await;
        Ok(())
    }
}

impl From<InvalidId> for Stopped {
    fn from(_unreadable: InvalidId) -> Self {
        Self::elsewhere()
    }
}
