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
        // By default low scores are left out and news are gathered by hours.
        let filter = json!({
            "notificationTypes": ["COMMENTED", "QUOTED", "MENTIONED", "REACTED", "REPOSTED"],
            "includeLowScore": true,
            "timeBasedAggregation": false,
        });
        let answer: Answer = match api.act(NOTIFICATIONS, json!({ "filter": filter })).await {
            Ok(answer) => answer,
            Err(error) if error.is_about_the_question() => {
                tracing::debug!(%error, "notifications could not be read");
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        let mut places = Vec::new();
        if self.seen.len() > MOST {
            self.seen.clear();
        }
        for item in answer.notifications.items {
            let Some(id) = item.id else { continue };
            if self.seen.insert(id) && self.has_begun {
                places.extend(item.post);
            }
        }
        self.has_begun = true;
        Ok(places)
    }
}
