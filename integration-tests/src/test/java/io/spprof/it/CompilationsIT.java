package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Javac;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Checks that the stacks of compiler threads show the method that is being compiled, while the JVM
 * compiles javac.
 */
class CompilationsIT {

  /** Not all of their CPU time: they also wait for work, and free what a compilation has used. */
  private static final double LEAST_PERCENT = 80;

  private static final Pattern COMPILATION =
      Pattern.compile("\\[C[12]( OSR)?\\] [\\w$./-]+\\.[\\w$<>]+");

  @Test
  void shouldShowWhatCompilerThreadsCompile() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Javac.class)
                .flags("-XX:CICompilerCount=2") // one thread for each compiler has all of its work
                .agentOptions("start=true,interval=1ms") // before most is compiled
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      Await.until(
          "both compilers use CPU time",
          () ->
              Proc.cpuNanos(target.pid(), "C1 CompilerThre") > 500_000_000L
                  && Proc.cpuNanos(target.pid(), "C2 CompilerThre") > 2_000_000_000L);
      bean.stop();
      Collapsed profile = bean.cpuNanos();
      for (String compiler : List.of("C1", "C2")) {
        long all = profile.count(stack -> isOf(stack, compiler));
        long known = profile.count(stack -> isOf(stack, compiler) && shows(stack, compiler));
        double percent = 100.0 * known / all;
        Measured.print("%s: %.1f %% of its CPU time under a method", compiler, percent);
        assertTrue(percent > LEAST_PERCENT, () -> compiler + ": " + percent + " %");
      }
      assertTrue(profile.with("] com.sun.tools.javac.") > 0, "no method of javac");
      // Other threads compile nothing.
      for (Collapsed.Stack stack : profile.stacks()) {
        boolean shows = stack.has(frame -> COMPILATION.matcher(frame).matches());
        assertTrue(
            !shows || isOf(stack, "C1") || isOf(stack, "C2"), () -> stack.frames().toString());
      }
    }
  }

  private static boolean isOf(Collapsed.Stack stack, String compiler) {
    return stack.frames().get(0).startsWith(compiler + " CompilerThre");
  }

  /** Whether the root, behind the thread and [native thread], is a compilation of this compiler. */
  private static boolean shows(Collapsed.Stack stack, String compiler) {
    return stack.frames().size() > 2
        && stack.frames().get(1).equals("[native thread]")
        && stack.frames().get(2).startsWith("[" + compiler)
        && COMPILATION.matcher(stack.frames().get(2)).matches();
  }
}
