//! What each kind of message becomes at each level of support.

use super::*;

fn external(content_type: &str, aead: u16, size_bytes: u64) -> ExternalPart {
    ExternalPart {
        content_type: content_type.to_owned(),
        url: "https://files.example/1".to_owned(),
        aead,
        size_bytes,
        key: MediaKey::from(vec![1; 16]),
        filename: "kettle".to_owned(),
        ..ExternalPart::default()
    }
}

fn mention(range: Range<usize>, network: &str, author: &str) -> Mention {
    Mention { range, identity: identity(network, author), label: author.to_owned() }
}

#[test]
fn a_text() {
    Case::of(plain("Tea at five?")).check(&expect![[r#"
        == full, partial, fallback, dropped, rejected
        say
        | Ann: Tea at five?
    "#]]);
}

#[test]
fn a_text_of_the_owner() {
    Case::with(plain("Tea at five?"), |it| it.speaker = None).check(&expect![[r#"
        == full, partial, fallback, dropped, rejected
        say
        | Tea at five?
    "#]]);
}

#[test]
fn a_text_that_comes_to_a_less_protected_place() {
    Case::with(plain("Tea at five?"), |it| it.level = Level::Healing).check(&expect![[r#"
        == full, partial, fallback, dropped, rejected
        say
        | [L4] Ann: Tea at five?
    "#]]);
}

#[test]
fn a_reply() {
    let content = plain("At five.").replying_to(message());
    Case::with(content, |it| it.reply_to = Some(bob())).check(&expect![[r#"
        == full, partial
        say in reply to bob-1
        | Ann: At five.
        == fallback
        say
        | > Bob: When is tea?
        | Ann: At five.
        ~ reply: a line quotes the message it answers
        == dropped
        say
        | Ann: At five.
        ! reply: nothing can be answered there
        == rejected
        nothing is done there
        ! reply: nothing can be answered there
    "#]]);
}

#[test]
fn a_reply_to_something_that_is_not_there() {
    let content = plain("At five.").replying_to(message());
    Case::with(content, |it| it.reply_to = Some(absent())).check(&expect![[r#"
        == full, partial, fallback
        say
        | > Bob: When is tea?
        | Ann: At five.
        ~ reply: a line quotes the message it answers
        == dropped
        say
        | Ann: At five.
        ! reply: nothing can be answered there
        == rejected
        nothing is done there
        ! reply: nothing can be answered there
    "#]]);
}

#[test]
fn a_reply_to_something_that_nobody_saw() {
    Case::with(plain("At five."), |it| it.reply_to = Some(Referent::default())).check(&expect![[
        r#"
            == full, partial, fallback
            say
            | Ann: At five.
            ! reply: the message it answers is not known
            == dropped
            say
            | Ann: At five.
            ! reply: nothing can be answered there
            == rejected
            nothing is done there
            ! reply: nothing can be answered there
        "#
    ]]);
}

#[test]
fn a_message_in_a_thread_that_disappears() {
    let content = plain("Tea?").in_topic("tea").expiring(Expiration::AfterReading(60));
    Case::of(content).check(&expect![[r#"
        == full, partial
        say
        | Ann: Tea?
        ~ expiry: it is deleted when its time is over
        == fallback, dropped
        say
        | Ann: Tea?
        ! thread: it stands outside its thread
        ! expiry: it does not disappear there
        == rejected
        nothing is done there
        ! thread: there are no threads there
    "#]]);
}

#[test]
fn mentions() {
    let content = plain("@bob @cid @dan: tea?").mentioning(vec![
        mention(0..4, "chats", "8"),
        mention(5..9, "feeds", "9"),
        mention(10..14, "chats", "10"),
    ]);
    Case::with(content, |it| {
        it.people.insert(identity("chats", "8"), identity("feeds", "80"));
    })
    .check(&expect![[r#"
        == full, partial
        say
        | Ann: @bob @cid @dan: tea?
        @ @bob is feeds:80
        @ @cid is feeds:9
        ~ mention: people who are not known there are named in plain text
        == fallback, dropped
        say
        | Ann: @bob @cid @dan: tea?
        ~ mention: people are named in plain text
        == rejected
        nothing is done there
        ! mention: nobody can be named there
    "#]]);
}

#[test]
fn an_image() {
    let parts = vec![Part::text("Look"), Part::inline(external("image/png", 0, 5))];
    Case::of(Content::of_parts(salt(), parts)).check(&expect![[r#"
        == full, partial
        say
        | Ann: Look
        + image/png https://files.example/1
        == fallback
        say
        | Ann: Look
        | [image: kettle] https://files.example/1
        ~ media: image sent as an address
        == dropped, rejected
        say
        | Ann: Look
        | [image: kettle, not carried here: this sort of file cannot be sent there]
        ! media: image not carried: this sort of file cannot be sent there
    "#]]);
}

#[test]
fn an_encrypted_voice_note() {
    Case::of(Content::new(salt(), Part::inline(external("audio/ogg", 1, 5))))
        .check(&expect![[r#"
            == full
            say
            | Ann:
            + audio/ogg https://files.example/1
            == partial, fallback
            say
            | Ann:
            | [voice note: kettle, not carried here: it is encrypted, and its key cannot be sent there]
            ! media: voice note not carried: it is encrypted, and its key cannot be sent there
            == dropped, rejected
            say
            | Ann:
            | [voice note: kettle, not carried here: this sort of file cannot be sent there]
            ! media: voice note not carried: this sort of file cannot be sent there
        "#]]);
}

#[test]
fn a_gif_that_is_too_large() {
    Case::of(Content::new(salt(), Part::inline(external("image/gif", 0, 1_500_000)))).check(
        &expect![[r#"
            == full, partial, fallback, dropped, rejected
            say
            | Ann:
            | [GIF: kettle, not carried here: 1.5 MB where at most 1.0 MB fit]
            ! media: GIF not carried: 1.5 MB where at most 1.0 MB fit
        "#]],
    );
}

#[test]
fn a_file_inside_its_message() {
    let part = Part::enclosed(Disposition::Attachment, "application/pdf", "a.pdf", vec![1]);
    Case::of(Content::new(salt(), part)).check(&expect![[r#"
        == full, partial, fallback
        say
        | Ann:
        | [file: a.pdf, not carried here: it travels inside its message and has no address of its own]
        ! media: file not carried: it travels inside its message and has no address of its own
        == dropped, rejected
        say
        | Ann:
        | [file: a.pdf, not carried here: this sort of file cannot be sent there]
        ! media: file not carried: this sort of file cannot be sent there
    "#]]);
}

#[test]
fn a_link_beside_a_text_and_one_in_it() {
    let parts = vec![
        Part::text("See https://a.example/1"),
        Part::link("https://a.example/1", "A"),
        Part::link("https://b.example/2", "B\n\u{202e}title"),
    ];
    Case::of(Content::of_parts(salt(), parts)).check(&expect![[r#"
        == full, partial
        say
        | Ann: See https://a.example/1
        + https://a.example/1
        + https://b.example/2
        == fallback
        say
        | Ann: See https://a.example/1
        | B title https://b.example/2
        ~ link: a link is plain text
        ~ link: a link is plain text
        == dropped
        say
        | Ann: See https://a.example/1
        ! link: a link is left out
        ! link: a link is left out
        == rejected
        nothing is done there
        ! link: links cannot be sent there
    "#]]);
}

#[test]
fn a_quote() {
    let parts = vec![Part::text("Indeed."), Part::quote(&Quote::default())];
    Case::with(Content::of_parts(salt(), parts), |it| it.quotes = vec![bob()]).check(&expect![[
        r#"
            == full, partial
            say
            | Ann: Indeed.
            + quote of bob-1
            == fallback
            say
            | > Bob: When is tea?
            | Ann: Indeed.
            ~ quote: a line quotes a message
            == dropped
            say
            | Ann: Indeed.
            ! quote: a quoted message is left out
            == rejected
            nothing is done there
            ! quote: nothing can be quoted there
        "#
    ]]);
}

#[test]
fn quotes_of_what_is_not_there() {
    let told = Quote {
        author: Some(Actor { identity: identity("chats", "8"), name: Some("Bob".to_owned()) }),
        excerpt: Some("When is tea?".to_owned()),
        ..Quote::default()
    };
    let url = Quote { url: Some("https://chats.example/9".to_owned()), ..Quote::default() };
    let quotes = [&told, &url, &Quote::default()].map(Part::quote);
    let parts = [vec![Part::text("Indeed.")], quotes.to_vec()].concat();
    Case::of(Content::of_parts(salt(), parts)).check(&expect![[r#"
        == full, partial, fallback
        say
        | > Bob: When is tea?
        | Ann: Indeed.
        | https://chats.example/9
        ~ quote: a line quotes a message
        ~ quote: a quoted message is an address
        ! quote: a quoted message is not known
        == dropped
        say
        | Ann: Indeed.
        ! quote: a quoted message is left out
        ! quote: a quoted message is left out
        ! quote: a quoted message is left out
        == rejected
        nothing is done there
        ! quote: nothing can be quoted there
    "#]]);
}

#[test]
fn a_reaction_that_is_known() {
    Case::with(Content::reacting(salt(), message(), "👍"), |it| it.target = Some(bob())).check(
        &expect![[r#"
            == full, partial
            react ❤️ to bob-1
            ~ reaction: ❤️ stands for 👍
            == fallback
            say
            | Ann reacted 👍 to Bob: “When is tea?”
            ~ reaction: a line tells the reaction
            == dropped, rejected
            nothing is done there
            ! reaction: this reaction cannot be given there
        "#]],
    );
}

#[test]
fn a_reaction_that_is_not_known() {
    Case::with(Content::reacting(salt(), message(), "🎉"), |it| it.target = Some(bob())).check(
        &expect![[r#"
            == full, partial
            say in reply to bob-1
            | Ann reacted 🎉 to Bob
            ~ reaction: a line tells the reaction
            == fallback
            say
            | Ann reacted 🎉 to Bob: “When is tea?”
            ~ reaction: a line tells the reaction
            == dropped, rejected
            nothing is done there
            ! reaction: this reaction cannot be given there
        "#]],
    );
}

#[test]
fn a_reaction_that_stands_there_already() {
    Case::with(Content::reacting(salt(), message(), "❤"), |it| {
        it.target = Some(bob());
        it.reaction_is_shared = true;
    })
    .check(&expect![[r#"
        == full, partial
        nothing is done there
        == fallback
        say
        | Ann reacted ❤ to Bob: “When is tea?”
        ~ reaction: a line tells the reaction
        == dropped, rejected
        nothing is done there
        ! reaction: this reaction cannot be given there
    "#]]);
}

#[test]
fn a_reaction_to_what_is_not_there() {
    Case::with(Content::reacting(salt(), message(), "❤"), |it| it.target = Some(absent())).check(
        &expect![[r#"
            == full, partial, fallback, dropped, rejected
            nothing is done there
            ! reaction: the message it is to is not there
        "#]],
    );
}

#[test]
fn a_reaction_taken_back() {
    Case::with(Content::unreacting(salt(), message(), message()), |it| {
        it.target = Some(bob());
        it.emoji = Some("❤️".to_owned());
        it.reaction = Some(Referent { copies: vec![remote("line-1")], ..Referent::default() });
    })
    .check(&expect![[r#"
        == full, partial
        take ❤️ to bob-1 back
        == fallback, dropped, rejected
        nothing is done there
        ! reaction: the line that told the reaction stays
    "#]]);
}

#[test]
fn a_reaction_taken_back_that_was_told_in_words() {
    Case::with(Content::unreacting(salt(), message(), message()), |it| {
        it.target = Some(bob());
        it.emoji = Some("🎉".to_owned());
        it.reaction = Some(Referent { copies: vec![remote("line-1")], ..Referent::default() });
    })
    .check(&expect![[r#"
        == full, partial
        delete line-1
        == fallback, dropped, rejected
        nothing is done there
        ! reaction: the line that told the reaction stays
    "#]]);
}

#[test]
fn an_edit() {
    let content = plain("Tea at six.").replacing(message());
    Case::with(content, |it| it.target = Some(bob())).check(&expect![[r#"
        == full, partial
        edit bob-1
        | Ann: Tea at six.
        == fallback
        say
        | (edited) Ann: Tea at six.
        ~ edit: a marked message tells the change
        == dropped, rejected
        nothing is done there
        ! edit: nothing can be changed there
    "#]]);
}

#[test]
fn an_edit_that_is_shorter() {
    Case::with(plain("Tea at six.").replacing(message()), |it| {
        it.target = Some(Referent { copies: vec![remote("a"), remote("b")], ..bob() });
    })
    .check(&expect![[r#"
        == full, partial
        edit a
        | Ann: Tea at six.
        delete b
        == fallback
        say
        | (edited) Ann: Tea at six.
        ~ edit: a marked message tells the change
        == dropped, rejected
        nothing is done there
        ! edit: nothing can be changed there
    "#]]);
}

#[test]
fn an_edit_of_what_is_not_there() {
    let content = plain("Tea at six.").replacing(message());
    Case::with(content, |it| it.target = Some(absent())).check(&expect![[r#"
        == full, partial, fallback, dropped, rejected
        nothing is done there
        ! edit: the message it changes is not there
    "#]]);
}

#[test]
fn a_delete_of_a_message_in_pieces() {
    Case::with(Content::deleting(salt(), message()), |it| {
        it.target = Some(Referent { copies: vec![remote("a"), remote("b")], ..bob() });
    })
    .check(&expect![[r#"
        == full, partial
        delete a
        delete b
        == fallback
        say
        | Ann took this message back
        ~ delete: a line tells that it was taken back; the message itself stays
        == dropped, rejected
        nothing is done there
        ! delete: nothing can be taken back there
    "#]]);
}

#[test]
fn a_delete_of_what_is_not_there() {
    Case::with(Content::deleting(salt(), message()), |it| it.target = Some(absent())).check(
        &expect![[r#"
            == full, partial, fallback, dropped, rejected
            nothing is done there
        "#]],
    );
}

#[test]
fn a_receipt() {
    let receipt = crate::model::content::Receipt::read([message()]);
    Case::with(Content::reporting(salt(), &receipt), |it| it.target = Some(bob())).check(&expect![
        [r#"
            == full, partial
            report read up to bob-1
            == fallback, dropped
            nothing is done there
            ! read receipt: nobody is told there what was read
            == rejected
            nothing is done there
            ! read receipt: nothing can be reported there
        "#]
    ]);
}

#[test]
fn events() {
    let actor = |author: &str, name: Option<&str>| Actor {
        identity: identity("chats", author),
        name: name.map(str::to_owned),
    };
    let (ann, bob) = (actor("7", Some("Ann")), actor("8", Some("B\nob: x")));
    let crowd = (1..=8).map(|n| actor(&format!("p{n}"), None)).collect();
    let events = [
        SystemEvent::Joined { who: vec![ann.clone(), bob.clone()], by: None },
        SystemEvent::Joined { who: crowd, by: Some(ann.clone()) },
        SystemEvent::Left { who: vec![ann.clone()], by: None },
        SystemEvent::Left { who: vec![bob], by: Some(ann.clone()) },
        SystemEvent::Renamed { title: "Tea\ntime".to_owned(), by: Some(ann.clone()) },
        SystemEvent::CallStarted { by: Some(ann), url: Some("https://calls.example/1".to_owned()) },
        SystemEvent::CallMissed { by: None },
    ];
    let told: Vec<_> = events
        .iter()
        .map(|event| Case::of(Content::telling(salt(), event)).told(&leg(Support::Fallback)))
        .collect();
    expect![[r#"
        say
        | Ann and B ob x joined
        ~ event: a line tells the event
        say
        | p1, p2, p3, p4, p5 and 3 more were added by Ann
        ~ event: a line tells the event
        say
        | Ann left
        ~ event: a line tells the event
        say
        | B ob x was removed by Ann
        ~ event: a line tells the event
        say
        | Ann named the conversation “Tea time”
        ~ event: a line tells the event
        say
        | Ann started a call: https://calls.example/1
        ~ event: a line tells the event
        say
        | Missed a call
        ~ event: a line tells the event
    "#]]
    .assert_eq(&told.concat());
    Case::of(Content::telling(salt(), &events[2])).check(&expect![[r#"
        == full, partial, fallback
        say
        | Ann left
        ~ event: a line tells the event
        == dropped
        nothing is done there
        ! event: events are not told there
        == rejected
        nothing is done there
        ! event: events cannot be told there
    "#]]);
}

#[test]
fn something_that_nobody_here_can_read() {
    let part = Part::enclosed(Disposition::Render, "text/html", "", b"<p>Hi</p>".to_vec());
    Case::of(Content::new(salt(), part)).check(&expect![[r#"
        == full, partial, fallback, dropped, rejected
        say
        | Ann:
        | [a message that cannot be shown here]
        ! text: the bridge cannot read the message
    "#]]);
}

#[test]
fn a_preview_says_who_can_read_it_and_how_long_it_stays() {
    let mut feed = leg(Support::Partial);
    feed.permanence = Permanence::UntilEvicted;
    let case = Case::of(plain("Tea?"));
    let network = Network::parse("feeds").unwrap();
    let shown = preview(&case.telling(&network, &feed), Level::Healing);
    expect![[r#"
        say
        | Ann: Tea?
        it can be read by everybody (L0)
        it stays until it is deleted or pushed out by newer messages; copies may remain elsewhere
        that is less protected than where it comes from (L4)
    "#]]
    .assert_eq(&shown.to_string());
}
