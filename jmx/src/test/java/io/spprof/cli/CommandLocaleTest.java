package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.jmx.FakeBean;
import io.spprof.jmx.Spprof;
import io.spprof.sampler.FakeSampler;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks that commands print the same in every locale of the user, because scripts read the output.
 */
class CommandLocaleTest {

  @TempDir private Path directory;

  private final Locale before = Locale.getDefault();

  @BeforeEach
  void ofTheUser() {
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    assertEquals("\u0661\u066b\u0665", String.format("%.1f", 1.5), "digits and comma");
  }

  @AfterEach
  void setBack() {
    Locale.setDefault(before);
  }

  @Test
  void shouldPrintNumbersForPrograms() throws Exception {
    FakeSampler sampler = new FakeSampler();
    try (BeanServer target = new BeanServer()) {
      Spprof bean = FakeBean.register(target.server(), sampler);
      String file = directory.resolve("p.html").toString();
      String profile = printed("profile", target.url(), "-d", "1s", "-o", file);
      assertTrue(
          profile.matches(
              "(?s)session 1: 0 samples, 0 dropped, measured overhead [0-9]+\\.[0-9]{2} % of one CPU\\n.*: [0-9,]+"
                  + " bytes\\n"),
          profile);
      String status = printed("status", target.url());
      assertTrue(
          status.matches(
              "(?s).*\nSessionsStarted +1\n.*\nSession\\.measuredOverheadPercent [0-9.]+\n.*"),
          status);
      assertTrue(printed("top", target.url(), "-n", "1").contains("0 samples/s, 0 dropped/s"));
      assertTrue(printed("start", target.url(), "interval=1ms").contains("session 2 runs"));
      assertTrue(printed("stop", target.url()).contains("measured overhead 0.00 %"));
      bean.close();
    }
  }

  private static String printed(String... command) {
    CommandRun run = CommandRun.of(List.of(command));
    assertEquals(0, run.status(), run::toString);
    assertTrue(run.out().chars().noneMatch(c -> Character.isDigit(c) && c > '9'), run::toString);
    return run.out();
  }
}
