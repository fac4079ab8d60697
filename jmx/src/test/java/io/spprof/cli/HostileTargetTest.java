package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.jmx.Spprof;
import io.spprof.text.Printable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.DynamicMBean;
import javax.management.MBeanException;
import javax.management.MBeanInfo;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests commands with a target whose bean answers with hostile values. */
class HostileTargetTest {

  private static final String HOSTILE =
      "a\nspprof: forged\r\u001b]0;title\u0007\u001b[2J\u009b1A\u0000\u2028\u202eb\ud800";

  /** How the bean answers a call. */
  enum Mood {
    ANSWERS_TEXT,
    ANSWERS_AN_OBJECT,
    ANSWERS_NULL,
    THROWS,
    THROWS_SECURITY,
    THROWS_CHECKED
  }

  private record HostileBean(Mood mood) implements DynamicMBean {

    private Object answer() throws MBeanException {
      return switch (mood) {
        case ANSWERS_TEXT -> HOSTILE;
        case ANSWERS_AN_OBJECT -> new java.util.ArrayList<>(List.of(HOSTILE));
        case ANSWERS_NULL -> null;
        case THROWS -> throw new IllegalStateException(HOSTILE);
        case THROWS_SECURITY -> throw new SecurityException(HOSTILE);
        case THROWS_CHECKED -> throw new MBeanException(new IOException(HOSTILE), HOSTILE);
      };
    }

    @Override
    public Object getAttribute(String name) throws MBeanException {
      return answer();
    }

    @Override
    public AttributeList getAttributes(String[] names) {
      AttributeList list = new AttributeList();
      try {
        for (String name : names) {
          list.add(new Attribute(name, answer()));
        }
      } catch (MBeanException e) {
        throw new IllegalStateException(HOSTILE, e);
      }
      return list;
    }

    @Override
    public Object invoke(String name, Object[] arguments, String[] types) throws MBeanException {
      return answer();
    }

    @Override
    public void setAttribute(Attribute attribute) {}

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
      return new AttributeList();
    }

    @Override
    public MBeanInfo getMBeanInfo() {
      return new MBeanInfo(HostileBean.class.getName(), HOSTILE, null, null, null, null);
    }
  }

  @TempDir private Path directory;

  private BeanServer target;

  @BeforeEach
  void listen() throws IOException {
    target = new BeanServer();
  }

  @AfterEach
  void stop() throws IOException {
    target.close();
  }

  @ParameterizedTest
  @EnumSource(Mood.class)
  void shouldNotReachTheTerminal(Mood mood) throws Exception {
    target.server().registerMBean(new HostileBean(mood), new ObjectName(Spprof.OBJECT_NAME));
    String file = directory.resolve("p.html").toString();
    for (List<String> command :
        List.of(
            List.of("start", target.url()),
            List.of("start", target.url(), "interval=1ms"),
            List.of("stop", target.url()),
            List.of("status", target.url()),
            List.of("top", target.url(), "-n", "1"),
            List.of("dump", target.url(), "-o", file),
            List.of("profile", target.url(), "-d", "1s", "-o", file))) {
      CommandRun run = CommandRun.of(command);
      for (String line : (run.out() + run.err()).split("\n")) {
        assertEquals(Printable.clean(line), line, command::toString);
        assertTrue(!line.startsWith("spprof: forged"), line);
      }
      if (run.status() != 0) {
        assertEquals(1, run.err().lines().count(), run::toString);
        assertTrue(run.err().startsWith("spprof: "), run::toString);
        assertTrue(!run.err().contains("Exception"), run::toString);
      }
    }
  }

  @Test
  void shouldCleanTheUsersArgumentsInMessages() {
    for (List<String> command :
        List.of(List.of(HOSTILE), List.of("status", HOSTILE), List.of("status", "--" + HOSTILE))) {
      CommandRun run = CommandRun.of(command);
      assertEquals(CommandFailure.USAGE, run.status());
      assertEquals(1, run.err().lines().count(), run::toString);
      assertEquals(Printable.clean(run.err().strip()), run.err().strip());
    }
  }
}
