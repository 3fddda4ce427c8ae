//! Our Lens network with a feed, the bridge's account, and people; whoever asks it anything is held
//! to the true schema.

use std::time::Duration;

use threadbridge_devnet::lens::wallet::Wallet;
use threadbridge_devnet::lens::{Address, Lens, LensSettings, Permissions, Person};

use super::script::Script;
use super::standard::{APP, Checker};
use crate::farcaster::daemon::Home;

/// How long a transaction takes until it shows.
const INDEX_AFTER: Duration = Duration::from_millis(150);

/// The network.
#[derive(Debug)]
pub(crate) struct Town {
    pub(crate) lens: Lens,
    checker: Checker,
    /// The feed that is bridged.
    pub(crate) feed: String,
    /// The bridge's account.
    pub(crate) bridge: String,
    /// Whose it is.
    pub(crate) owner: Person,
}

fn hex(address: Address) -> String {
    format!("{address:#x}")
}

impl Town {
    pub(crate) async fn opens() -> Self {
        let settings = LensSettings { index_after: INDEX_AFTER, ..LensSettings::default() };
        let lens = Lens::start(settings).await.unwrap();
        let checker = Checker::before(&lens.api_url(), &[]).await;
        let feed = hex(lens.make_feed("books"));
        let bridge = lens.make_account("bridge");
        let manager = lens.make_wallet("the bridge's manager");
        bridge.add_manager(&lens, manager.address(), Permissions::SPEAK).unwrap();
        Self { lens, checker, feed, bridge: hex(bridge.account()), owner: bridge }
    }

    /// Somebody with an account and the official clients.
    pub(crate) async fn person(&self, name: &str) -> Script {
        let person = self.lens.make_account(name);
        let (account, key) = (hex(person.account()), person.wallet().secret());
        self.script(&self.checker.url(), &account, &key).await
    }

    /// Somebody whose account is this wallet's; their account first.
    pub(crate) async fn person_of(&self, name: &str, wallet: &Wallet) -> (String, Script) {
        let account = hex(self.lens.make_account_of(name, wallet.clone()).account());
        let script = self.script(&self.checker.url(), &account, &wallet.secret()).await;
        (account, script)
    }

    /// Somebody who only reads, and so much that it is not checked.
    pub(crate) async fn reader(&self) -> Script {
        let key = self.lens.make_wallet("nobody").secret();
        self.script(&self.lens.api_url(), &self.bridge, &key).await
    }

    async fn script(&self, api: &str, account: &str, key: &str) -> Script {
        let grove = self.lens.grove_url();
        let who = ["--app", APP, "--account", account, "--key", key];
        Script::starts("person.mjs", &[&["--api", api, "--grove", &grove][..], &who].concat()).await
    }

    /// Adds the bridge's account to a daemon's settings.
    pub(crate) fn account(&self, home: Home, name: &str) -> Home {
        self.account_at(home, name, (&self.checker.url(), &self.lens.grove_url()))
    }

    /// The same, which reaches the network by these addresses.
    pub(crate) fn account_at(&self, home: Home, name: &str, (api, grove): (&str, &str)) -> Home {
        let key = self.lens.make_wallet("the bridge's manager").secret();
        let settings = format!(
            "\n[accounts.{name}]\nnetwork = \"lens\"\nendpoint = {api:?}\ngrove = {grove:?}\n\
             origin = \"http://localhost\"\nchain_id = 37111\napp = {APP:?}\n\
             account = {:?}\nmanager = \"file:{name}.key\"\npoll_active_ms = 200\n\
             poll_idle_seconds = 1\nsettle_seconds = 8\n",
            self.bridge
        );
        home.with_key(name, key.trim_start_matches("0x")).with_text(&settings)
    }

    /// Expects that nobody broke the schema, and ends the network.
    pub(crate) async fn ends(self) {
        self.checker.finds_all_well(10).await;
        self.lens.stop().await;
    }
}
