use proptest::prelude::*;

use super::*;
use crate::model::id::{Identity, Network, RemoteAuthor};

fn speaker(author: &str, name: &str) -> Speaker {
    let identity = Identity {
        network: Network::parse("chats").unwrap(),
        author: RemoteAuthor::parse(author).unwrap(),
    };
    Speaker { identity, name: name.to_owned(), handle: None, is_known: false }
}

#[test]
fn a_template_says_who_speaks() {
    let mut ann = speaker("7", "Ann");
    assert_eq!(attribution(DEFAULT_TEMPLATE, &ann, &[]), "Ann: ");
    assert_eq!(attribution("{name} (@{handle}, {network}) ", &ann, &[]), "Ann (@7, chats) ");
    ann.handle = Some("ann.eth".to_owned());
    assert_eq!(attribution("<{handle}> ", &ann, &[]), "<ann.eth> ");
    assert_eq!(attribution("[{role}] {name}", &ann, &[]), "[{role}] Ann");
}

#[test]
fn a_sign_shows_who_is_known_and_nobody_else_can_have_it() {
    let mut ann = speaker("7", "Ann ✓");
    for (template, known, unknown) in [
        ("{name} {proof}: ", "Ann ✓: ", "Ann: "),
        ("{proof} {name}: ", "✓ Ann: ", "Ann: "),
        ("{name} ({network} {proof}) ", "Ann (chats ✓) ", "Ann (chats) "),
        ("{name}: ", "Ann ✓: ", "Ann ✓: "),
    ] {
        ann.is_known = true;
        assert_eq!(attribution(template, &ann, &[]), known);
        ann.is_known = false;
        assert_eq!(attribution(template, &ann, &[]), unknown);
    }
    for sign in ["✔", "✔️", "✅", "☑️", "√"] {
        let fake = speaker("8", &format!("Ann{sign}"));
        assert_eq!(attribution("{name} {proof}: ", &fake, &[]), "Ann: ");
    }
}

#[test]
fn templates_from_settings_are_checked() {
    assert_eq!(check_template(DEFAULT_TEMPLATE), Ok(()));
    assert_eq!(check_template("<{handle}@{network}> "), Ok(()));
    assert_eq!(check_template("{network}: "), Err(InvalidTemplate::Nameless));
    let unknown = check_template("{nick}: ").unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "`{nick}` is no placeholder: use `{name}`, `{handle}`, `{network}` or `{proof}`"
    );
}

#[test]
fn somebody_without_a_name_goes_by_handle_or_id() {
    let mut nobody = speaker(&"ab".repeat(32), " \u{200b}\u{202e}\n");
    assert_eq!(nobody.shown_name(), "abababababab…");
    nobody.handle = Some("nob".to_owned());
    assert_eq!(nobody.shown_name(), "nob");
}

#[test]
fn names_do_not_hide_reorder_pile_up_or_speak_for_others() {
    for (name, shown) in [
        ("Ann\nBob: I quit", "Ann Bob I quit"),
        ("\u{202e}nnA", "nnA"),
        ("A\u{200b}n\u{200d}n\u{feff}", "Ann"),
        ("Ann\u{2066}\u{2069}\u{e0041}", "Ann"),
        ("Ann\u{0}\u{7}\u{1b}[31m", "Ann[31m"),
        ("Ann  \u{3164} \u{2800}x", "Ann x"),
        ("Z\u{301}\u{302}\u{303}\u{304}\u{305}!", "Z\u{301}\u{302}!"),
        ("José ❤️ 👩🏽‍⚕️", "José ❤️ 👩🏽‍⚕️"),
        ("明日香", "明日香"),
    ] {
        assert_eq!(plain_name(name), shown, "{name:?}");
    }
    let long = plain_name(&"n".repeat(100));
    assert_eq!(long.graphemes(true).count(), MAX_NAME + 1);
}

#[test]
fn names_that_look_alike_are_told_apart() {
    let ann = speaker("7", "Ann Lovelace");
    for twin in
        ["Ann Lovelace", "ANN LOVELACE", "Аnn Lоvelасе", "Ann  Lovelace\u{200b}", "Ann Iovelace"]
    {
        let other = speaker("0xe0f9cc4711", twin);
        let shown = distinct_name(&other, std::slice::from_ref(&ann));
        assert!(shown.ends_with(" [chats 0xe0f9cc4711]"), "{twin}: {shown}");
    }
    let other = speaker("8", "Bob");
    assert_eq!(distinct_name(&other, std::slice::from_ref(&ann)), "Bob");
    assert_eq!(distinct_name(&ann, &[ann.clone(), other]), "Ann Lovelace");
}

proptest! {
    #[test]
    fn no_name_breaks_the_line_or_hides_anything(name in any::<String>()) {
        let shown = plain_name(&name);
        let breaking = ['\n', '\r', '\u{2028}', ':', '\u{202e}', '\u{2066}'];
        prop_assert!(!shown.contains(breaking));
        prop_assert!(shown.graphemes(true).count() <= MAX_NAME + 1);
        prop_assert_eq!(shown.trim(), shown.as_str());
    }

    #[test]
    fn a_plain_name_is_not_changed_again(name in any::<String>()) {
        let shown = plain_line(&name);
        prop_assert_eq!(plain_line(&shown), shown);
    }
}
