package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WalkResultTest {

  @Test
  void shouldKnowEveryCodeOfTheWalker() {
    Set<WalkResult> found = new HashSet<>();
    IntStream.rangeClosed(-10, 3).forEach(code -> found.add(WalkResult.of(code)));

    assertEquals(14, found.size(), "each of AsyncGetCallTrace's codes has a meaning of its own");
    assertTrue(!found.contains(WalkResult.OTHER));
    assertSame(WalkResult.NATIVE_THREAD, WalkResult.of(SampleLayout.WALK_NATIVE_THREAD));
    assertSame(WalkResult.THREAD_EXIT, WalkResult.of(SampleLayout.WALK_THREAD_EXIT));
    assertSame(WalkResult.UNKNOWN_JAVA, WalkResult.of(-5));
    assertSame(WalkResult.SAFEPOINT, WalkResult.of(-10));
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 100, -11, -99, -102, Short.MIN_VALUE, Short.MAX_VALUE})
  void shouldNameACodeThatIsNotKnownYet(int code) {
    assertSame(WalkResult.OTHER, WalkResult.of(code));
  }

  @ParameterizedTest
  @EnumSource
  void shouldStandUnderAFrameThatSaysWhetherThereWasAStack(WalkResult result) {
    if (result == WalkResult.OK) {
      assertNull(result.frame());
    } else {
      assertNotNull(result.frame());
      assertEquals(result.unwalkable(), result.frame().matches("\\[(unwalkable|broken): .*"));
      assertTrue(result.frame().startsWith("[") && result.frame().endsWith("]"));
    }
  }

  @Test
  void shouldDistinguishTheCauses() {
    long distinct = Arrays.stream(WalkResult.values()).map(WalkResult::frame).distinct().count();

    assertEquals(WalkResult.values().length, distinct);
  }
}
