# Functions for the scripts in this directory, which run tests with Maven. Sourced, not run.

# The start tags of the test suites in all reports that are newer than a file.
suites() { # MARKER
  find . -path '*/target/*-reports/TEST-*.xml' -newer "$1" -print0 | xargs -0 -r grep -ho '<testsuite [^>]*'
}

count_tests() { # MARKER; prints the sums of all reports: passed, failed, skipped
  suites "$1" |
    awk '{ t += attr("tests"); f += attr("failures") + attr("errors"); s += attr("skipped") }
         function attr(name) { return match($0, " " name "=\"[0-9]+") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : 0 }
         END { printf "%d passed, %d failed, %d skipped\n", t - f - s, f, s }'
}

slowest_classes() { # MARKER; prints the ten slowest of all reports
  suites "$1" |
    sed -n 's/.* name="\([^"]*\)".* time="\([0-9.,]*\)".*/\2 \1/p' | tr -d , | sort -rn | sed -n 1,10p |
    while read -r seconds class; do printf '  %7.1f s  %s\n' "$seconds" "${class##*.}"; done
}

# Runs chosen integration tests, and prints what each class did. Maven passes over a name that no class has, so this fails
# if a class has no report.
integration_tests() { # CLASS[#METHOD],... MAVEN_OPTION...
  local classes=$1 marker class status=0
  shift
  marker=$(mktemp)
  ./mvnw -q -B -ntp -Pall-platforms verify -Dmake.test.skip=true -Dtest=NONE -Dsurefire.failIfNoSpecifiedTests=false \
    -Dit.test="$classes" -Dfailsafe.failIfNoSpecifiedTests=false "$@" || status=$?
  suites "$marker" | sed -n 's/.* name="\([^"]*\)" time="\([0-9.,]*\)" tests="\([0-9]*\)" errors="\([0-9]*\)" skipped="\([0-9]*\)" failures="\([0-9]*\)".*/\1 \2 \3 \4 \5 \6/p' |
    while read -r class seconds tests errors skipped failures; do
      printf '  %7.1f s  %s: %d tests, %d failed, %d skipped\n' "${seconds/,/}" "${class##*.}" "$tests" "$((errors + failures))" "$skipped"
    done || true
  for class in ${classes//,/ }; do
    suites "$marker" | grep -q "name=\"[^\"]*\.${class%%#*}\" .*tests=\"[1-9]" || { echo "no test of $class ran" >&2; status=1; }
  done
  rm -f "$marker"
  return "$status"
}
