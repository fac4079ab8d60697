package io.spprof.it.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;

/**
 * An application that uses CPU time and can record this use with the JVM's own flight recorder. The
 * question "record" begins a recording; "end" ends the recording and is answered with the number of
 * its samples.
 */
public final class FlightRecorder {

  private static volatile double sink;
  private static Recording recording;

  private FlightRecorder() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Control.daemon("busy", FlightRecorder::work);
    Control.serve(Map.of("record", FlightRecorder::begin, "end", unchecked(FlightRecorder::end)));
  }

  private static void work() {
    while (true) {
      double sum = 0;
      for (int i = 1; i < 1_000_000; i++) {
        sum += Math.sqrt(i);
      }
      sink = sum;
    }
  }

  private static String begin() {
    recording = new Recording();
    recording.enable("jdk.CPUTimeSample").with("throttle", "10ms");
    recording.start();
    return "recording";
  }

  private static String end() throws IOException {
    recording.stop();
    Path file = Files.createTempFile("recording", ".jfr");
    recording.dump(file);
    recording.close();
    long samples =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals("jdk.CPUTimeSample"))
            .count();
    Files.delete(file);
    return Long.toString(samples);
  }

  private interface Fallible {
    String get() throws IOException;
  }

  private static Supplier<String> unchecked(Fallible answer) {
    return () -> {
      try {
        return answer.get();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    };
  }
}
