package io.spprof.it.walk;

import io.spprof.it.load.Barriers;
import io.spprof.it.load.ClassInit;
import io.spprof.it.load.H2Oltp;
import io.spprof.it.load.Handles;
import io.spprof.it.load.Intrinsics;
import io.spprof.it.load.Javac;
import io.spprof.it.load.Lambdas;
import io.spprof.it.load.LateLibrary;
import io.spprof.it.load.Megamorphic;
import io.spprof.it.load.NativeCalls;
import io.spprof.it.load.Recursion;
import io.spprof.it.load.Strings;
import io.spprof.it.load.ThreadDumps;
import io.spprof.it.load.Throwing;
import io.spprof.it.load.Upcalls;
import io.spprof.it.load.VirtualWays;
import io.spprof.it.load.VmCalls;
import io.spprof.it.load.YieldingVirtual;
import java.util.List;
import java.util.Locale;

/**
 * The loads on which {@link WholeStacks} tests the stack walker. The stacks of each load consist
 * mainly of one kind of frame.
 */
enum Load {
  JAVAC(Javac.class),
  LAMBDAS(Lambdas.class),
  STRINGS(Strings.class),
  INTRINSICS(Intrinsics.class),
  MEGAMORPHIC(Megamorphic.class),
  RECURSION_50(Recursion.class, "50"),
  RECURSION_500(Recursion.class, "500"),
  RECURSION_5000(Recursion.class, "5000"),
  THROWING(Throwing.class),
  CLASS_INIT(ClassInit.class),
  VM_CALLS(VmCalls.class),
  HANDLES(Handles.class),
  VIRTUAL(YieldingVirtual.class),
  VIRTUAL_WAYS(VirtualWays.class),
  NATIVE_CALLS(NativeCalls.class),
  BARRIERS(Barriers.class),
  H2(H2Oltp.class, "2"),
  THREAD_DUMPS(ThreadDumps.class),
  LATE_LIBRARY(LateLibrary.class),
  UPCALLS(Upcalls.class);

  private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

  private final Class<?> main;
  private final List<Object> arguments;

  Load(Class<?> main, Object... arguments) {
    this.main = main;
    this.arguments = List.of(arguments);
  }

  Class<?> main() {
    return main;
  }

  Object[] arguments() {
    return arguments.toArray();
  }

  String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  List<String> flags(Jdk jdk) {
    return switch (this) {
      case RECURSION_5000 -> List.of("-Xss8m");
      // Otherwise the JVM throws a preallocated exception without a trace.
      case THROWING -> List.of("-XX:-OmitStackTraceInFastThrow");
      case LATE_LIBRARY -> List.of(NATIVE_ACCESS);
      case UPCALLS ->
          switch (jdk.feature()) {
            // With C2, this load soon kills JDK 17, also without the agent.
            case 17 ->
                List.of(
                    NATIVE_ACCESS,
                    "--add-modules=jdk.incubator.foreign",
                    "-XX:TieredStopAtLevel=1");
            case 21 -> List.of(NATIVE_ACCESS, "--enable-preview");
            default -> List.of(NATIVE_ACCESS);
          };
      case VIRTUAL, VIRTUAL_WAYS -> List.of("-Djdk.virtualThreadScheduler.parallelism=2");
      default -> List.of();
    };
  }

  boolean isOfferedBy(Jdk jdk) {
    return switch (this) {
      case VIRTUAL, VIRTUAL_WAYS -> jdk.feature() >= 21;
      case LATE_LIBRARY -> jdk.feature() >= 22;
      case UPCALLS -> jdk.feature() == 17 || jdk.feature() >= 21;
      default -> true;
    };
  }

  boolean isVirtual() {
    return this == VIRTUAL || this == VIRTUAL_WAYS;
  }

  /** Whether a thread of this name runs the load. */
  boolean owns(String thread) {
    return switch (this) {
      case H2 -> thread.startsWith("worker-");
      // Virtual threads have no name here. Which carrier they appear under does not matter for this
      // test.
      case VIRTUAL, VIRTUAL_WAYS -> thread.isEmpty() || thread.startsWith("ForkJoinPool-1-worker-");
      default -> thread.startsWith("load-");
    };
  }

  /**
   * A frame that every stack of the load has near its root, whatever the load does at the moment.
   */
  String ownRoot() {
    return this == H2 ? "io.spprof.it.load.H2Oltp.work" : "io.spprof.it.load.Loads.repeat";
  }
}
