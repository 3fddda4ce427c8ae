//! Sees to it that direct conversations go on: gathers them anew when it turns out who is one person
//! with whom, and moves them when a leg fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, watch};
use tokio_util::sync::CancellationToken;

use super::account::{Account, Chain};
use super::bridge::{Running, Setup, StartError, linked};
use super::direct::{empty, is_pending, pending_since, redirect, routes, unsendable};
use super::head::{grow, last_place};
use super::joins;
use super::route::{Route, Routes};
use crate::adapter::Adapter;
use crate::model::direct::{Closed, Direct, Directs};
use crate::model::id::{AccountName, ConversationId, Leg, Seq};
use crate::model::journal::Note;
use crate::model::time::Clock;
use crate::people;
use crate::store::span::Span;
use crate::store::tables::{BACKLOG, DIRECTS, NOTES, OUTBOX};
use crate::store::{ChangeError, ReadError, Reads, Store, Unit, WriteError};

/// How often legs are looked at, at most and at least.
const OFTEN: Duration = Duration::from_millis(50);
const SELDOM: Duration = Duration::from_secs(10);

/// What a bridge and the task that tends its conversations have in common.
#[derive(Clone, Debug)]
pub(super) struct Tending {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) running: Arc<Mutex<BTreeMap<AccountName, Running>>>,
    pub(super) routes: watch::Sender<Arc<Routes>>,
    pub(super) setup: Arc<Mutex<Setup>>,
    pub(super) people_changed: Arc<Notify>,
}

/// What is wrong with a leg.
struct Trouble {
    reason: String,
}

type Accounts = BTreeMap<AccountName, Arc<Account>>;

/// Where people are heard who begin direct conversations with the owner.
fn open_to_all(
    directs: &Directs,
    accounts: &BTreeMap<AccountName, Arc<dyn Adapter>>,
) -> impl Iterator<Item = Leg> {
    directs.accounts.iter().filter_map(|account| {
        let conversation = accounts.get(account)?.strangers()?;
        Some(Leg { account: account.clone(), conversation })
    })
}

impl Tending {
    pub(super) fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            running: Arc::default(),
            routes: watch::Sender::new(Arc::default()),
            setup: Arc::default(),
            people_changed: Arc::default(),
        }
    }

    /// Makes the store agree with the setup, and everybody follow the routes that come of it.
    pub(super) async fn agree(&self, setup: &Setup) -> Result<Arc<Routes>, StartError> {
        let now = self.clock.now();
        let mut routed = Route::of(&setup.links);
        let linked: BTreeSet<Leg> = routed.iter().flat_map(Route::legs).cloned().collect();
        let people = setup.known_people();
        let introduced = people.introduced();
        let (direct, accounts) = (setup.direct.clone(), setup.accounts.clone());
        let agree = move |unit: &mut Unit<'_>| {
            people::index_claims(unit)?;
            people::introduce(unit, &introduced)?;
            if let Some(direct) = &direct {
                routed.extend(routes(unit, direct, &accounts, &linked)?);
            }
            let mut routes = joins::join(unit, routed, now)?;
            routes.begun.extend(direct.iter().flat_map(|it| open_to_all(it, &accounts)));
            Ok(routes)
        };
        let routes = self.store.write(agree).await?;
        let routes = Arc::new(Routes { people, ..routes });
        self.routes.send_replace(Arc::clone(&routes));
        Ok(routes)
    }

    /// Tends them until `stop`.
    pub(super) async fn run(self, head: watch::Sender<Seq>, stop: CancellationToken) {
        loop {
            let often = self.setup.lock().await.direct.as_ref().map(|it| it.move_after / 8);
            let often = often.unwrap_or(SELDOM).clamp(OFTEN, SELDOM);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.people_changed.notified() => self.follow_people().await,
                () = tokio::time::sleep(often) => {}
            }
            if let Err(error) = self.look_around(&head).await {
                tracing::warn!(error = %Chain(&error), "direct conversations were not looked after");
            }
        }
    }

    /// Gathers direct conversations anew.
    async fn follow_people(&self) {
        if self.setup.lock().await.direct.is_some() {
            self.gather().await;
        }
    }

    /// Has everybody follow what conversations there are now.
    pub(super) async fn gather(&self) {
        let running = self.running.lock().await;
        let setup = self.setup.lock().await.clone();
        let before = self.routes.borrow().clone();
        match self.agree(&setup).await {
            Ok(routes) if routes == before => {}
            Ok(routes) => {
                for (name, it) in running.iter() {
                    it.linked.send_replace(linked(&routes, name));
                    it.account.hurry().await;
                }
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "direct conversations were not gathered");
            }
        }
    }

    /// Looks at every leg of every direct conversation.
    async fn look_around(&self, head: &watch::Sender<Seq>) -> Result<(), StartError> {
        let Some(directs) = self.setup.lock().await.direct.clone() else { return Ok(()) };
        let accounts: Accounts = {
            let running = self.running.lock().await;
            running.iter().map(|(name, it)| (name.clone(), Arc::clone(&it.account))).collect()
        };
        let routes = self.routes.borrow().clone();
        for (conversation, _) in routes.directs() {
            let snapshot = self.store.snapshot()?;
            let Some(direct) = snapshot.get(&DIRECTS, &conversation)? else { continue };
            let mut legs: BTreeSet<Leg> = direct.ways.iter().map(|it| it.leg.clone()).collect();
            legs.extend(direct.closed.keys().cloned());
            for leg in legs {
                let account = accounts.get(&leg.account);
                let stalled = self.stalled_for(&snapshot, &leg)?;
                let trouble =
                    trouble(account, &leg, stalled.filter(|it| *it >= directs.move_after));
                let closed = direct.closed.get(&leg);
                let waits = is_pending(&snapshot, &leg)?;
                match (closed, trouble) {
                    (None, None) => self.reopen(account, &leg),
                    (closed, Some(trouble)) if waits => {
                        let reason = closed.map_or(trouble.reason, |it| it.reason.clone());
                        self.give_up(conversation, (account, &leg), reason, &accounts).await?;
                    }
                    (Some(Closed { reason, .. }), None) if waits => {
                        self.give_up(conversation, (account, &leg), reason.clone(), &accounts)
                            .await?;
                    }
                    (Some(_) | None, _) => {}
                }
                self.redirect_all(&direct, &leg, &accounts).await?;
            }
        }
        grow(head, last_place(&self.store.snapshot()?)?);
        Ok(())
    }

    fn stalled_for(&self, store: &impl Reads, leg: &Leg) -> Result<Option<Duration>, ReadError> {
        Ok(pending_since(store, leg)?.map(|since| self.clock.now().since(since)))
    }

    /// A leg that was closed is open again, because the other one spoke there.
    fn reopen(&self, account: Option<&Arc<Account>>, leg: &Leg) {
        if let Some(account) = account
            && account.doors.open(leg)
        {
            account.wakes(vec![leg.clone()]);
        }
    }

    /// Has a conversation go on elsewhere, once nobody sends on the leg any more.
    async fn give_up(
        &self,
        conversation: ConversationId,
        (account, leg): (Option<&Arc<Account>>, &Leg),
        reason: String,
        accounts: &Accounts,
    ) -> Result<(), WriteError<ChangeError>> {
        let _only_one_unit_of_work = match account {
            Some(account) if !account.doors.close(leg) => return Ok(()),
            Some(account) => Some(account.unit.lock().await),
            None => None,
        };
        let (from, now) = (leg.clone(), self.clock.now());
        let went_on = move |unit: &mut Unit<'_>| {
            let went_on = empty(unit, conversation, &from, (&reason, now))?;
            if let Err(why) = went_on {
                note(unit, conversation, &from, &format!("{reason}; {why}"))?;
            }
            Ok::<_, ChangeError>(went_on)
        };
        match self.store.write(went_on).await? {
            Ok(to) => {
                tracing::warn!(account = %leg.account, to = %to.account, "a direct conversation goes on elsewhere");
                if let Some(to) = accounts.get(&to.account) {
                    to.something_learnt();
                }
            }
            Err(_) => self.reopen(account, leg),
        }
        Ok(())
    }

    /// What the network of a leg would not take goes over the next.
    async fn redirect_all(
        &self,
        direct: &Direct,
        leg: &Leg,
        accounts: &Accounts,
    ) -> Result<(), StartError> {
        let mut letters = unsendable(&self.store.snapshot()?, leg)?;
        letters.retain(|it| it.row.conversation == direct.conversation);
        let now = self.clock.now();
        for letter in letters {
            let redirect = move |unit: &mut Unit<'_>| redirect(unit, &letter, now);
            if let Ok(to) = self.store.write(redirect).await?
                && let Some(account) = accounts.get(&to.account)
            {
                account.something_learnt();
            }
        }
        Ok(())
    }
}

/// What is wrong with a leg, if anything is.
fn trouble(
    account: Option<&Arc<Account>>,
    leg: &Leg,
    stalled_for: Option<Duration>,
) -> Option<Trouble> {
    let Some(account) = account else {
        return Some(Trouble { reason: "its account is gone".to_owned() });
    };
    let reason = if account.suspended.borrow().is_some() {
        "the account may not be used any more"
    } else if account.doors.is_refused(leg) {
        "the network refuses it"
    } else {
        stalled_for.map(|_| "nothing gets through")?
    };
    Some(Trouble { reason: reason.to_owned() })
}

/// Lets the owner see why something stays where it is.
fn note(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    leg: &Leg,
    reason: &str,
) -> Result<(), ChangeError> {
    let mut seqs: Vec<Seq> = Vec::new();
    let rows = unit.scan(&OUTBOX, Span::under(leg), 64)?;
    seqs.extend(rows.into_iter().map(|(_, row)| row.seq));
    let rows = unit.scan(&BACKLOG, Span::under(leg), 64)?;
    seqs.extend(rows.into_iter().map(|(_, row)| row.seq));
    for seq in seqs {
        let key = (conversation, seq, leg.clone());
        if unit.get(&NOTES, &key)?.is_none() {
            let note = Note { leg: leg.clone(), refused: false, reason: reason.to_owned() };
            unit.put(&NOTES, &key, &note)?;
        }
    }
    Ok(())
}
