//! Network → envelopes. Each shard is followed by a task of its own; this is where what they hear
//! comes together and is handed to the bridge, and where cursors move, always after what lies
//! before them.

mod abreast;
mod hand_over;
mod heard;
mod index;
mod news;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use thiserror::Error;
use threadbridge_core::{
    adapter::{AdapterError, Batch, Closed, Cursor, Health, Inbound, Verdict},
    model::id::{InvalidId, RemoteConversation},
    store::ReadError,
};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    task::JoinSet,
    time::Instant,
};

pub(crate) use self::hand_over::Met;
use self::{
    abreast::{Abreast, Phase, Ready, Waiting},
    heard::Ear,
    news::{News, follow},
};
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
/// How many blocks are taken in together at most.
const AT_ONCE: usize = 1000;

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
    abreast: Abreast,
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
        abreast: Abreast::default(),
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
            self.abreast.begin(shard, cursor);
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
                () = until(self.abreast.patient_until()) => self.take_what_is_ready().await?,
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
                // What lies before the gap goes before what is listed in its place.
                let before = std::iter::from_fn(|| self.abreast.pop(shard)).collect();
                self.take_blocks(before).await?;
                self.make_good(shard).await?;
                self.keep_cursor(shard, cursor.moved_to(to.saturating_sub(1))).await?;
                if made_good.send(()).is_err() {
                    tracing::debug!(shard, "the follower has ended");
                }
                Ok(())
            }
            News::Step { shard, step, permit } => self.take_step(shard, step, permit).await,
        }
    }

    async fn take_step(
        &mut self,
        shard: u32,
        step: Step,
        permit: OwnedSemaphorePermit,
    ) -> Result<(), Ended> {
        let phase = match step {
            Step::Blocks(blocks) => {
                let mut waiting: Vec<_> = blocks.into_iter().map(|it| self.waiting(it)).collect();
                if let Some(last) = waiting.last_mut() {
                    last.permit = Some(permit);
                }
                self.abreast.read(shard, waiting);
                None
            }
            Step::Live => Some(Phase::Live),
            Step::Deaf => {
                let reason = "connected but deaf: the shard goes on and nothing arrives";
                self.inbound.report(Health::Stalled(reason.to_owned()));
                Some(Phase::CatchingUp)
            }
            Step::Stalled { delay_s } => {
                let reason = format!("shard {shard} stands still: no block for {delay_s} s");
                self.inbound.report(Health::Stalled(reason));
                Some(Phase::Stalled)
            }
            Step::Lost { .. } => Some(Phase::CatchingUp),
        };
        if let Some(phase) = phase {
            self.abreast.enter(shard, phase);
        }
        self.take_what_is_ready().await?;
        if self.abreast.is_live() {
            self.inbound.report(Health::Connected);
        }
        Ok(())
    }

    fn waiting(&self, block: Block) -> Waiting {
        let ear = Ear { linked: &self.linked, own: self.own };
        let quotes = ear.quotes(&block);
        Waiting { block, quotes, permit: None }
    }

    /// Takes in all blocks whose turn has come.
    async fn take_what_is_ready(&mut self) -> Result<(), Ended> {
        loop {
            let ready = self.ready();
            if ready.is_empty() {
                return Ok(());
            }
            self.take_blocks(ready).await?;
        }
    }

    fn ready(&mut self) -> Vec<Ready> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let next = || self.abreast.next(|hash| met.has_cast(hash));
        std::iter::from_fn(next).take(AT_ONCE).collect()
    }

    async fn take_blocks(&mut self, blocks: Vec<Ready>) -> Result<(), Ended> {
        let mut heard = Vec::new();
        let mut cursors = BTreeMap::new();
        for Ready { shard, block, cursor } in blocks {
            if block.is_short {
                tracing::warn!(shard, "a node has fewer events than the block says it has");
            }
            let ear = Ear { linked: &self.linked, own: self.own };
            for event in block.events {
                heard.extend(ear.hear(shard, event)?);
            }
            cursors.insert(shard, cursor);
        }
        let is_quiet = heard.is_empty() && self.kept_at.elapsed() < QUIET_FOR;
        if cursors.is_empty() || is_quiet {
            return Ok(());
        }
        let cursors = cursors.into_iter().map(|(shard, cursor)| position(shard, cursor));
        self.hand_over(heard, cursors.collect()).await
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

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
