//! Lens lies, in every way that it could, and the bridge goes on.

use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_core::model::health::Health;
use threadbridge_kit::deadline::until;
use tokio::time::{Instant, interval, timeout};

use super::crossing::{Crossing, EVE, MALLORY, OWN, books, town};
use super::script::Script;

/// After this long what was lied to is taken never to recover.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long a lie is told, at the most, until somebody has heard it.
const HEARD_WITHIN: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A bridge before a liar.
struct Stage {
    crossing: Crossing,
    liar: Script,
    said: u32,
}

impl Stage {
    async fn opens() -> Self {
        let town = town(&[]).await;
        let liar = Script::starts("liar.mjs", &["--api", &town.api(), "--own", OWN]).await;
        let api = liar.at("url");
        let crossing = Crossing::opens(town, &api).await.listens().await;
        Self { crossing, liar, said: 0 }
    }

    /// All lies about one matter.
    async fn lies(&mut self, about: &str) -> Vec<Value> {
        let answer = self.liar.does(json!({ "do": "lies" })).await;
        let lies = answer["lies"].as_array().unwrap();
        lies.iter().filter(|it| it["about"] == about).cloned().collect()
    }

    fn next(&mut self, what: &str) -> String {
        self.said += 1;
        format!("{what} {}", self.said)
    }

    /// Lies until the lie was told a few times.
    async fn is_told(&mut self, name: &str, times: u64) {
        let began = Instant::now();
        let mut ticks = interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            let told = self.liar.does(json!({ "do": "told" })).await["told"].as_u64().unwrap();
            if told >= times {
                return;
            }
            let state = self.crossing.state();
            assert!(began.elapsed() < HEARD_WITHIN, "«{name}» was heard {told} times; {state}");
        }
    }

    /// Nothing is sent any more, and the owner is told what to look at.
    async fn is_suspended(&self, name: &str) {
        let what = format!("the end of the account after «{name}»; {}", self.crossing.state());
        let reason = until(&what, async || {
            let Health::Suspended(reason) = self.crossing.health() else { return None };
            Some(reason)
        })
        .await;
        assert!(reason.contains("check `"), "«{name}» does not say what to do: {reason}");
    }

    /// The lie has ended: what eve says crosses once, and what zoe says, too.
    async fn goes_on(&mut self, after: &str) {
        let (here, there) = (self.next("from lens"), self.next("to lens"));
        self.crossing.posts(EVE, &here, json!({})).await;
        self.crossing.zoe_says(&there);
        let crosses = async {
            let mut ticks = interval(LOOK_EVERY);
            let mut crossed = false;
            while !crossed {
                ticks.tick().await;
                let posts = self.crossing.on_lens().await;
                let written = posts.iter().any(|it| it["text"] == format!("zoe: {there}"));
                crossed = written && !self.crossing.heard_of(&here).is_empty();
            }
        };
        let state = timeout(PATIENCE, crosses).await.is_ok();
        assert!(state, "nothing crosses after «{after}»: {}", self.crossing.state());
        let posts = self.crossing.on_lens().await;
        let copies = posts.iter().filter(|it| it["text"] == format!("zoe: {there}")).count();
        assert_eq!((copies, self.crossing.heard_of(&here).len()), (1, 1), "after «{after}»");
    }

    async fn ends(self) {
        let mut crossing = self.crossing;
        crossing.stops().await;
        self.liar.ends().await;
    }
}

fn cut(text: &str) -> String {
    text.chars().take(100).collect()
}

/// What everybody in the room heard of mallory is what mallory may be heard with.
fn is_as_expected(crossing: &Crossing, lie: &Value, word: &str) {
    let name = lie["name"].as_str().unwrap();
    let heard = crossing.heard_of(word);
    let authors = heard.iter().filter(|it| it.author.as_str() != "bridge").count();
    assert_eq!(authors, 0, "somebody else speaks in the room");
    match lie["expected"].as_str().unwrap() {
        "crosses" => assert_eq!(heard.len(), 1, "«{name}»: {heard:#?}"),
        "stays" | "gone" => assert!(heard.is_empty(), "«{name}»: {heard:#?}"),
        "either" => assert!(heard.len() <= 1, "«{name}»: {heard:#?}"),
        other => panic!("unknown expectation: {other}"),
    }
    println!("«{name}»: {:?}", heard.iter().map(|it| cut(&it.text)).collect::<Vec<_>>());
    // To the eye these letters are the same.
    let seen = |text: &str| text.replace('\u{435}', "e").starts_with("eve:");
    let as_eve = heard.iter().filter(|it| it.text.lines().any(seen)).count();
    assert_eq!(as_eve, 0, "«{name}»: mallory speaks as eve: {heard:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_in_place_of_an_answer_passes() {
    let mut stage = Stage::opens().await;
    let lies = stage.lies("replies").await;
    assert!(lies.len() >= 30, "{}", lies.len());
    for lie in lies {
        let name = lie["name"].as_str().unwrap();
        stage.liar.does(json!({ "do": "lie", "name": name })).await;
        let asks_for_patience = name.starts_with("too many requests");
        let is_slow = asks_for_patience || name.starts_with("an answer that never");
        stage.is_told(name, if is_slow { 1 } else { 2 }).await;
        stage.liar.does(json!({ "do": "truth" })).await;
        if asks_for_patience {
            // Whoever is asked to wait waits; a new process does not know of it.
            stage.crossing.stops().await;
            stage.crossing.starts().await;
        }
        stage.goes_on(name).await;
    }
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_said_of_a_post_disturbs_no_other() {
    let mut stage = Stage::opens().await;
    let lies = stage.lies("posts").await;
    assert!(lies.len() >= 45, "{}", lies.len());
    for lie in lies {
        let name = lie["name"].as_str().unwrap();
        stage.liar.does(json!({ "do": "lie", "name": name })).await;
        let word = stage.next("mallory says");
        let post = stage.crossing.posts(MALLORY, &format!("{word}."), json!({})).await;
        stage.is_told(name, 2).await;
        // What is wrong with one post keeps nobody else from being heard.
        let other = stage.next("meanwhile");
        stage.crossing.posts(EVE, &other, json!({})).await;
        if lie["expected"] == "crosses" || lie["expected"] == "stays" {
            stage.crossing.zoe_hears(&other).await;
        }
        is_as_expected(&stage.crossing, &lie, &format!("{word}."));
        stage.liar.does(json!({ "do": "truth" })).await;
        stage.goes_on(name).await;
        stage.crossing.reference.0.does(json!({ "do": "delete", "post": post })).await;
        assert!(stage.crossing.heard_of("POISON").is_empty(), "after «{name}»");
    }
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_but_the_login_that_was_asked_for() {
    let mut stage = Stage::opens().await;
    for lie in stage.lies("logins").await {
        let name = lie["name"].as_str().unwrap();
        stage.liar.does(json!({ "do": "lie", "name": name })).await;
        stage.crossing.reference.0.does(json!({ "do": "revoke" })).await;
        stage.crossing.zoe_says(&format!("who asks? {name}"));
        stage.is_told(name, 1).await;
        match lie["then"].as_str().unwrap() {
            "suspends" => stage.is_suspended(name).await,
            // Whoever asks again has not believed it.
            "asks again" => stage.is_told(name, 2).await,
            "goes on" => {}
            other => panic!("unknown end of «{name}»: {other}"),
        }
        let told = stage.liar.does(json!({ "do": "truth" })).await;
        assert_eq!(told["fallenFor"], 0, "«{name}» was fallen for");
        // What was refused stays refused until its owner looks after it.
        stage.crossing.stops().await;
        stage.crossing.starts().await;
        stage.crossing.reads(&format!("zoe: who asks? {name}")).await;
        stage.goes_on(name).await;
    }
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_said_of_a_write_it_is_written_once_or_given_up_visibly() {
    let mut stage = Stage::opens().await;
    for lie in stage.lies("writes").await {
        let name = lie["name"].as_str().unwrap();
        let before = stage.crossing.dead_letters();
        stage.liar.does(json!({ "do": "lie", "name": name })).await;
        stage.crossing.zoe_says(&format!("written? {name}"));
        stage.is_told(name, 1).await;
        stage.liar.does(json!({ "do": "truth" })).await;
        stage.goes_on(name).await;
        let posts = stage.crossing.on_lens().await;
        let text = format!("zoe: written? {name}");
        let written = posts.iter().filter(|it| it["text"] == text).count();
        let given_up = stage.crossing.dead_letters() - before;
        assert!(written <= 1, "«{name}»: written {written} times");
        assert!(written + given_up >= 1, "«{name}»: lost; {}", stage.crossing.state());
    }
    assert_eq!(
        stage
            .crossing
            .zoe
            .hears(&books())
            .iter()
            .filter(|it| it.text.contains("written?") && it.author.as_str() == "bridge")
            .count(),
        0,
        "nothing returned"
    );
    stage.ends().await;
}
