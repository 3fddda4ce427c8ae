//! Lens: whether the API answers, the login works, and the account may speak.

use threadbridge_core::model::id::{AccountName, Leg};
use threadbridge_lens::{AccountReport, ApiError, Lens, Membership, ReportedRole};

use super::Finding;
use crate::logging::chain;

pub(super) async fn examine(name: &AccountName, adapter: &Lens, legs: &[Leg]) -> Vec<Finding> {
    let subject = format!("accounts.{name} api");
    if let Err(error) = adapter.reaches().await {
        let advice = "check `endpoint` and the network";
        return vec![Finding::fail(&subject, chain(&error), advice)];
    }
    let mut findings = vec![Finding::ok(&subject, "it answers")];
    findings.push(retention(name, adapter.is_on_trial()));
    findings.extend(match adapter.account_report().await {
        Ok(Some(report)) => {
            let mut findings = means(name, &report);
            for leg in legs {
                findings.extend(group(adapter, leg).await);
            }
            findings
        }
        Ok(None) => {
            vec![Finding::ok(&format!("accounts.{name} login"), "none: the account only reads")]
        }
        Err(error) => vec![failed(name, &error)],
    });
    findings
}

/// How long what is said stays.
fn retention(name: &AccountName, is_on_trial: bool) -> Finding {
    let subject = format!("accounts.{name} retention");
    if is_on_trial {
        let found =
            "the test network: what is said there, and the pictures, may be cleared any day";
        let advice = "set `chain_id = 232`, with its `endpoint` and `grove`, for what is to stay";
        return Finding::warn(&subject, found, advice);
    }
    Finding::ok(&subject, "what is said stays for good, on chain and on Grove")
}

/// Whether the account may speak in a group that is linked.
async fn group(adapter: &Lens, leg: &Leg) -> Option<Finding> {
    let subject = leg.to_string();
    let found = match adapter.membership(&leg.conversation).await {
        Ok(membership) => membership?,
        Err(error) => {
            let advice = "look again when the API answers";
            return Some(Finding::warn(&subject, chain(&error), advice));
        }
    };
    Some(match found {
        Membership::Member => Finding::ok(&subject, "the account is a member of the group"),
        Membership::Stranger => Finding::fail(
            &subject,
            "the account is no member of the group: nothing can be said there",
            "have the account join the group, or the group's owner let it in",
        ),
        Membership::Banned => Finding::fail(
            &subject,
            "the account is banned from the group",
            "ask the group's owner to let it in again, or take the leg from its link",
        ),
        Membership::Silenced(reason) => {
            let found = format!("the account may not post in the group ({reason})");
            Finding::fail(&subject, found, "see what the rules of its feed ask for")
        }
        Membership::Feedless => Finding::fail(
            &subject,
            "the group has no feed",
            "link a group that has one, or a feed (`feed/ADDRESS`)",
        ),
        Membership::Nothing => {
            Finding::fail(&subject, "there is no such group", "check its address")
        }
    })
}

fn failed(name: &AccountName, error: &ApiError) -> Finding {
    let advice = "mend what the reason names; the owner can add the key again as a manager";
    Finding::fail(&format!("accounts.{name} login"), chain(error), advice)
}

fn means(name: &AccountName, report: &AccountReport) -> Vec<Finding> {
    let mut findings = vec![role(name, report.role)];
    let subject = |what| format!("accounts.{name} {what}");
    if !report.is_for_app {
        let advice = "set `app` to the app that the account logs in through";
        findings.push(Finding::warn(&subject("app"), "the login is for another app", advice));
    }
    findings.push(if report.is_signless {
        Finding::ok(&subject("signless"), "posts need no signature of the owner's wallet")
    } else {
        let advice = "have the owner switch signless on (`enableSignless`), once";
        let found = "each post needs a signature of the owner's wallet: nothing can be said";
        Finding::fail(&subject("signless"), found, advice)
    });
    let allowance = &report.allowance;
    let left = format!(
        "{} of {} transactions left each {}",
        allowance.left,
        allowance.all,
        allowance.window.to_lowercase()
    );
    findings.push(if report.is_sponsored && allowance.left > 0 {
        Finding::ok(&subject("sponsorship"), left)
    } else if report.is_sponsored {
        Finding::warn(&subject("sponsorship"), left, "wait, or see that the app sponsors more")
    } else {
        let advice = "log in through an app that sponsors, or give the account gas";
        Finding::warn(&subject("sponsorship"), "nobody pays for its transactions", advice)
    });
    findings
}

fn role(name: &AccountName, role: ReportedRole) -> Finding {
    let subject = format!("accounts.{name} role");
    match role {
        ReportedRole::Manager { can_post: true, can_spend: false } => {
            Finding::ok(&subject, "a manager that may post and cannot spend")
        }
        ReportedRole::Manager { can_post: true, can_spend: true } => Finding::warn(
            &subject,
            "a manager that could spend the account's tokens, which the bridge never does",
            "take the permission `canTransferTokens` from it",
        ),
        ReportedRole::Manager { can_post: false, .. } => Finding::fail(
            &subject,
            "a manager that may not post",
            "give it the permission `canExecuteTransactions`",
        ),
        ReportedRole::Owner => Finding::warn(
            &subject,
            "the owner's own key, which can do everything with the account",
            "add a manager to the account and set `manager` in place of `owner`",
        ),
        ReportedRole::Unknown => {
            Finding::fail(&subject, "none for this account", "check `account`, and the key")
        }
    }
}

#[cfg(test)]
mod tests {
    use threadbridge_lens::Allowance;

    use super::super::Grade;
    use super::*;

    fn report() -> AccountReport {
        AccountReport {
            role: ReportedRole::Manager { can_post: true, can_spend: false },
            is_signless: true,
            is_sponsored: true,
            allowance: Allowance { window: "DAY".to_owned(), all: 50, left: 49 },
            is_for_app: true,
        }
    }

    fn worst(report: &AccountReport) -> Grade {
        let name = AccountName::parse("posts").unwrap();
        means(&name, report).iter().map(|finding| finding.grade).max().unwrap()
    }

    #[test]
    fn a_test_network_keeps_nothing_for_good() {
        let name = AccountName::parse("posts").unwrap();
        let grades = [true, false].map(|is_on_trial| retention(&name, is_on_trial).grade);
        assert_eq!(grades, [Grade::Warn, Grade::Ok]);
    }

    #[test]
    fn an_account_that_can_speak_is_well() {
        assert_eq!(worst(&report()), Grade::Ok);
    }

    #[test]
    fn an_account_that_cannot_speak_is_found() {
        assert_eq!(worst(&AccountReport { is_signless: false, ..report() }), Grade::Fail);
        let role = ReportedRole::Manager { can_post: false, can_spend: false };
        assert_eq!(worst(&AccountReport { role, ..report() }), Grade::Fail);
        let role = ReportedRole::Owner;
        assert_eq!(worst(&AccountReport { role, ..report() }), Grade::Warn);
        assert_eq!(worst(&AccountReport { is_sponsored: false, ..report() }), Grade::Warn);
    }
}
