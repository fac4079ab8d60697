package io.spprof.it.load;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/**
 * A load in libraries that a test has made. The thread "tree" calls native methods of the libraries
 * that are given first, for ever. The thread "storm" loads and unloads the libraries of two files
 * again and again at one path: {@link #first} calls the function of the first file, and {@link
 * #second} that of the second one. From time to time the other file takes the path while the
 * library is loaded. The last "next" ends the thread.
 */
public final class KnownTree {

  private static final long STEPS = 300_000;
  private static volatile long sink;

  /** What the thread "storm" does. Each question "next" sets the following phase. */
  private enum Phase {
    /** Runs alpha, with its file at the path. */
    ALPHA,
    /** Runs alpha, after another file has come to the path. */
    REPLACED,
    /** Runs beta, loaded from the path. */
    BETA,
    /** Loads and unloads both by turns, and replaces the file all the time. */
    BY_TURNS,
    /** Has ended, and has no file open. */
    ENDED
  }

  private static volatile Phase phase = Phase.ALPHA;
  private static Thread storm;

  private KnownTree() {}

  static native long framed(long steps);

  static native long frameless(long steps);

  static native long stripped(long steps);

  /**
   * Arguments: three libraries, each with one of the native methods; then two libraries with the
   * functions "alpha" and "beta", and the path at which they are loaded.
   */
  public static void main(String[] args) throws IOException {
    for (int i = 0; i < 3; i++) {
      System.load(args[i]);
    }
    Control.daemon("tree", KnownTree::tree);
    Path alpha = Path.of(args[3]);
    Path beta = Path.of(args[4]);
    Path path = Path.of(args[5]);
    storm = Control.daemon("storm", () -> storm(alpha, beta, path));
    Control.serve(Map.of("next", KnownTree::next));
  }

  private static void tree() {
    while (true) {
      sink = framed(STEPS) + frameless(STEPS) + stripped(STEPS);
    }
  }

  private static String next() {
    phase = Phase.values()[phase.ordinal() + 1];
    if (phase == Phase.ENDED) {
      try {
        storm.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return phase.toString();
  }

  private static void storm(Path alpha, Path beta, Path path) {
    while (phase != Phase.ENDED) {
      put(alpha, path);
      try (NativeLibrary library = NativeLibrary.getInstance(path.toString())) {
        do {
          first(library.getFunction("alpha"));
        } while (phase == Phase.ALPHA);
        put(beta, path); // the library stays what it is
        do {
          first(library.getFunction("alpha"));
        } while (phase == Phase.REPLACED);
      }
      try (NativeLibrary library = NativeLibrary.getInstance(path.toString())) {
        do {
          second(library.getFunction("beta"));
        } while (phase == Phase.BETA);
      }
    }
  }

  /** Replaces a file as an upgrade does: by another one. */
  private static void put(Path file, Path path) {
    try {
      Path copy = path.resolveSibling("copy");
      Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
      Files.move(copy, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void first(Function alpha) {
    sink = alpha.invokeLong(new Object[] {STEPS});
  }

  private static void second(Function beta) {
    sink = beta.invokeLong(new Object[] {STEPS});
  }
}
