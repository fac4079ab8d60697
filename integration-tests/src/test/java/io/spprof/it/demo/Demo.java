package io.spprof.it.demo;

import io.spprof.it.BeanClient;
import io.spprof.it.TargetJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.management.JMException;
import javax.management.openmbean.CompositeData;

/**
 * A demo of the profiler's main use: a JVM with the agent runs an OLTP load on H2, and this
 * program, in another JVM, starts, watches and stops a session over JMX.
 */
public final class Demo {

  private static final int SECONDS = 10;
  private static final int WORKERS = 4;
  private static final String OPTIONS = "interval=10ms";
  private static final String[] FIGURES = {
    "CollectedSamples",
    "DroppedSamples",
    "MeasuredOverheadPercent",
    "OverheadPercent",
    "ThreadsSampled"
  };

  private final BeanClient bean;
  private final LiveLine line = new LiveLine(System.out);

  private Demo(BeanClient bean) {
    this.bean = bean;
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws Exception {
    System.out.printf("An H2 OLTP load, %d workers, in a JVM of its own with the agent%n", WORKERS);
    try (TargetJvm target = TargetJvm.h2(WORKERS).start();
        BeanClient bean = BeanClient.connect(target)) {
      System.out.printf(
          "pid %d, JMX at 127.0.0.1:%d, bean io.spprof:type=Spprof%n%n",
          target.pid(), target.port());
      new Demo(bean).profile(target);
    }
  }

  private void profile(TargetJvm target) throws Exception {
    long transactionsBefore = Long.parseLong(target.ask("transactions"));
    bean.startWith(OPTIONS);
    System.out.printf("startWith %s%n", bean.text("Options"));
    long start = System.nanoTime();
    for (int second = 1; second <= SECONDS; second++) {
      long due = start + second * 1_000_000_000L;
      Thread.sleep(Math.max(0, (due - System.nanoTime()) / 1_000_000));
      line.show(live(second));
    }
    line.end();
    System.out.printf("stop: %s%n", bean.stop());
    long transactions = Long.parseLong(target.ask("transactions")) - transactionsBefore;
    System.out.printf(
        Locale.ROOT, "The load committed %,d transactions during the session.%n%n", transactions);
    hottest();
    Path page = target.directory().resolve("flamegraph.html");
    Files.writeString(page, bean.query("flameGraph"));
    System.out.printf("%nflame graph: %s%n", page);
  }

  private String live(int second) throws IOException, JMException {
    Map<String, Object> now = bean.several(FIGURES);
    return String.format(
        Locale.ROOT,
        "%3d s  samples %,7d  dropped %,d  overhead %.2f %% measured, %.2f %% modelled  threads %d",
        second,
        (Long) now.get("CollectedSamples"),
        (Long) now.get("DroppedSamples"),
        (Double) now.get("MeasuredOverheadPercent"),
        (Double) now.get("OverheadPercent"),
        (Integer) now.get("ThreadsSampled"));
  }

  private void hottest() throws IOException, JMException {
    List<CompositeData> rows =
        List.of((CompositeData[]) ((CompositeData) bean.get("HotMethodsAll")).get("methods"));
    System.out.println("   self    total  samples  the hottest methods");
    rows.stream().filter(row -> !isSynthetic(row)).limit(10).forEach(Demo::print);
    System.out.println("  and CPU time outside of known Java methods");
    rows.stream().filter(Demo::isSynthetic).forEach(Demo::print);
  }

  /**
   * Whether the row is no method. A name in brackets is the profiler's own: a native thread, or the
   * reason why a stack was not walked.
   */
  private static boolean isSynthetic(CompositeData row) {
    return ((String) row.get("method")).startsWith("[");
  }

  private static void print(CompositeData row) {
    System.out.printf(
        Locale.ROOT,
        "%5.1f %%  %5.1f %%  %,7d  %s%n",
        (Double) row.get("selfPercent"),
        (Double) row.get("totalPercent"),
        (Long) row.get("samples"),
        row.get("method"));
  }
}
