package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Clients that start and stop sessions without regard to each other, each on a connection of its
 * own. Each client tries to start until it has succeeded a number of times, and stops after each of
 * its starts. A client whose start is refused because another client's session runs sometimes stops
 * that session, so that stops race, too.
 */
final class RacingClients {

  private static final Pattern RUNNING =
      Pattern.compile("session [0-9]+ is running \\(.*\\); stop it first");
  private static final Pattern IDLE = Pattern.compile("no session is running; call start first");
  private static final Pattern STOPPED = Pattern.compile("session=([0-9]+) .*");

  private final TargetJvm target;
  private final String options;
  private final Set<Long> started = new ConcurrentSkipListSet<>();
  private final Set<Long> stopped = new ConcurrentSkipListSet<>();
  private final AtomicInteger refusedStarts = new AtomicInteger();
  private final AtomicInteger refusedStops = new AtomicInteger();
  private final AtomicInteger strangersStops = new AtomicInteger();

  RacingClients(TargetJvm target, String options) {
    this.target = target;
    this.options = options;
  }

  /** Runs the clients to their end. */
  void run(int clients, int startsEach) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        int client = i;
        ends.add(
            threads.submit(
                () -> {
                  client(new SplittableRandom(client), startsEach);
                  return null;
                }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Checks that every session was started once and stopped once, and that ids are consecutive. */
  void assertEachSessionWasStartedAndStoppedOnce(long first, int sessions) {
    assertEquals(sessions, started.size(), this::toString);
    assertEquals(Set.of(first, first + sessions - 1), ends(started), this::toString);
    assertEquals(started, stopped, this::toString);
  }

  int refusedStarts() {
    return refusedStarts.get();
  }

  int refusedStops() {
    return refusedStops.get();
  }

  @Override
  public String toString() {
    return String.format(
        "%d sessions started, %d stopped; refused: %d starts, %d stops; %d stopped by a stranger",
        started.size(), stopped.size(), refusedStarts(), refusedStops(), strangersStops.get());
  }

  private static Set<Long> ends(Set<Long> numbers) {
    List<Long> inOrder = List.copyOf(numbers);
    return Set.of(inOrder.get(0), inOrder.get(inOrder.size() - 1));
  }

  private void client(SplittableRandom random, int starts) throws Exception {
    try (BeanClient bean = BeanClient.connect(target)) {
      int done = 0;
      while (done < starts) {
        if (start(bean)) {
          done++;
          Thread.sleep(random.nextInt(4));
          stop(bean);
        } else if (random.nextInt(8) == 0) {
          strangersStops.addAndGet(stop(bean) ? 1 : 0);
        } else {
          Thread.sleep(random.nextInt(8));
        }
      }
    }
  }

  private boolean start(BeanClient bean) {
    Object result = resultOrRefusal(() -> bean.startWith(options));
    if (result instanceof Long id) {
      assertTrue(started.add(id), "session " + id + " was started twice");
      return true;
    }
    refusedStarts.incrementAndGet();
    assertClean(RUNNING, (Throwable) result);
    return false;
  }

  private boolean stop(BeanClient bean) {
    Object result = resultOrRefusal(bean::stop);
    if (result instanceof String line) {
      Matcher figures = STOPPED.matcher(line);
      assertTrue(figures.matches(), line);
      assertTrue(stopped.add(Long.valueOf(figures.group(1))), "stopped twice: " + line);
      return true;
    }
    refusedStops.incrementAndGet();
    assertClean(IDLE, (Throwable) result);
    return false;
  }

  private interface Call {
    Object get() throws Exception;
  }

  private static Object resultOrRefusal(Call call) {
    try {
      return call.get();
    } catch (Exception e) {
      return BeanClient.refusal(e);
    }
  }

  private static void assertClean(Pattern message, Throwable refusal) {
    assertEquals(IllegalStateException.class, refusal.getClass(), refusal::toString);
    assertTrue(message.matcher(String.valueOf(refusal.getMessage())).matches(), refusal::toString);
    assertEquals(null, refusal.getCause());
    assertEquals(0, refusal.getSuppressed().length);
  }
}
