package io.spprof.collect;

import io.spprof.symbol.demangle.Demangler;
import io.spprof.symbol.elf.LibrarySymbols;
import io.spprof.symbol.elf.LoadedLibrary;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Looks up the names of native functions in the files of their libraries. A function without a
 * symbol keeps the library's file and its address as its name. So does a function whose library's
 * file cannot be used, for instance because it was replaced.
 *
 * <p>A library's file stays open from the first look-up until {@link #close}, so a library that is
 * deleted or replaced later keeps its names. Of more than {@link #MOST_OPEN} libraries, the least
 * recently used one is closed.
 *
 * <p>A look-up reads all symbols of a library once, for libjvm in 10 to 20 ms. To make an index of
 * them takes five times as long, so a library gets an index at its {@link #MANY}th look-up. The
 * memory must have room for it: all indexes together take at most {@link #SHARE} of it. Look-ups
 * without an index may take a second of CPU time, and after that {@link #PASS_SHARE} of a CPU. A
 * library that would take more gets its index earlier. If there is no room for that, functions that
 * arrive meanwhile have no names.
 *
 * <p>If the session's overhead is limited, a library gets its index at the first look-up, so most
 * of what its names cost comes at once and early. All look-ups together may take a second of CPU
 * time, and after that {@link #BUDGET_SHARE} of the overhead. Functions that arrive when this time
 * is used up have no names, unless their library has an index: with it, a look-up takes
 * microseconds.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class FunctionNames {

  static final int MOST_OPEN = 64;

  /** The look-up at which an index is made. */
  static final int MANY = 5;

  /** The part of the memory for indexes: a quarter. */
  private static final int SHARE = 4;

  /** The part of a CPU for look-ups without an index. */
  private static final double PASS_SHARE = 1 / 20.0;

  /** The part of the session's overhead for all look-ups. */
  private static final double BUDGET_SHARE = 1 / 10.0;

  /** The most characters of a symbol that are kept. Templates can have far longer names. */
  static final int MOST_NAME = 1000;

  /** An open library. */
  private static final class Open {
    final LibrarySymbols symbols;
    int lookUps;
    long indexBytes; // 0 if it has no index
    boolean indexFailed; // although there was room

    Open(LibrarySymbols symbols) {
      this.symbols = symbols;
    }
  }

  private final MemoryBudget memory;
  private final boolean isLimited; // whether the session's overhead is limited
  private final LongSupplier cpuClock;
  private final LookUpTime time;
  private final Map<LoadedLibrary, Open> libraries =
      new LinkedHashMap<>(16, 0.75f, true); // the least recently used first
  private long indexBytes; // of all libraries
  private long cpuNanos; // of all look-ups
  private long closedReport; // of the library without a build id that was closed last
  private boolean heapIsFull; // found in this pass
  private boolean heapWasFull; // found in the pass before
  private boolean namesLost; // since the walker last restarted its numbering
  private boolean closed;

  /**
   * Creates an object without an open library.
   *
   * @param memory limits the memory of indexes
   * @param mostOverhead what the session may cost, as a part of a CPU; 0 if this is not limited
   * @param cpuClock returns the CPU time of the calling thread, ns
   */
  FunctionNames(MemoryBudget memory, double mostOverhead, LongSupplier cpuClock) {
    this.memory = memory;
    this.isLimited = mostOverhead > 0;
    this.cpuClock = cpuClock;
    double share = isLimited ? BUDGET_SHARE * mostOverhead : PASS_SHARE;
    this.time = new LookUpTime(share, System.nanoTime());
  }

  /** Returns the CPU time that all look-ups have taken, in nanoseconds. */
  long cpuNanos() {
    return cpuNanos;
  }

  /** Returns whether functions have no names because the heap had no room. */
  boolean namesLost() {
    return namesLost;
  }

  /** Called when the walker restarts its numbering: it reports all functions again. */
  void forget() {
    namesLost = false;
  }

  /** Begins a pass, which is one reading of the ring. */
  void beginPass() {
    heapWasFull = heapIsFull;
    heapIsFull = false;
  }

  /**
   * Names functions of one library. A function whose name is not found stays as it is.
   *
   * @throws OutOfMemoryError if the heap has no room; the pass should end, and the next one tries
   *     again. If the next one has no room either, it does without names
   */
  void name(Library library, List<NativeFunction> functions) {
    if (library.loaded() == null || closed || heapIsFull) {
      return;
    }
    boolean isTimeLeft = time.isLeft(System.nanoTime());
    if (isLimited && !isTimeLeft && !hasIndex(library.loaded())) {
      return;
    }
    long before = cpuClock.getAsLong();
    boolean hasIndex = false;
    try {
      Open open = open(library.loaded());
      if (open == null) {
        return;
      }
      boolean needsIndex = open.indexBytes == 0 && !open.indexFailed;
      if (needsIndex && (++open.lookUps >= MANY || isLimited || !isTimeLeft)) {
        index(open);
      }
      hasIndex = open.indexBytes > 0;
      if (hasIndex || isTimeLeft) {
        name(library, open.symbols, functions);
      }
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      // These functions have no names.
    } catch (OutOfMemoryError e) {
      heapIsFull = true;
      if (!heapWasFull) {
        throw e;
      }
      namesLost = true;
    } finally {
      long took = cpuClock.getAsLong() - before;
      cpuNanos += took;
      time.spend(isLimited || !hasIndex ? took : 0);
    }
  }

  private boolean hasIndex(LoadedLibrary library) {
    Open known = libraries.get(library);
    return known != null && known.indexBytes > 0;
  }

  /**
   * Opens a library. Returns null if it has no build id and was closed before: another library may
   * be at its place by now.
   */
  private Open open(LoadedLibrary library) {
    Open known = libraries.get(library);
    if (known != null || library.report() > 0 && library.report() <= closedReport) {
      return known;
    }
    if (libraries.size() >= MOST_OPEN) {
      closeOldest();
    }
    Open opened = new Open(LibrarySymbols.open(library));
    libraries.put(library, opened);
    return opened;
  }

  private void closeOldest() {
    Iterator<Map.Entry<LoadedLibrary, Open>> all = libraries.entrySet().iterator();
    Map.Entry<LoadedLibrary, Open> oldest = all.next();
    close(oldest.getValue());
    closedReport = Math.max(closedReport, oldest.getKey().report());
    all.remove();
  }

  private void index(Open open) {
    long most = open.symbols.mostIndexBytes();
    if (indexBytes + most > memory.limit() / SHARE || !memory.take(most)) {
      open.lookUps = 0; // There may be room later.
      return;
    }
    try {
      open.indexBytes = open.symbols.index(most);
      open.indexFailed = open.indexBytes == 0;
    } finally {
      memory.giveBack(most - open.indexBytes);
      indexBytes += open.indexBytes;
    }
  }

  private static void name(
      Library library, LibrarySymbols symbols, List<NativeFunction> functions) {
    long[] addresses = functions.stream().mapToLong(NativeFunction::address).distinct().toArray();
    String[] names = new String[addresses.length];
    long[] begins = new long[addresses.length];
    symbols.resolve(addresses, names, begins);
    Map<Long, String> found = new HashMap<>();
    for (int i = 0; i < addresses.length; i++) {
      if (names[i] != null) {
        found.put(addresses[i], library.function(shortened(Demangler.demangle(names[i]))));
      } else if (begins[i] >= 0) {
        found.put(addresses[i], library.function(begins[i]));
      }
    }
    for (NativeFunction function : functions) {
      function.name(found.getOrDefault(function.address(), function.name()));
    }
  }

  private static String shortened(String name) {
    return name.length() <= MOST_NAME ? name : name.substring(0, MOST_NAME) + '\u2026';
  }

  private void close(Open open) {
    memory.giveBack(open.indexBytes);
    indexBytes -= open.indexBytes;
    open.indexBytes = 0;
    open.symbols.close();
  }

  /** Closes all files, and gives the memory of the indexes back. */
  void close() {
    closed = true;
    libraries.values().forEach(this::close);
    libraries.clear();
  }
}
