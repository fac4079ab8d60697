package io.spprof.export;

import java.io.IOException;

/** An output that throws an exception as a full disk does. */
final class FullAppendable implements Appendable {

  @Override
  public Appendable append(CharSequence text) throws IOException {
    throw new IOException("no room");
  }

  @Override
  public Appendable append(CharSequence text, int start, int end) throws IOException {
    throw new IOException("no room");
  }

  @Override
  public Appendable append(char c) throws IOException {
    throw new IOException("no room");
  }
}
