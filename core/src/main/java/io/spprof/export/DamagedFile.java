package io.spprof.export;

/** Makes the exception for a file whose content no exporter writes. */
final class DamagedFile {

  private DamagedFile() {}

  /** Returns the exception. Its message is the end of a sentence whose subject is the file. */
  static IllegalArgumentException because(Throwable cause) {
    return new IllegalArgumentException("is damaged, or of another version of spprof", cause);
  }
}
