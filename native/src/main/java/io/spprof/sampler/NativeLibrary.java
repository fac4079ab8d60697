package io.spprof.sampler;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import org.apache.commons.lang3.StringUtils;

/**
 * Finds the native library for this platform, unpacks it to a name of its own (the JVM refuses to
 * load one file for two class loaders), loads it, and removes the file again. JNA does the first
 * two and is itself loaded here, at the first session: it costs tens of milliseconds.
 */
final class NativeLibrary {

  private static final String TEMP_DIR_PROPERTY = "jna.tmpdir";

  private static boolean loaded;

  private NativeLibrary() {}

  /**
   * Whether the jar has a library for this platform, asked without JNA: it is asked at start-up.
   *
   * @return "" if it has one, else what is missing
   */
  static String unavailable() {
    String os = StringUtils.defaultString(System.getProperty("os.name"));
    String arch = StringUtils.defaultString(System.getProperty("os.arch"));
    // As JNA's Platform.RESOURCE_PREFIX has it.
    String platform =
        (os.startsWith("Mac") ? "darwin" : os.toLowerCase(Locale.ROOT))
            + "-"
            + ("amd64".equals(arch) || "x86_64".equals(arch) ? "x86-64" : arch);
    return NativeLibrary.class.getResource(resource(platform)) == null ? missing(platform) : "";
  }

  private static String resource(String platform) {
    return "/io/spprof/sampler/" + platform + "/" + System.mapLibraryName("spprof");
  }

  private static String missing(String platform) {
    return "this jar has no native library for "
        + platform
        + "; use a jar that was built for it (see README: platforms)";
  }

  /**
   * Loads the library, once.
   *
   * @throws SamplerException if there is none for this platform, or the system refuses to load it
   */
  static synchronized void load() throws SamplerException {
    if (loaded) {
      return;
    }
    Path directory;
    try {
      directory = Files.createTempDirectory("spprof-");
    } catch (IOException e) {
      throw new SamplerException(
          "no temporary directory for the native library ("
              + e
              + "); make -Djava.io.tmpdir point to a directory that can be written to");
    }
    try {
      loadFrom(directory);
      loaded = true;
    } finally {
      delete(directory);
    }
  }

  private static void loadFrom(Path directory) throws SamplerException {
    // JNA unpacks its own library into this directory, too, instead of one in the user's home that
    // it
    // leaves behind. Whatever the application set for its JNA stands.
    boolean ours = System.getProperty(TEMP_DIR_PROPERTY) == null;
    if (ours) {
      System.setProperty(TEMP_DIR_PROPERTY, directory.toString());
    }
    try {
      System.load(unpack(directory).toString());
    } catch (IOException e) {
      throw new SamplerException(missing(Platform.RESOURCE_PREFIX));
    } catch (LinkageError e) {
      throw new SamplerException(
          "the native library could not be loaded: "
              + e.getMessage()
              + "; if "
              + directory.getParent()
              + " is mounted noexec, make -Djava.io.tmpdir point elsewhere");
    } finally {
      if (ours) {
        System.clearProperty(TEMP_DIR_PROPERTY);
      }
    }
  }

  private static Path unpack(Path directory) throws IOException {
    String name = System.mapLibraryName("spprof");
    String resource = "/io/spprof/sampler/" + Platform.RESOURCE_PREFIX + "/" + name;
    File found = Native.extractFromResourcePath(resource, NativeLibrary.class.getClassLoader());
    Path library = directory.resolve(name);
    if (found.toPath().startsWith(directory)) {
      Files.move(found.toPath(), library);
    } else {
      // From a directory of classes JNA hands out the original, and from elsewhere its own copy.
      Files.copy(found.toPath(), library);
    }
    return library;
  }

  /** On Linux and macOS a mapped library needs its file no more. */
  private static void delete(Path directory) {
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
              Files.delete(dir);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // The system's temporary directory is swept by the system; the profiler can do its work.
    }
  }
}
