package io.spprof.it.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The protocol between a test and a workload. The workload prints READY. Then it answers each line
 * of its standard input with one line that starts with "= ". At the line "quit" or at the end of
 * the input, the JVM exits with status 0.
 */
final class Control {

  private Control() {}

  /**
   * Answers questions; never returns. Every workload also answers "safepoint", as soon as the JVM
   * has reached one.
   */
  static void serve(Map<String, Supplier<String>> answers) throws IOException {
    Map<String, Supplier<String>> all = new HashMap<>(answers);
    all.put("safepoint", Control::safepoint);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("READY");
    String question = in.readLine();
    while (question != null && !question.equals("quit")) {
      Supplier<String> answer = all.get(question);
      System.out.println("= " + (answer == null ? "unknown question" : answer.get()));
      question = in.readLine();
    }
    System.exit(0);
  }

  private static String safepoint() {
    System.gc();
    return "done";
  }

  /** Starts a daemon thread. If it throws, the whole workload fails. */
  static Thread daemon(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler(
        (failed, cause) -> {
          cause.printStackTrace();
          Runtime.getRuntime().halt(70);
        });
    thread.start();
    return thread;
  }

  /** An answer: for each kind, in the order of the names, one of its figures. */
  static String figures(Map<String, long[]> figures, int index) {
    return new TreeMap<>(figures)
        .entrySet().stream()
            .map(figure -> figure.getKey() + "=" + figure.getValue()[index])
            .collect(Collectors.joining(" "));
  }
}
