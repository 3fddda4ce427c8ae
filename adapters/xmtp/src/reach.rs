//! Whom a text names on the network, and whether they can be written to: asked by hand, of the
//! servers, and nothing of it is kept.

use threadbridge_core::adapter::{AdapterError, Reached, Sought, Verdict};
use threadbridge_core::model::id::RemoteConversation;

use crate::Xmtp;
use crate::api::ApiError;
use crate::examine::InboxError;
use crate::identity::inbox::InboxId;
use crate::identity::member::Member;
use crate::identity::state::State;
use crate::place::Place;
use crate::session::identity;

impl From<InboxError> for AdapterError {
    fn from(error: InboxError) -> Self {
        let verdict = match &error {
            InboxError::Unreachable(_) => Verdict::Retry,
            InboxError::Broken(_)
            | InboxError::NoInbox
            | InboxError::NoInstallation
            | InboxError::NotRecovery(_)
            | InboxError::Signature => Verdict::Reject,
        };
        Self::new(verdict, error)
    }
}

impl Xmtp {
    /// Whom an address or an inbox id is, if they have an app that would get what is said.
    pub(crate) async fn reach(&self, who: &str) -> Result<Sought, AdapterError> {
        let who = who.to_ascii_lowercase();
        let name = RemoteConversation::parse(format!("dm/{who}")).ok();
        let (inbox, address) = match name.as_ref().and_then(Place::parse) {
            Some(Place::DirectAddress(address)) => match self.inbox_of(&address).await? {
                Some(inbox) => (inbox, Some(address)),
                None => return Ok(unreachable(NO_INBOX)),
            },
            Some(Place::Direct(inbox)) => (inbox, None),
            Some(Place::Group(_)) | None => return Ok(Sought::Unnamed),
        };
        let Some(state) = self.state_of(inbox).await? else {
            return Ok(unreachable("there is no such inbox on XMTP"));
        };
        let claimed = address.map(Member::Ethereum);
        if claimed.is_some_and(|it| !state.is_member(&it)) {
            return Ok(unreachable(
                "the servers name an inbox for that address which is not its own",
            ));
        }
        if state.is_member(&self.wallet.member()) {
            return Ok(unreachable("that is the account itself"));
        }
        if state.installations().is_empty() {
            return Ok(unreachable(NO_APP));
        }
        let Some(identity) = identity(&self.network, inbox) else { return Ok(Sought::Unnamed) };
        Ok(Sought::Reached(Reached { identity, direct: self.names(inbox, &state) }))
    }

    async fn inbox_of(&self, address: &str) -> Result<Option<InboxId>, ApiError> {
        let found = self.api.inboxes(&[address.to_owned()]).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// What a direct conversation with somebody may be called: by their inbox, by their addresses,
    /// or as one of the groups that it is already.
    fn names(&self, inbox: InboxId, state: &State) -> Vec<RemoteConversation> {
        let addresses = state.addresses().into_iter().map(str::to_owned);
        let places = [Place::Direct(inbox)].into_iter().chain(addresses.map(Place::DirectAddress));
        let mut names: Vec<RemoteConversation> = places.filter_map(|it| it.name()).collect();
        let known = self.session.known();
        let same = known.groups.values().filter(|it| it.names.iter().any(|it| names.contains(it)));
        let others: Vec<_> = same.flat_map(|it| it.names.clone()).collect();
        names.extend(others.into_iter().filter(|it| it.as_str().starts_with("group/")));
        names
    }
}

const NO_INBOX: &str = "nobody has an inbox on XMTP with that address; they get one by opening an \
                        app of XMTP with that wallet";
const NO_APP: &str = "no app belongs to that inbox any more, so that nobody would read it; they \
                      have to open one";

fn unreachable(reason: &str) -> Sought {
    Sought::Unreachable(reason.to_owned())
}
