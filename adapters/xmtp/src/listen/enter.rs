//! Getting in: who the account is, and that its installation belongs to the inbox.

use prost::Message as _;
use threadbridge_core::adapter::Health;

use super::{Ended, Reader};
use crate::MAX_INSTALLATIONS;
use crate::api::Since;
use crate::arrival::{Arrival, Beginning, Blob, Log, Uploaded};
use crate::identity::inbox::{FIRST_NONCE, InboxId};

impl Reader<'_> {
    /// Makes sure that the installation belongs to the inbox and can be found.
    pub(super) async fn enter(&self) -> Result<(), Ended> {
        self.inbound.report(Health::CatchingUp);
        let owner = self.ear.wallet.member();
        let address = owner.to_string();
        let found = self.ear.api.inboxes(std::slice::from_ref(&address)).await?;
        let made = || InboxId::made_by(&owner, FIRST_NONCE);
        let inbox = found.into_iter().next().flatten().or_else(made).ok_or(Ended::OtherInbox)?;
        if !self.ear.session.is(self.ear.network, inbox) {
            return Err(Ended::OtherInbox);
        }
        let beginning = Beginning { inbox, now_ns: self.now_ns() };
        self.hand_over(&Arrival::Beginning(beginning), "beginning".to_owned()).await?;
        self.read_own_log().await?;
        let known = self.ear.session.known().clone();
        if known.is_revoked {
            return Err(Ended::Revoked);
        }
        let installations = known.installations;
        if !known.is_member && installations >= MAX_INSTALLATIONS {
            return Err(Ended::TooMany { installations });
        }
        if !known.is_member && installations > 0 && !self.ear.config.may_join {
            return Err(Ended::MayNotJoin { installations });
        }
        // Who finds the installation without a key package leaves it out of groups.
        self.upload_key_package().await?;
        let Some(registration) = known.registration else { return Ok(()) };
        self.ear.api.publish_identity(registration).await?;
        self.read_own_log().await?;
        if self.ear.session.known().is_member { Ok(()) } else { Err(Ended::NotAdded) }
    }

    /// Reads what is new in the inbox's own log.
    pub(super) async fn read_own_log(&self) -> Result<(), Ended> {
        let Some(inbox) = self.ear.session.inbox() else { return Ok(()) };
        let id = self.ear.session.known().own_log;
        let asked_at_ns = self.now_ns();
        let mut added = self.ear.api.identity_updates(&[Since { of: inbox, id }]).await?;
        let updates = added.remove(&inbox).unwrap_or_default();
        let updates = updates.iter().map(|it| Blob(it.encode_to_vec())).collect();
        let log = Log { asked_at_ns, inbox, updates };
        self.hand_over(&Arrival::Log(log), format!("log/own/{asked_at_ns}")).await
    }

    /// Uploads the key package, if one is due.
    pub(super) async fn upload_key_package(&self) -> Result<(), Ended> {
        let due = self.ear.session.known().key_package.clone();
        let Some(package) = due else { return Ok(()) };
        self.ear.api.upload_key_package(package).await?;
        let uploaded = Uploaded { at_ns: self.now_ns() };
        self.hand_over(&Arrival::Uploaded(uploaded), "uploaded".to_owned()).await
    }
}
