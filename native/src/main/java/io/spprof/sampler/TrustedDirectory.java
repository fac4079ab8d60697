package io.spprof.sampler;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * Checks that no other user can replace files in a directory. "Other" means: neither this JVM's
 * user nor root.
 *
 * <p>The directory must not be a link. The directory and each directory above it must belong to
 * this JVM's user or to root. Group and others must have no right to write to it, unless it is
 * sticky (as {@code /tmp} is): in a sticky directory, only the owner of a file may rename or delete
 * the file. The exception for sticky directories holds for the directory itself, too. So another
 * user may be able to add files to a trusted directory, but not to replace ours.
 *
 * <p>A directory above may be reached by a link (as {@code /var/run} is). The link must belong to
 * this JVM's user or to root, and the same rules apply to the path of its target.
 */
public final class TrustedDirectory {

  private static final int TYPE = 0170000;
  private static final int LINK = 0120000;
  private static final int DIRECTORY = 0040000;
  private static final int STICKY = 01000;
  private static final int OTHERS_WRITE = 0022;

  /** The maximum number of links on one way, as in Linux. */
  private static final int MOST_LINKS = 40;

  /** The status of a file. The file may be a link, which is not followed. */
  private record Status(int mode, int owner) {

    static Status of(Path path) throws IOException {
      Map<String, Object> status =
          Files.readAttributes(path, "unix:mode,uid", LinkOption.NOFOLLOW_LINKS);
      return new Status((int) status.get("mode"), (int) status.get("uid"));
    }

    boolean isLink() {
      return (mode & TYPE) == LINK;
    }
  }

  private TrustedDirectory() {}

  /**
   * Checks a directory and the way to it.
   *
   * @param path an absolute path
   * @return "" if the directory can be trusted; else the offending file, the rule that it breaks,
   *     and the remedy
   * @throws NoSuchFileException if the directory or a part of the way to it does not exist
   * @throws IOException if the directory cannot be examined
   */
  public static String problem(Path path) throws IOException {
    if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return withoutOwners(path);
    }
    int self = ownUid();
    Deque<Path> left = new ArrayDeque<>();
    path.forEach(left::add);
    Path at = path.getRoot();
    Status root = Status.of(at);
    String problem = problem(at, root.mode(), root.owner(), self);
    int links = 0;
    while (problem.isEmpty() && !left.isEmpty()) {
      Path name = left.remove();
      if (name.toString().equals("..")) {
        at = at.getParent() == null ? at : at.getParent();
        continue;
      }
      Path next = at.resolve(name).normalize();
      Status status = Status.of(next);
      if (!status.isLink() || left.isEmpty()) {
        problem = problem(next, status.mode(), status.owner(), self);
        at = next;
      } else if (status.owner() != 0 && status.owner() != self) {
        problem = ofAnother(next + " is a link that", status.owner(), self);
      } else if (++links > MOST_LINKS) {
        throw new FileSystemLoopException(path.toString());
      } else {
        Path target = Files.readSymbolicLink(next);
        at = target.isAbsolute() ? target.getRoot() : at;
        List<Path> names = new ArrayList<>();
        target.forEach(names::add);
        Collections.reverse(names);
        names.forEach(left::addFirst);
      }
    }
    return problem;
  }

  /**
   * Checks a directory but not the way to it.
   *
   * @param path an absolute path
   * @return as {@link #problem(Path)}
   * @throws NoSuchFileException if the directory does not exist
   * @throws IOException if the directory cannot be examined
   */
  public static String problemOfItself(Path path) throws IOException {
    if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return withoutOwners(path);
    }
    Status status = Status.of(path);
    return problem(path, status.mode(), status.owner(), ownUid());
  }

  /**
   * Checks a file in a directory that can be trusted.
   *
   * @param path an absolute path
   * @return "" if nobody else can change the file; else the rule that it breaks, and the remedy
   * @throws IOException if the file cannot be examined
   */
  static String problemOfFile(Path path) throws IOException {
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      return path + " is not a file";
    }
    if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return "";
    }
    Status status = Status.of(path);
    int self = ownUid();
    if (status.owner() != 0 && status.owner() != self) {
      return ofAnother(path.toString(), status.owner(), self);
    }
    return (status.mode() & OTHERS_WRITE) == 0
        ? ""
        : path + " can be written to by others; run 'chmod go-w " + path + "'";
  }

  private static String withoutOwners(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
        ? ""
        : path + " is not a directory; name one";
  }

  /** Applies the rules for a directory to a given mode and owner. */
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
      return ofAnother(path.toString(), owner, self);
    }
    if ((mode & OTHERS_WRITE) != 0 && (mode & STICKY) == 0) {
      return path
          + " can be written to by others (mode "
          + Integer.toOctalString(mode & 07777)
          + "), who could replace what is in it; run 'chmod go-w "
          + path
          + "', or name a directory that is not in it";
    }
    return "";
  }

  private static String ofAnother(String what, int owner, int self) {
    return what
        + " belongs to another user (uid "
        + owner
        + "; this JVM's is "
        + self
        + "), who could replace what it leads to; name a directory that only this JVM's user and"
        + " root can change the way to";
  }

  /**
   * Returns the effective user id of this process. If the system does not show it, returns the
   * owner of a file that this JVM creates for this purpose.
   */
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
