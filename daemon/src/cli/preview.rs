//! `threadbridge preview`: what a message will become on each leg of a link, before it is sent.

use std::collections::BTreeMap;

use threadbridge_core::adapter::Adapter;
use threadbridge_core::fit::preview::preview;
use threadbridge_core::fit::{Speaker, Telling};
use threadbridge_core::model::content::Content;
use threadbridge_core::model::id::{Identity, Leg, RemoteAuthor};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::link::Downgrade;
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::Route;

use super::output::print;
use super::runtime;
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::order;
use crate::registry::{Connected, connect_all};
use crate::settings::Settings;
use crate::settings::fault::nearest;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A link's name, or one of its legs: the message comes from there.
    link: String,
    /// What would be said.
    #[arg(required = true)]
    text: Vec<String>,
    /// Who would say it; you, if nobody is named.
    #[arg(long = "as", value_name = "NAME")]
    speaker: Option<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    // Clients of networks are made on a runtime, though none of them is asked anything here.
    let runtime = runtime()?;
    let _guard = runtime.enter();
    let connected = connect_all(home, &settings, &BTreeMap::new()).or_exit(Exit::Settings)?;
    let content = order::content(&args.text.join(" ")).or_exit(Exit::Failed)?;
    let route = route(&settings, &args.link)?;
    // What the owner says comes from nowhere, and goes to every leg that is told.
    let from = route.legs().find(|leg| leg.to_string() == args.link).cloned().or_else(|| {
        args.speaker.as_ref().and(route.legs().find(|leg| route.is_heard(leg)).cloned())
    });
    for leg in route.legs().filter(|leg| Some(*leg) != from.as_ref() && route.is_told(leg)) {
        let Some(to) = connected.get(&leg.account) else { continue };
        let shown = Asked { args, route: &route, from: from.as_ref(), connected: &connected }
            .on_leg(&content, leg, &*to.adapter)?;
        print(&format!("{leg}\n{}", indented(&shown)))?;
    }
    Ok(())
}

fn route(settings: &Settings, text: &str) -> Result<Route, Failure> {
    let routes = Route::of(&settings.links());
    // A link that was joined with others has the name of the first of them.
    let leg = settings
        .links()
        .into_iter()
        .find(|link| link.name == text)
        .and_then(|link| link.legs.into_keys().next())
        .or_else(|| Leg::parse(text).ok());
    let found = routes.into_iter().find(|route| route.legs().any(|it| Some(it) == leg.as_ref()));
    found.ok_or_else(|| {
        let links = settings.links();
        let near = nearest(text, links.iter().map(|link| link.name.as_str()))
            .map_or_else(String::new, |near| format!(" (nearest: `{near}`)"));
        Failure::new(Exit::Failed, format!("there is no link `{text}`{near}"))
    })
}

/// What is to be previewed.
struct Asked<'a> {
    args: &'a Args,
    route: &'a Route,
    from: Option<&'a Leg>,
    connected: &'a BTreeMap<threadbridge_core::model::id::AccountName, Connected>,
}

impl Asked<'_> {
    fn on_leg(&self, content: &Content, leg: &Leg, to: &dyn Adapter) -> Result<String, Failure> {
        let source = self.from.and_then(|from| {
            let adapter = &self.connected.get(&from.account)?.adapter;
            Some((adapter.network(), adapter.capabilities(&from.conversation).level))
        });
        let capabilities = to.capabilities(&leg.conversation);
        let level = source.map_or(capabilities.level, |(_, level)| level);
        if self.route.downgrade() == Downgrade::Refuse && level.falls_to(capabilities.level) {
            return Ok(refused(level, capabilities.level));
        }
        let author = RemoteAuthor::parse("preview").or_exit(Exit::Failed)?;
        let speaker = self.args.speaker.as_ref().map(|name| Speaker {
            identity: Identity {
                network: source.map_or_else(|| to.network(), |(network, _)| network).clone(),
                author,
            },
            name: name.clone(),
            handle: None,
            is_known: false,
        });
        let telling = Telling {
            content,
            sent_at: Clock::System.now(),
            level,
            speaker,
            attribution: self.route.attribution(),
            others: Vec::new(),
            people: BTreeMap::new(),
            mark: None,
            network: to.network(),
            capabilities,
            reply_to: None,
            target: None,
            reaction: None,
            emoji: None,
            quotes: Vec::new(),
            reaction_is_shared: false,
            is_expiry: false,
            is_erasure: false,
        };
        Ok(preview(&telling, level).to_string())
    }
}

fn refused(from: Level, to: Level) -> String {
    format!(
        "it stays away: what is said at {from} would be at {to} there; `downgrade = \"allow\"` in \
         the link lets it go"
    )
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
