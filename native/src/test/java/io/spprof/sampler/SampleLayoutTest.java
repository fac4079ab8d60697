package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Compares the layout in Java with the layout in C. The two are compiled separately. */
final class SampleLayoutTest {

  @Test
  void shouldAgreeWithTheCompilerOfTheNativeSide() throws SamplerException {
    assertArrayEquals(SampleLayout.described(), NativeSampler.layout());
  }

  @Test
  void shouldHaveTheDropReasonsOfTheNativeSideInTheirOrder() throws SamplerException {
    List<String> reasons = Arrays.stream(DropReason.values()).map(DropReason::name).toList();

    assertEquals(NativeSampler.drops(), reasons.subList(0, DropReason.OF_HANDLERS));
  }

  @Test
  void shouldDescribeEveryConstant() {
    long constants =
        Arrays.stream(SampleLayout.class.getDeclaredFields())
            .filter(
                field -> Modifier.isStatic(field.getModifiers()) && field.getType() == int.class)
            .count();

    assertEquals(constants, SampleLayout.described().length, "one was left out of described()");
  }

  @Test
  void shouldKeepRecordsAlignedAfterAnyNumberOfFrames() {
    assertEquals(0, SampleLayout.HEADER_SIZE % SampleLayout.RECORD_ALIGN);
    assertEquals(0, SampleLayout.FRAME_WORDS * Long.BYTES % SampleLayout.RECORD_ALIGN);
    assertTrue(SampleLayout.HEAD - SampleLayout.TAIL >= 128, "reader and writers share a line");
  }
}
