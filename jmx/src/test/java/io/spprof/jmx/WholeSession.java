package io.spprof.jmx;

import static io.spprof.sampler.RingWriter.frame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.FakeProfiler;
import io.spprof.export.ExportFormat;
import io.spprof.profile.HotMethod;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import io.spprof.symbol.demangle.Demangler;
import io.spprof.symbol.elf.SmallLibrary;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;

/** Uses every part of the profiler once, with samples that a test writes. */
public final class WholeSession {

  private static final long PATIENCE_NANOS = 300_000_000_000L;
  private static final String OPTIONS = "interval=1ms,mode=continuous,window=10s,memory=4m";

  private final FakeSampler sampler = new FakeSampler();
  private final MBeanServer server = MBeanServerFactory.newMBeanServer();
  private final ObjectName name;

  private WholeSession() throws Exception {
    name = new ObjectName(Spprof.OBJECT_NAME);
  }

  /** Runs two sessions and demangles names. Reads everything that clients can read of them. */
  public static void run(Path folder) throws Exception {
    demangle();
    Path library = SmallLibrary.build(folder, "libsmall.so");
    new WholeSession().sessions(library);
  }

  /** Calls a method that the compiler has added to a record. */
  public static void compareRecords() {
    assertEquals(new HotMethod("a", 1, 2, 3), new HotMethod("a", 1, 2, 3));
  }

  private static void demangle() throws Exception {
    try (BufferedReader names =
        new BufferedReader(
            new InputStreamReader(
                Demangler.class.getResourceAsStream("names.txt"), StandardCharsets.UTF_8))) {
      List<String> demangled =
          names.lines().map(line -> Demangler.demangle(line.split("\t")[0])).toList();
      assertTrue(demangled.size() > 100);
    }
  }

  private void sessions(Path library) throws Exception {
    Spprof spprof = Spprof.register(server, name, FakeProfiler.of(sampler), Settings.NONE);
    try {
      invoke("startWith", OPTIONS);
      sample(library);
      read();
      differences();
      invoke("stop");
      read();
      invoke("startWith", "interval=1ms,budget=1");
      sample(library);
      read();
      invoke("stop");
    } finally {
      spprof.close();
    }
  }

  private void sample(Path library) throws Exception {
    RingWriter ring = sampler.ring();
    byte[] id = HexFormat.of().parseHex(SmallLibrary.buildId(library));
    long before = (Long) server.getAttribute(name, "CollectedSamples");
    sampler.name(1, "main");
    for (int number = 1; number <= 2; number++) {
      assertTrue(ring.library(number, library.toString(), 0x7f0000000000L, id));
      assertTrue(ring.library(2 + number, "/no/build/id.so", 0x7f1000000000L));
      assertTrue(ring.library(4 + number, "[vdso]", 0));
    }
    long address = SmallLibrary.address(library, "hidden_function");
    for (int number = 1; number <= 6; number++) {
      assertTrue(ring.function(number, number, address));
      assertTrue(ring.words(1, 10_000_000, RingWriter.OK, frame(number, -1)));
    }
    assertTrue(ring.times(1, 40_000_000, 20_000_000));
    sampler.signal(1, 10_000_000, 1, 2, 3);
    long begun = System.nanoTime();
    while ((Long) server.getAttribute(name, "CollectedSamples") < before + 1) {
      assertTrue(System.nanoTime() - begun < PATIENCE_NANOS, "no sample arrives");
      Thread.sleep(10);
    }
  }

  private void read() throws Exception {
    for (MBeanAttributeInfo attribute : server.getMBeanInfo(name).getAttributes()) {
      server.getAttribute(name, attribute.getName());
    }
    for (String operation : List.of("report", "flameGraph", "windows")) {
      invoke(operation);
    }
    invoke("collapsed", 10);
    for (ExportFormat format : ExportFormat.values()) {
      readToEnd((Long) invoke("openStream", format.key()));
    }
  }

  private void readToEnd(long stream) throws Exception {
    while (invoke("readStream", stream) != null) {
      // Reads on.
    }
  }

  private void differences() throws Exception {
    invoke("reportOf", "last=10m");
    for (String second : List.of("", "last=10m")) {
      invoke("collapsedDifference", "last=10m", second);
      invoke("flameGraphDifference", "last=10m", second);
      for (String format : ExportFormat.differenceKeys().split(", ")) {
        readToEnd((Long) invoke("openDifferenceStream", format, "last=10m", second));
      }
    }
  }

  private Object invoke(String operation, Object... arguments) throws Exception {
    return Operations.invoke(server, name, operation, arguments);
  }
}
