//! The daemon as a process of its own, so that it can really be killed.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use threadbridge_core::adapter::Health;
use threadbridge_core::store::{Reader, RootSecret, Store};
use threadbridge_core::view;
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::Stopped;
use crate::unlock::write_key;

const ACCOUNTS: usize = 3;
const LOG_LINES: usize = 20;

/// An account of the bridge on one of the networks.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: &'static str,
    /// What signs for it, kept in the file `NAME.key`.
    pub(super) key: [u8; 32],
    /// Its settings, as they stand in `bridge.toml`.
    pub(super) settings: String,
    pub(super) conversation: String,
}

/// `threadbridge run` over a folder of its own. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct BridgeProcess {
    folder: PathBuf,
    key: Zeroizing<[u8; 32]>,
    child: Option<Child>,
}

impl BridgeProcess {
    /// Writes `bridge.toml`, keys and an empty store into `folder`. Nothing runs yet.
    pub(super) async fn install(folder: &Path, accounts: &[Account]) -> Result<Self, Stopped> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut())?;
        write_key(&folder.join("store.key"), &key)?;
        for account in accounts {
            write_key(&folder.join(format!("{}.key", account.name)), &account.key)?;
        }
        fs::write(folder.join("bridge.toml"), settings(accounts))?;
        let bridge = Self { folder: folder.to_owned(), key, child: None };
        Store::create(bridge.store(), &bridge.secret())?.close().await?;
        Ok(bridge)
    }

    /// Starts the daemon as `threadbridge run` does, and tells its process id.
    pub(super) fn start(&mut self) -> Result<u32, Stopped> {
        let log = OpenOptions::new().create(true).append(true).open(self.log())?;
        let child = Command::new(own_executable()?)
            .arg("--config")
            .arg(self.folder.join("bridge.toml"))
            .arg("run")
            // Settings of another bridge and proxies may stand in the environment.
            .env_clear()
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // Ctrl-C at the terminal is for the demo, which ends the daemon itself.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().unwrap_or_default();
        self.child = Some(child);
        Ok(id)
    }

    /// Kills the daemon with SIGKILL, and tells which process that was; nothing if none runs.
    pub(super) async fn kill(&mut self) -> Result<Option<u32>, Stopped> {
        let Some(mut child) = self.child.take() else { return Ok(None) };
        let id = child.id();
        child.kill().await?;
        Ok(id)
    }

    pub(super) const fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Fails if the daemon has ended although nobody killed it.
    pub(super) fn must_live(&mut self) -> Result<(), Stopped> {
        let Some(child) = &mut self.child else { return Ok(()) };
        let Some(status) = child.try_wait()? else { return Ok(()) };
        self.child = None;
        let log = fs::read_to_string(self.log())?;
        let lines: Vec<&str> = log.lines().collect();
        let last = lines.len().saturating_sub(LOG_LINES);
        let log = lines.get(last..).unwrap_or_default().join("\n");
        Err(Stopped::BridgeEnded { how: status.to_string(), log })
    }

    /// Whether both accounts hear their network, as `threadbridge status` says it.
    pub(super) fn is_connected(&self) -> Result<bool, Stopped> {
        let status = self.status()?;
        let connected = status.accounts.iter().filter(|it| it.health == Health::Connected).count();
        Ok(connected == ACCOUNTS)
    }

    /// Whether nothing is on its way.
    pub(super) fn is_idle(&self) -> Result<bool, Stopped> {
        let status = self.status()?;
        Ok(status.accounts.iter().all(|it| it.behind == 0 && it.waiting == 0 && it.legs.is_empty()))
    }

    fn status(&self) -> Result<view::Status, Stopped> {
        let reader = Reader::open(self.store(), &self.secret())?;
        Ok(view::status(&reader.snapshot()?)?)
    }

    fn secret(&self) -> RootSecret {
        RootSecret::key_file(*self.key)
    }

    fn store(&self) -> PathBuf {
        self.folder.join("threadbridge.store")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

/// This process's own executable, even after its file was replaced.
fn own_executable() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        Ok(PathBuf::from("/proc/self/exe"))
    } else {
        std::env::current_exe()
    }
}

fn settings(accounts: &[Account]) -> String {
    let mut text = "[store]\nkey = \"file:store.key\"\n".to_owned();
    for Account { name, settings, .. } in accounts {
        text.push_str(&format!("\n[accounts.{name}]\n{settings}"));
    }
    let legs: Vec<String> =
        accounts.iter().map(|it| format!("\"{}:{}\"", it.name, it.conversation)).collect();
    // All of them want it; what Dana says is marked with how well it was protected.
    text.push_str(&format!(
        "\n[[links]]\nname = \"books\"\nlegs = [{}]\ndowngrade = \"allow\"\n",
        legs.join(", ")
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Sources, load};

    #[test]
    fn the_settings_of_the_demo_are_sound() {
        let account = |name, settings: &str, conversation: &str| Account {
            name,
            key: [7; 32],
            settings: settings.to_owned(),
            conversation: conversation.to_owned(),
        };
        let casts = "network = \"farcaster\"\nendpoints = [\"grpc://127.0.0.1:9\"]\n\
                     fid = 1\nsigner = \"file:casts.key\"\n";
        let text = settings(&[
            account("casts", casts, "channel/books"),
            account("more", casts, &format!("thread/3:0x{}", "ab".repeat(20))),
        ]);
        let sources = Sources {
            file: "bridge.toml".to_owned(),
            text,
            variables: Vec::new(),
            flags: Vec::new(),
        };
        let loaded = load(&sources).unwrap();
        assert_eq!((loaded.settings.accounts.len(), loaded.settings.links.len()), (2, 1));
    }
}
