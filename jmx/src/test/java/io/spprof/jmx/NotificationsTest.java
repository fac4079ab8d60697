package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;

import io.spprof.Profiler;
import io.spprof.ProfilerEvent;
import io.spprof.ProfilerEvent.OverheadExceeded;
import io.spprof.ProfilerEvent.SamplesDropped;
import io.spprof.ProfilerEvent.SessionExpired;
import io.spprof.ProfilerEvent.StateChanged;
import io.spprof.ProfilerState;
import io.spprof.jmx.Mocks.Fixture;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javax.management.AttributeChangeNotification;
import javax.management.Notification;
import javax.management.NotificationListener;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXConnectorServerFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NotificationsTest {

  private static final ProfilerEvent STARTED =
      new StateChanged(ProfilerState.IDLE, ProfilerState.RUNNING);
  private static final List<ProfilerEvent> ALL =
      List.of(
          STARTED,
          new SamplesDropped(
              3, Drops.NONE.plus(DropReason.BUFFER_FULL, 5).plus(DropReason.STACK_TABLE_FULL, 1)),
          new OverheadExceeded(3, 7.25),
          new SessionExpired(Mocks.SESSION));

  private final AtomicReference<Consumer<ProfilerEvent>> events = new AtomicReference<>();
  private final BlockingQueue<Notification> received = new LinkedBlockingQueue<>();
  private final NotificationListener listener = (n, handback) -> received.add(n);

  @Test
  void shouldSendEveryEventInOrderWithNumbersAndText() throws Exception {
    try (Fixture bean = fixture()) {
      bean.server().addNotificationListener(bean.name(), listener, null, null);
      ALL.forEach(events.get());
      assertAll(bean);
    }
  }

  @Test
  void shouldReachRemoteListeners() throws Exception {
    try (Fixture bean = fixture()) {
      JMXConnectorServer connector =
          JMXConnectorServerFactory.newJMXConnectorServer(
              new JMXServiceURL("rmi", "127.0.0.1", 0), null, bean.server());
      connector.start();
      try (JMXConnector client = JMXConnectorFactory.connect(connector.getAddress())) {
        client
            .getMBeanServerConnection()
            .addNotificationListener(bean.name(), listener, null, null);
        ALL.forEach(events.get());
        assertAll(bean);
      } finally {
        connector.stop();
      }
    }
  }

  private void assertAll(Fixture bean) throws Exception {
    List<Notification> got = new ArrayList<>();
    for (int i = 0; i < ALL.size(); i++) {
      Notification next = received.poll(20, TimeUnit.SECONDS);
      assertNotNull(next, "notification " + i);
      got.add(next);
      assertEquals(bean.name(), next.getSource());
      assertNull(next.getUserData());
      assertEquals(i + 1, next.getSequenceNumber());
    }
    assertEquals(
        List.of(
            "jmx.attribute.change",
            "io.spprof.samples.dropped",
            "io.spprof.overhead.exceeded",
            "io.spprof.session.expired"),
        got.stream().map(Notification::getType).toList());
    AttributeChangeNotification change =
        assertInstanceOf(AttributeChangeNotification.class, got.get(0));
    assertEquals("State", change.getAttributeName());
    assertEquals("IDLE", change.getOldValue());
    assertEquals("RUNNING", change.getNewValue());
    assertEquals("State changed from IDLE to RUNNING", change.getMessage());
    assertTrue(
        got.get(1).getMessage().startsWith("session 3 dropped 6 signals"), got.get(1).getMessage());
    assertTrue(got.get(1).getMessage().contains("bufferFull=5"), got.get(1).getMessage());
    assertTrue(got.get(2).getMessage().contains("7.25 %"), got.get(2).getMessage());
    assertTrue(got.get(3).getMessage().contains("collected=5000"), got.get(3).getMessage());
  }

  @Test
  void shouldNotHoldUpTheProfilerWhileAListenerBlocks() throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    try (Fixture bean = fixture()) {
      bean.server().addNotificationListener(bean.name(), (n, h) -> await(blocked), null, null);
      long start = System.nanoTime();
      for (int i = 0; i < 100_000; i++) {
        events.get().accept(STARTED);
      }
      assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20));
      blocked.countDown();
    }
  }

  @Test
  void shouldGoOnAfterAListenerThrows() throws Exception {
    try (Fixture bean = fixture()) {
      NotificationListener bad =
          (n, h) -> {
            if (n.getSequenceNumber() % 2 == 0) {
              throw new IllegalStateException();
            }
            throw new StackOverflowError();
          };
      bean.server().addNotificationListener(bean.name(), bad, null, null);
      bean.server().addNotificationListener(bean.name(), listener, null, null);
      for (int i = 0; i < 10; i++) {
        events.get().accept(STARTED);
      }
      for (int i = 1; i <= 10; i++) {
        Notification next = received.poll(20, TimeUnit.SECONDS);
        assertNotNull(next);
        assertEquals(i, next.getSequenceNumber());
      }
    }
  }

  @Test
  void shouldHaveAThreadOnlyWhileThereIsSomethingToDeliver() throws Exception {
    try (Fixture bean = fixture()) {
      assertNoThreadSoon(); // that of the test before
      bean.server().addNotificationListener(bean.name(), listener, null, null);
      events.get().accept(STARTED);
      assertNotNull(received.poll(20, TimeUnit.SECONDS));
      assertNoThreadSoon();
    }
  }

  @Test
  void shouldDeliverPendingEventsAndLeaveNoThreadOnClose() throws Exception {
    Fixture bean = fixture();
    CountDownLatch closing = new CountDownLatch(1);
    bean.server()
        .addNotificationListener(
            bean.name(),
            (n, h) -> {
              await(closing);
              received.add(n);
            },
            null,
            null);
    doAnswer(
            call -> {
              events.get().accept(new StateChanged(ProfilerState.RUNNING, ProfilerState.IDLE));
              closing.countDown(); // both events are pending until here
              return null;
            })
        .when(bean.profiler())
        .close();
    events.get().accept(STARTED);
    bean.close();
    assertEquals(2, received.size());
    assertNoThreadSoon();
    events.get().accept(STARTED); // events after close are ignored
    assertNoThreadSoon();
  }

  @Test
  void shouldCloseAlthoughAListenerBlocks() throws Exception {
    Fixture bean = fixture();
    CountDownLatch never = new CountDownLatch(1);
    bean.server().addNotificationListener(bean.name(), (n, h) -> await(never), null, null);
    events.get().accept(STARTED);
    bean.close();
    assertNoThreadSoon();
  }

  private Fixture fixture() throws Exception {
    Profiler profiler = Mocks.idle();
    doAnswer(
            call -> {
              events.set(call.getArgument(0));
              return null;
            })
        .when(profiler)
        .onEvent(any());
    return Mocks.fixture(profiler);
  }

  private static void assertNoThreadSoon() throws InterruptedException {
    for (int i = 0; i < 200 && threadExists(); i++) {
      Thread.sleep(10);
    }
    assertFalse(threadExists());
  }

  private static boolean threadExists() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().startsWith("spprof"));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
