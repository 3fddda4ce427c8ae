//! Posts that are too old even for the archive: when listening begins, the bridge's own ledger says what
//! stands in a conversation, and the network is asked which of it was taken back meanwhile.

use threadbridge_core::adapter::Inbound;

use super::{Ear, Ended, leg::Leg};
use crate::{
    api::{of, pages},
    carried::News,
    name::post_of,
    wire::{
        batch::{MOST, Posts},
        post::AnyPost,
    },
};

/// How far back the ledger is asked.
const LOOKED_BACK: usize = 2_000;

impl Leg {
    /// Deletes of posts that are no longer remembered.
    pub(super) async fn taken_back(
        &self,
        ear: Ear<'_>,
        inbound: &Inbound,
    ) -> Result<Vec<News>, Ended> {
        let standing = match inbound.standing(&self.conversation, LOOKED_BACK) {
            Ok(standing) => standing,
            Err(error) => {
                tracing::debug!(%error, "what stands in a conversation could not be read");
                return Ok(Vec::new());
            }
        };
        let posts = standing.iter().filter_map(post_of).filter(|post| self.known(post).is_none());
        let posts: Vec<_> = posts.map(str::to_owned).collect();
        let asks: Vec<_> = pages(&posts).collect();
        let mut news = Vec::new();
        for asks in asks.chunks(MOST) {
            for page in ear.api.ask_all(asks).await? {
                let page: Posts = of(page)?;
                for (_, post) in page.items.into_iter().filter_map(|post| ear.heard(post)) {
                    if let AnyPost::Post(post) = post
                        && post.is_deleted
                        && self.place.holds(&post.place)
                    {
                        news.push(News::Deleted(post));
                    }
                }
            }
        }
        Ok(news)
    }
}
