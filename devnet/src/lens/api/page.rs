//! Pages of lists, and the cursors between them.

use alloy_primitives::keccak256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::input::PageSize;
use crate::lens::faults::{Fault, Faults};
use crate::lens::graphql::Failure;
use crate::lens::show::object;

/// Which page of which list.
#[derive(Debug)]
pub(super) struct Page {
    /// The name of the result's type in the middle, as in `AnyPosts`.
    of: &'static str,
    /// The list: its cursors fit no other.
    list: String,
    size: usize,
    at: Option<At>,
}

/// What a cursor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// What comes after this number.
    After(u64),
    /// What comes before it.
    Before(u64),
}

impl Page {
    /// The page that a request asks for; all its other fields say of which list.
    pub(super) fn of(
        of: &'static str,
        (name, arguments): (&str, &Map<String, Value>),
        (size, cursor): (PageSize, Option<&str>),
    ) -> Result<Self, Failure> {
        let mut arguments = Value::Object(arguments.clone());
        if let Some(request) = arguments.get_mut("request").and_then(Value::as_object_mut) {
            request.remove("cursor");
            request.remove("pageSize");
        }
        let digest = keccak256(format!("{name} {arguments}"));
        let list = hex::encode(digest.get(..8).unwrap_or_default());
        let at = cursor.map(|cursor| At::read(cursor, &list)).transpose()?;
        Ok(Self { of, list, size: size.items(), at })
    }

    /// Shows the page. Items come with a number that falls from one to the next.
    pub(super) fn show(
        &self,
        items: impl Iterator<Item = (u64, Value)>,
        faults: &Faults,
    ) -> Result<Value, Failure> {
        if self.at.is_some() && faults.strikes(&Fault::ExpiredCursor) {
            return Err(Failure::input("cursor: the cursor has expired"));
        }
        let (mut shown, has_prev, has_next) = self.cut(items);
        let cursor = |at: Option<At>| at.map(|at| at.write(&self.list));
        let first = shown.first().map(|(nth, _)| At::Before(*nth)).filter(|_| has_prev);
        let last = shown.last().map(|(nth, _)| At::After(*nth)).filter(|_| has_next);
        if !shown.is_empty() && faults.strikes(&Fault::DuplicateItem) {
            let at = faults.draw(shown.len());
            if let Some(twice) = shown.get(at).cloned() {
                shown.insert(at, twice);
            }
        }
        if !shown.is_empty() && faults.strikes(&Fault::DropItem) {
            shown.remove(faults.draw(shown.len()));
        }
        let info = json!({ "prev": cursor(first), "next": cursor(last) });
        let items: Vec<Value> = shown.into_iter().map(|(_, item)| item).collect();
        Ok(object(
            &format!("Paginated{}Result", self.of),
            json!({ "items": items, "pageInfo": object("PaginatedResultInfo", info) }),
        ))
    }

    fn cut(&self, items: impl Iterator<Item = (u64, Value)>) -> (Vec<(u64, Value)>, bool, bool) {
        match self.at {
            Some(At::Before(number)) => {
                let mut before: Vec<_> = items.take_while(|(nth, _)| *nth > number).collect();
                let from = before.len().saturating_sub(self.size);
                let page = before.split_off(from);
                (page, !before.is_empty(), true)
            }
            at => {
                let is_after = |nth: u64| match at {
                    Some(At::After(number)) => nth < number,
                    _ => true,
                };
                let mut page: Vec<_> = items
                    .filter(|(nth, _)| is_after(*nth))
                    .take(self.size.saturating_add(1))
                    .collect();
                let has_next = page.len() > self.size;
                page.truncate(self.size);
                (page, at.is_some(), has_next)
            }
        }
    }
}

impl At {
    fn write(self, list: &str) -> String {
        let text = match self {
            Self::After(number) => format!("{list}.a.{number}"),
            Self::Before(number) => format!("{list}.b.{number}"),
        };
        let seal = hex::encode(keccak256(&text).get(..4).unwrap_or_default());
        URL_SAFE_NO_PAD.encode(format!("{text}.{seal}"))
    }

    fn read(cursor: &str, of: &str) -> Result<Self, Failure> {
        let refused = || Failure::input("cursor: this is no cursor of this list");
        let text = URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(refused)?;
        let mut parts = text.split('.');
        let (list, way, number) = (parts.next(), parts.next(), parts.next());
        let number: u64 = number.and_then(|number| number.parse().ok()).ok_or_else(refused)?;
        let at = match way {
            Some("a") => Self::After(number),
            Some("b") => Self::Before(number),
            _ => return Err(refused()),
        };
        if list == Some(of) && at.write(of) == cursor { Ok(at) } else { Err(refused()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(arguments: &Value, size: PageSize, cursor: Option<&str>) -> Result<Page, Failure> {
        Page::of("AnyPosts", ("posts", arguments.as_object().unwrap()), (size, cursor))
    }

    fn show(page: &Page, count: u64) -> (Vec<u64>, Option<String>, Option<String>) {
        let items = (1..=count).rev().map(|nth| (nth, json!(nth)));
        let shown = page.show(items, &Faults::new(0)).unwrap();
        let items = shown.get("items").and_then(Value::as_array).unwrap();
        let cursor = |name: &str| shown.pointer(name).and_then(Value::as_str).map(str::to_owned);
        (
            items.iter().filter_map(Value::as_u64).collect(),
            cursor("/pageInfo/prev"),
            cursor("/pageInfo/next"),
        )
    }

    #[test]
    fn pages_follow_each_other_to_the_end_and_back() {
        let first = page(&json!({}), PageSize::Ten, None).unwrap();
        let (items, prev, next) = show(&first, 25);
        assert_eq!((items.first(), items.len(), prev), (Some(&25), 10, None));
        let second = page(&json!({}), PageSize::Ten, next.as_deref()).unwrap();
        let (items, prev, next) = show(&second, 25);
        assert_eq!((items.first(), items.len()), (Some(&15), 10));
        let back = page(&json!({}), PageSize::Ten, prev.as_deref()).unwrap();
        assert_eq!(show(&back, 25).0.first(), Some(&25));
        // What is new has moved the rest, and the cursor does not care.
        assert_eq!(show(&back, 27).0.first(), Some(&25));
        let third = page(&json!({}), PageSize::Ten, next.as_deref()).unwrap();
        let (items, _, next) = show(&third, 25);
        assert_eq!((items, next), (vec![5, 4, 3, 2, 1], None));
    }

    #[test]
    fn a_cursor_fits_its_own_list_only() {
        let all = page(&json!({}), PageSize::Ten, None).unwrap();
        let next = show(&all, 25).2.unwrap();
        assert!(
            page(&json!({ "request": { "cursor": next } }), PageSize::Ten, Some(&next)).is_err()
        );
        assert!(page(&json!({ "request": {} }), PageSize::Ten, Some(&next)).is_err());
        assert!(page(&json!({}), PageSize::Fifty, Some(&next)).is_ok());
        assert!(page(&json!({}), PageSize::Ten, Some("bm90aGluZw")).is_err());
        let forged = URL_SAFE_NO_PAD.encode(format!("{}.a.3.00000000", all.list));
        assert!(page(&json!({}), PageSize::Ten, Some(&forged)).is_err());
    }
}
