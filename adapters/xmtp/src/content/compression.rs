//! Contents that their sender compressed. No official client does, but all can.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use thiserror::Error;

use crate::wire::proto::content::{Compression, EncodedContent};

/// The most bytes that are read of one content: half as many again as can be sent as they are.
pub(crate) const MAX_INFLATED_BYTES: u64 = 3 << 19;

/// Why a content stays compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Uninflated {
    #[error("content is compressed in an unknown way")]
    Unknown,
    #[error("content is broken where it is compressed")]
    Broken,
    #[error("content is larger than {MAX_INFLATED_BYTES} bytes when it is inflated")]
    TooLarge,
}

/// The content's bytes as its type has them.
pub(crate) fn inflated(encoded: &EncodedContent) -> Result<Vec<u8>, Uninflated> {
    let bytes = encoded.content.as_slice();
    let Some(compression) = encoded.compression else {
        let fits = u64::try_from(bytes.len()).is_ok_and(|size| size <= MAX_INFLATED_BYTES);
        return if fits { Ok(bytes.to_vec()) } else { Err(Uninflated::TooLarge) };
    };
    match Compression::try_from(compression) {
        // With zlib's header by the name's usual meaning; some write it bare.
        Ok(Compression::Deflate) => match read(ZlibDecoder::new(bytes)) {
            Err(Uninflated::Broken) => read(DeflateDecoder::new(bytes)),
            read => read,
        },
        Ok(Compression::Gzip) => read(GzDecoder::new(bytes)),
        Err(_number) => Err(Uninflated::Unknown),
    }
}

fn read(decoder: impl Read) -> Result<Vec<u8>, Uninflated> {
    let mut bytes = Vec::new();
    let read = decoder.take(MAX_INFLATED_BYTES + 1).read_to_end(&mut bytes);
    match read.map(u64::try_from) {
        Ok(Ok(size)) if size <= MAX_INFLATED_BYTES => Ok(bytes),
        Ok(_) => Err(Uninflated::TooLarge),
        Err(_) => Err(Uninflated::Broken),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn encoded(content: Vec<u8>, compression: i32) -> EncodedContent {
        EncodedContent { content, compression: Some(compression), ..EncodedContent::default() }
    }

    fn all_ways(bytes: &[u8]) -> [EncodedContent; 3] {
        let level = flate2::Compression::best();
        let mut zlib = ZlibEncoder::new(Vec::new(), level);
        let mut bare = DeflateEncoder::new(Vec::new(), level);
        let mut gzip = GzEncoder::new(Vec::new(), level);
        zlib.write_all(bytes).unwrap();
        bare.write_all(bytes).unwrap();
        gzip.write_all(bytes).unwrap();
        [
            encoded(zlib.finish().unwrap(), 0),
            encoded(bare.finish().unwrap(), 0),
            encoded(gzip.finish().unwrap(), 1),
        ]
    }

    #[test]
    fn what_was_compressed_is_read_whichever_way() {
        for way in all_ways(b"said and said and said again") {
            assert_eq!(inflated(&way).unwrap(), b"said and said and said again");
        }
    }

    #[test]
    fn a_small_message_does_not_become_a_large_one() {
        let large = vec![0; usize::try_from(MAX_INFLATED_BYTES).unwrap() + 1];
        for way in all_ways(&large) {
            assert!(way.content.len() < 10_000);
            assert_eq!(inflated(&way), Err(Uninflated::TooLarge));
        }
    }

    #[test]
    fn what_is_broken_or_unknown_is_refused() {
        for way in all_ways(b"said and said and said again") {
            let mut cut = way.clone();
            cut.content.truncate(8);
            assert_eq!(inflated(&cut), Err(Uninflated::Broken));
            assert_eq!(inflated(&encoded(way.content, 7)), Err(Uninflated::Unknown));
        }
    }
}
