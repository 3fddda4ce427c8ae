//! What is too much for one message, and what holds for all messages.

use super::*;

/// The limits of a real network: 320 bytes of text, four embeds, ten mentions, 2048 bytes in all.
fn feed() -> Capabilities {
    let mut feed = leg(Support::Full);
    feed.limits = Limits {
        text: Limit { max: 320, unit: Unit::Bytes },
        embeds: 4,
        url_bytes: 256,
        mentions: 10,
        payload: Some(Payload {
            max_bytes: 2048,
            fixed_bytes: 128,
            embed_bytes: 8,
            mention_bytes: 12,
        }),
    };
    feed
}

fn says(case: &Case, capabilities: &Capabilities) -> Vec<Say> {
    let network = Network::parse("feeds").unwrap();
    let fitted = fit(&case.telling(&network, capabilities));
    let say = |it| match it {
        Outgoing::Say(say) | Outgoing::Edit { say, .. } => say,
        it @ (Outgoing::Delete { .. }
        | Outgoing::React { .. }
        | Outgoing::Unreact { .. }
        | Outgoing::Read { .. }) => panic!("{it:?}"),
    };
    fitted.outgoing.into_iter().map(say).collect()
}

#[test]
fn a_long_text_becomes_a_chain() {
    let case =
        Case::with(plain(&"Nine words make a sentence of this very text. ".repeat(12)), |it| {
            it.reply_to = Some(bob());
        });
    let says = says(&case, &feed());
    assert_eq!(says.len(), 2);
    assert_eq!(says[0].reply_to, ReplyTo::Message(remote("bob-1")));
    assert_eq!(says[1].reply_to, ReplyTo::PartBefore);
    assert!(says[0].text.starts_with("Ann: Nine"));
    assert!(says[1].text.starts_with("Nine") && says[1].text.ends_with("(2/2)"));
}

#[test]
fn one_long_word_begins_beside_its_speakers_name() {
    let says = says(&Case::of(plain(&"x".repeat(700))), &feed());
    let texts: Vec<_> = says.iter().map(|say| say.text.as_str()).collect();
    assert_eq!(texts.len(), 3);
    assert!(texts[0].starts_with("Ann: xxxx") && texts[0].ends_with("x (1/3)"), "{texts:?}");
}

#[test]
fn more_beside_the_text_than_fits_follows_in_messages_of_its_own() {
    let url = |n: usize| format!("https://files.example/{n}/{}", "x".repeat(200));
    let links = (0..6).map(|n| Part::link(&url(n), ""));
    let parts = std::iter::once(Part::text("Six links.")).chain(links).collect();
    let says = says(&Case::of(Content::of_parts(salt(), parts)), &feed());
    let counts: Vec<_> = says.iter().map(|say| (say.text.as_str(), say.embeds.len())).collect();
    assert_eq!(counts, [("Ann: Six links.", 4), ("", 2)]);
}

#[test]
fn every_piece_of_what_disappears_by_itself_says_when() {
    let content = plain(&"word ".repeat(100)).expiring(Expiration::At(60));
    let ends = |expiry| {
        let mut feed = feed();
        feed.features.expiry = expiry;
        let says = says(&Case::of(content.clone()), &feed);
        assert_eq!(says.len(), 2);
        says.into_iter().map(|say| say.expires).collect::<Vec<_>>()
    };
    assert_eq!(ends(Support::Full), [Some(Expiration::At(60)); 2]);
    assert_eq!(ends(Support::Dropped), [None; 2]);
}

#[test]
fn what_is_over_is_deleted_where_it_would_stay_and_nothing_is_said_of_it() {
    let case = Case::with(Content::deleting(salt(), message()), |it| {
        it.target = Some(bob());
        it.is_expiry = true;
    });
    let network = Network::parse("feeds").unwrap();
    let done = |delete, expiry| {
        let mut feed = feed();
        (feed.features.delete, feed.features.expiry) = (delete, expiry);
        let Fitted { outgoing, losses } = fit(&case.telling(&network, &feed));
        assert_eq!(losses, []);
        outgoing.len()
    };
    assert_eq!(done(Support::Full, Support::Dropped), 1);
    assert_eq!(done(Support::Full, Support::Full), 0);
    for delete in [Support::Fallback, Support::Dropped, Support::Rejected] {
        assert_eq!(done(delete, Support::Dropped), 0, "{delete:?}");
    }
}

#[test]
fn mentions_keep_their_places_in_pieces() {
    let text = format!("{} @bob and more", "word ".repeat(70));
    let at = text.find("@bob").unwrap();
    let mention =
        Mention { range: at..at + 4, identity: identity("feeds", "8"), label: "bob".into() };
    let case = Case::of(plain(&text).mentioning(vec![mention]));
    let says = says(&case, &feed());
    assert_eq!(says[0].mentions, []);
    let range = says[1].mentions[0].range.clone();
    assert_eq!(says[1].text.get(range), Some("@bob"));
}

#[test]
fn an_edit_that_is_longer_follows_the_last_old_piece() {
    let content = plain(&"word ".repeat(200)).replacing(message());
    let case = Case::with(content, |it| {
        it.target = Some(Referent { copies: vec![remote("a"), remote("b")], ..bob() });
    });
    let network = Network::parse("feeds").unwrap();
    let feed = feed();
    let fitted = fit(&case.telling(&network, &feed));
    let told: Vec<_> = fitted
        .outgoing
        .iter()
        .map(|it| match it {
            Outgoing::Edit { target, say } => format!("edit {target} {:?}", say.reply_to),
            Outgoing::Say(say) => format!("say {:?}", say.reply_to),
            it @ (Outgoing::Delete { .. }
            | Outgoing::React { .. }
            | Outgoing::Unreact { .. }
            | Outgoing::Read { .. }) => panic!("{it:?}"),
        })
        .collect();
    let expected = [
        r#"edit a Conversation"#,
        r#"edit b Message(RemoteId("a"))"#,
        r#"say Message(RemoteId("b"))"#,
        r#"say PartBefore"#,
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_text_beyond_all_bounds_stays_behind_with_a_reason() {
    let case = Case::of(plain(&"x".repeat(100_000)));
    let network = Network::parse("feeds").unwrap();
    let feed = feed();
    let fitted = fit(&case.telling(&network, &feed));
    assert_eq!(fitted.outgoing, []);
    assert!(fitted.losses[0].is_whole);
    assert_eq!(fitted.losses[0].reason, "the text would be more than 100 messages");
}

#[test]
fn every_piece_carries_the_mark() {
    let network = Network::parse("feeds").unwrap();
    let mark = Mark { origin: Origin::of(&network, &remote("x")), rooms: Vec::new() };
    let case = Case::of(plain(&"word ".repeat(100)));
    let feed = feed();
    let mut telling = case.telling(&network, &feed);
    telling.mark = Some(&mark);
    let fitted = fit(&telling);
    assert!(fitted.outgoing.len() > 1);
    for outgoing in fitted.outgoing {
        assert!(matches!(outgoing, Outgoing::Say(Say { mark: Some(it), .. }) if it == mark));
    }
}

fn support() -> impl Strategy<Value = Support> {
    prop::sample::select(LEVELS.map(|(_, support)| support).to_vec())
}

fn content() -> impl Strategy<Value = Content> {
    let text = prop_oneof![".{0,60}", "([a-z]{1,9}[ .\n]){0,300}", "(👩🏽‍⚕️|é|क्षि| ){0,80}"];
    let links = prop::collection::vec("https://[a-z]{1,9}\\.example/[a-z]{0,200}", 0..7);
    (text, links, any::<bool>()).prop_map(|(text, links, replies)| {
        let mut parts = vec![Part::text(&text)];
        for link in links {
            parts.push(match link.len() % 3 {
                0 => Part::link(&link, "A title"),
                1 => Part::inline(ExternalPart {
                    content_type: "image/png".to_owned(),
                    url: link,
                    ..ExternalPart::default()
                }),
                _ => Part::quote(&Quote { url: Some(link), ..Quote::default() }),
            });
        }
        let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
        let spans = ends.windows(4).step_by(9).map(|span| span[0]..span[3]);
        let mention =
            |range| Mention { range, identity: identity("feeds", "8"), label: String::new() };
        let content = Content::of_parts(salt(), parts).mentioning(spans.map(mention).collect());
        if replies { content.replying_to(message()) } else { content }
    })
}

proptest! {
    #[test]
    fn whatever_is_said_is_within_every_limit(
        content in content(),
        support in support(),
        max in 40..400_usize,
        unit in prop::sample::select(vec![
            Unit::Bytes, Unit::Characters, Unit::Utf16, Unit::Graphemes,
        ]),
    ) {
        let mut capabilities = feed();
        capabilities.features = leg(support).features;
        capabilities.media = leg(support).media;
        capabilities.limits.text = Limit { max, unit };
        let replies = content.in_reply_to.is_some();
        let case = if replies {
            Case::with(content, |it| it.reply_to = Some(bob()))
        } else {
            Case::of(content)
        };
        let limits = capabilities.limits;
        for say in says(&case, &capabilities) {
            prop_assert!(width(&say.text, unit) <= max);
            prop_assert!(say.embeds.len() <= limits.embeds);
            prop_assert!(say.mentions.len() <= limits.mentions);
            prop_assert!(!say.text.is_empty() || !say.embeds.is_empty());
            let payload = limits.payload.unwrap();
            let beside: usize = say.embeds.iter().map(|embed| payload.embed_bytes + match embed {
                Embed::Url(url) => url.len(),
                Embed::Quote(id) => id.as_str().len(),
                Embed::Media(part) => part.url.len(),
            }).sum();
            let named = say.mentions.len() * payload.mention_bytes;
            let all = payload.fixed_bytes + say.text.len() + beside + named;
            prop_assert!(all <= payload.max_bytes);
            for mention in &say.mentions {
                prop_assert!(say.text.get(mention.range.clone()).is_some());
            }
        }
    }

    #[test]
    fn no_piece_is_without_words_of_its_author(
        text in "([a-zé👍]{1,90}[ .\n]{0,3}){1,60}",
        max in 40..400_usize,
        unit in prop::sample::select(vec![
            Unit::Bytes, Unit::Characters, Unit::Utf16, Unit::Graphemes,
        ]),
    ) {
        let mut feed = feed();
        feed.limits.text = Limit { max, unit };
        let case = Case::of(plain(&text));
        let said = says(&case, &feed);
        let count = said.len();
        for (index, say) in said.iter().enumerate() {
            let own = if index == 0 { say.text.strip_prefix("Ann: ") } else { Some(&*say.text) };
            let mark = format!("({}/{count})", index + 1);
            let words = own.unwrap().strip_suffix(&mark).or(own).unwrap();
            prop_assert!(!words.trim().is_empty(), "{:?} of {count}", say.text);
        }
    }

    #[test]
    fn the_words_of_a_message_all_arrive(text in "([a-zé👍]{1,9}[ .\n]){0,300}") {
        let case = Case::with(plain(&text), |it| it.speaker = None);
        let mut feed = feed();
        feed.limits.text.max = 60;
        let said = says(&case, &feed).into_iter().map(|say| match say.text.rfind('(') {
            Some(mark) => say.text.split_at(mark).0.to_owned(),
            None => say.text,
        });
        let said: Vec<String> = said.collect();
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(bare(&said.concat()), bare(&text));
    }
}
