//! The fault dial: how the network misbehaves. What is drawn by lot is drawn from the network's
//! seed, so a run can be repeated.

use std::time::Duration;

/// How the network misbehaves from now on. The rates are in events or calls out of a thousand.
///
/// Whatever is done to the streams' live events, the paged history stays the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How long each answer and each live event takes.
    pub delay: Duration,
    /// Live events that never arrive.
    pub lost_events: u16,
    /// Live events that arrive twice.
    pub doubled_events: u16,
    /// Live events that arrive after the one that follows them.
    pub reordered_events: u16,
    /// Live events that end the connection instead of arriving.
    pub cuts: u16,
    /// Calls that fail before they did anything.
    pub failed_calls: u16,
    /// Posts that are taken, but the answer never arrives.
    pub lost_answers: u16,
    /// The state that the network is in.
    pub condition: Condition,
    /// Posts are taken but stay out of the rooms until
    /// [`LoopbackNetwork::admit`](super::LoopbackNetwork::admit).
    pub holds_posts: bool,
}

/// The state that a network is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// It works.
    #[default]
    Well,
    /// Connections stand, but no live event arrives.
    Deaf,
    /// No call is answered.
    Unreachable,
    /// It answers that the account may no longer use it.
    LockedOut,
}

/// What becomes of one post, whatever the rates say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishFault {
    /// The call fails before it did anything.
    Fails,
    /// The network asks to be left alone for so long.
    Wait(Duration),
    /// The post is taken, but the answer never arrives.
    AnswerLost,
    /// The post is refused for good.
    Refused,
    /// The account is refused.
    LockedOut,
    /// The post is taken, and thrown away later.
    ThrownAway,
    /// The post is taken, and never heard of again.
    Forgotten,
}

/// Draws lots (SplitMix64): small, seeded, and no secret depends on it.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Whether it happens this time, at `rate` times out of a thousand.
    pub(super) fn falls(&mut self, rate: u16) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % 1000 < u64::from(rate)
    }
}
