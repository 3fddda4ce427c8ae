use proptest::prelude::*;

use super::*;

const UNITS: [Unit; 4] = [Unit::Bytes, Unit::Characters, Unit::Utf16, Unit::Graphemes];

fn room(max: usize, unit: Unit) -> impl Fn(usize) -> Room {
    move |_| Room { text: Limit { max, unit }, bytes: usize::MAX }
}

fn texts(text: &str, max: usize, unit: Unit, numbered: bool) -> Vec<String> {
    let pieces = split(text, &[], room(max, unit), numbered).unwrap();
    pieces.into_iter().map(|piece| piece.text).collect()
}

/// What every splitting must keep to.
fn check(text: &str, pieces: &[Piece], room: impl Fn(usize) -> Room) {
    let rejoined: String =
        pieces.iter().map(|piece| text.get(piece.source.clone()).unwrap()).collect();
    assert_eq!(rejoined, text, "something was lost");
    for (index, piece) in pieces.iter().enumerate() {
        let room = room(index);
        assert!(width(&piece.text, room.text.unit) <= room.text.max, "too long: {piece:?}");
        assert!(piece.text.len() <= room.bytes, "too many bytes: {piece:?}");
        assert!(piece.text.starts_with(text.get(piece.source.clone()).unwrap()));
    }
}

#[test]
fn what_fits_is_not_split() {
    assert_eq!(texts("", 1, Unit::Bytes, true), [""]);
    assert_eq!(texts("hello", 5, Unit::Bytes, true), ["hello"]);
    assert_eq!(texts("👩‍👩‍👧‍👦", 1, Unit::Graphemes, true), ["👩‍👩‍👧‍👦"]);
}

#[test]
fn each_network_counts_in_its_own_way() {
    let family = "👩‍👩‍👧é";
    assert_eq!(UNITS.map(|unit| width(family, unit)), [20, 6, 9, 2]);
}

#[test]
fn a_text_is_split_where_people_pause() {
    let text = "One two three. Four five six seven.\nEight nine ten eleven.\n\nTwelve thirteen.";
    assert_eq!(
        texts(text, 70, Unit::Bytes, false),
        ["One two three. Four five six seven.\nEight nine ten eleven.\n\n", "Twelve thirteen."]
    );
    assert_eq!(
        texts(text, 50, Unit::Bytes, false),
        ["One two three. Four five six seven.\n", "Eight nine ten eleven.\n\nTwelve thirteen."]
    );
    assert_eq!(
        texts(text, 24, Unit::Bytes, false),
        [
            "One two three. ",
            "Four five six seven.\n",
            "Eight nine ten eleven.\n\n",
            "Twelve thirteen."
        ]
    );
    assert_eq!(
        texts("One two three.\r\nFour.\r\n\r\nFive six seven.", 32, Unit::Bytes, false),
        ["One two three.\r\nFour.\r\n\r\n", "Five six seven."]
    );
    assert_eq!(texts("aaaa bbbbbbbbbb", 10, Unit::Bytes, false), ["aaaa ", "bbbbbbbbbb"]);
    assert_eq!(texts("今日は。明日も。", 15, Unit::Bytes, false), ["今日は。", "明日も。"]);
}

#[test]
fn several_pieces_carry_their_number() {
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(3);
    assert_eq!(
        texts(&text, 60, Unit::Bytes, true),
        [
            "The quick brown fox jumps over the lazy dog. (1/3)",
            "The quick brown fox jumps over the lazy dog. (2/3)",
            "The quick brown fox jumps over the lazy dog. (3/3)",
        ]
    );
    let many = texts(&"word ".repeat(200), 40, Unit::Bytes, true);
    assert_eq!(
        many.last().map(|piece| piece.ends_with(&format!("({0}/{0})", many.len()))),
        Some(true)
    );
    assert!(many.len() > 9);
}

#[test]
fn names_and_addresses_stay_whole() {
    let text = "see https://example.org/a/long/path now";
    let link = 4..35;
    let pieces = split(text, std::slice::from_ref(&link), room(33, Unit::Bytes), false).unwrap();
    let texts: Vec<_> = pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(texts, ["see ", "https://example.org/a/long/path ", "now"]);
    // One that does not fit at all is torn rather than lost.
    let pieces = split(text, &[link], room(20, Unit::Bytes), false).unwrap();
    check(text, &pieces, room(20, Unit::Bytes));
}

#[test]
fn a_character_is_torn_only_if_it_alone_is_too_long() {
    let family = "👩‍👩‍👧‍👦";
    assert_eq!(texts(&format!("ab{family}"), 26, Unit::Bytes, false), ["ab", family]);
    let torn = texts(family, 12, Unit::Bytes, false);
    assert_eq!((torn.len(), torn.concat().as_str()), (3, family));
    assert_eq!(split("é", &[], room(1, Unit::Bytes), true), Err(Unsplittable::TooNarrow));
}

#[test]
fn the_number_of_pieces_is_bounded() {
    let text = "x".repeat(10 * (MAX_PIECES + 1));
    assert_eq!(split(&text, &[], room(10, Unit::Bytes), true), Err(Unsplittable::TooLong));
}

#[test]
fn a_long_run_of_blanks_is_split_in_no_time() {
    let text = " ".repeat(500_000);
    let pieces = split(&text, &[], room(10_000, Unit::Graphemes), true).unwrap();
    check(&text, &pieces, room(10_000, Unit::Graphemes));
}

/// Texts that are hard to split: all lengths of characters, clusters, blanks and ends.
fn hard_text() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        "[a-z]{1,12}",
        "[ \\n\\t]{1,3}",
        "[.!?。\"”]{1,2}",
        Just("👩🏽‍⚕️".to_owned()),
        Just("🇩🇪🇫🇷🇮🇹".to_owned()),
        Just("é̶̂".to_owned()),
        Just("क्षि".to_owned()),
        Just("\r\n".to_owned()),
        Just("\u{600}".to_owned()),
        "\\PC",
    ];
    prop::collection::vec(bit, 0..60).prop_map(|bits| bits.concat())
}

proptest! {
    #[test]
    fn pieces_rejoin_to_the_text_and_each_fits(
        text in hard_text(),
        max in 8..120_usize,
        bytes in 16..200_usize,
        unit in prop::sample::select(UNITS.to_vec()),
        numbered in any::<bool>(),
        first in 8..60_usize,
    ) {
        let room = |index| Room {
            text: Limit { max: if index == 0 { first } else { max }, unit },
            bytes,
        };
        match split(&text, &[], room, numbered) {
            Ok(pieces) => check(&text, &pieces, room),
            Err(refusal) => prop_assert_eq!(refusal, Unsplittable::TooLong),
        }
    }

    #[test]
    fn what_is_whole_and_fits_is_never_torn(
        before in hard_text(),
        name in "@[a-z]{1,10}",
        after in hard_text(),
        max in 20..80_usize,
    ) {
        let text = format!("{before}{name}{after}");
        let whole = before.len()..before.len() + name.len();
        let pieces = split(&text, std::slice::from_ref(&whole), room(max, Unit::Characters), false);
        for piece in pieces.unwrap() {
            let torn = |at: usize| whole.start < at && at < whole.end;
            // A mark that joins the name's last letter may make it more than fits.
            let rest = text.get(whole.start..).unwrap();
            if rest.graphemes(true).take(name.len()).all(|it| it.len() == 1) {
                prop_assert!(!torn(piece.source.start) && !torn(piece.source.end));
            }
        }
    }

    #[test]
    fn people_see_no_torn_character(text in hard_text(), max in 40..120_usize) {
        let ends: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
        for piece in split(&text, &[], room(max, Unit::Bytes), true).unwrap() {
            let end = piece.source.end;
            prop_assert!(end == text.len() || ends.contains(&end));
        }
    }
}
