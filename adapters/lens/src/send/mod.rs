//! Doing what was sealed. A post is laid down on Grove, submitted, and followed until its transaction
//! has ended; only then does it have a name. What comes behind it is begun meanwhile ([`course`]).
//!
//! The API takes no idempotency key. What this process sealed and never tried is simply submitted.
//! Anything else (sealed by a process before this one, or tried without a clear answer) may be there
//! already: it is looked for among the account's posts by the id in its metadata, for as long as a
//! post may take to show (`settle_for`), and submitted again only if it is not there by then. Should
//! the network take longer than that, the post would be there twice; nothing shorter doubles it.

mod course;
mod media;
mod names;
mod order;
mod react;
mod replace;
mod say;
mod settle;

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use thiserror::Error;
use threadbridge_core::{
    adapter::Verdict,
    media::{Porter, Unbrought},
    model::{
        id::{InvalidId, RemoteId},
        time::Clock,
    },
};
use tokio::{sync::OnceCell, time::Instant};

use self::order::Order;
use crate::{
    api::{Api, failure::ApiError, transport::shown},
    draft::{OpId, Within, Written},
    grove::Grove,
    memory::Memory,
    own::Own,
    wire::{
        address::Address,
        outcome::{Rules, Submission},
    },
};

/// How long one call may wait for the network to settle; the pipeline gives a call 30 seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// After this long it is asked again what became of something that was under way.
const AGAIN: Duration = Duration::from_millis(1);

/// What the API calls the rule of a group's feed.
const FOR_MEMBERS: &str = "FEED_GROUP_GATED_NOT_A_MEMBER";

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum SendError {
    /// The call failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Not of this adapter's making.
    #[error("the sealed bytes are no operation of this network")]
    Malformed,
    /// Only the owner's wallet can do it.
    #[error(
        "it needs the signature of the owner's wallet ({reason}): switch signless on for the \
         account (`enableSignless`) and see that the app sponsors it or the account has gas"
    )]
    NeedsWallet {
        /// Why, as the API says it.
        reason: String,
    },
    /// It would fail on chain.
    #[error("the network says that it would fail: {0}")]
    WillFail(String),
    /// A feed's or a post's rules are against it.
    #[error("the rules of the feed or the post are against it: {0}")]
    Rules(String),
    /// Only the members of a group may.
    #[error(
        "the account is no member of the group ({0}): have it join the group, or the group's owner \
         let it in"
    )]
    NotAMember(String),
    /// It failed on chain, after it had been taken.
    #[error(
        "its transaction failed on chain, so that nothing of it is there ({0}); once the cause is \
         gone it may be sent again"
    )]
    Failed(String),
    /// A reaction that was refused.
    #[error("the reaction was refused: {0}")]
    Reaction(String),
    /// What it is about is not there any more.
    #[error("the post that it is about is not there")]
    Gone,
    /// A picture beside it.
    #[error("a picture beside it cannot be brought ({0})")]
    Picture(Unbrought),
    /// What came before it never got there.
    #[error("the part before it is not there")]
    NoPartBefore,
    /// The group has no feed.
    #[error("the group has no feed to post to")]
    NoFeed,
    /// The network is not done with it.
    #[error("its transaction is not through yet")]
    Pending,
    /// The network has it and goes on with it.
    #[error("its transaction is under way")]
    UnderWay,
    /// It may be there already; it has to be waited for.
    #[error("an earlier attempt may still show; waiting before it is sent again")]
    Settling(Duration),
    /// An answer that this version does not know.
    #[error("the api answered with something unknown; a newer version may know it")]
    Unknown,
    /// No usable id.
    #[error("the post has no usable id")]
    Id(#[from] InvalidId),
}

impl SendError {
    /// What to do about it.
    fn verdict(&self) -> Verdict {
        match self {
            Self::Api(error) => error.verdict(),
            // Upvotes need no transaction, and other places no membership: they go on.
            Self::NeedsWallet { .. } | Self::NotAMember(_) => Verdict::SuspendLeg,
            Self::Malformed
            | Self::WillFail(_)
            | Self::Rules(_)
            | Self::Failed(_)
            | Self::Reaction(_)
            | Self::Gone
            | Self::NoPartBefore
            | Self::NoFeed
            | Self::Id(_) => Verdict::Reject,
            Self::Pending | Self::Unknown => Verdict::Retry,
            Self::UnderWay => Verdict::RetryAfter(AGAIN),
            Self::Settling(wait) => Verdict::RetryAfter(*wait),
            Self::Picture(reason) => reason.verdict(),
        }
    }
}

/// What the account had posted when nothing of processes before this one could still show.
pub(crate) type Census = BTreeMap<OpId, String>;

/// What sending needs, kept by the account.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) grove: Grove,
    pub(crate) porter: Porter,
    pub(crate) memory: Memory,
    /// How long what was sent may take until it shows.
    pub(crate) settle_for: Duration,
    /// When this process began; what it did not seal may have been sent until then.
    pub(crate) began_at: Instant,
    /// What of processes before this one is there, once it is known.
    pub(crate) census: OnceCell<Census>,
    /// The feeds of groups.
    pub(crate) group_feeds: Mutex<BTreeMap<Address, Address>>,
}

/// Where operations go.
#[derive(Debug)]
pub(crate) struct Outlet<'a> {
    pub(crate) api: &'a Api,
    pub(crate) own: Option<&'a Own>,
    pub(crate) desk: &'a Desk,
    clock: &'a Clock,
    /// Until when this call may wait for the network.
    pub(crate) until: Instant,
    order: Order,
}

impl<'a> Outlet<'a> {
    pub(crate) fn new(
        api: &'a Api,
        own: Option<&'a Own>,
        desk: &'a Desk,
        clock: &'a Clock,
    ) -> Self {
        let (until, order) = (Instant::now() + PATIENCE, Order::default());
        Self { api, own, desk, clock, until, order }
    }
}

/// What beginning something came to.
enum Begun {
    /// There was nothing to wait for.
    Done(RemoteId),
    /// It goes on by itself.
    UnderWay(Way),
}

/// A transaction that has a hash.
struct Way {
    op: OpId,
    hash: String,
    deed: Deed,
}

/// What a transaction does.
enum Deed {
    Say(Words),
    Delete { post: String },
}

/// Where words come to stand, what they quote, and their metadata.
type Words = (Within, Option<String>, Written);

impl Outlet<'_> {
    /// Follows what was begun to its end.
    async fn end(&self, Way { op, hash, deed }: Way) -> Result<RemoteId, SendError> {
        let own = self.own.ok_or(SendError::Api(ApiError::OnlyReads))?;
        match deed {
            Deed::Say(words) => self.end_of_saying(own, &op, &hash, words).await,
            Deed::Delete { post } => self.end_of_deleting(&op, &hash, &post).await,
        }
    }
}

/// The transaction that an operation came to.
fn submitted(submission: Submission) -> Result<String, SendError> {
    let because = |reason: &str, code: Option<String>| match code {
        Some(code) => shown(&format!("{reason}, {code}")),
        None => shown(reason),
    };
    match submission {
        Submission::PostResponse { hash } => Ok(hash),
        Submission::PostOperationValidationFailed { reason, unsatisfied_rules } => {
            Err(against(&reason, unsatisfied_rules))
        }
        Submission::SponsoredTransactionRequest { reason, sponsored_reason } => {
            Err(SendError::NeedsWallet { reason: because(&reason, sponsored_reason) })
        }
        Submission::SelfFundedTransactionRequest { reason, self_funded_reason } => {
            Err(SendError::NeedsWallet { reason: because(&reason, self_funded_reason) })
        }
        Submission::TransactionWillFail { reason } => Err(SendError::WillFail(shown(&reason))),
        Submission::Other => Err(SendError::Unknown),
    }
}

/// What it means that rules are against it.
fn against(reason: &str, rules: Option<Rules>) -> SendError {
    let (required, any_of) = rules.map(|it| (it.required, it.any_of)).unwrap_or_default();
    let is_for_members = required.iter().any(|rule| rule.reason == FOR_MEMBERS);
    let told = required.iter().chain(&any_of).map(|rule| rule.message.as_str());
    let told: Vec<_> = told.filter(|it| !it.is_empty() && *it != reason).collect();
    let told = if told.is_empty() {
        shown(reason)
    } else {
        shown(&format!("{reason}: {}", told.join("; ")))
    };
    if is_for_members { SendError::NotAMember(told) } else { SendError::Rules(told) }
}
