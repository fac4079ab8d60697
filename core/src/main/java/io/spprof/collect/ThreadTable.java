package io.spprof.collect;

import io.spprof.profile.ProfileThread;
import io.spprof.profile.ThreadKind;
import io.spprof.sampler.ThreadName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The names and kinds of threads. The native side identifies a thread by its serial number within
 * the session; this table gives each pair of a name and a kind a number. Threads with the same name
 * and kind share a number. A thread that is renamed has another number from then on, and so has a
 * thread that becomes a Java thread. A name has its thread's number by the system and by the JVM,
 * as long as it has been the name of one thread only. If the budget has no room for more names,
 * threads with new names share one common name. The table also has the user and system time of the
 * threads of each name, by the kernel's account. Their sum is all that was reported: the time of a
 * thread that has no number, or whose name was removed, counts for {@link #OTHERS}.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class ThreadTable {

  /** The common name of the threads for which there was no room, and of those without samples. */
  static final String OTHERS = "[other threads]";

  private static final int SERIAL_BYTES = 2 * Integer.BYTES; // a reference and a time
  private static final int ENTRY_BYTES = 248; // String, its bytes, Name, Thread, HashMap node, item
  private static final int NONE = -1;
  private static final int MOST_UNNAMED = 256; // threads, of less than 100 bytes each

  /** A name, with the numbers of the threads that have it. */
  private static final class Name {
    final String text;
    final ThreadKind nativeKind; // as the parameter of the constructor
    int ofJava = NONE;
    int ofNative = NONE;
    long userNanos; // of these threads, by the kernel's account
    long systemNanos;
    long systemId = NONE; // the numbers of its thread; 0 after a second thread, or if not known
    long javaId = NONE;

    /**
     * Creates a name without a number.
     *
     * @param nativeKind the kind of a thread with this name that is no Java thread; null if the
     *     name itself shows the kind. It is found when the first such thread is sampled, so no time
     *     is spent on the names of Java threads
     */
    Name(String text, ThreadKind nativeKind) {
      this.text = text;
      this.nativeKind = nativeKind;
    }

    ThreadKind nativeKind() {
      return nativeKind != null ? nativeKind : ThreadKind.ofNative(text);
    }

    /** Records that a thread with these numbers has this name. */
    void isOf(long system, long java) {
      systemId = systemId == NONE || systemId == system ? system : 0;
      javaId = javaId == NONE || javaId == java ? java : 0;
    }

    /**
     * Adds the numbers by system and JVM to the threads with this name. Adds the times to one of
     * them, or to those of the rest if no thread with this name has a number in this table.
     */
    void addTo(List<ProfileThread> threads, long[] rest) {
      long user = userNanos;
      long system = systemNanos;
      if (ofJava != NONE) {
        threads.set(ofJava, thread(ThreadKind.JAVA, user, system, javaId));
        user = 0;
        system = 0;
      }
      if (ofNative != NONE) {
        threads.set(ofNative, thread(threads.get(ofNative).kind(), user, system, 0));
        user = 0;
        system = 0;
      }
      rest[0] += user;
      rest[1] += system;
    }

    private ProfileThread thread(ThreadKind kind, long user, long system, long java) {
      return new ProfileThread(text, kind, user, system, Math.max(0, systemId), Math.max(0, java));
    }

    /** Returns a copy with new numbers, in which threads that do not stay have none. */
    Name renumbered(boolean[] kept, int[] renumbered) {
      Name copy = new Name(text, nativeKind);
      copy.userNanos = userNanos;
      copy.systemNanos = systemNanos;
      copy.systemId = systemId;
      copy.javaId = javaId;
      copy.ofJava = ofJava != NONE && kept[ofJava] ? renumbered[ofJava] : NONE;
      copy.ofNative = ofNative != NONE && kept[ofNative] ? renumbered[ofNative] : NONE;
      return copy;
    }
  }

  private final MemoryBudget budget;
  private Map<String, Name> names = new HashMap<>();

  /** The common name, by the kind that a native thread without room for its name has. */
  private Name[] others = new Name[ThreadKind.values().length];

  private List<ProfileThread> threads = new ArrayList<>(); // by number: name and kind
  private Name[] nameOfSerial = new Name[256];
  private int[] namedIn = new int[256]; // the value of {@code time} when the thread was named
  private int time; // number of removals
  private long renames;

  /** User and system time of threads without a name, ns, by serial number, the oldest first. */
  private final Map<Integer, long[]> unnamed = new LinkedHashMap<>();

  // User and system time of threads for whose name the table does not wait any more, and of names
  // that were removed, ns.
  private long goneUserNanos;
  private long goneSystemNanos;

  ThreadTable(MemoryBudget budget) {
    this.budget = budget;
    budget.take((long) nameOfSerial.length * SERIAL_BYTES);
  }

  /** Returns how often a thread got another name than it had. */
  long renames() {
    return renames;
  }

  /** Sets the name of the thread with a serial number, for its later samples. */
  void named(int serial, ThreadName name) {
    named(serial, name, null);
  }

  private void named(int serial, ThreadName name, ThreadKind nativeKind) {
    if (serial >= nameOfSerial.length && !grow(serial)) {
      return;
    }
    Name found = name(name.text(), nativeKind);
    long[] before = unnamed.remove(serial); // What follows allocates nothing.
    Name last = nameOfSerial[serial];
    renames += last == null || last.text.equals(found.text) ? 0 : 1;
    nameOfSerial[serial] = found;
    found.isOf(name.systemId(), name.javaId());
    namedIn[serial] = time;
    if (before != null) {
      times(serial, before[0], before[1]);
    }
  }

  /**
   * Adds CPU time of a thread by the kernel's account to its present name. A thread that was not
   * sampled yet has no name. Its times wait for the name, as long as few other threads' times do.
   * After that, they stay with {@link #OTHERS}.
   *
   * @param serial the thread's serial number
   * @param user in user code, ns
   * @param system in the kernel, ns
   */
  void times(int serial, long user, long system) {
    Name name = serial < nameOfSerial.length ? nameOfSerial[serial] : null;
    if (name != null) {
      name.userNanos += user;
      name.systemNanos += system;
      return;
    }
    long[] sum = unnamed.computeIfAbsent(serial, s -> new long[2]);
    sum[0] += user;
    sum[1] += system;
    if (unnamed.size() > MOST_UNNAMED) {
      Iterator<long[]> oldest = unnamed.values().iterator();
      long[] gone = oldest.next(); // has waited longest
      oldest.remove();
      goneUserNanos += gone[0];
      goneSystemNanos += gone[1];
    }
  }

  /**
   * Returns the number under which a sample of a thread is recorded.
   *
   * @param serial the thread's serial number
   * @param isNative whether the thread is no Java thread
   */
  int number(int serial, boolean isNative) {
    if (serial >= nameOfSerial.length && !grow(serial)) {
      return number(other(ThreadKind.UNKNOWN), isNative);
    }
    if (nameOfSerial[serial] == null) {
      // The ring had no room for the name of this thread.
      named(serial, ThreadName.of("[thread " + serial + "]"), ThreadKind.UNKNOWN);
    }
    return number(nameOfSerial[serial], isNative);
  }

  private int number(Name name, boolean isNative) {
    if (isNative) {
      if (name.ofNative == NONE) {
        name.ofNative = add(name.text, name.nativeKind());
      }
      return name.ofNative;
    }
    if (name.ofJava == NONE) {
      name.ofJava = add(name.text, ThreadKind.JAVA);
    }
    return name.ofJava;
  }

  private int add(String name, ThreadKind kind) {
    threads.add(new ProfileThread(name, kind));
    return threads.size() - 1;
  }

  ThreadKind kind(int number) {
    return threads.get(number).kind();
  }

  /**
   * Prepares the removal of the threads that no sample refers to, and of the names that no sample
   * refers to and whose threads have ended. A thread counts as alive if its name was reported since
   * the last removal, because the names of living threads are reported again after each removal.
   *
   * @param kept whether a sample refers to a thread, by its number
   * @param renumbered receives the new number of each thread that stays
   * @return the action that makes the removal, which cannot fail
   */
  Runnable keeping(boolean[] kept, int[] renumbered) {
    List<ProfileThread> keptThreads = new ArrayList<>();
    for (int number = 0; number < kept.length; number++) {
      if (kept[number]) {
        renumbered[number] = keptThreads.size();
        keptThreads.add(threads.get(number));
      }
    }
    Map<Name, Name> copies = new HashMap<>();
    Name[] ofSerial = new Name[nameOfSerial.length];
    for (int serial = 0; serial < ofSerial.length; serial++) {
      if (nameOfSerial[serial] != null && namedIn[serial] == time) {
        ofSerial[serial] =
            copies.computeIfAbsent(nameOfSerial[serial], name -> name.renumbered(kept, renumbered));
      }
    }
    Map<String, Name> keptNames = new HashMap<>();
    long freed = 0;
    long goneUser = goneUserNanos;
    long goneSystem = goneSystemNanos;
    for (Name name : names.values()) {
      boolean isAlive = copies.containsKey(name);
      Name copy = isAlive ? copies.get(name) : name.renumbered(kept, renumbered);
      if (isAlive || copy.ofJava != NONE || copy.ofNative != NONE) {
        keptNames.put(name.text, copy);
        copies.put(name, copy);
      } else {
        freed += bytes(name.text);
        goneUser += name.userNanos;
        goneSystem += name.systemNanos;
      }
    }
    for (int serial = 0; serial < ofSerial.length; serial++) {
      if (ofSerial[serial] == null && nameOfSerial[serial] != null) {
        ofSerial[serial] = copies.get(nameOfSerial[serial]); // null if the name does not stay
      }
    }
    Name[] keptOthers = new Name[others.length];
    for (int kind = 0; kind < others.length; kind++) {
      Name other = others[kind];
      keptOthers[kind] =
          other == null || copies.containsKey(other)
              ? copies.get(other)
              : other.renumbered(kept, renumbered);
    }
    long bytes = freed;
    long user = goneUser;
    long system = goneSystem;
    return () -> {
      threads = keptThreads;
      names = keptNames;
      others = keptOthers;
      nameOfSerial = ofSerial;
      goneUserNanos = user;
      goneSystemNanos = system;
      time++;
      budget.giveBack(bytes);
    };
  }

  private static long bytes(String name) {
    return ENTRY_BYTES + 2L * name.length();
  }

  int size() {
    return threads.size();
  }

  /**
   * Returns the threads by number. A name's times stand at one of its numbers. If there are times
   * of threads without a number, the list has one element more than there are numbers, and this
   * element has these times.
   */
  List<ProfileThread> threads() {
    List<ProfileThread> timed = new ArrayList<>(threads);
    long[] rest = {goneUserNanos, goneSystemNanos};
    for (long[] waiting : unnamed.values()) {
      rest[0] += waiting[0];
      rest[1] += waiting[1];
    }
    names.values().forEach(name -> name.addTo(timed, rest));
    for (Name other : others) {
      if (other != null) {
        other.addTo(timed, rest);
      }
    }
    if (rest[0] + rest[1] > 0) {
      timed.add(new ProfileThread(OTHERS, ThreadKind.UNKNOWN, rest[0], rest[1], 0, 0));
    }
    return List.copyOf(timed);
  }

  private Name name(String text, ThreadKind nativeKind) {
    Name known = names.get(text);
    if (known != null) {
      return known;
    }
    Name name = new Name(text, nativeKind);
    if (!budget.take(bytes(text))) {
      return other(name.nativeKind());
    }
    boolean done = false;
    try {
      names.put(text, name);
      done = true;
    } finally {
      if (!done
          && !names.containsKey(text)) { // A map that fails to grow has the entry all the same.
        budget.giveBack(bytes(text));
      }
    }
    return name;
  }

  private Name other(ThreadKind nativeKind) {
    int kind = nativeKind.ordinal();
    if (others[kind] == null) {
      others[kind] = new Name(OTHERS, nativeKind); // not counted: there are a few of them
      others[kind].isOf(0, 0); // stands for several threads
    }
    return others[kind];
  }

  private boolean grow(int serial) {
    int capacity = Math.max(2 * nameOfSerial.length, Integer.highestOneBit(serial) * 2);
    long bytes = (long) capacity * SERIAL_BYTES;
    long oldBytes = (long) nameOfSerial.length * SERIAL_BYTES;
    return budget.grow(
        oldBytes,
        bytes,
        () -> {
          namedIn = Arrays.copyOf(namedIn, capacity);
          nameOfSerial = Arrays.copyOf(nameOfSerial, capacity);
        });
  }
}
