//! The parsers that meet what others wrote, one at a time, for whoever tries to break them.

pub mod rogue;

use std::sync::LazyLock;

use prost::Message as _;
use threadbridge_core::{
    adapter::Parsed,
    model::{
        id::{AccountName, Network},
        time::{Clock, Timestamp},
    },
    store::{Keys, Store},
};

use crate::{
    content::{
        body::Attachment,
        heard::{Heard, Place},
        id::MessageId,
        kind::Kind,
        reaction::Reaction,
        remote::{self, Sealed},
        write,
    },
    identity::{
        contract::Verdicts,
        draft::Draft,
        examine::examine,
        inbox::{FIRST_NONCE, InboxId},
        logs::Logs,
        member::{Installation, Member},
        state::Replay,
        wallet::WalletKey,
    },
    mls::{
        client::{Client, Installation as OwnInstallation},
        group::{Group, process::Processed, record::GroupId},
    },
    parse::parse,
    sync::{
        archive::{ArchiveKey, read::Archive, write::ArchiveWriter},
        consent::Consents,
        hear::hear,
        history::{self, Kept},
        hmac::SharedKey,
        message, request,
    },
    wire::proto::{
        identity::IdentityUpdate,
        sync::{
            ArchiveOptions, BackupMetadataSave, ConsentSave, DeviceSyncReply, GroupMessageSave,
            GroupSave, PreferenceUpdate, PreferenceUpdates, backup_element::Element,
            device_sync_content::Content, preference_update::Update,
        },
    },
};

const SEED: [u8; 32] = [3; 32];

/// Chains that believe every contract.
struct Credulous;

impl Verdicts for Credulous {
    fn verdict(&self, _digest: &[u8; 32]) -> Option<bool> {
        Some(true)
    }
}

/// How many members an inbox has that begins with this entry of its log; nothing if the entry is not
/// believed.
#[must_use]
pub fn members(identity_update: &[u8]) -> Option<usize> {
    let update = IdentityUpdate::decode(identity_update).ok()?;
    let examined = examine(&update, &Credulous).ok()?;
    let mut replay = Replay::default();
    replay.follow(&examined).ok()?;
    replay.state.map(|state| state.members().len())
}

/// What is read of a content that somebody said; nothing if it is none.
#[must_use]
pub fn said(content: &[u8]) -> Option<Vec<Parsed>> {
    let place =
        Place { conversation: "group/01".to_owned(), sender: inbox()?, at_ns: 1, peer: None };
    let (id, before) = (MessageId::from_bytes([9; 32]), Some(MessageId::from_bytes([8; 32])));
    let heard = Heard::Said { place, id, content: content.to_vec(), before };
    parse(&Network::parse("xmtp").ok()?, &heard.to_bytes()).ok()
}

/// What becomes of a message to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It is a commit that counts, or something that somebody said.
    Counts,
    /// Logs must be known further before anything can be said of it.
    Waits,
    /// It is of an epoch to come.
    Ahead,
    /// It is a commit that another came before.
    Stale,
    /// It is refused.
    Refused,
}

/// What becomes of a message to a group that the account with these keys is in; nothing if it is in no
/// such group. What is changed by it is seen in the keys.
#[must_use]
pub fn judge(keys: &Keys, group: &[u8], message: &[u8]) -> Option<Judged> {
    let inbox = crate::kept::Kept::over(keys).inbox().ok()??.to_string();
    let client = Client::new(inbox, OwnInstallation::load(keys).ok()??);
    let group = Group::load(keys, &client, &GroupId::parse(group)?).ok()??;
    let now = Clock::System.now();
    Some(match group.process(u64::MAX, message, now, &Logs::new(keys)).ok()? {
        Processed::Application(_)
        | Processed::Own(_)
        | Processed::TooLate
        | Processed::Applied(_)
        | Processed::Paused(_) => Judged::Counts,
        Processed::Missing(_) => Judged::Waits,
        Processed::Stale(_) => Judged::Stale,
        Processed::Ahead => Judged::Ahead,
        Processed::Refused(_) => Judged::Refused,
    })
}

/// How many elements are read of an archive, until its end or until it breaks.
#[must_use]
pub fn elements(archive: &[u8]) -> usize {
    let opened = key().and_then(|key| Archive::open(archive, &key).ok());
    opened.map_or(0, |archive| {
        let is_whole = archive.metadata().elements.is_empty();
        archive.map_while(Result::ok).filter(|_| is_whole).count()
    })
}

/// Whether this is a message of an archive that can be heard, or one between installations.
#[must_use]
pub fn is_told(record: &[u8]) -> bool {
    let save = GroupMessageSave::decode(record).ok();
    let heard = save.and_then(|save| history::heard(&save, "group/01"));
    heard.is_some() || message::read(record).is_some()
}

/// Whether this is an update that somebody could be asked to sign, read as it was kept.
#[must_use]
pub fn is_draft(bytes: &[u8]) -> bool {
    let draft = Draft::from_bytes(bytes);
    draft.is_ok_and(|draft| Draft::from_bytes(&draft.to_bytes()).as_ref() == Ok(&draft))
}

/// Whether a file that lies elsewhere opens with what its message says of it.
#[must_use]
pub fn opens(file: &[u8]) -> bool {
    let Some(sealed) = SEALED.as_ref() else { return false };
    remote::external(&sealed.attachment).is_ok_and(|part| remote::open(&part, file).is_ok())
}

/// From where history would be fetched that another installation offers in answer to our request;
/// nothing if it would not be.
#[must_use]
pub fn offered(reply: &[u8]) -> Option<String> {
    let keys = keys()?;
    let wish = request::wished(request::ask(&keys, SERVER).ok()?, SERVER).ok()?;
    let reply = DeviceSyncReply::decode(reply).ok()?;
    let offer = request::offered(&keys, &DeviceSyncReply { request_id: wish.pin, ..reply }).ok()?;
    request::taken(&keys, &offer.pin).ok()?;
    (*offer.key.as_bytes() != [0; 32]).then_some(offer.url)
}

/// Of how many people and conversations another installation says whether they are wanted, and
/// whether what is kept of it is what is told again.
#[must_use]
pub fn consents(told: &[u8]) -> Option<usize> {
    let keys = keys()?;
    hear(&keys, told).ok()?;
    let all = Consents::new(&keys).all().ok()?;
    let updates = all.iter().map(|consent| Update::Consent(consent.clone()));
    let key = SharedKey::of(&keys).ok()??.update();
    let updates = updates.chain([Update::Hmac(key)]);
    let updates = updates.map(|update| PreferenceUpdate { update: Some(update) }).collect();
    let again = message::write(Content::PreferenceUpdates(PreferenceUpdates { updates }));
    // All of it is known: nothing is news.
    (!hear(&keys, &again).ok()?).then_some(all.len())
}

/// The server that history is asked for by way of.
pub const SERVER: &str = "https://history.test";

/// A file as it lies elsewhere.
#[must_use]
pub fn files() -> Vec<Vec<u8>> {
    SEALED.iter().map(|sealed| sealed.bytes.clone()).collect()
}

/// An offer of history.
#[must_use]
pub fn offers() -> Vec<Vec<u8>> {
    let metadata = request::metadata(&ArchiveOptions::default(), Timestamp::default());
    let key = ArchiveKey::fresh();
    let offer = key.map(|key| request::answer("1".to_owned(), (SERVER, "file"), &key, metadata));
    offer.into_iter().map(|offer| offer.encode_to_vec()).collect()
}

/// Entries that begin a log, each believed.
#[must_use]
pub fn identity_updates() -> Vec<Vec<u8>> {
    let update = || {
        let (wallet, installation) = (wallet()?, installation());
        let draft = Draft::create(&wallet.member(), FIRST_NONCE, installation, 1 << 60)?;
        let by_wallet = wallet.sign(draft.text())?;
        Some(draft.signed(&by_wallet, &SEED)?.encode_to_vec())
    };
    update().into_iter().collect()
}

/// Contents of each type that is written here.
#[must_use]
pub fn contents() -> Vec<Vec<u8>> {
    let to = MessageId::from_bytes([7; 32]);
    let reaction = Reaction { to, emoji: "🎉".to_owned(), is_taken_back: false };
    let mut all = vec![
        write::text("hello"),
        write::markdown("*hello*"),
        write::reply(to, None, &write::text("hello")),
        write::reaction(&reaction),
        write::plain(
            Kind::OldReaction,
            format!(r#"{{"action":"added","reference":"{to}","schema":"unicode","content":"x"}}"#)
                .into_bytes(),
        ),
        write::plain(
            Kind::Actions,
            br#"{"description":"Pick","actions":[{"label":"a"}]}"#.to_vec(),
        ),
        write::read_receipt(),
        write::delete(to),
        write::leave_request(),
        file().into_encoded(),
    ];
    if let Some(sealed) = SEALED.as_ref() {
        all.push(write::remote_attachment(&sealed.attachment));
        all.push(write::multi_remote_attachment(vec![sealed.attachment.clone(); 2]));
    }
    all.into_iter().map(|encoded| encoded.encode_to_vec()).collect()
}

/// An archive with one element of each sort.
#[must_use]
pub fn archives() -> Vec<Vec<u8>> {
    let archive = || {
        let mut writer =
            ArchiveWriter::begin(Vec::new(), &key()?, BackupMetadataSave::default()).ok()?;
        writer.write(Element::Group(GroupSave::default())).ok()?;
        writer.write(Element::GroupMessage(save()?)).ok()?;
        writer.write(Element::Consent(ConsentSave::default())).ok()?;
        writer.finish().ok()
    };
    archive().into_iter().collect()
}

/// A message of an archive, and one between installations.
#[must_use]
pub fn records() -> Vec<Vec<u8>> {
    let consent =
        ConsentSave { entity_type: 2, state: 2, entity: "a".to_owned(), consented_at_ns: 1 };
    let update = PreferenceUpdate { update: Some(Update::Consent(consent)) };
    let updates = PreferenceUpdates { updates: vec![update] };
    let told = message::write(Content::PreferenceUpdates(updates));
    save().map(|save| save.encode_to_vec()).into_iter().chain([told]).collect()
}

static SEALED: LazyLock<Option<Sealed>> = LazyLock::new(|| {
    let mut sealed = remote::seal(file()).ok()?;
    sealed.attachment.url = "https://files.test/1".to_owned();
    Some(sealed)
});

fn file() -> Attachment {
    Attachment {
        media_type: "image/png".to_owned(),
        filename: Some("cat.png".to_owned()),
        bytes: vec![1, 2, 3],
    }
}

fn keys() -> Option<Keys> {
    Store::in_memory().ok()?.keys(&AccountName::parse("xmtp").ok()?).ok()
}

fn wallet() -> Option<WalletKey> {
    WalletKey::parse(&hex::encode(SEED))
}

fn inbox() -> Option<InboxId> {
    InboxId::made_by(&Member::Ethereum(format!("0x{}", "a".repeat(40))), FIRST_NONCE)
}

fn installation() -> Installation {
    let key = ed25519_dalek::SigningKey::from_bytes(&SEED);
    Installation::from_bytes(key.verifying_key().to_bytes())
}

fn key() -> Option<ArchiveKey> {
    ArchiveKey::from_slice(&SEED)
}

fn save() -> Option<GroupMessageSave> {
    history::save(&Kept {
        id: MessageId::from_bytes([1; 32]),
        group: vec![1; 16],
        content: write::text("hello").encode_to_vec(),
        at_ns: 1,
        sender: inbox()?,
        installation: Some(installation()),
        sequence_id: Some(1),
    })
}
