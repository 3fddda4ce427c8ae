//! One task for each shard, which tells what its follower comes upon.

use std::sync::Arc;

use threadbridge_core::model::id::RemoteConversation;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::{
    node::failure::NodeError,
    shard::{
        cursor::ShardCursor,
        follow::{Follower, Step},
    },
    wire::SignedMessage,
};

/// How many steps of a shard may wait for the other shards before no more of it is read.
const STEPS_AHEAD: usize = 4;

/// What a follower says.
pub(super) enum News {
    Step { shard: u32, step: Step, permit: OwnedSemaphorePermit },
    Lost { shard: u32, from: u64, to: u64, cursor: ShardCursor, made_good: oneshot::Sender<()> },
    Failed(NodeError),
    History { conversation: RemoteConversation, messages: Result<Vec<SignedMessage>, NodeError> },
}

/// Passes on what a follower says until nobody listens.
pub(super) async fn follow(mut follower: Follower, tell: mpsc::Sender<News>) {
    let ahead = Arc::new(Semaphore::new(STEPS_AHEAD));
    loop {
        let shard = follower.shard();
        let Ok(permit) = Arc::clone(&ahead).acquire_owned().await else { return };
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
            Ok(step) => News::Step { shard, step, permit },
            Err(error) => News::Failed(error),
        };
        if tell.send(news).await.is_err() {
            return;
        }
    }
}
