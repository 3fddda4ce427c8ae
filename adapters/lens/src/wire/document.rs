//! The documents, as they are sent: without the blanks that only people need.

use serde_json::{Value, json};

/// An operation with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// The name in the text.
    pub(crate) name: &'static str,
    /// The text, as it lies in `documents/`.
    pub(crate) text: &'static str,
}

impl Document {
    const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text }
    }

    /// The variables with which it is sent: a request, if it takes one.
    pub(crate) fn variables(self, request: &Value) -> Value {
        if self.text.contains("$request") { json!({ "request": request }) } else { json!({}) }
    }
}

/// What is asked of posts and accounts, wherever they are listed.
pub(crate) const FRAGMENTS: &str = concat!(
    include_str!("documents/post_fields.graphql"),
    include_str!("documents/account_fields.graphql"),
    include_str!("documents/metadata_fields.graphql"),
);

/// A document with what is asked of accounts.
macro_rules! with_accounts {
    ($document:literal) => {
        concat!(include_str!($document), include_str!("documents/account_fields.graphql"))
    };
}

/// A text with single blanks. No document of ours has a string in it.
pub(crate) fn compact(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) const CHALLENGE: Document =
    Document::new("Challenge", include_str!("documents/challenge.graphql"));
pub(crate) const AUTHENTICATE: Document =
    Document::new("Authenticate", include_str!("documents/authenticate.graphql"));
pub(crate) const REFRESH: Document =
    Document::new("Refresh", include_str!("documents/refresh.graphql"));
pub(crate) const ME: Document = Document::new("Me", include_str!("documents/me.graphql"));
pub(crate) const ACCOUNTS: Document =
    Document::new("Accounts", with_accounts!("documents/accounts.graphql"));
pub(crate) const HEALTH: Document =
    Document::new("Health", include_str!("documents/health.graphql"));
pub(crate) const GROUP: Document = Document::new("Group", include_str!("documents/group.graphql"));
pub(crate) const MEMBERS: Document =
    Document::new("Members", with_accounts!("documents/members.graphql"));
pub(crate) const MEMBERSHIP: Document =
    Document::new("Membership", include_str!("documents/membership.graphql"));
pub(crate) const POST: Document = Document::new(
    "Post",
    concat!(
        include_str!("documents/post.graphql"),
        include_str!("documents/post_fields.graphql"),
        include_str!("documents/account_fields.graphql"),
        include_str!("documents/metadata_fields.graphql"),
    ),
);
pub(crate) const NOTIFICATIONS: Document =
    Document::new("Notifications", include_str!("documents/notifications.graphql"));
pub(crate) const REACTED: Document =
    Document::new("Reacted", include_str!("documents/reacted.graphql"));
pub(crate) const TRANSACTION: Document =
    Document::new("Transaction", include_str!("documents/transaction.graphql"));
pub(crate) const CREATE_POST: Document =
    Document::new("CreatePost", include_str!("documents/create.graphql"));
pub(crate) const REPOST: Document =
    Document::new("Repost", include_str!("documents/repost.graphql"));
pub(crate) const EDIT_POST: Document =
    Document::new("EditPost", include_str!("documents/edit.graphql"));
pub(crate) const DELETE_POST: Document =
    Document::new("DeletePost", include_str!("documents/delete.graphql"));
pub(crate) const ADD_REACTION: Document =
    Document::new("AddReaction", include_str!("documents/add_reaction.graphql"));
pub(crate) const UNDO_REACTION: Document =
    Document::new("UndoReaction", include_str!("documents/undo_reaction.graphql"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_document_has_the_operation_that_it_is_sent_as() {
        let all = [
            ACCOUNTS,
            CHALLENGE,
            AUTHENTICATE,
            REFRESH,
            ME,
            HEALTH,
            GROUP,
            MEMBERS,
            MEMBERSHIP,
            POST,
            NOTIFICATIONS,
            REACTED,
            TRANSACTION,
            CREATE_POST,
            REPOST,
            EDIT_POST,
            DELETE_POST,
            ADD_REACTION,
            UNDO_REACTION,
        ];
        for Document { name, text } in all {
            let first = text.split(['(', '{']).next().unwrap().trim();
            let (kind, named) = first.split_once(' ').unwrap();
            assert!(["query", "mutation"].contains(&kind), "{text}");
            assert_eq!(named, name);
            assert!(compact(text).len() < 4000, "{name} has {}", compact(text).len());
        }
    }
}
