package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.jmx.FakeBean;
import io.spprof.jmx.Spprof;
import io.spprof.sampler.FakeSampler;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptPartTest {

  @TempDir private Path directory;

  private static CommandRun done(String... arguments) {
    CommandRun run = CommandRun.of(List.of(arguments));
    assertEquals(0, run.status(), run::toString);
    return run;
  }

  private static void assertMatches(String pattern, String text) {
    assertTrue(text.matches(pattern), text);
  }

  private CommandRun dump(BeanServer target, String range) {
    String file = directory.resolve("p.collapsed").toString();
    return done("dump", target.url(), "-o", file, "--overwrite", "--range", range);
  }

  @Test
  void shouldSayThatTheSessionLacksTheBeginningOfARange() throws Exception {
    try (BeanServer target = new BeanServer();
        Spprof bean = FakeBean.register(target.server(), new FakeSampler())) {
      done("start", target.url(), "mode=continuous");
      Instant begin = Instant.ofEpochMilli(bean.bean().getKept().fromMillis());
      String lacks = " begins before what the session has, which begins at (\\S+)\n";
      // The clocks are compared at each reading, so the last digits of the time can change.
      String told = dump(target, "last=10m").out().strip().replaceFirst("(?s).* ", "");
      assertTrue(Duration.between(begin, Instant.parse(told)).abs().toMillis() < 1000, told);
      assertMatches(".*bytes\n'last=10m'" + lacks, dump(target, "last=10m").out());
      assertMatches(".*bytes\n'from=-2h'" + lacks, dump(target, "from=-2h").out());
      Instant inside = begin.plusMillis(100);
      while (Instant.now().isBefore(inside.plusMillis(100))) {
        Thread.sleep(10);
      }
      assertMatches(".*bytes\n", dump(target, "from=" + inside).out());
      assertMatches(".*bytes\n", dump(target, "to=" + begin.plusSeconds(60)).out());

      CommandRun diff =
          done("diff", target.url(), "last=20m", "last=10m", "-o", "-", "--format", "collapsed");
      assertEquals("", diff.out());
      assertMatches(".*bytes\n'last=20m'" + lacks + "'last=10m'" + lacks, diff.err());

      done("stop", target.url());
      assertMatches(".*bytes\n'last=10m'" + lacks, dump(target, "last=10m").out());
    }
  }
}
