package io.spprof.it;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * The CPU time that each single sample of a profile stands for. On a busy machine the samples
 * differ: a late signal stands for all the CPU time since the previous one.
 *
 * @param nanos CPU time of each sample, ns
 */
record SampleLengths(List<Long> nanos) {

  /**
   * Reads them from a profile in the format of the flight recorder.
   *
   * @param recording the file
   * @param intervalNanos what a sample stands for if its event does not say otherwise, ns
   * @param wanted selects samples by their events
   */
  static SampleLengths read(Path recording, long intervalNanos, Predicate<RecordedEvent> wanted)
      throws IOException {
    // A sample of another length than the interval has a second event, of the same time and thread.
    Map<String, Long> lengths = new HashMap<>();
    for (RecordedEvent event : RecordingFile.readAllEvents(recording)) {
      String type = event.getEventType().getName();
      if (type.equals("jdk.ExecutionSample") && wanted.test(event)) {
        lengths.putIfAbsent(id(event, "sampledThread"), intervalNanos);
      } else if (type.equals("spprof.CpuTime") && wanted.test(event)) {
        lengths.put(id(event, "sampledThread"), event.getLong("cpuTime"));
      }
    }
    return new SampleLengths(List.copyOf(lengths.values()));
  }

  private static String id(RecordedEvent event, String thread) {
    return event.getThread(thread).getId() + " " + event.getStartTime();
  }

  /** The sum, ns. */
  long sum() {
    return stream().sum();
  }

  /** The longest, ns; 0 if there is no sample. */
  long longest() {
    return stream().max().orElse(0);
  }

  /**
   * The sum of the squares, ns². It is the variance of a sum in which each sample counts by chance.
   */
  double squares() {
    return stream().mapToDouble(each -> (double) each * each).sum();
  }

  private LongStream stream() {
    return nanos.stream().mapToLong(Long::longValue);
  }
}
