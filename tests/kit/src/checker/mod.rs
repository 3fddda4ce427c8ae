//! A judge that knows only what people said, and what was seen.
//!
//! Everything that people say comes from [`Checker::says`], which puts a number into it that a copy
//! keeps, whatever a bridge writes around it. From what is seen in each place at the end,
//! [`Checker::judge`] tells what was lost, what was doubled, and what came out of order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What people said, in the places that are one conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checker {
    said: Vec<Said>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    place: String,
}

/// What is wrong. Numbers are those of the messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Said in one place, and not seen in another: the message and where it is missing.
    pub lost: BTreeSet<(usize, String)>,
    /// Seen more than once: the message and where.
    pub doubled: BTreeSet<(usize, String)>,
    /// Come back to where it was said.
    pub returned: BTreeSet<(usize, String)>,
    /// Seen before a message that stood before it where both were said.
    pub out_of_order: BTreeSet<(usize, String)>,
    /// Seen, though nobody said it: the text and where.
    pub made_up: BTreeSet<(String, String)>,
}

impl Checker {
    /// Something to say in a place. It must then be said there.
    pub fn says(&mut self, place: &str) -> String {
        let number = self.said.len();
        self.said.push(Said { place: place.to_owned() });
        format!("né {} ⟦{number}⟧ fin", ["a", "ü", "🌷"][number % 3])
    }

    /// How many messages each place should end up with.
    #[must_use]
    pub fn count(&self) -> usize {
        self.said.len()
    }

    /// Judges what is seen at the end in every place, in the order in which it is shown.
    #[must_use]
    pub fn judge<T: AsRef<str>>(&self, seen: &BTreeMap<&str, Vec<T>>) -> Judgement {
        let mut judgement = Judgement::default();
        let numbers: BTreeMap<_, _> = seen
            .iter()
            .map(|(place, texts)| (*place, self.numbers(place, texts, &mut judgement)))
            .collect();
        for (place, seen_here) in &numbers {
            for (number, said) in self.said.iter().enumerate() {
                let times = seen_here.iter().filter(|it| **it == number).count();
                let what = (number, (*place).to_owned());
                match times {
                    0 => judgement.lost.insert(what),
                    1 => true,
                    _ if said.place == *place => judgement.returned.insert(what),
                    _ => judgement.doubled.insert(what),
                };
            }
            for (origin, seen_there) in &numbers {
                if origin != place {
                    self.order(origin, seen_there, (place, seen_here), &mut judgement);
                }
            }
        }
        judgement
    }

    fn numbers<T: AsRef<str>>(
        &self,
        place: &str,
        texts: &[T],
        judgement: &mut Judgement,
    ) -> Vec<usize> {
        let mut numbers = Vec::new();
        for text in texts {
            match number(text.as_ref()).filter(|number| *number < self.said.len()) {
                Some(number) => numbers.push(number),
                None => {
                    let text = text.as_ref().to_owned();
                    judgement.made_up.insert((text, place.to_owned()));
                }
            }
        }
        numbers
    }

    /// What was said in one place has the order of that place everywhere.
    fn order(
        &self,
        origin: &str,
        seen_there: &[usize],
        (place, seen_here): (&str, &[usize]),
        judgement: &mut Judgement,
    ) {
        let ranks: BTreeMap<_, _> = seen_there
            .iter()
            .enumerate()
            .filter(|(_, number)| self.said[**number].place == origin)
            .map(|(rank, number)| (*number, rank))
            .collect();
        let mut latest = None;
        for number in seen_here {
            let Some(rank) = ranks.get(number) else { continue };
            if Some(rank) < latest {
                judgement.out_of_order.insert((*number, place.to_owned()));
            }
            latest = latest.max(Some(rank));
        }
    }
}

impl Judgement {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, doubled, returned, out_of_order, made_up } = self;
        write!(f, "{} lost, {} doubled, ", lost.len(), doubled.len())?;
        write!(f, "{} returned to their sender, ", returned.len())?;
        write!(f, "{} out of order, {} made up", out_of_order.len(), made_up.len())
    }
}

fn number(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once('⟦')?;
    let (number, _) = rest.split_once('⟧')?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checker() -> (Checker, Vec<String>) {
        let mut checker = Checker::default();
        let said = ["a", "a", "b"].iter().map(|place| checker.says(place)).collect();
        (checker, said)
    }

    fn judged(at_a: &[usize], at_b: &[usize]) -> Judgement {
        let (checker, said) = checker();
        let seen = |numbers: &[usize]| numbers.iter().map(|it| said[*it].clone()).collect();
        checker.judge(&BTreeMap::from([("a", seen(at_a)), ("b", seen(at_b))]))
    }

    fn at(number: usize, place: &str) -> BTreeSet<(usize, String)> {
        BTreeSet::from([(number, place.to_owned())])
    }

    #[test]
    fn nothing_is_wrong_where_places_differ_only_in_what_was_said_at_the_same_time() {
        assert!(judged(&[0, 1, 2], &[0, 1, 2]).is_clean());
        assert!(judged(&[0, 1, 2], &[2, 0, 1]).is_clean());
        assert!(judged(&[1, 0, 2], &[1, 0, 2]).is_clean());
    }

    #[test]
    fn each_wrong_is_called_by_its_name() {
        assert_eq!(judged(&[0, 1, 2], &[0, 2]).lost, at(1, "b"));
        assert_eq!(judged(&[0, 1, 2], &[0, 1, 2, 1]).doubled, at(1, "b"));
        assert_eq!(judged(&[0, 1, 2, 0], &[0, 1, 2]).returned, at(0, "a"));
        assert_eq!(judged(&[0, 1, 2], &[1, 0, 2]).out_of_order, at(0, "b"));
    }

    #[test]
    fn a_copy_is_known_by_its_number_and_the_rest_is_made_up() {
        let (checker, said) = checker();
        let at_a = said.clone();
        let mut at_b: Vec<_> = said.iter().map(|text| format!("alice: {text}")).collect();
        let seen = BTreeMap::from([("a", at_a.clone()), ("b", at_b.clone())]);
        assert!(checker.judge(&seen).is_clean());
        at_b.push("⟦9⟧".to_owned());
        let judgement = checker.judge(&BTreeMap::from([("a", at_a), ("b", at_b)]));
        let made_up = ("⟦9⟧".to_owned(), "b".to_owned());
        assert_eq!(
            judgement,
            Judgement { made_up: BTreeSet::from([made_up]), ..Judgement::default() }
        );
        assert_eq!(
            judgement.to_string(),
            "0 lost, 0 doubled, 0 returned to their sender, 0 out of order, 1 made up"
        );
    }
}
