package io.spprof.it.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * The profiler that runs in a target JVM. Every profiler is idle until it is started, unless its
 * arguments start it at once.
 */
enum Subject {
  /** No agent. */
  PLAIN,
  /** spprof, from its agent jar. */
  SPPROF,
  /** spprof with AsyncGetCallTrace as its walker. */
  SPPROF_AGCT,
  /** async-profiler's library, as an agent. */
  ASYNC,
  /** A Java agent that registers an empty bean: the least that any managed agent costs. */
  FLOOR;

  /** The profiler that takes the place of this one in this run. */
  Subject actual(Setup setup) {
    return this == SPPROF && setup.self() ? ASYNC : this;
  }

  /** The arguments that load the profiler into a JVM. */
  List<String> jvmArguments(Setup setup) {
    return jvmArguments(setup, "");
  }

  /** The arguments that load the profiler into a JVM with agent options; empty for none. */
  List<String> jvmArguments(Setup setup, String options) {
    String tail = options.isEmpty() ? "" : "=" + options;
    List<String> arguments = new ArrayList<>();
    if (setup.feature() >= 24) {
      // Both profilers load a library from Java; without this flag, these JDKs print a warning.
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
