//! What a room on any network has, and how somebody speaks there.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::board::Board;
use crate::farcaster::daemon::Home;

/// How often somebody tries what a faulty network did not do.
pub(super) const ATTEMPTS: u32 = 40;
/// How much of what was said last somebody looks at.
pub(super) const RECENT: usize = 50;

/// A picture of one pixel, in base64.
pub(super) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// A room on a network of its own, and somebody who reads there by an official client.
#[async_trait]
pub(crate) trait Room: fmt::Debug + Send + Sync {
    /// What the room and the bridge's account on its network are called.
    fn side(&self) -> &'static str;

    /// Adds the bridge's account to a daemon's settings.
    fn account(&self, home: Home) -> Home;

    /// The conversation as a link names it, once the bridge is somebody on the network.
    async fn conversation(&self) -> String;

    /// What the official client shows, from the beginning.
    async fn shows(&self) -> Board;

    /// How often somebody may read everything without holding others up.
    fn look_every(&self) -> Duration;

    /// From now on everything that can go wrong and heals does so with this chance.
    fn fails(&self, chance: f64);

    /// What becomes of the bridge's login while the daemon is dead, the so many-th time.
    fn meddles(&self, nth: usize) {
        let _nothing = nth;
    }

    /// Everything goes well again.
    fn heals(&self);

    /// How often each kind of fault has struck.
    fn struck(&self) -> BTreeMap<String, u64>;

    /// Ends the network.
    async fn ends(self: Box<Self>);
}

/// The official client by which somebody speaks.
#[async_trait]
pub(crate) trait Voice: fmt::Debug + Send {
    /// In which room.
    fn side(&self) -> &'static str;

    /// Who it is.
    fn name(&self) -> &'static str;

    /// What can be done there beside saying and answering something.
    fn powers(&self) -> Powers;

    /// Says something; its id, or nothing where what it was to point at has been deleted since it
    /// was seen.
    async fn says(&mut self, text: &str, with: With) -> Option<String>;

    /// Likes something, or no more; whether it is still there.
    async fn likes(&mut self, id: &str, is_liked: bool) -> bool;

    /// Gives what they said other words.
    async fn edits(&mut self, id: &str, text: &str);

    /// Takes back what they said.
    async fn takes_back(&mut self, id: &str);

    /// What was said last, as it is shown.
    async fn recent(&mut self) -> Board;

    /// Ends the client.
    async fn leaves(self: Box<Self>);
}

/// What people can do with their official client.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Powers {
    pub(crate) quotes: bool,
    pub(crate) pictures: bool,
    pub(crate) edits: bool,
}

/// What is said besides words, by ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct With {
    pub(crate) on: Option<String>,
    pub(crate) of: Option<String>,
    pub(crate) picture: bool,
}
