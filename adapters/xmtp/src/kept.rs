//! What the account keeps beside its groups and logs: how far each group was taken in, who has which
//! address, and what was asked for.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use threadbridge_core::adapter::Missing;
use threadbridge_core::store::Keys;

use crate::arrival::Blob;
use crate::content::id::MessageId;
use crate::identity::inbox::InboxId;
use crate::media::Laid;
use crate::mls::client::InstallationKey;
use crate::open::leaving::Leaving;
use crate::rows;

/// How far a group was taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Progress {
    /// The last message that was.
    #[n(0)]
    pub(crate) done: u64,
    /// The message that waits, before which no later one is.
    #[n(1)]
    pub(crate) held: Option<Held>,
    /// What was said last.
    #[n(2)]
    pub(crate) said: Option<MessageId>,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Held {
    /// Its number.
    #[n(0)]
    pub(crate) id: u64,
    /// For what.
    #[n(1)]
    pub(crate) missing: Missing,
}

/// When a group's tree was last compared with the logs of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Compared {
    /// When the logs were asked for, Unix time in microseconds.
    #[n(0)]
    pub(crate) at_us: i64,
    /// In which epoch.
    #[n(1)]
    pub(crate) epoch: u64,
}

/// A key package that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct PackageRow {
    /// When, Unix time in microseconds.
    #[n(0)]
    pub(crate) at_us: i64,
    /// Nothing where the server has none.
    #[n(1)]
    pub(crate) package: Option<Blob>,
}

/// Typed rows over an account's keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'a> {
    keys: &'a Keys,
}

/// Without its keys nothing can be said of an envelope; it waits until they can be read.
pub(crate) fn keys_unreadable() -> Missing {
    Missing {
        what: "own keys".to_owned(),
        reason: "the account's keys cannot be read from the store".to_owned(),
    }
}

impl<'a> Kept<'a> {
    /// Rows in these keys.
    pub(crate) const fn over(keys: &'a Keys) -> Self {
        Self { keys }
    }

    fn get<T: for<'b> Decode<'b, ()>>(self, key: &[u8]) -> Result<Option<T>, Missing> {
        rows::get(self.keys, key).map_err(|_unread| keys_unreadable())
    }

    fn put<T: Encode<()>>(self, key: &[u8], value: &T) {
        rows::put(self.keys, key, value);
    }

    /// The owner's inbox, once it is known.
    pub(crate) fn inbox(self) -> Result<Option<InboxId>, Missing> {
        self.get(b"xmtp/inbox")
    }

    pub(crate) fn set_inbox(self, inbox: InboxId) {
        self.put(b"xmtp/inbox", &inbox);
    }

    /// Whether our installation was a member of the inbox.
    pub(crate) fn was_member(self) -> Result<bool, Missing> {
        Ok(self.get(b"xmtp/member")?.unwrap_or(false))
    }

    pub(crate) fn set_was_member(self) {
        self.put(b"xmtp/member", &true);
    }

    pub(crate) fn progress(self, group: &[u8]) -> Result<Progress, Missing> {
        Ok(self.get(&key("progress", group))?.unwrap_or_default())
    }

    pub(crate) fn set_progress(self, group: &[u8], progress: &Progress) {
        self.put(&key("progress", group), progress);
    }

    pub(crate) fn compared(self, group: &[u8]) -> Result<Option<Compared>, Missing> {
        self.get(&key("compared", group))
    }

    pub(crate) fn set_compared(self, group: &[u8], compared: Compared) {
        self.put(&key("compared", group), &compared);
    }

    pub(crate) fn forget_compared(self, group: &[u8]) {
        self.keys.delete(&key("compared", group));
    }

    /// The inbox of an address, as its log has proven it.
    pub(crate) fn peer(self, address: &str) -> Result<Option<InboxId>, Missing> {
        self.get(&key("peer", address.as_bytes()))
    }

    pub(crate) fn set_peer(self, address: &str, inbox: InboxId) {
        self.put(&key("peer", address.as_bytes()), &inbox);
    }

    pub(crate) fn package(self, of: &InstallationKey) -> Result<Option<PackageRow>, Missing> {
        self.get(&key("package", of))
    }

    pub(crate) fn set_package(self, of: &InstallationKey, row: &PackageRow) {
        self.put(&key("package", of), row);
    }

    pub(crate) fn forget_package(self, of: &InstallationKey) {
        self.keys.delete(&key("package", of));
    }

    /// What became of a file that is to be said, until it is.
    pub(crate) fn laid(self, name: &str) -> Result<Option<Laid>, Missing> {
        self.get(&key("file", name.as_bytes()))
    }

    pub(crate) fn set_laid(self, name: &str, laid: &Laid) {
        self.put(&key("file", name.as_bytes()), laid);
    }

    pub(crate) fn forget_laid(self, name: &str) {
        self.keys.delete(&key("file", name.as_bytes()));
    }

    /// The welcomes to groups that ask for a newer client.
    pub(crate) fn for_newer(self) -> Result<BTreeSet<u64>, Missing> {
        Ok(self.get(b"xmtp/newer")?.unwrap_or_default())
    }

    pub(crate) fn set_for_newer(self, welcomes: &BTreeSet<u64>) {
        self.put(b"xmtp/newer", welcomes);
    }

    /// Who asked to leave groups, and is still in them.
    pub(crate) fn leaving(self) -> Result<Leaving, Missing> {
        Ok(self.get(b"xmtp/leaving")?.unwrap_or_default())
    }

    pub(crate) fn set_leaving(self, leaving: &Leaving) {
        self.put(b"xmtp/leaving", leaving);
    }

    /// Whether what stands at a pointer's destination was taken in.
    pub(crate) fn is_pointee_done(self, destination: &[u8]) -> Result<bool, Missing> {
        Ok(self.get(&key("pointee", destination))?.unwrap_or(false))
    }

    pub(crate) fn set_pointee_done(self, destination: &[u8]) {
        self.put(&key("pointee", destination), &true);
    }
}

fn key(kind: &str, of: &[u8]) -> Vec<u8> {
    [b"xmtp/", kind.as_bytes(), b"/", of].concat()
}
