package io.spprof.export;

import java.io.IOException;

/** An output whose writes fail, as they do on a full disk. */
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
