#!/bin/sh
# Puts `waymark`, and the agent, on the PATH of the steps that follow. Does nothing for what is there already.
# Add here whatever your repository's own checks need.
#
# Environment:
#   WAYMARK_URL     address of the Waymark server (repository variable), for the download; https, but for
#                   a server on the machine itself
#   WAYMARK_SHA256  SHA-256 that the download must have (repository variable, optional);
#                   without it, the sum that the server gives is used
set -eu

# Raise it when you want another; what is installed here can read the repository's secrets for the agent.
claude_version=2.1.332

fail() {
  printf '::error title=Setup::%s\n' "$1"
  exit 1
}

if ! command -v waymark >/dev/null 2>&1; then
  [ -n "${WAYMARK_URL:-}" ] || fail 'The repository variable WAYMARK_URL is not set: it says where to download waymark.'
  case "$WAYMARK_URL" in
    https://*) protocol='=https' ;;
    http://localhost | http://localhost[:/]* | http://127.0.0.1 | http://127.0.0.1[:/]* | http://\[::1\]*) protocol='=http,https' ;;
    *) fail 'The repository variable WAYMARK_URL must begin with https://: what is downloaded from there runs with secrets.' ;;
  esac
  folder="${RUNNER_TEMP:-/tmp}/waymark-bin"
  mkdir -p "$folder"
  curl --proto "$protocol" --fail --silent --show-error --location --retry 3 --output "$folder/waymark" "${WAYMARK_URL%/}/download/waymark" \
    || fail "waymark could not be downloaded from ${WAYMARK_URL%/}/download/waymark."
  expected="${WAYMARK_SHA256:-}"
  if [ -z "$expected" ]; then
    expected=$(curl --proto "$protocol" --fail --silent --show-error --location --retry 3 "${WAYMARK_URL%/}/download/waymark.sha256" | cut -c 1-64) \
      || fail "The SHA-256 of waymark could not be read from ${WAYMARK_URL%/}/download/waymark.sha256."
  fi
  printf '%s  %s\n' "$expected" "$folder/waymark" | sha256sum --check --quiet - \
    || fail 'The waymark that was downloaded does not have the expected SHA-256.'
  chmod 755 "$folder/waymark"
  printf '%s\n' "$folder" >>"$GITHUB_PATH"
  PATH="$folder:$PATH"
fi

if grep -q '^command = \["claude"' .waymark/config.toml && ! command -v claude >/dev/null 2>&1; then
  npm install --global --no-fund --no-audit "@anthropic-ai/claude-code@$claude_version" || fail 'The agent (claude) could not be installed.'
fi

waymark --version
