package io.spprof.sampler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Keeps everything that the reader of a ring reports. */
class RecordedSamples implements SampleRing.Visitor {

  /**
   * A sample. {@code methods} has the ids of frames that name their method by the JVM's id. {@code
   * frames} has the method names of all other frames.
   */
  record Sample(
      int thread,
      List<Long> methods,
      List<String> frames,
      WalkResult walk,
      boolean truncated,
      long cpuNanos) {}

  final List<Sample> samples = new ArrayList<>();
  final Map<Integer, String> names = new HashMap<>();
  final Map<Integer, ThreadName> threads = new HashMap<>();
  final Map<Integer, String> methods = new HashMap<>();
  final Map<Integer, String> libraries = new HashMap<>();
  final Map<Integer, List<String>> locations = new HashMap<>();

  @Override
  public void sample(SampleView sample) {
    List<Long> ids = new ArrayList<>();
    List<String> frames = new ArrayList<>();
    for (int i = 0; i < sample.words(); i++) {
      long word = sample.word(i);
      if (StackWord.isFrame(word)) {
        frames.add(methods.get(StackWord.number(word)));
      } else if (StackWord.isLocation(word)) {
        frames.addAll(locations.get(StackWord.number(word)));
      } else if (StackWord.isBrokenAt(word)) {
        continue; // names no frame
      } else if (StackWord.isIdFrame(word)) {
        ids.add(sample.word(++i));
      } else {
        List<String> inlined = new ArrayList<>();
        for (int j = i + 1; j <= i + StackWord.count(word); j++) {
          inlined.add(methods.get(StackWord.number(sample.word(j))));
        }
        locations.put(StackWord.number(word), inlined);
      }
    }
    samples.add(
        new Sample(
            sample.thread(), ids, frames, sample.walk(), sample.truncated(), sample.cpuNanos()));
  }

  @Override
  public void method(int number, String name, int[] lines) {
    methods.put(number, name);
  }

  @Override
  public void library(int library, String path, byte[] buildId, long base) {
    libraries.put(library, path);
  }

  @Override
  public void function(int number, int library, long address) {
    methods.put(number, libraries.get(library) + "+0x" + Long.toHexString(address));
  }

  @Override
  public void times(int thread, long userNanos, long systemNanos) {
    // not of interest here
  }

  @Override
  public void forget() {
    libraries.clear();
    methods.clear();
    locations.clear();
  }

  @Override
  public void thread(int thread, ThreadName name) {
    names.put(thread, name.text());
    threads.put(thread, name);
  }

  /** Returns the samples of all threads with a name. */
  List<Sample> of(String name) {
    return samples.stream().filter(s -> name.equals(names.get(s.thread()))).toList();
  }
}
