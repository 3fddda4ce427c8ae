//! Network → envelopes. Each shard is followed by a task of its own; this is where what they hear
//! comes together and is handed to the bridge, and where cursors move, always after what lies
//! before them.

mod hand_over;
mod heard;
mod index;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use thiserror::Error;
use threadbridge_core::{
    adapter::{AdapterError, Batch, Closed, Cursor, Health, Inbound, Verdict},
    model::id::{InvalidId, RemoteConversation},
    store::ReadError,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

pub(crate) use self::hand_over::Met;
use self::heard::Ear;
use crate::{
    Begin,
    carried::Cargo,
    fetch::{FetchError, unique},
    history::{self, Depth},
    name::{Name, Place},
    node::{failure::NodeError, pool::Pool},
    orphans::Orphans,
    send::verdict,
    shard::{
        block::Block,
        cursor::ShardCursor,
        follow::{Follower, Pace, Step},
    },
    wire::SignedMessage,
};

/// Blocks that are read again when listening begins, for answers that came before what they answer.
const REWIND_BLOCKS: u64 = 100;
/// Blocks without anything for us are passed without a commit for that long.
const QUIET_FOR: Duration = Duration::from_secs(5);

/// Why listening ended.
#[derive(Debug, Error)]
enum Ended {
    #[error("the bridge is closing")]
    Closing(#[from] Closed),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("an event cannot be named")]
    Id(#[from] InvalidId),
    #[error("what is known cannot be read")]
    Ledger(#[from] ReadError),
}

/// What a follower says.
enum News {
    Step { shard: u32, cursor: ShardCursor, step: Step },
    Lost { shard: u32, from: u64, to: u64, cursor: ShardCursor, made_good: oneshot::Sender<()> },
    Failed(NodeError),
    History { conversation: RemoteConversation, messages: Result<Vec<SignedMessage>, NodeError> },
}

/// Where a shard's follower is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    CatchingUp,
    Live,
    Stalled,
}

/// One time of listening.
struct Listening {
    pool: Arc<Pool>,
    own: Option<u64>,
    inbound: Inbound,
    linked: BTreeSet<RemoteConversation>,
    /// Linked conversations whose history is known.
    indexed: BTreeSet<RemoteConversation>,
    orphans: Orphans,
    met: Arc<Mutex<Met>>,
    phases: BTreeMap<u32, Phase>,
    kept_at: Instant,
    /// Followers and listings. They end when listening does.
    tasks: JoinSet<()>,
    tell: mpsc::Sender<News>,
}

/// Listens until the connection fails or the bridge closes.
pub(crate) async fn listen(
    pool: Arc<Pool>,
    own: Option<u64>,
    met: Arc<Mutex<Met>>,
    (begin, pace): (Begin, Pace),
    inbound: Inbound,
) -> Result<(), AdapterError> {
    let linked = inbound.conversations().borrow().clone();
    let indexed = index::indexed(&inbound);
    let (tell, news) = mpsc::channel(2);
    let mut listening = Listening {
        pool,
        own,
        inbound,
        linked,
        indexed,
        orphans: Orphans::default(),
        met,
        phases: BTreeMap::new(),
        kept_at: Instant::now(),
        tasks: JoinSet::new(),
        tell,
    };
    match listening.run(begin, pace, news).await {
        Ok(()) | Err(Ended::Closing(Closed)) => Ok(()),
        Err(Ended::Node(error) | Ended::Fetch(FetchError::Node(error))) => {
            listening.inbound.report(Health::Down(error.to_string()));
            // Whatever a node refuses while we only read, another time may do better.
            let verdict = match verdict(&error) {
                Verdict::Reject | Verdict::Reseal => Verdict::Retry,
                verdict @ (Verdict::Retry
                | Verdict::RetryAfter(_)
                | Verdict::Suspend
                | Verdict::SuspendLeg) => verdict,
            };
            Err(AdapterError::new(verdict, error))
        }
        Err(error @ (Ended::Fetch(_) | Ended::Id(_) | Ended::Ledger(_))) => {
            Err(AdapterError::new(Verdict::Retry, error))
        }
    }
}

impl Listening {
    async fn run(
        &mut self,
        begin: Begin,
        pace: Pace,
        mut news: mpsc::Receiver<News>,
    ) -> Result<(), Ended> {
        self.inbound.report(Health::CatchingUp);
        let (cursors, astray) = self.where_shards_stand(begin).await?;
        self.index_new().await?;
        for shard in astray {
            tracing::warn!(shard, "no node has come as far as the cursor; listing instead");
            self.make_good(shard).await?;
        }
        for (shard, cursor) in cursors {
            self.phases.insert(shard, Phase::CatchingUp);
            let pool = Arc::clone(&self.pool);
            let follower = Follower::resume(pool, shard, cursor, REWIND_BLOCKS, pace);
            self.tasks.spawn(follow(follower, self.tell.clone()));
        }
        let mut conversations = self.inbound.conversations();
        let mut may_change = true;
        loop {
            tokio::select! {
                changed = conversations.changed(), if may_change => {
                    may_change = changed.is_ok();
                    self.linked = conversations.borrow_and_update().clone();
                    self.index_new().await?;
                }
                heard = news.recv() => match heard {
                    Some(heard) => self.take(heard).await?,
                    None => return Err(NodeError::Unavailable.into()),
                },
            }
        }
    }

    /// The cursors of all shards. Where a shard that was never read begins at its head, that is kept
    /// before anything else, so that nothing from then on is missed.
    ///
    /// A cursor that is far ahead of the network was led there by a node that lied. It goes back,
    /// and the shards for which it did are given, too.
    async fn where_shards_stand(
        &self,
        begin: Begin,
    ) -> Result<(BTreeMap<u32, ShardCursor>, Vec<u32>), Ended> {
        let status = self.pool.ask(|node| async move { node.status().await }).await?;
        let furthest = self.furthest_heads().await;
        let mut cursors = BTreeMap::new();
        let (mut first, mut astray) = (Vec::new(), Vec::new());
        for shard in status.data_shards() {
            let stream = ShardCursor::stream(shard);
            let kept = self.inbound.cursor(&stream).and_then(ShardCursor::from_bytes);
            let head = status.shard(shard).map_or(0, |shard| shard.max_height);
            let first_read = match begin {
                Begin::Now => head,
                Begin::Kept => 0,
            };
            let furthest = furthest.get(&shard).map_or(head, |other| head.max(*other));
            let is_astray = kept.is_some_and(|kept| kept.is_far_beyond(furthest));
            let kept = kept.filter(|_| !is_astray);
            astray.extend(is_astray.then_some(shard));
            let cursor = kept.unwrap_or(ShardCursor::after(first_read));
            if kept.is_none() && (begin == Begin::Now || is_astray) {
                first.push(Cursor { stream, position: cursor.to_bytes() });
            }
            cursors.insert(shard, cursor);
        }
        if cursors.is_empty() {
            return Err(NodeError::Malformed { expected: "at least one shard" }.into());
        }
        if !first.is_empty() {
            self.inbound.accept(Batch { envelopes: Vec::new(), cursors: first }).await?;
        }
        Ok((cursors, astray))
    }

    /// How far each shard is on the node that has come furthest. One node that has fallen behind
    /// says nothing about a cursor.
    async fn furthest_heads(&self) -> BTreeMap<u32, u64> {
        let mut heads = BTreeMap::new();
        if self.pool.size() < 2 {
            return heads;
        }
        for node in self.pool.nodes() {
            let Ok(status) = node.status().await else { continue };
            for shard in status.shards {
                let head = heads.entry(shard.shard).or_insert(0);
                *head = shard.max_height.max(*head);
            }
        }
        heads
    }

    async fn take(&mut self, news: News) -> Result<(), Ended> {
        match news {
            News::Failed(error) => Err(error.into()),
            News::History { conversation, messages } => {
                self.take_history(&conversation, messages).await
            }
            News::Lost { shard, from, to, cursor, made_good } => {
                tracing::warn!(shard, blocks = to - from, "events are lost; listing instead");
                self.make_good(shard).await?;
                self.keep_cursor(shard, cursor.moved_to(to.saturating_sub(1))).await?;
                if made_good.send(()).is_err() {
                    tracing::debug!(shard, "the follower has ended");
                }
                Ok(())
            }
            News::Step { shard, cursor, step } => self.take_step(shard, cursor, step).await,
        }
    }

    async fn take_step(
        &mut self,
        shard: u32,
        cursor: ShardCursor,
        step: Step,
    ) -> Result<(), Ended> {
        let phase = match step {
            Step::Blocks(blocks) => {
                self.take_blocks(shard, cursor, blocks).await?;
                // What a stalled shard gives again shows that it lives.
                match self.phases.get(&shard) {
                    Some(Phase::CatchingUp) | None => Phase::CatchingUp,
                    Some(Phase::Live | Phase::Stalled) => Phase::Live,
                }
            }
            Step::Live => Phase::Live,
            Step::Deaf => {
                let reason = "connected but deaf: the shard goes on and nothing arrives";
                self.inbound.report(Health::Stalled(reason.to_owned()));
                Phase::CatchingUp
            }
            Step::Stalled { delay_s } => {
                let reason = format!("shard {shard} stands still: no block for {delay_s} s");
                self.inbound.report(Health::Stalled(reason));
                Phase::Stalled
            }
            Step::Lost { .. } => Phase::CatchingUp,
        };
        self.phases.insert(shard, phase);
        if self.phases.values().all(|phase| *phase == Phase::Live) {
            self.inbound.report(Health::Connected);
        }
        Ok(())
    }

    async fn take_blocks(
        &mut self,
        shard: u32,
        cursor: ShardCursor,
        blocks: Vec<Block>,
    ) -> Result<(), Ended> {
        let mut heard = Vec::new();
        for block in blocks {
            if block.is_short {
                tracing::warn!(shard, "a node has fewer events than the block says it has");
            }
            let ear = Ear { linked: &self.linked, own: self.own };
            for event in block.events {
                heard.extend(ear.hear(shard, event)?);
            }
        }
        if heard.is_empty() && self.kept_at.elapsed() < QUIET_FOR {
            return Ok(());
        }
        if heard.is_empty() {
            return self.keep_cursor(shard, cursor).await;
        }
        self.hand_over(heard, vec![position(shard, cursor)]).await
    }

    async fn keep_cursor(&mut self, shard: u32, cursor: ShardCursor) -> Result<(), Ended> {
        let cursors = vec![position(shard, cursor)];
        self.inbound.accept(Batch { envelopes: Vec::new(), cursors }).await?;
        self.kept_at = Instant::now();
        Ok(())
    }

    /// Lists what the linked conversations hold, in place of events that are gone, and looks what
    /// became of casts that are known and are not among it.
    async fn make_good(&mut self, shard: u32) -> Result<(), Ended> {
        let lost = Cargo::Lost(shard).into_envelope(unique("lost")?);
        self.inbound.accept(Batch { envelopes: vec![lost], cursors: Vec::new() }).await?;
        for conversation in self.linked.clone() {
            let Some(place) = Place::parse(&conversation) else { continue };
            let messages =
                history::collect(&self.pool, &place, self.own, Depth::Everything).await?;
            let listed: BTreeSet<_> =
                messages.iter().filter_map(SignedMessage::claimed_name).collect();
            let known = self.inbound.standing(&conversation, history::MOST)?;
            let known = known.iter().filter_map(|id| Name::parse(id.as_str()));
            let gone = known.filter(|name| !listed.contains(name)).collect();
            let removals = history::removals(&self.pool, &gone).await?;
            let ear = Ear { linked: &self.linked, own: self.own };
            let mut heard = Vec::new();
            for message in messages.into_iter().chain(removals) {
                if let Some(envelope) = crate::fetch::listed(message.clone())? {
                    heard.extend(ear.listed(envelope, &message));
                }
            }
            self.hand_over(heard, Vec::new()).await?;
        }
        Ok(())
    }
}

fn position(shard: u32, cursor: ShardCursor) -> Cursor {
    Cursor { stream: ShardCursor::stream(shard), position: cursor.to_bytes() }
}

/// Passes on what a follower says until nobody listens.
async fn follow(mut follower: Follower, tell: mpsc::Sender<News>) {
    loop {
        let shard = follower.shard();
        let news = match follower.next().await {
            Ok(Step::Lost { from, to }) => {
                let (made_good, done) = oneshot::channel();
                let cursor = follower.cursor();
                if tell.send(News::Lost { shard, from, to, cursor, made_good }).await.is_err()
                    || done.await.is_err()
                {
                    return;
                }
                follower.skip_to(to);
                continue;
            }
            Ok(step) => News::Step { shard, cursor: follower.cursor(), step },
            Err(error) => News::Failed(error),
        };
        if tell.send(news).await.is_err() {
            return;
        }
    }
}
