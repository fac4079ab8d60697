package io.spprof.it.load;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;

/**
 * Does one of the things that no target may do, so that a test can check that the harness detects
 * it.
 */
public final class Messy {

  private Messy() {}

  /** Argument: what to do. */
  public static void main(String[] args) throws IOException {
    switch (args[0]) {
      case "noise" -> System.err.println("WARNING: something");
      case "file" -> Files.createTempFile("left", ".behind");
      case "status" ->
          Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(3)));
      default -> throw new IllegalArgumentException(args[0]);
    }
    Control.serve(Map.of());
  }
}
