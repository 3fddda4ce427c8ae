//! People, feeds and groups of the network, and what people do there with an app of their own.
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
    account: Address,
    name: String,
    wallet: Wallet,
}

/// A group and its feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeGroup {
    /// The group.
    pub group: Address,
    /// Where its members post.
    pub feed: Address,
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

impl Lens {
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        World::locked(&self.world, act)
    }

    /// Makes an account that goes by `lens/<name>`, with a key of its own.
    pub fn make_account(&self, name: &str) -> Person {
        let wallet = Wallet::of(&format!("owner of {name} of devnet {}", self.seed));
        let account = self.with(|world| world.make_account(name, &wallet));
        Person { account, name: name.to_owned(), wallet }
    }

    /// A key that belongs to nobody yet: a manager's, say.
    pub fn make_wallet(&self, words: &str) -> Wallet {
        Wallet::of(&format!("{words} of devnet {}", self.seed))
    }

    /// Makes a feed that anybody may post to.
    pub fn make_feed(&self, name: &str) -> Address {
        self.with(|world| world.make_feed(name))
    }

    /// Makes a group with a feed that is its members' alone; its owner is one of them.
    pub fn make_group(&self, name: &str, owner: &Person) -> MadeGroup {
        self.with(|world| {
            let group = world.make_group(name, owner.account);
            let feed = world.groups.get(&group).and_then(|group| group.feed);
            MadeGroup { group, feed: feed.unwrap_or_default() }
        })
    }

    /// Makes an app. People may sign in to it from these hosts; from any, if there are none.
    pub fn make_app(&self, name: &str, domains: &[&str]) -> Address {
        let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        self.with(|world| world.make_app(name, domains))
    }

    /// Lets an app refuse whoever signs in, for a reason; or nobody any more.
    pub fn forbid(&self, app: Address, reason: Option<&str>) {
        self.with(|world| {
            if let Some(app) = world.apps.get_mut(&app) {
                app.forbids = reason.map(str::to_owned);
            }
        });
    }

    /// Ends every session that speaks for an account.
    pub fn revoke(&self, account: Address) {
        self.with(|world| world.sessions.close_all_of(account));
    }

    /// Lets Grove forget its oldest files until so many are left.
    pub fn forget_files(&self, left: usize) {
        self.shelf.forget_all_but(left);
    }
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
        lens.with(|world| world.publish(&draft, block_ms(), None)).map_err(Refused)
    }

    /// Shows a post again under the own name.
    ///
    /// # Errors
    ///
    /// If there is no such post.
    pub fn repost(&self, lens: &Lens, of: PostId) -> Result<PostId, Refused> {
        let by = (self.account, Some(TEST_APP));
        lens.with(|world| world.repost(of, by, (block_ms(), None))).map_err(Refused)
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
    /// If it is somebody else's, or not there.
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
