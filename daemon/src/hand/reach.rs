//! Whom a text names on a network.

use std::time::Duration;

use threadbridge_core::adapter::{Adapter, Reached, Sought};
use threadbridge_core::model::id::{AccountName, Identity};

use super::Hand;
use crate::cli::{Nobody, find_person, harmless};
use crate::exit::{Exit, Failure, OrExit};
use crate::registry::Connected;

/// How long a network may take to say who somebody is.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The network of addresses, which names people on several.
const ETHEREUM: &str = "ethereum";

impl<'a> Hand<'a> {
    /// Whom a text names, and the account that reaches them.
    pub(super) async fn reach(
        self,
        account: Option<&str>,
        who: &str,
    ) -> Result<(AccountName, Reached), Failure> {
        let (mut found, mut refused) = (Vec::new(), Vec::new());
        for (name, account) in self.asked(account)? {
            match self.look(&*account.adapter, who).await? {
                Sought::Reached(reached) => found.push((name.clone(), reached)),
                Sought::Unreachable(reason) => refused.push(format!("{name}: {reason}")),
                Sought::Unable | Sought::Unnamed => {}
            }
        }
        let who = harmless(who);
        match (found.len(), found.pop()) {
            (1, Some(one)) => Ok(one),
            (_, Some((last, _))) => {
                let names = found.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
                let names = format!("{} and {last}", names.join(", "));
                let why = format!("several accounts reach {who}: {names}; choose by --account");
                Err(Failure::new(Exit::Settings, why))
            }
            (_, None) if refused.is_empty() => {
                let why = "no account here can begin a conversation with somebody; one on XMTP can";
                Err(Failure::new(Exit::Failed, why))
            }
            (_, None) => {
                let why = format!("{who} cannot be written to ({})", refused.join("; "));
                Err(Failure::new(Exit::Failed, why))
            }
        }
    }

    /// The accounts that are asked.
    fn asked(
        self,
        account: Option<&str>,
    ) -> Result<Vec<(&'a AccountName, &'a Connected)>, Failure> {
        let all = self.accounts.iter().filter(|(name, _)| !self.settings.is_voice(name));
        let is_asked = |name: &AccountName| account.is_none_or(|it| it == name.as_str());
        let asked: Vec<_> = all.filter(|(name, _)| is_asked(name)).collect();
        match account {
            Some(account) if asked.is_empty() => {
                let what = format!("the settings have no account `{}`", harmless(account));
                Err(Failure::new(Exit::Settings, what))
            }
            Some(_) | None => Ok(asked),
        }
    }

    /// Whom a text names on one network: in its own form, or by what is known here.
    async fn look(self, adapter: &dyn Adapter, who: &str) -> Result<Sought, Failure> {
        let network = adapter.network().as_str().to_owned();
        let is_there = |it: &str| it == network || it == ETHEREUM;
        if let Some((_, id)) = who.split_once(':').filter(|(it, _)| is_there(it)) {
            return look_up(adapter, id).await;
        }
        match look_up(adapter, who).await? {
            Sought::Unnamed => {}
            sought @ (Sought::Unable | Sought::Unreachable(_) | Sought::Reached(_)) => {
                return Ok(sought);
            }
        }
        let snapshot = self.store.snapshot().or_exit(Exit::Store)?;
        let known = match find_person(&snapshot, who) {
            Ok(known) => known,
            Err(Nobody::Unknown(_)) => {
                let why = format!(
                    "nobody of that name is known here; name them by an address or an id of {network}, \
                     or see `threadbridge people --all`"
                );
                return Ok(Sought::Unreachable(why));
            }
            Err(error @ Nobody::Several(..)) => return Err(Failure::new(Exit::Failed, error)),
            Err(error @ Nobody::Read(_)) => return Err(Failure::new(Exit::Store, error)),
        };
        let mut sought = Sought::Unreachable(format!(
            "nothing proves who they are on {network}; name them by an address or an id there, or \
             join the two by `threadbridge person join`"
        ));
        let (own, others): (Vec<Identity>, Vec<Identity>) =
            known.person.identities.into_iter().partition(|it| it.network.as_str() == network);
        let others = others.into_iter().filter(|it| it.network.as_str() == ETHEREUM);
        for identity in own.into_iter().chain(others) {
            match look_up(adapter, identity.author.as_str()).await? {
                found @ Sought::Reached(_) => return Ok(found),
                unreachable @ Sought::Unreachable(_) => sought = unreachable,
                Sought::Unnamed | Sought::Unable => {}
            }
        }
        Ok(sought)
    }
}

async fn look_up(adapter: &dyn Adapter, who: &str) -> Result<Sought, Failure> {
    match tokio::time::timeout(ANSWER_WITHIN, adapter.look_up(who)).await {
        Ok(answer) => answer.or_exit(Exit::Network),
        Err(_elapsed) => Err(Failure::new(Exit::Network, "the network does not answer")),
    }
}
