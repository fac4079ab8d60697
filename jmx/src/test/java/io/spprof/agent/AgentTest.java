package io.spprof.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.text.Printable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.security.cert.Certificate;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the agent's bootstrap class, {@link Agent}, which is loaded from a jar as the JVM loads an
 * agent. A class that records its calls takes the place of {@code AgentMain}, the main part of the
 * agent.
 */
@Timeout(60)
class AgentTest {

  /** The system property in which the stand-in records its calls, one after the other. */
  private static final String CALLS = "spprof.test.calls";

  /**
   * The system property to which the stand-in adds a mark each time it is asked to register again.
   */
  private static final String AGAIN = "spprof.test.again";

  private static final String STAND_IN =
      "package io.spprof.jmx; public class AgentMain {"
          + " public static void run(String args, Runnable beforeSession) throws Exception {"
          + "  Thread.sleep(%d);"
          + "  System.setProperty(\"spprof.test.calls\","
          + "    System.getProperty(\"spprof.test.calls\", \"\") + '<' + args + '>');"
          + "  %s }"
          + " public static void registerAgain() {"
          + "  System.setProperty(\"spprof.test.again\","
          + "    System.getProperty(\"spprof.test.again\", \"\") + '!'); } }";

  @TempDir Path dir;
  private final PrintStream realErr = System.err;
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private URLClassLoader application;

  @BeforeEach
  void captureStderr() {
    System.clearProperty(CALLS);
    System.clearProperty(AGAIN);
    System.setErr(new PrintStream(err, true, UTF_8));
  }

  @AfterEach
  void restore() throws Exception {
    System.setErr(realErr);
    System.clearProperty(CALLS);
    System.clearProperty(AGAIN);
    if (application != null) {
      application.close();
    }
  }

  @Test
  void shouldRegisterOnAttachBeforeItReturns() throws Exception {
    Class<?> agent = agent(100, "");
    agentmain(agent, "interval=1ms");
    assertEquals("<interval=1ms>", calls());
    assertEquals("", stderr());
  }

  @Test
  void shouldRegisterBeforeMain() throws Exception {
    premain(agent(100, ""), "interval=1ms,start=true");
    assertEquals("<interval=1ms,start=true>", calls());
    assertEquals("", stderr());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "interval=1ms"})
  void shouldDoNothingSilentlyOnASecondLoad(String args) throws Exception {
    Class<?> agent = agent(0, "");
    agentmain(agent, args);
    agentmain(agent, args);
    premain(agent, args);
    agentmain(agent, null);
    assertEquals("<" + args + ">", calls());
    assertEquals("", stderr());
    assertEquals("!!!", System.getProperty(AGAIN), "the bean can have been unregistered");
  }

  @Test
  void shouldSayThatOtherSettingsAreIgnoredOnASecondLoad() throws Exception {
    Class<?> agent = agent(0, "");
    agentmain(agent, "interval=1ms");
    agentmain(agent, "interval=2ms");
    assertEquals("<interval=1ms>", calls());
    assertOneLine("'interval=2ms' is ignored");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "throw new IllegalStateException(\"the reason\");",
        "throw new java.io.IOException(new Exception(\"the reason\"));",
        "throw new LinkageError(\"the reason\");",
        "throw new StackOverflowError(\"the reason\");"
      })
  void shouldNeverStopTheApplication(String failure) throws Exception {
    agentmain(agent(0, failure), null);
    assertOneLine("the reason");
  }

  @Test
  void shouldTryAgainAfterAFailure() throws Exception {
    Class<?> agent =
        agent(
            0,
            "if (System.getProperty(\"spprof.test.calls\").length() < 3)"
                + " throw new IllegalStateException(\"taken\");");
    agentmain(agent, null);
    agentmain(agent, null);
    agentmain(agent, null);
    assertEquals("<><>", calls());
    assertOneLine("taken");
  }

  @Test
  void shouldPrintSettingsThatCannotForgeALine() throws Exception {
    Class<?> agent = agent(0, "");
    agentmain(agent, null);
    agentmain(agent, "x=a\nspprof: FORGED \u001b[31mred\u202e");
    assertOneLine("'x=a spprof: FORGED  [31mred\ufffd' is ignored");
  }

  @Test
  void shouldPrintFailuresThatCannotForgeALine() throws Exception {
    agentmain(agent(0, "throw new IllegalStateException(\"a\\nspprof: b\\u001b[2J\");"), null);
    assertOneLine("a spprof: b [2J");
  }

  @Test
  void shouldHaveTheRulesOfAllOtherOutputs() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      String text = "a" + Character.toString(c) + "b";
      assertEquals(Printable.clean(text), OneLine.of(text));
    }
  }

  @Test
  void shouldSayInShortThatLongSettingsAreIgnored() throws Exception {
    Class<?> agent = agent(0, "");
    agentmain(agent, null);
    agentmain(agent, "x=y,".repeat(1 << 20));
    assertOneLine("...' is ignored");
    assertTrue(stderr().length() < 300, stderr());
  }

  @Test
  void shouldSayWhenItsJarIsBroken() throws Exception {
    agentmain(agentFrom(Map.of()), null);
    assertOneLine("AgentMain");
  }

  @Test
  void shouldSayWhenItIsNotLoadedFromAJar() {
    Agent.agentmain(null); // From target/classes.
    assertOneLine("spprof: not loaded");
  }

  /**
   * The class loaders of containers give the source of a class in ways of their own, or not at all.
   */
  @ParameterizedTest
  @ValueSource(strings = {"jar:%s!/", "%s"})
  void shouldFindItsJarWhateverTheClassLoaderSays(String form) throws Exception {
    agent(0, "");
    URL jar = application.getURLs()[0];
    CodeSource source = new CodeSource(new URL(form.formatted(jar)), (Certificate[]) null);
    Class<?> agent = new Container(jar, source).loadClass(Agent.class.getName());
    agentmain(agent, "interval=1ms");
    assertEquals("", stderr());
    assertEquals("<interval=1ms>", calls());
  }

  @Test
  void shouldSayWhereItsClassesAreFromWhereThatIsNoJar() throws Exception {
    agent(0, "");
    CodeSource source = new CodeSource(new URL("http://host/x.jar"), (Certificate[]) null);
    agentmain(new Container(application.getURLs()[0], source).loadClass(Agent.class.getName()), "");
    assertOneLine("http://host/x.jar; load spprof-agent.jar itself");
  }

  /** Defines the classes of a jar with a code source of its own. */
  private static final class Container extends ClassLoader {
    private final URLClassLoader files;
    private final ProtectionDomain domain;

    Container(URL jar, CodeSource source) {
      super(ClassLoader.getPlatformClassLoader());
      files = new URLClassLoader(new URL[] {jar}, null);
      domain = new ProtectionDomain(source, null);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      try (InputStream in = files.getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length, domain);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  private Class<?> agent(int sleepMillis, String end) throws Exception {
    return agentFrom(
        TestJars.compile(dir, "io.spprof.jmx.AgentMain", STAND_IN.formatted(sleepMillis, end)));
  }

  private Class<?> agentFrom(Map<String, byte[]> isolated) throws Exception {
    Map<String, byte[]> bootstrap = new HashMap<>();
    Path classes = Path.of(Agent.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    TestJars.files(classes)
        .forEach(
            (name, bytes) -> {
              if (name.startsWith("io/spprof/agent/")) {
                bootstrap.put(name, bytes);
              }
            });
    Path jar = TestJars.jar(dir.resolve("agent.jar"), bootstrap, isolated);
    application =
        new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader());
    return application.loadClass(Agent.class.getName());
  }

  private static void premain(Class<?> agent, String args) throws Exception {
    agent.getMethod("premain", String.class).invoke(null, args);
  }

  private static void agentmain(Class<?> agent, String args) throws Exception {
    agent.getMethod("agentmain", String.class).invoke(null, args);
  }

  private static String calls() {
    return System.getProperty(CALLS, "");
  }

  private String stderr() {
    return err.toString(UTF_8);
  }

  private void assertOneLine(String part) {
    assertTrue(stderr().startsWith("spprof: "), stderr());
    assertTrue(stderr().contains(part), stderr());
    assertEquals(1, stderr().lines().count(), stderr());
  }

  private static boolean threadExists() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().startsWith("spprof"));
  }
}
