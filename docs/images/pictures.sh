#!/bin/sh
# Makes the pictures of README.md from the running product: the flame graph of ten seconds of the database load H2Oltp, made with
# the command that README.md shows, and JConsole with the bean and with the plugin. jconsole.txt lists the attributes in jconsole.png;
# ReferenceTest compares them with the bean's. Needs chromium and xvfb, and a machine that does nothing else.
set -eu
cd "$(dirname "$0")/../.."
images=$PWD/docs/images

./mvnw -q -B -ntp verify -Dmake.test.skip=true -Dtest=NONE -Dsurefire.failIfNoSpecifiedTests=false \
  -Dit.test=JConsoleIT -Dfailsafe.failIfNoSpecifiedTests=false
cp integration-tests/target/jconsole-attributes.png "$images/jconsole.png"
cp integration-tests/target/jconsole-attributes.txt "$images/jconsole.txt"
cp integration-tests/target/jconsole-plugin.png "$images/jconsole-plugin.png"

agent=jmx/target/spprof-agent.jar
h2=$(ls "${MAVEN_REPOSITORY:-$HOME/.m2/repository}"/com/h2database/h2/*/h2-*.jar | head -n 1)
work=$(mktemp -d)
load=
trap 'test -z "$load" || kill "$load"; rm -rf "$work"' EXIT

mkfifo "$work/questions"
java -XX:+EnableDynamicAgentLoading -Xmx512m -cp "integration-tests/target/test-classes:$h2" io.spprof.it.load.H2Oltp 1 \
  <"$work/questions" >"$work/answers" &
load=$!
# An open end of the pipe keeps the load running: it ends when its input ends.
exec 3>"$work/questions"
until grep -q READY "$work/answers"; do sleep 0.1; done
sleep 20 # until the hot methods are compiled
java -jar "$agent" profile "$load" -d 10s -o "$work/flame.html"

chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
  --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$work/chromium" --virtual-time-budget=2000 \
  --window-size=1200,760 --screenshot="$work/flame-graph.png" "file://$work/flame.html" 2>"$work/chromium.log" ||
  { cat "$work/chromium.log" >&2; exit 1; }
java "$images/Smaller.java" "$work/flame-graph.png" "$images/flame-graph.png"

if find "$images" -name '*.png' -size +199k | grep .; then
  echo "$0: these pictures have more than 200 KB" >&2
  exit 1
fi
