package io.spprof.jmx;

import com.sun.management.GarbageCollectorMXBean;
import com.sun.management.GcInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;

/**
 * Reads how much heap was in use after the JVM's last garbage collection, whichever collector did
 * it.
 */
final class LastCollection {

  private LastCollection() {}

  /**
   * The heap in use after the last collection.
   *
   * @return bytes; -1 if there was no collection
   */
  static long usedHeapBytes() {
    GcInfo last = null;
    for (var collector : ManagementFactory.getPlatformMXBeans(GarbageCollectorMXBean.class)) {
      GcInfo info = collector.getLastGcInfo();
      if (info != null && (last == null || info.getEndTime() > last.getEndTime())) {
        last = info;
      }
    }
    return last == null ? -1 : heap(last);
  }

  private static long heap(GcInfo collection) {
    long bytes = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage usage = collection.getMemoryUsageAfterGc().get(pool.getName());
      if (pool.getType() == MemoryType.HEAP && usage != null) {
        bytes += usage.getUsed();
      }
    }
    return bytes;
  }
}
