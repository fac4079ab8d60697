package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.jmx.FakeBean;
import io.spprof.jmx.Spprof;
import io.spprof.sampler.FakeSampler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopCommandTest {

  private BeanServer target;
  private Spprof bean;

  @BeforeEach
  void register() throws Exception {
    target = new BeanServer();
    bean = FakeBean.register(target.server(), new FakeSampler());
  }

  @AfterEach
  void close() throws Exception {
    bean.close();
    target.close();
  }

  @Test
  void shouldEndWhenItsOutputIsClosed() {
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    String[][] commands = {{"top", target.url(), "-n", "2"}, {"top", target.url()}};
    for (String[] arguments : commands) {
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      int status = Main.run(arguments, new PrintStream(closed), new PrintStream(err));
      assertEquals(CommandFailure.USAGE, status, err::toString);
      assertTrue(err.toString().contains("the standard output was closed"), err::toString);
    }
  }
}
