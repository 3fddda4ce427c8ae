//! Several questions in one request. Lens takes at most ten; each is a field with a name of its own.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{
    address::Address,
    document::{FRAGMENTS, compact},
    post::{Account, AnyPost, Stats},
};

/// How many questions one request may hold.
pub(crate) const MOST: usize = 10;
/// The most posts that a page has.
pub(crate) const PAGE: usize = 50;

/// A question for a page of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// What stands in a feed, the newest first.
    Feed { feed: Address, few: bool, cursor: Option<String> },
    /// Posts by id, deleted ones too; at most [`PAGE`].
    Known(Vec<String>),
    /// How posts stand, by id; at most [`PAGE`].
    Glance(Vec<String>),
    /// What somebody posted, the newest first.
    By { author: Address, cursor: Option<String> },
    /// What answers a post.
    Answers { post: String, cursor: Option<String> },
    /// The reposts of a post by one account.
    Reposts { post: String, author: Address },
    /// Who gave a post an upvote.
    Upvotes { post: String, cursor: Option<String> },
}

/// A page of posts.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Posts {
    /// What cannot be read is of a kind that is not known.
    #[serde(deserialize_with = "each_by_itself")]
    pub(crate) items: Vec<AnyPost>,
    #[serde(rename = "pageInfo", default)]
    pub(crate) page: PageEnd,
}

/// How posts stand.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Glances {
    #[serde(deserialize_with = "readable")]
    pub(crate) items: Vec<Glance>,
}

/// How a post, or a repost, stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Glance {
    pub(crate) id: String,
    pub(crate) is_deleted: bool,
    #[serde(default)]
    pub(crate) content_uri: Option<String>,
    #[serde(default)]
    pub(crate) stats: Option<Stats>,
}

/// A page of accounts with their reactions.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Upvotes {
    #[serde(deserialize_with = "readable")]
    pub(crate) items: Vec<Upvoter>,
    #[serde(rename = "pageInfo", default)]
    pub(crate) page: PageEnd,
}

/// Somebody who reacted.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Upvoter {
    pub(crate) account: Account,
    pub(crate) reactions: Vec<Upvote>,
}

/// A reaction.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Upvote {
    pub(crate) reaction: String,
    #[serde(rename = "reactedAt")]
    pub(crate) at: String,
}

/// Where a page ends.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct PageEnd {
    #[serde(default)]
    pub(crate) next: Option<String>,
}

/// What is wrong with one item is wrong with none of the others.
fn each_by_itself<'de, D: Deserializer<'de>>(items: D) -> Result<Vec<AnyPost>, D::Error> {
    let items = Vec::<Value>::deserialize(items)?.into_iter();
    Ok(items.map(|item| serde_json::from_value(item).unwrap_or(AnyPost::Other)).collect())
}

/// The items that can be read.
pub(crate) fn readable<'de, T, D>(items: D) -> Result<Vec<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    let items = Vec::<Value>::deserialize(items)?.into_iter();
    Ok(items.filter_map(|item| serde_json::from_value(item).ok()).collect())
}

impl Ask {
    const fn field(&self) -> (&'static str, &'static str) {
        match self {
            Self::Feed { .. } | Self::Known(_) | Self::Glance(_) | Self::By { .. } => {
                ("posts", "PostsRequest")
            }
            Self::Answers { .. } | Self::Reposts { .. } => {
                ("postReferences", "PostReferencesRequest")
            }
            Self::Upvotes { .. } => ("postReactions", "PostReactionsRequest"),
        }
    }

    /// What is asked for, and the fragments that this needs: from one of them on and up to another.
    const fn selection(&self) -> (&'static str, Option<(&'static str, Option<&'static str>)>) {
        match self {
            Self::Feed { .. }
            | Self::Known(_)
            | Self::By { .. }
            | Self::Answers { .. }
            | Self::Reposts { .. } => {
                ("{ items { ...AnyPostFields } pageInfo { next } }", Some(("AnyPostFields", None)))
            }
            Self::Glance(_) => (
                "{ items { __typename \
                 ... on Post { id isDeleted contentUri stats { comments reactions } } \
                 ... on Repost { id isDeleted } } pageInfo { next } }",
                None,
            ),
            Self::Upvotes { .. } => (
                "{ items { account { ...AccountFields } reactions { reaction reactedAt } } \
                 pageInfo { next } }",
                Some(("AccountFields", Some("MetadataFields"))),
            ),
        }
    }

    fn request(&self) -> Value {
        match self {
            Self::Feed { feed, few, cursor } => {
                let size = if *few { "TEN" } else { "FIFTY" };
                let filter = json!({ "feeds": [{ "feed": feed }] });
                json!({ "filter": filter, "pageSize": size, "cursor": cursor })
            }
            Self::Known(posts) | Self::Glance(posts) => {
                json!({ "filter": { "posts": posts }, "pageSize": "FIFTY" })
            }
            Self::By { author, cursor } => {
                let filter = json!({ "authors": [author] });
                json!({ "filter": filter, "pageSize": "FIFTY", "cursor": cursor })
            }
            Self::Answers { post, cursor } => json!({
                "referencedPost": post,
                "referenceTypes": ["COMMENT_ON"],
                "relevancyFilter": "ALL",
                "pageSize": "FIFTY",
                "cursor": cursor,
            }),
            Self::Reposts { post, author } => json!({
                "referencedPost": post,
                "referenceTypes": ["REPOST_OF"],
                "relevancyFilter": "ALL",
                "authors": [author],
                "pageSize": "TEN",
            }),
            Self::Upvotes { post, cursor } => json!({
                "post": post,
                "filter": { "anyOf": ["UPVOTE"] },
                "pageSize": "FIFTY",
                "cursor": cursor,
            }),
        }
    }
}

/// The document and the variables that ask all of these. Answers come under `a0`, `a1`, ….
pub(crate) fn batch(asks: &[Ask]) -> (String, Value) {
    let (mut parameters, mut fields, mut variables) = (String::new(), String::new(), Map::new());
    let mut fragments = None;
    for (number, ask) in asks.iter().enumerate() {
        let (field, input) = ask.field();
        parameters.push_str(&format!("$r{number}: {input}! "));
        let (selection, needed) = ask.selection();
        // Those of posts hold those of accounts.
        fragments = match (fragments, needed) {
            (Some((_, None)), _) | (_, None) => fragments,
            (_, needed) => needed,
        };
        fields.push_str(&format!("a{number}: {field}(request: $r{number}) {selection} "));
        variables.insert(format!("r{number}"), ask.request());
    }
    let fragments = fragments.map_or("", |(first, end)| from_fragment(first, end));
    let text = format!("query Batch({}) {{ {fields}}} {fragments}", parameters.trim_end());
    (compact(&text), Value::Object(variables))
}

/// The fragments from one of them on and up to another.
fn from_fragment(first: &str, end: Option<&str>) -> &'static str {
    let begins = |name: &str| FRAGMENTS.find(&format!("fragment {name} "));
    let from = begins(first).unwrap_or_default();
    let to = end.and_then(begins).unwrap_or(FRAGMENTS.len());
    FRAGMENTS.get(from..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks() -> Vec<Ask> {
        let feed: Address = "0x31232cb7de0dce17949ffa58e9e38eeeb367c871".parse().unwrap();
        vec![
            Ask::Feed { feed, few: true, cursor: None },
            Ask::Known(vec!["1".to_owned()]),
            Ask::Answers { post: "1".to_owned(), cursor: Some("next".to_owned()) },
            Ask::Upvotes { post: "1".to_owned(), cursor: None },
            Ask::Glance(vec!["1".to_owned()]),
        ]
    }

    /// The documents beside the others are what is generated, so that whoever validates them, with
    /// the fragments that they spread, validates these.
    #[test]
    fn what_is_generated_lies_beside_the_other_documents() {
        let asks = asks();
        let whole = |operation: &str, fragments: &str| compact(&format!("{operation} {fragments}"));
        let posts = whole(include_str!("documents/batch.graphql"), FRAGMENTS);
        assert_eq!(batch(&asks[..4]).0, posts);
        let (_, accounts) = FRAGMENTS.split_once("fragment AccountFields ").unwrap();
        let (accounts, _) = accounts.split_once("fragment ").unwrap();
        let upvotes = whole(
            include_str!("documents/batch_upvotes.graphql"),
            &format!("fragment AccountFields {accounts}"),
        );
        assert_eq!(batch(&asks[3..4]).0, upvotes);
        assert_eq!(batch(&asks[4..]).0, whole(include_str!("documents/batch_glance.graphql"), ""));
    }

    #[test]
    fn each_question_has_its_variable() {
        let (_, variables) = batch(&asks());
        assert_eq!(variables["r0"]["pageSize"], "TEN");
        assert_eq!(variables["r2"]["cursor"], "next");
        assert_eq!(variables["r3"]["filter"]["anyOf"][0], "UPVOTE");
    }
}
