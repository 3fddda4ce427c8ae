//! The network's console: one JSON command a line, one JSON answer a line.
//!
//! | command | what it does |
//! | --- | --- |
//! | `{"do":"account","name":"ann"}` | makes an account; answers with its `account`, `owner` and `key` |
//! | `{"do":"feed","name":"books"}` | makes a feed; answers with its `feed` |
//! | `{"do":"group","name":"club","owner":"ann"}` | makes a group; answers with its `group` and `feed` |
//! | `{"do":"app","name":"bridge","domains":["bridge.example"]}` | makes an app; answers with its `app` |
//! | `{"do":"forbid","app":"0x…","reason":"not you"}` | lets an app refuse who signs in; without a reason, no more |
//! | `{"do":"join","name":"ben","group":"0x…"}`, `{"do":"leave",…}` | puts somebody into a group, or out of it |
//! | `{"do":"follow","name":"ann","whom":"ben"}` | lets somebody follow somebody |
//! | `{"do":"add_manager","name":"ann","manager":"0x…"}` | lets a key speak for an account; `permissions` may be given |
//! | `{"do":"remove_manager","name":"ann","manager":"0x…"}` | takes that back |
//! | `{"do":"signless","name":"ann","on":false}` | lets the network sign for an account, or not |
//! | `{"do":"score","name":"ann","score":5}` | gives an account a score |
//! | `{"do":"revoke","name":"ann"}` | ends the account's sessions |
//! | `{"do":"say","name":"ann","text":"hi","feed":"0x…","comment_on":"1","quote_of":"2"}` | posts at once; answers with its `post` |
//! | `{"do":"edit","name":"ann","post":"1","text":"hi!"}`, `{"do":"delete","name":"ann","post":"1"}` | edits, deletes |
//! | `{"do":"repost","name":"ann","post":"1"}` | shows a post again |
//! | `{"do":"react","name":"ann","post":"1","vote":"UPVOTE"}`, `{"do":"unreact",…}` | votes, takes it back |
//! | `{"do":"show","feed":"0x…"}`, `{"do":"show","thread":"1"}` | answers with what an app shows, as `lines` and `posts` |
//! | `{"do":"fault","fault":{"kind":"delay","ms":50},"scope":"writes","when":{"chance":0.1}}` | sets a fault; answers with its `fault` id |
//! | `{"do":"clear","fault":0}`, `{"do":"clear"}` | takes one fault back, or all |
//! | `{"do":"cut"}` | breaks the connections that are open now |
//! | `{"do":"struck"}` | how often each kind of fault has struck |
//! | `{"do":"forget_files","left":0}` | lets Grove forget its oldest files |
//!
//! A command may carry an `id`, which its answer repeats. Answers have `"ok": true`, or
//! `"ok": false` and an `error`. People go by the names they were made with.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::{Place, Shown};
use super::faults::{Fault, FaultId, Scope, When};
use super::person::{Person, Refused, Where};
use super::server::Lens;
use super::world::account::Permissions;
use super::world::id::{self, PostId};
use super::world::opinion::Vote;

#[derive(Debug, Deserialize)]
struct Line {
    id: Option<Value>,
    #[serde(flatten)]
    command: Command,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Command {
    Account {
        name: String,
    },
    Feed {
        name: String,
    },
    Group {
        name: String,
        owner: String,
    },
    App {
        name: String,
        #[serde(default)]
        domains: Vec<String>,
    },
    Forbid {
        app: String,
        reason: Option<String>,
    },
    Join {
        name: String,
        group: String,
    },
    Leave {
        name: String,
        group: String,
    },
    Follow {
        name: String,
        whom: String,
    },
    AddManager {
        name: String,
        manager: String,
        permissions: Option<Permissions>,
    },
    RemoveManager {
        name: String,
        manager: String,
    },
    Signless {
        name: String,
        on: bool,
    },
    Score {
        name: String,
        score: i32,
    },
    Revoke {
        name: String,
    },
    Say {
        name: String,
        text: String,
        #[serde(flatten)]
        to: To,
    },
    Edit {
        name: String,
        post: String,
        text: String,
    },
    Delete {
        name: String,
        post: String,
    },
    Repost {
        name: String,
        post: String,
    },
    React {
        name: String,
        post: String,
        vote: Vote,
    },
    Unreact {
        name: String,
        post: String,
        vote: Vote,
    },
    Show {
        feed: Option<String>,
        thread: Option<String>,
    },
    Fault {
        fault: Fault,
        #[serde(default)]
        scope: Scope,
        #[serde(default)]
        when: When,
    },
    Clear {
        fault: Option<FaultId>,
    },
    Cut,
    Struck,
    ForgetFiles {
        left: usize,
    },
}

/// Where something is said.
#[derive(Debug, Deserialize)]
struct To {
    feed: Option<String>,
    comment_on: Option<String>,
    quote_of: Option<String>,
}

impl To {
    fn read(&self) -> Result<Where, String> {
        let post = |text: &Option<String>| text.as_deref().map(post_id).transpose();
        Ok(Where {
            feed: self.feed.as_deref().map(address).transpose()?,
            comment_on: post(&self.comment_on)?,
            quote_of: post(&self.quote_of)?,
        })
    }
}

/// A console with the people that were made on it.
#[derive(Debug, Default)]
pub struct Console {
    people: BTreeMap<String, Person>,
}

impl Console {
    /// Does what a line says, and answers.
    pub fn answer(&mut self, lens: &Lens, line: &str) -> Value {
        let line: Line = match serde_json::from_str(line) {
            Ok(line) => line,
            Err(error) => return json!({ "ok": false, "error": error.to_string() }),
        };
        let mut answer = match self.act(lens, line.command) {
            Ok(answer) => answer,
            Err(error) => json!({ "ok": false, "error": error }),
        };
        if let Some(fields) = answer.as_object_mut() {
            fields.entry("ok").or_insert(json!(true));
            fields.extend(line.id.map(|id| ("id".to_owned(), id)));
        }
        answer
    }

    #[expect(clippy::cognitive_complexity, reason = "one arm a command, and nothing in it")]
    fn act(&mut self, lens: &Lens, command: Command) -> Result<Value, String> {
        use Command as C;
        match command {
            C::Account { name } => return Ok(self.make_account(lens, name)),
            C::Feed { name } => return Ok(json!({ "feed": lens.make_feed(&name).to_string() })),
            C::Group { name, owner } => {
                let made = lens.make_group(&name, self.person(&owner)?);
                let (group, feed) = (made.group.to_string(), made.feed.to_string());
                return Ok(json!({ "group": group, "feed": feed }));
            }
            C::App { name, domains } => {
                let domains: Vec<&str> = domains.iter().map(String::as_str).collect();
                return Ok(json!({ "app": lens.make_app(&name, &domains).to_string() }));
            }
            C::Forbid { app, reason } => lens.forbid(address(&app)?, reason.as_deref()),
            C::Join { name, group } => self.person(&name)?.join(lens, address(&group)?)?,
            C::Leave { name, group } => self.person(&name)?.leave(lens, address(&group)?)?,
            C::Follow { name, whom } => self.person(&name)?.follow(lens, self.person(&whom)?),
            C::AddManager { name, manager, permissions } => {
                let permissions = permissions.unwrap_or(Permissions::SPEAK);
                self.person(&name)?.add_manager(lens, address(&manager)?, permissions)?;
            }
            C::RemoveManager { name, manager } => {
                self.person(&name)?.remove_manager(lens, address(&manager)?);
            }
            C::Signless { name, on } => self.person(&name)?.set_signless(lens, on),
            C::Score { name, score } => self.person(&name)?.set_score(lens, score),
            C::Revoke { name } => lens.revoke(self.person(&name)?.account()),
            C::Say { name, text, to } => {
                let post = self.person(&name)?.say_in(lens, to.read()?, &text)?;
                return Ok(json!({ "post": post.to_string() }));
            }
            C::Repost { name, post } => {
                let post = self.person(&name)?.repost(lens, post_id(&post)?)?;
                return Ok(json!({ "post": post.to_string() }));
            }
            C::Edit { name, post, text } => {
                self.person(&name)?.edit(lens, post_id(&post)?, &text)?;
            }
            C::Delete { name, post } => self.person(&name)?.delete(lens, post_id(&post)?)?,
            C::React { name, post, vote } => {
                self.person(&name)?.react(lens, post_id(&post)?, vote)?;
            }
            C::Unreact { name, post, vote } => {
                self.person(&name)?.unreact(lens, post_id(&post)?, vote)?;
            }
            C::Show { feed, thread } => return show(lens, feed.as_deref(), thread.as_deref()),
            C::Fault { fault, scope, when } => {
                return Ok(json!({ "fault": lens.faults().set(fault, scope, when) }));
            }
            C::Clear { fault: Some(id) } => lens.faults().clear(id),
            C::Clear { fault: None } => lens.faults().clear_all(),
            C::Cut => lens.faults().cut_connections(),
            C::Struck => return Ok(json!({ "struck": lens.faults().struck() })),
            C::ForgetFiles { left } => lens.forget_files(left),
        }
        Ok(json!({}))
    }

    fn make_account(&mut self, lens: &Lens, name: String) -> Value {
        let person = lens.make_account(&name);
        let answer = json!({
            "account": person.account().to_string(),
            "owner": person.wallet().address().to_string(),
            "key": person.wallet().secret(),
        });
        self.people.insert(name, person);
        answer
    }

    fn person(&self, name: &str) -> Result<&Person, String> {
        self.people.get(name).ok_or_else(|| format!("nobody called {name} was made here"))
    }
}

impl From<Refused> for String {
    fn from(refused: Refused) -> Self {
        refused.to_string()
    }
}

fn show(lens: &Lens, feed: Option<&str>, thread: Option<&str>) -> Result<Value, String> {
    let place = match (feed, thread) {
        (Some(feed), None) => Place::Feed(address(feed)?),
        (None, Some(thread)) => Place::Thread(post_id(thread)?),
        _ => return Err("either feed or thread must be given".to_owned()),
    };
    let posts = lens.shows(place);
    let lines: Vec<String> = posts.iter().map(Shown::line).collect();
    let posts: Vec<Value> = posts.iter().map(Shown::json).collect();
    Ok(json!({ "lines": lines, "posts": posts }))
}

fn address(text: &str) -> Result<Address, String> {
    id::address(text).ok_or_else(|| format!("{text} is not an address"))
}

fn post_id(text: &str) -> Result<PostId, String> {
    PostId::parse(text).ok_or_else(|| format!("{text} is not the number of a post"))
}
