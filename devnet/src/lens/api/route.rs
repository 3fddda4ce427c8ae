//! Which function answers which field of `Query` and `Mutation`.

use serde_json::{Map, Value};

use super::graph::{self, End};
use super::turn::Turn;
use super::{
    accounts, groups, login, managers, news, opinions, places, posts, sessions, status, write,
};
use crate::lens::graphql::Failure;

pub(super) fn query(
    turn: &Turn<'_>,
    name: &str,
    arguments: &Map<String, Value>,
) -> Result<Value, Failure> {
    match name {
        "account" => accounts::account(turn, arguments),
        "accountManagers" => managers::all(turn, arguments),
        "accounts" => accounts::search(turn, arguments),
        "accountsAvailable" => sessions::available(turn, arguments),
        "accountsBulk" => accounts::bulk(turn, arguments),
        "app" => places::app(turn, arguments),
        "authenticatedSessions" => sessions::all(turn, arguments),
        "currentSession" => sessions::current(turn, arguments),
        "debugMetadata" => status::debug_metadata(turn, arguments),
        "feed" => places::feed(turn, arguments),
        "feeds" => places::feeds(turn, arguments),
        "followStatus" => graph::status(turn, arguments),
        "followers" => graph::follows(turn, arguments, End::Followers),
        "following" => graph::follows(turn, arguments, End::Following),
        "graph" => graph::graph(turn, arguments),
        "group" => groups::group(turn, arguments),
        "groupMembers" => groups::members(turn, arguments),
        "groupStats" => groups::group_stats(turn, arguments),
        "groups" => groups::groups(turn, arguments),
        "health" => status::health(arguments),
        "lastLoggedInAccount" => sessions::last(turn, arguments),
        "me" => sessions::me(turn, arguments),
        "namespace" => places::namespace(turn, arguments),
        "notifications" => news::notifications(turn, arguments),
        "post" => posts::post(turn, arguments),
        "postBookmarks" => opinions::bookmarks(turn, arguments),
        "postEdits" => posts::edits(turn, arguments),
        "postReactionStatus" => opinions::reaction_status(turn, arguments),
        "postReactions" => opinions::reactions(turn, arguments),
        "postReferences" => posts::references(turn, arguments),
        "posts" => posts::posts(turn, arguments),
        "timeline" => news::timeline(turn, arguments),
        "transactionStatus" => status::transaction(turn, arguments),
        "username" => accounts::username(turn, arguments),
        "usernames" => accounts::usernames(turn, arguments),
        "whoReferencedPost" => posts::who_referenced(turn, arguments),
        _ => Err(unserved("Query", name)),
    }
}

pub(super) fn mutation(
    turn: &mut Turn<'_>,
    name: &str,
    arguments: &Map<String, Value>,
) -> Result<Value, Failure> {
    match name {
        "addAccountManager" => managers::add(turn, arguments),
        "addReaction" => opinions::react(turn, arguments),
        "authenticate" => login::authenticate(turn, arguments),
        "block" => opinions::block(turn, arguments, true),
        "bookmarkPost" => opinions::bookmark(turn, arguments, true),
        "challenge" => login::challenge(turn, arguments),
        "createGroup" => groups::create_group(turn, arguments),
        "deletePost" => write::delete(turn, arguments),
        "editPost" => write::edit(turn, arguments),
        "enableSignless" => managers::signless(turn, arguments, true),
        "follow" => opinions::follow(turn, arguments),
        "hideReply" => write::hide(turn, arguments, true),
        "joinGroup" => groups::join(turn, arguments),
        "leaveGroup" => groups::leave(turn, arguments),
        "mute" => opinions::mute(turn, arguments, true),
        "post" => write::post(turn, arguments),
        "refresh" => login::refresh(turn, arguments),
        "removeAccountManager" => managers::remove(turn, arguments),
        "removeSignless" => managers::signless(turn, arguments, false),
        "repost" => write::repost(turn, arguments),
        "revokeAuthentication" => sessions::revoke(turn, arguments),
        "setAccountMetadata" => managers::set_metadata(turn, arguments),
        "switchAccount" => login::switch(turn, arguments),
        "unblock" => opinions::block(turn, arguments, false),
        "undoBookmarkPost" => opinions::bookmark(turn, arguments, false),
        "undoReaction" => opinions::unreact(turn, arguments),
        "unfollow" => opinions::unfollow(turn, arguments),
        "unhideReply" => write::hide(turn, arguments, false),
        "unmute" => opinions::mute(turn, arguments, false),
        "updateAccountManager" => managers::update(turn, arguments),
        _ => Err(unserved("Mutation", name)),
    }
}

/// Whether Lens has such a field is not known here.
fn unserved(typename: &str, name: &str) -> Failure {
    Failure::request(format!("this network does not serve the field \"{name}\" of {typename}"))
}
