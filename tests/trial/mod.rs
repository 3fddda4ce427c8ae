//! What the trials of the whole bridge are made of: [`world`] has networks, and bridges that can be
//! stopped and killed; [`talk`] says things there, and knows nothing but what people said and what
//! the others saw.

pub(crate) mod hindered;
pub(crate) mod talk;
pub(crate) mod world;

use std::time::{Duration, Instant};

/// After this long a state is taken never to come. Generous, since all trials share the machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// How often a state is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What `look` finds, as soon as it finds anything.
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(DEADLINE, look).unwrap_or_else(|| panic!("waited in vain for {what}"))
}

/// What `look` finds in time, if it finds anything.
pub(crate) fn within<T>(deadline: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if began.elapsed() > deadline {
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Lots that fall the same way on each run (SplitMix64).
#[derive(Debug)]
pub(crate) struct Lots(pub u64);

impl Lots {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}
