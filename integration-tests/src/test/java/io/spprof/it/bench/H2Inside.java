package io.spprof.it.bench;

import io.spprof.it.load.H2Oltp;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Runs the H2 load of the integration tests in this JVM, and sends it the questions that the tests
 * send to it.
 */
final class H2Inside {

  private final PrintStream questions;
  private final BufferedReader answers;

  /** Starts the load, which takes over standard input and output. */
  H2Inside(int workers) throws IOException {
    PipedOutputStream toLoad = new PipedOutputStream();
    System.setIn(new PipedInputStream(toLoad));
    PipedInputStream fromLoad = new PipedInputStream();
    OutputStream loadOut = new PipedOutputStream(fromLoad);
    System.setOut(new PrintStream(loadOut, true, StandardCharsets.UTF_8));
    questions = new PrintStream(toLoad, true, StandardCharsets.UTF_8);
    answers = new BufferedReader(new InputStreamReader(fromLoad, StandardCharsets.UTF_8));
    Thread main =
        new Thread(
            () -> {
              try {
                H2Oltp.main(new String[] {Integer.toString(workers)});
              } catch (Exception e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(70);
              }
            },
            "h2-main");
    main.setDaemon(true);
    main.start();
    String line = answers.readLine();
    if (!"READY".equals(line)) {
      throw new IOException("the load said " + line);
    }
  }

  /** The transactions committed so far. */
  long transactions() throws IOException {
    questions.println("transactions");
    return Long.parseLong(answers.readLine().substring("= ".length()));
  }
}
