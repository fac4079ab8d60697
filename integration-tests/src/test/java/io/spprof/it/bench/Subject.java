package io.spprof.it.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * What a target JVM runs with. All of them are idle until told to start, unless their arguments say
 * otherwise.
 */
enum Subject {
  /** No agent. */
  PLAIN,
  /** The agent jar. */
  SPPROF,
  /** The same, with AsyncGetCallTrace as its walker. */
  SPPROF_AGCT,
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
    return jvmArguments(setup, "");
  }

  /** The same, with the agent's own arguments; empty for none. */
  List<String> jvmArguments(Setup setup, String options) {
    String tail = options.isEmpty() ? "" : "=" + options;
    List<String> arguments = new ArrayList<>();
    if (setup.feature() >= 24) {
      // Both load a library from Java, of which these print a warning otherwise.
      arguments.add("--enable-native-access=ALL-UNNAMED");
    }
    switch (actual(setup)) {
      case SPPROF, SPPROF_AGCT -> arguments.add("-javaagent:" + setup.agentJar() + tail);
      case ASYNC -> arguments.add("-agentpath:" + setup.asyncLibrary() + tail);
      case FLOOR -> arguments.add("-javaagent:" + setup.floorJar());
      case PLAIN -> {}
    }
    return arguments;
  }
}
