//! The owner's word about people, put into the store.

use threadbridge_core::model::id::{Identity, InvalidId, Network, RemoteAuthor};
use threadbridge_core::model::person::Attitude;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::people::{self, Joined, Separated};
use threadbridge_core::store::{ChangeError, Store, Unit};
use threadbridge_ethereum::{EnsName, Wallet, WalletSignature};

use crate::control::{PersonAct, Thought};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::registry;
use crate::settings::Settings;
use crate::vouch::Signed;

/// Reads `NETWORK:ID`.
pub(crate) fn identity(text: &str) -> Result<Identity, InvalidId> {
    let (network, author) = text.split_once(':').ok_or(InvalidId::Empty)?;
    Ok(Identity { network: Network::parse(network)?, author: RemoteAuthor::parse(author)? })
}

/// Does what the owner says, and tells what came of it.
pub(crate) async fn carry_out(
    (home, settings): (&Home, &Settings),
    store: &Store,
    act: &PersonAct,
    now: Timestamp,
) -> Result<String, Failure> {
    match act {
        PersonAct::Join { one, other } => {
            let (one, other) = (named(one)?, named(other)?);
            let joined = store
                .write(move |unit| people::join(unit, &one, &other, now))
                .await
                .or_exit(Exit::Store)?;
            Ok(match joined {
                Joined::Now => "they are one person now; `person separate` undoes it",
                Joined::Already => "they are one person already",
            }
            .to_owned())
        }
        PersonAct::Separate { one, others } => {
            let one = named(one)?;
            let others = others.iter().map(|it| named(it)).collect::<Result<Vec<_>, _>>()?;
            let separate = move |unit: &mut Unit<'_>| separate_all(unit, &one, &others, now);
            match store.write(separate).await.or_exit(Exit::Store)? {
                Separated::Now => Ok("they are two people now; `person join` undoes it".to_owned()),
                Separated::Already => Ok("they are two people already".to_owned()),
                Separated::BySettings => Err(Failure::new(
                    Exit::Failed,
                    "`[[people]]` says that they are one person; only there it can be changed",
                )),
            }
        }
        PersonAct::Verify { one, wallet, name, signature } => {
            let of = named(one)?;
            let wallet = Wallet::parse(wallet).or_exit(Exit::Settings)?;
            let name = name.as_deref().map(EnsName::parse).transpose().or_exit(Exit::Settings)?;
            let signature = WalletSignature::parse(signature).or_exit(Exit::Failed)?;
            let node = registry::ethereum(home, settings).or_exit(Exit::Settings)?;
            Signed { of, wallet, name, signature }.keep(store, node.as_ref(), now).await
        }
        PersonAct::Restore { one } => {
            let one = named(one)?;
            let restore = move |unit: &mut Unit<'_>| people::let_proofs_join(unit, &one);
            let was_apart = store.write(restore).await.or_exit(Exit::Store)?;
            let said = if was_apart { "proofs join them again" } else { "they were not separated" };
            Ok(said.to_owned())
        }
        PersonAct::Think { one, attitude } => {
            let (one, attitude) = (named(one)?, attitude.map(Attitude::from));
            let think = move |unit: &mut Unit<'_>| people::think(unit, &one, attitude, now);
            store.write(think).await.or_exit(Exit::Store)?;
            Ok(match attitude {
                Some(Attitude::Accepted) => "what they said, and will say, is taken in",
                Some(Attitude::Muted) => "what they say is kept and stays where it was said",
                Some(Attitude::Blocked) => "what they say is no longer taken in",
                None => "you think of them as of any stranger",
            }
            .to_owned())
        }
    }
}

impl From<Thought> for Attitude {
    fn from(thought: Thought) -> Self {
        match thought {
            Thought::Accepted => Self::Accepted,
            Thought::Muted => Self::Muted,
            Thought::Blocked => Self::Blocked,
        }
    }
}

fn named(text: &str) -> Result<Identity, Failure> {
    identity(text).or_exit(Exit::Failed)
}

/// Separates one from each of the others; what the settings join stays as it is.
fn separate_all(
    unit: &mut Unit<'_>,
    one: &Identity,
    others: &[Identity],
    now: Timestamp,
) -> Result<Separated, ChangeError> {
    let mut came_of_it = Separated::Already;
    for other in others {
        match people::separate(unit, one, other, now)? {
            Separated::Already => {}
            Separated::Now if came_of_it == Separated::Already => came_of_it = Separated::Now,
            Separated::Now => {}
            Separated::BySettings => came_of_it = Separated::BySettings,
        }
    }
    Ok(came_of_it)
}
