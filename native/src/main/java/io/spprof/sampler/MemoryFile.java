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
 * A file in memory (memfd_create), from which a library can be loaded where no directory can be
 * used. The first native code of a process is what this loads, so the call needs a JVM that can
 * make it by itself: the foreign function interface of JDK 22 and later, and its preview in 21. It
 * is called by reflection because the profiler is compiled for 17. (JNA is no way: it has to unpack
 * its own library to a directory first.)
 *
 * <p>A library in use keeps its file open. glibc knows a library by the path that it was loaded
 * from, {@code /proc/PID/fd/N} here, even after the descriptor was closed. Were it closed, another
 * file with the same number could be taken for this one; as long as it is open, a redeployment
 * finds the file by its name, loads from the same path, and gets the mapping that is there.
 */
final class MemoryFile {

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final int MFD_CLOEXEC = 1;
  private static final String API = "java.lang.foreign.";

  private MemoryFile() {}

  /**
   * The open file of that name.
   *
   * @param name what memfd_create was called with
   * @return null if there is none
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
        // Closed meanwhile.
      }
    }
    return null;
  }

  /**
   * Makes a file with a content.
   *
   * @param name what it is called in {@code /proc}, ASCII
   * @param content its bytes
   * @return its path, valid until {@link #close}
   * @throws IOException if this JVM or the system cannot do it; the message gives the reason
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

  /** Closes a file that {@link #make} has made and that no library was loaded from. */
  static void close(Path path) {
    try {
      call("close", new Class<?>[] {int.class}, Integer.parseInt(new File("" + path).getName()));
    } catch (IOException e) {
      // It was made by the same means, so this does not happen; if it did, a descriptor stays.
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

  /** Calls a C function that returns an int; parameters are ints and addresses. */
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
    } catch (Throwable t) { // whatever reflection and a method handle may throw
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
