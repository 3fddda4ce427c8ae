//! What no server of the network would take, put where its clients find it; and where in the logs things
//! stand.

use super::node::Node;
use super::store::{Sent, Welcome};
use super::wire::identity::IdentityUpdate;

impl Node {
    /// Puts bytes among a group's messages (its id in hex) that no server would have taken.
    pub fn slip_message(&self, group: &str, data: Vec<u8>) {
        let group = hex::decode(group).unwrap_or_default();
        self.store.with(|state| {
            let (now_ns, bytes) = (state.tick_ns(), data.clone());
            let (sender_hmac, should_push, is_commit) = (Vec::new(), false, false);
            state.messages.push(
                group,
                &bytes,
                Sent { data, sender_hmac, should_push, is_commit },
                now_ns,
            );
        });
    }

    /// Puts a welcome where its installation finds it, whatever it is.
    pub fn slip_welcome(&self, welcome: Welcome) {
        let (installation, bytes) = match &welcome {
            Welcome::V1(it) => (it.installation_key.clone(), it.data.clone()),
            Welcome::WelcomePointer(it) => {
                (it.installation_key.clone(), it.welcome_pointer.clone())
            }
        };
        self.store.with(|state| {
            let now_ns = state.tick_ns();
            state.welcomes.push(installation, &bytes, welcome, now_ns);
        });
    }

    /// Has an installation (its public key in hex) have these bytes for its key package.
    pub fn slip_key_package(&self, installation: &str, bytes: Vec<u8>) {
        let installation = hex::decode(installation).unwrap_or_default();
        self.store.with(|state| {
            let now_ns = state.tick_ns();
            state.key_packages.insert(installation, (now_ns, bytes));
        });
    }

    /// The key package that an installation has, by its public key in hex.
    pub fn key_package(&self, installation: &str) -> Option<Vec<u8>> {
        let installation = hex::decode(installation).unwrap_or_default();
        self.store.with(|state| state.key_packages.get(&installation).map(|it| it.1.clone()))
    }

    /// Puts an update into its inbox's log that does not follow from what is there.
    pub fn slip_update(&self, update: IdentityUpdate) {
        self.store.with(|state| {
            let now_ns = state.tick_ns();
            state.directory.slip(update, now_ns);
        });
    }

    /// The number of the newest entry of an inbox's log; 0 if it has none.
    pub fn newest_entry(&self, inbox: &str) -> u64 {
        let entries = self.store.with(|state| state.directory.entries(inbox, 0));
        entries.last().map_or(0, |entry| entry.sequence_id)
    }

    /// The number of a group's newest message (its id in hex); 0 if it has none.
    pub fn newest_message(&self, group: &str) -> u64 {
        let group = hex::decode(group).unwrap_or_default();
        self.store.with(|state| state.messages.last(&group).map_or(0, |sent| sent.id))
    }
}
