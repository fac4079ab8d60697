package io.spprof.it.bench;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * A JVM that {@link NamedFrames} profiles. It runs an application, profiles it after a few seconds,
 * and writes the profile in the collapsed format.
 */
final class NamedLoad {

  private NamedLoad() {}

  /**
   * Arguments: the application; how long to profile it, ms; the file for the profile; the interval,
   * ms; the library of async-profiler, or "spprof". (Not both in one JVM: async-profiler leaves its
   * handler of SIGPROF behind, and spprof then refuses to start.)
   */
  public static void main(String[] args) {
    try {
      ApplicationLoad.warmUp(args[0]);
      long millis = Long.parseLong(args[1]);
      Path file = Path.of(args[2]);
      String interval = "interval=" + args[3] + "ms";
      if (args[4].equals("spprof")) {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName bean = new ObjectName("io.spprof:type=Spprof");
        call(server, bean, "startWith", "java.lang.String", interval + ",depth=1024");
        Thread.sleep(millis);
        server.invoke(bean, "stop", null, null);
        Files.writeString(file, call(server, bean, "collapsed", "int", 0));
      } else {
        Class<?> type = Class.forName("one.profiler.AsyncProfiler");
        Object profiler = type.getMethod("getInstance", String.class).invoke(null, args[4]);
        Method execute = type.getMethod("execute", String.class);
        execute.invoke(profiler, "start,event=ctimer,cstack=vm,threads," + interval);
        Thread.sleep(millis);
        execute.invoke(profiler, "stop");
        execute.invoke(profiler, "dump,collapsed,threads,file=" + file);
      }
      Runtime.getRuntime().halt(0);
    } catch (Exception e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(70); // the application has threads that would go on
    }
  }

  private static String call(
      MBeanServer server, ObjectName bean, String operation, String type, Object argument)
      throws Exception {
    return String.valueOf(
        server.invoke(bean, operation, new Object[] {argument}, new String[] {type}));
  }
}
