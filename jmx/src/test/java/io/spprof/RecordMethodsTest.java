package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.jmx.WholeSession;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks that the profiler never calls the methods {@code equals}, {@code hashCode} and {@code
 * toString} that the compiler adds to a record. Before JDK 20, the handles from which the JDK makes
 * them remember, strongly, the types for which they were last adapted: the record and the types of
 * its components ({@code MethodHandle.asTypeCache}). Such a call keeps our class loader alive,
 * after the application that contains the profiler was undeployed.
 */
class RecordMethodsTest {

  @TempDir Path folder;

  @Test
  void shouldNotCallTheGeneratedMethodsOfRecords() throws Exception {
    Class<?> session = new Loader().loadClass(WholeSession.class.getName());
    RecordedObjectMethods.MADE.clear();
    try {
      session.getMethod("run", Path.class).invoke(null, folder);
    } catch (InvocationTargetException e) {
      // For example, a program for the small library is not installed: the test is skipped.
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
    assertEquals(Set.of(), RecordedObjectMethods.MADE);
  }

  @Test
  void shouldNoticeSuchACall() throws Exception {
    Class<?> session = new Loader().loadClass(WholeSession.class.getName());
    session.getMethod("compareRecords").invoke(null);
    assertEquals(Set.of("io.spprof.profile.HotMethod.equals"), RecordedObjectMethods.MADE);
  }

  /** Loads our classes anew, with {@link RecordedObjectMethods} in the place of the JDK's class. */
  private static final class Loader extends ClassLoader {

    private static final String FROM = "java/lang/runtime/ObjectMethods";
    private static final String TO = RecordedObjectMethods.class.getName().replace('.', '/');

    Loader() {
      super(RecordMethodsTest.class.getClassLoader());
      assertEquals(FROM.length(), TO.length());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        if (!name.startsWith("io.spprof.") || name.equals(RecordedObjectMethods.class.getName())) {
          return super.loadClass(name, resolve);
        }
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? define(name) : loaded;
      }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes =
            new String(in.readAllBytes(), StandardCharsets.ISO_8859_1)
                .replace(FROM, TO)
                .getBytes(StandardCharsets.ISO_8859_1);
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
