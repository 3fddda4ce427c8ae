//! What a first bridge needs to know: from flags, else asked for at the terminal, else the usual.

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal};

use super::Args;
use super::networks::{Need, Network, Question};
use crate::cli::output::tell;
use crate::exit::{Exit, Failure, OrExit};

/// Enough to write a first bridge.toml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) accounts: Vec<Account>,
    /// Two legs.
    pub(super) join: Option<[String; 2]>,
    pub(super) key: String,
}

/// An account on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) network: &'static Network,
    pub(super) name: String,
    /// What was answered, if anything was.
    pub(super) answered: Vec<(&'static Question, String)>,
}

impl Account {
    /// Whether it does more than read.
    pub(super) fn speaks(&self) -> bool {
        let is_answered = |setting| self.answered.iter().any(|(it, _)| it.setting == setting);
        self.network.speaks_as.is_none_or(is_answered)
    }
}

pub(super) fn gather(args: Args) -> Result<Answers, Failure> {
    let stdin = io::stdin();
    if args.yes || !stdin.is_terminal() {
        Asker { people: None }.gather(args)
    } else {
        Asker { people: Some(&mut stdin.lock()) }.gather(args)
    }
}

/// Asks people, if there are any.
struct Asker<'p> {
    people: Option<&'p mut dyn BufRead>,
}

/// What flags answer, by network and setting.
type Given = BTreeMap<(String, String), String>;

impl Asker<'_> {
    fn gather(mut self, args: Args) -> Result<Answers, Failure> {
        let mut given = given(&args)?;
        let mut names = args.account.into_iter();
        let mut accounts = Vec::new();
        for network in self.networks(&args.networks)? {
            accounts.push(self.account(network, names.next(), &mut given)?);
        }
        if let Some(((network, setting), _)) = given.pop_first() {
            return Err(wrong(format!("nothing was asked that `{network}.{setting}` answers")));
        }
        let join = self.join(&accounts, args.join)?;
        let key = self.ask(
            args.key,
            "what opens the store (file:PATH, passphrase, env:NAME, keyring:NAME)?",
            "file:store.key",
        )?;
        Ok(Answers { accounts, join, key })
    }

    fn networks(&mut self, named: &[String]) -> Result<Vec<&'static Network>, Failure> {
        let all = Network::names();
        let given = (!named.is_empty()).then(|| named.join(" "));
        let question = format!("which networks ({all}; several with blanks between them)?");
        let names = self.ask(given, &question, "farcaster")?;
        let network = |name| {
            Network::named(name)
                .ok_or_else(|| wrong(format!("there is no network `{name}`, expected {all}")))
        };
        names.split_whitespace().map(network).collect()
    }

    fn account(
        &mut self,
        network: &'static Network,
        name: Option<String>,
        given: &mut Given,
    ) -> Result<Account, Failure> {
        let question = format!("what do you call the account on {}?", network.name);
        let name = self.ask(name, &question, network.account)?;
        let mut account = Account { network, name, answered: Vec::new() };
        for question in network.questions {
            let key = (network.name.to_owned(), question.setting.to_owned());
            let is_answered =
                |setting| account.answered.iter().any(|(it, _)| it.setting == setting);
            if matches!(question.need, Need::With(other, _) if !is_answered(other)) {
                continue;
            }
            let answer = self.ask(given.remove(&key), question.words, question.usual)?;
            match (answer.trim(), question.need) {
                ("", Need::Always(lacking) | Need::With(_, lacking)) => return Err(wrong(lacking)),
                ("", Need::Never) => {}
                (answer, _) => account.answered.push((question, answer.to_owned())),
            }
        }
        Ok(account)
    }

    /// Two conversations: of one account, or of the first two.
    fn join(
        &mut self,
        accounts: &[Account],
        named: Vec<String>,
    ) -> Result<Option<[String; 2]>, Failure> {
        let [first, second] = <[String; 2]>::try_from(named).unwrap_or_default();
        let (Some(one), Some(other)) = (accounts.first(), accounts.get(1).or(accounts.first()))
        else {
            return Ok(None);
        };
        let given = |text: String| (!text.is_empty()).then_some(text);
        let question = format!(
            "a conversation of `{}` to join ({}; nothing: later)?",
            one.name, one.network.conversations
        );
        let first = self.ask(given(first), &question, "")?;
        if first.is_empty() {
            return Ok(None);
        }
        let question = format!("and one of `{}` ({})?", other.name, other.network.conversations);
        let second = self.ask(given(second), &question, "")?;
        let is_leg = |text: &str| {
            text.split_once(':').is_some_and(|(name, _)| accounts.iter().any(|it| it.name == name))
        };
        let leg = |account: &Account, text: String| match is_leg(&text) {
            true => text,
            false => format!("{}:{text}", account.name),
        };
        Ok(Some([leg(one, first), leg(other, second)]))
    }

    fn ask(
        &mut self,
        given: Option<String>,
        question: &str,
        usual: &str,
    ) -> Result<String, Failure> {
        let (None, Some(people)) = (&given, &mut self.people) else {
            return Ok(given.unwrap_or_else(|| usual.to_owned()));
        };
        let shown = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
        tell(&format!("{question}{shown}"));
        let mut answer = String::new();
        people.read_line(&mut answer).or_exit(Exit::Failed)?;
        let answer = answer.trim();
        Ok(if answer.is_empty() { usual.to_owned() } else { answer.to_owned() })
    }
}

fn wrong(what: impl Into<String>) -> Failure {
    Failure::new(Exit::Settings, what.into())
}

fn given(args: &Args) -> Result<Given, Failure> {
    let mut given = Given::new();
    let mut farcaster = |setting: &str, answer: Option<String>| {
        let key = ("farcaster".to_owned(), setting.to_owned());
        given.extend(answer.map(|answer| (key, answer)));
    };
    farcaster("endpoints", (!args.nodes.is_empty()).then(|| args.nodes.join(" ")));
    farcaster("realm", args.realm.clone());
    farcaster("fid", args.fid.map(|fid| fid.to_string()));
    for answer in &args.answers {
        let parts = answer.split_once('=').and_then(|(key, answer)| {
            let (network, setting) = key.split_once('.')?;
            Some(((network.to_owned(), setting.to_owned()), answer.to_owned()))
        });
        let parts = parts.ok_or_else(|| {
            wrong(format!("`{answer}` answers nothing, expected NETWORK.SETTING=ANSWER"))
        })?;
        given.extend([parts]);
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Args = Args {
        networks: Vec::new(),
        nodes: Vec::new(),
        realm: None,
        fid: None,
        answers: Vec::new(),
        account: Vec::new(),
        join: Vec::new(),
        key: None,
        yes: false,
    };

    fn typed(lines: &[&str]) -> Result<Answers, Failure> {
        let lines = lines.join("\n");
        Asker { people: Some(&mut lines.as_bytes()) }.gather(NOTHING)
    }

    fn answer<'a>(account: &'a Account, setting: &str) -> Option<&'a str> {
        let mut found = account.answered.iter().filter(|(it, _)| it.setting == setting);
        found.next().map(|(_, answer)| answer.as_str())
    }

    #[test]
    fn each_network_that_is_named_asks_its_own_questions() {
        let farcaster = ["", "grpcs://node.example:3383", "", "5"];
        let lens = ["", "", "", "", "https://app.example", "0xaa", "0xbb"];
        let rest = ["channel/books", "feed/0xcc", ""];
        let lines = [&["farcaster lens"][..], &farcaster, &lens, &rest].concat();
        let answers = typed(&lines).unwrap();
        let [casts, posts] = answers.accounts.as_slice() else { panic!("{answers:?}") };
        assert_eq!((casts.name.as_str(), posts.name.as_str()), ("casts", "posts"));
        assert_eq!(answer(posts, "endpoint"), Some("https://api.lens.xyz/graphql"));
        assert_eq!((answer(posts, "account"), answer(posts, "app")), (Some("0xaa"), Some("0xbb")));
        assert_eq!(answers.join.unwrap(), ["casts:channel/books", "posts:feed/0xcc"]);
        assert!(casts.speaks() && posts.speaks());
    }

    #[test]
    fn what_an_account_that_only_reads_has_no_use_for_is_not_asked() {
        let lines = ["lens", "reader", "", "", "37111", "https://app.example", "", ""];
        let answers = typed(&lines).unwrap();
        let [reader] = answers.accounts.as_slice() else { panic!("{answers:?}") };
        assert_eq!((answer(reader, "chain_id"), answer(reader, "app")), (Some("37111"), None));
        assert!(!reader.speaks());
        assert_eq!(answers.join, None);
    }

    #[test]
    fn what_cannot_be_left_out_is_named() {
        for lines in [&["nostr"][..], &["farcaster", "casts", ""], &["lens", "", "", "", "", ""]] {
            assert!(typed(lines).is_err(), "{lines:?}");
        }
        for answers in ["lens.origin", "lens.nothing=1", "xmtp.host=x"] {
            let networks = vec!["lens".to_owned()];
            let origin = "lens.origin=https://app.example".to_owned();
            let answers = vec![origin, answers.to_owned()];
            let args = Args { networks, answers, yes: true, ..NOTHING };
            assert!(gather(args).is_err());
        }
    }
}
