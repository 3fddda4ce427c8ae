//! People of the network, and what they do there with an app of their own.
//!
//! What they do takes effect at once, as if its transactions had been indexed already.

use alloy_primitives::Address;
use serde_json::{Value, json};

use super::clock;
use super::server::Lens;
use super::wallet::Wallet;
use super::world::account::Permissions;
use super::world::id::{PostId, uuid};
use super::world::opinion::Vote;
use super::world::post::Draft;
use super::world::{TEST_APP, World};

/// Why the network does not let somebody do something, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

/// Somebody with an account, and with the key that owns it.
#[derive(Clone, Debug)]
pub struct Person {
    pub(super) account: Address,
    pub(super) name: String,
    pub(super) wallet: Wallet,
}

/// Where to say something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Where {
    /// The feed; the global one, or that of what is answered, if there is none.
    pub feed: Option<Address>,
    /// What is answered.
    pub comment_on: Option<PostId>,
    /// What is quoted.
    pub quote_of: Option<PostId>,
}

impl Person {
    /// The account's address.
    pub const fn account(&self) -> Address {
        self.account
    }

    /// The name in the namespace `lens/`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that owns the account.
    pub const fn wallet(&self) -> &Wallet {
        &self.wallet
    }

    /// Shows a name of their own choice.
    ///
    /// # Errors
    ///
    /// If the name is empty.
    pub fn call_themself(&self, lens: &Lens, name: &str) -> Result<(), Refused> {
        let profile = json!({
            "$schema": "https://json-schemas.lens.dev/account/1.0.0.json",
            "lens": { "id": uuid(), "name": name },
        });
        let uri = data_uri(&profile);
        lens.with(|world| world.set_profile(self.account, &uri)).map_err(Refused)
    }

    /// Says something, somewhere.
    ///
    /// # Errors
    ///
    /// If the rules of the feed, or of metadata, are against it.
    pub fn say_in(&self, lens: &Lens, place: Where, text: &str) -> Result<PostId, Refused> {
        self.publish(lens, place, &text_only(text))
    }

    /// Says something to everybody.
    ///
    /// # Errors
    ///
    /// If the text is empty.
    pub fn say(&self, lens: &Lens, text: &str) -> Result<PostId, Refused> {
        self.say_in(lens, Where::default(), text)
    }

    /// Answers a post.
    ///
    /// # Errors
    ///
    /// As [`Person::say_in`].
    pub fn comment(&self, lens: &Lens, on: PostId, text: &str) -> Result<PostId, Refused> {
        self.say_in(lens, Where { comment_on: Some(on), ..Where::default() }, text)
    }

    /// Quotes a post.
    ///
    /// # Errors
    ///
    /// As [`Person::say_in`].
    pub fn quote(&self, lens: &Lens, of: PostId, text: &str) -> Result<PostId, Refused> {
        self.say_in(lens, Where { quote_of: Some(of), ..Where::default() }, text)
    }

    /// Posts metadata of any kind.
    ///
    /// # Errors
    ///
    /// If it is not valid, or the rules of the feed are against it.
    pub fn publish(
        &self,
        lens: &Lens,
        Where { feed, comment_on, quote_of }: Where,
        metadata: &Value,
    ) -> Result<PostId, Refused> {
        let uri = data_uri(metadata);
        let author = self.account;
        let draft = Draft { author, app: Some(TEST_APP), feed, uri, comment_on, quote_of };
        lens.with(|world| world.publish(&draft, block_ms())).map_err(Refused)
    }

    /// Shows a post again under the own name.
    ///
    /// # Errors
    ///
    /// If there is no such post.
    pub fn repost(&self, lens: &Lens, of: PostId) -> Result<PostId, Refused> {
        let by = (self.account, Some(TEST_APP));
        lens.with(|world| world.repost(of, by, block_ms())).map_err(Refused)
    }

    /// Lets a post say something else.
    ///
    /// # Errors
    ///
    /// If it is somebody else's, deleted, or not there.
    pub fn edit(&self, lens: &Lens, post: PostId, text: &str) -> Result<(), Refused> {
        let uri = data_uri(&text_only(text));
        lens.with(|world| {
            self.own(world, post)?;
            world.edit(post, &uri, block_ms()).map_err(Refused)
        })
    }

    /// Deletes a post.
    ///
    /// # Errors
    ///
    /// If it is somebody else's, deleted, or not there.
    pub fn delete(&self, lens: &Lens, post: PostId) -> Result<(), Refused> {
        lens.with(|world| {
            self.own(world, post)?;
            world.delete(post).map_err(Refused)
        })
    }

    fn own(&self, world: &World, post: PostId) -> Result<(), Refused> {
        match world.posts.get(&post) {
            Some(found) if found.author == self.account => Ok(()),
            Some(_) => Err(Refused("The post is somebody else's".to_owned())),
            None => Err(Refused("The post does not exist".to_owned())),
        }
    }

    /// Votes for a post, or against it.
    ///
    /// # Errors
    ///
    /// If there is no such post, or the vote was given before.
    pub fn react(&self, lens: &Lens, post: PostId, vote: Vote) -> Result<(), Refused> {
        let given = (vote, Some(TEST_APP));
        lens.with(|world| world.vote(post, self.account, given)).map_err(Refused)
    }

    /// Takes a vote back.
    ///
    /// # Errors
    ///
    /// If it was not given.
    pub fn unreact(&self, lens: &Lens, post: PostId, vote: Vote) -> Result<(), Refused> {
        lens.with(|world| world.unvote(post, self.account, vote)).map_err(Refused)
    }

    /// Follows somebody.
    pub fn follow(&self, lens: &Lens, whom: &Self) {
        lens.with(|world| world.follow(self.account, whom.account));
    }

    /// Joins a group.
    ///
    /// # Errors
    ///
    /// If there is no such group, or the account is banned from it.
    pub fn join(&self, lens: &Lens, group: Address) -> Result<(), Refused> {
        lens.with(|world| world.join(group, self.account)).map_err(Refused)
    }

    /// Leaves a group.
    ///
    /// # Errors
    ///
    /// If the account is not in it.
    pub fn leave(&self, lens: &Lens, group: Address) -> Result<(), Refused> {
        lens.with(|world| world.leave(group, self.account)).map_err(Refused)
    }

    /// Lets a key speak for the account, as the owner's signature would.
    ///
    /// # Errors
    ///
    /// If it is the owner's own.
    pub fn add_manager(
        &self,
        lens: &Lens,
        manager: Address,
        permissions: Permissions,
    ) -> Result<(), Refused> {
        lens.with(|world| world.add_manager(self.account, manager, permissions)).map_err(Refused)
    }

    /// Lets a key no longer speak for the account.
    pub fn remove_manager(&self, lens: &Lens, manager: Address) {
        lens.with(|world| world.remove_manager(self.account, manager));
    }

    /// Lets the network sign for the account from now on, or no more.
    pub fn set_signless(&self, lens: &Lens, is_signless: bool) {
        lens.with(|world| {
            if let Some(account) = world.accounts.get_mut(&self.account) {
                account.is_signless = is_signless;
            }
        });
    }

    /// Gives the account a score, which decides who is shown what it says.
    pub fn set_score(&self, lens: &Lens, score: i32) {
        lens.with(|world| {
            if let Some(account) = world.accounts.get_mut(&self.account) {
                account.score = score;
            }
        });
    }
}

/// Blocks tell whole seconds.
fn block_ms() -> u64 {
    clock::unix_ms() / 1000 * 1000
}

fn text_only(text: &str) -> Value {
    json!({
        "$schema": "https://json-schemas.lens.dev/posts/text-only/3.0.0.json",
        "lens": {
            "id": uuid(),
            "locale": "en",
            "mainContentFocus": "TEXT_ONLY",
            "content": text,
        },
    })
}

fn data_uri(metadata: &Value) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(metadata.to_string());
    format!("data:application/json;base64,{encoded}")
}
