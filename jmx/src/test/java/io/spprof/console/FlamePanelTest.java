package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.awt.Component;
import java.awt.Container;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.MBeanServerConnection;
import javax.management.RuntimeMBeanException;
import javax.swing.AbstractButton;
import javax.swing.JComboBox;
import javax.swing.JLabel;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drives the panel without a window: the test acts on its controls, and a mock is the bean. */
class FlamePanelTest {

  private final MBeanServerConnection server = mock(MBeanServerConnection.class);
  private final BlockingQueue<String> statuses = new LinkedBlockingQueue<>();

  /** What the panel called: the operation and its arguments. */
  private final List<String> calls = new CopyOnWriteArrayList<>();

  /** The folded stacks of the target, for each reading. */
  private final BlockingQueue<String> profiles = new LinkedBlockingQueue<>();

  /** What the panel says about differences. */
  private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();

  /** The panel's clock, in nanoseconds. It stands still unless the test moves it. */
  private final AtomicLong now = new AtomicLong(TimeUnit.HOURS.toNanos(1));

  /** Holds the target's answers back until the test releases them. */
  private final Semaphore answers = new Semaphore(Integer.MAX_VALUE);

  /** How long each reading takes by the panel's clock, in nanoseconds. */
  private volatile long readingNanos;

  @TempDir private Path directory;

  private FlamePanel panel;

  @BeforeEach
  void makeThePanel() throws Exception {
    when(server.invoke(any(), anyString(), any(), any()))
        .thenAnswer(call -> answer(call.getArgument(1), call.getArgument(2)));
    panel =
        onEdt(
            () ->
                new FlamePanel(
                    new RemoteBean(() -> server), (text, isError) -> messages.add(text), now::get));
    named("status")
        .addPropertyChangeListener("text", change -> statuses.add((String) change.getNewValue()));
  }

  /** Answers as a bean with one stream at a time, of one block. */
  private Object answer(String operation, Object[] arguments) throws InterruptedException {
    if (operation.startsWith("open")) {
      calls.add(operation + List.of(arguments));
      answers.acquire();
      now.addAndGet(readingNanos);
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

  private void choose(int range) throws Exception {
    onEdt(
        () -> {
          ((JComboBox<?>) named("range")).setSelectedIndex(range);
          return null;
        });
  }

  /** Lets the target answer one profile of one stack and so many milliseconds of CPU time. */
  private void addProfile(int millis) {
    profiles.add("main;a_[j] " + millis + "000000\n");
    profiles.add(""); // the end of the stream
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
    profiles.add("");
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

  @Test
  void shouldReadTheTimeThatTheUserChooses() throws Exception {
    assertFalse(isEnabled("range"), "no continuous session");
    setContinuous(true);
    for (int range = 1; range <= 3; range++) {
      addProfile(range);
      choose(range);
      awaitStatus(range + " ms of CPU time");
      assertTrue(isEnabled("difference"));
    }
    addProfile(4);
    choose(0);
    awaitStatus("4 ms of CPU time");
    assertFalse(isEnabled("difference"), "nothing is before all");
    assertEquals(
        List.of(
            "openStreamOf[collapsed-kinds-cpu, last=1m]",
            "openStreamOf[collapsed-kinds-cpu, last=10m]",
            "openStreamOf[collapsed-kinds-cpu, last=60m]",
            "openStream[collapsed-kinds-cpu]"),
        calls);
  }

  private void setContinuous(boolean isContinuous) throws Exception {
    onEdt(
        () -> {
          panel.setContinuous(isContinuous);
          return null;
        });
  }

  @Test
  void shouldReadAllWhenTheNextSessionIsNotContinuous() throws Exception {
    setContinuous(true);
    addProfile(1);
    choose(2);
    awaitStatus("1 ms of CPU time");

    addProfile(2);
    setContinuous(false);
    awaitStatus("2 ms of CPU time");

    assertFalse(isEnabled("range"));
    assertFalse(isEnabled("difference"));
    assertEquals("openStream[collapsed-kinds-cpu]", calls.get(1));
  }

  @Test
  void shouldReadOnceMoreWhenTheUserChoosesAnotherTimeMeanwhile() throws Exception {
    setContinuous(true);
    answers.drainPermits();
    choose(1);
    choose(2);
    choose(3);
    addProfile(1);
    addProfile(3);
    answers.release(2);
    awaitStatus("3 ms of CPU time");

    assertEquals(
        List.of(
            "openStreamOf[collapsed-kinds-cpu, last=1m]",
            "openStreamOf[collapsed-kinds-cpu, last=60m]"),
        calls);
  }

  @Test
  void shouldSayWhatIsWrongWithATime() throws Exception {
    setContinuous(true);
    doThrow(new RuntimeMBeanException(new IllegalArgumentException("nothing is kept of that")))
        .when(server)
        .invoke(any(), eq("openStreamOf"), any(), any());
    choose(3);
    awaitStatus("Cannot read the profile: nothing is kept of that");
    assertTrue(isEnabled("refresh"));
  }

  /** JConsole has read the bean. Returns whether the panel now reads the profile. */
  private boolean follow(boolean isRunning) throws Exception {
    return onEdt(
        () -> {
          panel.follow(isRunning);
          return panel.isReading();
        });
  }

  /** Opens the tab. A component without a parent is showing once it has a peer. */
  private void showPanel() throws Exception {
    onEdt(
        () -> {
          panel.addNotify();
          return null;
        });
    assertTrue(panel.isShowing());
  }

  @Test
  void shouldFollowTheSessionOnlyWhileItRunsAndTheTabIsOpen() throws Exception {
    click("follow");
    assertFalse(follow(true), "the tab is not open");
    showPanel();
    assertFalse(follow(false), "the session does not run");

    addProfile(1);
    assertTrue(follow(true));
    awaitStatus("1 ms of CPU time");
    click("follow");
    now.addAndGet(TimeUnit.HOURS.toNanos(1));
    assertFalse(follow(true), "the user does not want it");
  }

  @Test
  void shouldFollowALargeProfileMoreRarely() throws Exception {
    showPanel();
    click("follow");
    addProfile(1);
    readingNanos = TimeUnit.SECONDS.toNanos(2);
    assertTrue(follow(true));
    awaitStatus("1 ms of CPU time");

    readingNanos = 0;
    now.addAndGet(TimeUnit.SECONDS.toNanos(17)); // Nine times of two seconds are 18.
    assertFalse(follow(true));
    addProfile(2);
    now.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertTrue(follow(true));
    awaitStatus("2 ms of CPU time");

    now.addAndGet(TimeUnit.SECONDS.toNanos(3)); // JConsole reads every 4 s.
    assertFalse(follow(true));
    addProfile(3);
    now.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertTrue(follow(true));
    awaitStatus("3 ms of CPU time");
  }

  @Test
  void shouldLeaveTheControlsAsTheyAreWhileItFollows() throws Exception {
    showPanel();
    addProfile(1);
    click("refresh");
    awaitStatus("1 ms of CPU time");
    now.addAndGet(TimeUnit.HOURS.toNanos(1));
    click("follow");
    answers.drainPermits();
    follow(true);
    follow(true); // While the panel reads, it does not read again.
    assertTrue(isEnabled("refresh"), "a control that is disabled loses the focus");
    assertTrue(isEnabled("byThread"));
    assertTrue(((JLabel) named("status")).getText().startsWith("1 ms of CPU time"));
    addProfile(2);
    answers.release();
    awaitStatus("2 ms of CPU time");
    assertEquals(2, calls.size());
  }

  /** Lets the target answer a profile of one thread, and then the numbers of its samples. */
  private void addCountedProfile(String stacks, String counts) {
    profiles.addAll(List.of(stacks, "", counts, ""));
  }

  /** Chooses the last ten minutes and their difference to the ten minutes before. */
  private void compare() throws Exception {
    setContinuous(true);
    addProfile(1);
    choose(2);
    awaitStatus("1 ms of CPU time");
    addCountedProfile("w-1;a_[j] 60000000\nw-2;b_[j] 40000000\n", "w-1;a 600\nw-2;b 400\n");
    addCountedProfile("w-1;a_[j] 60000000\nw-2;b_[j] 140000000\n", "w-1;a 600\nw-2;b 1400\n");
    calls.clear();
    click("compare");
    awaitStatus("200 ms of CPU time, and 100 ms before, read at ");
  }

  private boolean isVisible(String name) throws Exception {
    return onEdt(() -> named(name).isVisible());
  }

  /** Returns the changes of self time and their chance, of the frames named by the argument. */
  private String changes(String... path) throws Exception {
    return onEdt(
        () -> {
          FlameTree tree = ((FlameView) named("view")).tree();
          ShareChange change = tree.selfChange(tree.find(List.of(path)));
          return String.format(Locale.ROOT, "%s, %.2f", change.text(), change.chance());
        });
  }

  @Test
  void shouldShowTheDifferenceToTheTimeBefore() throws Exception {
    assertFalse(isEnabled("compare"), "no continuous session");
    assertFalse(isVisible("legend"));
    compare();

    assertEquals(
        List.of(
            "openStreamOf[collapsed-kinds-cpu, from=-20m,to=-10m]",
            "openStreamOf[collapsed, from=-20m,to=-10m]",
            "openStreamOf[collapsed-kinds-cpu, last=10m]",
            "openStreamOf[collapsed, last=10m]"),
        calls);
    assertTrue(isVisible("legend"));
    assertEquals("w-* (2 threads)", towers());
    // 60 % of 1,000 samples, then 30 % of 2,000: 2 x sqrt(0.4 x 0.6 x (1 / 1,000 + 1 / 2,000))
    assertEquals("\u221230.00 points, 3.79", changes("w-*", "a"));
    assertEquals("+30.00 points, 3.79", changes("w-*", "b"));

    click("pools");
    assertEquals("w-2, w-1", towers());
    assertEquals("+30.00 points, 3.79", changes("w-2", "b"));
    click("byThread");
    assertEquals("b, a", towers());
    assertEquals("+30.00 points, 3.79", changes("b"));
    assertTrue(isVisible("legend"));
    assertEquals(4, calls.size(), "the boxes need no reading");
    onEdt(
        () -> {
          ((JTextField) named("query")).setText("b");
          return null;
        });
    assertEquals("70.00 % matched", ((JLabel) named("matched")).getText());
  }

  @Test
  void shouldShowTheProfileAgainWithoutTheDifference() throws Exception {
    compare();
    addProfile(3);
    click("compare");
    awaitStatus("3 ms of CPU time, read at");
    assertFalse(isVisible("legend"));
    assertEquals("openStreamOf[collapsed-kinds-cpu, last=10m]", calls.get(4));

    profiles.addAll(List.of("w;a 1000000\n", "", "w;a 1\n", ""));
    profiles.addAll(List.of("w;a 2000000\n", "", "w;a 1\n", ""));
    click("compare");
    awaitStatus("2 ms of CPU time, and 1 ms before");
    addProfile(4);
    choose(0);
    awaitStatus("4 ms of CPU time, read at");
    assertFalse(isEnabled("compare"), "nothing is before all");
    assertFalse(isVisible("legend"));
    assertEquals("openStream[collapsed-kinds-cpu]", calls.get(9));
  }

  @Test
  void shouldReadOnceMoreWhenTheUserWantsTheDifferenceMeanwhile() throws Exception {
    setContinuous(true);
    answers.drainPermits();
    choose(1);
    click("compare");
    addProfile(1);
    addCountedProfile("w;a 1000000\n", "w;a 1\n");
    addCountedProfile("w;a 2000000\n", "w;a 1\n");
    answers.release(5);
    awaitStatus("2 ms of CPU time, and 1 ms before");
    assertEquals(5, calls.size());
  }

  @Test
  void shouldSayWhyItCannotCompare() throws Exception {
    setContinuous(true);
    addProfile(1);
    choose(1);
    awaitStatus("1 ms of CPU time");
    doThrow(new RuntimeMBeanException(new IllegalArgumentException("nothing is kept of that")))
        .when(server)
        .invoke(any(), eq("openStreamOf"), any(), any());
    click("compare");
    awaitStatus("Cannot compare: nothing is kept of that");
    assertFalse(isVisible("legend"), "the graph is still the profile");
    assertTrue(isEnabled("refresh"));
  }

  @Test
  void shouldSayWhichCountIsWrong() throws Exception {
    setContinuous(true);
    addProfile(1);
    choose(1);
    awaitStatus("1 ms of CPU time");
    addCountedProfile("w;a 1000000\n", "w;a many\n");
    click("compare");
    awaitStatus("Cannot compare: not a folded stack: w;a many");
  }

  @Test
  void shouldSaveTheDifferenceAsAPage() throws Exception {
    setContinuous(true);
    addProfile(1);
    choose(2);
    awaitStatus("1 ms of CPU time");
    profiles.add("the ");
    profiles.add("page");
    Path file = directory.resolve("difference.html");
    onEdt(
        () -> {
          ((DifferenceButton) named("difference")).save(file, false);
          return null;
        });

    assertEquals("Making the difference ...", messages.poll(30, TimeUnit.SECONDS));
    assertEquals("The difference is in " + file + ".", messages.poll(30, TimeUnit.SECONDS));
    assertEquals("the page", Files.readString(file));
    assertEquals("openDifferenceStream[html, from=-20m,to=-10m, last=10m]", calls.get(1));
  }
}
