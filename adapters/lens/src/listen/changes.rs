//! What became of a post since it was handed over.

use super::state::{LegState, Standing};
use crate::{carried::News, name::version, wire::post::AnyPost};

/// Compares a post with what was handed over of it, and remembers the difference. What became of
/// it, if that is told.
pub(super) fn compare(state: &mut LegState, id: &str, post: &AnyPost) -> Option<News> {
    let entry = state.entry_mut(id)?;
    match (entry.standing, post) {
        (Standing::Told, AnyPost::Post(post)) if post.is_deleted => {
            entry.standing = Standing::Gone;
            Some(News::Deleted(post.clone()))
        }
        (Standing::Told, AnyPost::Post(post)) => {
            let now = version(&post.content_uri);
            if now == entry.version {
                return None;
            }
            entry.version = now;
            Some(News::Edited(post.clone()))
        }
        (Standing::Reposted, AnyPost::Repost(repost)) if repost.is_deleted => {
            entry.standing = Standing::Gone;
            Some(News::Unreposted(repost.clone()))
        }
        (Standing::Told | Standing::Reposted | Standing::Silent | Standing::Gone, _) => None,
    }
}
