package io.spprof.sampler;

import java.io.File;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file in memory (memfd_create). The native library is loaded from such a file if no directory
 * can be used.
 *
 * <p>The library is the first native code that the profiler loads. The JVM itself must therefore be
 * able to call memfd_create. JDK 22 and later can do this with the foreign function interface, and
 * JDK 21 with the preview of this interface. The interface is called by reflection, because the
 * profiler is compiled for JDK 17. (JNA does not help: it would first have to unpack its own
 * library into a directory.)
 *
 * <p>The file of a loaded library stays open. glibc identifies a library by the path from which it
 * was loaded, here {@code /proc/PID/fd/N}, even after the descriptor N was closed. After a close,
 * another file could get the number N, and glibc could mistake it for the library. While the file
 * is open, a redeployed application finds the file by its name, loads from the same path, and gets
 * the existing mapping.
 */
final class MemoryFile {

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final int MFD_CLOEXEC = 1;
  private static final String API = "java.lang.foreign.";

  private MemoryFile() {}

  /**
   * Finds an open file in memory by its name.
   *
   * @param name the name with which memfd_create was called
   * @return the file's path; null if this process has no such file open
   */
  static Path find(String name) {
    String[] descriptors = DESCRIPTORS.toFile().list();
    for (String descriptor : descriptors == null ? new String[0] : descriptors) {
      Path path = DESCRIPTORS.resolve(descriptor);
      try {
        if (Files.readSymbolicLink(path).toString().equals("/memfd:" + name + " (deleted)")) {
          return path;
        }
      } catch (IOException e) {
        // The descriptor was closed after it was listed.
      }
    }
    return null;
  }

  /**
   * Creates a file in memory with the given content.
   *
   * @param name the file's name in {@code /proc}, ASCII
   * @param content the file's bytes
   * @return the file's path, valid until {@link #close}
   * @throws IOException if this JVM or the system cannot create the file; the message gives the
   *     reason
   */
  static Path make(String name, byte[] content) throws IOException {
    int descriptor = create(name);
    if (descriptor < 0) {
      throw new IOException("the system refuses memfd_create");
    }
    Path path = DESCRIPTORS.resolve(Integer.toString(descriptor));
    try {
      Files.write(path, content);
      return path;
    } catch (IOException e) {
      close(path);
      throw e;
    }
  }

  /**
   * Closes a file that {@link #make} has created. No library may have been loaded from the file.
   */
  static void close(Path path) {
    try {
      call("close", new Class<?>[] {int.class}, Integer.parseInt(new File("" + path).getName()));
    } catch (IOException e) {
      // This call uses the same interface as the call that created the file, so it does not fail.
      // If it failed, the descriptor would stay open.
    }
  }

  private static int create(String name) throws IOException {
    try {
      Class<?> arenaType = Class.forName(API + "Arena");
      try (AutoCloseable arena = (AutoCloseable) arenaType.getMethod("ofConfined").invoke(null)) {
        byte[] bytes = (name + '\0').getBytes(StandardCharsets.US_ASCII);
        Object segment =
            arenaType.getMethod("allocate", long.class).invoke(arena, (long) bytes.length);
        Class<?> segmentType = Class.forName(API + "MemorySegment");
        ((ByteBuffer) segmentType.getMethod("asByteBuffer").invoke(segment)).put(bytes);
        return call("memfd_create", new Class<?>[] {segmentType, int.class}, segment, MFD_CLOEXEC);
      }
    } catch (ClassNotFoundException e) {
      throw new IOException("a JVM before JDK 21 cannot call memfd_create", e);
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("cannot call memfd_create: " + e, e);
    }
  }

  /** Calls a C function that returns an int. Its parameters are ints and addresses. */
  private static int call(String function, Class<?>[] parameters, Object... arguments)
      throws IOException {
    try {
      Class<?> linkerType = Class.forName(API + "Linker");
      Class<?> layoutType = Class.forName(API + "MemoryLayout");
      Class<?> layouts = Class.forName(API + "ValueLayout");
      Class<?> descriptorType = Class.forName(API + "FunctionDescriptor");
      Object anInt = layouts.getField("JAVA_INT").get(null);
      Object anAddress = layouts.getField("ADDRESS").get(null);
      Object parameterLayouts = Array.newInstance(layoutType, parameters.length);
      for (int i = 0; i < parameters.length; i++) {
        Array.set(parameterLayouts, i, parameters[i] == int.class ? anInt : anAddress);
      }
      Object descriptor =
          descriptorType
              .getMethod("of", layoutType, parameterLayouts.getClass())
              .invoke(null, anInt, parameterLayouts);
      Object linker = linkerType.getMethod("nativeLinker").invoke(null);
      Object lookup = linkerType.getMethod("defaultLookup").invoke(linker);
      Optional<?> symbol =
          (Optional<?>)
              Class.forName(API + "SymbolLookup")
                  .getMethod("find", String.class)
                  .invoke(lookup, function);
      if (symbol.isEmpty()) {
        throw new IOException("the C library has no " + function);
      }
      Object noOptions = Array.newInstance(Class.forName(API + "Linker$Option"), 0);
      MethodHandle handle =
          (MethodHandle)
              linkerType
                  .getMethod(
                      "downcallHandle",
                      Class.forName(API + "MemorySegment"),
                      descriptorType,
                      noOptions.getClass())
                  .invoke(linker, symbol.get(), descriptor, noOptions);
      return (int) handle.invokeWithArguments(arguments);
    } catch (IOException e) {
      throw e;
    } catch (Throwable t) { // reflection and a method handle may throw anything
      throw new IOException("cannot call " + function + ": " + rootCause(t), t);
    }
  }

  private static Throwable rootCause(Throwable t) {
    Throwable root = t;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }
}
