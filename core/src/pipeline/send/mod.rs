//! The way out of the outbox: the third commit.
//!
//! Every account has one sender, and every leg its own row of envelopes. A leg's envelopes go out in
//! the order in which they were sealed, a batch in a call, and the next batch only when the one
//! before was answered; legs take turns, a bounded number at a time, so that a slow or broken one
//! holds up no other and one with a thousand envelopes is no worse a neighbour than one with two.
//!
//! What is sent again is the same bytes. What the network knows already counts as sent. An envelope
//! that the network has *taken* stays in the outbox until it shows up by `listen`, and what stands
//! behind it is sent meanwhile, a bounded number of them; if it does not show up in time, it and all
//! after it are sent again, in order. Control traffic stays until it is read back, even where the
//! network has it for good; if it is not in time, sealing asks anew whether it is needed.
//!
//! A failure is judged by the adapter's verdict alone:
//!
//! - *retry*: the leg waits, longer each time, and goes on with the same envelope;
//! - *retry after*: the leg waits as long as the network asked, and no attempt is spent;
//! - *suspend*: the whole account waits until its owner mends it, the settings are loaded anew, or
//!   half an hour has passed;
//! - *suspend the leg*: this leg waits for the same, and no other;
//! - *reject*: the envelope becomes a dead letter with its reason, and the next one's turn comes;
//! - *reseal*: all envelopes of the leg go back to be sealed again from the journal, in order.
//!
//! An envelope that was tried in vain for [`Limits::give_up_after`](super::Limits) becomes a dead
//! letter too. A dead letter is kept until its owner replays or drops it. An envelope whose message
//! was taken back by its author, and that was never tried, is not sent at all.

mod budget;
mod commit;
mod deliver;
mod next;
mod schedule;

pub(crate) use self::schedule::run;
