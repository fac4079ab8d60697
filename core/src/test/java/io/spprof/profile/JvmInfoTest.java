package io.spprof.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JvmInfoTest {

  @TempDir private Path directory;

  private static String program(String command, String classPath) {
    return JvmInfo.program(
        property ->
            switch (property) {
              case "sun.java.command" -> command;
              case "java.class.path" -> classPath;
              default -> throw new AssertionError("reads " + property);
            });
  }

  @Test
  void shouldNameTheMainClassWithoutArguments() {
    assertEquals("a.b.Main", program("a.b.Main --password secret", "/app/classes"));
    assertEquals("a.b.Main", program("a.b.Main", ""));
    assertEquals("a.mod/a.b.Main", program("a.mod/a.b.Main secret", null));
  }

  @Test
  void shouldNameTheJarWithoutItsFolderAndArguments() {
    assertEquals("app.jar", program("/opt/my app/app.jar secret", "/opt/my app/app.jar"));
    assertEquals("my app.jar", program("my app.jar", "my app.jar"));
  }

  /** The JVM appends the jar of {@code -javaagent} to the class path. */
  @Test
  void shouldNameTheJarWhereAnAgentIsOnTheClassPath() {
    String agent = File.pathSeparator + "/opt/agent.jar";
    assertEquals("app.jar", program("/opt/app.jar", "/opt/app.jar" + agent));
    assertEquals("app.jar", program("/opt/my app/app.jar secret", "/opt/my app/app.jar" + agent));
    assertEquals("a.b.Main", program("a.b.Main secret", "/app/classes" + agent));
    assertEquals("a.b.Main", program("a.b.Main secret", agent));
  }

  /** For instance, the heap is full. */
  @Test
  void shouldReadAgainAfterAFailure() {
    JvmInfo.known = null;
    JvmInfo failed =
        JvmInfo.current(
            () -> {
              throw new OutOfMemoryError("for the test");
            });
    assertSame(JvmInfo.NONE, failed);
    assertEquals(ProcessHandle.current().pid(), JvmInfo.current().pid());
  }

  @Test
  void shouldLeaveOutAFactThatMayNotBeRead() {
    String refused =
        JvmInfo.orUnknown(
            () -> {
              throw new SecurityException("for the test");
            },
            "unknown");
    assertEquals("unknown", refused);
    assertEquals("known", JvmInfo.orUnknown(() -> "known", "unknown"));
  }

  @Test
  void shouldLeaveOutAProgramThatIsNotKnown() {
    assertEquals("", program(null, null));
    assertEquals("pid 7", new JvmInfo("", 7, "", "", "", 0).describe());
    assertEquals("", JvmInfo.NONE.describe());
  }

  @Test
  void shouldReadTheHostFromTheSystemOrTheEnvironment() throws IOException {
    Path file = Files.writeString(directory.resolve("hostname"), "web-1\n");
    UnaryOperator<String> unread =
        name -> {
          throw new AssertionError("reads " + name);
        };
    assertEquals("web-1", JvmInfo.host(file, unread));
    Path missing = directory.resolve("missing");
    assertEquals("other", JvmInfo.host(missing, Map.of("HOSTNAME", "other")::get));
    assertEquals("", JvmInfo.host(missing, name -> null));
  }

  @Test
  void shouldDescribeThisJvmInOneLine() {
    JvmInfo jvm = JvmInfo.current();
    assertSame(jvm, JvmInfo.current());
    assertEquals(ProcessHandle.current().pid(), jvm.pid());
    assertEquals(Runtime.version().toString(), jvm.javaVersion());
    assertTrue(jvm.startTimeMillis() > 0 && jvm.startTimeMillis() <= System.currentTimeMillis());
    assertEquals("a b, Java \ufffd1", new JvmInfo("a\nb", 0, "", "\u202e1", "", 0).describe());
  }
}
