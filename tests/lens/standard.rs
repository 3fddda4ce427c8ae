//! What everything on Lens is measured by: a proxy that knows the true schema, and a strict server.

use serde_json::{Value, json};

use super::script::Script;

/// The app that everybody logs in to.
pub(crate) const APP: &str = "0xc75a89145d765c396fd75cbd16380eb184bd2ca7";

/// Stands before a Lens API and holds whoever asks, and the API, to the true schema.
#[derive(Debug)]
pub(crate) struct Checker(Script);

impl Checker {
    /// Before the API at `api`, with what more `flags` say.
    pub(crate) async fn before(api: &str, flags: &[&str]) -> Self {
        Self(Script::starts("checking.mjs", &[&["--api", api], flags].concat()).await)
    }

    /// Where to ask instead of the API.
    pub(crate) fn url(&self) -> String {
        self.0.at("url")
    }

    /// Expects that nobody broke the schema, and that so many requests were checked at the least.
    pub(crate) async fn finds_all_well(self, requests: u64) -> Value {
        let (is_content, said) = self.0.ends().await;
        let summary = said.last().unwrap().clone();
        assert!(is_content, "the schema was broken: {said:#?}");
        assert!(summary["replies"].as_u64().unwrap() >= requests, "{summary}");
        summary
    }
}

/// A strict Lens API on the true schema, with a Grove, which shares nothing with ours.
#[derive(Debug)]
pub(crate) struct Reference(pub(crate) Script);

impl Reference {
    pub(crate) async fn starts(flags: &[&str]) -> Self {
        Self(Script::starts("reference.mjs", &[&["--app", APP], flags].concat()).await)
    }

    pub(crate) fn api(&self) -> String {
        self.0.at("api")
    }

    pub(crate) fn grove(&self) -> String {
        self.0.at("grove")
    }

    /// Adds an account; whoever has the key of `manager` may speak for it.
    pub(crate) async fn knows(&mut self, name: &str, account: &str, owner: &str, manager: &str) {
        let managers = Some(manager).filter(|it| !it.is_empty()).into_iter().collect::<Vec<_>>();
        let known = json!({
            "do": "account", "address": account, "owner": owner, "managers": managers, "name": name,
        });
        self.0.does(known).await;
    }

    /// Ends it; expects that it refused nothing and lacked nothing that it was asked for.
    pub(crate) async fn finds_all_well(self) {
        let (_, said) = self.0.ends().await;
        assert!(said.is_empty(), "the reference was asked what it cannot answer: {said:#?}");
    }
}
