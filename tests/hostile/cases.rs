//! The table of what a hub hands over.

use std::sync::atomic::{AtomicU32, Ordering};

use threadbridge_devnet::farcaster::person::{Person, Words};
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_devnet::farcaster::wire::hub_event::Body as EventBody;
use threadbridge_devnet::farcaster::wire::message_data::Body;
use threadbridge_devnet::farcaster::wire::{
    CastId, CastRemoveBody, Embed, HubEvent, HubEventType, MergeFailureBody, MergeMessageBody,
    MergeUserNameProofBody, MessageType, PruneMessageBody, ReactionBody, ReactionType,
    RevokeMessageBody, SignatureScheme, UserDataType, UserNameProof, embed, reaction_body,
};

use super::forge::{DEN, POISON, altered, body, data, merged, signed_by, signed_bytes, words};
use super::stage::{OWN, OWN_KEY, Stage, seed};

/// Whose key was removed.
pub(crate) const REMOVED: u64 = 555;
/// Whose key may only like.
pub(crate) const SCOPED: u64 = 777;

/// What must become of something hostile.
pub(crate) enum Expected {
    /// It is counted as refused, once, with a reason that has these words.
    Refused(&'static str),
    /// Nothing shows of it, and nothing is counted: it is nobody's business, or known.
    Nothing,
    /// One message crosses, like this.
    Crosses(fn(&str) -> bool),
    /// One is refused, and one crosses.
    Both(&'static str, fn(&str) -> bool),
}

/// Something hostile.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) says: fn(&Stage) -> Vec<HubEvent>,
    pub(crate) expected: Expected,
}

const fn refused(
    name: &'static str,
    reason: &'static str,
    says: fn(&Stage) -> Vec<HubEvent>,
) -> Case {
    Case { name, says, expected: Expected::Refused(reason) }
}

const fn nothing(name: &'static str, says: fn(&Stage) -> Vec<HubEvent>) -> Case {
    Case { name, says, expected: Expected::Nothing }
}

const fn crosses(
    name: &'static str,
    is_right: fn(&str) -> bool,
    says: fn(&Stage) -> Vec<HubEvent>,
) -> Case {
    Case { name, says, expected: Expected::Crosses(is_right) }
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [bytes(), proofs(), keys(), others(), sizes(), positions(), names(), times(), places(), fates()]
        .into_iter()
        .flatten()
        .collect()
}

const NO_DATA: &str = "signed bytes are not message data";
const NOT_A_KEY: &str = "signer is not a key of the author";

/// Bytes that are no message.
fn bytes() -> Vec<Case> {
    vec![
        refused("no protobuf", NO_DATA, |_| vec![merged(signed_bytes(seed(666), vec![0xff; 40]))]),
        refused("a message that is cut short", NO_DATA, |it| {
            altered(&it.mallory, |message| {
                message.data_bytes.as_mut().unwrap().pop();
            })
        }),
        refused("groups in groups in groups", NO_DATA, |_| {
            let nested = [0xa3, 0x06].repeat(5000);
            vec![merged(signed_bytes(seed(666), nested))]
        }),
        refused("no data", "message has no data", |it| {
            altered(&it.mallory, |message| message.data_bytes = None)
        }),
        refused("no message", "without the bytes that were signed", |_| {
            let body = MergeMessageBody::default();
            let body = Some(EventBody::MergeMessageBody(body));
            let r#type = HubEventType::MergeMessage.into();
            vec![HubEvent { r#type, body, ..HubEvent::default() }]
        }),
        crosses(
            "other data beside the signed bytes",
            |it| it == "mallory: what was signed",
            |it| {
                let mut message = it.mallory.say(words("what was signed"));
                message.data = Some(data(&it.mallory.say(words(POISON))));
                vec![merged(message)]
            },
        ),
        nothing("a body of another type", |it| {
            let body = data(&it.mallory.say(words(POISON))).body.unwrap();
            vec![merged(it.mallory.sign(MessageType::LinkAdd, body))]
        }),
        nothing("a type that nobody knows", |it| {
            let mut event = altered(&it.mallory, |_| {});
            event[0].body = None;
            event
        }),
    ]
}

/// Hash, signature and schemes.
fn proofs() -> Vec<Case> {
    vec![
        refused("another hash", "hash does not match", |it| {
            altered(&it.mallory, |message| message.hash[0] ^= 1)
        }),
        refused("a hash that is too short", "hash does not match", |it| {
            altered(&it.mallory, |message| message.hash.truncate(19))
        }),
        refused("another hash scheme", "hash scheme", |it| {
            altered(&it.mallory, |message| message.hash_scheme = 7)
        }),
        refused("another signature scheme", "signature scheme", |it| {
            altered(&it.mallory, |message| {
                message.signature_scheme = SignatureScheme::Eip712.into();
            })
        }),
        refused("another signature", "signature does not match", |it| {
            altered(&it.mallory, |message| message.signature[3] ^= 1)
        }),
        refused("no signature", "signature does not match", |it| {
            altered(&it.mallory, |message| message.signature.clear())
        }),
        refused("a signature over the data", "signature does not match", |it| {
            use ed25519_dalek::Signer as _;
            altered(&it.mallory, |message| {
                let key = ed25519_dalek::SigningKey::from_bytes(&seed(666));
                message.signature =
                    key.sign(message.data_bytes.as_ref().unwrap()).to_bytes().to_vec();
            })
        }),
        refused("somebody else's key named as signer", "signature does not match", |it| {
            let eve = it.eve.signer().to_vec();
            altered(&it.mallory, |message| message.signer = eve)
        }),
        refused("a signer that is no key", "signer is not an ed25519 key", |it| {
            altered(&it.mallory, |message| message.signer.truncate(31))
        }),
    ]
}

/// Keys that may not speak for the author.
fn keys() -> Vec<Case> {
    fn now(it: &Stage) -> u32 {
        data(&it.mallory.say(words("now"))).timestamp
    }
    vec![
        refused("a key that nobody registered", NOT_A_KEY, |it| {
            vec![merged(signed_by([9; 32], 666, now(it)))]
        }),
        refused("somebody else's fid", NOT_A_KEY, |it| {
            vec![merged(signed_by(seed(666), 303, now(it)))]
        }),
        refused("the bridge's own fid", NOT_A_KEY, |it| {
            vec![merged(signed_by(seed(666), OWN, now(it)))]
        }),
        refused("a fid that nobody registered", NOT_A_KEY, |it| {
            vec![merged(signed_by(seed(666), 999_999, now(it)))]
        }),
        refused("a fid of none", "author has no fid", |it| {
            vec![merged(signed_by(seed(666), 0, now(it)))]
        }),
        refused("a key that was removed", "no longer a key", |it| {
            vec![merged(signed_by(seed(REMOVED), REMOVED, now(it) + 90))]
        }),
        refused("a key that may not sign casts", "may not sign messages of this type", |it| {
            vec![merged(signed_by(seed(SCOPED), SCOPED, now(it)))]
        }),
    ]
}

/// Changing what somebody else said.
fn others() -> Vec<Case> {
    fn removal(who: &Person, target: &CastId) -> Vec<HubEvent> {
        let body = CastRemoveBody { target_hash: target.hash.clone() };
        vec![merged(who.sign(MessageType::CastRemove, Body::CastRemoveBody(body)))]
    }
    vec![
        refused("a foreign delete", "removal of somebody else's cast", |it| {
            removal(&it.mallory, &it.known)
        }),
        nothing("a delete of what nobody saw", |it| {
            removal(&it.mallory, &CastId { fid: 666, hash: vec![1; 20] })
        }),
        nothing("the name of a known message on other words", |it| {
            let hash = it.known.hash.clone();
            altered(&it.eve, |message| message.hash = hash)
        }),
        nothing("a reaction to nothing", |it| {
            vec![like(&it.mallory, &CastId { fid: 303, hash: vec![7; 20] })]
        }),
        refused("a reaction of no kind", "not a like or recast", |it| {
            let target = Some(reaction_body::Target::TargetCastId(it.known.clone()));
            let body = ReactionBody { r#type: 77, target };
            vec![merged(it.mallory.sign(MessageType::ReactionAdd, Body::ReactionBody(body)))]
        }),
        nothing("a thousand likes of one message", |it| {
            (0..1000).map(|_| like(&it.mallory, &it.known)).collect()
        }),
    ]
}

fn like(who: &Person, target: &CastId) -> HubEvent {
    // Each is another message, which says the same.
    static SECOND: AtomicU32 = AtomicU32::new(1000);
    let body = ReactionBody {
        r#type: ReactionType::Like.into(),
        target: Some(reaction_body::Target::TargetCastId(target.clone())),
    };
    let second = SECOND.fetch_add(1, Ordering::Relaxed);
    merged(who.sign_at(MessageType::ReactionAdd, Body::ReactionBody(body), second))
}

/// More than the network takes.
fn sizes() -> Vec<Case> {
    fn url(bytes: usize) -> Embed {
        Embed { embed: Some(embed::Embed::Url("u".repeat(bytes))) }
    }
    vec![
        refused("a text that is too long", "text is longer", |it| {
            body(&it.mallory, |cast| {
                cast.text = POISON.repeat(2000);
                cast.r#type = 2;
            })
        }),
        refused("a long text as a short one", "cast type does not match", |it| {
            body(&it.mallory, |cast| cast.text = POISON.repeat(100))
        }),
        refused("a cast of 60 kB", "data is larger", |it| {
            body(&it.mallory, |cast| cast.text = POISON.repeat(10_000))
        }),
        refused("a cast of 10 MB", "exceeds", |it| {
            body(&it.mallory, |cast| cast.text = POISON.repeat(1_700_000))
        }),
        crosses(
            "10 MB beside a small cast",
            |it| it == "mallory: small",
            |it| {
                let mut message = it.mallory.say(words("small"));
                message.data = Some(data(&it.mallory.say(words(&"x".repeat(10_000_000)))));
                vec![merged(message)]
            },
        ),
        refused("nothing at all", "cast is empty", |it| {
            body(&it.mallory, |cast| cast.text.clear())
        }),
        refused("five embeds", "more than 4 embeds", |it| {
            body(&it.mallory, |cast| cast.embeds = vec![url(9); 5])
        }),
        refused("a long address", "embed is not a url", |it| {
            body(&it.mallory, |cast| cast.embeds = vec![url(257)])
        }),
        refused("an embed of nothing", "embed is not a url", |it| {
            body(&it.mallory, |cast| cast.embeds = vec![Embed { embed: None }])
        }),
        refused("a quote of no cast", "cast id needs", |it| {
            let id = CastId { fid: 0, hash: vec![1; 3] };
            let quote = Embed { embed: Some(embed::Embed::CastId(id)) };
            body(&it.mallory, |cast| cast.embeds = vec![quote])
        }),
        refused("old embeds today", "deprecated embeds", |it| {
            body(&it.mallory, |cast| cast.embeds_deprecated = vec!["https://x.test".to_owned()])
        }),
    ]
}

/// Mentions where there is nothing to mention.
fn positions() -> Vec<Case> {
    vec![
        refused("eleven mentions", "more than 10 mentions", |it| {
            body(&it.mallory, |cast| {
                cast.mentions = vec![303; 11];
                cast.mentions_positions = vec![0; 11];
            })
        }),
        refused("10,000 mention positions", "mention positions", |it| {
            body(&it.mallory, |cast| {
                cast.mentions = vec![303];
                cast.mentions_positions = (0..10_000).map(|_| 1).collect();
            })
        }),
        refused("a mention beyond the text", "mention positions", |it| {
            body(&it.mallory, |cast| {
                cast.mentions = vec![303];
                cast.mentions_positions = vec![u32::MAX];
            })
        }),
        crosses(
            "a mention inside a character",
            |it| it.starts_with("mallory: 💃"),
            |it| {
                body(&it.mallory, |cast| {
                    cast.text = "💃💃".to_owned();
                    cast.mentions = vec![303, 303];
                    cast.mentions_positions = vec![5, 7];
                })
            },
        ),
    ]
}

/// Being taken for somebody else.
fn names() -> Vec<Case> {
    fn called(it: &Stage, name: &str) -> Vec<HubEvent> {
        let shows = Stage::shows_as(&it.mallory, UserDataType::Display, name);
        vec![shows, merged(it.mallory.say(words("it is me")))]
    }
    vec![
        crosses(
            "the same name",
            |it| it == "eve [farcaster 666]: it is me",
            |it| called(it, "eve"),
        ),
        crosses(
            "a name that looks the same",
            |it| it == "еvе [farcaster 666]: it is me",
            |it| called(it, "еvе"),
        ),
        crosses(
            "a name with what does not show",
            |it| it == "eve [farcaster 666]: it is me",
            |it| called(it, "e\u{200b}v\u{2060}e"),
        ),
        crosses(
            "a name that runs backwards",
            |it| it == "eve [farcaster 666]: it is me",
            |it| called(it, "\u{202e}eve\u{7}\u{1b}"),
        ),
        crosses(
            "a name with a message in it",
            |it| it == "eve yes. mallory: it is me",
            |it| called(it, "eve: yes.\nmallory"),
        ),
        refused("a name of 1 MB", "exceeds", |it| {
            vec![Stage::shows_as(&it.mallory, UserDataType::Display, &"eve".repeat(350_000))]
        }),
        refused("a name of 33 bytes", "profile field is longer", |it| {
            vec![Stage::shows_as(&it.mallory, UserDataType::Display, &"e".repeat(33))]
        }),
        refused("a name for somebody else", NOT_A_KEY, |it| {
            let mut shown = data(&it.mallory.say(words("")));
            shown.fid = 303;
            shown.r#type = MessageType::UserDataAdd.into();
            shown.body =
                Some(Body::UserDataBody(threadbridge_devnet::farcaster::wire::UserDataBody {
                    r#type: UserDataType::Display.into(),
                    value: "nobody".to_owned(),
                }));
            use prost::Message as _;
            vec![merged(signed_bytes(seed(666), shown.encode_to_vec()))]
        }),
        nothing("a forged proof of a name", |_| {
            let proof = UserNameProof {
                name: b"eve".to_vec(),
                fid: 666,
                signature: vec![1; 65],
                ..UserNameProof::default()
            };
            let body = MergeUserNameProofBody {
                username_proof: Some(proof),
                ..MergeUserNameProofBody::default()
            };
            vec![HubEvent {
                r#type: HubEventType::MergeUsernameProof.into(),
                body: Some(EventBody::MergeUsernameProofBody(body)),
                ..HubEvent::default()
            }]
        }),
        crosses("her own name again", |it| it == "mallory: it is me", |it| called(it, "mallory")),
    ]
}

/// Times that cannot be.
fn times() -> Vec<Case> {
    fn at(it: &Stage, second: u32) -> HubEvent {
        let body = data(&it.mallory.say(words("what time is it?"))).body.unwrap();
        merged(it.mallory.sign_at(MessageType::CastAdd, body, second))
    }
    vec![
        refused("the far future", "in the future", |it| vec![at(it, u32::MAX)]),
        crosses(
            "the far future of a block there",
            |it| it.ends_with("what time is it?"),
            |it| vec![HubEvent { timestamp: u64::from(u32::MAX), ..at(it, u32::MAX) }],
        ),
        crosses(
            "the beginning of time",
            |it| it.ends_with("what time is it?"),
            |it| vec![at(it, 0)],
        ),
        crosses(
            "a block at no time",
            |it| it.ends_with("what time is it?"),
            |it| {
                let event = merged(it.mallory.say(words("what time is it?")));
                vec![HubEvent { timestamp: u64::MAX, ..event }]
            },
        ),
    ]
}

/// Conversations that are none, or others'.
fn places() -> Vec<Case> {
    fn under(who: &Person, parent: Parent) -> Vec<HubEvent> {
        vec![merged(who.say(Words { parent: Some(parent), ..Words::from(POISON) }))]
    }
    vec![
        nothing("an address that begins with the den's", |it| {
            under(&it.mallory, Parent::ParentUrl(format!("{DEN}/poison")))
        }),
        nothing("another case of the den's address", |it| {
            under(&it.mallory, Parent::ParentUrl(DEN.to_uppercase()))
        }),
        nothing("an answer to itself", |it| {
            let hash = vec![5; 20];
            let id = CastId { fid: 666, hash: hash.clone() };
            let parent = Some(Parent::ParentCastId(id));
            let mut message = it.mallory.say(Words { parent, ..Words::from(POISON) });
            message.hash = hash;
            vec![merged(message)]
        }),
        nothing("two answers to one another", |it| {
            let pair = [vec![3; 20], vec![4; 20]];
            let answer = |own: &Vec<u8>, to: &Vec<u8>| {
                let id = CastId { fid: 666, hash: to.clone() };
                let parent = Some(Parent::ParentCastId(id));
                let mut message = it.mallory.say(Words { parent, ..Words::from(POISON) });
                message.hash = own.clone();
                merged(message)
            };
            vec![answer(&pair[0], &pair[1]), answer(&pair[1], &pair[0])]
        }),
        crosses(
            "the same three times",
            |it| it == "eve: said once",
            |it| vec![merged(it.eve.say(words("said once"))); 3],
        ),
    ]
}

/// What the network is said to have done.
fn fates() -> Vec<Case> {
    fn fate(kind: HubEventType, body: EventBody) -> Vec<HubEvent> {
        vec![HubEvent { r#type: kind.into(), body: Some(body), ..HubEvent::default() }]
    }
    vec![
        nothing("a failure of somebody else's message", |it| {
            let message = Some(it.mallory.say(words(POISON)));
            let (code, reason) = ("x".repeat(10_000), "\u{202e}\u{1b}[2J".repeat(10_000));
            let body = MergeFailureBody { message, code, reason };
            fate(HubEventType::MergeFailure, EventBody::MergeFailure(body))
        }),
        refused("a forged failure of our own message", "signature does not match", |it| {
            let mut message = signed_by(OWN_KEY, OWN, data(&it.eve.say(words(""))).timestamp);
            message.signature[1] ^= 1;
            let body = MergeFailureBody { message: Some(message), ..MergeFailureBody::default() };
            fate(HubEventType::MergeFailure, EventBody::MergeFailure(body))
        }),
        nothing("the pruning of what nobody saw", |it| {
            let message = Some(it.eve.say(words(POISON)));
            let body = PruneMessageBody { message };
            fate(HubEventType::PruneMessage, EventBody::PruneMessageBody(body))
        }),
        refused("a forged pruning", "hash does not match", |it| {
            let mut message = it.eve.say(words(POISON));
            message.hash.clone_from(&it.known.hash);
            let body = PruneMessageBody { message: Some(message) };
            fate(HubEventType::PruneMessage, EventBody::PruneMessageBody(body))
        }),
        refused("a forged revocation", "hash does not match", |it| {
            let mut message = it.eve.say(words(POISON));
            message.hash.clone_from(&it.known.hash);
            let body = RevokeMessageBody { message: Some(message) };
            fate(HubEventType::RevokeMessage, EventBody::RevokeMessageBody(body))
        }),
        Case {
            name: "other words under a name before the message itself",
            expected: Expected::Both("hash does not match", |it| it == "eve: under its name"),
            says: |it| {
                let message = it.eve.say(words("under its name"));
                let mut forged = it.eve.say(words(POISON));
                forged.hash.clone_from(&message.hash);
                vec![merged(forged), merged(message)]
            },
        },
    ]
}
