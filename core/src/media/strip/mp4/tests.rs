//! A film is built here, with a marker planted wherever a camera or a program can leave something.

use super::*;
use crate::media::strip::{Stripped, strip as strip_any};

const MARKER: &[u8] = b"+52.5163+013.3777/ Ann's phone";
const FRAMES: [&[u8]; 3] = [b"first frame", b"second", b"and the third"];
const SOUND: &[u8] = b"what is heard";

fn part(kind: &[u8; 4], content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
    [&length, &kind[..], &content].concat()
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}

/// Where samples lie: so many together from each offset on.
fn table(sizes: &[usize], together: usize, offsets: &[usize], entry: &[u8]) -> Vec<u8> {
    let longs = |all: &[usize]| all.iter().flat_map(|it| long(*it)).collect::<Vec<_>>();
    let content = [
        part(b"stsd", &[&[0; 4], &long(1), entry]),
        part(b"stts", &[&[0; 4], &long(1), &long(sizes.len()), &long(10)]),
        part(b"stsc", &[&[0; 4], &long(1), &long(1), &long(together), &long(1)]),
        part(b"stsz", &[&[0; 4], &long(0), &long(sizes.len()), &longs(sizes)]),
        part(b"stco", &[&[0; 4], &long(offsets.len()), &longs(offsets)]),
        part(b"sbgp", &[&[0; 4], b"roll", &long(0)]),
        part(b"sgpd", &[&[0; 4], b"note", MARKER]),
        part(b"udta", &[MARKER]),
    ];
    part(b"stbl", &[&content.concat()])
}

fn track(handler: &[u8; 4], head: &[u8; 4], table: &[u8]) -> Vec<u8> {
    let times = [0x5f; 8];
    let own_file = part(b"url ", &[&[0, 0, 0, 1], MARKER]);
    let minf = part(
        b"minf",
        &[
            &part(head, &[&[0; 12]]),
            &part(b"dinf", &[&part(b"dref", &[&[0; 4], &long(1), &own_file])]),
            table,
        ],
    );
    let mdia = part(
        b"mdia",
        &[
            &part(b"mdhd", &[&[0; 4], &times, &long(600), &long(30), &[0x55, 0xc4, 0, 0]]),
            &part(b"hdlr", &[&[0; 8], handler, &[0; 12], MARKER]),
            &minf,
        ],
    );
    let turned = [&[0, 0, 0, 7][..], &times, &[0; 60], &[0, 1, 0, 0], &[0; 8]];
    part(
        b"trak",
        &[
            &part(b"tkhd", &turned),
            &part(b"edts", &[&part(b"elst", &[&[0; 4], &long(0)])]),
            &part(b"tref", &[&part(b"cdsc", &[&long(1)])]),
            &part(b"meta", &[MARKER]),
            &mdia,
        ],
    )
}

fn pictures() -> Vec<u8> {
    let name = [&[29][..], MARKER, &[0; 32]].concat();
    let fixed = [&[0; 6][..], &[0, 1], &[0; 34], &name[..32], &[0, 24, 0xff, 0xff]].concat();
    part(b"avc1", &[&fixed, &part(b"avcC", &[b"how to decode"]), &part(b"uuid", &[MARKER])])
}

fn sound() -> Vec<u8> {
    part(b"mp4a", &[&[0; 28], &part(b"esds", &[b"how to hear"]), &part(b"note", &[MARKER])])
}

/// A film with sound and a track of places, whose description stands before or after its samples.
fn film(is_described_first: bool) -> Vec<u8> {
    let ftyp = part(b"ftyp", &[b"isom", &[0, 0, 2, 0], b"isomiso2avc1mp41"]);
    let media = [FRAMES[0], FRAMES[1], MARKER, SOUND, MARKER, FRAMES[2], b"and a slack", MARKER];
    let at = |number: usize| media[..number].concat().len();
    let described = |begin: usize| {
        let begin = begin + 8;
        let sizes = FRAMES.map(<[u8]>::len);
        let seen = [begin, begin + at(5)];
        let places = table(&[MARKER.len(), MARKER.len()], 1, &[begin + at(2), begin + at(4)], &[]);
        part(
            b"moov",
            &[
                &part(b"mvhd", &[&[1, 0, 0, 0], &[0x5f; 16], &[0; 92]]),
                &track(b"vide", b"vmhd", &table(&sizes, 2, &seen, &pictures())),
                &track(b"soun", b"smhd", &table(&[SOUND.len()], 1, &[begin + at(3)], &sound())),
                &track(b"meta", b"gmhd", &places),
                &part(b"udta", &[&part(b"\xa9xyz", &[MARKER])]),
                &part(b"uuid", &[MARKER]),
            ],
        )
    };
    let mdat = part(b"mdat", &media);
    let note = part(b"free", &[MARKER]);
    if is_described_first {
        let length = described(0).len();
        [&ftyp[..], &note, &described(ftyp.len() + note.len() + length), &mdat].concat()
    } else {
        [&ftyp[..], &mdat, &described(ftyp.len()), &part(b"uuid", &[MARKER])].concat()
    }
}

fn count(within: &[u8], wanted: &[u8]) -> usize {
    within.windows(wanted.len()).filter(|it| *it == wanted).count()
}

fn stripped(file: &[u8]) -> Vec<u8> {
    let Stripped { bytes, media_type } = strip_any(file).unwrap();
    assert_eq!(media_type, "video/mp4");
    bytes
}

#[test]
fn a_film_keeps_its_frames_and_its_sound_in_their_places_and_nothing_else() {
    for is_described_first in [true, false] {
        let file = film(is_described_first);
        assert!(count(&file, MARKER) > 15);
        let clean = stripped(&file);
        assert_eq!(clean.len(), file.len());
        for part in MARKER.windows(4) {
            assert_eq!(count(&clean, part), 0, "{}", String::from_utf8_lossy(part));
        }
        for kept in [FRAMES[0], FRAMES[1], FRAMES[2], SOUND, b"how to decode", b"how to hear"] {
            assert_eq!(count(&clean, kept), 1, "{}", String::from_utf8_lossy(kept));
            let place = |file: &[u8]| file.windows(kept.len()).position(|it| it == kept);
            assert_eq!(place(&clean), place(&file));
        }
        assert_eq!(count(&clean, b"and a slack"), 0);
        assert_eq!(count(&clean, &[0x5f; 4]), 0, "when it was taken");
        assert_eq!(count(&clean, b"trak"), 2);
        assert_eq!(count(&clean, b"roll"), 2);
        assert_eq!(stripped(&clean), clean);
    }
}

#[test]
fn a_film_in_fragments_is_refused() {
    let mut file = film(true);
    file.extend(part(b"moof", &[&part(b"traf", &[])]));
    assert_eq!(strip_any(&file), Err(Unstrippable::Format(FRAGMENTED)));
}

#[test]
fn a_film_that_is_cut_anywhere_is_refused_or_says_nothing_either() {
    let file = film(false);
    for length in 12..file.len() {
        let Ok(clean) = strip_any(&file[..length]) else { continue };
        assert_eq!(count(&clean.bytes, MARKER), 0, "cut at {length}");
    }
}

#[test]
fn what_lies_in_another_file_does_not_come_along() {
    let file = film(true);
    let own = [&b"url "[..], &[0, 0, 0, 1]].concat();
    let at = file.windows(8).position(|it| it == own).unwrap();
    let mut elsewhere = file;
    elsewhere[at + 7] = 0;
    assert_eq!(strip_any(&elsewhere), Err(Unstrippable::Broken("video/mp4")));
}
