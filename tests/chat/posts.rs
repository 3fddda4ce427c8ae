//! A feed on Lens.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use threadbridge_devnet::lens::faults::{Fault, Scope, When};

use super::board::Board;
use super::room::{ATTEMPTS, PNG, Powers, Room, Voice, With};
use crate::farcaster::daemon::Home;
use crate::lens::script::Script;
use crate::lens::town::Town;

/// A feed on a network of its own.
#[derive(Debug)]
pub(crate) struct Posts {
    side: &'static str,
    town: Town,
    reader: tokio::sync::Mutex<Script>,
}

impl Posts {
    /// A feed, and these people.
    pub(crate) async fn feed(
        side: &'static str,
        people: &[&'static str],
    ) -> (Box<dyn Room>, Vec<Box<dyn Voice>>) {
        let town = Town::opens().await;
        let mut voices: Vec<Box<dyn Voice>> = Vec::new();
        for name in people {
            let mut script = town.person(name).await;
            script.does(json!({ "do": "login", "attempts": ATTEMPTS })).await;
            let (feed, bridge) = (town.feed.clone(), town.bridge.clone());
            voices.push(Box::new(Poster { side, name, script, feed, bridge }));
        }
        let reader = tokio::sync::Mutex::new(town.reader().await);
        (Box::new(Self { side, town, reader }), voices)
    }
}

#[async_trait]
impl Room for Posts {
    fn side(&self) -> &'static str {
        self.side
    }

    fn account(&self, home: Home) -> Home {
        self.town.account(home, self.side)
    }

    async fn conversation(&self) -> String {
        format!("feed/{}", self.town.feed)
    }

    async fn shows(&self) -> Board {
        let feed = json!({ "do": "feed", "feed": self.town.feed, "attempts": ATTEMPTS });
        let answer = self.reader.lock().await.does(feed).await;
        Board::of_posts(answer["posts"].as_array().unwrap(), &self.town.bridge)
    }

    fn look_every(&self) -> Duration {
        Duration::from_secs(2)
    }

    fn fails(&self, chance: f64) {
        for (fault, scope) in [
            (Fault::Delay { ms: 40 }, Scope::Any),
            (Fault::Unavailable, Scope::Any),
            (Fault::Internal, Scope::Reads),
            (Fault::RateLimited { retry_after_s: 1 }, Scope::Reads),
            (Fault::AnswerLost, Scope::Writes),
            (Fault::HtmlForJson, Scope::Reads),
            (Fault::DuplicateItem, Scope::Reads),
            (Fault::ExpiredCursor, Scope::Reads),
        ] {
            self.town.lens.faults().set(fault, scope, When::Chance(chance));
        }
        // It breaks all connections at once, so that a fifth as often is enough.
        self.town.lens.faults().set(Fault::Cut, Scope::Any, When::Chance(chance / 5.0));
    }

    fn meddles(&self, nth: usize) {
        // The login that is found is good, has ended, or is worth nothing any more.
        let (lens, account) = (&self.town.lens, self.town.owner.account());
        match nth % 3 {
            0 => {}
            1 => lens.expire(account),
            _ => lens.revoke(account),
        }
    }

    fn heals(&self) {
        self.town.lens.faults().clear_all();
    }

    fn struck(&self) -> BTreeMap<String, u64> {
        self.town.lens.faults().struck()
    }

    async fn ends(self: Box<Self>) {
        self.reader.into_inner().ends().await;
        self.town.ends().await;
    }
}

/// Somebody on Lens.
#[derive(Debug)]
struct Poster {
    side: &'static str,
    name: &'static str,
    script: Script,
    feed: String,
    bridge: String,
}

impl Poster {
    /// Has somebody do something about a post, which may have been deleted since they saw it.
    async fn does_unless_gone(&mut self, command: Value) -> Option<Value> {
        let answer = self.script.tries(command.clone()).await;
        let is_gone =
            answer["error"].as_str().is_some_and(|it| it.contains("the post was deleted"));
        assert!(is_gone || answer["ok"] == true, "{command} was answered {answer}");
        (!is_gone).then_some(answer)
    }
}

#[async_trait]
impl Voice for Poster {
    fn side(&self) -> &'static str {
        self.side
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn powers(&self) -> Powers {
        Powers { quotes: true, pictures: true, edits: true }
    }

    async fn says(&mut self, text: &str, with: With) -> Option<String> {
        let mut command = json!({ "do": "post", "text": text, "attempts": ATTEMPTS });
        match (with.on, with.of) {
            (None, None) => command["feed"] = json!(self.feed),
            (Some(on), _) => command["on"] = json!(on),
            (None, Some(of)) => command["of"] = json!(of),
        }
        if with.picture {
            let upload = json!({
                "do": "upload", "base64": PNG, "type": "image/png", "attempts": ATTEMPTS,
            });
            let uri = self.script.does(upload).await["uri"].clone();
            command["picture"] = json!({ "uri": uri, "type": "image/png" });
        }
        let answer = self.does_unless_gone(command).await?;
        answer["post"]["id"].as_str().map(str::to_owned)
    }

    async fn likes(&mut self, id: &str, is_liked: bool) -> bool {
        let act = if is_liked { "react" } else { "unreact" };
        let command = json!({ "do": act, "post": id, "attempts": ATTEMPTS });
        self.does_unless_gone(command).await.is_some()
    }

    async fn edits(&mut self, id: &str, text: &str) {
        let edit = json!({ "do": "edit", "post": id, "text": text, "attempts": ATTEMPTS });
        self.script.does(edit).await;
    }

    async fn takes_back(&mut self, id: &str) {
        self.script.does(json!({ "do": "delete", "post": id, "attempts": ATTEMPTS })).await;
    }

    async fn recent(&mut self) -> Board {
        let recent = json!({ "do": "recent", "feed": self.feed, "attempts": ATTEMPTS });
        let answer = self.script.does(recent).await;
        Board::of_posts(answer["posts"].as_array().unwrap(), &self.bridge)
    }

    async fn leaves(self: Box<Self>) {
        self.script.ends().await;
    }
}
