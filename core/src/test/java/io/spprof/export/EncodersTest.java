package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Tests the small encoders that the exporters use. */
class EncodersTest {

  @Test
  void shouldEscapeWhateverCouldEndAScript() throws IOException {
    StringBuilder out = new StringBuilder();

    new Json(out).value("</script><!--\"\\&'\u2028\n\uD83D\u00e9");

    assertEquals(
        "\"\\u003c/script\\u003e\\u003c!--\\u0022\\u005c\\u0026'\\u2028\\u000a\\ud83d\\u00e9\"",
        out.toString());
  }

  @Test
  void shouldSeparateJsonValues() throws IOException {
    StringBuilder out = new StringBuilder();
    Json json = new Json(out);

    json.beginObject().key("a").beginArray().value(1).value("b").endArray();
    json.key("c").beginObject().endObject().key("d").value(Double.NaN).key("e").value(true);
    json.endObject();

    assertEquals("{\"a\":[1,\"b\"],\"c\":{},\"d\":0,\"e\":true}", out.toString());
  }

  @Test
  void shouldWriteVarintsThatReadBack() throws IOException {
    List<Long> values = new ArrayList<>(List.of(0L, 1L, 127L, 128L, 16_383L, 16_384L));
    values.addAll(List.of(1L << 31, (1L << 32) - 1, 1L << 53, Long.MAX_VALUE));
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      values.add(random.nextLong() >>> 1 + random.nextInt(62));
    }
    StringBuilder out = new StringBuilder();

    try (VarintWriter writer = new VarintWriter(out)) {
      for (long value : values) {
        writer.write(value);
      }
    }

    VarintReader reader = new VarintReader(out.toString());
    for (long value : values) {
      assertEquals(value, reader.next());
    }
    assertEquals(0, reader.remaining());
  }

  @Test
  void shouldSortStably() {
    Random random = new Random(2);
    for (int size = 0; size < 200; size++) {
      int[] keys = random.ints(size, 0, 20).toArray();
      int[] sorted = new int[size];
      Arrays.setAll(sorted, i -> i);
      Integer[] expected = Arrays.stream(sorted).boxed().toArray(Integer[]::new);
      Arrays.sort(expected, Comparator.comparingInt(i -> keys[i]));

      IntSort.sort(sorted, (a, b) -> Integer.compare(keys[a], keys[b]));

      assertArrayEquals(Arrays.stream(expected).mapToInt(i -> i).toArray(), sorted);
    }
  }

  @Test
  void shouldChooseTheUnitThatReadsBest() {
    assertEquals("0 s", Figures.nanos(0));
    assertEquals("0.50 us", Figures.nanos(500));
    assertEquals("350 us", Figures.nanos(350_000));
    assertEquals("1.50 ms", Figures.nanos(1_500_000));
    assertEquals("599.99 s", Figures.nanos(599_990_000_000L));
    assertEquals("0 h 10 min 00 s", Figures.nanos(600_000_000_000L));
    assertEquals("25 h 01 min 02 s", Figures.nanos(90_062_000_000_000L));
  }
}
