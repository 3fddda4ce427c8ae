//! Reading examined news: posts, edits, deletes, upvotes and reposts in the bridge's words.

mod words;

use threadbridge_core::{
    adapter::{Malformed, Parsed},
    model::{
        content::{Content, Mention, Salt},
        event::{Action, Event, Profile, Said},
        id::{Identity, InvalidId, Network, RemoteAuthor, RemoteConversation, RemoteId},
        mark::Origin,
        proof::{Proof, ProofKind, ProofState},
        time::Timestamp,
    },
};

use crate::{
    carried::News,
    mark,
    moved::Told,
    name::{NETWORK, identity, post_id},
    open::called,
    proven::{Owned, Proven},
    wire::{
        address::Address,
        post::{Account, Post},
    },
};

/// The network of addresses.
pub(crate) const WALLETS: &str = "ethereum";
/// What says whose an account is.
pub(crate) const CHECKER: &str = "lens api 1";
/// The reaction that an upvote is.
pub(crate) const UPVOTE: &str = "❤️";
/// The reaction that a repost is.
pub(crate) const REPOST: &str = "🔁";

/// Reads what `open` has examined.
pub(crate) fn parse(plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
    if let Ok(told) = serde_json::from_slice::<Told>(plaintext) {
        return told.read().map_err(|_id| broken("an identifier"));
    }
    let proven: Proven = serde_json::from_slice(plaintext).map_err(|_json| broken("the news"))?;
    let id = proven.carried.news.id().ok_or_else(|| broken("the name of the news"))?;
    read(&proven, id).map_err(|_id| broken("an identifier"))
}

fn broken(what: &str) -> Malformed {
    Malformed::new(format!("{what} cannot be read"))
}

fn read(proven: &Proven, id: RemoteId) -> Result<Vec<Parsed>, InvalidId> {
    let news = &proven.carried.news;
    let heard_at = Timestamp::from_micros(proven.carried.heard_at);
    let sent_at = match news {
        News::Posted(_) | News::Reposted(_) | News::Upvoted(_) => news.at().unwrap_or(heard_at),
        // When somebody changed their mind is not told.
        News::Edited(_) | News::Deleted(_) | News::Unreposted(_) | News::Withdrawn(_) => heard_at,
    };
    let event = Event {
        conversation: RemoteConversation::parse(proven.carried.conversation.clone())?,
        author: identity(news.author().address)?,
        sent_at,
        action: action(proven, &id)?,
        id,
        is_history: false,
    };
    let mut parsed = Vec::new();
    if proven.has_new_profile {
        parsed.push(Parsed::Profile(event.author.clone(), profile(news.author())));
    }
    if let Some(Owned { by, before }) = proven.owned {
        let who = news.author().address;
        if let Some(before) = before {
            let reason = "the account has another owner";
            parsed.push(Parsed::Proof(Box::new(owns(who, before)?.lapsed(heard_at, reason))));
        }
        parsed.push(Parsed::Proof(Box::new(Proof { checked_at: heard_at, ..owns(who, by)? })));
    }
    parsed.push(Parsed::Event(Box::new(event)));
    Ok(parsed)
}

/// That an account is a wallet's, as the registry of owners says by way of the API.
fn owns(account: Address, wallet: Address) -> Result<Proof, InvalidId> {
    Ok(Proof {
        one: identity(account)?,
        other: Identity {
            network: Network::parse(WALLETS)?,
            author: RemoteAuthor::parse(wallet.to_string())?,
        },
        kind: ProofKind::AccountOwner,
        evidence: format!("account(address: {account}).owner = {wallet}").into_bytes(),
        checker: CHECKER.to_owned(),
        checked_at: Timestamp::from_micros(0),
        block: None,
        state: ProofState::Valid,
    })
}

fn action(proven: &Proven, id: &RemoteId) -> Result<Action, InvalidId> {
    let target = post_id(&proven.carried.news.place().name.id)?;
    let (upvote, repost) = (UPVOTE.to_owned(), REPOST.to_owned());
    Ok(match &proven.carried.news {
        News::Posted(post) => Action::Say(said(proven, post, id)?),
        News::Edited(post) => Action::Edit { target, said: said(proven, post, id)? },
        News::Deleted(_) => Action::Delete { target },
        News::Reposted(_) => Action::React { target, emoji: repost },
        News::Unreposted(_) => Action::Unreact { target, emoji: repost },
        News::Upvoted(_) => Action::React { target, emoji: upvote },
        News::Withdrawn(_) => Action::Unreact { target, emoji: upvote },
    })
}

fn said(proven: &Proven, post: &Post, id: &RemoteId) -> Result<Said, InvalidId> {
    let read = words::read(post, &proven.carried.gateway);
    let mentions = read.mentions.into_iter().map(|named| {
        Ok(Mention { range: named.range, identity: identity(named.who)?, label: named.label })
    });
    let mentions = mentions.collect::<Result<_, InvalidId>>()?;
    let origin = Origin::of(&Network::parse(NETWORK)?, id);
    let content = Content::of_parts(Salt::of(origin), read.parts).mentioning(mentions);
    let answered = post.comment_on.as_ref().filter(|_| !proven.answers_the_root);
    Ok(Said {
        content,
        reply_to: answered.map(|it| post_id(&it.id)).transpose()?,
        quotes: post.quote_of.iter().map(|it| post_id(&it.id)).collect::<Result<_, _>>()?,
        mark: mark::among(&post.metadata.attributes),
    })
}

fn profile(who: &Account) -> Profile {
    let called = called(who);
    Profile {
        display_name: called.display_name,
        handle: called.handle,
        picture_url: called.picture_url,
    }
}
