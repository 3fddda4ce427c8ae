//! Getting what `open` and `seal` lack, by the name that they gave it. A commit's welcomes are
//! delivered here too: nothing may be said in the group before they are.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use prost::Message as _;
use threadbridge_core::adapter::{AdapterError, Envelope, Missing, Verdict as Judged};
use threadbridge_core::model::time::Clock;

use crate::api::{Api, ApiError, PAGE, Since};
use crate::arrival::{
    Arrival, Blob, Brought, InboxOf, KeyPackageOf, KeyPackages, Log, Verdict, Welcomed,
};
use crate::identity::inbox::InboxId;
use crate::identity::member::Installation;
use crate::listen::nanoseconds;
use crate::media::Carrier;
use crate::session::{Session, Wanted};
use crate::wire::proto::mls::WelcomeMessageInput;

/// How many welcomes go into one call.
const WELCOMES_A_CALL: usize = 50;
/// How many calls may be under way at the same time for one thing.
const CALLS_AT_ONCE: usize = 4;
/// How many key packages are asked for in one call.
const PACKAGES_A_CALL: usize = 250;

/// Asks the network for what is missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetching<'a> {
    pub(crate) api: &'a dyn Api,
    pub(crate) session: &'a Session,
    pub(crate) clock: &'a Clock,
    pub(crate) carrier: &'a Carrier,
}

impl Fetching<'_> {
    /// Gets it. Nothing comes for a name that nobody in this process has given: whoever waits for
    /// it is tried again, and then says what it means.
    pub(crate) async fn fetch(&self, missing: &Missing) -> Result<Vec<Envelope>, AdapterError> {
        let what = missing.what.as_str();
        let nobody = || AdapterError::new(Judged::Reseal, "nobody lacks it under that name");
        let wanted = self.session.wanted(what).ok_or_else(nobody)?;
        let arrivals = match wanted {
            Wanted::Logs(since) => self.logs(&since).await?.into_iter().map(Arrival::Log).collect(),
            Wanted::InboxOf(address) => self.inbox_of(address).await?,
            Wanted::Verdicts(claims) => {
                let verdicts = self.api.check_wallets(&claims).await?;
                let both = claims.into_iter().zip(verdicts);
                both.map(|(claim, holds)| Arrival::Verdict(Verdict { claim, holds })).collect()
            }
            Wanted::KeyPackages(of) => vec![Arrival::KeyPackages(self.key_packages(&of).await?)],
            Wanted::Welcomes { group, commit, welcomes } => {
                self.deliver(welcomes).await?;
                vec![Arrival::Welcomed(Welcomed { group, commit })]
            }
            Wanted::File { name, enclosure } => {
                let laid = self.carrier.bring(&enclosure).await?;
                vec![Arrival::Brought(Brought { name, laid })]
            }
            Wanted::Pointee(destination) => {
                let found = self.api.welcomes(Since { of: &destination, id: 0 }).await?;
                let welcome = found.items.into_iter().next();
                welcome.map(|it| Arrival::Welcome(it.encode_to_vec())).into_iter().collect()
            }
        };
        // One that waits keeps its name, however little time passes until the next.
        let now = nanoseconds(self.clock);
        let name = || format!("fetched/{now}/{}", self.session.next_fetched());
        let envelopes: Vec<_> = arrivals.into_iter().filter_map(|it| it.envelope(name())).collect();
        if !envelopes.is_empty() {
            self.session.came(what);
        }
        Ok(envelopes)
    }

    async fn logs(&self, since: &[Since<InboxId>]) -> Result<Vec<Log>, ApiError> {
        let asked_at_ns = nanoseconds(self.clock);
        let mut logs = Vec::with_capacity(since.len());
        let mut calls = Vec::new();
        for some in since.chunks(PAGE) {
            calls.push(self.api.identity_updates(some));
        }
        let answers: Vec<_> = stream::iter(calls).buffered(CALLS_AT_ONCE).try_collect().await?;
        for (some, mut added) in since.chunks(PAGE).zip(answers) {
            for Since { of, .. } in some {
                let updates = added.remove(of).unwrap_or_default();
                let updates = updates.iter().map(|it| Blob(it.encode_to_vec())).collect();
                logs.push(Log { asked_at_ns, inbox: *of, updates });
            }
        }
        Ok(logs)
    }

    async fn inbox_of(&self, address: String) -> Result<Vec<Arrival>, ApiError> {
        let found = self.api.inboxes(std::slice::from_ref(&address)).await?;
        let Some(inbox) = found.into_iter().next().flatten() else { return Ok(Vec::new()) };
        let logs = self.logs(&[Since { of: inbox, id: 0 }]).await?;
        let found = |log| Arrival::Inbox(InboxOf { address: address.clone(), log });
        Ok(logs.into_iter().map(found).collect())
    }

    async fn key_packages(&self, of: &[Installation]) -> Result<KeyPackages, ApiError> {
        let asked_at_ns = nanoseconds(self.clock);
        let mut packages = Vec::with_capacity(of.len());
        for some in of.chunks(PACKAGES_A_CALL) {
            let found = self.api.key_packages(some).await?;
            packages.extend(some.iter().zip(found).map(|(installation, package)| KeyPackageOf {
                installation: *installation,
                package: package.map(Blob),
            }));
        }
        Ok(KeyPackages { asked_at_ns, packages })
    }

    /// Delivering a welcome twice does no harm: who is in the group knows that.
    async fn deliver(&self, welcomes: Vec<WelcomeMessageInput>) -> Result<(), ApiError> {
        let mut left = welcomes.into_iter().peekable();
        // What the others point to is in the first call.
        if left.peek().is_some() {
            self.api.welcome(left.by_ref().take(WELCOMES_A_CALL).collect()).await?;
        }
        let mut calls = Vec::new();
        while left.peek().is_some() {
            calls.push(self.api.welcome(left.by_ref().take(WELCOMES_A_CALL).collect()));
        }
        stream::iter(calls).buffered(CALLS_AT_ONCE).try_collect().await
    }
}
