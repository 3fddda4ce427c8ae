//! The world as objects of the API.
//!
//! Each function gives one object with all its fields, and references in place of posts and
//! accounts that it points at. What a type has, and what may be null, follows the API's schema.

pub(crate) mod account;
pub(crate) mod attribute;
pub(crate) mod metadata;
pub(crate) mod notice;
pub(crate) mod outcome;
pub(crate) mod place;
pub(crate) mod post;
pub(crate) mod transaction;

use alloy_primitives::Address;
use serde_json::{Value, json};

use super::graphql::choice;
use super::grove::Shelf;
use super::world::World;
use super::world::id;
use super::world::post::Post;

/// Who looks: what may be done, and what was done, depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Eyes {
    /// Nobody, or the account that is signed in.
    pub(crate) account: Option<Address>,
}

/// An object of a type.
pub(crate) fn object(typename: &str, mut fields: Value) -> Value {
    if let Some(map) = fields.as_object_mut() {
        map.insert("__typename".to_owned(), typename.into());
    }
    fields
}

/// Rules that nobody set.
fn no_rules(typename: &str) -> Value {
    object(typename, json!({ "required": [], "anyOf": [] }))
}

/// A picture's address: a copy on the network's servers, unless the original is asked for.
fn picture(uri: Option<&str>, shelf: &Shelf) -> Value {
    let Some(uri) = uri else { return Value::Null };
    let copy = Value::String(shelf.gateway_url(uri));
    choice("/request/useOriginal", [("true".to_owned(), uri.into())], (copy.clone(), copy))
}

/// The object that a reference of a type stands for.
pub(crate) fn load(world: &World, eyes: Eyes, (typename, key): (&str, &str)) -> Option<Value> {
    match typename {
        "Account" => account::account(world, eyes, id::address(key)?),
        "Post" | "Repost" => world.find(key).map(|found| any_post(world, eyes, found)),
        "App" => world.apps.get(&id::address(key)?).map(place::app),
        "Feed" => world.feeds.get(&id::address(key)?).map(|feed| place::feed(world, eyes, feed)),
        "Group" => {
            world.groups.get(&id::address(key)?).map(|group| place::group(world, eyes, group))
        }
        _ => None,
    }
}

fn any_post(world: &World, eyes: Eyes, found: &Post) -> Value {
    if found.repost_of.is_some() { post::repost(found) } else { post::post(world, eyes, found) }
}
