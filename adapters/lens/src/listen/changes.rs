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
            // An answer that was long on its way shows the post as it was before it was edited.
            if now == entry.version || !post.is_edited {
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

#[cfg(test)]
mod tests {
    use super::super::tell::entry;
    use super::*;

    const POST: &str = include_str!("../../samples/text.json");

    fn post(content_uri: &str, is_edited: bool) -> AnyPost {
        let mut post: AnyPost = serde_json::from_str(POST).unwrap();
        if let AnyPost::Post(post) = &mut post {
            (post.content_uri, post.is_edited) = (content_uri.to_owned(), is_edited);
        }
        post
    }

    #[test]
    fn an_edit_is_told_once_whatever_late_answers_show() {
        let (first, second) = (post("lens://1", false), post("lens://2", true));
        for told in [&first, &second] {
            let mut state = LegState::default();
            state.remember(entry("7".to_owned(), 1, told, false));
            let mut edits = 0;
            for shown in [&first, &second, &first, &second, &first] {
                let news = compare(&mut state, "7", shown);
                edits += usize::from(matches!(news, Some(News::Edited(_))));
            }
            assert_eq!(edits, usize::from(std::ptr::eq(told, &first)));
        }
    }
}
