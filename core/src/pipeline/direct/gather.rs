//! Which legs are ways to the same person.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::adapter::Adapter;
use crate::model::direct::{Directs, Way};
use crate::model::event::ProfileRow;
use crate::model::id::{AccountName, Identity, Leg};
use crate::model::link::Downgrade;
use crate::model::person::Attitude;
use crate::people::{introduced, kin};
use crate::pipeline::route::{Route, Ways};
use crate::store::span::Span;
use crate::store::tables::{PROFILES, STANDINGS};
use crate::store::{ReadError, Reads};

/// The direct conversations with everybody whom the owner introduced or accepted. A leg that a
/// link names is the link's.
pub(in crate::pipeline) fn routes(
    store: &impl Reads,
    directs: &Directs,
    accounts: &BTreeMap<AccountName, Arc<dyn Adapter>>,
    linked: &BTreeSet<Leg>,
) -> Result<Vec<Route>, ReadError> {
    let mut routes = Vec::new();
    let mut seen = BTreeSet::new();
    let mut taken = linked.clone();
    for (name, who) in everybody(store)? {
        if seen.contains(&who) {
            continue;
        }
        let kin = kin(store, &who)?;
        seen.extend(kin.identities.iter().cloned());
        let mut ways = Vec::new();
        for account in &directs.accounts {
            let Some(adapter) = accounts.get(account) else { continue };
            let there = kin.identities.iter().filter(|it| it.network == *adapter.network());
            for conversation in there.filter_map(|it| adapter.direct(it)) {
                let level = adapter.capabilities(&conversation).level;
                let leg = Leg { account: account.clone(), conversation };
                if taken.insert(leg.clone()) {
                    ways.push(Way { leg, level });
                }
            }
        }
        if !ways.is_empty() {
            let reply_on = directs.reply_on.clone();
            let may_downgrade = directs.downgrade == Downgrade::Allow;
            routes.push(Route::direct(name, Ways { ways, reply_on, may_downgrade }));
        }
    }
    Ok(routes)
}

/// Whom the owner knows, with what to call them.
fn everybody(store: &impl Reads) -> Result<Vec<(String, Identity)>, ReadError> {
    let mut everybody = Vec::new();
    for person in introduced(store)? {
        let Some(name) = person.name else { continue };
        everybody.extend(person.identities.into_iter().map(|it| (name.clone(), it)));
    }
    for (_, standing) in store.scan(&STANDINGS, Span::all(), usize::MAX)? {
        if standing.attitude == Attitude::Accepted {
            let profile = store.get(&PROFILES, &standing.identity)?;
            let name =
                profile.and_then(|ProfileRow { display_name, handle, .. }| display_name.or(handle));
            let name = name.unwrap_or_else(|| standing.identity.author.as_str().to_owned());
            everybody.push((name, standing.identity));
        }
    }
    Ok(everybody)
}
