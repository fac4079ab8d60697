package io.spprof.jmx;

import com.sun.management.GarbageCollectorMXBean;
import com.sun.management.GcInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;

/**
 * Reads how much heap was in use after the JVM's last garbage collection. {@link Heap} uses this
 * number of bytes to estimate the free heap, because the number does not contain the garbage that
 * the collection removed. The class compares all garbage collectors of the JVM, and takes the
 * collection that ended last.
 */
final class LastCollection {

  private LastCollection() {}

  /**
   * Returns how much heap was in use after the last garbage collection.
   *
   * @return bytes; -1 if there was no collection yet
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
