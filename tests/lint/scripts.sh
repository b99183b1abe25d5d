#!/usr/bin/env bash
# Every shell script is clean under shellcheck; the Python ones compile.
set -u
cd "$(dirname "$0")/../.." || exit 1

passed=0 failed=0
while IFS= read -r -d '' file; do
    read -r first <"$file" || true
    case $first in
        '#!'*sh) check=(shellcheck -x -- "$file") ;;
        '#!'*python3)
            check=(python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")'
                "$file")
            ;;
        *) continue ;;
    esac
    if [ ! -x "$file" ]; then
        echo "$file: a script that is not executable"
        failed=$((failed + 1))
    elif "${check[@]}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done < <(find .ci cli data eval io quant tests word2bits -type f ! -name '*.[ch]' \
    ! -path '*/golden/*' -print0 2>/dev/null)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
