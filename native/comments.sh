#!/bin/sh
# Checks what clang-format leaves when it breaks a comment of one line: a comment that begins with text, and whose end
# stands alone on a line. Such a comment must also begin with /* alone. It also breaks rows of a table that are longer than
# a line, and joins them with the next rows: so no line of text may have two bars unless it is indented or begins with one.
#   usage: comments.sh FILE...
set -eu
awk '
  FNR == 1 { inside = 0 }
  !inside && match($0, /\/\*/) && !/\*\// { inside = 1; line = FNR; text = /\/\*+ *[^ *]/; next }
  inside && (/^[ \t]*\* [^ |].* \| .* \|/ || /^[ \t]*\* *\|[ \t]*$/) { print FILENAME ":" FNR ": rows of a table are joined here"; bad = 1 }
  inside && /\*\// {
    if (text && /^[ \t]*\*\/[ \t]*$/) { print FILENAME ":" line ": the end of this comment stands alone, so must its beginning"; bad = 1 }
    inside = 0
  }
  END { exit bad }' "$@"
