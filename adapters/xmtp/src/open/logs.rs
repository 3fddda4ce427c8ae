//! Logs of inboxes: taken in entry by entry, each verified; and what follows from our own.

use prost::Message as _;
use threadbridge_core::adapter::Opened;
use threadbridge_core::store::Keys;

use super::{Opening, Stop, refused, timestamp};
use crate::arrival::{Beginning, InboxOf, Log};
use crate::content::heard::Heard;
use crate::identity::draft::Draft;
use crate::identity::inbox::{FIRST_NONCE, InboxId};
use crate::identity::logs::Untaken;
use crate::identity::member::{Installation, Member};
use crate::identity::proofs::proofs;
use crate::kept::keys_unreadable;
use crate::mls::client::{Client, Installation as OwnInstallation};
use crate::mls::group::records::Records;
use crate::mls::key_package::KeyPackages;
use crate::session::Wanted;
use crate::sync::kept::Matters;
use crate::sync::request;
use crate::wire::proto::identity::get_identity_updates_response::IdentityUpdateLog;

impl Opening<'_> {
    /// Listening begins: whoever cannot see the keys learns what stands in them.
    pub(super) fn begins(&self, beginning: &Beginning) -> Result<(), Stop> {
        let rows = self.kept();
        match rows.inbox()? {
            Some(inbox) if inbox != beginning.inbox => {
                return Err(refused("the store belongs to another inbox of XMTP"));
            }
            Some(_) => {}
            None => rows.set_inbox(beginning.inbox),
        }
        let own = own_installation(self.keys)?;
        self.offer_key_package(beginning.now_ns)?;
        self.session.known().installation = Some(Installation::from_bytes(own.public()));
        self.stands(beginning.now_ns)?;
        // What was published may not have arrived.
        let mut matters = Matters::load(self.keys)?;
        let was = matters.clone();
        matters.published = None;
        // Nobody may have been there to answer.
        matters.has_asked &= !request::is_asked(self.keys)?;
        if matters != was {
            matters.keep(self.keys);
        }
        self.session.matter(&matters);
        let has_wishes = !matters.wishes.is_empty();
        self.session.stir();
        let groups = Records(self.keys).groups().map_err(|_| keys_unreadable())?;
        groups.iter().try_for_each(|id| self.tell(id))?;
        if has_wishes { self.describe() } else { Ok(()) }
    }

    /// Believes that an address belongs to an inbox where the inbox's log proves it.
    pub(super) fn take_inbox(&self, found: &InboxOf) -> Result<Opened, Stop> {
        let opened = self.take_log(&found.log)?;
        let newest = self.logs().newest(found.log.inbox)?;
        let address = Member::Ethereum(found.address.clone());
        if !newest.is_some_and(|(_, state)| state.is_member(&address)) {
            return Err(refused("the inbox that an address is said to belong to does not have it"));
        }
        self.kept().set_peer(&found.address, found.log.inbox);
        Ok(opened)
    }

    /// Takes what was added to a log, and says what is new in it.
    pub(super) fn take_log(&self, log: &Log) -> Result<Opened, Stop> {
        let read = |bytes: &[u8]| IdentityUpdateLog::decode(bytes).ok();
        let entries: Option<Vec<_>> = log.updates.iter().map(|it| read(&it.0)).collect();
        let entries = entries.ok_or_else(|| refused("an entry of an inbox's log is broken"))?;
        let before = self.logs().newest(log.inbox)?.map_or(0, |(newest, _)| newest);
        match self.logs().take(log.inbox, entries) {
            Ok(learnt) => {
                self.logs().set_checked_at(log.inbox, timestamp(log.asked_at_ns));
                if learnt.is_news {
                    self.renamed(log.inbox)?;
                }
            }
            Err(Untaken::NeedsVerdict(claims)) => {
                let what = format!("verdicts/{}", log.inbox);
                let reason = "a contract wallet signed, and its chain has to be asked";
                return Err(self.session.want(what, reason, Wanted::Verdicts(claims)).into());
            }
            Err(Untaken::Refused { why, .. }) => {
                let reason = format!("an inbox's log breaks the network's rules: {why}");
                return Err(refused(&reason));
            }
            Err(Untaken::Unread(_)) => return Err(keys_unreadable().into()),
        }
        if Some(log.inbox) == self.kept().inbox()? {
            self.stands(log.asked_at_ns)?;
        }
        self.known(log.inbox, before)
    }

    /// Conversations with an inbox are called by its addresses, of which there may be others now.
    fn renamed(&self, inbox: InboxId) -> Result<(), Stop> {
        let dms = Records(self.keys).dms(&inbox.to_string()).map_err(|_| keys_unreadable())?;
        dms.iter().try_for_each(|(id, _)| self.tell(id))
    }

    /// What is new since an entry of a log: whose inbox it is, and the proof of it.
    fn known(&self, inbox: InboxId, before: u64) -> Result<Opened, Stop> {
        let Some((newest, state)) = self.logs().newest(inbox)? else { return Ok(Opened::Learnt) };
        if newest <= before {
            return Ok(Opened::Learnt);
        }
        let proofs = proofs(self.network, self.logs(), inbox, before);
        let proofs = proofs.map_err(|_| keys_unreadable())?;
        let address = state.addresses().first().map(|it| (*it).to_owned());
        Ok(Opened::Plaintext(Heard::Known { inbox, address, proofs }.to_bytes()))
    }

    /// How we stand with our own inbox.
    fn stands(&self, now_ns: u64) -> Result<(), Stop> {
        let inbox = self.own_inbox()?;
        let own = own_installation(self.keys)?;
        let installation = Installation::from_bytes(own.public());
        let newest = self.logs().newest(inbox)?;
        let is_member = newest
            .as_ref()
            .is_some_and(|(_, state)| state.is_member(&Member::Installation(installation)));
        if is_member {
            self.kept().set_was_member();
        }
        let was_member = self.kept().was_member()?;
        let registration = if was_member {
            None
        } else {
            let draft = self.draft(inbox, installation, newest.is_some(), now_ns);
            let signed = draft.and_then(|it| {
                let signature = self.wallet.sign(it.text())?;
                it.signed(&signature, &own.signing_key().to_bytes())
            });
            Some(signed.ok_or_else(|| refused("the wallet could not sign"))?)
        };
        let mut known = self.session.known();
        let own_log = newest.as_ref().map_or(0, |(newest, _)| *newest);
        // Somebody may have come, to whom all our groups are to be told.
        let is_news = is_member && own_log != known.own_log;
        known.own_log = own_log;
        known.installations = newest.map_or(0, |(_, state)| state.installations().len());
        known.is_member = is_member;
        known.is_revoked = was_member && !is_member;
        known.registration = registration;
        drop(known);
        if is_news {
            self.session.stir();
        }
        Ok(())
    }

    fn draft(
        &self,
        inbox: InboxId,
        installation: Installation,
        is_known: bool,
        now_ns: u64,
    ) -> Option<Draft> {
        if is_known {
            Draft::add(inbox, &Member::Installation(installation), now_ns).ok()
        } else {
            Draft::create(&self.wallet.member(), FIRST_NONCE, installation, now_ns)
        }
    }

    /// Has a key package uploaded, if one is due.
    pub(super) fn offer_key_package(&self, now_ns: u64) -> Result<(), Stop> {
        let client = self.client()?;
        let now = timestamp(now_ns);
        let mut packages = KeyPackages::load(self.keys).map_err(|_| keys_unreadable())?;
        let due = if packages.is_due(now) {
            Some(packages.offer(&client, now).map_err(|_| keys_unreadable())?)
        } else {
            None
        };
        self.session.known().key_package = due;
        Ok(())
    }

    /// Who we are to groups.
    pub(super) fn client(&self) -> Result<Client, Stop> {
        let inbox = self.own_inbox()?;
        let kept = || self.session.client(self.keys, inbox).map_err(|_| keys_unreadable());
        if let Some(client) = kept()? {
            return Ok(client);
        }
        Ok(Client::new(inbox.to_string(), own_installation(self.keys)?))
    }
}

fn own_installation(keys: &Keys) -> Result<OwnInstallation, Stop> {
    OwnInstallation::load_or_make(keys).map_err(|_| keys_unreadable().into())
}
