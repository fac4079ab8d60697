package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.it.load.ManagedLogging;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Checks that the agent does not hang a JVM at its start if the JVM has no other management, which
 * is the usual case, and its log manager registers a bean.
 */
class StartUpIT {

  /** The platform's MBean server and the log manager need each other, under two locks. */
  @RepeatedTest(3)
  void shouldNotHangAnApplicationWhoseLogManagerIsManaged() throws Exception {
    Path directory = TestPaths.newDirectory("managedlogging");
    Programs.Ended ended =
        Programs.run(
            directory,
            List.of(
                TestPaths.jdkProgram("java").toString(),
                "-Djava.util.logging.manager=" + ManagedLogging.Manager.class.getName(),
                "-javaagent:" + TestPaths.agentJar(),
                "-cp",
                TestPaths.classPathEntry(ManagedLogging.class).toString(),
                ManagedLogging.class.getName()));
    assertEquals(0, ended.status(), () -> String.join("\n", ended.err()));
    assertEquals(List.of("done"), ended.out());
  }
}
