package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoMoreInteractions;

import io.spprof.sampler.ExampleRecords;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.ThreadName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

final class RehearsalTest {

  @Test
  void shouldReadEachExample() {
    CollectorStats stats = Rehearsal.read(ExampleRecords.ring("/lib"), new FakeSampler());

    assertEquals(1, stats.collected());
    assertEquals(0, stats.dropped().total());
    assertEquals(1, stats.uniqueStacks());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldReadTheSymbolsOfALibrary() {
    assertTrue(Rehearsal.readSymbols() > 1_000);
  }

  @Test
  void shouldHaveARecordOfEachType() {
    SampleRing.Visitor visitor = mock(SampleRing.Visitor.class);

    ExampleRecords.ring("/lib").read(visitor);

    verify(visitor).thread(1, new ThreadName("thread", 1, 1));
    verify(visitor).method(1, "a.Class.method", new int[0]);
    verify(visitor).library(1, "/lib", new byte[0], 0);
    verify(visitor).function(2, 1, 0);
    verify(visitor).times(1, 0, 0);
    verify(visitor).sample(any());
    verify(visitor).forget();
    verifyNoMoreInteractions(visitor);
  }
}
