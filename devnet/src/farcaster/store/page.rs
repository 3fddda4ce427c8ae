//! Lists in pages, with the token of a key to go on from.

/// The longest page, and the one that is given unasked.
const MAX_PAGE: usize = 1000;

/// Which page is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageRequest {
    pub(crate) size: Option<u32>,
    pub(crate) token: Option<Vec<u8>>,
    pub(crate) reverse: bool,
}

/// One page, and the key of its last entry where there may be more.
#[derive(Clone, Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<Vec<u8>>,
}

impl PageRequest {
    pub(crate) fn new(size: Option<u32>, token: Option<Vec<u8>>, reverse: Option<bool>) -> Self {
        Self {
            size,
            token: token.filter(|token| !token.is_empty()),
            reverse: reverse.unwrap_or(false),
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.size.map_or(MAX_PAGE, |size| (size as usize).min(MAX_PAGE))
    }

    /// The next page of `entries`, which come in the order of their keys.
    pub(crate) fn cut<T>(&self, entries: impl DoubleEndedIterator<Item = (Vec<u8>, T)>) -> Page<T> {
        let is_left = |key: &[u8]| match &self.token {
            None => true,
            Some(token) if self.reverse => key < token.as_slice(),
            Some(token) => key > token.as_slice(),
        };
        let size = self.size();
        let taken: Vec<(Vec<u8>, T)> = if self.reverse {
            entries.rev().filter(|(key, _)| is_left(key)).take(size).collect()
        } else {
            entries.filter(|(key, _)| is_left(key)).take(size).collect()
        };
        // A full page may have been the last one; only an empty or short one says so.
        let is_full = taken.len() == size && size > 0;
        let next = taken.last().filter(|_| is_full).map(|(key, _)| key.clone());
        Page { items: taken.into_iter().map(|(_, item)| item).collect(), next }
    }
}
