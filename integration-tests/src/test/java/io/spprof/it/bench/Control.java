package io.spprof.it.bench;

import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.management.AttributeList;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** Drives a profiler from inside the JVM that it profiles. */
interface Control {

  /** Starts a session. */
  default void start(long intervalNanos) throws Exception {
    start(intervalNanos, true);
  }

  /** Starts a session, with or without the native frames of threads that run Java code. */
  void start(long intervalNanos, boolean nativeFrames) throws Exception;

  /** Ends the session. */
  void stop() throws Exception;

  /** The signals of the running or the last session. */
  long signals() throws Exception;

  /** The profiler's own figure for its cost in the running session, CPU ns. */
  double ownNanos() throws Exception;

  /** The time of its stack walks in the running session, by the profiler's own clock, ns. */
  double walkNanos() throws Exception;

  /** Reads all attributes of the profiler's bean in one request. */
  AttributeList readAll() throws Exception;

  /** The profiler's own figure for the memory that it holds for samples, bytes. */
  long memoryBytes() throws Exception;

  /** The control for a subject. */
  static Control of(Subject subject, String library) throws Exception {
    return switch (subject) {
      case SPPROF -> new Spprof("auto");
      case SPPROF_AGCT -> new Spprof("agct");
      case ASYNC -> new Async(library);
      default -> throw new IllegalArgumentException(subject + " cannot be started");
    };
  }

  /** The names of a bean's attributes. */
  static String[] attributeNames(MBeanServer server, ObjectName bean) throws Exception {
    return Stream.of(server.getMBeanInfo(bean).getAttributes())
        .map(MBeanAttributeInfo::getName)
        .toArray(String[]::new);
  }

  /** Drives spprof through its bean, as any client would. */
  final class Spprof implements Control {
    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    private final ObjectName bean = new ObjectName("io.spprof:type=Spprof");
    private final String[] names = attributeNames(server, bean);
    private final String walker;
    private long signalsBefore;
    private long ownBefore;
    private long walkBefore;

    Spprof(String walker) throws Exception {
      this.walker = walker;
    }

    @Override
    public void start(long intervalNanos, boolean nativeFrames) throws Exception {
      signalsBefore = number("Signals");
      ownBefore = number("OverheadCpuTimeNanos");
      walkBefore = number("StackWalkTimeNanos");
      server.invoke(
          bean,
          "startWith",
          new Object[] {
            "interval="
                + intervalNanos / 1000
                + "us,walker="
                + walker
                + (nativeFrames ? "" : ",native=none")
          },
          new String[] {String.class.getName()});
    }

    @Override
    public void stop() throws Exception {
      server.invoke(bean, "stop", null, null);
    }

    @Override
    public long signals() throws Exception {
      return number("Signals") - signalsBefore;
    }

    @Override
    public double ownNanos() throws Exception {
      return number("OverheadCpuTimeNanos") - ownBefore;
    }

    @Override
    public double walkNanos() throws Exception {
      return number("StackWalkTimeNanos") - walkBefore;
    }

    @Override
    public AttributeList readAll() throws Exception {
      return server.getAttributes(bean, names);
    }

    @Override
    public long memoryBytes() throws Exception {
      return number("MemoryUsedBytes");
    }

    private long number(String attribute) throws Exception {
      return ((Number) server.getAttribute(bean, attribute)).longValue();
    }
  }

  /**
   * Drives async-profiler through its Java API. By reflection, because it is on the class path only
   * with -Pbench.
   */
  final class Async implements Control {
    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    private final String library;
    private final ObjectName bean = new ObjectName("one.profiler:type=AsyncProfiler");
    private String[] names;
    private Function<String, String> profiler;

    Async(String library) throws Exception {
      this.library = library;
    }

    @Override
    public void start(long intervalNanos, boolean nativeFrames) throws Exception {
      if (profiler == null) {
        profiler = load();
      }
      // features=stats makes async-profiler time its stack walks.
      profiler.apply(
          "start,event=ctimer,features=stats,interval="
              + intervalNanos
              + (nativeFrames ? "" : ",cstack=no"));
    }

    @Override
    public void stop() {
      profiler.apply("stop");
    }

    @Override
    public long signals() {
      return metric("samples_total") + metric("samples_skipped_total");
    }

    @Override
    public double ownNanos() {
      // The metric does not exist before the first sample.
      return signals() == 0 ? 0 : metric("stackwalk_ns_total");
    }

    @Override
    public double walkNanos() {
      return ownNanos();
    }

    @Override
    public AttributeList readAll() throws Exception {
      return server.getAttributes(bean, names);
    }

    @Override
    public long memoryBytes() {
      return 1024 * (metric("mem_calltracestorage_kb") + metric("mem_flightrecorder_kb"));
    }

    private long metric(String name) {
      if (profiler == null) {
        return 0;
      }
      String all = profiler.apply("metrics");
      return all.lines()
          .filter(line -> line.startsWith(name + " "))
          .map(line -> line.substring(name.length()).strip())
          .mapToLong(Long::parseLong)
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no " + name + " in: " + all));
    }

    private Function<String, String> load() throws Exception {
      Class<?> type = Class.forName("one.profiler.AsyncProfiler");
      Object instance = type.getMethod("getInstance", String.class).invoke(null, library);
      server.registerMBean(instance, bean);
      names = attributeNames(server, bean);
      var execute = type.getMethod("execute", String.class);
      return command -> {
        try {
          return (String) execute.invoke(instance, command);
        } catch (InvocationTargetException e) {
          throw new IllegalStateException(e.getCause());
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(e);
        }
      };
    }
  }
}
