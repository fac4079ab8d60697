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
import java.util.zip.ZipEntry;

/**
 * Loads the profiler and the libraries that it brings from a folder inside the agent's jar. The
 * application's class loaders cannot find them there, and this loader, whose parent is the
 * platform's, finds nothing of the application's: both can have a JNA or a Commons Lang of their
 * own, and JNA keeps its package name, which its native part is bound to.
 *
 * <p>An always-on JVM outlives its files: an upgrade may overwrite the jar in place, and then
 * nothing can be read from it any more. {@link #holdBean} takes into memory what an idle bean
 * answers with, {@link #run} what a session, its exports and its end can need. A class that is not
 * there afterwards is looked for in the jar, and an entry that is not what the jar had when it was
 * opened is refused with that reason.
 *
 * <p>A URLClassLoader could read from such a folder too, but through the JVM's {@code jar:} handler
 * and its cache, both of which applications replace and switch off.
 */
final class IsolatedClassLoader extends ClassLoader implements Closeable, Runnable {

  static {
    registerAsParallelCapable();
  }

  /** The folder in the jar. */
  static final String FOLDER = "isolated/";

  /**
   * What is not taken into memory: clients, which run in JVMs of their own; the native library,
   * which is loaded once; JNA, without which only some messages tell less.
   */
  private static final String[] LEFT = {
    "io/spprof/cli/",
    "io/spprof/console/",
    "io/spprof/sampler/linux",
    "io/spprof/sampler/darwin",
    "picocli/",
    "com/sun/jna/",
    "META-INF/"
  };

  /**
   * What the bean answers with while no session was started, be it with the reason why none can be:
   * the classes right in our packages, and what reads options. Names begin with these.
   */
  private static final String[] BEAN = {
    "io/spprof/",
    "io/spprof/budget/",
    "io/spprof/config/",
    "io/spprof/jmx/",
    "io/spprof/profile/",
    "io/spprof/sampler/",
    "io/spprof/session/",
    "io/spprof/text/",
    "org/apache/commons/lang3/ArrayUtils",
    "org/apache/commons/lang3/Char",
    "org/apache/commons/lang3/StringUtils"
  };

  private static final String CLASS = ".class";

  private static final String UTILITIES = "org/apache/commons/lang3/";

  /** Of this library only StringUtils and CharUtils are used: these, and what they refer to. */
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

  /** Entries that were not loaded yet by their names. */
  private final Map<String, byte[]> held = new ConcurrentHashMap<>();

  /** What {@link #run} has to take into memory; guarded by this. */
  private final List<JarEntry> needed = new ArrayList<>();

  /**
   * Opens the jar, apart from the application.
   *
   * @throws IOException if it cannot be read
   */
  IsolatedClassLoader(File file) throws IOException {
    this(file, getPlatformClassLoader());
  }

  /**
   * Opens the jar.
   *
   * @param parent whose classes are seen, too
   * @throws IOException if it cannot be read
   */
  IsolatedClassLoader(File file, ClassLoader parent) throws IOException {
    super("spprof", parent);
    URL url = file.toURI().toURL();
    this.jar = new JarFile(file, false);
    this.baseUrl = "jar:" + url + "!/" + FOLDER;
    this.domain = new ProtectionDomain(new CodeSource(url, (Certificate[]) null), null, this, null);
  }

  /**
   * Takes into memory what the bean of an idle agent needs. To be called once, before {@link #run}.
   *
   * @throws IllegalStateException if the jar is not what it was when it was opened
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
   * Takes into memory what will be needed; does nothing the second time.
   *
   * @throws IllegalStateException if the jar is not what it was when it was opened
   */
  @Override
  public synchronized void run() {
    hold(needed);
    needed.clear();
  }

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
        : !beginsWithOne(LEFT, name);
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

  /** A class file's bytes, null if there is none; a class is defined once. */
  private byte[] classFile(String name) throws IOException {
    byte[] bytes = held.remove(name);
    if (bytes != null) {
      return bytes;
    }
    ZipEntry entry = jar.getEntry(FOLDER + name);
    return entry == null ? null : read(entry);
  }

  /** The directory of the jar was read when it was opened; its sums tell what the bytes were. */
  private byte[] read(ZipEntry entry) throws IOException {
    byte[] bytes = null;
    IOException unreadable = null;
    try (InputStream in = jar.getInputStream(entry)) {
      bytes = in.readAllBytes();
    } catch (IOException e) {
      unreadable = e;
    }
    CRC32 sum = new CRC32();
    if (bytes != null) {
      sum.update(bytes);
    }
    if (bytes == null || sum.getValue() != entry.getCrc()) {
      throw new IOException(
          "the agent's jar "
              + jar.getName()
              + " was changed since it was loaded, and "
              + entry.getName()
              + " cannot be read from it any more; restart the JVM to use the new one",
          unreadable);
    }
    return bytes;
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

  /** Closes the jar: what is loaded goes on working, what is not cannot be loaded any more. */
  @Override
  public void close() throws IOException {
    jar.close();
  }

  /** Reads from our open jar, whatever the application has made of the {@code jar:} protocol. */
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
          return jar.getInputStream(getEntry());
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
