use std::fs;
use std::path::Path;

use tempfile::TempDir;
use threadbridge_core::invariants;
use threadbridge_core::model::id::{AccountName, ConversationId, Leg};
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::fsck::fsck;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{COPIES, EVENTS, JOURNAL, LEGS, OUTBOX};
use threadbridge_core::store::{Reads, Store};
use threadbridge_core::view;

use super::{Kind, Tally, Unreadable, take_in};

const LOG: &str = r#"[
 {"text":"hello","channel":"general","username":"Ann","userid":"7","avatar":"","account":"discord.mine",
  "event":"","protocol":"discord","gateway":"books","parent_id":"","timestamp":"2021-03-01T10:00:00.5+01:00","id":"1","Extra":null},
 {"text":"hi Ann","username":"Bob","userid":"","account":"irc.mine","gateway":"books","parent_id":"",
  "timestamp":"2021-03-01T09:01:00Z","id":""},
 {"text":"waves","username":"Ann","userid":"7","account":"discord.mine","gateway":"books","event":"user_action",
  "parent_id":"1","timestamp":"2021-03-01T09:02:00Z","id":"2",
  "Extra":{"file":[{"Name":"a.png","URL":"https://files.example/a.png","Comment":"","Data":null}]}},
 {"text":"","username":"Ann","account":"discord.mine","gateway":"books","event":"join_leave","timestamp":"2021-03-01T09:03:00Z"}
]"#;

async fn taken(store: &Store, kind: Kind, path: &Path) -> Result<Tally, Unreadable> {
    let account = AccountName::parse(kind.usual_account()).unwrap();
    let (store, path) = (store.clone(), path.to_path_buf());
    let now = Timestamp::from_secs(2_000_000_000);
    let work = move || take_in(&store, (kind, &path, account), None, now);
    tokio::task::spawn_blocking(work).await.unwrap()
}

fn written(name: &str, text: &str) -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn conversation(store: &Store, leg: &str) -> ConversationId {
    store.snapshot().unwrap().get(&LEGS, &Leg::parse(leg).unwrap()).unwrap().unwrap()
}

fn said(store: &Store, leg: &str) -> Vec<String> {
    let lines = view::thread(&store.snapshot().unwrap(), conversation(store, leg), 99).unwrap();
    lines.into_iter().map(|it| it.text.unwrap_or_else(|| format!("{:?}", it.kind))).collect()
}

fn is_in_order(store: &Store) {
    let report = fsck(&store.snapshot().unwrap(), invariants::ALL, &mut |_| ()).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
}

fn events(store: &Store) -> usize {
    store.snapshot().unwrap().scan(&JOURNAL, Span::all(), usize::MAX).unwrap().len()
}

#[tokio::test]
async fn a_log_of_matterbridge_is_history_that_goes_nowhere_and_comes_once() {
    let store = Store::in_memory().unwrap();
    let (_folder, path) = written("log.json", LOG);
    let tally = taken(&store, Kind::Matterbridge, &path).await.unwrap();
    assert_eq!((tally.came, tally.passed, tally.different), (3, 1, 0));
    let leg = "matterbridge:gateway/books";
    assert_eq!(said(&store, leg), ["hello", "hi Ann", "* waves"]);
    let snapshot = store.snapshot().unwrap();
    let under = conversation(&store, leg);
    let records = snapshot.scan(&EVENTS, Span::under(&under), 9).unwrap();
    assert!(records.iter().all(|(_, it)| it.is_history));
    let first =
        records.iter().find(|(_, it)| it.remote_id.as_ref().unwrap().as_str() == "discord.mine/1");
    let answer = view::thread(&snapshot, under, 9).unwrap().pop().unwrap();
    assert_eq!(answer.in_reply_to, Some(first.unwrap().1.message));
    assert!(snapshot.scan(&OUTBOX, Span::all(), 9).unwrap().is_empty());
    let again = taken(&store, Kind::Matterbridge, &path).await.unwrap();
    assert_eq!((again.came, again.known, events(&store)), (0, 3, 3));
    is_in_order(&store);
}

#[tokio::test]
async fn a_stream_of_messages_is_a_log_and_answers_find_what_comes_behind_them() {
    let store = Store::in_memory().unwrap();
    let line = |id: &str, parent: &str| {
        format!(
            r#"{{"text":"{id}","account":"a","userid":"u","gateway":"g","id":"{id}","parent_id":"{parent}","timestamp":"2021-03-01T09:00:00Z"}}"#
        )
    };
    let lines = [line("3", "2"), line("2", "1"), line("4", "gone"), line("1", "")].join("\n");
    let (_folder, path) = written("log.json", &lines);
    let tally = taken(&store, Kind::Matterbridge, &path).await.unwrap();
    assert_eq!(tally.came, 4);
    let under = conversation(&store, "matterbridge:gateway/g");
    let lines = view::thread(&store.snapshot().unwrap(), under, 9).unwrap();
    let answers = lines.iter().filter(|it| it.in_reply_to.is_some()).count();
    assert_eq!(answers, 2, "the third answers what is nowhere");
    is_in_order(&store);
}

#[tokio::test]
async fn what_is_otherwise_here_stays_and_is_told() {
    let store = Store::in_memory().unwrap();
    let (_folder, path) = written("log.json", LOG);
    taken(&store, Kind::Matterbridge, &path).await.unwrap();
    fs::write(&path, LOG.replace("\"hello\"", "\"goodbye\"")).unwrap();
    let tally = taken(&store, Kind::Matterbridge, &path).await.unwrap();
    assert_eq!((tally.came, tally.known, tally.different), (0, 2, 1));
    assert_eq!(tally.differences.len(), 1);
    assert_eq!(said(&store, "matterbridge:gateway/books")[0], "hello");
}

#[tokio::test]
async fn a_log_that_is_broken_anywhere_changes_nothing() {
    let store = Store::in_memory().unwrap();
    let (_folder, path) = written("log.json", "");
    for end in (1..LOG.len()).step_by(7).filter(|it| LOG.is_char_boundary(*it)) {
        fs::write(&path, LOG.get(..end).unwrap()).unwrap();
        taken(&store, Kind::Matterbridge, &path).await.unwrap_err();
    }
    let long = format!(r#"[{{"text":"{}"}}]"#, "a".repeat(9 << 20));
    let deep = "[".repeat(100_000);
    let wrong = [
        (LOG.replace("2021-03-01T09:02:00Z", "yesterday"), "`timestamp` is no time of RFC 3339"),
        (LOG.replace("\"hi Ann\"", "7"), "line 4 column"),
        (LOG.replace("\"id\":\"2\"", "\"id\":2"), "line"),
        (format!("{LOG} more"), "trailing characters"),
        (long, "longer than 8 MB"),
        (deep, "invalid type"),
    ];
    for (text, why) in wrong {
        fs::write(&path, &text).unwrap();
        let error = taken(&store, Kind::Matterbridge, &path).await.unwrap_err();
        let told = crate::logging::chain(&error);
        assert!(told.contains(why), "{told}");
    }
    assert_eq!(events(&store), 0);
    assert!(store.snapshot().unwrap().scan(&COPIES, Span::all(), 9).unwrap().is_empty());
}

#[test]
fn a_byte_that_is_another_one_is_read_or_refused_without_a_panic() {
    let folder = export();
    let files =
        [("direct-messages.js", DIRECT), ("direct-messages-group.js", GROUP), ("tweets.js", POSTS)];
    let mut refused = 0;
    for other in [0, b'"', b'9', b'}', 0xff] {
        for at in (0..LOG.len()).step_by(3) {
            let mut bytes = LOG.as_bytes().to_vec();
            bytes[at] = other;
            let read = super::matterbridge::read(bytes.as_slice(), &mut |_| Ok(()));
            refused += usize::from(read.is_err());
        }
        for (name, text) in files {
            let path = folder.path().join("data").join(name);
            for at in (0..text.len()).step_by(11) {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = other;
                fs::write(&path, bytes).unwrap();
                let read = super::History::open(Kind::X, &path, None);
                let read = read.and_then(|it| it.read(&mut |_| Ok(())));
                refused += usize::from(read.is_err());
            }
        }
    }
    assert!(refused > 500, "only {refused} were refused");
}

const ACCOUNT: &str = r#"window.YTD.account.part0 = [
  { "account" : { "email" : "a@b.c", "accountId" : "100", "username" : "me", "accountDisplayName" : "Me" } }
]"#;
const DIRECT: &str = r#"window.YTD.direct_messages.part0 = [
  { "dmConversation" : { "conversationId" : "100-200", "messages" : [
    { "messageCreate" : { "recipientId" : "100", "reactions" : [ { "senderId" : "100", "reactionKey" : "agree",
        "eventId" : "9", "createdAt" : "2024-06-05T13:47:22.000Z" } ], "urls" : [ { "url" : "https://t.co/x",
        "expanded" : "https://example.org/page", "display" : "example.org" } ], "text" : "see https://t.co/x",
        "mediaUrls" : [ ], "senderId" : "200", "id" : "2", "createdAt" : "2024-06-05T13:46:22.000Z" } },
    { "messageCreate" : { "recipientId" : "200", "reactions" : [ ], "urls" : [ ], "text" : "what is it?",
        "mediaUrls" : [ ], "senderId" : "100", "id" : "1", "createdAt" : "2024-06-05T13:45:22.000Z" } }
  ] } }
]"#;
const GROUP: &str = r#"window.YTD.direct_messages_group.part0 = [
  { "dmConversation" : { "conversationId" : "5", "messages" : [
    { "messageCreate" : { "text" : "hello all", "senderId" : "300", "id" : "8", "createdAt" : "2024-06-06T13:45:22.000Z" } },
    { "conversationNameUpdate" : { "initiatingUserId" : "300", "name" : "Readers", "createdAt" : "2024-06-06T13:44:22.000Z" } },
    { "participantsLeave" : { "userIds" : [ "400" ], "createdAt" : "2024-06-06T13:43:22.000Z" } },
    { "somethingNew" : { } }
  ] } }
]"#;
const POSTS: &str = r#"window.YTD.tweets.part0 = [
  { "tweet" : { "id_str" : "22", "full_text" : "and then &amp; there", "created_at" : "Wed Oct 10 20:20:24 +0000 2018",
      "in_reply_to_status_id_str" : "21", "entities" : { "urls" : [ ] } } },
  { "tweet" : { "id_str" : "21", "full_text" : "first", "created_at" : "Wed Oct 10 20:19:24 +0000 2018" } }
]"#;

fn export() -> TempDir {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let files = [
        ("account.js", ACCOUNT),
        ("direct-messages.js", DIRECT),
        ("direct-messages-group.js", GROUP),
        ("tweets.js", POSTS),
        ("ad-engagements.js", "window.YTD.ad_engagements.part0 = [ ]"),
    ];
    for (name, text) in files {
        fs::write(data.join(name), text).unwrap();
    }
    folder
}

#[tokio::test]
async fn an_export_of_x_is_taken_in_with_its_messages_groups_and_posts() {
    let store = Store::in_memory().unwrap();
    let folder = export();
    let tally = taken(&store, Kind::X, folder.path()).await.unwrap();
    assert_eq!((tally.came, tally.passed, tally.different), (8, 1, 0), "{tally:?}");
    let direct = said(&store, "x:dm/100-200");
    assert_eq!(direct[..2], ["what is it?", "see https://example.org/page"]);
    assert!(said(&store, "x:group/5").contains(&"hello all".to_owned()));
    assert_eq!(said(&store, "x:posts/100"), ["first", "and then & there"]);
    let posts = conversation(&store, "x:posts/100");
    let lines = view::thread(&store.snapshot().unwrap(), posts, 9).unwrap();
    assert_eq!(lines[1].in_reply_to, Some(lines[0].message));
    let again = taken(&store, Kind::X, folder.path()).await.unwrap();
    assert_eq!((again.came, again.different, events(&store)), (0, 0, 8), "{again:?}");
    is_in_order(&store);
}

#[tokio::test]
async fn an_export_of_which_one_file_is_broken_changes_nothing() {
    let store = Store::in_memory().unwrap();
    let folder = export();
    let path = folder.path().join("data/tweets.js");
    fs::write(&path, POSTS.replace("\"21\", \"full_text\"", "\"21\", \"text\"")).unwrap();
    let error = taken(&store, Kind::X, folder.path()).await.unwrap_err();
    let told = crate::logging::chain(&error);
    assert!(told.contains("tweets.js") && told.contains("full_text"), "{told}");
    fs::write(&path, POSTS).unwrap();
    fs::remove_file(folder.path().join("data/account.js")).unwrap();
    let error = taken(&store, Kind::X, &path).await.unwrap_err();
    assert!(crate::logging::chain(&error).contains("whose posts they are"));
    assert_eq!(events(&store), 0);
}
