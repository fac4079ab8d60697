package io.spprof.export;

/**
 * Sorts ints by a given order. The JDK can do this only for objects, so each int would have to
 * become an Integer.
 */
final class IntSort {

  /** The length below which insertion sort is faster than merge sort. */
  private static final int SMALL = 8;

  /** An order of ints. */
  interface Order {
    /**
     * Compares two ints as {@link java.util.Comparator} does.
     *
     * @return a negative number, zero, or a positive number
     */
    int compare(int a, int b);
  }

  private IntSort() {}

  /**
   * Sorts an array in place. The sort is stable: equal values keep their order.
   *
   * @param values the values to sort, not null
   * @param order a consistent order
   */
  static void sort(int[] values, Order order) {
    sort(values.clone(), values, 0, values.length, order);
  }

  /**
   * Sorts a range of {@code to}. Uses {@code from}, which contains the same values, as the second
   * array of the merge sort; its contents are lost.
   */
  private static void sort(int[] from, int[] to, int start, int end, Order order) {
    if (end - start < SMALL) {
      insertionSort(to, start, end, order);
      return;
    }
    int middle = (start + end) >>> 1;
    sort(to, from, start, middle, order);
    sort(to, from, middle, end, order);
    int left = start;
    int right = middle;
    for (int i = start; i < end; i++) {
      boolean takeLeft =
          right == end || left < middle && order.compare(from[left], from[right]) <= 0;
      to[i] = takeLeft ? from[left++] : from[right++];
    }
  }

  private static void insertionSort(int[] values, int start, int end, Order order) {
    for (int i = start + 1; i < end; i++) {
      int value = values[i];
      int at = i;
      while (at > start && order.compare(values[at - 1], value) > 0) {
        values[at] = values[at - 1];
        at--;
      }
      values[at] = value;
    }
  }
}
