package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is in the agent's jar. */
@Tag("system")
class AgentJarIT {

  /** The build leaves out a part of a library. No class in the jar may need it. */
  @Test
  void shouldLackNoClassThatItsClassesName() throws Exception {
    Path directory = TestPaths.newDirectory("agent-jar");
    run(directory, "jar", "--extract", "--file=" + TestPaths.agentJar(), "isolated");
    Path isolated = directory.resolve("isolated");
    assertTrue(Files.exists(isolated.resolve("io/spprof/jmx/SpprofBean.class")));
    assertEquals(List.of(), run(directory, "jdeps", "--missing-deps", isolated.toString()));
  }

  private static List<String> run(Path directory, String program, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(TestPaths.jdkProgram(program).toString());
    command.addAll(List.of(arguments));
    Programs.Ended ended = Programs.run(directory, command);
    assertEquals(0, ended.status(), ended::toString);
    return ended.out();
  }
}
