//! Every picture is built here, with a marker planted wherever a camera or a program can leave
//! something, and every byte of its pixels known.

use proptest::prelude::*;

use super::*;

const MARKER: &[u8] = b"52.5163N 13.3777E Ann's phone";
const PIXELS: &[u8] = b"\x12\x34pixels\xff\x00and\xff\xd3more\x56";
const PROFILE: &[u8] = b"what colors mean";

/// EXIF as a camera writes it: orientation, a place, a thumbnail.
fn camera(orientation: u8, is_big: bool) -> Vec<u8> {
    let short = |it: u16| if is_big { it.to_be_bytes() } else { it.to_le_bytes() };
    let long = |it: u32| if is_big { it.to_be_bytes() } else { it.to_le_bytes() };
    let mut tiff = if is_big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    tiff.extend(long(8));
    tiff.extend(short(3));
    // Maker, orientation, place.
    for (tag, kind, count, value) in
        [(0x010f, 2, 29, long(100)), (0x0112, 3, 1, [0; 4]), (0x8825, 4, 1, long(200))]
    {
        tiff.extend(short(tag));
        tiff.extend(short(kind));
        tiff.extend(long(count));
        let [high, low] = short(orientation.into());
        tiff.extend(if tag == 0x0112 { [high, low, 0, 0] } else { value });
    }
    tiff.extend(long(0));
    tiff.extend_from_slice(MARKER);
    tiff.extend_from_slice(b"\xff\xd8\xff\xe1");
    tiff.extend_from_slice(MARKER);
    tiff
}

fn segment(marker: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], &content].concat()
}

fn jpeg(exif: &[u8]) -> Vec<u8> {
    let frame = segment(0xc0, &[b"\x08\0\x01\0\x01\x01\x01\x11\0"]);
    let scan = |pixels: &[u8]| [&segment(0xda, &[b"\x01\x01\0\0\x3f\0"]), pixels].concat();
    [
        b"\xff\xd8".to_vec(),
        segment(0xe0, &[b"JFIF\0\x01\x02\0\0\x01\0\x01\x03\x03", MARKER]),
        segment(0xe0, &[b"JFXX\0\x10", MARKER]),
        segment(0xe1, &[b"Exif\0\0", exif]),
        segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>", MARKER]),
        segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", PROFILE]),
        segment(0xe2, &[b"MPF\0", MARKER]),
        segment(0xed, &[b"Photoshop 3.0\08BIM", MARKER]),
        segment(0xee, &[b"Adobe\0\x64\0\0\0\0\x01", MARKER]),
        segment(0xef, &[MARKER]),
        segment(0xfe, &[MARKER]),
        b"\xff\xff".to_vec(),
        segment(0xdb, &[&[7; 65]]),
        frame,
        segment(0xc4, &[&[3; 20]]),
        scan(PIXELS),
        segment(0xfe, &[b"between two scans ", MARKER]),
        segment(0xe1, &[b"Exif\0\0", &camera(8, true)]),
        scan(PIXELS),
        b"\xff\xd9".to_vec(),
        // A second picture behind the first, as phones leave it.
        b"\xff\xd8".to_vec(),
        segment(0xe1, &[b"Exif\0\0", exif]),
        b"\xff\xd9".to_vec(),
        MARKER.to_vec(),
    ]
    .concat()
}

fn chunk(kind: &[u8; 4], content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let checksum = png::checksum(kind.iter().chain(&content)).to_be_bytes();
    [&length, &kind[..], &content, &checksum].concat()
}

fn png(exif: &[u8]) -> Vec<u8> {
    [
        png::SIGNATURE.to_vec(),
        chunk(b"IHDR", &[b"\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0"]),
        chunk(b"gAMA", &[&[0, 0, 0xb1, 0x8f]]),
        chunk(b"iCCP", &[b"Ann's screen\0\0", PROFILE]),
        chunk(b"eXIf", &[exif]),
        chunk(b"tEXt", &[b"Location\0", MARKER]),
        chunk(b"zTXt", &[b"Comment\0\0", MARKER]),
        chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", MARKER]),
        chunk(b"tIME", &[b"\x07\xea\x0b\x16\x0d\0\0"]),
        chunk(b"prVt", &[MARKER]),
        chunk(b"sBIT", &[MARKER]),
        chunk(b"IDAT", &[PIXELS]),
        chunk(b"tEXt", &[b"Author\0", MARKER]),
        chunk(b"IDAT", &[PIXELS]),
        chunk(b"IEND", &[]),
        MARKER.to_vec(),
    ]
    .concat()
}

fn riff(kind: &[u8; 4], content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let padding: &[u8] = if content.len() % 2 == 0 { &[] } else { &[0] };
    [&kind[..], &length, &content, padding].concat()
}

fn webp(exif: &[u8]) -> Vec<u8> {
    let picture = riff(b"VP8 ", &[PIXELS]);
    let body = [
        b"WEBP".to_vec(),
        riff(b"VP8X", &[&[0x2e, 0, 0, 0], &[0; 6]]),
        riff(b"ICCP", &[PROFILE]),
        riff(b"ANIM", &[&[0; 6]]),
        riff(b"ANMF", &[&[0; 16], &picture, &riff(b"note", &[MARKER])]),
        riff(b"note", &[MARKER]),
        riff(b"EXIF", &[exif]),
        riff(b"XMP ", &[MARKER]),
    ]
    .concat();
    let size = u32::try_from(body.len()).unwrap().to_le_bytes();
    [b"RIFF", &size[..], &body, MARKER].concat()
}

fn gif() -> Vec<u8> {
    let blocks = |content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap();
        [&[length], content, &[0]].concat()
    };
    let control = b"\x21\xf9\x04\0\x0a\0\0\0".to_vec();
    let picture = |pixels| {
        [b",\0\0\0\0\x01\0\x01\0\x80".to_vec(), vec![9; 6], vec![2], blocks(pixels)].concat()
    };
    let program =
        |name: &[u8], content: &[u8]| [b"\x21\xff\x0b", name, &blocks(content)[..]].concat();
    [
        b"GIF89a\x01\0\x01\0\x80\0\0".to_vec(),
        vec![8; 6],
        program(b"NETSCAPE2.0", &[1, 0, 0]),
        program(b"XMP DataXMP", MARKER),
        program(b"ANNSPHONE12", MARKER),
        program(b"ICCRGBG1012", PROFILE),
        [b"\x21\xfe", &blocks(MARKER)[..]].concat(),
        control.clone(),
        [b"\x21\x01", &blocks(&[0; 12])[..]].concat(),
        control,
        picture(PIXELS),
        [b"\x21\xfe", &blocks(MARKER)[..]].concat(),
        picture(PIXELS),
        vec![0x3b],
        MARKER.to_vec(),
    ]
    .concat()
}

fn count(within: &[u8], wanted: &[u8]) -> usize {
    within.windows(wanted.len()).filter(|it| *it == wanted).count()
}

fn is_clean(stripped: &Stripped) {
    // No part of it of four bytes or more.
    for part in MARKER.windows(4) {
        assert_eq!(count(&stripped.bytes, part), 0, "{}", stripped.media_type);
    }
}

#[test]
fn nothing_that_was_planted_remains_and_the_pixels_are_as_they_were() {
    let upright = camera(1, true);
    for (file, media_type, pictures, profiles) in [
        (jpeg(&upright), "image/jpeg", 2, 1),
        (png(&upright), "image/png", 2, 1),
        (webp(&upright), "image/webp", 1, 1),
        (gif(), "image/gif", 2, 1),
    ] {
        assert!(count(&file, MARKER) > 3, "{media_type}");
        let stripped = strip(&file).unwrap();
        assert_eq!(stripped.media_type, media_type);
        is_clean(&stripped);
        assert_eq!(count(&stripped.bytes, PIXELS), pictures, "{media_type}");
        assert_eq!(count(&stripped.bytes, PROFILE), profiles, "{media_type}");
        assert_eq!(count(&stripped.bytes, b"Exif"), 0, "{media_type}");
        assert_eq!(strip(&stripped.bytes), Ok(stripped), "{media_type}");
    }
}

#[test]
fn a_stripped_jpeg_is_its_tables_and_scans() {
    let stripped = strip(&jpeg(&camera(1, false))).unwrap().bytes;
    let scan = [&segment(0xda, &[b"\x01\x01\0\0\x3f\0"]), PIXELS].concat();
    let expected = [
        b"\xff\xd8".to_vec(),
        segment(0xe0, &[b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"]),
        segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", PROFILE]),
        segment(0xee, &[b"Adobe\0\x64\0\0\0\0\x01"]),
        segment(0xdb, &[&[7; 65]]),
        segment(0xc0, &[b"\x08\0\x01\0\x01\x01\x01\x11\0"]),
        segment(0xc4, &[&[3; 20]]),
        scan.clone(),
        scan,
        b"\xff\xd9".to_vec(),
    ];
    assert_eq!(stripped, expected.concat());
}

#[test]
fn a_picture_stays_the_way_up_that_it_was() {
    for (is_big, orientation) in [(true, 6), (false, 3), (true, 8)] {
        let turned = camera(orientation, is_big);
        let kept = exif::only(orientation.into());
        for file in [jpeg(&turned), png(&turned), webp(&turned)] {
            let stripped = strip(&file).unwrap();
            is_clean(&stripped);
            assert_eq!(count(&stripped.bytes, &kept), 1, "{}", stripped.media_type);
            assert_eq!(exif::orientation(&kept), Some(orientation.into()));
            assert_eq!(strip(&stripped.bytes), Ok(stripped));
        }
    }
    let prefixed = [exif::PREFIX, &camera(6, true)].concat();
    assert_eq!(count(&strip(&webp(&prefixed)).unwrap().bytes, &exif::only(6)), 1);
}

#[test]
fn a_webp_says_no_more_that_it_has_exif() {
    let flags = |file: &[u8]| file[20];
    assert_eq!(flags(&webp(&camera(1, true))), 0x2e);
    assert_eq!(flags(&strip(&webp(&camera(1, true))).unwrap().bytes), 0x22);
    assert_eq!(flags(&strip(&webp(&camera(6, true))).unwrap().bytes), 0x2a);
}

#[test]
fn a_stripped_gif_repeats_and_moves_as_before() {
    let stripped = strip(&gif()).unwrap().bytes;
    assert_eq!(count(&stripped, b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"), 1);
    // One control stood before a text that is gone.
    assert_eq!(count(&stripped, b"\x21\xf9\x04"), 1);
}

#[test]
fn what_cannot_be_stripped_is_refused_with_a_reason() {
    for (file, reason) in [
        (
            &b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..],
            "what image/heif files tell besides cannot be removed",
        ),
        (b"II*\0\x08\0\0\0\0\0", "what image/tiff files tell besides cannot be removed"),
        (b"RIFF\x10\0\0\0AVI LIST", "what video/x-msvideo files tell besides cannot be removed"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "the video/mp4 file is broken"),
        (b"%PDF-1.7\n", "what application/pdf files tell besides cannot be removed"),
        (b"hello", "what sort of file it is cannot be seen"),
        (b"", "what sort of file it is cannot be seen"),
        (b"\xff\xd8\xff\xe1\xff\xff", "the image/jpeg file is broken"),
        (b"\xff\xd8\xff\xd9", "the image/jpeg file is broken"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT", "the image/png file is broken"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8 ", "the image/webp file is broken"),
        (b"GIF89a\x01\0\x01\0\0\0\0,", "the image/gif file is broken"),
    ] {
        assert_eq!(strip(file).unwrap_err().to_string(), reason);
    }
    // Apple's own PNG, which others cannot draw.
    let chunks = [chunk(b"CgBI", &[&[0; 4]]), chunk(b"IDAT", &[]), chunk(b"IEND", &[])];
    let own = [png::SIGNATURE, &chunks.concat()].concat();
    assert_eq!(strip(&own), Err(Unstrippable::Broken("image/png")));
}

#[test]
fn it_is_known_beforehand_what_can_be_stripped() {
    for media_type in
        ["image/jpeg", "IMAGE/PNG; x=1", "image/webp", "image/gif", "video/mp4", "audio/mp4"]
    {
        assert!(strippable(media_type), "{media_type}");
    }
    for media_type in ["image/heic", "image/tiff", "image/svg+xml", "video/webm", "image/*", ""] {
        assert!(!strippable(media_type), "{media_type}");
    }
}

#[test]
fn a_file_that_ends_too_early_is_refused() {
    for file in [jpeg(&camera(6, true)), png(&camera(6, true)), gif()] {
        let whole = strip(&file).unwrap().bytes;
        for end in 0..whole.len() {
            assert!(strip(&whole[..end]).is_err(), "{end}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_stripped_is_stripped_for_good(
        which in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let exif = camera(6, true);
        let mut file = [jpeg(&exif), png(&exif), webp(&exif), gif()][which].clone();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Ok(stripped) = strip(&file) {
            prop_assert!(stripped.bytes.len() <= file.len() + 64);
            prop_assert_eq!(strip(&stripped.bytes), Ok(stripped));
        }
    }

    #[test]
    fn any_bytes_are_stripped_or_refused(
        start in prop::sample::select(vec![
            &b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x40\0\0\0WEBP", b"",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let file = [start, &rest].concat();
        if let Ok(stripped) = strip(&file) {
            prop_assert!(stripped.bytes.len() <= file.len() + 64);
        }
    }
}
