package io.spprof.agent;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;

/**
 * Keeps the profiler's classes and the application's classes apart. It loads the profiler and the
 * profiler's libraries from a folder inside the agent's jar, which the application's class loaders
 * do not search. Its parent in an agent is the platform class loader, so it finds no class of the
 * application. The profiler and the application can therefore have their own versions of JNA or
 * Commons Lang. (The command line runs in a JVM of its own, and uses the loader of {@link Agent} as
 * the parent.) JNA keeps its package name, because its native library is bound to this name.
 *
 * <p>The JVM may run longer than the jar exists: an upgrade may overwrite the file in place, and
 * then nothing can be read from it any more. {@link #holdBean} therefore reads into memory the
 * classes with which the bean of an idle agent answers. {@link #run} reads the classes and
 * resources that a session, its exports and its end can need. A class in neither set is read from
 * the jar when it is needed. The loader refuses an entry whose bytes differ from those that the jar
 * had when it was opened; the exception gives this reason.
 *
 * <p>A URLClassLoader could also read from such a folder, but only through the JVM's {@code jar:}
 * handler and its cache. An application can replace the handler and switch off the cache.
 */
final class IsolatedClassLoader extends ClassLoader implements Closeable, Runnable {

  static {
    registerAsParallelCapable();
  }

  /** The folder in the jar that holds the isolated classes. */
  static final String FOLDER = "isolated/";

  /** Contains classes, and a folder with a library for each platform. */
  private static final String SAMPLER = "io/spprof/sampler/";

  /**
   * Entries that are never read ahead: the clients, which run in JVMs of their own; and JNA,
   * without which some messages only have fewer details. An entry belongs to this set if its name
   * begins with one of these strings. The native library, which is loaded once, is not read ahead
   * either ({@link #isLibrary}).
   */
  private static final String[] LEFT = {
    "io/spprof/cli/", "io/spprof/console/", "picocli/", "com/sun/jna/", "META-INF/"
  };

  /**
   * Entries with which the bean answers before the first session, also when it reports why a
   * session cannot start: the classes directly in these packages, and the classes that parse
   * options. An entry belongs to this set if it is a class and its name consists of one of these
   * strings and a rest without a slash.
   */
  private static final String[] BEAN = {
    "io/spprof/",
    "io/spprof/budget/",
    "io/spprof/config/",
    "io/spprof/jmx/",
    "io/spprof/profile/",
    SAMPLER,
    "io/spprof/session/",
    "io/spprof/text/",
    "org/apache/commons/lang3/ArrayUtils",
    "org/apache/commons/lang3/Char",
    "org/apache/commons/lang3/StringUtils"
  };

  private static final String CLASS = ".class";

  private static final String UTILITIES = "org/apache/commons/lang3/";

  /**
   * The part of Commons Lang that the profiler uses: StringUtils, CharUtils and the classes that
   * they refer to. An entry belongs to this part if its name begins with one of these strings.
   */
  private static final String[] USED_UTILITIES = {
    UTILITIES + "Array",
    UTILITIES + "Char",
    UTILITIES + "LocaleUtils",
    UTILITIES + "ObjectUtils",
    UTILITIES + "RegExUtils",
    UTILITIES + "String",
    UTILITIES + "Validate"
  };

  private final JarFile jar;
  private final String baseUrl;
  private final ProtectionDomain domain;

  /**
   * The bytes of entries that were read ahead, by entry name. Loading a class removes its entry.
   */
  private final Map<String, byte[]> held = new ConcurrentHashMap<>();

  /** The entries that {@link #run} will read into memory; guarded by this. */
  private final List<JarEntry> needed = new ArrayList<>();

  /**
   * Opens the jar for an agent. The loader sees no class of the application.
   *
   * @throws IOException if the jar cannot be read
   */
  IsolatedClassLoader(File file) throws IOException {
    this(file, getPlatformClassLoader());
  }

  /**
   * Opens the jar.
   *
   * @param parent the parent loader, whose classes this loader also sees
   * @throws IOException if the jar cannot be read
   */
  IsolatedClassLoader(File file, ClassLoader parent) throws IOException {
    super("spprof", parent);
    URL url = file.toURI().toURL();
    this.jar = new JarFile(file, false);
    this.baseUrl = "jar:" + url + "!/" + FOLDER;
    this.domain = new ProtectionDomain(new CodeSource(url, (Certificate[]) null), null, this, null);
  }

  /**
   * Reads into memory the classes with which the bean of an idle agent answers. Must be called
   * once, before {@link #run}.
   *
   * @throws IllegalStateException if the jar has changed since it was opened
   */
  synchronized void holdBean() {
    List<JarEntry> now = new ArrayList<>();
    Enumeration<JarEntry> entries = jar.entries();
    while (entries.hasMoreElements()) {
      JarEntry entry = entries.nextElement();
      String path = entry.getName();
      if (path.startsWith(FOLDER) && !entry.isDirectory()) {
        String name = entryName(path);
        if (isOfBean(name)) {
          now.add(entry);
        } else if (isNeeded(name)) {
          needed.add(entry);
        }
      }
    }
    hold(now);
  }

  /**
   * Reads into memory what sessions will need. A second call does nothing.
   *
   * @throws IllegalStateException if the jar has changed since it was opened
   */
  @Override
  public synchronized void run() {
    hold(needed);
    needed.clear();
  }

  /**
   * Reads entries into memory, all or none of them. Leaves out the classes that are already loaded.
   */
  private void hold(List<JarEntry> wanted) {
    Map<String, byte[]> all = new HashMap<>();
    for (JarEntry entry : wanted) {
      String name = entryName(entry.getName());
      try {
        if (!name.endsWith(CLASS) || findLoadedClass(className(name)) == null) {
          all.put(name, read(entry));
        }
      } catch (IOException e) {
        throw new IllegalStateException(e.getMessage(), e);
      }
    }
    held.putAll(all);
  }

  private static boolean isOfBean(String name) {
    for (String beginning : BEAN) {
      if (name.startsWith(beginning) && name.indexOf('/', beginning.length()) < 0) {
        return name.endsWith(CLASS);
      }
    }
    return false;
  }

  private static boolean isNeeded(String name) {
    return name.startsWith(UTILITIES)
        ? beginsWithOne(USED_UTILITIES, name)
        : !beginsWithOne(LEFT, name) && !isLibrary(name);
  }

  private static boolean isLibrary(String name) {
    return name.startsWith(SAMPLER) && !name.endsWith(CLASS);
  }

  private static boolean beginsWithOne(String[] beginnings, String name) {
    for (String beginning : beginnings) {
      if (name.startsWith(beginning)) {
        return true;
      }
    }
    return false;
  }

  private static String entryName(String path) {
    return path.substring(FOLDER.length());
  }

  private static String className(String entry) {
    return entry.substring(0, entry.length() - CLASS.length()).replace('/', '.');
  }

  /**
   * Returns the bytes of a class file; null if there is no such class. Bytes in memory are released
   * here, because a class is defined only once.
   */
  private byte[] classFile(String name) throws IOException {
    byte[] bytes = held.remove(name);
    if (bytes != null) {
      return bytes;
    }
    ZipEntry entry = jar.getEntry(FOLDER + name);
    return entry == null ? null : read(entry);
  }

  private byte[] read(ZipEntry entry) throws IOException {
    try (InputStream in = open(entry)) {
      return in.readAllBytes();
    }
  }

  /**
   * Opens an entry of the jar. The stream verifies the checksum of what was read before it reports
   * its end. The checksums come from the jar's directory, which was read when the jar was opened.
   * They are therefore the checksums of the original bytes.
   */
  private InputStream open(ZipEntry entry) throws IOException {
    InputStream in;
    try {
      in = jar.getInputStream(entry);
    } catch (IOException e) {
      throw changed(entry, e);
    }
    return new CheckedInputStream(in, new CRC32()) {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] to, int offset, int length) throws IOException {
        int count;
        try {
          count = super.read(to, offset, length);
        } catch (IOException e) {
          throw changed(entry, e);
        }
        if (count < 0 && getChecksum().getValue() != entry.getCrc()) {
          throw changed(entry, null);
        }
        return count;
      }
    };
  }

  private IOException changed(ZipEntry entry, IOException cause) {
    return new IOException(
        "the agent's jar "
            + jar.getName()
            + " was changed since it was loaded, and "
            + entry.getName()
            + " cannot be read from it any more; restart the JVM to use the new one",
        cause);
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    byte[] bytes;
    try {
      bytes = classFile(name.replace('.', '/') + CLASS);
    } catch (IOException e) {
      throw new ClassNotFoundException(name + ": " + e.getMessage(), e);
    }
    if (bytes == null) {
      throw new ClassNotFoundException(name);
    }
    return defineClass(name, bytes, 0, bytes.length, domain);
  }

  @Override
  public InputStream getResourceAsStream(String name) {
    byte[] bytes = held.get(name);
    return bytes == null ? super.getResourceAsStream(name) : new ByteArrayInputStream(bytes);
  }

  @Override
  protected URL findResource(String name) {
    if (jar.getEntry(FOLDER + name) == null) {
      return null;
    }
    try {
      return new URL(null, baseUrl + name, new Handler());
    } catch (MalformedURLException e) {
      return null;
    }
  }

  @Override
  protected Enumeration<URL> findResources(String name) {
    URL url = findResource(name);
    return url == null
        ? Collections.emptyEnumeration()
        : Collections.enumeration(Collections.singleton(url));
  }

  /** Closes the jar. After this, a class can still be loaded only if it is held in memory. */
  @Override
  public void close() throws IOException {
    jar.close();
  }

  /**
   * Opens URLs of resources from the jar that this loader holds open. The application may have
   * replaced the JVM's own {@code jar:} handler, so this handler does not use it.
   */
  private final class Handler extends URLStreamHandler {
    @Override
    protected URLConnection openConnection(URL url) {
      return new URLConnection(url) {
        private ZipEntry entry;

        @Override
        public void connect() throws IOException {
          String file = url.getFile();
          entry = jar.getEntry(file.substring(file.lastIndexOf("!/") + 2));
          if (entry == null) {
            throw new FileNotFoundException(url.toString());
          }
          connected = true;
        }

        @Override
        public long getContentLengthLong() {
          try {
            getEntry();
          } catch (IOException e) {
            return -1;
          }
          return entry.getSize();
        }

        @Override
        public InputStream getInputStream() throws IOException {
          return open(getEntry());
        }

        private ZipEntry getEntry() throws IOException {
          if (!connected) {
            connect();
          }
          return entry;
        }
      };
    }
  }
}
