package io.spprof.it;

import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;

/**
 * The figures of a JVM that must not grow while the JVM is profiled for hours. They are read right
 * after a garbage collection.
 */
record Vitals(Map<Figure, Long> values) {

  /** The figures that are read. */
  enum Figure {
    RESIDENT("resident memory", true),
    CODE_CACHE("code cache", true),
    METASPACE("metaspace", true),
    HEAP("heap after GC", true),
    ADDRESS_SPACE("address space", true),
    DESCRIPTORS("file descriptors", false),
    THREADS("threads", false),
    MAPPINGS("mappings", false);

    final String label;
    final boolean bytes;

    Figure(String label, boolean bytes) {
      this.label = label;
      this.bytes = bytes;
    }

    /** The value for people: bytes as MiB. */
    String show(double value) {
      return bytes
          ? String.format("%.2f MiB", value / (1 << 20))
          : String.format(value == Math.rint(value) ? "%.0f" : "%.1f", value);
    }
  }

  /** Collects the garbage and reads all figures. */
  static Vitals read(TargetJvm target, BeanClient client) throws Exception {
    MBeanServerConnection server = client.connection();
    ObjectName memory = new ObjectName(ManagementFactory.MEMORY_MXBEAN_NAME);
    server.invoke(memory, "gc", null, null);
    long pid = target.pid();
    Map<Figure, Long> values = new EnumMap<>(Figure.class);
    values.put(Figure.HEAP, used(server, memory, "HeapMemoryUsage"));
    values.put(Figure.CODE_CACHE, pools(server, name -> name.startsWith("Code")));
    values.put(Figure.METASPACE, pools(server, "Metaspace"::equals));
    values.put(Figure.RESIDENT, Proc.bytes(pid, "VmRSS"));
    values.put(Figure.ADDRESS_SPACE, Proc.bytes(pid, "VmSize"));
    values.put(Figure.DESCRIPTORS, (long) Proc.descriptors(pid));
    values.put(Figure.THREADS, (long) Proc.threads(pid).size());
    values.put(Figure.MAPPINGS, regions(Proc.mappings(pid)));
    return new Vitals(values);
  }

  /**
   * The number of mappings. Adjacent mappings without a file count as one: the JVM commits parts of
   * what it has reserved for metaspace and code, and each part is a line in the map.
   */
  private static long regions(List<String> mappings) {
    long regions = 0;
    String endOfAnonymous = "";
    for (String line : mappings) {
      String[] fields = line.split("\\s+", 6);
      String[] range = fields[0].split("-");
      boolean anonymous = fields.length < 6 || fields[5].isEmpty();
      regions += anonymous && range[0].equals(endOfAnonymous) ? 0 : 1;
      endOfAnonymous = anonymous ? range[1] : "";
    }
    return regions;
  }

  private static long pools(MBeanServerConnection server, Predicate<String> wanted)
      throws Exception {
    ObjectName all = new ObjectName(ManagementFactory.MEMORY_POOL_MXBEAN_DOMAIN_TYPE + ",name=*");
    long sum = 0;
    for (ObjectName pool : server.queryNames(all, null)) {
      if (wanted.test(pool.getKeyProperty("name").replace("'", ""))) {
        sum += used(server, pool, "Usage");
      }
    }
    return sum;
  }

  private static long used(MBeanServerConnection server, ObjectName bean, String attribute)
      throws Exception {
    return (Long) ((CompositeData) server.getAttribute(bean, attribute)).get("used");
  }

  /** The figures on one line. */
  String line() {
    return values.entrySet().stream()
        .map(entry -> entry.getKey().label + " " + entry.getKey().show(entry.getValue()))
        .collect(Collectors.joining(", "));
  }
}
