package io.spprof.export;

import java.io.IOException;

/**
 * Writes JSON that can stand inside the script element of an HTML page, whatever its strings
 * contain. The result is ASCII without {@code <}, {@code >} and {@code &}. A string therefore
 * cannot end the element or begin another, and the result is the same in every charset.
 */
final class Json {

  private static final String HEX = "0123456789abcdef";

  private final Appendable out;
  private boolean first = true;

  Json(Appendable out) {
    this.out = out;
  }

  Json beginObject() throws IOException {
    return begin('{');
  }

  Json endObject() throws IOException {
    return end('}');
  }

  Json beginArray() throws IOException {
    return begin('[');
  }

  Json endArray() throws IOException {
    return end(']');
  }

  Json key(String key) throws IOException {
    separate();
    quoted(key);
    out.append(':');
    first = true;
    return this;
  }

  Json value(String value) throws IOException {
    separate();
    quoted(value);
    return this;
  }

  Json value(long value) throws IOException {
    separate();
    out.append(Long.toString(value));
    return this;
  }

  /** Writes a number. NaN and infinity become 0, because JSON does not have them. */
  Json value(double value) throws IOException {
    separate();
    out.append(Double.isFinite(value) ? Double.toString(value) : "0");
    return this;
  }

  Json value(boolean value) throws IOException {
    separate();
    out.append(Boolean.toString(value));
    return this;
  }

  /** Writes members of an object that are JSON already. */
  Json members(String text) throws IOException {
    separate();
    out.append(text);
    return this;
  }

  private Json begin(char bracket) throws IOException {
    separate();
    out.append(bracket);
    first = true;
    return this;
  }

  private Json end(char bracket) throws IOException {
    out.append(bracket);
    first = false;
    return this;
  }

  private void separate() throws IOException {
    if (!first) {
      out.append(',');
    }
    first = false;
  }

  private void quoted(String text) throws IOException {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&') {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
          out.append(HEX.charAt(c >> shift & 0xF));
        }
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
