//! What an official client shows of a room, whichever network it is on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What a message stands to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// What it answers.
    pub(crate) on: Option<String>,
    /// What it quotes.
    pub(crate) of: Option<String>,
}

/// A message as a client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) label: String,
    pub(crate) id: String,
    pub(crate) text: String,
    /// By ids.
    pub(crate) place: Place,
    pub(crate) has_picture: bool,
    pub(crate) is_by_bridge: bool,
    pub(crate) is_gone: bool,
    /// How many like it.
    pub(crate) likes: usize,
    /// What has an order among itself.
    pub(crate) lane: String,
}

impl Shown {
    /// Whether it tells that another message reads differently.
    pub(crate) fn is_note(&self) -> bool {
        self.text.contains(NOTE)
    }
}

/// What is seen in one room, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    pub(crate) shown: Vec<Shown>,
    /// How much of it is the bridge's.
    pub(crate) traffic: usize,
    /// Whether a quote is told in words here.
    pub(crate) quotes_in_words: bool,
    /// By whom the bridge speaks on a hub.
    bridge: u64,
    /// The message that is the room, if one is.
    root: Option<String>,
    /// Of what by whom.
    likes: BTreeSet<(String, u64)>,
    /// Who liked what, or no longer, one after the other.
    history: BTreeMap<String, Vec<(u64, bool)>>,
}

const NOTE: &str = "(edited) ";
/// By which emoji people on XMTP say what others say by a like or an upvote.
pub(crate) const LIKE: &str = "❤️";

/// The name that a talker gave to a message: the last word like `alice-12`, since what is quoted
/// stands before.
fn label(text: &str) -> String {
    let is_label = |word: &&str| {
        word.rsplit_once('-').is_some_and(|(_, number)| number.parse::<u32>().is_ok())
    };
    text.split_whitespace().rfind(is_label).unwrap_or_default().to_owned()
}

/// The id of a cast in one piece.
pub(crate) fn cast_id(value: &Value) -> Option<String> {
    Some(format!("{}:{}", value["fid"].as_u64()?, value["hash"].as_str()?))
}

fn owned(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

impl Board {
    /// A room on a hub where the bridge speaks by this fid, which may be what is below a cast.
    pub(crate) fn on_hub(bridge: u64, root: Option<String>) -> Self {
        Self { bridge, root, ..Self::default() }
    }

    /// What was said last.
    pub(crate) fn newest(&self, most: usize) -> Self {
        let from = self.shown.len().saturating_sub(most);
        Self { shown: self.shown[from..].to_vec(), ..Self::default() }
    }

    /// Takes an event of a hub.
    pub(crate) fn takes(&mut self, event: &Value) {
        let message = &event["message"];
        let fid = message["fid"].as_u64().unwrap_or(0);
        let target = cast_id(&message["target"]).unwrap_or_default();
        match (event["event"].as_str(), message["type"].as_str()) {
            (Some("merge"), Some("cast_add")) => self.takes_cast(event),
            (Some("remove"), Some("cast_remove")) => {
                self.shown.iter_mut().filter(|it| it.id == target).for_each(|it| it.is_gone = true);
            }
            (Some("merge"), Some("reaction_add")) => self.takes_like(fid, &target, true),
            (Some("remove"), Some("reaction_remove")) => self.takes_like(fid, &target, false),
            _ => return,
        }
        self.traffic += usize::from(fid == self.bridge);
    }

    fn takes_like(&mut self, by: u64, target: &str, is_given: bool) {
        self.history.entry(target.to_owned()).or_default().push((by, is_given));
        let like = (target.to_owned(), by);
        if is_given {
            self.likes.insert(like);
        } else {
            self.likes.remove(&like);
        }
        let likes = self.likes_of(target);
        if let Some(shown) = self.shown.iter_mut().rev().find(|it| it.id == target) {
            shown.likes = likes;
        }
    }

    fn likes_of(&self, id: &str) -> usize {
        self.likes.range((id.to_owned(), 0)..=(id.to_owned(), u64::MAX)).count()
    }

    fn takes_cast(&mut self, event: &Value) {
        let message = &event["message"];
        let text = message["text"].as_str().unwrap_or_default();
        let embeds = message["embeds"].as_array().unwrap();
        let on = cast_id(&message["parent"]).filter(|it| Some(it) != self.root.as_ref());
        self.shown.push(Shown {
            label: label(text),
            id: cast_id(message).unwrap(),
            text: text.to_owned(),
            place: Place { on, of: embeds.iter().find_map(cast_id) },
            has_picture: embeds.iter().any(|it| it["url"].is_string()),
            is_by_bridge: message["fid"] == self.bridge,
            is_gone: false,
            // A like may come before what is liked, by another shard.
            likes: self.likes_of(&cast_id(message).unwrap()),
            lane: format!("shard {}", event["shard"]),
        });
    }

    /// What a client reads in a feed of Lens, oldest first.
    pub(crate) fn of_posts(posts: &[Value], bridge: &str) -> Self {
        let post = |post: &Value| {
            let text = post["text"].as_str().unwrap_or_default();
            Shown {
                label: label(text),
                id: owned(&post["id"]).unwrap(),
                text: text.to_owned(),
                place: Place { on: owned(&post["on"]), of: owned(&post["of"]) },
                has_picture: post["image"].is_object() || post["link"].is_string(),
                is_by_bridge: post["by"] == bridge,
                is_gone: post["deleted"] == true,
                likes: usize::try_from(post["upvotes"].as_u64().unwrap_or(0)).unwrap(),
                // Lens promises an order of what one account posts, and no other.
                lane: post["by"].as_str().unwrap_or_default().to_owned(),
            }
        };
        Self::of(posts.iter().filter(|it| it["type"] == "Post").map(post).collect())
    }

    /// What a client reads in a conversation on XMTP, oldest first.
    pub(crate) fn of_messages(messages: &[Value], bridge: &str) -> Self {
        let is_said =
            |it: &&Value| matches!(it["type"].as_str(), Some("text" | "reply" | "deletedMessage"));
        let message = |message: &Value| {
            let text = message["text"].as_str().unwrap_or_default();
            let likes = message["reactions"].as_array().into_iter().flatten();
            Shown {
                label: label(text),
                id: owned(&message["id"]).unwrap(),
                text: text.to_owned(),
                place: Place { on: owned(&message["in_reply_to"]), of: None },
                has_picture: text.contains("http"),
                is_by_bridge: message["sender"] == bridge,
                is_gone: message["type"] == "deletedMessage",
                likes: likes.filter(|it| it["emoji"] == LIKE).count(),
                // All see all in one order.
                lane: String::new(),
            }
        };
        let shown = messages.iter().filter(is_said).map(message).collect();
        Self { quotes_in_words: true, ..Self::of(shown) }
    }

    fn of(shown: Vec<Shown>) -> Self {
        let traffic = shown.iter().filter(|it| it.is_by_bridge).count();
        Self { shown, traffic, ..Self::default() }
    }

    /// Where the message of that label appears here: as it was said, or as the bridge's copy.
    pub(crate) fn shown(&self, label: &str) -> Option<&Shown> {
        self.shown.iter().find(|it| it.label == label && !it.is_note())
    }

    /// The bridge's copies of the message of that label.
    pub(crate) fn copies<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a Shown> {
        self.shown.iter().filter(move |it| it.label == label && it.is_by_bridge && !it.is_note())
    }

    /// Who liked it on a hub, or no longer, one after the other.
    pub(crate) fn history(&self, id: &str) -> &[(u64, bool)] {
        self.history.get(id).map_or(&[], Vec::as_slice)
    }
}
