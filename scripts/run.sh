#!/usr/bin/env bash
# run.sh: builds what changed and serves the product on http://127.0.0.1:8080 with demo data.
# Every variable of .env.example may be set before it; see docs/configuration.md.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/build.sh
export APP_ENV=${APP_ENV:-development} ADDR=${ADDR:-127.0.0.1} DEMO_DATA=${DEMO_DATA:-on}
exec bin/cinema serve "$@"
