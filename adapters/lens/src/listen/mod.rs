//! Network → envelopes. Lens has no stream, so every linked conversation is asked for news: often
//! while people talk, rarely when they do not, one question after the other. What concerns the
//! account's own posts is told by its notifications, which only make a conversation's turn come
//! sooner; what is believed is always the conversation itself.

mod archive;
mod changes;
mod discover;
mod hints;
mod leg;
mod login;
mod old;
mod roster;
mod standing;
mod state;
mod tell;
mod votes;

use std::{collections::BTreeMap, time::Duration};

use thiserror::Error;
use threadbridge_core::{
    adapter::{AdapterError, Closed, Health, Inbound, Verdict},
    model::{id::RemoteConversation, time::Clock},
};
use tokio::time::{Instant, sleep_until};

use self::{hints::Hints, leg::Leg, login::Keeper};
use crate::{
    api::{Api, failure::ApiError},
    config::{Begin, Pace},
};

/// By how much a quiet conversation's turn moves away, in hundredths.
const SLOWER_PERCENT: u32 = 150;
/// How often notifications are read while a quiet conversation has one turn: it is one question for
/// all of them.
const HINTS_PER_IDLE: u32 = 6;

/// Why listening ended.
#[derive(Debug, Error)]
pub(crate) enum Ended {
    #[error("the bridge is closing")]
    Closing(#[from] Closed),
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// What listening needs, kept by the account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ear<'a> {
    pub(crate) api: &'a Api,
    pub(crate) gateway: &'a str,
    pub(crate) clock: &'a Clock,
    pub(crate) begin: Begin,
    pub(crate) pace: Pace,
}

/// A conversation and when its turn is.
struct Turn {
    leg: Leg,
    due: Instant,
    every: Duration,
    failure: Option<ApiError>,
    was_read: bool,
}

/// Listens until the connection fails or the bridge closes.
pub(crate) async fn listen(ear: Ear<'_>, inbound: Inbound) -> Result<(), AdapterError> {
    inbound.report(Health::CatchingUp);
    match Box::pin(run(ear, &inbound)).await {
        Ok(()) | Err(Ended::Closing(Closed)) => Ok(()),
        Err(Ended::Api(error)) => {
            inbound.report(Health::Down(error.to_string()));
            // Whatever is refused while we only read, another time may go better.
            let verdict = match error.verdict() {
                Verdict::Reject | Verdict::Reseal => Verdict::Retry,
                Verdict::SuspendLeg => Verdict::Suspend,
                verdict @ (Verdict::Retry | Verdict::RetryAfter(_) | Verdict::Suspend) => verdict,
            };
            Err(AdapterError::new(verdict, error))
        }
    }
}

async fn run(ear: Ear<'_>, inbound: &Inbound) -> Result<(), Ended> {
    let mut login = Keeper::begin(ear, inbound).await?;
    let mut hints = ear.api.session.is_some().then(Hints::default);
    let mut hints_due = Instant::now();
    let mut turns = BTreeMap::new();
    let mut conversations = inbound.conversations();
    let mut may_change = true;
    take_up(&mut turns, &conversations.borrow_and_update(), inbound, ear.pace);
    loop {
        let next = turns.iter().min_by_key(|(_, turn)| turn.due);
        let next = next.map(|(conversation, turn)| (conversation.clone(), turn.due));
        let due = next.as_ref().map_or(hints_due, |(_, due)| *due);
        let due = if hints.is_some() { due.min(hints_due) } else { due };
        let are_read = turns.values().all(|turn| turn.was_read);
        if next.is_none() {
            inbound.report(Health::Connected);
        }
        tokio::select! {
            changed = conversations.changed(), if may_change => {
                may_change = changed.is_ok();
                take_up(&mut turns, &conversations.borrow_and_update(), inbound, ear.pace);
                continue;
            }
            () = login.changed(), if are_read => {
                login.keep(ear, inbound).await?;
                continue;
            }
            () = sleep_until(due), if next.is_some() || hints.is_some() => {}
        }
        if let Some((conversation, at)) = next
            && at <= Instant::now()
            && let Some(turn) = turns.get_mut(&conversation)
        {
            turn.take(ear, inbound).await?;
        }
        if let Some(hints) = &mut hints
            && hints_due <= Instant::now()
            && turns.values().all(|turn| turn.was_read)
        {
            let quickest = turns.values().map(|turn| turn.every).min().unwrap_or(ear.pace.idle);
            hints_due = Instant::now()
                + jittered(quickest.min(ear.pace.idle / HINTS_PER_IDLE).max(ear.pace.active));
            for place in hints.news(ear.api).await? {
                for turn in turns.values_mut().filter(|turn| turn.leg.place.holds(&place)) {
                    turn.leg.hint(&place.name.id);
                    turn.every = ear.pace.active;
                    turn.due = Instant::now();
                }
            }
        }
        tell_health(&turns, inbound);
    }
}

/// Takes new conversations up and lets those go that are no longer linked.
fn take_up(
    turns: &mut BTreeMap<RemoteConversation, Turn>,
    linked: &std::collections::BTreeSet<RemoteConversation>,
    inbound: &Inbound,
    pace: Pace,
) {
    turns.retain(|conversation, _| linked.contains(conversation));
    for conversation in linked {
        if turns.contains_key(conversation) {
            continue;
        }
        if let Some(leg) = Leg::resume(conversation, inbound) {
            let (due, every) = (Instant::now(), pace.active);
            let turn = Turn { leg, due, every, failure: None, was_read: false };
            turns.insert(conversation.clone(), turn);
        }
    }
}

impl Turn {
    /// Asks the conversation for news. What is only its own fault ends nothing else.
    async fn take(&mut self, ear: Ear<'_>, inbound: &Inbound) -> Result<(), Ended> {
        match Box::pin(self.leg.read(ear, inbound)).await {
            Ok(progress) => {
                self.failure = None;
                self.every = rest(self.every, progress.has_news, ear.pace);
                let wait = if progress.has_more { Duration::ZERO } else { jittered(self.every) };
                self.due = Instant::now() + wait;
            }
            Err(Ended::Api(error)) if error.is_about_the_question() => {
                tracing::warn!(%error, "a conversation could not be read; trying again later");
                self.leg.forget_hints();
                self.failure = Some(error);
                self.every = self.every.saturating_mul(2).clamp(ear.pace.active, ear.pace.idle);
                self.due = Instant::now() + jittered(self.every);
            }
            Err(ended) => return Err(ended),
        }
        self.was_read = true;
        Ok(())
    }
}

/// How long a conversation rests after a turn: briefly after news, else longer than before.
fn rest(before: Duration, has_news: bool, pace: Pace) -> Duration {
    let slower = before.saturating_mul(SLOWER_PERCENT) / 100;
    let rest = if has_news { pace.active } else { slower };
    rest.clamp(pace.active, pace.idle.max(pace.active))
}

/// Says how the account is doing, once every conversation had its turn.
fn tell_health(turns: &BTreeMap<RemoteConversation, Turn>, inbound: &Inbound) {
    if !turns.values().all(|turn| turn.was_read) {
        return;
    }
    let failing: Vec<_> = turns.values().filter_map(|turn| turn.failure.as_ref()).collect();
    inbound.report(match failing.first() {
        None => Health::Connected,
        Some(error) => Health::Stalled(format!(
            "{} of {} conversations cannot be read: {error}",
            failing.len(),
            turns.len()
        )),
    });
}

/// The same wait, a little shorter or longer, so that bridges do not ask in step.
fn jittered(wait: Duration) -> Duration {
    let mut byte = [128_u8];
    if getrandom::fill(&mut byte).is_err() {
        return wait;
    }
    let [byte] = byte;
    // Between 90 and 110 hundredths.
    wait.mul_f64(0.9 + f64::from(byte) / 255.0 * 0.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_asked_quickly_while_people_talk_and_slower_and_slower_when_not() {
        let pace = Pace::default();
        let mut every = pace.active;
        let mut rests = Vec::new();
        for _turn in 0..12 {
            every = rest(every, false, pace);
            rests.push(every.as_secs());
        }
        assert_eq!(rests, [3, 4, 6, 10, 15, 22, 34, 51, 60, 60, 60, 60]);
        assert_eq!(rest(every, true, pace), pace.active);
        // Whoever wants to be asked rarely is asked rarely, whatever happens.
        let rarely = Pace { active: Duration::from_secs(100), idle: Duration::from_secs(9) };
        for has_news in [true, false] {
            assert_eq!(rest(every, has_news, rarely), rarely.active);
        }
    }

    #[test]
    fn bridges_do_not_ask_in_step_and_none_waits_much_longer() {
        let second = Duration::from_secs(1);
        let waits: std::collections::BTreeSet<_> = (0..100).map(|_| jittered(second)).collect();
        assert!(waits.len() > 10, "{waits:?}");
        assert!(waits.iter().all(|wait| (900..=1100).contains(&wait.as_millis())), "{waits:?}");
    }
}
