//! No panic, wherever it happens: those of the bridge's tasks are swallowed by their runtime.

use std::panic::{set_hook, take_hook};
use std::sync::{Mutex, Once, PoisonError};

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Begins to note the panics of this process that are not a test's own.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            if !place.starts_with("tests/") && !place.contains("/tests/") {
                SEEN.lock().unwrap_or_else(PoisonError::into_inner).push(place);
            }
            before(panic);
        }));
    });
}

/// Fails if there was one.
pub(crate) fn none() {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(seen.is_empty(), "panics at {seen:?}");
}
