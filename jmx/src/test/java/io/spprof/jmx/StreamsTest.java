package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.Export;
import io.spprof.export.ExportFormat;
import io.spprof.profile.Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class StreamsTest {

  private static final long LONG = TimeUnit.HOURS.toNanos(1);

  private final Profile profile = Mocks.profile();
  private Streams streams = new Streams(LONG);

  @AfterEach
  void close() {
    streams.close();
  }

  private static boolean hasThread() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals(Streams.THREAD_NAME));
  }

  private static void awaitNoThread() throws InterruptedException {
    for (int i = 0; i < 1000 && hasThread(); i++) {
      Thread.sleep(10);
    }
    assertFalse(hasThread(), "the thread must end");
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void shouldHandOutEachFormatToItsEnd(ExportFormat format) throws IOException {
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    new Export(profile, format).writeTo(expected);
    long id = streams.open(new Export(profile, format));

    assertArrayEquals(expected.toByteArray(), streams.read(id));
    assertNull(streams.read(id));

    assertThrows(IllegalArgumentException.class, () -> streams.read(id), "the end closes it");
    streams.close(id);
  }

  @Test
  void shouldRefuseMoreThanAFewAndSayWhatToDo() {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < Streams.MOST; i++) {
      ids.add(streams.open(new Export(profile, ExportFormat.TEXT)));
    }
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> streams.open(new Export(profile, ExportFormat.COLLAPSED)));
    assertTrue(e.getMessage().contains("closeStream"), e.getMessage());
    assertTrue(e.getMessage().contains("1, 2, 3, 4"), e.getMessage());

    streams.close(ids.get(1));
    assertEquals(
        5, streams.open(new Export(profile, ExportFormat.TEXT)), "an id is not used again");
  }

  @Test
  void shouldCloseTwice() {
    long id = streams.open(new Export(profile, ExportFormat.TEXT));
    streams.close(id);
    streams.close(id);
    streams.close(4711);

    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> streams.read(id));
    assertTrue(e.getMessage().contains("openStream"), e.getMessage());
  }

  @Test
  void shouldCloseAStreamThatNobodyReads() throws Exception {
    streams = new Streams(TimeUnit.MILLISECONDS.toNanos(50));
    long id = streams.open(new Export(profile, ExportFormat.TEXT));
    awaitNoThread();

    assertThrows(IllegalArgumentException.class, () -> streams.read(id));
    assertEquals(
        2, streams.open(new Export(profile, ExportFormat.TEXT)), "others can be opened afterwards");
  }

  @Test
  void shouldHaveAThreadOnlyWhileAStreamIsOpen() throws Exception {
    assertFalse(hasThread());
    long first = streams.open(new Export(profile, ExportFormat.TEXT));
    long second = streams.open(new Export(profile, ExportFormat.TEXT));
    assertTrue(hasThread());
    streams.close(first);
    assertTrue(hasThread());
    streams.close(second);
    awaitNoThread();
  }

  @Test
  void shouldLeaveNothingWhenItIsClosed() {
    streams.open(new Export(profile, ExportFormat.TEXT));
    streams.close();

    assertFalse(hasThread());
    assertThrows(
        IllegalStateException.class, () -> streams.open(new Export(profile, ExportFormat.TEXT)));
  }

  @Test
  void shouldServeManyAtOnce() throws Exception {
    AtomicInteger wholes = new AtomicInteger();
    Set<Throwable> unexpected = java.util.Collections.synchronizedSet(new HashSet<>());
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Thread client =
          new Thread(
              () -> {
                try {
                  start.await();
                  for (int round = 0; round < 200; round++) {
                    try {
                      long id = streams.open(new Export(profile, ExportFormat.JFR));
                      assertNotNull(streams.read(id));
                      assertNull(streams.read(id));
                      wholes.incrementAndGet();
                    } catch (IllegalStateException full) {
                      Thread.yield();
                    }
                  }
                } catch (Throwable t) {
                  unexpected.add(t);
                }
              });
      client.start();
      clients.add(client);
    }
    start.countDown();
    for (Thread client : clients) {
      client.join();
    }

    assertEquals(Set.of(), unexpected);
    assertTrue(wholes.get() > 200, "only " + wholes);
    awaitNoThread();
  }
}
