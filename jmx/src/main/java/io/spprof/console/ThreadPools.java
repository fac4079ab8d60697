package io.spprof.console;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Groups threads by their names. Threads whose names differ in numbers only form a pool, as Java
 * threads do in the profiler's text report. Not thread-safe.
 */
final class ThreadPools {

  /** A number in a thread's name. The name can have the asterisk itself. */
  private static final Pattern NUMBER = Pattern.compile("[0-9]+|\\*");

  private final Map<String, String> keys = new HashMap<>(); // by the thread's name
  private final Map<String, Set<String>> threads = new HashMap<>(); // the names by the pool's key

  /**
   * Adds a thread to its pool.
   *
   * @param thread the thread's name; may be added already
   * @return the pool's key: the name with an asterisk for each number, {@code pool-*-thread-*}
   */
  String add(String thread) {
    return keys.computeIfAbsent(
        thread,
        name -> {
          String key = NUMBER.matcher(name).replaceAll("*");
          threads.computeIfAbsent(key, first -> new LinkedHashSet<>()).add(name);
          return key;
        });
  }

  /** Returns the number of a pool's threads with different names, at least 1. */
  int size(String key) {
    return threads.get(key).size();
  }

  /**
   * Returns a text for a pool: {@code http-nio-8080-exec-* (10 threads)}. The numbers that all
   * names share stay. The only thread of a pool keeps its name.
   */
  String label(String key) {
    String name = threads.get(key).stream().reduce(ThreadPools::common).orElseThrow();
    int size = size(key);
    return size == 1 ? name : String.format(Locale.ROOT, "%s (%,d threads)", name, size);
  }

  /**
   * Returns a name with an asterisk for each number that another name of the pool does not have.
   */
  private static String common(String name, String other) {
    Matcher numbers = NUMBER.matcher(other);
    return NUMBER
        .matcher(name)
        .replaceAll(
            number ->
                numbers.find() && numbers.group().equals(number.group()) ? number.group() : "*");
  }
}
