package io.spprof.collect;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * The functions of native code that the walker reports. A function's name is looked up once, when
 * the function is reported, and never changes afterwards.
 *
 * <p>A pass (one reading of the ring) first looks at the libraries and functions that it will read
 * ({@link #libraryAhead} and the other methods with this ending), and looks up the names of all
 * these functions at once: a library whose symbols have no index in memory is read once for all of
 * them. Then the pass reads the records. The same libraries and functions come in the same order,
 * so they wait in two queues. A record that was incomplete at the first look is looked up by
 * itself.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class NativeFunctions {

  private final FunctionNames names;
  private final LibraryTable libraries = new LibraryTable(); // as of the record that is being read

  // What this pass has seen ahead and not read yet.
  private final Queue<Library> comingLibraries = new ArrayDeque<>();
  private final Queue<NativeFunction> comingFunctions = new ArrayDeque<>();

  // The numbers of libraries as of the record that is looked at ahead.
  private final Map<Integer, Library> librariesAhead = new HashMap<>();
  private boolean forgottenAhead;
  private long reports;

  /**
   * Creates an object without a library.
   *
   * @param names looks up the names
   */
  NativeFunctions(FunctionNames names) {
    this.names = names;
  }

  /** Returns the CPU time that looking names up has taken, in nanoseconds. */
  long namesCpuNanos() {
    return names.cpuNanos();
  }

  /** Begins to look ahead, from the next record that will be read. */
  void beginAhead() {
    names.beginPass();
    comingLibraries.clear();
    comingFunctions.clear();
    librariesAhead.clear();
    forgottenAhead = false;
  }

  void libraryAhead(int number, String path, byte[] buildId, long base) {
    Library library = Library.of(path, buildId, base, ++reports);
    librariesAhead.put(number, library);
    comingLibraries.add(library);
  }

  void functionAhead(int library, long address) {
    Library known = librariesAhead.get(library);
    if (known == null) {
      known = forgottenAhead ? Library.UNKNOWN : libraries.get(library);
    }
    comingFunctions.add(new NativeFunction(known, address));
  }

  void forgetAhead() {
    librariesAhead.clear();
    forgottenAhead = true;
  }

  /** Looks up the names of the functions that were seen ahead. */
  void endAhead() {
    Map<Library, List<NativeFunction>> byLibrary = new LinkedHashMap<>();
    for (NativeFunction function : comingFunctions) {
      byLibrary.computeIfAbsent(function.library(), key -> new ArrayList<>()).add(function);
    }
    byLibrary.forEach(names::name);
  }

  /** Sets the library of a number. */
  void library(int number, String path, byte[] buildId, long base) {
    Library library = comingLibraries.poll();
    libraries.set(number, library == null ? Library.of(path, buildId, base, ++reports) : library);
  }

  /** Returns a function with its name. */
  NativeFunction function(int library, long address) {
    NativeFunction function = comingFunctions.poll();
    if (function == null) {
      function = new NativeFunction(libraries.get(library), address);
      names.name(function.library(), List.of(function));
    }
    return function;
  }

  /** Returns whether functions have no names because the heap had no room. */
  boolean namesLost() {
    return names.namesLost();
  }

  /** Returns how many libraries were reported since the walker restarted its numbering. */
  int librariesReported() {
    return libraries.reported();
  }

  /** Forgets all numbers, because the walker restarts its numbering. */
  void forget() {
    names.forget();
    libraries.forget();
  }

  /** Closes the files from which names are read. Functions have no names after that. */
  void close() {
    names.close();
  }
}
