//! Query parameters, in both spellings that the real node takes.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::Uri;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::Unanswered;

/// What stands after the question mark.
#[derive(Debug)]
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(super) fn read(query: &str) -> Self {
        let uri = Uri::builder().path_and_query(format!("/?{query}")).build().unwrap_or_default();
        let pairs = Query::<BTreeMap<String, String>>::try_from_uri(&uri);
        Self(pairs.map(|Query(pairs)| pairs).unwrap_or_default())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn either(&self, snake: &str, camel: &str) -> Option<&str> {
        self.text(snake).or_else(|| self.text(camel))
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Unanswered> {
        self.text(name).ok_or_else(|| Unanswered::Parameter(format!("missing field `{name}`")))
    }

    pub(super) fn number(&self, name: &str) -> Result<u64, Unanswered> {
        self.required(name)?.parse().map_err(|_| wrong(name))
    }

    pub(super) fn optional(&self, name: &str) -> Result<Option<u64>, Unanswered> {
        self.text(name).map(|text| text.parse().map_err(|_| wrong(name))).transpose()
    }

    pub(super) fn optional_u32(&self, name: &str) -> Result<Option<u32>, Unanswered> {
        self.text(name).map(|text| text.parse().map_err(|_| wrong(name))).transpose()
    }

    /// Bytes in hex, with or without `0x`.
    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, Unanswered> {
        let text = self.required(name)?;
        hex::decode(text.trim_start_matches("0x")).map_err(|_| wrong(name))
    }

    pub(super) fn page_size(&self) -> Result<Option<u32>, Unanswered> {
        self.either("page_size", "pageSize")
            .map(|text| text.parse().map_err(|_| wrong("pageSize")))
            .transpose()
    }

    pub(super) fn page_token(&self) -> Result<Option<Vec<u8>>, Unanswered> {
        let Some(text) = self.either("page_token", "pageToken") else { return Ok(None) };
        // A plus that was not escaped has become a space.
        let repaired = text.replace(' ', "+");
        BASE64_STANDARD.decode(repaired).map(Some).map_err(|_| wrong("pageToken"))
    }

    pub(super) fn reverse(&self) -> Result<Option<bool>, Unanswered> {
        self.text("reverse").map(|text| text.parse().map_err(|_| wrong("reverse"))).transpose()
    }

    /// A name of a protocol enum, or its number.
    pub(super) fn choice(
        &self,
        name: &str,
        known: impl Fn(&str) -> Option<i32>,
    ) -> Result<Option<i32>, Unanswered> {
        let Some(text) = self.text(name) else { return Ok(None) };
        known(text)
            .or_else(|| text.parse().ok())
            .map(Some)
            .ok_or_else(|| Unanswered::Parameter(format!("unknown variant `{text}`")))
    }
}

fn wrong(name: &str) -> Unanswered {
    Unanswered::Parameter(format!("invalid value for `{name}`"))
}
