//! Pictures from anywhere.

use threadbridge_core::media::strip;

use crate::Target;

/// What is stripped holds no part that a camera fills, is hardly longer, and stays as it is when it
/// is stripped again.
pub const TARGET: Target = Target { name: "media", run, seeds, rounds: 10_000 };

const EXIF: &[u8] =
    b"MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\x88\x25\0\x04\0\0\0\x01\0\0\0\x40\0\0\0\0";

fn run(bytes: &[u8]) {
    let Ok(stripped) = strip(bytes) else { return };
    assert!(stripped.bytes.len() <= bytes.len() + 64);
    let again = strip(&stripped.bytes).unwrap();
    assert_eq!(again, stripped);
    assert!(is_named(&stripped.bytes, stripped.media_type), "{}", stripped.media_type);
}

/// Whether a file begins as files of this media type do.
fn is_named(bytes: &[u8], media_type: &str) -> bool {
    match bytes {
        [0xff, 0xd8, ..] => media_type == "image/jpeg",
        [0x89, ..] => media_type == "image/png",
        [b'G', ..] => media_type == "image/gif",
        [b'R', ..] => media_type == "image/webp",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
            media_type.starts_with("video/") || media_type.starts_with("audio/")
        }
        _ => false,
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let chunk = |kind: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length, kind, content, &[0; 4]].concat()
    };
    let part = |kind: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [kind, &length, content].concat()
    };
    let exif = [&b"\xff\xe1"[..], &[0, u8::try_from(EXIF.len() + 8).unwrap()], b"Exif\0\0", EXIF];
    let jpeg = [
        b"\xff\xd8",
        &exif.concat()[..],
        b"\xff\xe0\0\x12JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01xy\xff\xfe\0\x06note\xff\xdb\0\x04\0\0",
        b"\xff\xda\0\x08\x01\x01\0\0\x3f\0data\xff\0\xff\xd0more\xff\xfe\0\x04no\xff\xda\0\x02x",
        b"\xff\xd9behind",
    ];
    let png = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &[1; 13]),
        chunk(b"eXIf", EXIF),
        chunk(b"iCCP", b"name\0\0data"),
        chunk(b"tEXt", b"Author\0Ann"),
        chunk(b"IDAT", b"data"),
        chunk(b"IEND", b""),
        b"behind".to_vec(),
    ];
    let webp = [
        b"WEBP".to_vec(),
        part(b"VP8X", &[0x2e, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        part(b"ANMF", &[&[0; 16], &part(b"VP8L", b"data")[..]].concat()),
        part(b"EXIF", EXIF),
        part(b"XMP ", b"note"),
    ];
    let gif =
        b"GIF89a\x01\0\x01\0\x80\0\0colors\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0\x21\xfe\x04note\0\
        \x21\xf9\x04\0\x0a\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02L\x01\0;behind";
    vec![jpeg.concat(), png.concat(), part(b"RIFF", &webp.concat()), gif.to_vec(), film()]
}

/// A film of one sound, and a place.
fn film() -> Vec<u8> {
    let part = |kind: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&length, kind, content].concat()
    };
    let table = [
        part(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1], &part(b"mp4a", &[0; 28])[..]].concat()),
        part(b"stsc", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
        part(b"stsz", &[0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1]),
        part(b"stco", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x20]),
    ];
    let handler = part(b"hdlr", b"\0\0\0\0\0\0\0\0soun\0\0\0\0\0\0\0\0\0\0\0\0name");
    let minf = part(b"minf", &part(b"stbl", &table.concat()));
    let track = part(b"trak", &part(b"mdia", &[handler, minf].concat()));
    let note = part(b"udta", b"where");
    [
        part(b"ftyp", b"isom\0\0\0\0mp41"),
        part(b"mdat", b"\0\0\0\0datarest"),
        part(b"moov", &[part(b"mvhd", &[0; 100]), track, note].concat()),
    ]
    .concat()
}
