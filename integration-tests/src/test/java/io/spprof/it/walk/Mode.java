package io.spprof.it.walk;

import java.util.List;
import java.util.Locale;

/**
 * A set of flags with which a profiled JVM runs: an execution mode, a garbage collector, or another
 * flag that changes stacks or code. Garbage collectors differ in their barriers.
 */
enum Mode {
  DEFAULT,
  INT("-Xint"),
  COMP("-Xcomp"),
  C1("-XX:TieredStopAtLevel=1"),
  C1_PROFILED("-XX:TieredStopAtLevel=3"),
  C2("-XX:-TieredCompilation"),
  SERIAL("-XX:+UseSerialGC"),
  PARALLEL("-XX:+UseParallelGC", "-XX:-UsePerfData"),
  G1("-XX:+UseG1GC"),
  ZGC("-XX:+UseZGC"),
  SHENANDOAH("-XX:+UseShenandoahGC"),
  GENSHEN("-XX:+UseShenandoahGC", "-XX:ShenandoahGCMode=generational"),
  FRAME_POINTER("-XX:+PreserveFramePointer"),
  WIDE_OOPS("-XX:-UseCompressedOops"),
  CHECK_JNI("-Xcheck:jni");

  private final List<String> flags;

  Mode(String... flags) {
    this.flags = List.of(flags);
  }

  List<String> flags() {
    return flags;
  }

  String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  boolean isOfferedBy(Jdk jdk) {
    return flags.isEmpty() || jdk.offers(flags);
  }
}
