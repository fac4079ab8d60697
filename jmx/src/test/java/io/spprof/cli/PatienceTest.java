package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class PatienceTest {

  private final CountDownLatch never = new CountDownLatch(1);

  @AfterEach
  void thaw() {
    never.countDown();
  }

  private static Patience patience(String timeout) {
    Patience patience = new Patience();
    CommandLine.populateCommand(patience, "--timeout", timeout);
    return patience;
  }

  private Object frozen() throws InterruptedException {
    never.await();
    return null;
  }

  @Test
  void shouldGiveUpACallThatDoesNotReturn() {
    CommandFailure failure =
        assertThrows(CommandFailure.class, () -> patience("1s").call("it", this::frozen));
    assertEquals(CommandFailure.UNREACHABLE, failure.status());
    assertTrue(failure.getMessage().startsWith("it did not answer within 1 s; "));
    assertTrue(failure.getMessage().contains("--timeout"));
  }

  @Test
  void shouldGiveUpAtOnceWhenThereIsAReason() {
    CommandFailure failure =
        assertThrows(
            CommandFailure.class, () -> patience("23h").call("it", this::frozen, () -> "it ended"));
    assertEquals(CommandFailure.UNREACHABLE, failure.status());
    assertEquals("it ended", failure.getMessage());
  }

  @Test
  void shouldHandOnWhatTheCallThrows() throws Exception {
    Patience patience = patience("1h");
    assertEquals("answer", patience.call("it", () -> "answer"));
    assertThrows(IOException.class, () -> patience.call("it", this::io));
    assertThrows(InstanceNotFoundException.class, () -> patience.call("it", this::jmx));
    assertThrows(SecurityException.class, () -> patience.call("it", this::security));
  }

  private Object io() throws IOException {
    throw new IOException("no");
  }

  private Object jmx() throws InstanceNotFoundException {
    throw new InstanceNotFoundException();
  }

  private Object security() {
    throw new SecurityException();
  }

  @Test
  void shouldRefuseABadTime() {
    CommandFailure failure = assertThrows(CommandFailure.class, () -> patience("0s").check());
    assertEquals(CommandFailure.USAGE, failure.status());
    assertTrue(failure.getMessage().contains("--timeout '0s'"), failure.getMessage());
  }

  /** A connection to a frozen target is useless: closing it would wait for as long again. */
  @Test
  void shouldNotCallATargetAgainAfterACallWithoutAnAnswer() throws Exception {
    MBeanServerConnection server = mock(MBeanServerConnection.class);
    JMXConnector connector = mock(JMXConnector.class);
    when(connector.getMBeanServerConnection()).thenReturn(server);
    AtomicReference<Thread> calling = new AtomicReference<>();
    when(server.getAttribute(any(), any()))
        .thenAnswer(
            call -> {
              calling.set(Thread.currentThread());
              return frozen();
            });
    Target target = new Target();
    CommandLine.populateCommand(target, "1.2.3.4:5", "--timeout", "1s");
    try (Bean bean = new Bean(connector, target)) {
      CommandFailure failure = assertThrows(CommandFailure.class, () -> bean.text("State"));
      assertTrue(failure.getMessage().startsWith("1.2.3.4:5 did not answer"));
      assertThrows(CommandFailure.class, () -> bean.call("stop"));
    }
    verify(server, never()).invoke(any(), any(), any(), any());
    verify(connector, never()).close();
    assertTrue(calling.get().isDaemon());
  }
}
