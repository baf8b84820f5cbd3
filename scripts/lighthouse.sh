#!/usr/bin/env bash
# lighthouse.sh: audits every customer page of bin/cinema; fails below 100 for accessibility or best practices.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/ensure.sh npm chromium
CHROMIUM=$(chromium_path) exec node scripts/lighthouse.mjs "$@"
