//! Our own client: a bridge over a store on disk, between XMTP and a room on a loopback network.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use threadbridge_core::adapter::{Adapter, Health, Inbound, Opened, Sealed, Sealing, SendRequest};
use threadbridge_core::model::content::{Content, Salt};
use threadbridge_core::model::group::Regroup;
use threadbridge_core::model::id::{
    AccountName, Identity, Leg, Network, RemoteAuthor, RemoteConversation, Seq,
};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo, Say};
use threadbridge_core::model::person::Attitude;
use threadbridge_core::model::time::Clock;
use threadbridge_core::people;
use threadbridge_core::pipeline::{Begun, Bridge, Setup};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{BACKLOG, OUTBOX, SEALED};
use threadbridge_core::store::{Keys, Reads as _, Store};
use threadbridge_core::view;
use threadbridge_devnet::xmtp::make::Wallet;
use threadbridge_loopback::Loopback;
use threadbridge_loopback::network::{LoopbackNetwork, Rules};
use threadbridge_xmtp::{Config, Xmtp};

use super::{Took, measured};
use crate::world::secret;

/// How often it is looked whether all is done; a look costs a few reads.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const WITHIN: Duration = Duration::from_secs(120);
/// How often something that is lacking may be asked for.
const ROUNDS: usize = 16;
/// How many messages are published in one call.
const AT_ONCE: usize = 100;

/// Whose account it is, and with whom it talks.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    url: String,
    path: PathBuf,
    key: String,
    /// The other one's address or inbox.
    peer: String,
    /// Where somebody says what is carried on to the other one.
    room: LoopbackNetwork,
}

fn room() -> Result<RemoteConversation> {
    Ok(RemoteConversation::parse("room/den")?)
}

impl Home {
    pub(crate) fn new(url: &str, folder: &Path, (name, peer): (&str, &str)) -> Result<Self> {
        let key = Wallet::of(name).secret();
        // As well protected as XMTP, so that no level has to stand beside what crosses.
        let mut rules = Rules::default();
        rules.capabilities.level = Level::Healing;
        let den = LoopbackNetwork::new(Network::parse("room")?, rules);
        den.person("bridge").joins(&room()?);
        let path = folder.join(name);
        Ok(Self { url: url.to_owned(), path, key, peer: peer.to_owned(), room: den })
    }

    /// The address of somebody of that name.
    pub(crate) fn address(name: &str) -> String {
        Wallet::of(name).identifier()
    }

    fn adapter(&self) -> Result<Xmtp> {
        let config = Config::new(self.url.parse()?, Secret::new(self.key.clone()));
        Ok(Xmtp::connect(&config)?)
    }

    fn account() -> Result<AccountName> {
        Ok(AccountName::parse("dm")?)
    }

    fn conversation(&self) -> Result<RemoteConversation> {
        Ok(RemoteConversation::parse(format!("dm/{}", self.peer))?)
    }

    fn leg(&self) -> Result<Leg> {
        Ok(Leg { account: Self::account()?, conversation: self.conversation()? })
    }

    /// Starts a bridge and waits until it is in its inbox.
    pub(crate) async fn starts(&self) -> Result<(Ours, Took)> {
        let store = if self.path.exists() {
            Store::open(&self.path, &secret())?
        } else {
            Store::create(&self.path, &secret())?
        };
        let link = Link {
            name: "peer".to_owned(),
            legs: BTreeMap::from([
                (self.leg()?, Direction::Both),
                (
                    Leg { account: AccountName::parse("room")?, conversation: room()? },
                    Direction::Both,
                ),
            ]),
            downgrade: Downgrade::Refuse,
            attribution: "{name}: ".to_owned(),
        };
        let adapter: Arc<dyn Adapter> = Arc::new(self.adapter()?);
        let bridge = RemoteAuthor::parse("bridge")?;
        let room: Arc<dyn Adapter> = Arc::new(Loopback::connect(
            &self.room,
            bridge,
            threadbridge_loopback::Config::default(),
        ));
        let accounts = BTreeMap::from([
            (Self::account()?, Arc::clone(&adapter)),
            (AccountName::parse("room")?, room),
        ]);
        let setup = Setup { accounts, links: vec![link], ..Setup::default() };
        let starting = async {
            let bridge = Bridge::start(store, setup, Clock::System).await?;
            let ours = Ours { home: self.clone(), bridge, adapter };
            let connected = |it: &view::Status| {
                it.accounts.iter().all(|account| account.health == Health::Connected)
            };
            ours.until("being in the inbox", connected).await?;
            Ok(ours)
        };
        measured(starting).await
    }

    fn keys(&self) -> Result<(Store, Keys)> {
        let store = Store::open(&self.path, &secret())?;
        let keys = store.keys(&Self::account()?)?;
        Ok((store, keys))
    }

    /// Seals texts one after the other, as the bridge does in one batch. No bridge may run.
    pub(crate) async fn seals(&self, texts: &[String]) -> Result<(Vec<Sealed>, Took)> {
        let ((_store, keys), adapter) = (self.keys()?, self.adapter()?);
        let (conversation, linked) = (self.conversation()?, BTreeSet::new());
        measured(async {
            let mut sealed = Vec::with_capacity(texts.len());
            for text in texts {
                let plaintext = adapter.render(&conversation, &Outgoing::Say(words(text)))?;
                for attempt in 0.. {
                    let now = Clock::System.now();
                    match adapter.seal(&keys, &conversation, &plaintext, now) {
                        Sealing::Ready(it) => {
                            sealed.push(it);
                            break;
                        }
                        Sealing::Missing(missing) => {
                            ensure!(attempt < ROUNDS, "it lacks {missing:?} still");
                            for envelope in adapter.fetch(&missing).await? {
                                drop(adapter.open(&keys, &linked, &envelope));
                            }
                        }
                        Sealing::First(_) | Sealing::Refused { .. } | Sealing::Done => {
                            bail!("it cannot be sealed")
                        }
                    }
                }
            }
            Ok(sealed)
        })
        .await
    }

    /// Publishes what was sealed.
    pub(crate) async fn sends(&self, sealed: Vec<Sealed>) -> Result<()> {
        let (adapter, conversation) = (self.adapter()?, self.conversation()?);
        let request = |(nth, sealed): (u128, Sealed)| SendRequest {
            conversation: conversation.clone(),
            sealed,
            idempotency_key: nth.to_be_bytes(),
        };
        let requests: Vec<_> = (0..).zip(sealed).map(request).collect();
        for some in requests.chunks(AT_ONCE) {
            let answers = adapter.send(some).await;
            ensure!(answers.iter().all(Result::is_ok), "it was not taken: {answers:?}");
        }
        Ok(())
    }

    /// Opens so many messages that wait on the network. No bridge may run.
    pub(crate) async fn opens(&self, messages: usize) -> Result<Took> {
        let ((_store, keys), adapter) = (self.keys()?, self.adapter()?);
        let linked = BTreeSet::from([self.conversation()?]);
        let (inbound, mut outlet) = Inbound::channel([], linked.clone());
        let mut listening = adapter.listen(inbound);
        let mut waiting = Vec::new();
        // What was said first to begin the conversation is known already.
        while waiting.len() <= messages {
            let handed_over = tokio::select! {
                ended = &mut listening => bail!("listening ended: {ended:?}"),
                handed_over = outlet.next() => handed_over.context("nothing more comes")?,
            };
            for envelope in &handed_over.batch().envelopes {
                if envelope.id.as_str().starts_with("message/") {
                    waiting.push(envelope.clone());
                } else {
                    drop(adapter.open(&keys, &linked, envelope));
                }
            }
            handed_over.keep(Vec::new());
        }
        drop(listening);
        let (read, took) = measured(async {
            let opened = waiting.iter().map(|it| adapter.open(&keys, &linked, it));
            Ok(opened.filter(|it| matches!(it, Opened::Plaintext(_))).count())
        })
        .await?;
        ensure!(read == messages, "{read} of {messages} messages could be read");
        Ok(took)
    }
}

fn words(text: &str) -> Say {
    Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Clock::System.now(),
        mark: None,
        expires: None,
    }
}

/// A bridge that runs.
#[derive(Debug)]
pub(crate) struct Ours {
    home: Home,
    bridge: Bridge,
    adapter: Arc<dyn Adapter>,
}

impl Ours {
    async fn until(&self, what: &str, is_so: impl Fn(&view::Status) -> bool) -> Result<()> {
        let waiting = async {
            loop {
                let status = view::status(&self.bridge.store().snapshot()?)?;
                if is_so(&status) && !status.accounts.is_empty() {
                    return Ok(());
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let done = tokio::time::timeout(WITHIN, waiting).await;
        let status = view::status(&self.bridge.store().snapshot()?)?;
        done.with_context(|| format!("waited for {what}: {status:?}"))?
    }

    /// Waits until XMTP has all that it is to have, and showed it.
    async fn is_done(&self) -> Result<()> {
        let waiting = async {
            while !self.is_idle()? {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Ok(())
        };
        let done = tokio::time::timeout(WITHIN, waiting).await;
        let status = view::status(&self.bridge.store().snapshot()?)?;
        done.with_context(|| format!("waited for all to be sent: {status:?}"))?
    }

    /// Whether the account has looked at the whole journal and has nothing on its way.
    fn is_idle(&self) -> Result<bool> {
        let (snapshot, account) = (self.bridge.store().snapshot()?, Home::account()?);
        let sealed = snapshot.get(&SEALED, &account)?.unwrap_or_default();
        Ok(sealed >= Seq(self.bridge.journaled())
            && snapshot.scan(&BACKLOG, Span::under(&account), 1)?.is_empty()
            && snapshot.scan(&OUTBOX, Span::under(&account), 1)?.is_empty())
    }

    /// Waits until the journal has so many events.
    pub(crate) async fn has_journaled(&self, events: u64) -> Result<()> {
        let waiting = async {
            while self.bridge.journaled() < events {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(WITHIN, waiting).await.context("waited for events")
    }

    /// How many events the journal has.
    pub(crate) fn journaled(&self) -> u64 {
        self.bridge.journaled()
    }

    /// Has somebody say these in the room, and waits until XMTP has them.
    pub(crate) async fn says(&self, texts: &[String]) -> Result<Took> {
        let (den, alice) = (room()?, self.home.room.person("alice"));
        let expected = self.bridge.journaled().saturating_add(u64::try_from(texts.len())?);
        let ((), took) = measured(async {
            for text in texts {
                alice.says(&den, text)?;
            }
            self.has_journaled(expected).await?;
            self.is_done().await
        })
        .await?;
        Ok(took)
    }

    /// Waits until this was heard.
    pub(crate) async fn hears(&self, text: &str) -> Result<()> {
        let waiting = async {
            loop {
                let snapshot = self.bridge.store().snapshot()?;
                for thread in view::threads(&snapshot)? {
                    let lines = view::thread(&snapshot, thread.conversation.id, 10)?;
                    let is_it = |it: &str| it.ends_with(text);
                    if lines.iter().any(|it| it.text.as_deref().is_some_and(is_it)) {
                        return Ok(());
                    }
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let heard = tokio::time::timeout(WITHIN, waiting).await;
        let status = view::status(&self.bridge.store().snapshot()?)?;
        heard.with_context(|| format!("waited for a message: {status:?}"))?
    }

    /// Makes a group with these inboxes, and then adds one more, if there is one.
    pub(crate) async fn makes_group(
        &self,
        with: &[String],
        more: Option<&String>,
    ) -> Result<(Took, Option<Took>)> {
        let network = Network::parse("xmtp")?;
        let identities = |inboxes: &[String]| -> Result<Vec<Identity>> {
            let identity = |it: &String| {
                Ok(Identity { network: network.clone(), author: RemoteAuthor::parse(it.as_str())? })
            };
            inboxes.iter().map(identity).collect()
        };
        let conversation = self.adapter.fresh_group().context("no group can be made")?;
        let leg = Leg { account: Home::account()?, conversation };
        let told = |change: &Regroup| -> Result<Content> {
            Ok(Content::telling(Salt::random()?, &change.told()?))
        };
        let title = "bench".to_owned();
        let found = told(&Regroup::Found { title: title.clone(), with: identities(with)? })?;
        let begun = Begun { leg: leg.clone(), title: Some(title), peer: None };
        let ((), created) = measured(async {
            self.bridge.begin(begun, found).await?;
            self.is_done().await
        })
        .await?;
        let Some(more) = more else { return Ok((created, None)) };
        let add = told(&Regroup::Add(identities(std::slice::from_ref(more))?))?;
        let ((), added) = measured(async {
            self.bridge.regroup(leg, add).await?;
            self.is_done().await
        })
        .await?;
        Ok((created, Some(added)))
    }

    /// Accepts the other one, who could not be heard otherwise.
    pub(crate) async fn accepts(&self, other: &Self) -> Result<()> {
        let who = other.adapter.identity().context("the other one is not in")?.clone();
        let (accepted, now) = (Some(Attitude::Accepted), Clock::System.now());
        let store = self.bridge.store();
        Ok(store.write(move |unit| people::think(unit, &who, accepted, now)).await?)
    }

    pub(crate) async fn stops(self) -> Result<()> {
        Ok(self.bridge.stop().await?)
    }
}
