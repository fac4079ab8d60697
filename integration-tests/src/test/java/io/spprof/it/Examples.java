package io.spprof.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the example files from pages of docs. Each example is a code block below a comment that
 * contains the name of its file. Where a test uses passwords, the password of a JMX role is the
 * role's name.
 */
final class Examples {

  private static final Pattern BLOCK =
      Pattern.compile("<!-- (\\S+) -->\\n```\\w*\\n(.*?)```", Pattern.DOTALL);

  private Examples() {}

  /** The text of an example of monitoring.md. */
  static String text(String name) throws IOException {
    return text("monitoring.md", name);
  }

  /** The text of an example of a page. */
  static String text(String page, String name) throws IOException {
    Matcher block = BLOCK.matcher(Files.readString(docs().resolve(page)));
    while (block.find()) {
      if (block.group(1).equals(name)) {
        return withPasswords(block.group(2));
      }
    }
    throw new AssertionError("docs/" + page + " has no " + name);
  }

  /** The directory with the files beside the page. */
  static Path docs() {
    return TestPaths.project().resolve("docs");
  }

  /** Writes an example into a file that only its owner can read. */
  static Path write(Path directory, String name) throws IOException {
    return write(directory, name, text(name));
  }

  /** Writes a file that only its owner can read. */
  static Path write(Path directory, String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, text);
  }

  private static String withPasswords(String text) {
    return text.replace("MONITOR_PASSWORD", "monitor").replace("CONTROL_PASSWORD", "control");
  }
}
