#!/usr/bin/env bash
# Says by which program version 6 of the official client can be run.
#
# Its native part needs glibc 2.38. Where the system has that, it is plain `node`. Elsewhere on
# Debian, the C library of a later release is unpacked into a folder of its own (the first argument,
# else target/xmtp-sdk6), and node is started with it: nothing of the system changes. Made once.
#
# 0: the program is on standard output. 3: it cannot be had here, and standard error says why.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../../../target/xmtp-sdk6}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

works() { (cd "$here" && "$1" --input-type=module -e 'await import("./sdk6/sdk.mjs")') >/dev/null 2>&1; }
skip() { echo "version 6 of XMTP's client is left out: $1" >&2; exit 3; }

exec 9>"$folder/lock"
flock 9
if works node; then echo node; exit 0; fi
if works "$folder/node"; then echo "$folder/node"; exit 0; fi
[ -d "$here/sdk6/node_modules" ] || skip 'it is not installed (npm ci in tests/clients/xmtp/sdk6)'
command -v apt-get >/dev/null || skip 'its native part does not load, and there is no apt'

# A list, cache and state of our own, with the mirror that the system uses.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -1 || true)
[ -n "$mirror" ] || mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -1 | tr -d ' ' || true)
[ -n "$mirror" ] || skip 'apt knows no mirror of Debian'
apt=$folder/apt
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/root"
echo "deb $mirror trixie main" >"$apt/sources.list"
touch "$apt/status"
own=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=-
     -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status"
     -o "Dir::Cache=$apt/cache" -o APT::Get::List-Cleanup=0 -o APT::Sandbox::User=root
     -o Acquire::Languages=none -o Acquire::Retries=2)
apt-get "${own[@]}" -qq update >"$apt/log" 2>&1 || skip "apt refuses: $(tail -1 "$apt/log")"
(cd "$apt" && apt-get "${own[@]}" -qq download libc6 libgcc-s1 libstdc++6) >>"$apt/log" 2>&1 ||
  skip "apt refuses: $(tail -1 "$apt/log")"
for package in "$apt"/*.deb; do dpkg -x "$package" "$apt/root"; done
loader=$(find "$apt/root" -name 'ld-linux-*.so.*' | head -1)
[ -n "$loader" ] || skip 'the downloaded C library has no loader'
libraries=$(find "$apt/root" -name 'lib*.so.*' -printf '%h\n' | sort -u | paste -sd:)

cat >"$folder/node.new" <<END
#!/bin/sh
exec '$loader' --library-path '$libraries' '$(command -v node)' "\$@"
END
chmod +x "$folder/node.new"
mv "$folder/node.new" "$folder/node"
works "$folder/node" || skip 'its native part does not load with the later C library either'
echo "$folder/node"
