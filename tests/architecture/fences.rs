//! Who may depend on whom.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::repository::{files, read, sources};

/// What a manifest asks for.
#[derive(Default)]
struct Wants {
    /// What is built into the crate or its build script.
    shipped: BTreeSet<String>,
    /// What its tests need besides.
    tested: BTreeSet<String>,
}

impl Wants {
    fn all(&self) -> impl Iterator<Item = &String> {
        self.shipped.iter().chain(&self.tested)
    }
}

/// The manifests of the workspace's crates, by folder.
fn manifests() -> BTreeMap<String, Table> {
    files()
        .into_iter()
        .filter_map(|file| {
            let folder = file.path.strip_suffix("/Cargo.toml")?.to_owned();
            Some((folder, file.text.parse().unwrap()))
        })
        .collect()
}

fn table<'a>(of: &'a Table, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    of.get(key).and_then(Value::as_table).into_iter().flatten()
}

/// Every dependency of a manifest: the section, the name, and how it is asked for.
fn dependencies(manifest: &Table) -> Vec<(&'static str, &String, &Value)> {
    const SECTIONS: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];
    let platforms = table(manifest, "target").filter_map(|(_, it)| it.as_table());
    [manifest]
        .into_iter()
        .chain(platforms)
        .flat_map(|it| {
            SECTIONS.into_iter().flat_map(|section| {
                table(it, section).map(move |(name, value)| (section, name, value))
            })
        })
        .collect()
}

fn wants(manifest: &Table) -> Wants {
    let mut wants = Wants::default();
    for (section, name, _) in dependencies(manifest) {
        let place =
            if section == "dev-dependencies" { &mut wants.tested } else { &mut wants.shipped };
        place.insert(name.clone());
    }
    wants
}

/// A package of the lock file, with what it needs.
struct Locked {
    name: String,
    source: Option<String>,
    needs: Vec<String>,
}

fn locked(lock: &str) -> Vec<Locked> {
    let lock: Table = lock.parse().unwrap();
    let packages = lock.get("package").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |it: &Value| it.as_str().map(str::to_owned);
    packages
        .iter()
        .map(|package| Locked {
            name: package.get("name").and_then(text).unwrap(),
            source: package.get("source").and_then(text),
            needs: package
                .get("dependencies")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|it| it.as_str()?.split(' ').next().map(str::to_owned))
                .collect(),
        })
        .collect()
}

/// All that a package needs, however far down, beginning with `first`.
fn reaches(first: &BTreeSet<String>, locked: &[Locked]) -> BTreeSet<String> {
    let mut found = first.clone();
    let mut open: Vec<String> = first.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for package in locked.iter().filter(|it| it.name == name) {
            for need in &package.needs {
                if found.insert(need.clone()) {
                    open.push(need.clone());
                }
            }
        }
    }
    found
}

#[test]
fn core_knows_no_network_and_no_cipher_suite_of_one() {
    let foreign = [
        "axum",
        "h2",
        "hyper",
        "openmls",
        "prost",
        "reqwest",
        "rustls",
        "tonic",
        "alloy-primitives",
        "k256",
        "threadbridge",
        "threadbridge-devnet",
        "threadbridge-ethereum",
        "threadbridge-farcaster",
        "threadbridge-lens",
        "threadbridge-loopback",
    ];
    let core = wants(manifests().get("core").unwrap());
    assert!(core.shipped.contains("redb"));
    let reached = reaches(&core.shipped, &locked(&read("Cargo.lock")));
    let found: Vec<_> = foreign.iter().filter(|it| reached.contains(**it)).collect();
    assert!(found.is_empty(), "core reaches {found:?}");
    let ours: Vec<_> = core.all().filter(|it| it.starts_with("threadbridge")).collect();
    assert!(ours.is_empty(), "core depends on {ours:?}");
}

#[test]
fn only_the_store_names_its_database() {
    for (folder, manifest) in manifests() {
        let names_it = wants(&manifest).all().any(|it| it == "redb");
        assert!(!names_it || folder == "core", "{folder} depends on redb");
    }
    let mut in_store = 0;
    for source in sources() {
        if source.rust.code.contains("redb") {
            assert!(source.path.starts_with("core/src/store/"), "{} names redb", source.path);
            in_store += 1;
        }
    }
    assert!(in_store > 0);
}

/// The crates of this workspace that a crate must not know.
fn trespasses(folder: &str, wants: &Wants) -> Vec<String> {
    let ours = |names: &BTreeSet<String>, allowed: &[&str]| -> Vec<String> {
        let is_foreign =
            |it: &&String| it.starts_with("threadbridge") && !allowed.contains(&it.as_str());
        names.iter().filter(is_foreign).map(|it| format!("{folder} depends on {it}")).collect()
    };
    let (shipped, tested): (&[&str], &[&str]) = match folder {
        "core" | "devnet" => (&[], &[]),
        "ethereum" => (&["threadbridge-core"], &["threadbridge-core"]),
        // The kit itself knows no adapter; it is tried with the template.
        "tests/kit" => (&["threadbridge-core"], &["threadbridge-core", "threadbridge-loopback"]),
        adapter if adapter.starts_with("adapters/") => {
            (&["threadbridge-core"], &["threadbridge-core", "threadbridge-kit"])
        }
        _ => return Vec::new(),
    };
    [ours(&wants.shipped, shipped), ours(&wants.tested, tested)].concat()
}

#[test]
fn adapters_and_devnet_know_neither_each_other_nor_the_daemon() {
    let wants_of = |name: &str, key: &str| {
        wants(&format!("{key}.threadbridge-{name} = {{ workspace = true }}").parse().unwrap())
    };
    for (folder, name, key) in [
        ("adapters/lens", "farcaster", "dependencies"),
        ("adapters/lens", "devnet", "dev-dependencies"),
        ("adapters/lens", "kit", "build-dependencies"),
        ("devnet", "farcaster", "build-dependencies"),
        ("devnet", "core", "dependencies"),
        ("ethereum", "lens", "dependencies"),
        ("tests/kit", "loopback", "target.'cfg(unix)'.dependencies"),
    ] {
        assert_eq!(trespasses(folder, &wants_of(name, key)).len(), 1, "{folder} {name} {key}");
    }
    assert!(trespasses("adapters/lens", &wants_of("kit", "dev-dependencies")).is_empty());
    let manifests = manifests();
    assert!(manifests.keys().filter(|it| it.starts_with("adapters/")).count() >= 2);
    let found: Vec<_> =
        manifests.iter().flat_map(|(folder, it)| trespasses(folder, &wants(it))).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_crate_takes_in_the_source_of_another() {
    for source in sources() {
        let code = source.rust.code.split_whitespace().collect::<String>();
        assert!(!code.contains("#[path="), "{}: a module lies elsewhere", source.path);
        let includes = code.matches("include!(").count();
        let generated = code.matches("include!(concat!(env!(").count();
        assert_eq!(includes, generated, "{}: includes another file", source.path);
    }
}

/// What is wrong with how a manifest asks for things.
fn loose_ends(manifest: &Table) -> Vec<String> {
    let is_shared = |it: &Value| it.get("workspace").and_then(Value::as_bool) == Some(true);
    let mut found: Vec<String> = dependencies(manifest)
        .into_iter()
        .filter(|(_, _, how)| !is_shared(how))
        .map(|(section, name, _)| format!("{section}.{name} is not the workspace's"))
        .collect();
    let lints = manifest.get("lints").is_some_and(is_shared);
    found.extend((!lints).then(|| "the lints are not the workspace's".to_owned()));
    found
}

#[test]
fn crates_take_versions_and_lints_from_the_workspace() {
    let text = "lints.workspace = true\ndependencies.a = '1'\ndependencies.b.workspace = true";
    assert_eq!(loose_ends(&text.parse().unwrap()).len(), 1);
    assert_eq!(loose_ends(&Table::new()).len(), 1);
    let manifests = manifests();
    assert!(manifests.len() >= 6);
    for (folder, manifest) in manifests {
        let found = loose_ends(&manifest);
        assert!(found.is_empty(), "{folder}: {found:?}");
    }
}

#[test]
fn everything_from_outside_comes_from_the_registry() {
    const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
    let locked = locked(&read("Cargo.lock"));
    assert!(locked.len() > 100);
    for package in locked {
        let is_ours = package.name == "threadbridge" || package.name.starts_with("threadbridge-");
        let expected = (!is_ours).then_some(REGISTRY);
        assert_eq!(package.source.as_deref(), expected, "{}", package.name);
    }
    let root: Table = read("Cargo.toml").parse().unwrap();
    assert!(!root.contains_key("patch") && !root.contains_key("replace"));
}

#[test]
fn the_fences_of_cargo_deny_are_kept() {
    let deny: Table = read(".deny.toml").parse().unwrap();
    let bans = deny.get("bans").and_then(|it| it.get("deny")).and_then(Value::as_array).unwrap();
    assert!(!bans.is_empty());
    let locked = locked(&read("Cargo.lock"));
    for ban in bans {
        let name = ban.get("crate").and_then(Value::as_str).unwrap();
        let wrappers = ban.get("wrappers").and_then(Value::as_array);
        let may: Vec<&str> = wrappers.into_iter().flatten().filter_map(Value::as_str).collect();
        for package in locked.iter().filter(|it| it.needs.iter().any(|need| need == name)) {
            assert!(may.contains(&package.name.as_str()), "{} depends on {name}", package.name);
        }
    }
}

#[test]
fn reaching_goes_all_the_way_down() {
    let lock = "[[package]]\nname = 'a'\ndependencies = ['b']\n\
                [[package]]\nname = 'b'\ndependencies = ['c 1.0']\n\
                [[package]]\nname = 'c'\n[[package]]\nname = 'd'";
    let first = BTreeSet::from(["a".to_owned()]);
    let reached = reaches(&first, &locked(lock));
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
}
