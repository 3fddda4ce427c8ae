//! Failures, as the network documents them, and what is done about each.

use threadbridge_core::adapter::{SendRequest, Verdict};
use threadbridge_core::model::outgoing::Outgoing;

use super::arrives::words;
use super::sends::{ours, sees};
use super::{AdapterWorld, Desk, Seen};

/// Each documented failure has its verdict; what can be tried again arrives once; what failed
/// stops the batch, and what came after it was not tried, unless it was under way before the failure
/// showed: then it is there, once, and is answered for.
pub async fn failures_have_their_verdicts<W: AdapterWorld>(world: &impl AsyncFn() -> W) {
    for failure in world().await.failures() {
        let world = world().await;
        let mut desk = Desk::new(&world).await;
        desk.does(&say("before")).await;
        let (one, two) = (desk.seal(&say("one")).await, desk.seal(&say("two")).await);
        let requests = [desk.request(&one), desk.request(&two)];
        world.fail_next_send(&failure).await;
        let answers = desk.adapter().send(&requests).await;
        let behind = usize::from(world.shows_late(&failure));
        let error = match answers.as_slice() {
            [Err(error)] if behind == 0 => error,
            [Err(error), Ok(_)] if behind == 1 => error,
            _ => panic!("{}: expected one failure, got {answers:?}", failure.name),
        };
        assert_eq!(error.verdict, failure.verdict, "{}: {error:?}", failure.name);
        assert!(!error.source.to_string().is_empty(), "{} says nothing", failure.name);
        match failure.verdict {
            Verdict::Retry | Verdict::RetryAfter(_) => {
                trying_again_works(&world, &desk, &requests).await;
            }
            Verdict::Reseal => sealing_anew_works(&world, &mut desk).await,
            Verdict::Suspend | Verdict::SuspendLeg | Verdict::Reject => {
                let seen = world.peer_sees().await;
                let one = usize::from(failure.is_taken);
                assert_eq!(ours(&seen, "one"), one, "{}: {seen:?}", failure.name);
                assert_eq!(ours(&seen, "two"), behind, "{}: {seen:?}", failure.name);
            }
        }
    }
}

async fn trying_again_works(world: &impl AdapterWorld, desk: &Desk, requests: &[SendRequest]) {
    let answers = desk.adapter().send(requests).await;
    let done = answers.iter().filter(|it| it.is_ok()).count();
    assert_eq!(done, requests.len(), "trying again failed: {answers:?}");
    let both = |seen: &[Seen]| ours(seen, "one") == 1 && ours(seen, "two") == 1;
    let seen = sees(world, "both messages", both).await;
    assert_eq!(seen.iter().filter(|it| it.is_ours).count(), 3, "{seen:?}");
}

async fn sealing_anew_works(world: &impl AdapterWorld, desk: &mut Desk) {
    desk.restart(world).await;
    desk.read_on(world).await;
    desk.does(&say("one")).await;
    let seen = sees(world, "what was sealed anew", |seen| ours(seen, "one") > 0).await;
    assert_eq!(ours(&seen, "one"), 1, "{seen:?}");
}

fn say(text: &str) -> Outgoing {
    Outgoing::Say(words(text))
}

impl Desk {
    /// Hears everything that was said so far.
    async fn read_on(&mut self, world: &impl AdapterWorld) {
        let last = world.peer_does(&say("mark")).await;
        let is_last = |desk: &Self| desk.events.iter().any(|it| it.id == last);
        self.listen_until("everything that was said so far", is_last).await;
    }
}
