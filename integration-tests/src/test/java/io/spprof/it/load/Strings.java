package io.spprof.it.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/**
 * A load of text and array copies. It spends its time in stubs and intrinsics that have no frame,
 * or an unusual one.
 */
public final class Strings {

  private static final Pattern WORD = Pattern.compile("(\\w+)-(\\d+)");

  private Strings() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Loads.serve(random -> text(random) + search(random) + copies(random));
  }

  private static long text(SplittableRandom random) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      out.append("word-").append(random.nextInt(1_000)).append(' ').append(i * 0.5).append('ä');
      if (i % 50 == 49) {
        out.append('→'); // not Latin-1, so the builder inflates
        out.insert(random.nextInt(out.length()), "inserted");
        out.setLength(out.length() / 2);
      }
    }
    String text = out.toString();
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return new String(utf8, StandardCharsets.UTF_8).hashCode()
        + text.getBytes(StandardCharsets.UTF_16LE).length
        + String.format("%08x %s %.3f", text.length(), text.substring(0, 9), 0.1).length()
        + text.toUpperCase(java.util.Locale.ROOT).compareToIgnoreCase(text);
  }

  private static long search(SplittableRandom random) {
    String hay = "abcdefghijklmnopqrstuvw ".repeat(100) + random.nextInt() + "→";
    String latin = hay.substring(0, hay.length() - 1);
    long found = 0;
    for (int i = 0; i < 20; i++) {
      found += latin.indexOf("needle" + i) + hay.indexOf("→→") + latin.indexOf('Z', i);
      found += latin.lastIndexOf("xyz") + (latin.contains("uvw" + i) ? 1 : 0);
      found += latin.equals(hay) ? 1 : latin.hashCode() + latin.compareTo(hay);
    }
    found += latin.replace("abc", "cba").split(" ").length;
    found += WORD.matcher("no hit here, none there, a-1 at the end").results().count();
    return found;
  }

  private static long copies(SplittableRandom random) {
    byte[] bytes = new byte[10_000 + random.nextInt(100)];
    long[] longs = new long[3_000];
    Object[] objects = new Object[3_000];
    Arrays.fill(bytes, (byte) random.nextInt());
    Arrays.fill(objects, "x");
    long sum = 0;
    for (int i = 1; i < 40; i++) {
      System.arraycopy(bytes, 0, bytes, i, bytes.length - i);
      System.arraycopy(bytes, i, bytes, 0, bytes.length - i);
      System.arraycopy(longs, 0, longs, i, longs.length - i);
      System.arraycopy(objects, i, objects, 0, objects.length - i);
      // the element types differ, so each element is checked
      System.arraycopy(objects, 0, new String[objects.length], 0, objects.length);
      byte[] copy = bytes.clone();
      copy[copy.length - i] ^= 1;
      sum +=
          Arrays.mismatch(bytes, copy)
              + Arrays.hashCode(longs)
              + (Arrays.equals(bytes, copy) ? 1 : 0);
    }
    return sum;
  }
}
