//! What every adapter must keep, tried on the real one against its network.
//!
//! The adapter's author says, by an [`AdapterWorld`], how to make the other side speak and what it
//! sees; [`all`] tries the rest, with a fresh world for each promise. A broken promise panics and
//! says which one it is.

mod arrives;
mod cancels;
mod desk;
mod fails;
mod garbage;
mod keeps;
mod sends;
mod world;

pub use self::arrives::{others_conversations_are_elsewhere, what_is_said_arrives};
pub use self::cancels::{
    a_cancelled_fetch_loses_nothing, a_cancelled_listen_loses_nothing,
    a_cancelled_send_doubles_nothing,
};
pub use self::desk::Desk;
pub use self::fails::failures_have_their_verdicts;
pub use self::garbage::garbage_is_refused;
pub use self::keeps::{
    a_cursor_never_passes_a_gap, a_disturbed_stream_loses_nothing,
    nothing_is_received_before_it_is_kept, what_is_missing_is_fetched,
};
pub use self::sends::{
    own_messages_are_recognized, the_same_bytes_are_one_message, what_is_thrown_away_is_told,
    what_we_say_arrives,
};
pub use self::world::{AdapterWorld, Disturbance, Failure, Seen};

/// Tries every promise, each in a world of its own.
pub async fn all<W: AdapterWorld>(world: impl AsyncFn() -> W) {
    on_the_way_in(&world).await;
    on_the_way_out(&world).await;
    a_cancelled_listen_loses_nothing(&world).await;
    a_cancelled_fetch_loses_nothing(&world).await;
    a_cancelled_send_doubles_nothing(&world).await;
}

async fn on_the_way_in<W: AdapterWorld>(world: &impl AsyncFn() -> W) {
    what_is_said_arrives(&world().await).await;
    others_conversations_are_elsewhere(&world().await).await;
    what_is_missing_is_fetched(&world().await).await;
    garbage_is_refused(&world().await).await;
    nothing_is_received_before_it_is_kept(&world().await).await;
    a_cursor_never_passes_a_gap(world).await;
    for disturbance in Disturbance::ALL {
        a_disturbed_stream_loses_nothing(&world().await, disturbance).await;
    }
}

async fn on_the_way_out<W: AdapterWorld>(world: &impl AsyncFn() -> W) {
    what_we_say_arrives(&world().await).await;
    own_messages_are_recognized(&world().await).await;
    the_same_bytes_are_one_message(&world().await).await;
    what_is_thrown_away_is_told(&world().await).await;
    failures_have_their_verdicts(world).await;
}
