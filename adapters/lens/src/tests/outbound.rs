//! What is sealed, and how it is known when it comes back.

use serde_json::Value;
use threadbridge_core::{
    adapter::Sealing,
    model::{
        event::Action,
        id::RemoteId,
        mark::{Mark, Origin, RoomTag},
        outgoing::{Mention, Outgoing, ReplyTo, Say},
        time::Timestamp,
    },
};

use super::*;
use crate::{
    carried::Upvoted,
    draft::{Named, Operation, Parcel, Within, Written},
};

fn say(text: &str) -> Say {
    Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::from_secs(1_755_770_400),
        mark: None,
        expires: None,
    }
}

fn sealed(lens: &Lens, keys: &Keys, place: &str, outgoing: &Outgoing) -> Parcel {
    let conversation = conversation(place);
    let plaintext = lens.render(&conversation, outgoing).unwrap();
    let now = Timestamp::from_secs(1_755_770_400);
    let sealing = lens.seal(keys, &conversation, &plaintext, now);
    let Sealing::Ready(sealed) = sealing else { panic!("it was not sealed: {sealing:?}") };
    serde_json::from_slice(&sealed.bytes).unwrap()
}

fn metadata(parcel: &Parcel) -> Value {
    serde_json::from_str(&written(parcel).metadata).unwrap()
}

fn written(parcel: &Parcel) -> &Written {
    let (Operation::Say { written, .. } | Operation::Edit { written, .. }) = &parcel.deed else {
        panic!("it has no metadata: {parcel:?}")
    };
    written
}

/// The post that the network makes of it.
fn posted(parcel: &Parcel) -> Box<Post> {
    let mut post = post(include_str!("../../samples/text.json"));
    post.author.address = OWN.parse().unwrap();
    let lens = &metadata(parcel)["lens"];
    post.metadata = serde_json::from_value(lens.clone()).unwrap();
    post
}

#[test]
fn the_same_words_sealed_twice_are_two_posts() {
    let (lens, keys) = (lens(), keys());
    let words = Outgoing::Say(say("again"));
    let (one, two) = (sealed(&lens, &keys, FEED, &words), sealed(&lens, &keys, FEED, &words));
    assert_ne!(one.op, two.op);
    assert_eq!(metadata(&one)["lens"]["id"], one.op.as_str());
    let feed = FEED.trim_start_matches("feed/").parse().unwrap();
    assert!(matches!(&one.deed, Operation::Say { within: Within::Feed(it), .. } if *it == feed));
}

#[test]
fn our_own_post_is_known_when_it_comes_back_and_the_owners_is_not_taken_for_it() {
    let (lens, keys) = (lens(), keys());
    let parcel = sealed(&lens, &keys, FEED, &Outgoing::Say(say("ours")));
    let ours = posted(&parcel);
    let opened = open(&lens, &keys, FEED, News::Posted(ours.clone()));
    assert!(matches!(opened, Opened::Confirmed(id) if id.as_str() == ours.place.name.id));
    let mut theirs = ours.clone();
    theirs.metadata.id = Some("another app's".to_owned());
    let opened = open(&lens, &keys, FEED, News::Posted(theirs));
    assert!(matches!(opened, Opened::Plaintext(_)), "{opened:?}");
    // Somebody else who copies the id is somebody else.
    let mut copied = ours;
    copied.author.address = "0x00000000000000000000000000000000000000d0".parse().unwrap();
    let opened = open(&lens, &keys, FEED, News::Posted(copied));
    assert!(matches!(opened, Opened::Plaintext(_)), "{opened:?}");
}

#[test]
fn a_delete_of_ours_is_known_and_the_owners_is_told() {
    let (lens, keys) = (lens(), keys());
    let mut gone = post(include_str!("../../samples/text.json"));
    gone.author.address = OWN.parse().unwrap();
    gone.place.name.id = "8".to_owned();
    let opened = open(&lens, &keys, FEED, News::Deleted(gone.clone()));
    assert!(matches!(opened, Opened::Plaintext(_)), "{opened:?}");
    let target = RemoteId::parse("8").unwrap();
    sealed(&lens, &keys, FEED, &Outgoing::Delete { target });
    let opened = open(&lens, &keys, FEED, News::Deleted(gone));
    assert!(matches!(opened, Opened::Confirmed(_)), "{opened:?}");
}

#[test]
fn the_next_part_answers_what_was_sealed_before_it() {
    let (lens, keys) = (lens(), keys());
    let first = sealed(&lens, &keys, "thread/5", &Outgoing::Say(say("one")));
    assert!(matches!(&first.deed, Operation::Say { within: Within::Post(it), .. } if it == "5"));
    let next = Outgoing::Say(Say { reply_to: ReplyTo::PartBefore, ..say("two") });
    let second = sealed(&lens, &keys, "thread/5", &next);
    let Operation::Say { within, .. } = second.deed else { panic!("nothing was said") };
    assert_eq!(within, Within::Op(first.op));
}

#[test]
fn people_who_are_known_are_named_as_lens_names_them() {
    let (lens, keys) = (lens(), keys());
    let ann = post(include_str!("../../samples/text.json"));
    let identity = crate::name::identity(ann.author.address).unwrap();
    open(&lens, &keys, FEED, News::Posted(ann));
    let known = Mention { range: 3..7, identity };
    let say = Say { mentions: vec![known], ..say("hi @ann!") };
    let parcel = sealed(&lens, &keys, FEED, &Outgoing::Say(say));
    assert_eq!(metadata(&parcel)["lens"]["content"], "hi @lens/ann!");
}

#[test]
fn people_who_are_not_known_are_looked_up_later_where_they_stand() {
    let (lens, keys) = (lens(), keys());
    let ann = post(include_str!("../../samples/text.json"));
    let stranger: Address = "0x00000000000000000000000000000000000000d0".parse().unwrap();
    let [known, unknown] =
        [ann.author.address, stranger].map(|it| crate::name::identity(it).unwrap());
    open(&lens, &keys, FEED, News::Posted(ann));
    let mentions = [(3..6, known), (11..14, unknown)];
    let mentions = mentions.map(|(range, identity)| Mention { range, identity }).to_vec();
    let say = Say { mentions, ..say("hi Ann and Cy!") };
    let parcel = sealed(&lens, &keys, FEED, &Outgoing::Say(say));
    let content = metadata(&parcel)["lens"]["content"].as_str().unwrap().to_owned();
    assert_eq!(content, "hi @lens/ann and Cy!");
    let at = content.find("Cy!").unwrap();
    assert_eq!(written(&parcel).unnamed, [Named { range: at..at + 3, who: stranger }]);
    // What a version before this one sealed names nobody.
    let bytes = serde_json::json!({
        "op": parcel.op, "deed": { "edit": { "post": "5", "metadata": "{}" } },
    });
    let old: Parcel = serde_json::from_value(bytes).unwrap();
    assert!(written(&old).unnamed.is_empty());
}

#[test]
fn a_mark_that_was_written_is_read() {
    let (lens, keys) = (lens(), keys());
    let network = threadbridge_core::model::id::Network::parse("farcaster").unwrap();
    let original = RemoteId::parse("5:0xabc").unwrap();
    let rooms = vec![RoomTag::of(&network, &conversation("channel/tea"))];
    let mark = Mark { origin: Origin::of(&network, &original), rooms };
    let say = Say { mark: Some(mark.clone()), ..say("marked") };
    let mut copy = posted(&sealed(&lens, &keys, FEED, &Outgoing::Say(say)));
    copy.author.address = "0x00000000000000000000000000000000000000d0".parse().unwrap();
    let Action::Say(said) = event(FEED, News::Posted(copy)).action else {
        panic!("nothing was said")
    };
    assert_eq!(said.mark, Some(mark));
}

/// Sealing may be far ahead of sending: what shows by then was undone already, and is still ours.
#[test]
fn an_upvote_is_ours_though_its_withdrawal_is_sealed_before_it_shows() {
    let (lens, keys) = (lens(), keys());
    let post = post(include_str!("../../samples/text.json"));
    let target = RemoteId::parse(post.place.name.id.clone()).unwrap();
    let emoji = "❤️".to_owned();
    sealed(&lens, &keys, FEED, &Outgoing::React { target: target.clone(), emoji: emoji.clone() });
    sealed(&lens, &keys, FEED, &Outgoing::Unreact { target, emoji });
    let mut by = post.author.clone();
    by.address = OWN.parse().unwrap();
    let vote = Upvoted { post: post.place, by, at: "2025-08-21T10:05:00Z".to_owned() };
    assert_eq!(open(&lens, &keys, FEED, News::Upvoted(vote.clone())), Opened::Elsewhere);
    assert_eq!(open(&lens, &keys, FEED, News::Withdrawn(vote)), Opened::Elsewhere);
}
