//! `threadbridge reload`: has the running daemon read its settings again. When it returns, what was
//! taken out has stopped.

use super::output::print;
use crate::control::Request;
use crate::exit::Failure;
use crate::home::Home;
use crate::order;

pub(super) fn run(home: &Home) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    print(&order::carry_out(home, &settings, &Request::Reload)?)
}
