//! The networks: whether what an account needs answers, and how far its means go.

use std::time::Duration;

use threadbridge_core::media::Porter;
use threadbridge_core::model::id::{AccountName, Leg};
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_farcaster::{Budget, Farcaster, NodeReport, SignerState};

use super::{Finding, lens, xmtp};
use crate::home::Home;
use crate::logging::chain;
use crate::registry;
use crate::settings::account::AccountSettings;

/// A node that is further behind than this shows what is said only much later.
const FAR_BEHIND: Duration = Duration::from_secs(60);
/// Farcaster refuses what was said more than ten minutes in the future.
const SKEW_REFUSED: Duration = Duration::from_secs(10 * 60);
/// What is off by more than this looks odd beside what others say.
const SKEW_ODD: Duration = Duration::from_secs(30);
/// A key that expires sooner should be renewed.
const EXPIRES_SOON: Duration = Duration::from_secs(14 * 24 * 3600);

pub(super) async fn examine(
    home: &Home,
    (name, account): (&AccountName, &AccountSettings),
    legs: &[Leg],
) -> Vec<Finding> {
    // That a secret is missing was found already.
    let Ok(secrets) = registry::secrets(home, name, account) else { return Vec::new() };
    match account {
        AccountSettings::Farcaster(settings) => {
            match registry::farcaster(name, settings, &secrets) {
                Ok(adapter) => farcaster(name, &adapter).await,
                Err(error) => vec![unusable(name, &error)],
            }
        }
        // Pictures are not looked at.
        AccountSettings::Lens(settings) => {
            match registry::lens(name, settings, &secrets, Porter::default()) {
                Ok(adapter) => lens::examine(name, &adapter, legs).await,
                Err(error) => vec![unusable(name, &error)],
            }
        }
        AccountSettings::Xmtp(settings) => {
            match registry::xmtp(name, settings, &secrets, Porter::default()) {
                Ok(adapter) => xmtp::examine(name, &adapter).await,
                Err(error) => vec![unusable(name, &error)],
            }
        }
    }
}

fn unusable(name: &AccountName, error: &registry::ConnectError) -> Finding {
    Finding::fail(&format!("accounts.{name}"), chain(error), "mend the account's settings")
}

async fn farcaster(name: &AccountName, adapter: &Farcaster) -> Vec<Finding> {
    let mut findings = Vec::new();
    let now = Clock::System.now();
    let reports = adapter.examine().await;
    let answers = reports.iter().any(|(_, report)| report.is_ok());
    for (node, report) in &reports {
        let subject = format!("accounts.{name} {node}");
        match report {
            Ok(report) => findings.extend(node_findings(&subject, report, now)),
            // As long as another one answers, the bridge works.
            Err(error) if answers => {
                let advice = "another node steps in; mend this one or take it out";
                findings.push(Finding::warn(&subject, chain(error), advice));
            }
            Err(error) => {
                let advice = "check address and network; `endpoints` can name further nodes";
                findings.push(Finding::fail(&subject, chain(error), advice));
            }
        }
    }
    if answers {
        findings.push(match adapter.signer_state().await {
            Ok(state) => signer(name, &state, now),
            Err(error) => unasked(&format!("accounts.{name}.signer"), &error),
        });
        match adapter.budget().await {
            Ok(Some(means)) => findings.push(budget(name, &means)),
            Ok(None) => {}
            Err(error) => findings.push(unasked(&format!("accounts.{name} storage"), &error)),
        }
    }
    findings
}

fn unasked(subject: &str, error: &(dyn std::error::Error + 'static)) -> Finding {
    Finding::warn(subject, chain(error), "the node does not tell; try another one")
}

fn node_findings(subject: &str, report: &NodeReport, now: Timestamp) -> Vec<Finding> {
    let found = format!("version {}, {} shards", report.version, report.shards);
    let mut findings = vec![if report.behind > FAR_BEHIND {
        let found = format!("{found}, {} s behind", report.behind.as_secs());
        Finding::warn(subject, found, "it is catching up or cut off; prefer another one")
    } else {
        Finding::ok(subject, found)
    }];
    findings.extend(report.date.as_deref().and_then(|date| clock(subject, date, now)));
    findings
}

/// How far our clock is from the node's.
fn clock(subject: &str, date: &str, now: Timestamp) -> Option<Finding> {
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    let theirs = Timestamp::from_secs(theirs.as_second());
    let skew = now.since(theirs).max(theirs.since(now));
    let subject = format!("{subject} clock");
    let found = format!("{} s apart from ours", skew.as_secs());
    let advice = "set this machine's clock (NTP): networks refuse what comes from the future";
    Some(match skew {
        far if far >= SKEW_REFUSED => Finding::fail(&subject, found, advice),
        odd if odd >= SKEW_ODD => Finding::warn(&subject, found, advice),
        _ => Finding::ok(&subject, found),
    })
}

fn signer(name: &AccountName, state: &SignerState, now: Timestamp) -> Finding {
    let subject = format!("accounts.{name}.signer");
    let add = "`threadbridge signer request` says what the fid's wallet has to sign for it";
    let renew = "renew it: `threadbridge signer request` says what the fid's wallet has to sign";
    match state {
        SignerState::Absent => Finding::ok(&subject, "none: the account only reads"),
        SignerState::Active { expires_at_s: None, scopes } => {
            Finding::ok(&subject, format!("it may sign {}", everything_or(scopes)))
        }
        SignerState::Active { expires_at_s: Some(at_s), scopes } => {
            let at = Timestamp::from_secs(i64::try_from(*at_s).unwrap_or(i64::MAX));
            let left = at.since(now);
            let days = left.as_secs() / 86_400;
            let found = format!("it may sign {} for another {days} days", everything_or(scopes));
            if left.is_zero() {
                Finding::fail(&subject, "it has expired", renew)
            } else if left < EXPIRES_SOON {
                Finding::warn(&subject, found, renew)
            } else {
                Finding::ok(&subject, found)
            }
        }
        SignerState::OutOfScope { scopes } => {
            let found = format!("it may not sign casts, but {}", everything_or(scopes));
            Finding::fail(&subject, found, renew)
        }
        SignerState::Removed => Finding::fail(&subject, "it was removed from the fid", add),
        SignerState::Unknown => Finding::fail(&subject, "the fid does not have it", add),
    }
}

fn everything_or(scopes: &[String]) -> String {
    if scopes.is_empty() { "everything".to_owned() } else { scopes.join(", ") }
}

fn budget(name: &AccountName, means: &Budget) -> Finding {
    let subject = format!("accounts.{name} storage");
    let found = format!(
        "{} of {} casts kept, {} messages an hour",
        means.casts.used, means.casts.limit, means.hourly_messages
    );
    if means.casts.limit == 0 {
        Finding::fail(&subject, "the fid has none", "rent a storage unit for it")
    } else if means.is_scarce() {
        let advice = "rent another storage unit: the network drops the fid's oldest casts";
        Finding::warn(&subject, found, advice)
    } else {
        Finding::ok(&subject, found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Grade;
    use super::*;

    fn grade(date: &str, now_s: i64) -> Option<Grade> {
        clock("node", date, Timestamp::from_secs(now_s)).map(|finding| finding.grade)
    }

    #[test]
    fn a_clock_that_is_off_is_found_from_what_a_node_says() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(grade(date, 784_111_777), Some(Grade::Ok));
        assert_eq!(grade(date, 784_111_777 + 45), Some(Grade::Warn));
        assert_eq!(grade(date, 784_111_777 - 700), Some(Grade::Fail));
        assert_eq!(grade("yesterday", 0), None);
    }

    #[test]
    fn a_key_that_cannot_cast_is_found() {
        let name = AccountName::parse("casts").unwrap();
        let grade = |state| signer(&name, &state, Timestamp::from_secs(1_000_000)).grade;
        let until = |expires_at_s| SignerState::Active { expires_at_s, scopes: Vec::new() };
        assert_eq!(grade(until(None)), Grade::Ok);
        assert_eq!(grade(until(Some(1_000_000 + 80 * 86_400))), Grade::Ok);
        assert_eq!(grade(until(Some(1_100_000))), Grade::Warn);
        assert_eq!(grade(until(Some(900_000))), Grade::Fail);
        assert_eq!(grade(SignerState::OutOfScope { scopes: Vec::new() }), Grade::Fail);
        assert_eq!(grade(SignerState::Unknown), Grade::Fail);
        assert_eq!(grade(SignerState::Removed), Grade::Fail);
    }
}
