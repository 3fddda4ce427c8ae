//! Looks whether all that the bridge needs is there: one finding a line, each with what to do.

mod lens;
mod xmtp;
mod machine;
mod networks;

use std::fmt;

use serde::Serialize;

use crate::home::Home;
use crate::logging::chain;
use crate::settings::Settings;
use crate::settings::secrets::resolve;

/// How something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// It works, but not as well or as safely as it could.
    Warn,
    /// The bridge cannot work like this.
    Fail,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "OK",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        })
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it was found.
    pub grade: Grade,
    /// What was looked at.
    pub subject: String,
    /// What was found.
    pub found: String,
    /// What to do about it; nothing if nothing is to be done.
    pub advice: Option<String>,
}

impl Finding {
    fn ok(subject: &str, found: impl Into<String>) -> Self {
        Self { grade: Grade::Ok, subject: subject.to_owned(), found: found.into(), advice: None }
    }

    fn warn(subject: &str, found: impl Into<String>, advice: &str) -> Self {
        let (subject, advice) = (subject.to_owned(), Some(advice.to_owned()));
        Self { grade: Grade::Warn, subject, found: found.into(), advice }
    }

    fn fail(subject: &str, found: impl Into<String>, advice: &str) -> Self {
        let (subject, advice) = (subject.to_owned(), Some(advice.to_owned()));
        Self { grade: Grade::Fail, subject, found: found.into(), advice }
    }
}

/// Looks at everything. `seen` is told each finding as it is made.
pub async fn examine(home: &Home, settings: &Settings, seen: &mut dyn FnMut(Finding)) {
    for finding in machine::examine(home, settings) {
        seen(finding);
    }
    for (key, reference) in settings.secrets() {
        seen(match resolve(reference, home.folder()) {
            Ok(_) => Finding::ok(&key, format!("`{reference}` is there")),
            Err(error) => Finding::fail(&key, chain(&error), "put the secret where the key says"),
        });
    }
    for (name, account) in &settings.accounts {
        let legs = settings.links().into_iter().flat_map(|link| link.legs.into_keys());
        let spoken: Vec<_> = legs.filter(|leg| leg.account == *name).collect();
        for finding in networks::examine(home, (name, account), &spoken).await {
            seen(finding);
        }
    }
}
