//! News about the account's own posts, as a hint where to look.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use crate::{
    api::{Api, failure::ApiError},
    wire::{document::NOTIFICATIONS, outcome::Notifications, post::PostPlace},
};

/// How many notifications are remembered.
const MOST: usize = 500;
/// How many pages of news are read at once, the newest first.
const PAGES: usize = 4;
/// The longest id that is remembered.
const ID_BYTES: usize = 256;

/// Which notifications were seen.
#[derive(Debug, Default)]
pub(super) struct Hints {
    has_begun: bool,
    seen: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Answer {
    notifications: Notifications,
}

impl Hints {
    /// The posts that notifications are about which were not there before. The first time there are
    /// none: whoever begins to listen reads everything anyway.
    pub(super) async fn news(&mut self, api: &Api) -> Result<Vec<PostPlace>, ApiError> {
        let mut places = Vec::new();
        if self.seen.len() > MOST {
            self.seen.clear();
        }
        let mut cursor = None;
        for _page in 0..PAGES {
            let page = match page(api, cursor).await {
                Ok(page) => page,
                Err(error) if error.is_about_the_question() => {
                    tracing::debug!(%error, "notifications could not be read");
                    break;
                }
                Err(error) => return Err(error),
            };
            let mut are_all_new = self.has_begun;
            for item in page.items {
                let Some(id) = item.id.filter(|id| id.len() <= ID_BYTES) else { continue };
                let is_new = self.seen.insert(id);
                are_all_new &= is_new;
                if is_new && self.has_begun {
                    places.extend(item.post);
                }
            }
            cursor = page.page.next.filter(|_| are_all_new);
            if cursor.is_none() {
                break;
            }
        }
        self.has_begun = true;
        Ok(places)
    }
}

async fn page(api: &Api, cursor: Option<String>) -> Result<Notifications, ApiError> {
    // By default low scores are left out and news are gathered by hours.
    let filter = json!({
        "notificationTypes": ["COMMENTED", "QUOTED", "MENTIONED", "REACTED", "REPOSTED"],
        "includeLowScore": true,
        "timeBasedAggregation": false,
    });
    let request = json!({ "filter": filter, "cursor": cursor });
    let answer: Answer = api.act(NOTIFICATIONS, request).await?;
    Ok(answer.notifications)
}
