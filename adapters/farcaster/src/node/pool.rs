//! Several nodes as one. The first that works is used; one that fails is left alone for a while,
//! longer each time.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{Node, failure::NodeError};

const REST_FIRST: Duration = Duration::from_secs(2);
const REST_LONGEST: Duration = Duration::from_secs(120);

/// Nodes in the order in which the owner prefers them.
#[derive(Debug)]
pub(crate) struct Pool {
    members: Vec<Member>,
    current: AtomicUsize,
}

#[derive(Debug)]
struct Member {
    node: Arc<dyn Node>,
    rest: Mutex<Rest>,
}

/// How long a node is left alone after failures.
#[derive(Clone, Copy, Debug, Default)]
struct Rest {
    failures: u32,
    until: Option<Instant>,
}

impl Pool {
    /// `nodes` in order of preference.
    pub(crate) fn new(nodes: Vec<Arc<dyn Node>>) -> Self {
        let members =
            nodes.into_iter().map(|node| Member { node, rest: Mutex::default() }).collect();
        Self { members, current: AtomicUsize::new(0) }
    }

    /// How many nodes there are.
    pub(crate) fn size(&self) -> usize {
        self.members.len()
    }

    /// The node in use: the preferred one of those that do not rest, else the one whose rest ends
    /// first. `None` without any node.
    pub(crate) fn current(&self) -> Option<(usize, Arc<dyn Node>)> {
        let now = Instant::now();
        let rests: Vec<_> = self.members.iter().map(|member| member.rest().until).collect();
        let chosen = rests
            .iter()
            .position(|until| until.is_none_or(|until| until <= now))
            .or_else(|| (0..rests.len()).min_by_key(|at| rests.get(*at).copied().flatten()))?;
        self.current.store(chosen, Ordering::Relaxed);
        self.members.get(chosen).map(|member| (chosen, Arc::clone(&member.node)))
    }

    /// All nodes, in order of preference.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Arc<dyn Node>> {
        self.members.iter().map(|member| &member.node)
    }

    /// Whether every node rests.
    pub(crate) fn all_rest(&self) -> bool {
        let now = Instant::now();
        self.members.iter().all(|member| member.rest().until.is_some_and(|until| until > now))
    }

    /// Notes that a node did what it was asked.
    pub(crate) fn praise(&self, index: usize) {
        if let Some(member) = self.members.get(index) {
            member.set(Rest::default());
        }
    }

    /// Notes that a node failed or fell behind; it rests.
    pub(crate) fn blame(&self, index: usize) {
        if let Some(member) = self.members.get(index) {
            let failures = member.rest().failures.saturating_add(1);
            tracing::debug!(
                node = member.node.name(),
                failures,
                "a node is left alone for a while"
            );
            let rest = REST_FIRST.saturating_mul(1 << failures.min(7)).min(REST_LONGEST);
            member.set(Rest { failures, until: Some(Instant::now() + rest) });
        }
    }

    /// Asks each node at most once until one gives an answer that is about the question and not
    /// about the node.
    pub(crate) async fn ask<T, F>(&self, ask: impl Fn(Arc<dyn Node>) -> F) -> Result<T, NodeError>
    where
        F: Future<Output = Result<T, NodeError>>,
    {
        let mut last = NodeError::Unavailable;
        for _attempt in 0..self.members.len() {
            let Some((index, node)) = self.current() else { break };
            match ask(node).await {
                Err(error) if error.is_about_the_node() => {
                    self.blame(index);
                    last = error;
                }
                answer => {
                    self.praise(index);
                    return answer;
                }
            }
        }
        Err(last)
    }
}

impl Member {
    fn rest(&self) -> Rest {
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, rest: Rest) {
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = rest;
    }
}
