# shellcheck shell=bash
# For the scripts of tests/, which source it from the project's folder: $tmp, a
# folder that is gone in the end; expect, which counts; finish, the last call.

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

# expect WHAT COMMAND...: passes if the command succeeds; shows what it said if not
expect()
{
    local what=$1
    shift
    if "$@" >"$tmp/log" 2>&1 </dev/null; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        sed 's/^/    /' "$tmp/log"
    fi
}

# Says N passed, N failed; nonzero if anything did.
finish()
{
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
