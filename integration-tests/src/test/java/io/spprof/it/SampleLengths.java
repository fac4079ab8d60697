package io.spprof.it;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
   * @param wanted selects samples by their events
   */
  static SampleLengths read(Path recording, Predicate<RecordedEvent> wanted) throws IOException {
    List<Long> lengths = new ArrayList<>();
    for (RecordedEvent event : RecordingFile.readAllEvents(recording)) {
      if (event.getEventType().getName().equals("spprof.CPUTimeSample") && wanted.test(event)) {
        lengths.add(event.getDuration("samplingPeriod").toNanos());
      }
    }
    return new SampleLengths(List.copyOf(lengths));
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
