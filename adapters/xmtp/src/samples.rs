//! What the official client (6.0.0) wrote, read by us: the log of an inbox that registered with one
//! app, linked a wallet, added an app, revoked it and named somebody else to recover it; and an
//! archive with a message of each type that the client sends.

use std::collections::BTreeMap;

use expect_test::expect;
use prost::Message as _;
use threadbridge_core::{
    adapter::Parsed,
    model::{
        event::Action,
        id::{AccountName, Network},
    },
    store::Store,
};

use crate::{
    content::{
        body::{Body, read},
        heard::Heard,
        remote,
    },
    identity::{inbox::InboxId, logs::Logs, member::Installation},
    parse::parse,
    sync::{
        archive::{ArchiveKey, read::Archive},
        history::{self, Kept},
    },
    wire::proto::{
        identity::GetIdentityUpdatesResponse,
        sync::{GroupMessageSave, backup_element::Element},
    },
};

const LOG: &[u8] = include_bytes!("../samples/identity-log.bin");
const ARCHIVE: &[u8] = include_bytes!("../samples/archive.bin");
const FILE: &[u8] = include_bytes!("../samples/remote-attachment.bin");

const INBOX: &str = "45915bad9a857a62ceed43a7573d3eef87966c96961128c520dc1c5d6fa5d38b";

#[test]
fn the_official_clients_log_says_of_an_inbox_what_the_client_says() {
    let keys = Store::in_memory().unwrap().keys(&AccountName::parse("xmtp").unwrap()).unwrap();
    let response = GetIdentityUpdatesResponse::decode(LOG).unwrap().responses.remove(0);
    let inbox = InboxId::parse(INBOX).unwrap();
    assert_eq!(response.inbox_id, INBOX);
    let entries = response.updates.len();
    Logs::new(&keys).take(inbox, response.updates).unwrap();
    assert_eq!(Logs::new(&keys).evidence(inbox).unwrap().len(), entries);
    let (_, state) = Logs::new(&keys).newest(inbox).unwrap().unwrap();
    let installations: Vec<_> = state.installations().iter().map(ToString::to_string).collect();
    assert_eq!(installations, ["8bcebebd4390e6026f5fa9b8ba3c3ae682b7825165d31c993b5ef24172977118"]);
    assert_eq!(
        state.addresses(),
        [
            "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a",
            "0x5cbdd86a2fa8dc4bddd8a8f69dba48572eec07fb"
        ]
    );
    let recovery = "0x1563915e194d8cfba1943570603f7606a3115508";
    assert_eq!(state.recovery().unwrap().to_string(), recovery);
}

fn elements() -> Vec<Element> {
    let key = ArchiveKey::from_slice(&[7; 32]).unwrap();
    Archive::open(ARCHIVE, &key).unwrap().collect::<Result<_, _>>().unwrap()
}

fn messages() -> Vec<GroupMessageSave> {
    let messages = elements().into_iter().filter_map(|element| match element {
        Element::GroupMessage(message) => Some(message),
        Element::Metadata(_) | Element::Group(_) | Element::Consent(_) => None,
    });
    messages.collect()
}

#[test]
fn an_archive_of_the_official_client_opens() {
    let mut counts = BTreeMap::new();
    for element in elements() {
        let sort = match element {
            Element::Metadata(_) => "metadata",
            Element::Group(_) => "group",
            Element::GroupMessage(_) => "message",
            Element::Consent(_) => "consent",
        };
        *counts.entry(sort).or_insert(0) += 1;
    }
    expect![[r#"
        {
            "consent": 1,
            "group": 1,
            "message": 10,
        }
    "#]]
    .assert_debug_eq(&counts);
}

#[test]
fn what_the_official_client_said_is_read_as_what_it_was() {
    let network = Network::parse("xmtp").unwrap();
    let mut read = Vec::new();
    for message in messages() {
        let Some(heard) = history::heard(&message, "group/01") else { continue };
        let parsed = parse(&network, &heard.to_bytes()).unwrap();
        let did = parsed.iter().map(|parsed| match parsed {
            Parsed::Event(event) => did(&event.action),
            Parsed::Profile(..) | Parsed::Proof(_) => panic!("it is an event"),
        });
        read.push(format!("{}: {}", message.content_type, did.collect::<Vec<_>>().join(", ")));
    }
    expect![[r#"
        multiRemoteStaticAttachment: says  ["cat.png", "b.txt"]
        reply: answers Plain an answer []
        reaction: takes back 🎉
        attachment: says  ["cat.png"]
        readReceipt: 
        reaction: reacts 🎉
        remoteStaticAttachment: says  ["cat.png"]
        text: says Plain hello []
        markdown: says Markdown *hello* []
        deleteMessage: deletes"#]]
    .assert_eq(&read.join("\n"));
}

fn did(action: &Action) -> String {
    let said = match action {
        Action::Say(said) | Action::Edit { said, .. } => said,
        Action::Delete { .. } => return "deletes".to_owned(),
        Action::React { emoji, .. } => return format!("reacts {emoji}"),
        Action::Unreact { emoji, .. } => return format!("takes back {emoji}"),
        Action::Read { .. } => return "has read".to_owned(),
    };
    let text = said.content.text().map(|text| format!("{:?} {}", text.format, text.as_str));
    let files: Vec<_> = said.content.attachments().iter().map(|it| it.name.to_owned()).collect();
    let reply = if said.reply_to.is_some() { "answers " } else { "says " };
    format!("{reply}{} {files:?}", text.unwrap_or_default())
}

#[test]
fn what_is_written_here_is_what_the_official_client_writes() {
    use crate::content::write;
    let mut compared = 0;
    for message in messages() {
        let bytes = message.decrypted_message_bytes.as_slice();
        let Ok((body, encoded)) = read(bytes) else { continue };
        let ours = match body {
            Body::Text(text) => write::text(&text),
            Body::Markdown(text) => write::markdown(&text),
            Body::Reply { to: Some(to), inner } => {
                let Body::Text(text) = *inner else { panic!("it answers with a text") };
                let author = encoded.parameters.get("referenceInboxId").map(String::as_str);
                write::reply(to, author, &write::text(&text))
            }
            Body::Attachment(file) => file.into_encoded(),
            Body::RemoteAttachments(mut all) if all.len() == 1 => {
                write::remote_attachment(&all.remove(0))
            }
            Body::RemoteAttachments(all) => write::multi_remote_attachment(all),
            Body::ReadReceipt => write::read_receipt(),
            // The client names the author of what it reacts to, whom nobody needs.
            Body::Reaction(reaction) => {
                assert_eq!(encoded.fallback, write::reaction(&reaction).fallback);
                continue;
            }
            Body::Reply { to: None, .. }
            | Body::Delete(_)
            | Body::Edit { .. }
            | Body::Silent(_)
            | Body::Words(_) => continue,
        };
        assert_eq!(ours, encoded);
        compared += 1;
    }
    assert_eq!(compared, 7);
}

#[test]
fn a_file_that_the_official_client_laid_down_opens() {
    let files = messages().into_iter().find_map(|message| {
        let (body, _) = read(&message.decrypted_message_bytes).ok()?;
        if let Body::RemoteAttachments(all) = body
            && all.len() == 1
        {
            Some(all)
        } else {
            None
        }
    });
    let one = files.unwrap().remove(0);
    let opened = remote::open(&remote::external(&one).unwrap(), FILE).unwrap();
    assert_eq!(
        (opened.bytes.as_slice(), opened.media_type.as_str()),
        (&[1, 2, 3][..], "image/png")
    );
}

#[test]
fn what_is_archived_here_is_what_the_official_client_archives() {
    for official in messages() {
        let Some(Heard::Past { place, id, content }) = history::heard(&official, "group/01") else {
            continue;
        };
        let installation = Installation::from_slice(&official.sender_installation_id);
        let kept = Kept {
            id,
            group: official.group_id.clone(),
            content,
            at_ns: i64::try_from(place.at_ns).unwrap(),
            sender: place.sender,
            installation: Some(installation.unwrap()),
            sequence_id: Some(u64::try_from(official.sequence_id.unwrap()).unwrap()),
        };
        assert_eq!(history::save(&kept).unwrap(), official);
    }
}
