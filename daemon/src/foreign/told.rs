//! Histories that the owner orders to be taken in, and what is said of them.

use std::path::PathBuf;

use threadbridge_core::model::id::AccountName;
use threadbridge_core::model::time::Clock;
use threadbridge_core::secret::Secret;
use threadbridge_core::store::Store;

use super::{Kind, Tally, Unreadable, take_in};
use crate::exit::{Exit, Failure, OrExit};
use crate::settings::Settings;

/// Takes the history of another program in; what came of it, for people.
pub(crate) async fn carry_out(
    store: &Store,
    settings: &Settings,
    (kind, path, account): (Kind, &str, Option<&str>),
    key: Option<Secret>,
) -> Result<String, Failure> {
    let account = account.unwrap_or(kind.usual_account()).to_owned();
    let account = AccountName::parse(account).or_exit(Exit::Failed)?;
    if settings.accounts.contains_key(&account) {
        return Err(Failure::new(
            Exit::Settings,
            "the settings have an account of that name; name another by `--account`",
        ));
    }
    let (store, path, now) = (store.clone(), PathBuf::from(path), Clock::System.now());
    let work = move || take_in(&store, (kind, &path, account), key.as_ref(), now);
    let done = tokio::task::spawn_blocking(work).await.or_exit(Exit::Failed)?;
    done.map(|it| told_of_history(&it)).map_err(|error| {
        let exit = if matches!(error, Unreadable::Store(_)) { Exit::Store } else { Exit::Failed };
        Failure::new(exit, error)
    })
}

/// What came of a history.
fn told_of_history(tally: &Tally) -> String {
    let counts = [
        (tally.came, "came, as history that goes to no leg"),
        (tally.known, "were here already"),
        (tally.erased, "stay out: they were erased here"),
        (tally.pointless, "are about something that is not here"),
        (tally.refused, "change what somebody else said, and stay out"),
        (tally.passed, "have no place here"),
        (tally.different, "are otherwise here, and stay as they are"),
    ];
    let counts = counts.into_iter().filter(|(count, what)| *count > 0 || what.starts_with("came"));
    let mut lines: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    lines.extend(tally.differences.iter().map(|id| format!("    message {id}")));
    lines.join("\n")
}
