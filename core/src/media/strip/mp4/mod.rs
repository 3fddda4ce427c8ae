//! Moving pictures and sound (ISO/IEC 14496-12, and QuickTime, which it grew from): boxes in boxes.
//!
//! Samples are found by their distance from the beginning of the file, so nothing changes its
//! place: a box that goes becomes a `free` one of zeros, as long as it was. Only tracks of pictures
//! and of sound are kept. Cameras and drones write places into tracks of their own; those go with
//! all their samples, and so does every byte of `mdat` that belongs to no sample.

mod part;
mod track;

use std::ops::Range;

use self::part::{Part, parts, whole};
use self::track::{Sort, Track};
use super::Unstrippable;

const FRAGMENTED: &str = "fragmented mp4";

pub(super) fn strip(file: &[u8], media_type: &'static str) -> Result<Vec<u8>, Unstrippable> {
    let broken = Unstrippable::Broken(media_type);
    let top = whole(file).ok_or(broken)?;
    // Their samples are told of by many boxes that name each other.
    let is_fragmented = |part: &Part| {
        let inner = || parts(file, part.content.clone()).unwrap_or_default();
        part.is(b"moof") || part.is(b"moov") && inner().iter().any(|it| it.is(b"mvex"))
    };
    if top.iter().any(is_fragmented) {
        return Err(Unstrippable::Format(FRAGMENTED));
    }
    let mut cleaning = Cleaning { file: file.to_vec(), samples: Vec::new(), has_track: false };
    cleaning.clean(*b"    ", top.clone()).filter(|()| cleaning.has_track).ok_or(broken)?;
    for media in top.iter().filter(|it| it.is(b"mdat")) {
        cleaning.blank_between_samples(media.content.clone()).ok_or(broken)?;
    }
    Ok(cleaning.file)
}

/// What becomes of a box.
enum Fate {
    /// It is needed as it is.
    Kept,
    /// Some of what is in it is.
    Opened,
    /// It is needed but for when it was made.
    Dated,
    /// It says of what sort a track is, and what the program called it.
    Handler,
    /// It lists where samples lie: in this file.
    References,
    /// It tells how samples are encoded.
    Entries,
    /// It puts samples into groups.
    Groups,
    /// Nothing that is played needs it.
    Dropped,
}

/// What becomes of a box of this kind, by the kind of the box around it.
const fn fate(around: [u8; 4], kind: [u8; 4]) -> Fate {
    match (&around, &kind) {
        (b"    ", b"ftyp" | b"mdat")
        | (b"edts", b"elst")
        | (b"minf", b"vmhd" | b"smhd")
        | (
            b"stbl",
            b"stts" | b"ctts" | b"cslg" | b"stsc" | b"stsz" | b"stz2" | b"stco" | b"co64" | b"stss"
            | b"stps" | b"sdtp",
        ) => Fate::Kept,
        (b"    ", b"moov")
        | (b"moov", b"trak")
        | (b"trak", b"edts" | b"mdia")
        | (b"mdia", b"minf")
        | (b"minf", b"dinf" | b"stbl") => Fate::Opened,
        (b"moov", b"mvhd") | (b"trak", b"tkhd") | (b"mdia", b"mdhd") => Fate::Dated,
        (b"mdia" | b"minf", b"hdlr") => Fate::Handler,
        (b"dinf", b"dref") => Fate::References,
        (b"stbl", b"stsd") => Fate::Entries,
        (b"stbl", b"sgpd" | b"sbgp") => Fate::Groups,
        _ => Fate::Dropped,
    }
}

/// A file on its way to saying nothing but itself.
struct Cleaning {
    file: Vec<u8>,
    /// Where the samples of the tracks lie that are kept.
    samples: Vec<Range<usize>>,
    has_track: bool,
}

impl Cleaning {
    /// Cleans boxes that lie within a box of the kind `around`.
    fn clean(&mut self, around: [u8; 4], within: Vec<Part>) -> Option<()> {
        for part in within {
            let content = part.content.clone();
            match fate(around, part.kind) {
                Fate::Kept => {}
                Fate::Opened if part.is(b"trak") => self.clean_track(&part)?,
                Fate::Opened => self.clean(part.kind, parts(&self.file, content)?)?,
                Fate::Dated => self.forget_dates(content)?,
                Fate::Handler => self.blank(from(&content, 12)?)?,
                Fate::References => self.clean_references(content)?,
                // They are cleaned with their track, whose sort they depend on.
                Fate::Entries => {}
                Fate::Groups if self.is_of_playing(&content)? => {}
                Fate::Groups | Fate::Dropped => self.drop(&part)?,
            }
        }
        Some(())
    }

    fn clean_track(&mut self, part: &Part) -> Option<()> {
        let Track { sort: Some(sort), samples, entries } = Track::read(&self.file, part)? else {
            return self.drop(part);
        };
        self.has_track = true;
        self.samples.extend(samples);
        for entry in parts(&self.file, from(&entries, 8)?)? {
            let (blanked, parts_from) = sort.entry(&self.file, &entry.content)?;
            if let Some(blanked) = blanked {
                self.blank(blanked)?;
            }
            for one in parts(&self.file, from(&entry.content, parts_from)?)? {
                if !sort.needs(one.kind) {
                    self.drop(&one)?;
                }
            }
        }
        self.clean(part.kind, parts(&self.file, part.content.clone())?)
    }

    /// The times at which something was made and changed.
    fn forget_dates(&mut self, content: Range<usize>) -> Option<()> {
        let length = if *self.file.get(content.start)? == 1 { 16 } else { 8 };
        let start = content.start.checked_add(4)?;
        self.blank(start..start.checked_add(length)?)
    }

    fn clean_references(&mut self, content: Range<usize>) -> Option<()> {
        for one in parts(&self.file, from(&content, 8)?)? {
            let [_version, _high, _middle, flags] = self.file.get(one.content.clone())?.get(..4)?
            else {
                return None;
            };
            // Whatever lies in another file does not come along.
            if flags & 1 == 0 {
                return None;
            }
            self.blank(from(&one.content, 4)?)?;
        }
        Some(())
    }

    /// Whether groups tell where playing may begin.
    fn is_of_playing(&self, content: &Range<usize>) -> Option<bool> {
        let groups = self.file.get(from(content, 4)?)?.get(..4)?;
        Some(matches!(groups, b"roll" | b"prol" | b"rap "))
    }

    fn drop(&mut self, part: &Part) -> Option<()> {
        let kind = part.start.checked_add(4)?;
        self.file.get_mut(kind..kind.checked_add(4)?)?.copy_from_slice(b"free");
        self.blank(part.content.clone())
    }

    fn blank(&mut self, range: Range<usize>) -> Option<()> {
        self.file.get_mut(range)?.fill(0);
        Some(())
    }

    fn blank_between_samples(&mut self, media: Range<usize>) -> Option<()> {
        self.samples.sort_unstable_by_key(|it| it.start);
        let mut at = media.start;
        for sample in std::mem::take(&mut self.samples) {
            if sample.start > at && at < media.end {
                self.blank(at..sample.start.min(media.end))?;
            }
            at = at.max(sample.end);
            self.samples.push(sample);
        }
        if at < media.end { self.blank(at..media.end) } else { Some(()) }
    }
}

/// What lies behind the first `skipped` bytes of a range.
fn from(range: &Range<usize>, skipped: usize) -> Option<Range<usize>> {
    let start = range.start.checked_add(skipped)?;
    (start <= range.end).then_some(start..range.end)
}

impl Sort {
    /// What a program may have called itself in a sample entry, and how far in its boxes begin.
    fn entry(self, file: &[u8], content: &Range<usize>) -> Option<(Option<Range<usize>>, usize)> {
        let at = |offset: usize| content.start.checked_add(offset);
        match self {
            // From the name's length to the last of its 31 bytes.
            Self::Pictures => Some((Some(at(42)?..at(74)?), 78)),
            // QuickTime has two longer versions of it.
            Self::Sound => {
                let version = file.get(at(8)?..at(10)?)?;
                let parts_from = match version {
                    [0, 0] => 28,
                    [0, 1] => 44,
                    [0, 2] => 64,
                    _ => return None,
                };
                Some((None, parts_from))
            }
        }
    }

    /// Whether decoders need a box of a sample entry.
    const fn needs(self, kind: [u8; 4]) -> bool {
        match self {
            Self::Pictures => matches!(
                &kind,
                b"avcC"
                    | b"hvcC"
                    | b"av1C"
                    | b"vpcC"
                    | b"vvcC"
                    | b"dvcC"
                    | b"dvvC"
                    | b"esds"
                    | b"d263"
                    | b"colr"
                    | b"pasp"
                    | b"clap"
                    | b"btrt"
                    | b"gama"
                    | b"fiel"
                    | b"mdcv"
                    | b"clli"
                    | b"cclv"
                    | b"amve"
            ),
            Self::Sound => matches!(
                &kind,
                b"esds"
                    | b"wave"
                    | b"chan"
                    | b"chnl"
                    | b"dOps"
                    | b"dfLa"
                    | b"dac3"
                    | b"dec3"
                    | b"dac4"
                    | b"alac"
                    | b"srat"
                    | b"btrt"
                    | b"damr"
                    | b"pcmC"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
