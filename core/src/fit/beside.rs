//! What stands beside a text: media, links and quoted messages.

use super::Withheld;
use super::fallback::{quote_line, shortened};
use super::media::{Passage, address_line, described, passage};
use super::telling::{Loss, Referent, Telling};
use crate::model::capabilities::{Feature, Support};
use crate::model::content::{Link, Quote};
use crate::model::outgoing::Embed;

/// What stands beside a text, and the words for what cannot.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Lines above the text, each with its end.
    pub(super) above: String,
    /// Lines below the text.
    pub(super) below: Vec<String>,
    /// What the network shows itself: media first, then links, then quotes.
    pub(super) embeds: Vec<Embed>,
}

pub(super) fn beside(telling: &Telling<'_>, losses: &mut Vec<Loss>) -> Result<Beside, Withheld> {
    let mut beside = Beside::default();
    beside.media(telling, losses);
    for link in telling.content.links() {
        beside.link(telling, losses, &link)?;
    }
    let quotes = telling.content.quotes();
    for index in 0..quotes.len().max(telling.quotes.len()) {
        beside.quote(telling, losses, telling.quotes.get(index), quotes.get(index))?;
    }
    Ok(beside)
}

impl Beside {
    fn media(&mut self, telling: &Telling<'_>, losses: &mut Vec<Loss>) {
        let capabilities = telling.capabilities;
        for attachment in telling.content.attachments() {
            match passage(&attachment, capabilities) {
                Passage::Pass(part, why) => {
                    if let Some(why) = why {
                        let reason = format!("{} not uploaded: {why}", attachment.kind.noun());
                        losses.push(Loss::similar(Feature::Media, reason));
                    }
                    self.embeds.push(Embed::Media(*part));
                }
                Passage::Link(url, why) => {
                    let why = why.map_or_else(String::new, |why| format!(": {why}"));
                    let reason = format!("{} sent as an address{why}", attachment.kind.noun());
                    losses.push(Loss::words(Feature::Media, reason));
                    self.below.push(address_line(&attachment, &url));
                }
                Passage::Refuse(reason) => {
                    let told = format!("{} not carried: {reason}", attachment.kind.noun());
                    losses.push(Loss::of(Feature::Media, told));
                    let words = described(&attachment);
                    self.below.push(format!("[{words}, not carried here: {reason}]"));
                }
            }
        }
    }

    fn link(
        &mut self,
        telling: &Telling<'_>,
        losses: &mut Vec<Loss>,
        link: &Link<'_>,
    ) -> Result<(), Withheld> {
        let limits = &telling.capabilities.limits;
        let fits = limits.embeds > 0 && link.url.len() <= limits.url_bytes;
        match telling.capabilities.features.link {
            Support::Rejected => {
                return Err(Withheld(Feature::Link, "links cannot be sent there".to_owned()));
            }
            Support::Dropped => {
                losses.push(Loss::of(Feature::Link, "a link is left out"));
            }
            Support::Partial | Support::Full if fits => {
                self.embeds.push(Embed::Url(link.url.to_owned()));
            }
            Support::Fallback | Support::Partial | Support::Full => {
                let text = telling.content.text().map_or("", |text| text.as_str);
                if !text.contains(link.url) {
                    let title = shortened(link.title);
                    self.below.push(format!("{title} {}", link.url).trim_start().to_owned());
                }
                losses.push(Loss::words(Feature::Link, "a link is plain text"));
            }
        }
        Ok(())
    }

    fn quote(
        &mut self,
        telling: &Telling<'_>,
        losses: &mut Vec<Loss>,
        known: Option<&Referent>,
        quote: Option<&Quote>,
    ) -> Result<(), Withheld> {
        let copy = known.and_then(|known| known.copies.first());
        let shows = telling.capabilities.limits.embeds > 0;
        match (telling.capabilities.features.quote, copy) {
            (Support::Rejected, _) => {
                return Err(Withheld(Feature::Quote, "nothing can be quoted there".to_owned()));
            }
            (Support::Dropped, _) => {
                losses.push(Loss::of(Feature::Quote, "a quoted message is left out"));
            }
            (Support::Partial | Support::Full, Some(copy)) if shows => {
                self.embeds.push(Embed::Quote(copy.clone()));
            }
            (Support::Fallback | Support::Partial | Support::Full, _) => {
                losses.push(self.quote_in_words(known, quote));
            }
        }
        Ok(())
    }

    fn quote_in_words(&mut self, known: Option<&Referent>, quote: Option<&Quote>) -> Loss {
        let told = quote.map(|quote| Referent {
            excerpt: quote.excerpt.clone(),
            author: quote.author.as_ref().and_then(|author| author.name.clone()),
            ..Referent::default()
        });
        let line = known.and_then(quote_line).or_else(|| told.as_ref().and_then(quote_line));
        match (line, quote.and_then(|quote| quote.url.clone())) {
            (Some(line), _) => {
                self.above.push_str(&line);
                Loss::words(Feature::Quote, "a line quotes a message")
            }
            (None, Some(url)) => {
                self.below.push(url);
                Loss::words(Feature::Quote, "a quoted message is an address")
            }
            (None, None) => Loss::of(Feature::Quote, "a quoted message is not known"),
        }
    }
}
