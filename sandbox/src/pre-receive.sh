#!/bin/sh
# Refuses commits that touch workflow files when the pusher's token may not write them.
[ "$SANDBOX_WORKFLOWS" = no ] || exit 0
while read -r old new name; do
    case "$new" in
        *[!0]*) ;;
        *) continue ;;
    esac
    file=$(git log --name-only --format= "$new" --not --all -- .github/workflows | head -n 1)
    if [ -n "$file" ]; then
        if [ "$SANDBOX_PUSHER" = "GitHub App" ]; then
            right='`workflows` permission'
        else
            right='`workflow` scope'
        fi
        echo "refusing to allow a $SANDBOX_PUSHER to create or update workflow \`$file\` without $right" >&2
        exit 1
    fi
done
