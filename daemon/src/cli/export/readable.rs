//! What the forms for reading have in common: they show the items of an archive that is sealed
//! under a key nobody keeps, and read back, so that both show exactly what an archive has.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek};

use threadbridge_core::archive::export::{Selection, export};
use threadbridge_core::archive::frame::{Frames, Read};
use threadbridge_core::archive::item::{Item, MessageItem};
use threadbridge_core::model::content::{Content, Kind};
use threadbridge_core::model::event::Profile;
use threadbridge_core::model::time::Clock;
use threadbridge_core::store::tables::PROFILES;
use threadbridge_core::store::{Reads, RootSecret, Snapshot};

use crate::exit::{Exit, Failure, OrExit};

/// Shows every item of what is selected, in the order of an archive.
pub(super) fn each_item(
    snapshot: &Snapshot,
    selection: &Selection,
    mut show: impl FnMut(Item) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let secret = RootSecret::random().or_exit(Exit::Failed)?;
    let between: File = tempfile::tempfile().or_exit(Exit::Failed)?;
    let (out, _) =
        export(snapshot, BufWriter::new(between), &secret, selection, Clock::System.now())
            .or_exit(Exit::Failed)?;
    let mut between = out.into_inner().or_exit(Exit::Failed)?;
    between.rewind().or_exit(Exit::Failed)?;
    let mut frames = Frames::begin(BufReader::new(between), Some(&secret)).or_exit(Exit::Failed)?;
    loop {
        match frames.next_frame().or_exit(Exit::Failed)? {
            Read::Items(items) => items.into_iter().try_for_each(&mut show)?,
            Read::End(_) | Read::SignedEnd => return Ok(()),
        }
    }
}

/// A message as people read it.
pub(super) struct Shown {
    /// What kind of event it is.
    pub(super) kind: Kind,
    /// Its text, or what stands for it; nothing once it was taken back.
    pub(super) text: Option<String>,
    /// Addresses of what stands beside the text.
    pub(super) addresses: Vec<String>,
    /// What it answers.
    pub(super) in_reply_to: Option<String>,
    /// What it edits, deletes or takes back.
    pub(super) replaces: Option<String>,
    /// Who said it, as they show themself.
    pub(super) name: String,
}

pub(super) fn shown(snapshot: &Snapshot, item: &MessageItem) -> Result<Shown, Failure> {
    let content = Content::decode(&item.record.content).ok();
    let visible = content.as_ref().filter(|_| !item.deleted);
    let text = visible.and_then(|it| {
        let reaction = || it.reactions().first().map(|emoji| (*emoji).to_owned());
        it.text().map(|text| text.as_str.to_owned()).or_else(reaction)
    });
    let addresses = visible.map_or_else(Vec::new, |it| {
        let attachments = it.attachments();
        let files = attachments.iter().filter_map(|it| it.public_url().map(str::to_owned));
        let links = it.links();
        files.chain(links.iter().map(|link| link.url.to_owned())).collect()
    });
    let profile: Option<Profile> = match &item.record.author {
        Some(author) => snapshot.get(&PROFILES, author).or_exit(Exit::Store)?,
        None => None,
    }
    .map(threadbridge_core::model::event::ProfileRow::into_profile);
    let unnamed = || item.record.author.as_ref().map_or_else(|| "you".to_owned(), |it| it.uri());
    let name = profile.and_then(|it| it.display_name.or(it.handle)).unwrap_or_else(unnamed);
    Ok(Shown {
        kind: content.as_ref().map_or(Kind::Unknown, Content::kind),
        text,
        addresses,
        in_reply_to: content.as_ref().and_then(|it| it.in_reply_to).map(|id| id.to_string()),
        replaces: content.as_ref().and_then(|it| it.replaces).map(|id| id.to_string()),
        name,
    })
}
