package io.spprof.agent;

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
import java.util.Collections;
import java.util.Enumeration;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/**
 * Loads the profiler and the libraries that it brings from a folder inside the agent's jar. The
 * application's class loaders cannot find them there, and this loader, whose parent is the
 * platform's, finds nothing of the application's: both can have a JNA or a Commons Lang of their
 * own, and JNA keeps its package name, which its native part is bound to.
 *
 * <p>A URLClassLoader could read from such a folder too, but through the JVM's {@code jar:} handler
 * and its cache, both of which applications replace and switch off.
 */
final class IsolatedClassLoader extends ClassLoader implements Closeable {

  static {
    registerAsParallelCapable();
  }

  /** The folder in the jar. */
  static final String FOLDER = "isolated/";

  private final JarFile jar;
  private final String baseUrl;
  private final ProtectionDomain domain;

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

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    ZipEntry entry = jar.getEntry(FOLDER + name.replace('.', '/') + ".class");
    if (entry == null) {
      throw new ClassNotFoundException(name);
    }
    byte[] bytes;
    try (InputStream in = jar.getInputStream(entry)) {
      bytes = in.readAllBytes();
    } catch (IOException e) {
      throw new ClassNotFoundException(name + ": cannot read " + jar.getName(), e);
    }
    return defineClass(name, bytes, 0, bytes.length, domain);
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
