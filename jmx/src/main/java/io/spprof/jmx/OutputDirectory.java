package io.spprof.jmx;

import io.spprof.export.ExportFormat;
import io.spprof.sampler.TemporaryDirectory;
import io.spprof.sampler.TrustedDirectory;
import io.spprof.text.Printable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.apache.commons.lang3.CharUtils;
import org.apache.commons.lang3.StringUtils;

/**
 * The only directory in which a management client can make files. The operator chooses the
 * directory before the MBean exists. A client chooses only the base name of a file, so it cannot
 * leave the directory. Nor can it change an existing file:
 *
 * <p>A file is created under its final name with {@code O_EXCL}. The kernel then refuses a name
 * that exists, even if the name is a dangling link. Check and creation are one system call, so no
 * other process can come between them. If writing fails, the file is deleted again. The
 * disadvantage: a process that is killed while it writes leaves a partial file. The alternatives
 * are worse. A rename from a temporary name replaces an existing file. A hard link from a temporary
 * name does not replace a file, but many network, FUSE and container file systems have no hard
 * links.
 */
final class OutputDirectory {

  /** Writes the content of a file. */
  @FunctionalInterface
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /** Opens a new file. A test replaces the opener to simulate a full disk. */
  @FunctionalInterface
  interface Opener {
    OutputStream open(Path file) throws IOException;
  }

  static final int MAX_NAME = 128;

  /** The directory that the operator chose; null for a temporary one. */
  private final Path chosen;

  /** The temporary directory; null until the first dump. Guarded by this. */
  private Path temporary;

  /**
   * Whether a dump may make the chosen directory if it is missing. True if the directory did not
   * exist when it was chosen. A directory that did exist belongs to the operator. It may be the
   * empty mount point of a volume, so a dump must not make it again.
   */
  private final boolean ours;

  private final Opener opener;

  private OutputDirectory(Path chosen, boolean ours, Opener opener) {
    this.chosen = chosen;
    this.ours = ours;
    this.opener = opener;
  }

  /**
   * Uses a new directory below {@code java.io.tmpdir}, which only this user can enter. The first
   * dump makes the directory. A later dump makes another one if a cleaner has removed it. The name
   * is unpredictable, because another user could take a fixed name first.
   */
  static OutputDirectory temporary() {
    return new OutputDirectory(null, true, OutputDirectory::create);
  }

  /**
   * Uses the directory that the operator chose. If the directory does not exist, a dump makes it. A
   * dump does not make its parents.
   */
  static OutputDirectory at(Path directory) {
    return at(directory, OutputDirectory::create);
  }

  static OutputDirectory at(Path directory, Opener opener) {
    Path absolute = directory.toAbsolutePath().normalize();
    return new OutputDirectory(absolute, Files.notExists(absolute), opener);
  }

  /**
   * Checks a directory that an operator chose, as far as possible before the first dump. Each dump
   * checks the directory again, because somebody else can make a directory that does not exist yet.
   *
   * @return "" if there is no problem; otherwise the path, the rule that it breaks, and the remedy
   */
  static String problem(Path directory) {
    return problem(directory, true);
  }

  /**
   * Checks a directory.
   *
   * @param written whether files will be written into it; false if it is only read
   * @return "" if there is no problem; otherwise the path, the rule that it breaks, and the remedy
   */
  static String problem(Path directory, boolean written) {
    Path absolute = directory.toAbsolutePath().normalize();
    try {
      String untrusted = TrustedDirectory.problem(absolute);
      return untrusted.isEmpty() && written ? writable(absolute) : untrusted;
    } catch (NoSuchFileException e) {
      Path parent = absolute.getParent();
      return Files.isDirectory(parent)
          ? writable(parent)
          : absolute + " cannot be made because " + parent + " is no directory; make that first";
    } catch (IOException e) {
      return absolute + " cannot be used (" + e + "); name a directory";
    }
  }

  /**
   * Checks the place in which the first dump will make the temporary directory.
   *
   * @return "" if there is no problem; otherwise the path, the rule that it breaks, and the remedy
   */
  static String problemOfTemporary() {
    Path parent = TemporaryDirectory.path();
    return Files.isDirectory(parent)
        ? writable(parent)
        : parent + " is no directory; make it, or name another directory";
  }

  private static String writable(Path directory) {
    return Files.isWritable(directory) && Files.isExecutable(directory)
        ? ""
        : directory
            + " cannot be written to by this JVM's user; set its permissions or name another"
            + " directory";
  }

  /**
   * Writes a new file.
   *
   * @return the absolute path of the file
   * @throws IllegalArgumentException if the name is not allowed; nothing was touched
   * @throws IOException if the name is taken or the file cannot be written; no partial file is left
   */
  Path write(String fileName, Content content) throws IOException {
    check(fileName);
    Path file = directory().resolve(fileName);
    OutputStream stream;
    try {
      stream = opener.open(file);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(
          file + " exists already and is not overwritten; choose another name, or delete it", e);
    } catch (NoSuchFileException e) {
      throw gone(file.getParent(), e);
    } catch (IOException e) {
      throw new IOException("cannot create " + reason(file, e), e);
    }
    boolean complete = false;
    try (OutputStream out = stream) {
      content.writeTo(out);
      complete = true;
    } catch (IOException e) {
      complete = false;
      throw new IOException("cannot write " + reason(file, e), e);
    } finally {
      if (!complete) {
        Files.deleteIfExists(file);
      }
    }
    return file;
  }

  /**
   * Checks the name of a file that a client wants to write.
   *
   * @throws IllegalArgumentException if the name is not allowed
   */
  static void check(String fileName) {
    if (StringUtils.isEmpty(fileName)) {
      throw new IllegalArgumentException("the file name is empty; " + allowed());
    }
    boolean valid =
        fileName.length() <= MAX_NAME
            && CharUtils.isAsciiAlphanumeric(fileName.charAt(0))
            && !fileName.contains("..");
    for (int i = 0; valid && i < fileName.length(); i++) {
      char c = fileName.charAt(i);
      valid = CharUtils.isAsciiAlphanumeric(c) || c == '.' || c == '_' || c == '-';
    }
    if (!valid || ExportFormat.ofFileName(fileName) == null) {
      throw new IllegalArgumentException(
          "file name '" + Printable.of(fileName) + "' refused; " + allowed());
    }
  }

  private static String allowed() {
    return "a name is a base name of ASCII letters, digits, '.', '_' and '-', begins with a letter"
        + " or digit, has no '..', is at most "
        + MAX_NAME
        + " long, and ends in one of "
        + ExportFormat.suffixes();
  }

  private static String reason(Path file, IOException e) {
    return file
        + ": "
        + StringUtils.defaultIfBlank(e.getMessage(), e.getClass().getSimpleName())
        + "; no file is left and the profile is kept: make room or set permissions and try again,"
        + " or start the JVM with another dir=PATH";
  }

  private static IOException gone(Path directory, IOException e) {
    return new IOException(
        directory + " is gone; make it again, or start the JVM with another dir=PATH", e);
  }

  /**
   * Returns the directory to write into, after making it if necessary and checking that no other
   * user can write to it.
   */
  private synchronized Path directory() throws IOException {
    if (chosen == null) {
      return isStillOurs(temporary) ? temporary : make();
    }
    Path directory = chosen;
    if (ours && Files.notExists(directory, LinkOption.NOFOLLOW_LINKS)) {
      directory = make();
    }
    String untrusted;
    try {
      untrusted = TrustedDirectory.problem(directory);
    } catch (NoSuchFileException e) {
      throw gone(directory, e);
    }
    if (!untrusted.isEmpty()) {
      throw new IOException(untrusted + ", and start the JVM with dir=PATH if it is another one");
    }
    return directory;
  }

  /**
   * Returns whether the temporary directory still belongs to this JVM. A cleaner can have removed
   * the directory, and another user can have made a directory with the same name.
   */
  private static boolean isStillOurs(Path made) throws IOException {
    return made != null
        && Files.exists(made, LinkOption.NOFOLLOW_LINKS)
        && TrustedDirectory.problemOfItself(made).isEmpty();
  }

  private Path make() throws IOException {
    Path parent = chosen == null ? TemporaryDirectory.path() : chosen.getParent();
    Path directory =
        chosen == null
            ? TemporaryDirectory.unforeseen(parent, "spprof-" + ProcessHandle.current().pid() + "-")
            : chosen;
    try {
      TemporaryDirectory.make(directory);
    } catch (IOException e) {
      throw new IOException(
          "cannot make the output directory "
              + (chosen == null ? "in " + parent : chosen)
              + " ("
              + e
              + "); make it, or start the JVM with another dir=PATH",
          e);
    }
    temporary = directory;
    return directory;
  }

  private static OutputStream create(Path file) throws IOException {
    return Channels.newOutputStream(
        Files.newByteChannel(
            file,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
            forThisUser(file)));
  }

  private static FileAttribute<?>[] forThisUser(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }
}
