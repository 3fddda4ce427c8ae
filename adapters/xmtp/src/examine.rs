//! How the account's inbox stands, for who asks beside the bridge: `threadbridge doctor` and
//! `threadbridge xmtp`.

use std::collections::BTreeMap;

use thiserror::Error;
use threadbridge_core::model::time::Timestamp;

use crate::Xmtp;
use crate::api::{ApiError, Since};
use crate::identity::contract::{Claim, Verdicts};
use crate::identity::draft::Draft;
use crate::identity::examine::{Unexamined, examine};
use crate::identity::inbox::InboxId;
use crate::identity::member::{Installation, Member};
use crate::identity::refused::Refused;
use crate::identity::state::{Replay, State};
use crate::open::timestamp;

/// Why the inbox could not be looked at or changed.
#[derive(Debug, Error)]
pub enum InboxError {
    /// The servers did not answer.
    #[error("the servers do not answer as they should")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What they answered breaks the network's rules.
    #[error("the inbox's log breaks the network's rules")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is nothing to change.
    #[error("the wallet has no inbox yet; the first run makes it")]
    NoInbox,
    /// The inbox has no such installation.
    #[error("the inbox has no such installation; `threadbridge xmtp installations` lists them")]
    NoInstallation,
    /// Somebody else recovers the inbox.
    #[error("only {0} can revoke installations of the inbox, which is not the account's wallet")]
    NotRecovery(String),
    /// The wallet could not sign.
    #[error("the wallet's key could not sign")]
    Signature,
}

impl From<ApiError> for InboxError {
    fn from(error: ApiError) -> Self {
        Self::Unreachable(Box::new(error))
    }
}

impl From<Refused> for InboxError {
    fn from(refused: Refused) -> Self {
        Self::Broken(Box::new(refused))
    }
}

/// An installation of an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationReport {
    /// Its public key: 64 hexadecimal digits.
    pub key: String,
    /// When it was added, by the clock of who added it.
    pub added_at: Option<Timestamp>,
    /// Who added it: an address, or another member of the inbox.
    pub added_by: Option<String>,
}

/// How an inbox stands, by its own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxReport {
    /// Its name: 64 hexadecimal digits.
    pub inbox: String,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Its installations.
    pub installations: Vec<InstallationReport>,
}

/// What chains said while a log is followed, by the claims' digests.
#[derive(Debug, Default)]
struct Said(BTreeMap<[u8; 32], bool>);

impl Verdicts for Said {
    fn verdict(&self, digest: &[u8; 32]) -> Option<bool> {
        self.0.get(digest).copied()
    }
}

impl Xmtp {
    /// How the inbox stands; nothing if the wallet has none yet. Everything in its log is verified.
    pub async fn inbox(&self) -> Result<Option<InboxReport>, InboxError> {
        let Some((inbox, state)) = self.inbox_state().await? else { return Ok(None) };
        let installation = |(member, joining): (&Member, &crate::identity::state::Joining)| {
            let Member::Installation(key) = member else { return None };
            Some(InstallationReport {
                key: key.to_string(),
                added_at: joining.at_ns.map(timestamp),
                added_by: joining.parent.as_ref().map(ToString::to_string),
            })
        };
        Ok(Some(InboxReport {
            inbox: inbox.to_string(),
            addresses: state.addresses().into_iter().map(str::to_owned).collect(),
            installations: state.members().iter().filter_map(installation).collect(),
        }))
    }

    /// Takes an installation, named by its public key, out of the inbox for good.
    pub async fn revoke(&self, installation: &str) -> Result<(), InboxError> {
        let (inbox, state) = self.inbox_state().await?.ok_or(InboxError::NoInbox)?;
        let key = hex::decode(installation).ok();
        let key = key.and_then(|it| Installation::from_slice(&it));
        let member = key.map(Member::Installation).ok_or(InboxError::NoInstallation)?;
        if !state.is_member(&member) {
            return Err(InboxError::NoInstallation);
        }
        if state.recovery() != Some(&self.wallet.member()) {
            let recovery = state.recovery().map(ToString::to_string).unwrap_or_default();
            return Err(InboxError::NotRecovery(recovery));
        }
        let draft = Draft::revoke(inbox, &[member], crate::listen::nanoseconds(&self.clock))?;
        let signature = self.wallet.sign(draft.text()).ok_or(InboxError::Signature)?;
        Ok(self.api.publish_identity(draft.signed_by(&signature, None)).await?)
    }

    async fn inbox_state(&self) -> Result<Option<(InboxId, State)>, InboxError> {
        let address = self.wallet.member().to_string();
        let found = self.api.inboxes(&[address]).await?;
        let Some(inbox) = found.into_iter().next().flatten() else { return Ok(None) };
        Ok(self.state_of(inbox).await?.map(|state| (inbox, state)))
    }

    /// How an inbox stands by its log; nothing if there is none.
    pub(crate) async fn state_of(&self, inbox: InboxId) -> Result<Option<State>, InboxError> {
        let mut log = self.api.identity_updates(&[Since { of: inbox, id: 0 }]).await?;
        let (mut replay, mut said) = (Replay::default(), Said::default());
        for entry in log.remove(&inbox).unwrap_or_default() {
            let update = entry.update.ok_or(Refused::Incomplete)?;
            let examined = loop {
                match examine(&update, &said) {
                    Ok(examined) => break examined,
                    Err(Unexamined::Refused(refused)) => return Err(refused.into()),
                    Err(Unexamined::NeedsVerdict(claims)) => {
                        let verdicts = self.api.check_wallets(&claims).await?;
                        said.0.extend(claims.iter().map(Claim::digest).zip(verdicts));
                    }
                }
            };
            replay.follow(&examined)?;
        }
        Ok(replay.state)
    }
}
