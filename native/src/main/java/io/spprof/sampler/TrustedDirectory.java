package io.spprof.sampler;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Whether a directory is a place for files that nobody else may replace: a directory and not a link
 * to one, owned by this JVM's user or by root, and not writable by anybody else unless it is sticky
 * (as {@code /tmp} is). Whoever can write to a directory that is not sticky can rename what we make
 * there and put another file or link in its place.
 */
public final class TrustedDirectory {

  private static final int TYPE = 0170000;
  private static final int LINK = 0120000;
  private static final int DIRECTORY = 0040000;
  private static final int STICKY = 01000;
  private static final int OTHERS_WRITE = 0022;

  private TrustedDirectory() {}

  /**
   * Checks a directory. Symbolic links above it are followed.
   *
   * @param path an absolute path
   * @return "" if it can be trusted; else the path, the rule that it breaks, and the remedy
   * @throws NoSuchFileException if there is nothing
   * @throws IOException if it cannot be looked at
   */
  public static String problem(Path path) throws IOException {
    if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
          ? ""
          : path + " is not a directory; name one";
    }
    Map<String, Object> status =
        Files.readAttributes(path, "unix:mode,uid", LinkOption.NOFOLLOW_LINKS);
    return problem(path, (int) status.get("mode"), (int) status.get("uid"), ownUid());
  }

  /** The rules, for any owner. */
  static String problem(Path path, int mode, int owner, int self) throws IOException {
    int type = mode & TYPE;
    if (type == LINK) {
      return path
          + " is a link, which may lead elsewhere later; name the directory itself ("
          + Files.readSymbolicLink(path)
          + ")";
    }
    if (type != DIRECTORY) {
      return path + " is not a directory; name one";
    }
    if (owner != 0 && owner != self) {
      return path
          + " belongs to another user (uid "
          + owner
          + "; this JVM's is "
          + self
          + "); name a directory that this JVM's user or root owns";
    }
    if ((mode & OTHERS_WRITE) != 0 && (mode & STICKY) == 0) {
      return path
          + " can be written to by others (mode "
          + Integer.toOctalString(mode & 07777)
          + "); run 'chmod go-w "
          + path
          + "', or name a directory in it that does not exist yet, which is then made for this"
          + " JVM's user only";
    }
    return "";
  }

  /** The effective user id, where it can be found out; else that of a file that we make. */
  private static int ownUid() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("Uid:")) {
          return Integer.parseUnsignedInt(line.split("\\s+")[2]);
        }
      }
    }
    Path probe = TemporaryDirectory.makeIn(TemporaryDirectory.path(), "spprof-");
    try {
      return (int) Files.getAttribute(probe, "unix:uid");
    } finally {
      Files.delete(probe);
    }
  }
}
