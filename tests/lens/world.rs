//! Alice and the bridge somewhere on Lens: in a feed, a group or a thread.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use threadbridge_core::adapter::{Adapter, Verdict};
use threadbridge_core::model::id::{RemoteConversation, RemoteId};
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo};
use threadbridge_core::secret::Secret;
use threadbridge_devnet::lens::app::{Place, Shown};
use threadbridge_devnet::lens::faults::{Fault, Scope, When};
use threadbridge_devnet::lens::person::Where;
use threadbridge_devnet::lens::wallet::Wallet;
use threadbridge_devnet::lens::{self as devnet, LensSettings, Permissions, Person, PostId, Vote};
use threadbridge_kit::contract::{AdapterWorld, Disturbance, Failure, Seen};
use threadbridge_lens::{Begin, Config, Lens, Pace, Role, Speaker};
use url::Url;

const WAIT_S: u64 = 7;

/// Where Alice and the bridge talk.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Room {
    Feed(devnet::Address),
    Group(devnet::Address, devnet::Address),
    Thread(PostId),
}

/// Alice and the bridge, somewhere on Lens.
pub(crate) struct World {
    pub(crate) lens: devnet::Lens,
    pub(super) alice: Person,
    pub(super) bridge: Person,
    pub(super) manager: Wallet,
    pub(crate) room: Room,
    /// How long the bridge expects what it sent to take until it shows, at the most.
    pub(super) settle_for: Duration,
}

const SETTLE_FOR: Duration = Duration::from_millis(600);

impl World {
    async fn start(settings: LensSettings) -> (devnet::Lens, Person, Person, Wallet) {
        // Another test may have installed it.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let lens = devnet::Lens::start(settings).await.unwrap();
        let (alice, bridge) = (lens.make_account("alice"), lens.make_account("bridge"));
        let manager = lens.make_wallet("manager");
        bridge.add_manager(&lens, manager.address(), Permissions::SPEAK).unwrap();
        bridge.set_signless(&lens, true);
        (lens, alice, bridge, manager)
    }

    pub(crate) async fn feed() -> Self {
        Self::feed_of(quick()).await
    }

    pub(super) async fn feed_of(settings: LensSettings) -> Self {
        let (lens, alice, bridge, manager) = Self::start(settings).await;
        let room = Room::Feed(lens.make_feed("tea"));
        Self { lens, alice, bridge, manager, room, settle_for: SETTLE_FOR }
    }

    pub(super) async fn group() -> Self {
        let (lens, alice, bridge, manager) = Self::start(quick()).await;
        let made = lens.make_group("tea", &alice);
        bridge.join(&lens, made.group).unwrap();
        let room = Room::Group(made.group, made.feed);
        Self { lens, alice, bridge, manager, room, settle_for: SETTLE_FOR }
    }

    /// A thread whose root the bridge's owner wrote before anybody listened, with another app.
    pub(super) async fn thread() -> Self {
        let (lens, alice, bridge, manager) = Self::start(quick()).await;
        let root = bridge.say(&lens, "tea?").unwrap();
        Self { lens, alice, bridge, manager, room: Room::Thread(root), settle_for: SETTLE_FOR }
    }

    fn shown(&self) -> Vec<Shown> {
        self.lens.shows(match self.room {
            Room::Feed(feed) | Room::Group(_, feed) => Place::Feed(feed),
            Room::Thread(root) => Place::Thread(root),
        })
    }

    fn post(&self, id: &RemoteId) -> PostId {
        let found = self.shown().into_iter().find(|it| it.post.to_string() == id.as_str());
        found.unwrap().post
    }

    fn root(&self) -> Option<PostId> {
        match self.room {
            Room::Thread(root) => Some(root),
            Room::Feed(_) | Room::Group(..) => None,
        }
    }

    pub(crate) fn config(&self) -> Config {
        let url = |text: &str| Url::parse(text).unwrap();
        let address = |it: devnet::Address| it.to_string().parse().unwrap();
        let speaker = Speaker {
            account: address(self.bridge.account()),
            app: address(devnet::TEST_APP),
            role: Role::Manager,
            key: Secret::new(self.manager.secret()),
        };
        let (api, grove) = (url(&self.lens.api_url()), url(&self.lens.grove_url()));
        Config {
            speaker: Some(speaker),
            chain_id: devnet::CHAIN_ID.into(),
            begin: Begin::All,
            pace: Pace { active: Duration::from_millis(10), idle: Duration::from_millis(20) },
            settle_for: self.settle_for,
            ..Config::reading(api, grove, url("https://app.test"))
        }
    }
}

/// A network whose transactions are through at once.
pub(super) fn quick() -> LensSettings {
    LensSettings { index_after: Duration::from_millis(30), ..LensSettings::default() }
}

pub(super) fn remote_id(post: PostId) -> RemoteId {
    RemoteId::parse(post.to_string()).unwrap()
}

#[async_trait]
impl AdapterWorld for World {
    async fn connect(&self) -> Arc<dyn Adapter> {
        Arc::new(Lens::connect(&self.config()).unwrap())
    }

    fn conversation(&self) -> RemoteConversation {
        RemoteConversation::parse(match self.room {
            Room::Feed(feed) => format!("feed/{feed:#x}"),
            Room::Group(group, _) => format!("group/{group:#x}"),
            Room::Thread(root) => format!("thread/{root}"),
        })
        .unwrap()
    }

    async fn peer_does(&self, outgoing: &Outgoing) -> RemoteId {
        let (alice, lens) = (&self.alice, &self.lens);
        match outgoing {
            Outgoing::Say(say) => {
                let place = match (&say.reply_to, self.room) {
                    (ReplyTo::Message(id), _) => {
                        Where { comment_on: Some(self.post(id)), ..Where::default() }
                    }
                    (_, Room::Feed(feed) | Room::Group(_, feed)) => {
                        Where { feed: Some(feed), ..Where::default() }
                    }
                    (_, Room::Thread(root)) => Where { comment_on: Some(root), ..Where::default() },
                };
                return remote_id(alice.say_in(lens, place, &say.text).unwrap());
            }
            Outgoing::Edit { target, say } => {
                alice.edit(lens, self.post(target), &say.text).unwrap();
            }
            Outgoing::Delete { target } => alice.delete(lens, self.post(target)).unwrap(),
            Outgoing::React { target, .. } => {
                alice.react(lens, self.post(target), Vote::Upvote).unwrap();
            }
            Outgoing::Unreact { target, .. } => {
                alice.unreact(lens, self.post(target), Vote::Upvote).unwrap();
            }
            Outgoing::Read { .. } => panic!("posts have no receipts"),
        }
        RemoteId::parse("done").unwrap()
    }

    async fn peer_sees(&self) -> Vec<Seen> {
        let shown = self.shown().into_iter().filter(|it| !it.is_deleted);
        let shown = shown.filter(|it| Some(it.post) != self.root());
        shown
            .map(|it| Seen {
                id: remote_id(it.post),
                is_ours: it.author.trim_start_matches("lens/") == "bridge",
                text: it.text,
                reply_to: it.parent.filter(|it| Some(*it) != self.root()).map(remote_id),
                reactions: vec!["❤️".to_owned(); it.likes],
            })
            .collect()
    }

    async fn peer_says_elsewhere(&self, text: &str) -> bool {
        self.alice.say(&self.lens, text).unwrap();
        true
    }

    async fn disturb(&self, disturbance: Disturbance) -> bool {
        let (fault, when) = match disturbance {
            Disturbance::Doubles => (Fault::DuplicateItem, When::Chance(0.4)),
            Disturbance::Cuts => (Fault::Unavailable, When::Chance(0.1)),
            // Who asks hears everything in order, or that nothing answers. What a list leaves out is
            // not there for whoever asks; see below.
            Disturbance::Loses | Disturbance::Reorders | Disturbance::Deafens => return false,
        };
        self.lens.faults().set(fault, Scope::Reads, when);
        true
    }

    fn failures(&self) -> Vec<Failure> {
        let failure = |name, verdict, is_taken| Failure { name, verdict, is_taken };
        vec![
            failure("unavailable", Verdict::Retry, false),
            failure("trouble inside", Verdict::Retry, false),
            failure("answer lost", Verdict::Retry, true),
            failure("cut off", Verdict::Retry, true),
            failure("rate limited", Verdict::RetryAfter(Duration::from_secs(WAIT_S)), false),
            failure("will fail", Verdict::Reject, false),
            failure("against the rules", Verdict::Reject, false),
            failure("sponsored", Verdict::SuspendLeg, false),
            failure("self-funded", Verdict::SuspendLeg, false),
            failure("fails on chain", Verdict::Reject, false),
        ]
    }

    fn shows_late(&self, failure: &Failure) -> bool {
        // A transaction that is in a block keeps nobody waiting, and may fail when it is indexed.
        failure.name == "fails on chain"
    }

    async fn fail_next_send(&self, failure: &Failure) {
        let fault = match failure.name {
            "unavailable" => Fault::Unavailable,
            "trouble inside" => Fault::Internal,
            "answer lost" => Fault::AnswerLost,
            "cut off" => Fault::Cut,
            "rate limited" => Fault::RateLimited { retry_after_s: WAIT_S },
            "will fail" => Fault::TransactionWillFail,
            "against the rules" => Fault::ValidationFailed,
            "sponsored" => Fault::SponsoredRequest,
            "self-funded" => Fault::SelfFundedRequest,
            _ => Fault::TransactionFails,
        };
        self.lens.faults().set(fault, Scope::Writes, When::Next(1));
    }
}
