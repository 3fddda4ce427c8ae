//! Whatever is not as it should be, of every layer, said to the official client and to the bridge: both
//! refuse the same, neither dies of it, and what follows arrives.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use prost::Message as _;
use serde_json::{Value, json};
use threadbridge_core::model::time::Clock;
use threadbridge_devnet::xmtp::wire::mls::welcome_message_input::{V1, Version, WelcomePointer};
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use threadbridge_xmtp::hostile::rogue::{Flaw, Wrapped};

use super::person::{Person, Sdk, eventually};
use super::rogue::Mallory;
use super::side::Side;

/// The parts of an `EncodedContent` that are made here.
#[derive(Clone, PartialEq, prost::Message)]
struct Encoded {
    #[prost(message, optional, tag = "1")]
    kind: Option<Kind>,
    #[prost(btree_map = "string, string", tag = "2")]
    parameters: std::collections::BTreeMap<String, String>,
    #[prost(string, optional, tag = "3")]
    fallback: Option<String>,
    #[prost(bytes = "vec", tag = "4")]
    content: Vec<u8>,
    #[prost(int32, optional, tag = "5")]
    compression: Option<i32>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Kind {
    #[prost(string, tag = "1")]
    authority: String,
    #[prost(string, tag = "2")]
    id: String,
    #[prost(uint32, tag = "3")]
    major: u32,
    #[prost(uint32, tag = "4")]
    minor: u32,
}

fn encoded(id: &str, content: impl Into<Vec<u8>>) -> Encoded {
    let (authority, id) = ("xmtp.org".to_owned(), id.to_owned());
    let major = if id == "reaction" { 2 } else { 1 };
    Encoded {
        kind: Some(Kind { authority, id, major, minor: 0 }),
        content: content.into(),
        ..Encoded::default()
    }
}

pub(crate) fn text(words: &str) -> Vec<u8> {
    let parameters = [("encoding".to_owned(), "UTF-8".to_owned())].into();
    Encoded { parameters, ..encoded("text", words) }.encode_to_vec()
}

async fn groups(person: &mut Person) -> Vec<String> {
    person.does(json!({ "do": "sync" })).await;
    let seen = person.does(json!({ "do": "conversations" })).await;
    let all = seen["conversations"].as_array().unwrap().iter();
    all.map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

/// Ann with the official client and Zoe with a bridge, who have spoken, and Mallory.
async fn three<'n>(node: &'n Node, sdk: Sdk) -> (Person, Side, Mallory<'n>) {
    let ann = Person::joins(node, "ann", sdk).await;
    let mut zoe = Side::stands("zoe", &Clock::System);
    zoe.starts(node, &format!("dm/{}", ann.address())).await;
    let mallory = Mallory::joins(node, "mallory").await;
    (ann, zoe, mallory)
}

/// Welcomes that nobody can open, to an installation; those behind no server would take or give.
fn garbage(installation: &str) -> (Vec<Version>, Vec<Version>) {
    let installation_key = hex::decode(installation).unwrap();
    let welcome = V1 {
        installation_key: installation_key.clone(),
        data: vec![7; 200],
        hpke_public_key: vec![8; 1216],
        wrapper_algorithm: 2,
        welcome_metadata: vec![9; 20],
    };
    let pointer = WelcomePointer {
        installation_key,
        welcome_pointer: vec![7; 300],
        hpke_public_key: vec![8; 1216],
        wrapper_algorithm: 2,
    };
    let short = V1 { data: vec![1], ..welcome.clone() };
    let classic = V1 {
        data: vec![2; 64],
        wrapper_algorithm: 1,
        hpke_public_key: vec![1; 32],
        ..welcome.clone()
    };
    let taken = vec![
        Version::V1(welcome.clone()),
        Version::V1(short),
        Version::V1(classic),
        Version::WelcomePointer(pointer.clone()),
        Version::WelcomePointer(WelcomePointer { welcome_pointer: vec![3], ..pointer.clone() }),
    ];
    let unkeyed = V1 { data: vec![1; 64], wrapper_algorithm: 3, ..welcome.clone() };
    let unknown = V1 { data: vec![0xff; 4000], wrapper_algorithm: 99, ..welcome.clone() };
    let empty = V1 { data: Vec::new(), hpke_public_key: Vec::new(), ..welcome };
    let symmetric = WelcomePointer { wrapper_algorithm: 3, welcome_pointer: vec![4; 9], ..pointer };
    let refused = [unkeyed, unknown, empty].map(Version::V1).into_iter();
    (taken, refused.chain([Version::WelcomePointer(symmetric)]).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn welcomes_are_refused_by_the_bridge_as_they_are_by_the_official_client() {
    for sdk in Sdk::all() {
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let (mut ann, mut zoe, mut mallory) = three(&node, sdk).await;
        let zoes = node.installations(&node.inbox_of(&zoe.address()).unwrap()).pop().unwrap();
        // Whether ann's client and the bridge take each.
        let cases = [
            (Flaw::None, Wrapped::XWing, (true, true)),
            (Flaw::None, Wrapped::X25519, (true, true)),
            (Flaw::Bare, Wrapped::XWing, (false, false)),
            // What a later client would write is read here already, and not there.
            (Flaw::None, Wrapped::XWingLater, (false, true)),
            (Flaw::Listed, Wrapped::XWing, (false, false)),
            (Flaw::Pair, Wrapped::X25519, (true, true)),
            (Flaw::Strangers, Wrapped::XWing, (false, false)),
            (Flaw::Ruled, Wrapped::XWing, (false, false)),
            (Flaw::Place, Wrapped::XWing, (false, false)),
        ];
        let (anns, zoes_inbox) = (ann.inbox(), node.inbox_of(&zoe.address()).unwrap());
        let mut begun = Vec::new();
        for (flaw, wrapped, expected) in cases {
            for installation in [&ann.installation(), &zoes] {
                for welcome in garbage(installation).0 {
                    node.slip_welcome(welcome);
                }
            }
            let both = [mallory.fellow(&ann.address()), mallory.fellow(&zoe.address())];
            // A conversation of two has one other.
            let is_pair = matches!(flaw, Flaw::Pair | Flaw::Strangers | Flaw::Ruled);
            for to in both.chunks(if is_pair { 1 } else { 2 }) {
                let group = mallory.begins(to, flaw, wrapped).await;
                let is_for = |inbox: &String| to.iter().any(|it| it.inbox == *inbox);
                let expected = (expected.0 && is_for(&anns), expected.1 && is_for(&zoes_inbox));
                begun.push((flaw, wrapped, group, expected));
            }
        }
        let last = [mallory.fellow(&ann.address()), mallory.fellow(&zoe.address())];
        let last = mallory.begins(&last, Flaw::None, Wrapped::XWing).await;
        eventually("ann takes what is sound behind all that", async || {
            groups(&mut ann).await.contains(&last)
        })
        .await;
        eventually("zoe takes what is sound behind all that", async || zoe.stands_in(&last)).await;
        let seen = groups(&mut ann).await;
        for (flaw, wrapped, group, expected) in &begun {
            let taken = (seen.contains(group), zoe.stands_in(group));
            assert_eq!(taken, *expected, "{flaw:?} {wrapped:?}: {}", zoe.state());
        }
        // What no server takes, the bridge gets over as well.
        for welcome in garbage(&zoes).1 {
            node.slip_welcome(welcome);
        }
        let alone = [mallory.fellow(&zoe.address())];
        let alone = mallory.begins(&alone, Flaw::None, Wrapped::XWing).await;
        eventually("zoe takes what is behind it", async || zoe.stands_in(&alone)).await;
        // Both are well, and talk to each other.
        zoe.stops().await;
        zoe.starts(&node, &format!("group/{last}")).await;
        zoe.says("still here");
        eventually("zoe is heard", async || {
            ann.texts(&last).await.iter().any(|it| it.ends_with("still here"))
        })
        .await;
        ann.says(&last, "so am I").await;
        eventually("ann is heard", async || zoe.heard().contains(&"so am I".to_owned())).await;
        zoe.stops().await;
        ann.leaves().await;
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_names_no_key_for_welcomes_is_welcomed_by_the_official_client_for_their_init_key() {
    for sdk in Sdk::all() {
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let mut ann = Person::joins(&node, "ann", sdk).await;
        let mut mallory = Mallory::joins(&node, "mallory").await;
        let plain = mallory.rogue.plain_key_package().unwrap();
        node.slip_key_package(&mallory.installation, plain);
        let dm = ann.opens_dm(&mallory.inbox).await;
        assert_eq!(mallory.follows().await, dm);
        ann.says(&dm, "by X25519").await;
        let id = hex::decode(&dm).unwrap();
        let read: Vec<_> =
            node.messages(&dm).iter().filter_map(|it| mallory.rogue.read(&id, it)).collect();
        let is_it = |it: &&Vec<u8>| it.windows(9).any(|it| it == b"by X25519");
        assert_eq!(read.iter().filter(is_it).count(), 1);
        mallory.states(&dm, &text("and back")).await;
        eventually("ann reads it", async || ann.texts(&dm).await.contains(&"and back".to_owned()))
            .await;
        ann.leaves().await;
        node.stop().await;
    }
}

/// What is a valid message of the rogue's, spoilt.
fn framed(mallory: &Mallory<'_>, group: &str) -> Vec<(&'static str, Vec<u8>)> {
    let id = hex::decode(group).unwrap();
    let say = || mallory.rogue.say(&id, b"spoilt").unwrap();
    let changed = |at: usize, with: u8| {
        let mut bytes = say();
        bytes[at] = with;
        bytes
    };
    let mut flipped = say();
    *flipped.last_mut().unwrap() ^= 1;
    let mut whole = say();
    whole.truncate(whole.len() / 2);
    let mut other = say();
    // The group's id comes behind its length.
    other[5] ^= 1;
    vec![
        ("nothing", Vec::new()),
        ("garbage", vec![0xa5; 500]),
        ("another version of MLS", changed(1, 9)),
        ("a public message", changed(3, 1)),
        ("a welcome", changed(3, 3)),
        ("an unknown wire format", changed(3, 99)),
        ("a flipped bit", flipped),
        ("a cut message", whole),
        ("another group", other),
        ("with more behind it", [say(), vec![0; 64]].concat()),
        ("a commit that leaves nobody in charge", mallory.rogue.abdicate(&id).unwrap()),
    ]
}

/// What is no envelope of a content.
fn envelopes() -> Vec<(&'static str, Vec<u8>)> {
    let sound = threadbridge_xmtp::hostile::rogue::envelope(&text("cut"), "key");
    vec![
        ("an empty envelope", Vec::new()),
        ("no envelope", vec![0xff; 40]),
        ("an envelope of the second version", vec![0x12, 0x00]),
        ("a cut envelope", sound[..sound.len() - 3].to_vec()),
        ("a key that is no text", vec![0x0a, 0x06, 0x12, 0x04, 0xff, 0xfe, 0xfd, 0xfc]),
    ]
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A reply to a reply to a reply.
fn nested(depth: usize) -> Vec<u8> {
    let mut inner = text("deep");
    for _ in 0..depth {
        let parameters = [
            ("reference".to_owned(), "ab".repeat(32)),
            ("contentType".to_owned(), "xmtp.org/reply:1.0".to_owned()),
        ];
        let parameters = parameters.into();
        inner = Encoded { parameters, ..encoded("reply", inner) }.encode_to_vec();
    }
    inner
}

/// Contents that are not what their types say.
fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let bomb = vec![b'a'; 200 << 20];
    let pressed = |compression, content| {
        let compression = Some(compression);
        Encoded { compression, ..encoded("text", content) }.encode_to_vec()
    };
    let garbage = |id: &str| encoded(id, vec![0xff, 0xfe, 0x80, 0x01]).encode_to_vec();
    let updated = {
        // By `initiated_by_inbox_id`, somebody else.
        let by = "d".repeat(64);
        let content = [vec![0x0a, 64], by.into_bytes()].concat();
        encoded("group_updated", content).encode_to_vec()
    };
    vec![
        ("no content", Vec::new()),
        ("garbage for a content", vec![0xff; 100]),
        (
            "a content without a type",
            Encoded { kind: None, ..encoded("text", "x") }.encode_to_vec(),
        ),
        ("a text that is none", garbage("text")),
        ("a reply that is none", garbage("reply")),
        ("a reaction that is none", garbage("reaction")),
        ("a receipt with something in it", garbage("readReceipt")),
        ("an attachment without parameters", garbage("attachment")),
        ("a remote attachment without parameters", garbage("remoteStaticAttachment")),
        ("several remote attachments that are none", garbage("multiRemoteStaticAttachment")),
        ("a transaction that is none", garbage("transactionReference")),
        ("a deletion of nothing", garbage("deleteMessage")),
        ("a wish to leave that is none", garbage("leave_request")),
        ("a change of the group that nobody made", updated),
        ("replies in replies", nested(60)),
        ("an unknown compression", pressed(7, text("x"))),
        ("no compression", pressed(0, vec![0xff; 64])),
        ("a bomb, deflated", pressed(0, deflated(&bomb))),
        ("a bomb, zipped", pressed(1, zipped(&bomb))),
    ]
}

/// What of a message its reader sees as words.
fn words(message: &Value) -> Option<String> {
    let said = message["text"].as_str().or(message["fallback"].as_str());
    said.map(str::to_owned).filter(|it| !it.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_refused_by_the_bridge_as_they_are_by_the_official_client() {
    for sdk in Sdk::all() {
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let (mut ann, mut zoe, mut mallory) = three(&node, sdk).await;
        let both = [mallory.fellow(&ann.address()), mallory.fellow(&zoe.address())];
        let group = mallory.begins(&both, Flaw::None, Wrapped::XWing).await;
        eventually("both are in", async || {
            groups(&mut ann).await.contains(&group) && zoe.stands_in(&group)
        })
        .await;
        zoe.stops().await;
        zoe.starts(&node, &format!("group/{group}")).await;
        let (mut expected, mut refused) = (Vec::new(), Vec::new());
        for (name, bytes) in framed(&mallory, &group) {
            // What no server takes, no server gives.
            if !mallory.tries(bytes.clone()).await {
                refused.push((name, bytes));
                continue;
            }
            expected.push(format!("behind {name}"));
            mallory.states(&group, &text(&expected[expected.len() - 1])).await;
        }
        for (name, bytes) in envelopes() {
            mallory.utters(&group, &bytes).await;
            expected.push(format!("behind {name}"));
            mallory.states(&group, &text(&expected[expected.len() - 1])).await;
        }
        for (name, bytes) in contents() {
            mallory.states(&group, &bytes).await;
            expected.push(format!("behind {name}"));
            mallory.states(&group, &text(&expected[expected.len() - 1])).await;
        }
        let last = expected[expected.len() - 1].clone();
        eventually("zoe has heard everything", async || zoe.heard().contains(&last)).await;
        eventually("ann has read everything", async || ann.texts(&group).await.contains(&last))
            .await;
        let sound = |all: &[String]| -> Vec<String> {
            all.iter().filter(|it| it.starts_with("behind ")).cloned().collect()
        };
        let seen: Vec<_> = ann.reads(&group).await.iter().filter_map(words).collect();
        assert_eq!(sound(&seen), expected);
        assert_eq!(sound(&zoe.heard()), expected, "{}", zoe.state());
        // Nobody was made to say anything by what is none. The client looks at no compression.
        let others = seen.iter().filter(|it| !it.starts_with("behind "));
        let others: Vec<_> = others.filter(|it| !it.contains("UTF-8")).collect();
        assert_eq!(others, Vec::<&String>::new());
        // That something is there which cannot be shown is said here.
        let stands_for_it = |it: &String| {
            it.starts_with("behind ")
                || it.ends_with(']')
                || it == "Replied to an earlier message"
                || it.starts_with("Can't display this content.")
        };
        let heard = zoe.heard();
        assert!(heard.iter().all(stands_for_it), "{heard:#?}");
        ann.says(&group, "ann is well").await;
        eventually("zoe hears ann", async || zoe.heard().contains(&"ann is well".to_owned())).await;
        zoe.says("zoe is well");
        eventually("ann reads zoe", async || {
            ann.texts(&group).await.iter().any(|it| it.ends_with("zoe is well"))
        })
        .await;
        // The bridge gets over it all the same.
        assert!(refused.len() > 4, "{refused:?}");
        for (name, bytes) in refused {
            node.slip_message(&group, bytes);
            let behind = format!("behind {name}, too");
            mallory.states(&group, &text(&behind)).await;
            eventually(name, async || zoe.heard().contains(&behind)).await;
        }
        zoe.stops().await;
        ann.leaves().await;
        node.stop().await;
    }
}
