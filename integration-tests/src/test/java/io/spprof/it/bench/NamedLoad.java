package io.spprof.it.bench;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * A JVM that {@link NamedFrames} profiles. It runs an application, profiles it after a few seconds
 * with spprof and async-profiler by turns, and writes the profiles in the collapsed format.
 */
final class NamedLoad {

  private NamedLoad() {}

  /**
   * Arguments: the application; the number of sessions of each profiler; how long a session takes,
   * ms; the interval, ms; a folder for the profiles, {@code spprof-N} and {@code async-N}; the
   * library of async-profiler.
   */
  public static void main(String[] args) throws Exception {
    ApplicationLoad.warmUp(args[0]);
    int sessions = Integer.parseInt(args[1]);
    long millis = Long.parseLong(args[2]);
    String interval = "interval=" + args[3] + "ms";
    Path folder = Path.of(args[4]);
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName bean = new ObjectName("io.spprof:type=Spprof");
    Class<?> type = Class.forName("one.profiler.AsyncProfiler");
    Object profiler = type.getMethod("getInstance", String.class).invoke(null, args[5]);
    Method execute = type.getMethod("execute", String.class);
    for (int i = 0; i < sessions; i++) {
      call(server, bean, "startWith", "java.lang.String", interval + ",depth=1024");
      Thread.sleep(millis);
      server.invoke(bean, "stop", null, null);
      Files.writeString(folder.resolve("spprof-" + i), call(server, bean, "collapsed", "int", 0));
      execute.invoke(profiler, "start,event=ctimer,cstack=vm,threads," + interval);
      Thread.sleep(millis);
      execute.invoke(profiler, "stop");
      execute.invoke(profiler, "dump,collapsed,threads,file=" + folder.resolve("async-" + i));
    }
    Runtime.getRuntime().halt(0);
  }

  private static String call(
      MBeanServer server, ObjectName bean, String operation, String type, Object argument)
      throws Exception {
    return String.valueOf(
        server.invoke(bean, operation, new Object[] {argument}, new String[] {type}));
  }
}
