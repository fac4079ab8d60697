package io.spprof.collect;

import io.spprof.profile.FrameKind;
import io.spprof.profile.ProfileMethod;
import io.spprof.symbol.SymbolResolver;
import java.util.Arrays;

/**
 * Maps numbers of methods to the entries of {@link MethodTable}. A session has one walker. The
 * walker {@code vm} gives each method a number, and reports the method's name and lines with it.
 * The walker that uses AsyncGetCallTrace reports a method by the JVM's id (jmethodID) instead. This
 * class then gives the method a number, and asks the JVM for its name and lines when it sees the id
 * for the first time. All numbers become void when the walker restarts its numbering.
 *
 * <p>For each number, this class also keeps a table with the line number of each byte code index.
 * Several numbers can refer to the same entry, because overloads share a name but have different
 * lines.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class MethodNumbers {

  private static final int FIRST_CAPACITY = 1024;
  private static final int ID_BYTES = Long.BYTES + HashIndex.ENTRY_BYTES;
  private static final int NUMBER_BYTES = 2 * Integer.BYTES; // a method and a reference
  private static final int ARRAY_BYTES = 16;
  private static final int[] NO_LINES = {};

  /** The names of methods that are none (sample.h) begin with these. A class's name cannot. */
  private static final String BRACKET = "[";

  private static final String UNKNOWN_CODE = "[unknown native code]";

  /**
   * How many of the latest transient numbers are kept; a power of two. The walker uses a transient
   * number, which is less than 0, if it has no room to remember a method. Such a number is valid
   * only for the next sample of the same handler.
   */
  private static final int TRANSIENTS = 4096;

  private final MemoryBudget budget;
  private final SymbolResolver resolver;
  private final MethodTable methods;

  private int[] methodOf = new int[FIRST_CAPACITY]; // by number: the method's entry + 1
  private int[][] linesOf = new int[FIRST_CAPACITY][];
  private long linesBytes;
  private int reported; // how many numbers the walker reported since it restarted its numbering

  // The methods of transient numbers, indexed by the last bits of the number. These arrays exist
  // from the first transient number on. They take at most some 200 KB, outside of the budget.
  private int[] transientNumbers = {};
  private int[] transientMethods = {};
  private int[][] transientLines = {};
  private int reportedTransients;

  private HashIndex idIndex = new HashIndex(FIRST_CAPACITY);
  private long[] ids = new long[FIRST_CAPACITY]; // by number - 1
  private int idCount;

  MethodNumbers(MemoryBudget budget, SymbolResolver resolver, MethodTable methods) {
    this.budget = budget;
    this.resolver = resolver;
    this.methods = methods;
    budget.take((long) FIRST_CAPACITY * (ID_BYTES + NUMBER_BYTES));
  }

  /** Returns the number of a method by its JVM id; 0 if there is no room for a new number. */
  int number(long id) {
    int hash = HashIndex.fibonacci(id);
    for (int at = idIndex.first(hash); idIndex.entry(at) >= 0; at = idIndex.next(at)) {
      if (ids[idIndex.entry(at)] == id) {
        return idIndex.entry(at) + 1;
      }
    }
    if (idCount == ids.length && !growIds()) {
      return 0;
    }
    int number = idCount + 1;
    if (id == 0) {
      throw new IllegalArgumentException("0 is no method's id");
    }
    String name = resolver.name(id);
    if (name == null) {
      named(number, new ProfileMethod(MethodTable.UNLOADED, FrameKind.SYNTHETIC), NO_LINES);
    } else {
      named(number, ProfileMethod.java(name), resolver.lines(id));
    }
    ids[idCount] = id;
    idIndex.add(hash, idCount++);
    return number;
  }

  /**
   * Sets the method of a number.
   *
   * @param number 1 or more; or less than 0 for a transient number, see {@link #TRANSIENTS}
   * @param name the class and the method, for instance {@code java.util.HashMap.get}; or a name in
   *     brackets that the walker made
   * @param lines pairs {@code byte code index << 16 | line number}; the array is kept, and sorted
   *     in place
   */
  void named(int number, String name, int[] lines) {
    named(number, new ProfileMethod(name, kind(name)), lines);
  }

  private static FrameKind kind(String name) {
    if (!name.startsWith(BRACKET)) {
      return FrameKind.JAVA;
    }
    return name.equals(UNKNOWN_CODE) ? FrameKind.NATIVE : FrameKind.SYNTHETIC;
  }

  private void named(int number, ProfileMethod method, int[] lines) {
    if (number < 0) {
      namedForNow(number, method, lines);
      return;
    }
    reported++;
    if (number >= methodOf.length && !growNumbers(number)) {
      return;
    }
    methodOf[number] = methods.of(method) + 1;
    long bytes = ARRAY_BYTES + (long) Integer.BYTES * lines.length;
    if (lines.length > 0 && budget.take(bytes)) {
      linesBytes += bytes;
      linesOf[number] = sorted(lines);
    } else {
      linesOf[number] = null;
    }
  }

  /**
   * Sets the function of native code that has a number.
   *
   * @param number as in {@link #named}
   * @param function not null
   */
  void function(int number, ProfileMethod function) {
    named(number, function, NO_LINES);
  }

  private void namedForNow(int number, ProfileMethod method, int[] lines) {
    if (transientNumbers.length == 0) {
      transientLines = new int[TRANSIENTS][];
      transientMethods = new int[TRANSIENTS];
      transientNumbers = new int[TRANSIENTS];
    }
    reportedTransients++;
    int at = number & TRANSIENTS - 1;
    transientMethods[at] = methods.of(method);
    transientLines[at] = sorted(lines);
    transientNumbers[at] = number;
  }

  /**
   * Sorts pairs by their byte code index. The index is unsigned and occupies the highest bit of an
   * int. The method flips this bit, so that the order of signed ints is the order of the indexes.
   */
  private static int[] sorted(int[] lines) {
    for (int i = 0; i < lines.length; i++) {
      lines[i] ^= Integer.MIN_VALUE;
    }
    Arrays.sort(lines);
    return lines;
  }

  /**
   * Forgets all numbers, because the walker restarts its numbering. The methods themselves stay in
   * {@link MethodTable}.
   */
  void forget() {
    int[] freshMethods = new int[FIRST_CAPACITY];
    int[][] freshLines = new int[FIRST_CAPACITY][];
    long[] freshIds = new long[FIRST_CAPACITY];
    HashIndex freshIndex = new HashIndex(FIRST_CAPACITY);
    // No code below allocates memory.
    budget.giveBack(
        linesBytes
            + (long) (methodOf.length - FIRST_CAPACITY) * NUMBER_BYTES
            + (long) (ids.length - FIRST_CAPACITY) * ID_BYTES);
    methodOf = freshMethods;
    linesOf = freshLines;
    ids = freshIds;
    idIndex = freshIndex;
    transientNumbers = NO_LINES;
    linesBytes = 0;
    idCount = 0;
    reported = 0;
    reportedTransients = 0;
  }

  /** Returns how many numbers were reported since the walker last restarted its numbering. */
  int reported() {
    return reported;
  }

  /**
   * Returns how many transient numbers (see {@link #TRANSIENTS}) were reported since the walker
   * last restarted its numbering. A large count shows that the walker's table of methods is too
   * full.
   */
  int reportedTransients() {
    return reportedTransients;
  }

  /**
   * Returns the entry of a number in {@link MethodTable}. If the method is not known, returns the
   * entry for other methods.
   */
  int method(int number) {
    if (number < 0) {
      int at = transientAt(number);
      return at < 0 ? methods.synthetic(MethodTable.OTHERS) : transientMethods[at];
    }
    return number >= methodOf.length || methodOf[number] == 0
        ? methods.synthetic(MethodTable.OTHERS)
        : methodOf[number] - 1;
  }

  /**
   * Returns the line of a byte code. As the JVM defines it, this is the line of the last pair whose
   * byte code index is not greater.
   *
   * @return 0 if the line is not known, or if the method has none
   */
  int line(int number, int bci) {
    int[] lines = lines(number);
    if (lines == null || bci < 0) {
      return 0;
    }
    int found = Arrays.binarySearch(lines, (bci << 16 | 0xffff) ^ Integer.MIN_VALUE);
    int at = found >= 0 ? found : -found - 2;
    return at < 0 ? 0 : lines[at] & 0xffff;
  }

  private int[] lines(int number) {
    if (number < 0) {
      int at = transientAt(number);
      return at < 0 ? null : transientLines[at];
    }
    return number < linesOf.length ? linesOf[number] : null;
  }

  private int transientAt(int number) {
    int at = number & TRANSIENTS - 1;
    return at < transientNumbers.length && transientNumbers[at] == number ? at : -1;
  }

  private boolean growNumbers(int number) {
    int capacity = Math.max(2 * methodOf.length, Integer.highestOneBit(number) * 2);
    long bytes = (long) capacity * NUMBER_BYTES;
    long oldBytes = (long) methodOf.length * NUMBER_BYTES;
    return budget.grow(
        oldBytes,
        bytes,
        () -> {
          linesOf = Arrays.copyOf(linesOf, capacity);
          methodOf = Arrays.copyOf(methodOf, capacity); // its length is the capacity of both
        });
  }

  private boolean growIds() {
    int capacity = 2 * ids.length;
    long bytes = (long) capacity * ID_BYTES;
    return budget.grow(bytes / 2, bytes, () -> growIdColumns(capacity));
  }

  private void growIdColumns(int capacity) {
    HashIndex larger = new HashIndex(capacity);
    for (int i = 0; i < idCount; i++) {
      larger.add(HashIndex.fibonacci(ids[i]), i);
    }
    // The length of the column "ids" is the capacity of both columns, so this column grows last. If
    // the heap has no room for it, the table still works, because the index then has more free
    // cells than it needs.
    idIndex = larger;
    ids = Arrays.copyOf(ids, capacity);
  }
}
