//! What the API said, in the bridge's words.

use threadbridge_core::{
    adapter::{Opened, Parsed},
    model::{
        content::{Content, MediaKind},
        event::{Action, Said},
        id::RemoteId,
    },
};

use super::*;
use crate::carried::Upvoted;

const TEXT: &str = include_str!("../../samples/text.json");
const COMMENT: &str = include_str!("../../samples/comment.json");
const IMAGE: &str = include_str!("../../samples/image.json");
const UNKNOWN: &str = include_str!("../../samples/unknown.json");
const REPOST: &str = include_str!("../../samples/repost.json");

fn said(place: &str, text: &str) -> Said {
    let Action::Say(said) = event(place, News::Posted(post(text))).action else {
        panic!("nothing was said")
    };
    said
}

fn words(content: &Content) -> &str {
    content.text().unwrap().as_str
}

#[test]
fn a_post_is_said_by_its_author_under_its_id() {
    let all = parsed(FEED, News::Posted(post(TEXT)));
    let [Parsed::Profile(identity, profile), Parsed::Event(event)] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!(identity.author.as_str(), "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_eq!(profile.handle.as_deref(), Some("ann"));
    assert_eq!(profile.display_name.as_deref(), Some("Ann"));
    assert_eq!(event.author, *identity);
    assert!(event.id.as_str().starts_with("4176"));
    assert_eq!(event.sent_at.as_secs(), 1_755_770_400);
    let Action::Say(said) = &event.action else { panic!("{event:?}") };
    assert_eq!(words(&said.content), "Tea at five?");
    assert_eq!(said.reply_to, None);
}

#[test]
fn the_owner_of_an_account_is_proven_and_a_new_one_ends_that() {
    let (lens, keys) = (lens(), keys());
    let owned_by = |owner: &str, text: &str| {
        let mut it = post(TEXT);
        it.author.owner = Some(owner.parse().unwrap());
        it.place.name.id = text.to_owned();
        let Opened::Plaintext(plaintext) = open(&lens, &keys, FEED, News::Posted(it)) else {
            panic!("it was not opened")
        };
        let proofs = lens.parse(&plaintext).unwrap().into_iter().filter_map(|it| match it {
            Parsed::Proof(proof) => Some((proof.other.uri(), proof.holds())),
            Parsed::Event(_) | Parsed::Profile(..) => None,
        });
        proofs.collect::<Vec<_>>()
    };
    let [one, other] = ["b1", "b2"].map(|it| format!("0x{}", it.repeat(20)));
    let uri = |it: &str| format!("ethereum:{it}");
    assert_eq!(owned_by(&one, "41"), [(uri(&one), true)]);
    assert_eq!(owned_by(&one, "42"), []);
    assert_eq!(owned_by(&other, "43"), [(uri(&one), false), (uri(&other), true)]);
    // An address with no account behind it owns itself, which proves nothing.
    assert_eq!(owned_by("0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "44"), []);
}

#[test]
fn a_comment_answers_quotes_and_names_people() {
    let said = said("group/0x00000000000000000000000000000000000000c0", COMMENT);
    assert_eq!(words(&said.content), "Yes @ann, not @lens/annabel — @ann!");
    let mentions = said.content.mentions();
    assert_eq!(mentions.len(), 2);
    assert_eq!(mentions[0].range, 4..8);
    assert_eq!(mentions[0].label, "ann");
    assert_eq!(said.reply_to, Some(RemoteId::parse("6").unwrap()));
    assert_eq!(said.quotes, [RemoteId::parse("3").unwrap()]);
}

#[test]
fn what_answers_the_root_stands_in_the_thread_itself() {
    let mut root_comment = post(COMMENT);
    root_comment.comment_on = root_comment.place.root.clone();
    for thread in ["thread/5", "thread/r5"] {
        let event = event(thread, News::Posted(root_comment.clone()));
        let Action::Say(said) = event.action else { panic!("nothing was said") };
        assert_eq!(said.reply_to, None, "{thread}");
    }
    assert_eq!(said("thread/5", COMMENT).reply_to, Some(RemoteId::parse("6").unwrap()));
}

#[test]
fn pictures_and_sound_are_media_with_addresses_that_can_be_opened() {
    let said = said(FEED, IMAGE);
    assert_eq!(words(&said.content), "The pot");
    let attachments = said.content.attachments();
    let kinds: Vec<_> = attachments.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [MediaKind::Image, MediaKind::Audio]);
    assert_eq!(attachments[0].public_url(), Some("https://grove.test/pot"));
    assert_eq!(attachments[0].description, "a tea pot");
    assert_eq!(said.content.links()[0].url, "https://cdn.test/new");
}

#[test]
fn a_kind_that_is_not_known_is_told_in_words() {
    assert!(words(&said(FEED, UNKNOWN).content).contains("not known"));
}

#[test]
fn an_edit_a_delete_a_repost_and_an_upvote_are_about_their_post() {
    let target = RemoteId::parse("8").unwrap();
    let edit = event(FEED, News::Edited(post(IMAGE)));
    assert!(matches!(edit.action, Action::Edit { target: it, .. } if it == target));
    assert!(edit.id.as_str().starts_with("8/v/"));
    let delete = event(FEED, News::Deleted(post(IMAGE)));
    assert_eq!(delete.action, Action::Delete { target: target.clone() });
    let AnyPost::Repost(repost) = sample(REPOST) else { panic!("the sample is no repost") };
    let mut by_another = repost;
    by_another.author.address = "0x00000000000000000000000000000000000000d0".parse().unwrap();
    let repost = event(FEED, News::Reposted(by_another));
    let emoji = "🔁".to_owned();
    assert_eq!(repost.action, Action::React { target: target.clone(), emoji });
    let image = post(IMAGE);
    let at = "2025-08-21T10:05:00Z".to_owned();
    let upvoted = Upvoted { post: image.place.clone(), by: image.author.clone(), at };
    let (up, down) =
        (event(FEED, News::Upvoted(upvoted.clone())), event(FEED, News::Withdrawn(upvoted)));
    let emoji = "❤️".to_owned();
    assert_eq!(up.action, Action::React { target: target.clone(), emoji: emoji.clone() });
    assert_eq!(down.action, Action::Unreact { target, emoji });
    assert_ne!(up.id, down.id);
}

#[test]
fn what_does_not_belong_or_cannot_be_is_refused() {
    let (lens, keys) = (lens(), keys());
    let refused = |news, place: &str| {
        let opened = open(&lens, &keys, place, news);
        assert!(matches!(opened, Opened::Refused(_)), "{opened:?}");
    };
    refused(News::Posted(post(TEXT)), "thread/1");
    refused(News::Posted(post(TEXT)), "feed/0x00000000000000000000000000000000000000c0");
    let with = |change: fn(&mut Post)| {
        let mut post = post(TEXT);
        change(&mut post);
        News::Posted(post)
    };
    refused(with(|post| post.timestamp = "1999-01-01T00:00:00Z".to_owned()), FEED);
    refused(with(|post| post.timestamp = "2999-01-01T00:00:00Z".to_owned()), FEED);
    refused(with(|post| post.place.name.id = "../1".to_owned()), FEED);
    refused(with(|post| post.comment_on = Some(post.place.name.clone())), FEED);
    refused(with(|post| post.metadata.content = Some("x".repeat(700_000))), FEED);
    assert!(keys.list().unwrap().is_empty());
}

#[test]
fn bytes_that_changed_are_refused_and_other_conversations_are_elsewhere() {
    let (lens, keys) = (lens(), keys());
    let genuine = envelope(FEED, News::Posted(post(TEXT)));
    let linked = BTreeSet::from([conversation(FEED)]);
    for at in 0..genuine.bytes.len() {
        let mut bytes = genuine.bytes.clone();
        bytes[at] ^= 1;
        let forged = Envelope { bytes, ..genuine.clone() };
        assert!(matches!(lens.open(&keys, &linked, &forged), Opened::Refused(_)));
    }
    assert_eq!(lens.open(&keys, &BTreeSet::new(), &genuine), Opened::Elsewhere);
}

#[test]
fn who_is_known_is_not_told_again() {
    let (lens, keys) = (lens(), keys());
    let profiles = |text| {
        let Opened::Plaintext(plaintext) = open(&lens, &keys, FEED, News::Posted(post(text)))
        else {
            panic!("it was not opened")
        };
        let parsed = lens.parse(&plaintext).unwrap();
        parsed.iter().filter(|it| matches!(it, Parsed::Profile(..))).count()
    };
    assert_eq!((profiles(TEXT), profiles(TEXT)), (1, 0));
    // The same account without its name.
    assert_eq!((profiles(IMAGE), profiles(IMAGE)), (1, 0));
}
