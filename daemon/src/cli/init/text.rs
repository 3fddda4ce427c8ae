//! The text of a first bridge.toml.

use super::answers::{Account, Answers};
use super::networks::Form;

/// About ten lines. What is not in them is as usual; bridge.toml in the source shows all there is.
pub(super) fn first(answers: &Answers) -> String {
    let Answers { accounts, join, key } = answers;
    let mut lines = vec!["[store]".to_owned(), format!("key = {}", quoted(key))];
    for account in accounts {
        lines.push(String::new());
        lines.extend(table(account));
    }
    if let Some(legs) = join {
        lines.extend([String::new(), "[[links]]".to_owned(), "name = \"first\"".to_owned()]);
        let only_reads = |leg: &str| {
            let name = leg.split_once(':').map_or(leg, |(name, _)| name);
            accounts.iter().any(|account| account.name == name && !account.speaks())
        };
        let leg = |leg: &String| match only_reads(leg) {
            true => format!("{{ leg = {}, direction = \"from\" }}", quoted(leg)),
            false => quoted(leg),
        };
        let legs: Vec<String> = legs.iter().map(leg).collect();
        lines.push(format!("legs = [{}]", legs.join(", ")));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn table(account: &Account) -> Vec<String> {
    let Account { network, name, answered } = account;
    let mut lines =
        vec![format!("[accounts.{name}]"), format!("network = {}", quoted(network.name))];
    for (question, answer) in answered {
        if question.default == Some(answer.as_str()) {
            continue;
        }
        let value = match question.form {
            Form::Text => quoted(answer),
            // What is no number is a fault that names its place.
            Form::Number if answer.parse::<u64>().is_ok() => answer.clone(),
            Form::Number => quoted(answer),
            Form::List => {
                let texts: Vec<String> = answer.split_whitespace().map(quoted).collect();
                format!("[{}]", texts.join(", "))
            }
        };
        lines.push(format!("{} = {value}", question.setting));
    }
    if account.speaks() {
        lines.push(format!("{} = {}", network.key, quoted(&format!("file:{name}.key"))));
    }
    lines
}

/// As a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::cli::init::networks::Network;

    fn account(network: &str, name: &str, answers: &[(&str, &str)]) -> Account {
        let network = Network::named(network).unwrap();
        let question = |setting| network.questions.iter().find(|it| it.setting == setting).unwrap();
        let answered = answers.iter().map(|(setting, it)| (question(*setting), (*it).to_owned()));
        Account { network, name: name.to_owned(), answered: answered.collect() }
    }

    fn answers() -> Answers {
        let node = ("endpoints", "grpc://127.0.0.1:3383");
        let casts = account("farcaster", "casts", &[node, ("realm", "dev"), ("fid", "5")]);
        Answers {
            accounts: vec![casts],
            join: Some(["casts:channel/books".to_owned(), "casts:channel/reading".to_owned()]),
            key: "file:store.key".to_owned(),
        }
    }

    #[test]
    fn a_first_bridge_has_about_ten_lines() {
        expect![[r#"
            [store]
            key = "file:store.key"

            [accounts.casts]
            network = "farcaster"
            endpoints = ["grpc://127.0.0.1:3383"]
            realm = "dev"
            fid = 5
            signer = "file:casts.key"

            [[links]]
            name = "first"
            legs = ["casts:channel/books", "casts:channel/reading"]
        "#]]
        .assert_eq(&first(&answers()));
    }

    #[test]
    fn each_account_has_what_its_network_wants_to_know() {
        let given = [
            ("endpoint", "https://api.lens.xyz/graphql"),
            ("grove", "https://api.grove.storage"),
            ("chain_id", "232"),
            ("origin", "https://app.example"),
            ("account", "0xaa"),
            ("app", "0xbb"),
        ];
        let (posts, inbox) =
            (account("lens", "posts", &given), account("xmtp", "inbox", &[("host", "https://x")]));
        let reader = account("lens", "reader", &given[..4]);
        let join = Some(["posts:feed/0xcc".to_owned(), "reader:feed/0xdd".to_owned()]);
        expect![[r#"
            [store]
            key = "file:store.key"

            [accounts.posts]
            network = "lens"
            endpoint = "https://api.lens.xyz/graphql"
            grove = "https://api.grove.storage"
            origin = "https://app.example"
            account = "0xaa"
            app = "0xbb"
            manager = "file:posts.key"

            [accounts.inbox]
            network = "xmtp"
            host = "https://x"
            wallet = "file:inbox.key"

            [accounts.reader]
            network = "lens"
            endpoint = "https://api.lens.xyz/graphql"
            grove = "https://api.grove.storage"
            origin = "https://app.example"

            [[links]]
            name = "first"
            legs = ["posts:feed/0xcc", { leg = "reader:feed/0xdd", direction = "from" }]
        "#]]
        .assert_eq(&first(&Answers { accounts: vec![posts, inbox, reader], join, ..answers() }));
    }

    #[test]
    fn what_was_typed_cannot_leave_its_quotes() {
        let key = "a\"\nb = \\".to_owned();
        let text = first(&Answers { key, ..answers() });
        assert!(text.contains(r#"key = "a\"\u000Ab = \\""#), "{text}");
    }
}
