package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/**
 * Reads a profile in the format of pprof as {@link PprofExporter} writes it, and as {@code go tool
 * pprof -proto} writes it again. A function of native code gets the name of its library back, which
 * the format has apart.
 */
final class SavedPprof {

  /** The maximum size of the unpacked file, in bytes. A small file can unpack to any size. */
  static final int MOST_BYTES = 512 << 20;

  private static final String FOREIGN = "is no pprof file of spprof: ";

  /** The numbers of the mapping and the function of a location. */
  private record Location(long mapping, long function) {}

  private final List<String> strings = new ArrayList<>();
  private final List<long[]> types = new ArrayList<>(); // type and unit of each value
  private final Map<Long, Long> mappings = new HashMap<>(); // the string of the file
  private final Map<Long, Long> functions = new HashMap<>(); // the string of the name
  private final Map<Long, Location> locations = new HashMap<>();
  private final Map<Long, Integer> methods = new HashMap<>(); // by the location
  private final ProfileBuilder builder = new ProfileBuilder();
  private final int[] path = new int[ProfileBuilder.DEEPEST];
  private int depth;
  private int values;

  private SavedPprof() {}

  /**
   * Reads a file.
   *
   * @param content the whole file, compressed
   * @return a profile with samples and CPU time
   * @throws IllegalArgumentException if the file is not one of spprof, or too large; the message is
   *     the end of a sentence whose subject is the file
   * @throws RuntimeException of another class if the file is damaged
   */
  static Profile read(byte[] content) {
    byte[] unpacked = unpacked(content, MOST_BYTES);
    SavedPprof file = new SavedPprof();
    file.tables(new ProtobufReader(unpacked));
    file.samples(new ProtobufReader(unpacked));
    return file.builder.profile();
  }

  /** Unpacks a file, up to a size. */
  static byte[] unpacked(byte[] content, int most) {
    byte[] unpacked;
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(content), 1 << 16)) {
      unpacked = in.readNBytes(most);
      if (in.read() >= 0) {
        throw new IllegalArgumentException(
            "unpacks to more than "
                + most
                + " bytes, which are the most that are read; save a shorter range");
      }
    } catch (IOException e) {
      throw DamagedFile.because(e);
    }
    return unpacked;
  }

  /** Reads everything but the samples. The tables can come in any order. */
  private void tables(ProtobufReader top) {
    while (top.next()) {
      switch (top.field()) {
        case PprofExporter.SAMPLE_TYPE -> types.add(new long[] {number(top, 1), number(top, 2)});
        case PprofExporter.MAPPING -> mappings.put(number(top, 1), number(top, 5));
        case PprofExporter.FUNCTION -> functions.put(number(top, 1), number(top, 2));
        case PprofExporter.LOCATION -> location(top.message());
        case PprofExporter.STRING -> strings.add(top.string());
        default -> {
          // A comparison does not need it.
        }
      }
    }
  }

  /** Returns the number in a field of the message; 0, the default, if the message has none. */
  private static long number(ProtobufReader top, int field) {
    long number = 0;
    ProtobufReader message = top.message();
    while (message.next()) {
      number = message.field() == field ? message.number() : number;
    }
    return number;
  }

  private void location(ProtobufReader message) {
    long id = 0;
    long mapping = 0;
    long function = 0;
    int lines = 0;
    while (message.next()) {
      switch (message.field()) {
        case 1 -> id = message.number();
        case 2 -> mapping = message.number();
        case 4 -> {
          function = number(message, 1);
          lines++;
        }
        default -> {
          // A comparison does not need it.
        }
      }
    }
    if (lines != 1) {
      throw new IllegalArgumentException(FOREIGN + "a location has " + lines + " lines");
    }
    locations.put(id, new Location(mapping, function));
  }

  private void samples(ProtobufReader top) {
    int samples = valueOf("samples", "count");
    int nanos = valueOf("cpu", "nanoseconds");
    long[] amounts = new long[types.size()];
    while (top.next()) {
      if (top.field() == PprofExporter.SAMPLE) {
        int thread = sample(top.message(), amounts);
        for (int i = 0; i < depth / 2; i++) { // The file has the leaf first.
          int method = path[i];
          path[i] = path[depth - 1 - i];
          path[depth - 1 - i] = method;
        }
        builder.addRow(builder.addStack(path, depth), thread, amounts[samples], amounts[nanos]);
      }
    }
  }

  /** Returns which value of a sample has a type and a unit. */
  private int valueOf(String type, String unit) {
    for (int i = 0; i < types.size(); i++) {
      if (string(types.get(i)[0]).equals(type) && string(types.get(i)[1]).equals(unit)) {
        return i;
      }
    }
    throw new IllegalArgumentException(FOREIGN + "its samples have no value " + type + "/" + unit);
  }

  /** Reads a sample's methods into the path, and its values. Returns the number of its thread. */
  private int sample(ProtobufReader message, long[] amounts) {
    int thread = -1;
    depth = 0;
    values = 0;
    while (message.next()) {
      switch (message.field()) {
        case 1 -> message.numbers(id -> path[depth++] = method(id));
        case 2 -> message.numbers(value -> amounts[values++] = value);
        case 3 -> {
          ProtobufReader label = message.message();
          long key = 0;
          long text = 0;
          while (label.next()) {
            key = label.field() == 1 ? label.number() : key;
            text = label.field() == 2 ? label.number() : text;
          }
          thread = string(key).equals("thread") ? builder.thread(string(text)) : thread;
        }
        default -> {
          // A comparison does not need it.
        }
      }
    }
    if (thread < 0) {
      throw new IllegalArgumentException(FOREIGN + "a sample has no label thread");
    }
    Objects.checkIndex(values == amounts.length ? 0 : 1, 1);
    return thread;
  }

  private int method(long location) {
    Integer known = methods.get(location);
    if (known == null) {
      known = builder.method(name(locations.get(location)));
      methods.put(location, known);
    }
    return known;
  }

  private String name(Location location) {
    String symbol = string(functions.get(location.function()));
    String path = location.mapping() == 0 ? "java" : string(mappings.get(location.mapping()));
    if (path.equals("java")) {
      return symbol;
    }
    String file = path.substring(path.lastIndexOf('/') + 1).replace('`', '\'');
    return symbol.startsWith(file + "+0x") ? symbol : file + '`' + symbol;
  }

  private String string(long index) {
    return strings.get((int) Objects.checkIndex(index, (long) strings.size()));
  }
}
