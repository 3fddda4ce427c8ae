//! Which function answers which field of `Query` and `Mutation`.

use serde_json::{Map, Value};

use super::turn::Turn;
use super::{accounts, login, posts, sessions, status, write};
use crate::lens::graphql::Failure;

pub(super) fn query(
    turn: &Turn<'_>,
    name: &str,
    arguments: &Map<String, Value>,
) -> Result<Value, Failure> {
    match name {
        "account" => accounts::account(turn, arguments),
        "accounts" => accounts::search(turn, arguments),
        "accountsAvailable" => sessions::available(turn, arguments),
        "accountsBulk" => accounts::bulk(turn, arguments),
        "authenticatedSessions" => sessions::all(turn, arguments),
        "currentSession" => sessions::current(turn, arguments),
        "debugMetadata" => status::debug_metadata(turn, arguments),
        "health" => status::health(arguments),
        "lastLoggedInAccount" => sessions::last(turn, arguments),
        "me" => sessions::me(turn, arguments),
        "post" => posts::post(turn, arguments),
        "postReferences" => posts::references(turn, arguments),
        "posts" => posts::posts(turn, arguments),
        "transactionStatus" => status::transaction(turn, arguments),
        "username" => accounts::username(turn, arguments),
        "usernames" => accounts::usernames(turn, arguments),
        _ => Err(Failure::request(format!("cannot query field \"{name}\" on type \"Query\""))),
    }
}

pub(super) fn mutation(
    turn: &mut Turn<'_>,
    name: &str,
    arguments: &Map<String, Value>,
) -> Result<Value, Failure> {
    match name {
        "authenticate" => login::authenticate(turn, arguments),
        "challenge" => login::challenge(turn, arguments),
        "deletePost" => write::delete(turn, arguments),
        "editPost" => write::edit(turn, arguments),
        "hideReply" => write::hide(turn, arguments, true),
        "post" => write::post(turn, arguments),
        "refresh" => login::refresh(turn, arguments),
        "repost" => write::repost(turn, arguments),
        "revokeAuthentication" => sessions::revoke(turn, arguments),
        "switchAccount" => login::switch(turn, arguments),
        "unhideReply" => write::hide(turn, arguments, false),
        _ => Err(Failure::request(format!("cannot query field \"{name}\" on type \"Mutation\""))),
    }
}
