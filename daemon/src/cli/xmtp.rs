//! `threadbridge xmtp`: the installations of an account's inbox.

use clap::Subcommand;
use serde::Serialize;
use threadbridge_core::media::Porter;
use threadbridge_core::model::id::AccountName;
use threadbridge_xmtp::{InboxReport, MAX_INSTALLATIONS, Xmtp};

use super::output::{print, print_json, rfc3339};
use super::runtime;
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::registry;
use crate::settings::account::AccountSettings;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Lists the installations of the account's inbox. An inbox takes ten.
    Installations {
        /// The account.
        account: String,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Takes an installation out of the inbox, for good: it can read nothing that is said from then
    /// on.
    Revoke {
        /// The account.
        account: String,
        /// The installation's public key, as `installations` shows it.
        installation: String,
    },
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    inbox: &'a str,
    addresses: &'a [String],
    installations: Vec<ShownInstallation<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownInstallation<'a> {
    key: &'a str,
    added_at: Option<String>,
    added_by: Option<&'a str>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    match &args.act {
        Act::Installations { account, json } => {
            let report =
                block_on(home, account, async |it| it.inbox().await.or_exit(Exit::Network))?;
            match report {
                None => print("the wallet has no inbox yet; the first run makes it"),
                Some(report) if *json => print_json(&shown(&report)),
                Some(report) => list(&report),
            }
        }
        Act::Revoke { account, installation } => {
            block_on(home, account, async |it| {
                it.revoke(installation).await.or_exit(Exit::Network)
            })?;
            print("it is revoked; members take it out of their groups with what they say next")
        }
    }
}

fn shown(report: &InboxReport) -> Shown<'_> {
    let installations = report.installations.iter().map(|it| ShownInstallation {
        key: &it.key,
        added_at: it.added_at.and_then(rfc3339),
        added_by: it.added_by.as_deref(),
    });
    Shown {
        inbox: &report.inbox,
        addresses: &report.addresses,
        installations: installations.collect(),
    }
}

fn list(report: &InboxReport) -> Result<(), Failure> {
    let count = report.installations.len();
    print(&format!("inbox {}: {count} of {MAX_INSTALLATIONS} installations", report.inbox))?;
    for one in &report.installations {
        let at = one.added_at.and_then(rfc3339);
        let at = at.map_or_else(String::new, |at| format!(" added {at}"));
        let by = one.added_by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        print(&format!("{}{at}{by}", one.key))?;
    }
    Ok(())
}

fn block_on<T>(
    home: &Home,
    name: &str,
    act: impl AsyncFnOnce(Xmtp) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let settings = home.load()?.settings;
    let account = AccountName::parse(name).ok();
    let account = account.and_then(|name| settings.accounts.get_key_value(&name));
    let Some((name, account)) = account else {
        let what = format!("the settings have no account `{name}`");
        return Err(Failure::new(Exit::Settings, what));
    };
    let secrets = registry::secrets(home, name, account).or_exit(Exit::Settings)?;
    // Clients of servers live in the runtime.
    runtime()?.block_on(async {
        match account {
            AccountSettings::Xmtp(settings) => {
                act(registry::xmtp(name, settings, &secrets, Porter::default())
                    .or_exit(Exit::Settings)?)
                .await
            }
            AccountSettings::Farcaster(_) | AccountSettings::Lens(_) => {
                let what = format!("`{name}` is on {}, not on xmtp", account.network());
                Err(Failure::new(Exit::Settings, what))
            }
        }
    })
}
