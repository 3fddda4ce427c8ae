//! Mentions. A cast's text holds no `@name`: each mention is a fid and the byte offset at which a
//! client shows the name. Here names go in on reading and come out on writing.

use super::limits;

/// A name shown in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    /// Who is mentioned.
    pub fid: u64,
    /// First byte of the name, `@` included.
    pub start: usize,
    /// First byte after the name.
    pub end: usize,
}

/// A text without names, as a cast carries it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bare {
    /// The text with all names cut out.
    pub text: String,
    /// Who is mentioned, in the order of the text.
    pub fids: Vec<u64>,
    /// Byte offsets into `text`, one per fid, never decreasing.
    pub positions: Vec<u32>,
}

/// Shows `@name` at each position. Positions may repeat, and may point inside a character (nodes
/// accept both): the latter move down to the character's first byte.
pub(crate) fn insert(bare: &Bare, name: impl Fn(u64) -> String) -> (String, Vec<Mention>) {
    let mut pairs: Vec<(usize, u64)> = bare
        .positions
        .iter()
        .zip(&bare.fids)
        .map(|(position, fid)| {
            let position = usize::try_from(*position).unwrap_or(usize::MAX);
            (bare.text.floor_char_boundary(position), *fid)
        })
        .collect();
    pairs.sort_by_key(|(position, _)| *position);
    let mut text = String::with_capacity(bare.text.len() + 16 * pairs.len());
    let mut mentions = Vec::with_capacity(pairs.len());
    let mut copied = 0;
    for (position, fid) in pairs {
        text.push_str(bare.text.get(copied..position).unwrap_or_default());
        copied = position;
        let start = text.len();
        text.push('@');
        text.push_str(&name(fid));
        mentions.push(Mention { fid, start, end: text.len() });
    }
    text.push_str(bare.text.get(copied..).unwrap_or_default());
    (text, mentions)
}

/// Cuts the names out and notes where they stood. Spans that overlap, leave the text or split a
/// character stay in the text as they are, and so does what exceeds the network's ten mentions.
pub(crate) fn cut(text: &str, mentions: &[Mention]) -> Bare {
    let mut sorted = mentions.to_vec();
    sorted.sort_by_key(|mention| (mention.start, mention.end));
    let mut bare = Bare::default();
    let mut copied = 0;
    for mention in sorted {
        if bare.fids.len() == limits::MENTIONS || mention.fid == 0 || mention.end < mention.start {
            continue;
        }
        let (Some(before), Some(_name)) =
            (text.get(copied..mention.start), text.get(mention.start..mention.end))
        else {
            continue;
        };
        let Ok(position) = u32::try_from(bare.text.len() + before.len()) else { break };
        bare.text.push_str(before);
        bare.fids.push(mention.fid);
        bare.positions.push(position);
        copied = mention.end;
    }
    bare.text.push_str(text.get(copied..).unwrap_or_default());
    bare
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(fid: u64) -> String {
        format!("user{fid}")
    }

    #[test]
    fn names_go_in_at_byte_offsets() {
        let bare =
            Bare { text: "💃 says hi to ".to_owned(), fids: vec![2, 3], positions: vec![4, 16] };
        let (text, mentions) = insert(&bare, name);
        assert_eq!(text, "💃@user2 says hi to @user3");
        assert_eq!(mentions[1], Mention { fid: 3, start: 22, end: 28 });
    }

    #[test]
    fn a_position_inside_a_character_moves_to_its_start() {
        let bare = Bare { text: "a💃".to_owned(), fids: vec![2, 3], positions: vec![3, 99] };
        assert_eq!(insert(&bare, name).0, "a@user2💃@user3");
    }

    #[test]
    fn repeated_positions_keep_the_order_of_the_mentions() {
        let bare = Bare { text: "x".to_owned(), fids: vec![9, 2], positions: vec![0, 0] };
        assert_eq!(insert(&bare, name).0, "@user9@user2x");
    }

    #[test]
    fn the_eleventh_mention_and_broken_spans_stay_as_text() {
        let text = "@a".repeat(11);
        let all: Vec<_> =
            (0..11).map(|n| Mention { fid: 1, start: 2 * n, end: 2 * n + 2 }).collect();
        assert_eq!(cut(&text, &all).text, "@a");
        let split = [Mention { fid: 1, start: 1, end: 2 }, Mention { fid: 1, start: 0, end: 99 }];
        assert_eq!(cut("é!", &split).text, "é!");
    }

    proptest! {
        #[test]
        fn what_was_inserted_can_be_cut_out_again(
            text in "\\PC{0,40}",
            wanted in proptest::collection::vec((1_u64..1000, 0_usize..60), 0..10),
        ) {
            let mut at: Vec<(usize, u64)> =
                wanted.iter().map(|(fid, at)| (text.floor_char_boundary(*at), *fid)).collect();
            at.sort_by_key(|(position, _)| *position);
            let bare = Bare {
                text,
                fids: at.iter().map(|(_, fid)| *fid).collect(),
                positions: at.iter().map(|(at, _)| u32::try_from(*at).unwrap()).collect(),
            };
            let (shown, mentions) = insert(&bare, name);
            prop_assert_eq!(cut(&shown, &mentions), bare);
        }

        #[test]
        fn nothing_outside_breaks_it(
            text in "\\PC{0,20}",
            fids in proptest::collection::vec(any::<u64>(), 0..12),
            positions in proptest::collection::vec(any::<u32>(), 0..12),
            spans in proptest::collection::vec((any::<u64>(), 0_usize..50, 0_usize..50), 0..12),
        ) {
            insert(&Bare { text: text.clone(), fids, positions }, name);
            let spans: Vec<_> =
                spans.iter().map(|(fid, start, end)| Mention { fid: *fid, start: *start, end: *end }).collect();
            cut(&text, &spans);
        }
    }
}
