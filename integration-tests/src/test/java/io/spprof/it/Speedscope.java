package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Parses speedscope's format. */
final class Speedscope {

  private Speedscope() {}

  /**
   * All stacks, each with its CPU time in ns. Fails on other units and on sums that do not match.
   */
  static Collapsed parse(byte[] bytes) throws IOException {
    JsonNode file = new ObjectMapper().readTree(bytes);
    List<String> names = new ArrayList<>();
    file.get("shared").get("frames").forEach(frame -> names.add(frame.get("name").asText()));
    List<Collapsed.Stack> stacks = new ArrayList<>();
    long all = 0;
    for (JsonNode thread : file.get("profiles")) {
      if (thread == file.get("profiles").get(0)) {
        all = thread.get("endValue").asLong();
        continue;
      }
      assertEquals("nanoseconds", thread.get("unit").asText());
      long sum = 0;
      for (int i = 0; i < thread.get("samples").size(); i++) {
        List<String> frames = new ArrayList<>();
        frames.add(thread.get("name").asText());
        thread.get("samples").get(i).forEach(frame -> frames.add(names.get(frame.asInt())));
        long weight = thread.get("weights").get(i).asLong();
        stacks.add(new Collapsed.Stack(frames, weight));
        sum += weight;
      }
      assertEquals(thread.get("endValue").asLong(), sum);
    }
    assertEquals(all, stacks.stream().mapToLong(Collapsed.Stack::count).sum(), "all threads");
    return new Collapsed(stacks);
  }
}
