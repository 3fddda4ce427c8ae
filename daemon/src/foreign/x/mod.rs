//! Data exports of X: the files of its folder `data`, JSON behind `window.YTD.NAME.partN = `.

mod messages;
mod posts;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor, RemoteId};

use super::stream::{Bounded, Budget};
use super::{Shown, Unreadable};

/// The network of its people.
pub(super) const NETWORK: &str = "xchat";
/// The longest text before the JSON.
const MAX_PREFIX: usize = 200;

/// What a file of the export has, by its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Messages,
    GroupMessages,
    Posts,
    Account,
}

/// The files of an export, by what they have.
#[derive(Debug)]
pub(super) struct Export {
    files: Vec<PathBuf>,
    owner: Option<Owner>,
}

/// Whose export it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Owner {
    account_id: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    account_display_name: String,
}

#[derive(Debug, Deserialize)]
struct OwnerEntry {
    account: Owner,
}

impl Export {
    /// The export at `path`: its folder, the folder `data` in it, or one of the files there.
    pub(super) fn open(path: &Path) -> Result<Self, Unreadable> {
        let inner = path.join("data");
        let folder = match (path.is_dir(), inner.is_dir()) {
            (true, true) => inner,
            (true, false) => path.to_path_buf(),
            (false, _) => path.parent().map(Path::to_path_buf).unwrap_or_default(),
        };
        let mut files = Vec::new();
        let mut owner = None;
        let mut entries: Vec<PathBuf> =
            fs::read_dir(&folder)?.map(|it| it.map(|it| it.path())).collect::<Result<_, _>>()?;
        entries.sort();
        for entry in entries {
            let is_script = entry.extension().is_some_and(|it| it == "js") && entry.is_file();
            let is_wanted = path.is_dir() || entry.file_name() == path.file_name();
            let is_account = entry.file_name().is_some_and(|it| it == "account.js");
            if !is_script || !(is_wanted || is_account) {
                continue;
            }
            match kind(&mut File::open(&entry)?) {
                Ok(Kind::Account) => owner = Some(read_owner(&entry)?),
                Ok(_) => files.push(entry),
                // Of a folder only what is known is taken; a file that was named has to be known.
                Err(_) if path.is_dir() || is_account => {}
                Err(error) => return Err(error),
            }
        }
        if files.is_empty() {
            return Err(Unreadable::Nothing);
        }
        Ok(Self { files, owner })
    }

    /// Who the owner is there.
    pub(super) fn own(&self) -> BTreeSet<Identity> {
        self.owner.iter().filter_map(|it| person(&it.account_id).ok()).collect()
    }

    /// Shows all that the files have, file by file.
    pub(super) fn read(
        &self,
        show: &mut dyn FnMut(Shown) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        for path in &self.files {
            let name = path.file_name().map(|it| it.to_string_lossy().into_owned());
            let read = self.read_one(path, show);
            read.map_err(|error| error.in_file(name.unwrap_or_default()))?;
        }
        Ok(())
    }

    fn read_one(
        &self,
        path: &Path,
        show: &mut dyn FnMut(Shown) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let mut file = BufReader::new(File::open(path)?);
        let kind = kind(&mut file)?;
        let budget = Budget::new();
        let from = Bounded::new(file, budget.clone());
        let mut json = serde_json::Deserializer::from_reader(from);
        match kind {
            Kind::Messages => messages::read(&mut json, &budget, "dm", show)?,
            Kind::GroupMessages => messages::read(&mut json, &budget, "group", show)?,
            Kind::Posts => {
                let owner = self.owner.as_ref().ok_or(Unreadable::NoOwner)?;
                posts::read(&mut json, &budget, owner, show)?;
            }
            Kind::Account => {}
        }
        Ok(json.end()?)
    }
}

fn read_owner(path: &Path) -> Result<Owner, Unreadable> {
    let mut file = BufReader::new(File::open(path)?);
    kind(&mut file)?;
    let entries: Vec<OwnerEntry> = serde_json::from_reader(Bounded::new(file, Budget::new()))?;
    entries.into_iter().next().map(|it| it.account).ok_or(Unreadable::NoOwner)
}

/// Reads the prefix, and what it says of the rest.
fn kind(from: &mut impl Read) -> Result<Kind, Unreadable> {
    let mut prefix = Vec::new();
    let mut byte = [0];
    while prefix.last() != Some(&b'=') {
        if prefix.len() > MAX_PREFIX || from.read(&mut byte)? == 0 {
            return Err(Unreadable::Prefix);
        }
        prefix.extend_from_slice(&byte);
    }
    let text = String::from_utf8(prefix).map_err(|_| Unreadable::Prefix)?;
    let name = text.trim().strip_prefix("window.YTD.").and_then(|it| it.split_once(".part"));
    match name.map(|(name, _)| name) {
        Some("direct_messages" | "direct_message") => Ok(Kind::Messages),
        Some("direct_messages_group" | "direct_message_group") => Ok(Kind::GroupMessages),
        Some("tweets" | "tweet" | "community_tweet") => Ok(Kind::Posts),
        Some("account") => Ok(Kind::Account),
        Some(_) | None => Err(Unreadable::Prefix),
    }
}

/// Somebody on X, by their number.
fn person(id: &str) -> Result<Identity, &'static str> {
    if id.is_empty() || !id.bytes().all(|it| it.is_ascii_digit()) {
        return Err("somebody has no numeric id");
    }
    let network = Network::parse(NETWORK).map_err(|_| "the network has no name")?;
    let author = RemoteAuthor::parse(id).map_err(|_| "somebody has no numeric id")?;
    Ok(Identity { network, author })
}

fn remote(id: impl Into<String>) -> Result<RemoteId, &'static str> {
    RemoteId::parse(id).map_err(|_| "an id is empty or too long")
}
