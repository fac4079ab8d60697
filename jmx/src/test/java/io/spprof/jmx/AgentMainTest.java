package io.spprof.jmx;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mockConstruction;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.spprof.Profiler;
import io.spprof.ProfilerState;
import io.spprof.config.ProfilerConfig;
import io.spprof.text.Printable;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.MockedConstruction;

/**
 * Tests {@link AgentMain}, the part of the agent that registers the bean and starts a session, and
 * {@link Spprof}, with which a program embeds the profiler. Both register beans in the platform's
 * MBean server; the profiler behind the bean is a mock. The tests call {@code AgentMain} directly,
 * without the bootstrap class that loads it in an agent.
 */
class AgentMainTest {

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final PrintStream realErr = System.err;
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private ObjectName name;
  private MockedConstruction<Profiler> profilers;

  @BeforeEach
  void mockProfilers() throws Exception {
    name = new ObjectName(Spprof.OBJECT_NAME);
    profilers = mockConstruction(Profiler.class);
    System.setErr(new PrintStream(err, true, UTF_8));
  }

  @AfterEach
  void restore() throws Exception {
    System.setErr(realErr);
    profilers.close();
    if (server.isRegistered(name)) {
      server.unregisterMBean(name);
    }
  }

  @Test
  void shouldRegisterAnIdleBean() throws Exception {
    AgentMain.run("interval=2ms", () -> {});
    assertTrue(((String) server.getAttribute(name, "Options")).startsWith("interval=2ms,"));
    verify(profilers.constructed().get(0), never()).start(any());
    assertEquals("", err.toString(UTF_8));
  }

  @Test
  void shouldStartASessionWhenAsked() {
    AgentMain.run("interval=2ms,start=true", () -> {});
    verify(profilers.constructed().get(0)).start(ProfilerConfig.parse("interval=2ms"));
    assertEquals("", err.toString(UTF_8));
  }

  @Test
  void shouldSayOnceThatNoSessionCanStartInThisJvm() {
    profilers.close();
    profilers =
        mockConstruction(
            Profiler.class,
            (mock, context) -> {
              when(mock.state()).thenReturn(ProfilerState.FAILED);
              when(mock.lastError()).thenReturn("this JVM is a teapot");
            });
    AgentMain.run("start=true", () -> {});
    verify(profilers.constructed().get(0), never()).start(any());
    assertEquals(
        "spprof: no session can start here: this JVM is a teapot" + System.lineSeparator(),
        err.toString(UTF_8));
    assertTrue(server.isRegistered(name));
  }

  @Test
  void shouldLetTheApplicationRunWhenNoSessionCanStart() {
    profilers.close();
    profilers =
        mockConstruction(
            Profiler.class,
            (profiler, context) ->
                when(profiler.start(any())).thenThrow(new UnsatisfiedLinkError("musl")));
    AgentMain.run("start=true", () -> {});
    assertTrue(server.isRegistered(name));
    assertEquals(
        "spprof: no session was started: java.lang.UnsatisfiedLinkError: musl",
        err.toString(UTF_8).strip());
  }

  @Test
  void shouldUseTheDefaultsAndSayWhyWhenASettingIsBad() throws Exception {
    AgentMain.run("interval=banana,start=true", () -> {});
    String error = (String) server.getAttribute(name, "LastError");
    assertTrue(error.contains("interval=banana"), error);
    assertEquals("spprof: " + error, err.toString(UTF_8).strip());
    assertEquals(ProfilerConfig.DEFAULT.toOptions(), server.getAttribute(name, "Options"));
    verify(profilers.constructed().get(0), never()).start(any());
  }

  @ParameterizedTest
  @ValueSource(strings = {"dir", "libdir", "interval", "onexit", "start", "x\n"})
  void shouldPrintSettingsThatCannotForgeALine(String key) {
    AgentMain.run(key + "=/no/such/a\nspprof: FORGED \u001b[31mred\u202e", () -> {});
    String line = err.toString(UTF_8).strip();
    assertTrue(line.startsWith("spprof: "), line);
    assertEquals(1, line.lines().count(), line);
    assertEquals(Printable.clean(line), line);
  }

  @Test
  void shouldRefuseToRegisterTwice() {
    AgentMain.run("", () -> {});
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> AgentMain.run("start=true", () -> {}));
    assertTrue(e.getMessage().contains(Spprof.OBJECT_NAME), e.getMessage());
    verify(profilers.constructed().get(1), never()).start(any());
  }

  @Test
  void shouldRegisterAgainABeanThatSomebodyHasUnregistered() throws Exception {
    AgentMain.run("interval=2ms", () -> {});
    AgentMain.registerAgain();
    assertEquals("", err.toString(UTF_8), "nothing to do");
    server.unregisterMBean(name);

    AgentMain.registerAgain();

    assertTrue(((String) server.getAttribute(name, "Options")).startsWith("interval=2ms,"));
    assertEquals(1, profilers.constructed().size(), "the same profiler, so its session goes on");
    verify(profilers.constructed().get(0), never()).close();
    assertTrue(err.toString(UTF_8).startsWith("spprof: the bean was unregistered"), err.toString());
  }

  @Test
  void shouldSayWhenTheNameHasBeenTakenSince() throws Exception {
    AgentMain.run("", () -> {});
    server.unregisterMBean(name);
    try (Spprof other = Spprof.register()) {
      assertEquals(name, other.name());
      assertThrows(IllegalStateException.class, AgentMain::registerAgain);
    }
    AgentMain.registerAgain();
    assertTrue(server.isRegistered(name));
  }

  @Test
  void shouldEmbedAndLeaveNothing() {
    try (Spprof spprof = Spprof.register()) {
      assertTrue(server.isRegistered(name));
      assertEquals(name, spprof.name());
      assertThrows(IllegalStateException.class, Spprof::register);
    }
    assertFalse(server.isRegistered(name));
    verify(profilers.constructed().get(0)).close();
  }

  @Test
  void shouldEmbedUnderAnotherNameWithOtherDefaults() throws Exception {
    ObjectName other = new ObjectName("com.example:type=Profiler");
    ProfilerConfig defaults = ProfilerConfig.parse("interval=2ms");
    try (Spprof spprof = Spprof.register(other, defaults, Path.of("out"))) {
      spprof.bean().start();
      verify(profilers.constructed().get(0)).start(defaults);
      assertTrue(server.isRegistered(other));
      assertFalse(server.isRegistered(name));
    }
    assertFalse(server.isRegistered(other));
  }
}
