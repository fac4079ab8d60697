package io.spprof.it.bench;

import java.util.List;

/** What a target JVM runs with. All of them are idle until told to start. */
enum Subject {
  /** No agent. */
  PLAIN,
  /** The agent jar. */
  SPPROF,
  /** async-profiler's library, as an agent. */
  ASYNC,
  /** A Java agent that registers an empty bean: the least that any managed agent costs. */
  FLOOR;

  /** The profiler that really stands in this one's place. */
  Subject actual(Setup setup) {
    return this == SPPROF && setup.self() ? ASYNC : this;
  }

  /** What the JVM needs on its command line. */
  List<String> jvmArguments(Setup setup) {
    return switch (actual(setup)) {
      case PLAIN -> List.of();
      // On 24 and later, System.load prints a warning without the flag.
      case SPPROF ->
          setup.feature() >= 24
              ? List.of("-javaagent:" + setup.agentJar(), "--enable-native-access=ALL-UNNAMED")
              : List.of("-javaagent:" + setup.agentJar());
      case ASYNC -> List.of("-agentpath:" + setup.asyncLibrary());
      case FLOOR -> List.of("-javaagent:" + setup.floorJar());
    };
  }
}
