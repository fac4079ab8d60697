package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.awt.Component;
import java.awt.Container;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServerConnection;
import javax.swing.AbstractButton;
import javax.swing.SwingUtilities;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Drives the panel without a window: the test acts on its controls, and a mock is the bean. */
class FlamePanelTest {

  private final MBeanServerConnection server = mock(MBeanServerConnection.class);
  private final BlockingQueue<String> statuses = new LinkedBlockingQueue<>();

  /** What the panel called: the operation and its arguments. */
  private final List<String> calls = new CopyOnWriteArrayList<>();

  /** The folded stacks of the target, for each reading. */
  private final BlockingQueue<String> profiles = new LinkedBlockingQueue<>();

  private FlamePanel panel;

  @BeforeEach
  void makeThePanel() throws Exception {
    when(server.invoke(any(), anyString(), any(), any()))
        .thenAnswer(call -> answer(call.getArgument(1), call.getArgument(2)));
    panel = onEdt(() -> new FlamePanel(new RemoteBean(() -> server), (text, isError) -> {}));
    named("status")
        .addPropertyChangeListener("text", change -> statuses.add((String) change.getNewValue()));
  }

  /** Answers as a bean with one stream at a time, of one block. */
  private Object answer(String operation, Object[] arguments) {
    if (operation.startsWith("open")) {
      calls.add(operation + List.of(arguments));
      return 1L;
    }
    if (operation.equals("readStream")) {
      String block = profiles.poll();
      return block == null || block.isEmpty() ? null : block.getBytes(StandardCharsets.UTF_8);
    }
    return null;
  }

  private static <T> T onEdt(Callable<T> call) throws Exception {
    FutureTask<T> task = new FutureTask<>(call);
    SwingUtilities.invokeAndWait(task);
    return task.get();
  }

  private void awaitStatus(String beginning) throws Exception {
    String status = "";
    while (!status.startsWith(beginning)) {
      status = statuses.poll(30, TimeUnit.SECONDS);
      assertTrue(status != null, "no status " + beginning);
    }
    onEdt(() -> null); // The panel also sets its controls.
  }

  private Component named(String name) {
    return named(panel, "spprof.flame." + name);
  }

  private static Component named(Container container, String name) {
    for (Component part : container.getComponents()) {
      Component found =
          name.equals(part.getName()) || !(part instanceof Container)
              ? part
              : named((Container) part, name);
      if (found != null && name.equals(found.getName())) {
        return found;
      }
    }
    return null;
  }

  private void click(String name) throws Exception {
    onEdt(
        () -> {
          ((AbstractButton) named(name)).doClick(0);
          return null;
        });
  }

  private boolean isEnabled(String name) throws Exception {
    return onEdt(() -> named(name).isEnabled());
  }

  /** Returns the frames in the second row. */
  private String towers() throws Exception {
    return onEdt(
        () -> {
          FlameTree tree = ((FlameView) named("view")).tree();
          StringBuilder names = new StringBuilder();
          for (int node = 1; node < tree.size(); node = tree.end(node)) {
            names.append(names.length() == 0 ? "" : ", ").append(tree.name(node));
          }
          return names.toString();
        });
  }

  @Test
  void shouldGroupTheThreadsOfAPoolUnlessTheUserWantsEach() throws Exception {
    profiles.add("w-1;a_[j] 3000000\nw-2;a_[j] 2000000\n");
    assertFalse(isEnabled("pools"), "no graph yet");
    click("refresh");
    awaitStatus("5 ms of CPU time");
    assertEquals("w-* (2 threads)", towers());

    click("pools");
    assertEquals("w-1, w-2", towers());
    click("byThread");
    assertEquals("a", towers());
    assertFalse(isEnabled("pools"), "no threads");
    click("byThread");
    assertEquals("w-1, w-2", towers());
    click("pools");
    assertEquals("w-* (2 threads)", towers());
    assertEquals(List.of("openStream[collapsed-kinds-cpu]"), calls, "one reading");
  }
}
