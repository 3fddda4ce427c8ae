//! `threadbridge demo`: the whole bridge, with no account anywhere.

use crate::demo::{self, After};
use crate::exit::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Ends by itself; fails unless everything arrived exactly once and in order.
    #[arg(long)]
    once: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    demo::run(if args.once { After::End } else { After::Talk })
}
