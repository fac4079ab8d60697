package io.spprof.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ThreadKindTest {

  @ParameterizedTest
  @CsvSource({
    "GC Thread#0, GC",
    "G1 Conc#0, GC",
    "ZWorkerYoung#0, GC",
    "Shenandoah GC T, GC",
    "C1 CompilerThre, JIT",
    "C2 CompilerThre, JIT",
    "VM Thread, JVM",
    "VM Periodic Tas, JVM",
    "JFR Recorder Th, JVM",
    "G1, LIBRARY",
    "my GC Thread, LIBRARY",
    "rocksdb:low0, LIBRARY",
    "'', LIBRARY",
    "native threads, UNKNOWN",
  })
  void shouldRecogniseTheJvmsThreadsByTheBeginningOfTheirNames(String name, ThreadKind kind) {
    assertEquals(kind, ThreadKind.ofNative(name));
  }
}
