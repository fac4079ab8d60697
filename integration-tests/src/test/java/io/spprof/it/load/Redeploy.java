package io.spprof.it.load;

import java.io.File;
import java.io.IOException;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * A server to which an application with the embedded profiler is deployed again and again, each
 * time in a new class loader. The question "cycle" deploys the application, samples, undeploys the
 * application, and waits until its class loader is collected. "keep" does the same but keeps a
 * reference to a class of the application, as an application with a leak would. Both questions are
 * answered with the number of samples, and with "gone" or "still there" for the class loader.
 * "figures" is answered with the figures of the JVM.
 */
public final class Redeploy {

  private static final String NAME = "io.spprof:type=Spprof";
  private static final long SAMPLE_NANOS = 10_000_000_000L;
  private static final int COLLECTIONS = 20;
  private static final int PAUSE_MILLIS = 50;

  private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();
  private static final List<Class<?>> KEPT = new ArrayList<>();
  private static final ReferenceQueue<ClassLoader> COLLECTED = new ReferenceQueue<>();
  private static volatile PhantomReference<ClassLoader> loader;
  private static volatile long sink;

  private Redeploy() {}

  /** Arguments: options of a session, then the profiler's jars. */
  public static void main(String[] args) throws IOException {
    URL[] jars = new URL[args.length - 1];
    for (int i = 0; i < jars.length; i++) {
      jars[i] = url(args[i + 1]);
    }
    Control.serve(
        Map.of(
            "cycle", () -> cycle(jars, args[0], false),
            "keep", () -> cycle(jars, args[0], true),
            "figures", Redeploy::figures));
  }

  private static URL url(String path) throws MalformedURLException {
    return new File(path).toURI().toURL();
  }

  private static String cycle(URL[] jars, String options, boolean keep) {
    try {
      // The reference is in a field, because a local variable that is not read again keeps nothing
      // alive: the reference would be collected together with its referent, and would never be
      // enqueued.
      loader = null;
      long samples = deploy(jars, options, keep);
      for (int i = 0; i < COLLECTIONS; i++) {
        System.gc();
        if (COLLECTED.remove(PAUSE_MILLIS) == loader) {
          return samples + " gone";
        }
      }
      return samples + " still there";
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** A separate method, so that no local variable keeps the loader. */
  private static long deploy(URL[] jars, String options, boolean keep) throws Exception {
    try (URLClassLoader application =
        new URLClassLoader("webapp", jars, ClassLoader.getPlatformClassLoader())) {
      loader = new PhantomReference<>(application, COLLECTED);
      Class<?> entry = application.loadClass("io.spprof.jmx.Spprof");
      if (keep) {
        KEPT.add(entry);
      }
      AutoCloseable spprof = (AutoCloseable) entry.getMethod("register").invoke(null);
      try {
        return sample(options);
      } finally {
        spprof.close();
      }
    }
  }

  private static long sample(String options) throws JMException {
    ObjectName name = new ObjectName(NAME);
    SERVER.invoke(name, "startWith", new Object[] {options}, new String[] {String.class.getName()});
    long end = System.nanoTime() + SAMPLE_NANOS;
    while ((Long) SERVER.getAttribute(name, "Signals") < 3 && System.nanoTime() < end) {
      sink = Spin.steps(sink, 1_000_000);
    }
    SERVER.invoke(name, "stop", null, null);
    return (Long) SERVER.getAttribute(name, "CollectedSamples");
  }

  private static String figures() {
    ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
    return classes.getLoadedClassCount() + " " + SERVER.getMBeanCount();
  }
}
