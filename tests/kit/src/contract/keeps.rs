//! The first commit: nothing is told «received», and no cursor moves, before it is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use threadbridge_core::adapter::{Health, Inbound, Outlet};
use threadbridge_core::model::id::RemoteId;
use threadbridge_core::model::outgoing::Outgoing;

use super::arrives::{text_of, words};
use super::{AdapterWorld, Desk, Disturbance};
use crate::deadline::{soon, until};

/// How many messages are said in one trial.
const MESSAGES: usize = 12;

/// Says a few messages, and returns what the network calls them.
pub(super) async fn say(world: &impl AdapterWorld, from: usize, to: usize) -> Vec<RemoteId> {
    let mut ids = Vec::new();
    for n in from..to {
        ids.push(world.peer_does(&Outgoing::Say(words(&format!("no {n}")))).await);
        // Whoever listens may hear of each one by itself.
        tokio::task::yield_now().await;
    }
    ids
}

pub(super) fn ids(desk: &Desk) -> Vec<RemoteId> {
    desk.events.iter().map(|it| it.id.clone()).collect()
}

/// What was handed over but not kept is not told «received», and is handed over again.
pub async fn nothing_is_received_before_it_is_kept(world: &impl AdapterWorld) {
    let mut desk = Desk::new(world).await;
    let said = say(world, 0, 3).await;
    let before = world.received().await;
    {
        let adapter = Arc::clone(desk.adapter());
        let (inbound, mut outlet) = desk.door();
        let mut listening = adapter.listen(inbound);
        let handed_over = soon("a batch", async {
            tokio::select! {
                ended = &mut listening => panic!("listening ended: {ended:?}"),
                handed_over = outlet.next() => handed_over.unwrap(),
            }
        })
        .await;
        // The network goes on meanwhile, and the adapter with it as far as it can.
        for n in 3..6 {
            tokio::select! {
                ended = &mut listening => panic!("listening ended: {ended:?}"),
                _said = say(world, n, n + 1) => {}
            }
        }
        assert_eq!(world.received().await, before, "«received» was told before it was kept");
        assert!(!handed_over.batch().envelopes.is_empty(), "an empty batch was handed over");
        // The process dies: neither the batch nor its cursors were kept.
    }
    desk.restart(world).await;
    desk.hear(6).await;
    assert_eq!(ids(&desk)[..3], said, "what was not kept did not come again");
    if before.is_some() {
        let told = until("«received» to be told of what is kept", async || {
            (world.received().await > before).then_some(())
        });
        desk.listen_during("«received» to be told", told, |_, ()| true).await;
    }
}

/// Wherever the process dies, what was kept and what comes after its cursors is everything.
pub async fn a_cursor_never_passes_a_gap<W: AdapterWorld>(world: &impl AsyncFn() -> W) {
    for disturbance in [None, Some(Disturbance::Loses), Some(Disturbance::Reorders)] {
        let world = world().await;
        if let Some(disturbance) = disturbance
            && !world.disturb(disturbance).await
        {
            continue;
        }
        let mut desk = Desk::new(&world).await;
        let said = hear_live(&mut desk, &world, |_| true).await;
        let said: Vec<_> = said.iter().map(|id| desk.heard_in[id].clone()).collect();
        let mut kept = BTreeSet::new();
        let mut cursors = BTreeMap::new();
        for batch in std::mem::take(&mut desk.batches) {
            kept.extend(batch.envelopes.into_iter().map(|it| it.id));
            for cursor in batch.cursors {
                cursors.insert(cursor.stream.clone(), cursor);
            }
            let left = said.iter().filter(|id| !kept.contains(*id)).cloned().collect();
            let linked = BTreeSet::from([world.conversation()]);
            let door = Inbound::channel(cursors.values().cloned(), linked);
            hands_over(&world, &desk, door, left).await;
        }
    }
}

/// Lets messages be said while the desk listens, and hears them all, until something else is so too.
async fn hear_live(
    desk: &mut Desk,
    world: &impl AdapterWorld,
    is_so: impl Fn(&Desk) -> bool,
) -> Vec<RemoteId> {
    let connected = desk.connected();
    let before = desk.events.len();
    let speaking = async {
        connected.await;
        say(world, before, before + MESSAGES).await
    };
    let all =
        |desk: &Desk, _: &Vec<RemoteId>| desk.events.len() == before + MESSAGES && is_so(desk);
    desk.listen_during("everything that was said", speaking, all).await
}

/// Listens at a door until all these envelopes were handed over.
async fn hands_over(
    world: &impl AdapterWorld,
    desk: &Desk,
    (inbound, mut outlet): (Inbound, Outlet),
    mut left: BTreeSet<RemoteId>,
) {
    let adapter = world.connect().await;
    let mut listening = adapter.listen(inbound.clone());
    soon("what the cursors have not passed", async {
        while !left.is_empty() {
            tokio::select! {
                _ended = &mut listening => listening = adapter.listen(inbound.clone()),
                Some(handed_over) = outlet.next() => {
                    for envelope in &handed_over.batch().envelopes {
                        // An adapter may have to learn again who it is; nothing of that is kept.
                        drop(adapter.open(&desk.keys(), &desk.linked(), envelope));
                        left.remove(&envelope.id);
                    }
                    handed_over.keep(Vec::new());
                }
            }
        }
    })
    .await;
}

/// However live events fare, everything is heard, once and in order; and an adapter that has become
/// deaf notices it, and says so.
pub async fn a_disturbed_stream_loses_nothing(world: &impl AdapterWorld, disturbance: Disturbance) {
    let mut desk = Desk::new(world).await;
    let mut said = say(world, 0, 1).await;
    desk.hear(1).await;
    if !world.disturb(disturbance).await {
        return;
    }
    // Who is deaf says so at about the time at which everything is heard all the same.
    let stalled = |health: &Health| matches!(health, Health::Stalled(_));
    let is_told =
        |desk: &Desk| disturbance != Disturbance::Deafens || desk.health.iter().any(stalled);
    said.extend(hear_live(&mut desk, world, is_told).await);
    assert_eq!(ids(&desk), said, "{disturbance:?}");
    let texts: Vec<_> = desk.events.iter().map(text_of).collect();
    assert_eq!(texts, (0..said.len()).map(|n| format!("no {n}")).collect::<Vec<_>>());
}

/// What an account lacks that has just come is asked for by name, and then everything opens.
pub async fn what_is_missing_is_fetched(world: &impl AdapterWorld) {
    let mut desk = Desk::new(world).await;
    let said = say(world, 0, 3).await;
    desk.hear(3).await;
    assert_eq!(ids(&desk), said);
    assert_eq!(desk.waited > 0, world.needs_keys_first(), "envelopes waited: {}", desk.waited);
}
