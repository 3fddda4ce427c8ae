//! Spoils good inputs, the same way for the same seed.

/// How long an input grows at most, unless its seed is longer.
pub const MAX_BYTES: usize = 64 * 1024;

/// Changes made to one input, at most.
const MAX_CHANGES: usize = 6;

/// Bytes and words at which parsers go wrong: ends of ranges, lengths that are not there, openings
/// without an end, characters that hide or turn what follows.
const TRICKY: [&[u8]; 24] = [
    b"\0",
    b"\x01",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x5f",
    b"\x9f",
    b"\xf9\x7e\x00",
    b"\xed\xa0\x80",
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{feff}".as_bytes(),
    "👩‍👩‍👧‍👧".as_bytes(),
    b"\n",
    b"\"",
    b"[",
    b"{",
    b"-1",
    b"1e309",
];

/// Where inputs come from.
#[derive(Clone, Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// One that makes the same inputs for the same seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.state;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    /// A number below `end`, which is not zero.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or_default()
    }

    /// A range within `length`, more often a short one.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length + 1);
        let longest = [4, 32, 256, length][self.below(4)];
        let to = from.saturating_add(self.below(longest.max(1) + 1)).min(length);
        from..to
    }

    /// An input made from one of the seeds.
    pub fn spoil(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.below(seeds.len())].clone();
        let max_bytes = input.len().max(MAX_BYTES);
        for _ in 0..=self.below(MAX_CHANGES) {
            self.change(&mut input, seeds);
            input.truncate(max_bytes);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let range = self.range(input.len());
        match self.below(9) {
            0 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] ^= 1 << self.below(8);
            }
            1 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] = self.next().to_le_bytes()[0];
            }
            2 => drop(input.drain(range)),
            3 => {
                let copy = input[range.clone()].to_vec();
                input.splice(range.start..range.start, copy);
            }
            4 => input.truncate(range.end),
            5 => {
                let word =
                    TRICKY[self.below(TRICKY.len())].repeat([1, 1, 1, 2, 40, 2000][self.below(6)]);
                input.splice(range, word);
            }
            6 => {
                let other = &seeds[self.below(seeds.len())];
                let taken = self.range(other.len());
                input.splice(range, other[taken].to_vec());
            }
            7 => {
                let noise: Vec<u8> = range.clone().map(|_| self.next().to_le_bytes()[0]).collect();
                input.splice(range, noise);
            }
            _ => {
                let word = TRICKY[self.below(TRICKY.len())];
                input.splice(range.start..range.start, word.iter().copied());
            }
        }
    }
}
