package io.spprof.export;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a JSON object as {@link Json} writes it: without white space, and with no escapes but
 * {@code \\uXXXX}. Values are Boolean, Long, Double, String, List, and Map. Anything else is a
 * {@link DamagedFile}, and so is a value that is nested deeper than in any file.
 */
final class JsonObject {

  private static final int DEEPEST = 8;

  private final String text;
  private int at;
  private final Map<String, Object> members = new HashMap<>();
  private final Map<String, Integer> starts = new HashMap<>(); // where each member begins

  private JsonObject(String text) {
    this.text = text;
  }

  /**
   * Reads an object.
   *
   * @throws IllegalArgumentException if the text does not begin with one; see {@link DamagedFile}
   */
  static JsonObject parse(String text) {
    try {
      return read(text);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw DamagedFile.because(e);
    }
  }

  private static JsonObject read(String text) {
    JsonObject object = new JsonObject(text);
    object.expect('{');
    while (object.text.charAt(object.at) != '}') {
      int start = object.at;
      String key = object.string();
      object.expect(':');
      object.members.put(key, object.value(DEEPEST));
      object.starts.put(key, start);
      object.skipComma();
    }
    return object;
  }

  boolean has(String key) {
    return members.containsKey(key);
  }

  /** Returns the value of a member; null if there is no such member. */
  Object value(String key) {
    return members.get(key);
  }

  List<?> list(String key) {
    return (List<?>) members.get(key);
  }

  long number(String key) {
    return (Long) members.get(key);
  }

  /** Returns the members before a member, as they are written, without the comma at the end. */
  String textBefore(String key) {
    return text.substring(1, starts.get(key) - 1);
  }

  private Object value(int levels) {
    if (levels == 0) {
      throw new IllegalArgumentException("more than " + DEEPEST + " levels");
    }
    return switch (text.charAt(at)) {
      case '"' -> string();
      case '[' -> {
        List<Object> list = new ArrayList<>();
        for (at++; text.charAt(at) != ']'; skipComma()) {
          list.add(value(levels - 1));
        }
        at++;
        yield list;
      }
      case '{' -> {
        Map<String, Object> map = new HashMap<>();
        for (at++; text.charAt(at) != '}'; skipComma()) {
          String key = string();
          expect(':');
          map.put(key, value(levels - 1));
        }
        at++;
        yield map;
      }
      default -> word();
    };
  }

  private void skipComma() {
    if (text.charAt(at) == ',') {
      at++;
    }
  }

  private void expect(char c) {
    if (text.charAt(at++) != c) {
      throw new IllegalArgumentException("no " + c + " where one belongs");
    }
  }

  private String string() {
    expect('"');
    StringBuilder string = new StringBuilder();
    for (char c = text.charAt(at++); c != '"'; c = text.charAt(at++)) {
      if (c == '\\') {
        expect('u');
        string.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
        at += 4;
      } else {
        string.append(c);
      }
    }
    return string.toString();
  }

  /** Reads a number or a truth value. */
  private Object word() {
    int start = at;
    while (",]}".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    String word = text.substring(start, at);
    if (word.equals("true") || word.equals("false")) {
      return Boolean.valueOf(word);
    }
    return word.matches("-?[0-9]+") ? (Object) Long.valueOf(word) : Double.valueOf(word);
  }
}
