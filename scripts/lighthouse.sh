#!/usr/bin/env bash
# lighthouse.sh [THEME...]: audits every customer page of bin/cinema, see lighthouse.mjs.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/ensure.sh npm chromium
CHROMIUM=$(chromium_path) exec node scripts/lighthouse.mjs "$@"
