//! JSON that is read one thing at a time, however long the whole is.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::rc::Rc;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess};
use serde::de::{Deserializer, Visitor};

/// No one thing is longer.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// What is left of the bytes that the next thing may have.
#[derive(Clone, Debug)]
pub(super) struct Budget(Rc<Cell<u64>>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Rc::new(Cell::new(MAX_BYTES)))
    }

    pub(super) fn renew(&self) {
        self.0.set(MAX_BYTES);
    }
}

/// A reader that ends where one thing grows too long.
#[derive(Debug)]
pub(super) struct Bounded<R> {
    from: R,
    budget: Budget,
}

impl<R> Bounded<R> {
    pub(super) const fn new(from: R, budget: Budget) -> Self {
        Self { from, budget }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(to)?;
        let used = u64::try_from(count).unwrap_or(u64::MAX);
        let left = self.budget.0.get().checked_sub(used);
        let too_long = || io::Error::other("one thing in it is longer than 8 MB");
        self.budget.0.set(left.ok_or_else(too_long)?);
        Ok(count)
    }
}

/// Shows each thing of an array.
pub(super) struct Each<'a, T, F> {
    show: &'a mut F,
    budget: &'a Budget,
    of: PhantomData<T>,
}

impl<'a, T, F> Each<'a, T, F> {
    pub(super) const fn new(show: &'a mut F, budget: &'a Budget) -> Self {
        Self { show, budget, of: PhantomData }
    }
}

impl<'de, T: DeserializeOwned, E: fmt::Display, F: FnMut(T) -> Result<(), E>> DeserializeSeed<'de>
    for Each<'_, T, F>
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: DeserializeOwned, E: fmt::Display, F: FnMut(T) -> Result<(), E>> Visitor<'de>
    for Each<'_, T, F>
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        while let Some(one) = from.next_element::<T>()? {
            self.budget.renew();
            (self.show)(one).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

/// Shows each thing of the array `list` of an object, with what the object's `name`, which stands
/// before it, says.
pub(super) struct Named<'a, T, F> {
    pub(super) name: &'static str,
    pub(super) list: &'static str,
    pub(super) show: &'a mut F,
    pub(super) budget: &'a Budget,
    pub(super) of: PhantomData<T>,
}

impl<'de, T: DeserializeOwned, E: fmt::Display, F: FnMut(&str, T) -> Result<(), E>>
    DeserializeSeed<'de> for Named<'_, T, F>
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, T: DeserializeOwned, E: fmt::Display, F: FnMut(&str, T) -> Result<(), E>> Visitor<'de>
    for Named<'_, T, F>
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}` and `{}`", self.name, self.list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        let mut name: Option<String> = None;
        while let Some(key) = from.next_key::<String>()? {
            if key == self.name {
                name = Some(from.next_value()?);
            } else if key == self.list {
                let missing = || A::Error::custom(format!("`{}` must come before this", self.name));
                let name = name.as_deref().ok_or_else(missing)?;
                let show = &mut *self.show;
                let mut show = |one: T| show(name, one);
                from.next_value_seed(Each::new(&mut show, self.budget))?;
            } else {
                from.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Shows what stands in the object that is the only thing in an object, under `key`; others are
/// passed over.
pub(super) struct Wrapped<S> {
    pub(super) key: &'static str,
    pub(super) inner: S,
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> DeserializeSeed<'de> for Wrapped<S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> Visitor<'de> for Wrapped<S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", self.key)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        let mut inner = Some(self.inner);
        while let Some(key) = from.next_key::<String>()? {
            match inner.take_if(|_| key == self.key) {
                Some(inner) => from.next_value_seed(inner)?,
                None => drop(from.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}
