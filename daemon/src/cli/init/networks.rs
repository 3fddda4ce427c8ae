//! What each network has to be told before an account on it can be bridged. It is all data: a network
//! that is added here is asked about.

/// A network.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Network {
    /// Its name in the settings.
    pub(super) name: &'static str,
    /// What an account there is usually called.
    pub(super) account: &'static str,
    /// In the order in which they are asked.
    pub(super) questions: &'static [Question],
    /// The setting that names the account's key.
    pub(super) key: &'static str,
    /// The setting without which the account only reads, and needs no key.
    pub(super) speaks_as: Option<&'static str>,
    /// How its conversations are named.
    pub(super) conversations: &'static str,
}

/// Something to be asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// The setting that the answer becomes.
    pub(super) setting: &'static str,
    pub(super) words: &'static str,
    /// What is taken if nothing is answered.
    pub(super) usual: &'static str,
    /// What the setting is without a line in the file.
    pub(super) default: Option<&'static str>,
    pub(super) need: Need,
    pub(super) form: Form,
}

/// Whether something has to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Always. Without it this is what is said.
    Always(&'static str),
    /// Where another setting was answered; it is not even asked elsewhere.
    With(&'static str, &'static str),
    /// Never.
    Never,
}

/// How an answer stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// Texts with blanks between them.
    List,
    Number,
}

/// All networks.
pub(super) const NETWORKS: [Network; 3] = [
    Network {
        name: "farcaster",
        account: "casts",
        questions: &[
            Question {
                setting: "endpoints",
                words: "a Farcaster node (grpc://, grpcs://, http://, https://)?",
                need: Need::Always(
                    "a bridge needs a node; name one with `--node grpcs://HOST:PORT`",
                ),
                form: Form::List,
                ..PLAIN
            },
            Question {
                setting: "realm",
                words: "which of Farcaster's networks: main, test or dev?",
                usual: "main",
                default: Some("main"),
                ..PLAIN
            },
            Question {
                setting: "fid",
                words: "your fid (nothing: only read)?",
                form: Form::Number,
                ..PLAIN
            },
        ],
        key: "signer",
        speaks_as: Some("fid"),
        conversations: "channel/NAME or thread/0x…",
    },
    Network {
        name: "lens",
        account: "posts",
        questions: &[
            Question {
                setting: "endpoint",
                words: "Lens's API?",
                usual: "https://api.lens.xyz/graphql",
                ..PLAIN
            },
            Question {
                setting: "grove",
                words: "Grove, where posts are laid down?",
                usual: "https://api.grove.storage",
                ..PLAIN
            },
            Question {
                setting: "chain_id",
                words: "the chain: 232 (main) or 37111 (test)?",
                usual: "232",
                default: Some("232"),
                form: Form::Number,
                ..PLAIN
            },
            Question {
                setting: "origin",
                words: "the web address of the app that you use (https://…)?",
                need: Need::Always(
                    "Lens wants to know the app's web address; \
                     name it with `--answer lens.origin=https://…`",
                ),
                ..PLAIN
            },
            Question {
                setting: "account",
                words: "the address of your Lens account (0x…; nothing: only read)?",
                ..PLAIN
            },
            Question {
                setting: "app",
                words: "the address of the app that it logs in through (0x…)?",
                need: Need::With(
                    "account",
                    "an account logs in through an app; name it with `--answer lens.app=0x…`",
                ),
                ..PLAIN
            },
        ],
        key: "manager",
        speaks_as: Some("account"),
        conversations: "feed/0x…, group/0x… or thread/POST",
    },
    Network {
        name: "xmtp",
        account: "inbox",
        questions: &[Question {
            setting: "host",
            words: "XMTP's servers?",
            usual: "https://grpc.production.xmtp.network:443",
            ..PLAIN
        }],
        key: "wallet",
        speaks_as: None,
        conversations: "dm/0x… or group/ID",
    },
];

const PLAIN: Question = Question {
    setting: "",
    words: "",
    usual: "",
    default: None,
    need: Need::Never,
    form: Form::Text,
};

impl Network {
    /// The network of that name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        NETWORKS.iter().find(|network| network.name == name)
    }

    /// The names of all, as a list for people.
    pub(super) fn names() -> String {
        NETWORKS.iter().map(|network| network.name).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::schema;

    #[test]
    fn every_network_that_settings_know_is_asked_about() {
        let schema = serde_json::to_string(&schema::schema()).unwrap();
        for network in &NETWORKS {
            assert!(schema.contains(&format!("\"{}\"", network.name)), "{}", network.name);
            for question in network.questions {
                let setting = question.setting;
                assert!(schema.contains(&format!("\"{setting}\"")), "{} {setting}", network.name);
            }
        }
        let known = schema.matches("\"network\":{").count();
        assert_eq!(known, NETWORKS.len(), "a network is not asked about");
    }
}
